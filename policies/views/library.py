from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.db.models import Count, Window
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from hub.prepared import prepared
from policies import clock
from policies.forms import DayForm, LibraryFilter
from policies.models import Policy, PolicyVersion
from policies.reports import signing
from policies.workflow import TONE, Status

PER_PAGE = 25
PER_PAGE_OF_A_DAY = 100


@dataclass(frozen=True)
class Page:
    """What the pagination component asks for."""

    previous_url: str
    next_url: str
    where: str


@require_safe
def library(request):
    """Every policy this person may read. The filters live in the address."""
    day = clock.today()
    form = LibraryFilter(request.GET)
    form.is_valid()
    chosen = form.cleaned_data
    number = _page_number(request)
    late = PolicyVersion.objects.shown_although_late(day)
    asked = tuple(sorted(chosen.items()))
    # A filter that does not exist (any more) finds nothing rather than everything.
    rows = [] if form.errors else _rows(user=request.user, day=day, late=late, asked=asked, page=(number, PER_PAGE))
    if number > 1 and not rows:
        return redirect(f"{request.path}?{urlencode(_kept(request))}")
    total = rows[0].total if rows else 0
    for version in rows:
        version.status = _status(version, day)
        version.shown_is_binding = version.status == Status.IN_FORCE
        version.signing = signing(version, version.policy, request.user)
        version.shown_tone = TONE[version.status]
    return render(
        request,
        "policies/library.html",
        {
            "form": form,
            "rows": rows,
            "total": total,
            "is_filtered": any(request.GET.get(name) for name in form.fields),
            "page": _page(request, number, total, PER_PAGE),
            "day_form": DayForm(),
        },
    )


@require_safe
def pick_day(request):
    """From the day typed on the library's page to its address."""
    form = DayForm(request.GET or None)
    if form.is_valid():
        return redirect("policies:library_on_day", day=form.cleaned_data["day"].isoformat())
    return render(request, "policies/pick_day.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
def on_day(request, day):
    """All policies as they were, are or will be in force on a day; to whom they are addressed is as of today."""
    try:
        day = date.fromisoformat(day)
    except ValueError as error:
        raise Http404 from error
    number = _page_number(request)
    versions = PolicyVersion.objects.in_force_on(day)
    if not request.user.reads_all:
        versions = versions.filter(policy__in=Policy.objects.for_audience_of(request.user))
    versions = versions.select_related("policy__topic").annotate(total=Window(Count("pk")))
    versions = versions.order_by("policy__title", "policy_id").defer("change_note", "unapproved_reason")
    rows = list(versions[(number - 1) * PER_PAGE_OF_A_DAY :][:PER_PAGE_OF_A_DAY])
    if number > 1 and not rows:
        return redirect(request.path)
    total = rows[0].total if rows else 0
    context = {
        "day": day,
        "rows": rows,
        "total": total,
        "page": _page(request, number, total, PER_PAGE_OF_A_DAY),
        "form": DayForm(initial={"day": day}),
        "is_past": day < clock.today(),
    }
    return render(request, "policies/library_on_day.html", context)


@prepared(shape=lambda user, **_others: user.reads_all)
def _rows(user, day, late, asked, page):
    """One page of versions, each with how many there are in all: one statement gives both."""
    chosen, (number, size) = dict(asked), page
    shown = PolicyVersion.objects.shown_on(day, late).with_signing_of(user).select_related("policy__topic")
    if not user.reads_all:
        shown = shown.filter(policy__in=Policy.objects.for_audience_of(user))
    shown = _filtered(shown, chosen, day).defer("change_note", "unapproved_reason")
    order = ["-published_at", "-pk"] if chosen.get("sort") == "newest" else ["policy__title", "policy_id"]
    return shown.annotate(total=Window(Count("pk"))).order_by(*order)[(number - 1) * size :][:size]


def _filtered(shown, chosen, day):
    if chosen.get("topic"):
        shown = shown.filter(policy__topic__slug=chosen["topic"])
    if chosen.get("state") == "in_force":
        shown = shown.binding_on(day)
    elif chosen.get("state") == "announced":
        shown = shown.filter(effective_on__gt=day, withdrawn_on=None)
    elif chosen.get("state") == "withdrawn":
        shown = shown.exclude(withdrawn_on=None)
    if chosen.get("mine") == "to-sign":
        shown = shown.binding_on(day).to_sign()
    elif chosen.get("mine") == "signed":
        shown = shown.filter(is_signed=True)
    return shown


def _status(version, day):
    """The state of a version picked by `shown_on`, from its dates."""
    if version.withdrawn_on:
        return Status.WITHDRAWN
    return Status.ANNOUNCED if version.effective_on > day else Status.IN_FORCE


def _page_number(request):
    text = request.GET.get("page", "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 6 else 1


def _kept(request):
    return [(name, value) for name, value in request.GET.items() if name != "page"]


def _page(request, number, total, size):
    pages = -(-total // size)
    kept = _kept(request)
    return Page(
        previous_url="?" + urlencode([*kept, ("page", number - 1)]) if number > 1 else "",
        next_url="?" + urlencode([*kept, ("page", number + 1)]) if number < pages else "",
        where=f"{number} / {pages}" if pages > 1 else "",
    )
