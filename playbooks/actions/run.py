"""Verbs of runs: a department uses a playbook, step by step, and says afterwards what it learned."""

import re
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from hub import audit
from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.tasks import deliver_outbox
from hub.text.markdown import clean
from hub.wake import wake
from playbooks import emails
from playbooks.checklists import day_of
from playbooks.models import Playbook, Run, RunPoint, RunStep, Step
from playbooks.permissions import check_can_keep_run, check_can_start_run, check_can_tick
from playbooks.reports import hub_hours, people_for
from playbooks.workflow import RUN_TRANSITIONS, RunStatus
from policies import clock

from .common import locked
from .question import LONGEST_TITLE, ask_question
from .text import inline_html

LONGEST_NAME = 120
LONGEST_GOAL = 200
LONGEST_NOTE = 1000
LONGEST_ANSWER = 4000
LONGEST_POINT = 500
MOST_POINTS = 10
# A run starts within a year or so of today and lasts two at most; any other day is a slip of the finger.
FARTHEST_START = timedelta(days=400)
LONGEST_RUN = timedelta(days=2 * 366)
# Stands for "as it is".
KEEP = object()
_BULLET = re.compile(r"^(?:[-*+•]|\d{1,2}[.)])\s+")


# --- Starting ---------------------------------------------------------------------------------------------------------


def start_run(*, playbook, spoke, name, goal="", starts_on=None, ends_on=None, form_token=None, by):
    """Copies the steps that readers get now. The same `form_token` again gives the run that is there.

    A step that names its day is due so many working days after the start. The others are spread over the working days
    until `ends_on`, where there is one.
    """
    found = _started_before(form_token, by)
    if found is None:
        try:
            with transaction.atomic():
                return _start(playbook, spoke, name, goal, starts_on or clock.today(), ends_on, form_token, by)
        except IntegrityError:
            found = _started_before(form_token, by)
            if found is None:
                raise
    return found


def _started_before(form_token, by):
    return Run.objects.filter(form_token=form_token, started_by=by).first() if form_token else None


def _start(playbook, spoke, name, goal, starts_on, ends_on, form_token, by):
    playbook = locked(playbook.pk)
    if not Playbook.objects.published().for_audience_of(by).filter(pk=playbook.pk).exists():
        raise NotAllowed(_("There is no such playbook for you to run."))
    check_can_start_run(by, playbook, spoke)
    run = Run(
        playbook=playbook,
        revision_id=playbook.current_id,
        spoke=spoke,
        started_by=by,
        created_at=timezone.now(),
        form_token=form_token,
    )
    _fill(run, name=name, goal=goal, starts_on=starts_on, ends_on=ends_on)
    steps = [_copied(run, number, step) for number, step in enumerate(_steps_of(playbook.current_id), start=1)]
    if not steps:
        raise Invalid(_("This playbook has no steps to tick off yet. Ask its owner for some."))
    _give_days(run, steps)
    run.step_count = len(steps)
    run.save()
    RunStep.objects.bulk_create(steps)
    audit.record("started", run, by=by, playbook=playbook.slug, spoke=spoke.slug, revision=playbook.current.number)
    return run


def _fill(run, *, name, goal, starts_on, ends_on):
    run.name, run.goal = _line(name), _line(goal)
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


def _line(text):
    return " ".join(clean(text or "").split())


def _steps_of(revision_id):
    steps = Step.objects.filter(section__revision=revision_id).select_related("section")
    return list(steps.order_by("section__number", "number"))


def _copied(run, number, step):
    row = RunStep(run=run, section_key=step.section.key, key=step.key)
    _retell(row, number, step)
    return row


def _retell(row, number, step):
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


def _locked_run(run_id):
    return Run.objects.select_for_update(of=("self",)).select_related("spoke", "playbook").get(pk=run_id)


def _running(run_id):
    run = _locked_run(run_id)
    if run.status != RunStatus.ACTIVE:
        raise NotAllowed(_("This run has ended. Reopen it first."))
    return run


def _count(run):
    done = list(run.steps.filter(is_dropped=False).values_list("done_at", flat=True))
    run.step_count, run.done_count = len(done), sum(at is not None for at in done)
    run.save(update_fields=["step_count", "done_count"])


@transaction.atomic
def change_run(*, run, name, goal, starts_on, ends_on, by):
    """Another name, goal or other days. When the start moves, the days of open steps move by as many working days."""
    run = _running(run.pk)
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
    run = _running(run.pk)
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
    run = _running(step.run_id)
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
    _count(run)
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


# --- A newer revision -------------------------------------------------------------------------------------------------


@dataclass
class Changes:
    """What a newer revision would change in a run. `kept` pairs each step that stays with its new words."""

    kept: list
    new: list
    gone: list

    @property
    def changed(self):
        return [row for row, step in self.kept if row.text != day_of(step.text)[0]]

    def __bool__(self):
        return bool(self.new or self.gone or self.changed)


def changes_since(run, steps=None):
    """What the current revision of a run's playbook would change in it; `steps` are the run's, where they are known."""
    rows = [row for row in (run.steps.all() if steps is None else steps) if not row.is_dropped]
    return _compared(rows, _steps_of(run.playbook.current_id))


def _compared(rows, steps):
    """By permanent keys; a step that moved to another section is known by its own key, if that is unique."""
    by_keys = {(row.section_key, row.key): row for row in rows}
    pairs = {(step.section.key, step.key): by_keys.pop((step.section.key, step.key), None) for step in steps}
    left = Counter(key for _section, key in by_keys)
    wanted = Counter(key for (_section, key), row in pairs.items() if row is None)
    moved = {row.key: row for row in by_keys.values() if left[row.key] == wanted[row.key] == 1}
    kept, new = [], []
    for step in steps:
        row = pairs[step.section.key, step.key] or moved.get(step.key)
        kept.append((row, step)) if row else new.append(step)
    stays = {row.pk for row, _step in kept}
    return Changes(kept, new, [row for row in rows if row.pk not in stays])


@transaction.atomic
def take_over_changes(*, run, by):
    """The run follows the revision that readers get now. Ticks, names, days and notes stay with their steps.

    A step that the playbook does without goes, unless somebody ticked it or wrote something there: then it is kept, set
    apart from the others.
    """
    run = _running(run.pk)
    check_can_keep_run(by, run)
    if run.revision_id == run.playbook.current_id:
        return run
    rows, steps = list(run.steps.all()), _steps_of(run.playbook.current_id)
    changes = _compared(rows, steps)
    place = {step.pk: number for number, step in enumerate(steps, start=1)}
    for row in changes.gone:
        if row.is_done or row.note:
            row.is_dropped = True
            row.save(update_fields=["is_dropped"])
        else:
            row.delete()
    for row, step in changes.kept:
        _retell(row, place[step.pk], step)
    RunStep.objects.bulk_update(
        [row for row, _step in changes.kept],
        ["number", "heading", "section_key", "text", "html", "is_dropped"],
    )
    new = [_copied(run, place[step.pk], step) for step in changes.new]
    hours = hub_hours()
    for row in new:
        if row.named_day is not None:
            row.due_on = hours.working_day(run.starts_on, row.named_day)
    RunStep.objects.bulk_create(new)
    run.revision_id = run.playbook.current_id
    run.save(update_fields=["revision"])
    _count(run)
    audit.record(
        "took over changes into",
        run,
        by=by,
        new=[row.text[:100] for row in new],
        gone=[row.text[:100] for row in changes.gone],
    )
    return run


# --- The end ----------------------------------------------------------------------------------------------------------


def _end(run, status, by):
    if status not in RUN_TRANSITIONS[run.status]:
        raise NotAllowed(_("This run has ended already."))
    run.status, run.closed_at, run.closed_by = status, timezone.now(), by


@transaction.atomic
def finish_run(*, run, helped="", hindered="", result="", points=(), by):
    """Ends it with its retrospective. `points` are what its people would change, a sentence each.

    Points that were sent to the playbook's owner before it was reopened stay as they are.
    """
    run = _locked_run(run.pk)
    check_can_keep_run(by, run)
    _end(run, RunStatus.FINISHED, by)
    for field, text in (("helped", helped), ("hindered", hindered), ("result", result)):
        text = clean(text or "").strip()
        if len(text) > LONGEST_ANSWER:
            raise Invalid(_("Keep it short: under 4,000 characters."), field=field)
        setattr(run, field, text)
    run.save(update_fields=["status", "closed_at", "closed_by", "helped", "hindered", "result"])
    _store_points(run, points)
    audit.record("finished", run, by=by, done=run.done_count, steps=run.step_count)
    return run


def _store_points(run, points):
    points = [_BULLET.sub("", _line(text)) for text in points]
    sent = list(run.points.exclude(question=None))
    known = {point.text for point in sent}
    points = [text for text in dict.fromkeys(points) if text and text not in known]
    if len(points) + len(sent) > MOST_POINTS:
        raise Invalid(_("Ten points at most. Which matter most?"), field="points")
    if any(len(text) > LONGEST_POINT for text in points):
        raise Invalid(_("Keep each point under 500 characters; one line is one point."), field="points")
    run.points.filter(question=None).delete()
    first = max((point.number for point in sent), default=0) + 1
    RunPoint.objects.bulk_create(
        RunPoint(run=run, number=number, text=text) for number, text in enumerate(points, start=first)
    )


@transaction.atomic
def abandon_run(*, run, reason, by):
    """Ends it before it is done, and says why."""
    run = _locked_run(run.pk)
    check_can_keep_run(by, run)
    _end(run, RunStatus.ABANDONED, by)
    run.abandon_reason = clean(reason or "").strip()
    if not run.abandon_reason:
        raise Invalid(_("Say in a sentence why; the next department learns from it."), field="reason")
    if len(run.abandon_reason) > LONGEST_ANSWER:
        raise Invalid(_("Keep it short: under 4,000 characters."), field="reason")
    run.save(update_fields=["status", "closed_at", "closed_by", "abandon_reason"])
    audit.record("gave up", run, by=by, reason=run.abandon_reason)
    return run


@transaction.atomic
def reopen_run(*, run, by):
    """It goes on as if it had not ended; what was said at its end is kept."""
    run = _locked_run(run.pk)
    check_can_keep_run(by, run)
    if RunStatus.ACTIVE not in RUN_TRANSITIONS[run.status]:
        raise NotAllowed(_("This run is still under way."))
    run.status, run.closed_at, run.closed_by = RunStatus.ACTIVE, None, None
    run.save(update_fields=["status", "closed_at", "closed_by"])
    audit.record("reopened", run, by=by)
    return run


@transaction.atomic
def send_point(*, point, by):
    """Puts what should change to the playbook's owner, as a question about it; once, however often it is pressed."""
    run = _locked_run(point.run_id)
    check_can_keep_run(by, run)
    point = run.points.get(pk=point.pk)
    if point.question_id:
        return point
    body = _("%(department)s used this playbook (“%(run)s”) and would change this:") % {
        "department": run.spoke.name,
        "run": run.name,
    }
    point.question = ask_question(
        title=Truncator(point.text).chars(LONGEST_TITLE),
        body=f"{body}\n\n{point.text}",
        playbook=run.playbook,
        form_token=uuid.uuid4(),
        by=by,
    )
    point.save(update_fields=["question"])
    audit.record("sent a point of", run, by=by, point=point.text, question=point.question_id)
    return point
