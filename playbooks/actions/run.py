"""Verbs of runs under way: a department uses a playbook, step by step. How one ends stands in `run_end`."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hub import audit
from hub.actions.common import made_once
from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.tasks import deliver_outbox
from hub.text.markdown import clean
from hub.wake import wake
from playbooks import emails
from playbooks.checklists import day_of
from playbooks.models import Playbook, Run, RunStep, Step
from playbooks.permissions import check_can_keep_run, check_can_start_run, check_can_tick
from playbooks.reports import hub_hours, people_for
from playbooks.workflow import RunStatus
from policies import clock

from .common import locked
from .text import inline_html

LONGEST_NAME = 120
LONGEST_GOAL = 200
LONGEST_NOTE = 1000
# A run starts within a year or so of today and lasts two at most; any other day is a slip of the finger.
FARTHEST_START = timedelta(days=400)
LONGEST_RUN = timedelta(days=2 * 366)
# Stands for "as it is".
KEEP = object()


# --- Starting ---------------------------------------------------------------------------------------------------------


def start_run(*, playbook, spoke, name, goal="", starts_on=None, ends_on=None, form_token=None, by):
    """Copies the steps that readers get now. The same `form_token` again gives the run that is there.

    A step that names its day is due so many working days after the start. The others are spread over the working days
    until `ends_on`, where there is one.
    """
    run, _is_new = made_once(
        lambda: _started_before(form_token, by),
        lambda: _start(playbook, spoke, name, goal, starts_on or clock.today(), ends_on, form_token, by),
    )
    return run


def _started_before(form_token, by):
    return Run.objects.filter(form_token=form_token, started_by=by).first() if form_token else None


def _start(playbook, spoke, name, goal, starts_on, ends_on, form_token, by):
    playbook = locked(playbook.pk)
    if not Playbook.objects.published().for_audience_of(by).filter(pk=playbook.pk).exists():
        raise NotAllowed(_("There is no such playbook for you to run."))
    check_can_start_run(by, spoke)
    run = Run(
        playbook=playbook,
        revision_id=playbook.current_id,
        spoke=spoke,
        started_by=by,
        created_at=timezone.now(),
        form_token=form_token,
    )
    _fill(run, name=name, goal=goal, starts_on=starts_on, ends_on=ends_on)
    steps = [copied(run, number, step) for number, step in enumerate(steps_of(playbook.current_id), start=1)]
    if not steps:
        raise Invalid(_("This playbook has no steps to tick off yet. Ask its owner for some."))
    _give_days(run, steps)
    run.step_count = len(steps)
    run.save()
    RunStep.objects.bulk_create(steps)
    audit.record("started", run, by=by, playbook=playbook.slug, spoke=spoke.slug, revision=playbook.current.number)
    return run


def _fill(run, *, name, goal, starts_on, ends_on):
    run.name, run.goal = in_a_line(name), in_a_line(goal)
    run.starts_on, run.ends_on = starts_on, ends_on
    if not run.name:
        raise Invalid(_("Give the run a name that your colleagues recognise."), field="name")
    if len(run.name) > LONGEST_NAME:
        raise Invalid(_("Keep the name under 120 characters."), field="name")
    if len(run.goal) > LONGEST_GOAL:
        raise Invalid(_("Say the goal in one line of at most 200 characters."), field="goal")
    if abs(starts_on - timezone.localdate(run.created_at, clock.hub_zone())) > FARTHEST_START:
        raise Invalid(_("A run starts within a year. Is the day right?"), field="starts_on")
    if ends_on and ends_on < starts_on:
        raise Invalid(_("The run would end before it starts."), field="ends_on")
    if ends_on and ends_on > starts_on + LONGEST_RUN:
        raise Invalid(_("A run lasts two years at most. Is the day right?"), field="ends_on")


def in_a_line(text):
    return " ".join(clean(text or "").split())


def steps_of(revision_id):
    steps = Step.objects.filter(section__revision=revision_id).select_related("section")
    return list(steps.order_by("section__number", "number"))


def copied(run, number, step):
    row = RunStep(run=run, section_key=step.section.key, key=step.key)
    retell(row, number, step)
    return row


def retell(row, number, step):
    """Writes into a run's step what the playbook's says."""
    row.number, row.heading, row.section_key = number, step.section.heading, step.section.key
    row.text = day_of(step.text)[0]
    row.html = inline_html(row.text)
    row.is_dropped = False
    row.named_day = day_of(step.text)[1]


def _give_days(run, steps):
    """Due days of steps that were just copied."""
    hours = hub_hours()
    for step in steps:
        if step.named_day is not None:
            step.due_on = hours.working_day(run.starts_on, step.named_day)
    rest = [step for step in steps if step.named_day is None]
    days = list(hours.working_days(run.starts_on, run.ends_on)) if run.ends_on else []
    for number, step in enumerate(rest, start=1):
        if days:
            step.due_on = days[-(-number * len(days) // len(rest)) - 1]


# --- Under way --------------------------------------------------------------------------------------------------------


def locked_run(run_id):
    return Run.objects.select_for_update(of=("self",)).select_related("spoke", "playbook").get(pk=run_id)


def running(run_id):
    run = locked_run(run_id)
    if run.status != RunStatus.ACTIVE:
        raise NotAllowed(_("This run has ended. Reopen it first."))
    return run


def count_steps(run):
    done = list(run.steps.filter(is_dropped=False).values_list("done_at", flat=True))
    run.step_count, run.done_count = len(done), sum(at is not None for at in done)
    run.save(update_fields=["step_count", "done_count"])


@transaction.atomic
def change_run(*, run, name, goal, starts_on, ends_on, by):
    """Another name, goal or other days. When the start moves, the days of open steps move by as many working days."""
    run = running(run.pk)
    check_can_keep_run(by, run)
    before = {name: getattr(run, name) for name in ("name", "goal", "starts_on", "ends_on")}
    _fill(run, name=name, goal=goal, starts_on=starts_on, ends_on=ends_on)
    details = {
        name: [str(was or ""), str(getattr(run, name) or "")]
        for name, was in before.items()
        if was != getattr(run, name)
    }
    if not details:
        return run
    run.save(update_fields=list(before))
    if before["starts_on"] != run.starts_on:
        _move_days(run, before["starts_on"])
    audit.record("changed", run, by=by, **details)
    return run


def _move_days(run, former_start):
    hours = hub_hours()
    between = list(hours.working_days(min(former_start, run.starts_on), max(former_start, run.starts_on)))
    distance = max(0, len(between) - 1) * (1 if run.starts_on > former_start else -1)
    for step in run.steps.open().exclude(due_on=None):
        step.due_on = hours.working_day(step.due_on, distance)
        step.save(update_fields=["due_on"])


@transaction.atomic
def assign_steps(*, run, steps, person, by):
    """Gives these steps (their ids) to somebody of the department, who gets one message; to nobody for None."""
    run = running(run.pk)
    check_can_keep_run(by, run)
    if not steps:
        raise Invalid(_("Choose at least one step."), field="steps")
    if person is not None and not people_for(run).filter(pk=person.pk).exists():
        raise Invalid(
            _("%(name)s does not work in %(department)s, or may not read this playbook.")
            % {"name": person.name, "department": run.spoke.name},
            field="person",
        )
    changed = [
        step
        for step in run.steps.filter(pk__in=steps, is_dropped=False)
        if step.assignee_id != (person.pk if person else None)
    ]
    for step in changed:
        step.assignee = person
        step.save(update_fields=["assignee"])
    if not changed:
        return []
    texts = [step.text[:100] for step in changed]
    audit.record("assigned", run, by=by, to=person.email if person else None, steps=texts)
    still_open = [step for step in changed if not step.is_done]
    if person is not None and still_open:
        emails.run_steps_assigned(run, steps=still_open, person=person, by=by, at=timezone.now())
        wake(deliver_outbox)
    return changed


def _locked_step(step):
    """(run, step) as they are stored now, under the run's lock."""
    run = running(step.run_id)
    return run, run.steps.saying_who_is_here().get(pk=step.pk)


@transaction.atomic
def tick(*, step, done, by):
    """Says that a step is done, or is not. A tick that is there keeps who made it and when."""
    run, step = _locked_step(step)
    check_can_tick(by, run, step)
    if step.is_done == done:
        return step
    step.done_at, step.done_by = (timezone.now(), by) if done else (None, None)
    step.save(update_fields=["done_at", "done_by"])
    count_steps(run)
    audit.record("ticked" if done else "took back a tick", run, by=by, step=step.text[:100])
    return step


@transaction.atomic
def write_step(*, step, note, seen, due_on=KEEP, by):
    """A step's note, and for who keeps the run its day. `seen` is the note that was on the page: another is a Conflict.

    Raises Conflict whose `theirs` is the step as it is stored.
    """
    run, step = _locked_step(step)
    check_can_tick(by, run, step)
    note = clean(note or "").strip()
    if len(note) > LONGEST_NOTE:
        raise Invalid(_("Keep the note under 1,000 characters."), field="note")
    if step.note not in {clean(seen or "").strip(), note}:
        raise Conflict(_("Somebody wrote another note here while you were writing. Both are below."), theirs=step)
    due_on = step.due_on if due_on is KEEP else due_on
    if due_on != step.due_on:
        check_can_keep_run(by, run)
        if due_on and abs(due_on - run.starts_on) > LONGEST_RUN:
            raise Invalid(_("This is far from the days of the run. Is the day right?"), field="due_on")
    details = {
        name: [str(was or ""), str(now or "")]
        for name, was, now in (("note", step.note, note), ("due_on", step.due_on, due_on))
        if was != now
    }
    if details:
        step.note, step.due_on = note, due_on
        step.save(update_fields=["note", "due_on"])
        audit.record("wrote on a step of", run, by=by, step=step.text[:100], **details)
    return step
