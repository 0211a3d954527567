"""Case studies: browsed, read, told, and put before the readers."""

import uuid

from django.contrib import messages
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub import audit
from hub.conditional import unless_unchanged
from hub.exceptions import Conflict, Invalid
from hub.models import OldSlug
from hub.paging import key_page
from hub.permissions import refusal
from playbooks import actions
from playbooks.actions.case import MOST_MEASURES, checked_measures, part_html
from playbooks.forms import CaseFilter, CaseForm, MeasureFormSet, RetireCaseForm, ReturnCaseForm
from playbooks.models import CaseStudy, Playbook
from playbooks.models.case import PARTS
from playbooks.permissions import (
    can_curate_cases,
    can_tell_case,
    can_write_case,
    check_can_publish_case,
    check_can_tell_case,
    check_can_write_case,
)
from playbooks.reports import CASE_FACETS, asked_cases, case_facets
from playbooks.tasks import CASE
from playbooks.workflow import CaseStatus
from policies import clock
from spokes.models import Spoke

PER_PAGE = 25
SORTS = {
    "": ["-year", "title", "pk"],
    "published": ["-published_at", "-pk"],
    "title": ["title", "pk"],
}
EMPTY_MEASURES = 3
FIELDS_OF_FORM = ("lock", "form_token")


@require_safe
@unless_unchanged
def cases(request):
    """Every case study that is meant for this person; the facets live in the address."""
    user = request.user
    chosen = {name: request.GET.get(name, "").replace("\0", "")[:120] for name in CASE_FACETS}
    asked = {**chosen, "department": _path_of(chosen["department"])}
    if not chosen["year"].isdecimal() or len(chosen["year"]) > 4:
        asked["year"] = ""
    facets, total = case_facets(user, asked)
    form = CaseFilter(request.GET, facets=facets)
    found = asked_cases(CaseStudy.objects.published().for_audience_of(user), asked)
    found = found.select_related("topic", "spoke").prefetch_related("channels")
    found = found.defer("challenge", "challenge_html", "approach", "approach_html", "results", "results_html")
    keys = SORTS.get(request.GET.get("sort", ""), SORTS[""])
    return render(
        request,
        "playbooks/cases.html",
        {
            "form": form,
            "page": key_page(found, request.GET, keys=keys, size=PER_PAGE),
            "total": total,
            "is_filtered": any(chosen.values()),
            "drafts": _own_drafts(user),
            "can_tell": can_tell_case(user),
        },
    )


def _path_of(slug):
    """The path of a department by its address; what fits nothing where there is none of it."""
    if not slug:
        return ""
    return Spoke.objects.filter(slug=slug).values_list("path", flat=True).first() or "nowhere"


def _own_drafts(user):
    """What this person is writing, or has proposed."""
    drafts = CaseStudy.objects.open().filter(contributors=user).order_by("-pk")
    return list(drafts.only("title", "slug", "status")[:10])


def _visible(request, **which):
    """A case study that this person may see, with all that its page shows."""
    readable = Playbook.objects.published().for_audience_of(request.user).order_by("title", "pk")
    found = CaseStudy.objects.visible_to(request.user).select_related("topic", "spoke", "created_by", "proposed_by")
    found = found.prefetch_related(
        "channels",
        "measures",
        "contributors",
        Prefetch("playbooks", queryset=readable, to_attr="playbooks_used"),
    )
    return get_object_or_404(found, **which)


@require_safe
@unless_unchanged
def case(request, slug):
    """A case study; a former address leads to the new one."""
    old = OldSlug.objects.filter(kind=CASE, slug=slug).first()
    if old is not None:
        return redirect(_visible(request, pk=old.object_id), permanent=True)
    return _show(request, _visible(request, slug=slug))


def _show(request, case, return_form=None, retire_form=None, status=200):
    user, is_staff = request.user, can_curate_cases(request.user)
    proposed = case.status == CaseStatus.PROPOSED
    return render(
        request,
        "playbooks/case.html",
        {
            "case": case,
            "credit": _credit(case),
            "measures": _table([_row(one) for one in case.measures.all()]),
            "returned": _returned(case),
            "can_write": can_write_case(user, case),
            "can_curate": is_staff,
            "is_proposed": proposed,
            "is_published": case.status == CaseStatus.PUBLISHED,
            "is_retired": case.status == CaseStatus.RETIRED,
            "publish_refusal": refusal(check_can_publish_case, user, case) if proposed and is_staff else "",
            "return_form": return_form or ReturnCaseForm(),
            "retire_form": retire_form or RetireCaseForm(),
        },
        status=status,
    )


def _credit(case):
    return case.author or ", ".join(sorted(person.name for person in case.contributors.all()))


def _returned(case):
    """The line of the audit by which a draft was given back, or None."""
    if case.status != CaseStatus.DRAFT:
        return None
    last = next((line for line in audit.history(case)[:30] if line.verb in {"proposed", "returned"}), None)
    return last if last is not None and last.verb == "returned" else None


@require_http_methods(["GET", "HEAD", "POST"])
def case_new(request):
    check_can_tell_case(request.user)
    return _edit(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def case_edit(request, pk):
    case = _visible(request, pk=pk)
    check_can_write_case(request.user, case)
    return _edit(request, case)


def _edit(request, case):
    user = request.user
    if request.method != "POST":
        form = CaseForm(initial=_initial(request, case), user=user, case=case)
        rows = [_row(one) for one in case.measures.all()] if case else []
        return _form(request, case, form, _measures(rows))
    form = CaseForm(request.POST, user=user, case=case)
    measures = MeasureFormSet(_counted(request.POST), prefix="measure")
    act = request.POST.get("do", "save")
    if act == "add":
        rows = [{name: row[name].value() or "" for name in row.fields} for row in measures.forms[:MOST_MEASURES]]
        return _form(request, case, _as_typed(request, case), _measures(rows, more=EMPTY_MEASURES))
    if not (form.is_valid() & measures.is_valid()):
        return _form(request, case, form, measures, status=422)
    fields = {name: value for name, value in form.cleaned_data.items() if name not in FIELDS_OF_FORM}
    fields["measures"] = [row.cleaned_data for row in measures]
    if act == "preview":
        return _preview(request, case, form, measures, fields)
    try:
        stored = _save(request, case, form, fields)
    except Conflict as conflict:
        messages.error(request, conflict.sentence)
        form = CaseForm({**_lists(request.POST), "lock": conflict.theirs.lock}, user=user, case=case)
        return _form(request, case, form, measures, theirs=_visible(request, pk=case.pk), status=409)
    except Invalid as error:
        _show_refusal(error, form, measures)
        return _form(request, case, form, measures, status=422)
    if act != "propose":
        messages.success(request, _("Kept as a draft. Nobody but you and the hub sees it."))
        return redirect("playbooks:case_edit", stored.pk)
    try:
        actions.propose_case(case=stored, lock=stored.lock, by=user)
    except Invalid as error:
        # The text is kept; what is missing stands beside its field.
        form = CaseForm({**_lists(request.POST), "lock": stored.lock}, user=user, case=stored)
        form.is_valid()
        _show_refusal(error, form, measures)
        return _form(request, stored, form, measures, status=422)
    messages.success(request, _("Thank you. The hub reads it, and then everybody it is meant for."))
    return redirect(stored)


def _initial(request, case):
    user = request.user
    if case is None:
        home = user.memberships.current().values_list("spoke", flat=True).first()
        used = Playbook.objects.published().for_audience_of(user).filter(slug=_asked(request, "playbook"))
        return {
            "form_token": uuid.uuid4(),
            "spoke": None if user.is_coe_staff else home,
            "year": clock.today().year,
            "language": "en",
            "playbooks": [one.pk for one in used],
            "title": _asked(request, "title")[:160],
        }
    names = [*PARTS, "lock", "title", "summary", "year", "organisation", "source_url", "licence", "author", "language"]
    return {
        **{name: getattr(case, name) for name in names},
        "topic": case.topic_id,
        "spoke": case.spoke_id,
        "platforms": [channel.platform for channel in case.channels.all()],
        "playbooks": [one.pk for one in case.playbooks_used],
    }


def _asked(request, name):
    return request.GET.get(name, "").replace("\0", "")[:200]


def _save(request, case, form, fields):
    if case is None:
        return actions.create_case(form_token=form.cleaned_data["form_token"], by=request.user, **fields)
    # A playbook that only others may read is not in this person's form, and stays.
    seen = {one.pk for one in case.playbooks_used}
    fields["playbooks"] = [*fields["playbooks"], *case.playbooks.exclude(pk__in=seen)]
    lock = form.cleaned_data["lock"]
    return actions.save_case(case=case, lock=-1 if lock is None else lock, by=request.user, **fields)


def _lists(data):
    return {name: data.getlist(name) if name in {"platforms", "playbooks"} else data[name] for name in data}


def _row(measure):
    return {name: getattr(measure, name) for name in ("what", "before", "after", "unit", "period")}


def _table(rows):
    """Rows of measures, and which columns say anything; None without rows."""
    if not rows:
        return None
    return {"rows": rows, **{f"has_{name}": any(row[name] for row in rows) for name in ("before", "unit", "period")}}


def _measures(rows, more=None):
    more = EMPTY_MEASURES if more is None and not rows else more or 1
    rows = [*rows, *[{}] * more][:MOST_MEASURES]
    return MeasureFormSet(prefix="measure", initial=rows)


def _counted(data):
    """What was sent, with a number of rows that somebody may have made up put right."""
    data = data.copy()
    given = data.get("measure-TOTAL_FORMS", "")
    data["measure-TOTAL_FORMS"] = min(int(given), MOST_MEASURES) if given.isdecimal() and len(given) < 4 else 0
    data["measure-INITIAL_FORMS"] = 0
    return data


def _as_typed(request, case):
    """What was typed, without what is wrong with it: the person has not finished."""
    form = CaseForm(request.POST, user=request.user, case=case)
    form.full_clean()
    form.errors.clear()
    return form


def _preview(request, case, form, measures, fields):
    """As readers will see it; nothing is stored."""
    try:
        rows = checked_measures(fields["measures"])
    except Invalid as error:
        _show_refusal(error, form, measures)
        return _form(request, case, form, measures, status=422)
    shown = CaseStudy(title=fields["title"], summary=fields["summary"], language=fields["language"])
    for name in PARTS:
        setattr(shown, f"{name}_html", part_html(name, fields[name]))
    return _form(request, case, form, measures, preview={"case": shown, "measures": _table(rows)})


def _show_refusal(error, form, measures):
    """Puts an action's refusal beside the field it is about."""
    name, _dash, rest = (error.field or "").partition("-")
    number, _dash, part = rest.partition("-")
    if name == "measure" and number.isdecimal() and int(number) <= len(measures.forms):
        measures.forms[int(number) - 1].add_error(part, error.sentence)
    else:
        form.add_error(error.field if error.field in form.fields else None, error.sentence)


def _form(request, case, form, measures, preview=None, theirs=None, status=200):
    return render(
        request,
        "playbooks/case_form.html",
        {
            "case": case,
            "form": form,
            "measures": measures,
            "can_add": len(measures.forms) < MOST_MEASURES,
            "preview": preview,
            "theirs": theirs,
            "returned": _returned(case) if case is not None and theirs is None else None,
            "is_proposed": case is not None and case.status == CaseStatus.PROPOSED,
        },
        status=status,
    )


def _lock(request):
    """The lock of the text on the page that was sent; a page that does not say shows no text of ours."""
    sent = request.POST.get("lock", "")
    return int(sent) if sent.isdecimal() and len(sent) < 10 else -1


def _act(request, pk, action, success, **values):
    """Runs a verb on a case study; a refusal becomes a message on its page."""
    case = _visible(request, pk=pk)
    try:
        case = action(case=case, by=request.user, **values)
    except (Invalid, Conflict) as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, success)
    return redirect(case)


@require_POST
def case_publish(request, pk):
    return _act(request, pk, actions.publish_case, _("Published. Readers get it now."), lock=_lock(request))


@require_POST
def case_return(request, pk):
    comment = request.POST.get("comment", "")[:2000]
    return _act(request, pk, actions.return_case, _("Given back to its authors."), comment=comment)


@require_POST
def case_retire(request, pk):
    case = _visible(request, pk=pk)
    try:
        case = actions.retire_case(case=case, reason=request.POST.get("reason", ""), by=request.user)
    except Invalid as error:
        form = RetireCaseForm(request.POST)
        form.is_valid()
        if not form.errors:
            form.add_error("reason", error.sentence)
        return _show(request, case, retire_form=form, status=422)
    messages.success(request, _("Retired. It is in no list any more."))
    return redirect(case)


@require_POST
def case_bring_back(request, pk):
    return _act(request, pk, actions.bring_back_case, _("It is back in the lists."))


@require_POST
def case_rewrite(request, pk):
    case = _visible(request, pk=pk)
    case = actions.rewrite_case(case=case, by=request.user)
    messages.success(request, _("Readers do not see it now. Propose it again when it is right."))
    return redirect("playbooks:case_edit", case.pk)
