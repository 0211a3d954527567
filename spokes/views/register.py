"""The register of social accounts: everybody may read it, the department and the hub keep it."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, F, Q, Window
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub import slots
from hub.cells import csv_response
from hub.exceptions import Conflict, HubError, Invalid, NotAllowed
from hub.permissions import refusal
from spokes import actions
from spokes.forms import AccountForm, RegisterFilter, ReviewForm
from spokes.models import SocialAccount, Spoke
from spokes.permissions import check_can_edit_account
from spokes.querysets import user_paths
from spokes.reports import attention_of, review_limit
from spokes.workflow import TRANSITIONS, AccountStatus

PER_PAGE = 25
SORTS = {
    "account": ["platform", "handle"],
    "department": ["spoke__name", "platform", "handle"],
    "state": ["status", "platform", "handle"],
    "reviewed": [F("last_reviewed_on").asc(nulls_first=True), "platform", "handle"],
    "-reviewed": [F("last_reviewed_on").desc(nulls_last=True), "platform", "handle"],
}
SORTS |= {f"-{name}": [f"-{SORTS[name][0]}", *SORTS[name][1:]] for name in ("department", "state")}
SORTS["-account"] = ["-platform", "-handle"]

MOVES = {
    AccountStatus.ACTIVE: {"label": gettext_lazy("Put it into use"), "tone": "", "confirm": ""},
    AccountStatus.UNDER_REVIEW: {"label": gettext_lazy("Put it under review"), "tone": "", "confirm": ""},
    AccountStatus.ARCHIVED: {
        "label": gettext_lazy("Archive it"),
        "tone": "danger",
        "confirm": gettext_lazy("Archive this account? It leaves the lists; you can put it back into use later."),
    },
}


class _CountedPaginator(Paginator):
    """Knows how many there are from the rows' own window, so that counting costs no statement of its own."""

    def __init__(self, rows, per_page, total):
        super().__init__(rows, per_page)
        self.total = total

    @cached_property
    def count(self):
        return self.total


def _filtered(query, spokes):
    """(form, accounts) for a request's GET."""
    form = RegisterFilter(query, spokes=spokes)
    form.is_valid()
    chosen = form.cleaned_data
    accounts = SocialAccount.objects.select_related("spoke", "owner", "deputy")
    limit = review_limit()
    if chosen.get("q"):
        words = chosen["q"].strip().lstrip("@")
        accounts = accounts.filter(Q(handle__icontains=words) | Q(purpose__icontains=words) | Q(url__icontains=words))
    if chosen.get("platform"):
        accounts = accounts.filter(platform=chosen["platform"])
    spoke = next((one for one in spokes if one.slug == chosen.get("department")), None)
    if spoke:
        accounts = accounts.filter(spoke__path__startswith=spoke.path)
    state = chosen.get("state", "")
    if state in AccountStatus.values:
        accounts = accounts.filter(status=state)
    elif state != "all":
        accounts = accounts.live()
    attention = {
        "any": lambda: accounts.needing_attention(limit),
        "stale": lambda: accounts.stale(limit),
        "no-deputy": accounts.without_deputy,
        "owner-left": accounts.owner_left,
    }.get(chosen.get("attention"))
    if attention:
        accounts = attention()
    return form, accounts.order_by(*SORTS.get(query.get("sort"), SORTS["account"]), "pk")


def _with_page(query, number):
    query = query.copy()
    query["page"] = number
    return query.urlencode()


@require_safe
def register(request):
    spokes = list(Spoke.objects.open().defer("purpose"))
    form, accounts = _filtered(request.GET, spokes)
    number = request.GET.get("page", "1")
    number = max(1, int(number)) if number.isdecimal() and len(number) < 6 else 1
    counted = accounts.annotate(total=Window(Count("pk")))
    rows = list(counted[(number - 1) * PER_PAGE :][:PER_PAGE])
    if not rows and number > 1:
        # The list has become shorter, or somebody typed a number: its last page is what there is.
        last = Paginator(accounts, PER_PAGE).num_pages
        return redirect(f"{request.path}?{_with_page(request.GET, last)}")
    total = rows[0].total if rows else 0
    limit = review_limit()
    for account in rows:
        account.attention = attention_of(account, limit)
    paginator = _CountedPaginator(range(total), PER_PAGE, total)
    return render(
        request,
        "spokes/register.html",
        {
            "form": form,
            "rows": rows,
            "total": total,
            "page": paginator.get_page(number),
            "is_filtered": any(request.GET.get(name) for name in form.fields),
            "can_add": request.user.is_coe_staff or bool(user_paths(request.user)),
            "query": request.GET.urlencode(),
        },
    )


@require_safe
def export(request):
    """The same rows as the list, as CSV; no cell can run as a formula."""
    _form, accounts = _filtered(request.GET, list(Spoke.objects.open().defer("purpose")))
    heading = [
        "platform",
        "handle",
        "url",
        "department",
        "state",
        "owner",
        "deputy",
        "purpose",
        "audience",
        "language",
        "mfa_checked_on",
        "last_reviewed_on",
    ]

    def rows():
        for account in accounts.iterator(chunk_size=500):
            yield [
                account.platform,
                account.handle,
                account.url,
                account.spoke.slug,
                account.status,
                account.owner.email if account.owner else "",
                account.deputy.email if account.deputy else "",
                account.purpose,
                account.audience,
                account.language,
                account.mfa_checked_on.isoformat() if account.mfa_checked_on else "",
                account.last_reviewed_on.isoformat() if account.last_reviewed_on else "",
            ]

    return csv_response(f"accounts-{timezone.localdate().isoformat()}.csv", heading, rows())


def _account(pk):
    return get_object_or_404(SocialAccount.objects.select_related("spoke", "owner", "deputy"), pk=pk)


@require_safe
def account(request, pk):
    return _page(request, _account(pk), ReviewForm(prefix="review"))


def _page(request, account, review, status=200):
    why_not = refusal(check_can_edit_account, request.user, account)
    account.attention = attention_of(account, review_limit())
    uses = slots.where_used.gather(account, request.user)
    moves = sorted(TRANSITIONS[AccountStatus(account.status)], key=AccountStatus.values.index)
    return render(
        request,
        "spokes/account.html",
        {
            "account": account,
            "admins": account.admins.order_by("name"),
            "review": review,
            "can_edit": not why_not,
            "why_not": why_not,
            "needs_no_review": account.status == AccountStatus.ARCHIVED,
            "moves": [{"state": state.value, **MOVES[state]} for state in moves],
            "uses": [use for use in uses if use.kind not in {"policy", "playbook"}],
            "rules": [use for use in uses if use.kind == "policy"],
            "playbooks": [use for use in uses if use.kind == "playbook"],
        },
        status=status,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def add(request):
    """A new account: paste its address, choose the department."""
    spokes = _own_spokes(request.user)
    form = AccountForm(request.POST or None, spokes=spokes, initial={"spoke": request.GET.get("department", "")})
    if form.is_valid():
        try:
            account = actions.add_account(by=request.user, **form.fields_for_action())
        except NotAllowed:
            raise
        except HubError as error:
            form.add_error("account", error.sentence)
        else:
            messages.success(request, _("Registered. Put it into use when its first post is out."))
            return redirect(account)
    context = {"form": form, "title": _("Register an account")}
    return render(request, "spokes/account_form.html", context, status=422 if form.errors else 200)


def _own_spokes(user):
    """The open departments whose accounts this person keeps. Raises NotAllowed if there are none."""
    if user.is_coe_staff:
        return Spoke.objects.open()
    if not user_paths(user):
        raise NotAllowed(
            _("Only representatives, their deputies and the hub register accounts. Ask your department's.")
        )
    return Spoke.objects.open().represented_by(user)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, pk):
    account = _account(pk)
    check_can_edit_account(request.user, account)
    spokes = _own_spokes(request.user)
    form = AccountForm.of(account, request.POST or None, seen=actions.imprint(account), spokes=spokes)
    others, status = [], 422 if form.errors else 200
    if form.is_valid():
        seen = form.cleaned_data["seen"] or None
        try:
            actions.change_account(account=account, seen=seen, by=request.user, **form.fields_for_action())
        except NotAllowed:
            raise
        except Conflict as conflict:
            others, status = form.others_values(conflict.theirs), 409
            form.data = form.data.copy()
            form.data["seen"] = actions.imprint(conflict.theirs)
            form.add_error(None, conflict.sentence)
        except HubError as error:
            form.add_error("account", error.sentence)
            status = 422
        else:
            messages.success(request, _("Saved."))
            return redirect(account)
    title = _("Change %(account)s") % {"account": account}
    context = {"form": form, "account": account, "title": title, "others": others}
    return render(request, "spokes/account_form.html", context, status=status)


@require_POST
def review(request, pk):
    """Somebody looked: still ours, owner right, second factor on?"""
    account = _account(pk)
    check_can_edit_account(request.user, account)
    form = ReviewForm(request.POST, prefix="review")
    if not form.is_valid():
        return _page(request, account, form, status=422)
    actions.review_account(account=account, by=request.user, mfa_checked=form.cleaned_data["mfa_checked"])
    messages.success(request, _("Thank you. We ask again in six months."))
    return redirect(account)


@require_POST
def move(request, pk):
    account = _account(pk)
    to = request.POST.get("to", "")
    check_can_edit_account(request.user, account)
    if to not in AccountStatus.values:
        raise NotAllowed(_("There is no such state."))
    try:
        account = actions.move_account(account=account, to=to, by=request.user)
    except Invalid as error:
        messages.error(request, error.sentence)
    else:
        state = account.get_status_display().lower()
        messages.success(request, _("This account is now: %(state)s.") % {"state": state})
    return redirect(account)
