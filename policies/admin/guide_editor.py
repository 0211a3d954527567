"""Where guides are written, tried out, published and counted."""

import functools
from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Sum
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub.exceptions import Conflict, Invalid
from hub.permissions import check_can_see_the_desk
from policies import actions, clock
from policies.actions.guide import stored
from policies.actions.guide_table import as_dicts, findings, in_keys, in_words, written
from policies.models import Guide, Verdict
from policies.models.guide import VERDICT_TONE
from policies.permissions import can_curate_policies, check_can_curate_policies
from policies.views.guide import Content, answering

from .guide_form import VERDICTS, GuideForm, differences

WEEKS = 8
GAPS_PER_PAGE = 25


def with_guide(view):
    @functools.wraps(view)
    def found(request, pk, **kwargs):
        return view(request, get_object_or_404(Guide.objects.select_related("service", "topic"), pk=pk), **kwargs)

    return found


@require_http_methods(["GET", "HEAD", "POST"])
@with_guide
def edit(request, guide):
    """The editor: questions, the decision table, and what is wrong with it."""
    if request.method == "POST":
        check_can_curate_policies(request.user)
        return _written(request, guide)
    if not can_curate_policies(request.user):
        return redirect("admin:policies_guide_figures", guide.pk)
    form = GuideForm.of(as_dicts(*stored(guide)), guide.lock)
    gap = request.GET.get("gap", "")
    gap = guide.gaps.filter(pk=gap).first() if gap.isdecimal() and len(gap) < 16 else None
    if gap:
        keys = {question["key"] for question in form.questions}
        form.add_row({key: [option] for key, option in gap.path.items() if key in keys})
    return _editor(request, guide, form, is_unsaved=bool(gap))


def _written(request, guide):
    """Saves, or takes a step within the form that saves nothing yet."""
    form = GuideForm(request.POST)
    if form.act != "save":
        form.take_step()
        return _editor(request, guide, form, is_unsaved=True)
    if not form.is_valid():
        return _editor(request, guide, form, is_unsaved=True, status=422)
    try:
        actions.save_guide(
            guide=guide,
            questions=form.questions,
            rows=form.rows,
            lock=form.cleaned_data["lock"],
            by=request.user,
        )
    except Conflict as error:
        form.take_lock(error.theirs["lock"])
        context = {"conflict": error.sentence, "differences": differences(error.theirs, form)}
        return _editor(request, guide, form, is_unsaved=True, status=409, **context)
    except Invalid as error:
        form.add_refusal(error)
        return _editor(request, guide, form, is_unsaved=True, status=422)
    messages.success(
        request, _("Saved. Employees have it now.") if guide.is_published else _("Saved. Employees do not see it yet.")
    )
    return redirect("admin:policies_guide_edit", guide.pk)


def _editor(request, guide, form, status=200, **context):
    found, waits = _checked(guide, form)
    if form.act.startswith("fill-"):
        gaps = [finding.gap for finding in found if finding.gap is not None]
        number = form.act.removeprefix("fill-")
        if number.isdecimal() and len(number) < 4 and int(number) < len(gaps):
            form.add_row(gaps[int(number)])
            found, waits = _checked(guide, form)
    gaps = [finding for finding in found if finding.gap is not None]
    return render(
        request,
        "admin/policies/guide_edit.html",
        {
            "guide": guide,
            "tab": "write",
            "can_curate": True,
            "form": form,
            "questions": list(form.drawn_questions()),
            "rows": list(form.drawn_rows()),
            "blocking": [finding for finding in found if finding.blocks],
            "missing": [(number, finding) for number, finding in enumerate(gaps)],
            "warnings": [finding for finding in found if not finding.blocks and finding.gap is None],
            "waits": waits,
            **context,
        },
        status=status,
    )


def _checked(guide, form):
    """(what is wrong with what the page shows, or why that cannot be said yet)."""
    try:
        text = written(Guide(pk=guide.pk, rows_made=guide.rows_made), form.questions, form.rows)
    except Invalid as error:
        return [], error.sentence
    return findings(*text), ""


@require_http_methods(["GET", "HEAD", "POST"])
@with_guide
def preview(request, guide):
    """The saved guide as an employee sees it; nothing is counted."""
    check_can_see_the_desk(request.user)
    return answering(request, Content.of(guide, is_preview=True))


@require_safe
@with_guide
def figures(request, guide):
    """What the guide answered, by week and by row, and which answers have no row."""
    check_can_see_the_desk(request.user)
    questions, rows, _cites = stored(guide)
    page = Paginator(guide.gaps.open().newest_first(), GAPS_PER_PAGE).get_page(request.GET.get("page"))
    for gap in page:
        gap.answers = in_words(questions, gap.path)
    return render(
        request,
        "admin/policies/guide_figures.html",
        {
            "guide": guide,
            "tab": "figures",
            "can_curate": can_curate_policies(request.user),
            "verdicts": [*VERDICTS.values(), _("No row")],
            "weeks": _by_week(guide),
            "by_row": _by_row(guide, questions, rows),
            "page": page,
        },
    )


def _by_week(guide):
    """The last weeks, newest first, each with how often every verdict was given, no row last."""
    today = clock.today()
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=WEEKS - 1)
    weeks = {first + timedelta(weeks=n): dict.fromkeys([*Verdict.values, ""], 0) for n in range(WEEKS)}
    counts = guide.counts.filter(day__gte=first).order_by().values("day", "verdict").annotate(total=Sum("number"))
    for count in counts:
        week = count["day"] - timedelta(days=count["day"].weekday())
        if week in weeks:
            weeks[week][count["verdict"]] += count["total"]
    return [(week, list(numbers.values())) for week, numbers in sorted(weeks.items(), reverse=True)]


def _by_row(guide, questions, rows):
    """Each row there is, with its conditions in words and how often it answered: in the last 30 days, and ever."""
    recent = dict(_totals(guide.counts.filter(day__gt=clock.today() - timedelta(days=30))))
    ever = dict(_totals(guide.counts.all()))
    lines = [
        {
            "number": row.number,
            "tone": VERDICT_TONE[row.verdict],
            "word": VERDICTS[row.verdict],
            "when": in_keys(questions, row.conditions),
            "recent": recent.pop(row.key, 0),
            "ever": ever.pop(row.key, 0),
        }
        for row in rows
    ]
    nobody = recent.pop("", 0), ever.pop("", 0)
    if ever:
        former = {"former": True, "recent": sum(recent.values()), "ever": sum(ever.values())}
        lines.append(former)
    if nobody[1]:
        lines.append({"gap": True, "recent": nobody[0], "ever": nobody[1]})
    return lines


def _totals(counts):
    return counts.order_by().values("row_key").annotate(total=Sum("number")).values_list("row_key", "total")


def _lock(request):
    sent = request.POST.get("lock", "")
    return int(sent) if sent.isdecimal() and len(sent) < 10 else -1


@require_POST
@with_guide
def publish(request, guide):
    try:
        actions.publish_guide(guide=guide, lock=_lock(request), by=request.user)
    except (Conflict, Invalid) as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, _("Published. Employees find it under “May I post this?”."))
    return redirect("admin:policies_guide_edit", guide.pk)


@require_POST
@with_guide
def take_back(request, guide):
    actions.take_back_guide(guide=guide, by=request.user)
    messages.success(request, _("Taken back. Employees do not find it any more; its figures stay."))
    return redirect("admin:policies_guide_edit", guide.pk)
