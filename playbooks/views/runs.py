"""One run: a department uses a playbook, and everything that is done in it. Lists of runs stand in `run_lists`."""

from itertools import groupby

from django.contrib import messages
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.text.markdown import clean
from playbooks import actions
from playbooks.actions.run_changes import changes_since
from playbooks.actions.run_end import nearest_section
from playbooks.forms import AbandonForm, ChangeRunForm, FinishForm, StepForm
from playbooks.models import Question, Run, Section, Suggestion
from playbooks.permissions import can_keep_run, can_tick, check_can_keep_run, check_can_tick
from playbooks.reports import people_for

MOST_PEOPLE = 20


def _visible(request, pk):
    visible = Run.objects.visible_to(request.user)
    return get_object_or_404(
        visible.select_related("playbook__owner", "playbook__current", "spoke", "started_by", "closed_by", "revision"),
        pk=pk,
    )


@require_safe
def run(request, pk):
    return _page(request, _visible(request, pk))


def _page(request, run, *, refused=None, status=200):
    """The run's page. `refused` is a form that comes back with what was typed: a step's, or the reason to give up."""
    user = request.user
    keeps = can_keep_run(user, run)
    steps = list(run.steps.saying_who_is_here().select_related("assignee", "done_by"))
    for step in steps:
        step.may_tick = run.is_active and not step.is_dropped and can_tick(user, run, step)
        step.form = StepForm(step=step, with_day=keeps) if step.may_tick else None
        if refused is not None and refused.prefix == f"s{step.pk}":
            step.form = refused
    counted = [step for step in steps if not step.is_dropped]
    changes = None
    if run.is_active and run.revision_id != run.playbook.current_id:
        changes = changes_since(run, steps)
    abandon = refused if isinstance(refused, AbandonForm) else AbandonForm()
    return render(
        request,
        "playbooks/run.html",
        {
            "run": run,
            "sections": [(key, list(rows)) for key, rows in groupby(counted, lambda s: (s.section_key, s.heading))],
            "dropped": [step for step in steps if step.is_dropped],
            "left_alone": sum(not s.is_done and s.assignee_id is not None and not s.is_here for s in counted),
            "without": sum(not s.is_done and s.assignee_id is None for s in counted),
            "is_all_done": bool(counted) and all(step.is_done for step in counted),
            "changes": changes,
            "current_number": run.playbook.current.number if changes else None,
            **_points(user, run, keeps),
            "keeps": keeps,
            "abandon": abandon,
            "refused": refused,
        },
        status=status,
    )


def _points(user, run, keeps):
    """What its people would change, and the sections that a point can be suggested for, the likeliest one chosen."""
    points = [] if run.is_active else list(run.points.select_related("question", "suggestion"))
    sent = [point.suggestion_id for point in points if point.suggestion_id]
    may_open = set(Suggestion.objects.visible_to(user).filter(pk__in=sent).values_list("pk", flat=True)) if sent else ()
    asked = [point.question_id for point in points if point.question_id]
    may_read = set(Question.objects.visible_to(user).filter(pk__in=asked).values_list("pk", flat=True)) if asked else ()
    waiting = [point for point in points if not point.is_sent] if keeps else []
    places = list(Section.objects.filter(revision=run.playbook.current_id).order_by("number")) if waiting else []
    for point in points:
        point.may_open = point.suggestion_id in may_open or point.question_id in may_read
    for point in waiting:
        point.place = nearest_section(point.text, places)
    return {"points": points, "places": places}


@require_http_methods(["GET", "HEAD", "POST"])
def change(request, pk):
    run = _visible(request, pk)
    check_can_keep_run(request.user, run)
    initial = {name: getattr(run, name) for name in ("name", "goal", "starts_on", "ends_on")}
    form = ChangeRunForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_run(run=run, by=request.user, **form.cleaned_data)
        except Invalid as error:
            form.add_error(error.field, error.sentence)
        else:
            messages.success(request, _("Saved."))
            return redirect(run)
    context = {"form": form, "run": run, "playbook": run.playbook}
    return render(request, "playbooks/run_form.html", context, status=422 if form.errors else 200)


def _ids(values):
    return {int(value) for value in values if value.isascii() and value.isdecimal() and len(value) < 16}


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request, pk):
    """Steps on the one side, people found by name or address on the other. "Find" keeps what was ticked."""
    run = _visible(request, pk)
    check_can_keep_run(request.user, run)
    sent = request.POST if request.method == "POST" else request.GET
    chosen, words = _ids(sent.getlist("step")), clean(sent.get("q", "")).strip()[:100]
    error = ""
    if request.method == "POST" and sent.get("act") != "find":
        people = people_for(run)
        who = sent.get("person", "")
        person = people.filter(pk=who).first() if _ids([who]) else None
        if person is None and who != "nobody":
            error = _("Choose somebody.")
        else:
            try:
                given = actions.assign_steps(run=run, steps=chosen, person=person, by=request.user)
            except Invalid as refusal:
                error = refusal.sentence
            else:
                _say_who_has_them(request, len(given), person)
                return redirect(run)
    steps = run.steps.filter(is_dropped=False, done_at=None).saying_who_is_here().select_related("assignee")
    return render(
        request,
        "playbooks/run_assign.html",
        {
            "run": run,
            "steps": list(steps),
            "chosen": chosen,
            "words": words,
            "people": _people(run, words, request.user),
            "error": error,
        },
        status=422 if error else 200,
    )


def _people(run, words, user):
    """Who is found; without words, those who have steps of this run already, and oneself."""
    people = people_for(run)
    if words:
        people = people.filter(Q(name__icontains=words) | Q(email__icontains=words))
    else:
        people = people.filter(Q(pk__in=run.steps.values("assignee")) | Q(pk=user.pk))
    return list(people.order_by("name", "pk")[: MOST_PEOPLE + 1])


def _say_who_has_them(request, number, person):
    if not number:
        messages.info(request, _("Nothing changed."))
    elif person is None:
        said = ngettext("%(n)d step has nobody now.", "%(n)d steps have nobody now.", number)
        messages.success(request, said % {"n": number})
    else:
        said = ngettext("%(name)s has %(n)d step more.", "%(name)s has %(n)d steps more.", number)
        messages.success(request, said % {"n": number, "name": person.name})


@require_POST
def tick(request, pk, step_pk):
    step = get_object_or_404(_visible(request, pk).steps, pk=step_pk)
    done = request.POST.get("done")
    if done not in {"yes", "no"}:
        raise Http404
    actions.tick(step=step, done=done == "yes", by=request.user)
    return redirect(f"{step.run.get_absolute_url()}#step-{step.pk}")


@require_POST
def write(request, pk, step_pk):
    run = _visible(request, pk)
    step = get_object_or_404(run.steps.saying_who_is_here(), pk=step_pk)
    check_can_tick(request.user, run, step)
    form = StepForm(request.POST, step=step, with_day=can_keep_run(request.user, run))
    if not form.is_valid():
        return _page(request, run, refused=form, status=422)
    try:
        actions.write_step(step=step, by=request.user, **form.fields_for_action())
    except Conflict as conflict:
        form.theirs = conflict.theirs.note
        form.data = form.data.copy()
        form.data[form.add_prefix("seen")] = conflict.theirs.note
        form.add_error("note", conflict.sentence)
        return _page(request, run, refused=form, status=409)
    except Invalid as error:
        form.add_error(error.field, error.sentence)
        return _page(request, run, refused=form, status=422)
    messages.success(request, _("Saved."))
    return redirect(f"{run.get_absolute_url()}#step-{step.pk}")


@require_POST
def take_over(request, pk):
    run = actions.take_over_changes(run=_visible(request, pk), by=request.user)
    messages.success(request, _("The run follows the newest text. Ticks, names, days and notes are where they were."))
    return redirect(run)


@require_http_methods(["GET", "HEAD", "POST"])
def finish(request, pk):
    """Four short questions, all of them optional."""
    run = _visible(request, pk)
    check_can_keep_run(request.user, run)
    unsent = run.points.unsent().values_list("text", flat=True)
    initial = {name: getattr(run, name) for name in ("helped", "hindered", "result")}
    form = FinishForm(request.POST or None, initial=initial | {"points": "\n".join(unsent)})
    if request.method == "POST":
        form = FinishForm(request.POST)
        if form.is_valid():
            try:
                run = actions.finish_run(run=run, by=request.user, **form.fields_for_action())
            except NotAllowed as error:
                # What was typed stays on the page of whoever comes second.
                form.add_error(None, error.sentence)
                return _finish_page(request, run, form, status=409)
            except Invalid as error:
                form.add_error(error.field, error.sentence)
            else:
                messages.success(request, _("Finished. Thank you: the next department starts where you stopped."))
                return redirect(run)
    elif not run.is_active:
        return redirect(run)
    return _finish_page(request, run, form, status=422 if form.errors else 200)


def _finish_page(request, run, form, status):
    return render(request, "playbooks/run_finish.html", {"run": run, "form": form}, status=status)


@require_POST
def abandon(request, pk):
    run = _visible(request, pk)
    form = AbandonForm(request.POST)
    if form.is_valid():
        try:
            actions.abandon_run(run=run, by=request.user, **form.cleaned_data)
        except Invalid as error:
            form.add_error(error.field, error.sentence)
        else:
            messages.success(request, _("Given up. You can reopen it at any time."))
            return redirect(run)
    check_can_keep_run(request.user, run)
    return _page(request, run, refused=form, status=422)


@require_POST
def reopen(request, pk):
    run = actions.reopen_run(run=_visible(request, pk), by=request.user)
    messages.success(request, _("It goes on where it stopped."))
    return redirect(run)


@require_POST
def send(request, pk, point_pk):
    """To whoever looks after the playbook: as a suggestion for the section that was chosen, or as a question."""
    run = _visible(request, pk)
    point = get_object_or_404(run.points, pk=point_pk)
    try:
        actions.send_point(point=point, section_key=request.POST.get("section", ""), by=request.user)
    except Invalid as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, _is_sent(run.playbook.owner, request.user))
    return redirect(f"{run.get_absolute_url()}#learned")


def _is_sent(owner, sender):
    # Where the owner has left, or sends it herself, somebody else answers.
    if owner.is_active and owner != sender:
        words = _("Sent to %(name)s, who looks after the playbook. You get a message when there is an answer.")
        return words % {"name": owner.name}
    return _("Sent. You get a message when there is an answer.")
