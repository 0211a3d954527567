"""How a run ends: finished with what its people learned, or given up; and going on after all."""

import re
import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from hub import audit
from hub.exceptions import Invalid, NotAllowed
from hub.text.markdown import clean
from playbooks.models import RunPoint
from playbooks.permissions import check_can_keep_run
from playbooks.workflow import RUN_TRANSITIONS, RunStatus

from .question import LONGEST_TITLE, ask_question
from .run import in_a_line, locked_run
from .suggestion import suggest_addition

LONGEST_ANSWER = 4000
LONGEST_POINT = 500
MOST_POINTS = 10
_BULLET = re.compile(r"^(?:[-*+•]|\d{1,2}[.)])\s+")


def _end(run, status, by):
    if status not in RUN_TRANSITIONS[run.status]:
        raise NotAllowed(_("This run has ended already. Reopen it first."))
    run.status, run.closed_at, run.closed_by = status, timezone.now(), by


@transaction.atomic
def finish_run(*, run, helped="", hindered="", result="", points=(), by):
    """Ends it with its retrospective. `points` are what its people would change, a sentence each.

    Points that were sent on before it was reopened stay as they are.
    """
    run = locked_run(run.pk)
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
    points = [_BULLET.sub("", in_a_line(text)) for text in points]
    sent = list(run.points.sent())
    known = {point.text for point in sent}
    points = [text for text in dict.fromkeys(points) if text and text not in known]
    if len(points) + len(sent) > MOST_POINTS:
        raise Invalid(_("Ten points at most. Which matter most?"), field="points")
    if any(len(text) > LONGEST_POINT for text in points):
        raise Invalid(_("Keep each point under 500 characters; one line is one point."), field="points")
    run.points.unsent().delete()
    first = max((point.number for point in sent), default=0) + 1
    RunPoint.objects.bulk_create(
        RunPoint(run=run, number=number, text=text) for number, text in enumerate(points, start=first)
    )


@transaction.atomic
def abandon_run(*, run, reason, by):
    """Ends it before it is done, and says why."""
    run = locked_run(run.pk)
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
    run = locked_run(run.pk)
    check_can_keep_run(by, run)
    if RunStatus.ACTIVE not in RUN_TRANSITIONS[run.status]:
        raise NotAllowed(_("This run is still under way."))
    run.status, run.closed_at, run.closed_by = RunStatus.ACTIVE, None, None
    run.save(update_fields=["status", "closed_at", "closed_by"])
    audit.record("reopened", run, by=by)
    return run


@transaction.atomic
def send_point(*, point, section_key="", by):
    """Puts what should change before whoever looks after the playbook; once, however often it is pressed.

    It becomes a suggestion for a section as readers get it now, with the point as its last paragraph; for the playbook
    as a whole (no `section_key`), a question about it. A suggestion that was withdrawn can be made again.
    """
    run = locked_run(point.run_id)
    check_can_keep_run(by, run)
    point = run.points.select_related("suggestion").get(pk=point.pk)
    if point.is_sent:
        return point
    why = _("%(department)s used this playbook (“%(run)s”) and would change this:") % {
        "department": run.spoke.name,
        "run": run.name,
    }
    why = f"{why}\n\n{point.text}"
    if section_key:
        point.suggestion = suggest_addition(
            playbook=run.playbook, section_key=section_key, words=point.text, reason=why, by=by
        )
        details = {"suggestion": point.suggestion_id}
    else:
        title = Truncator(point.text).chars(LONGEST_TITLE)
        point.suggestion = None
        point.question = ask_question(title=title, body=why, playbook=run.playbook, form_token=uuid.uuid4(), by=by)
        details = {"question": point.question_id}
    point.save(update_fields=["question", "suggestion"])
    audit.record("sent a point of", run, by=by, point=point.text, **details)
    return point


def nearest_section(text, sections):
    """Of these sections (they have a key, a heading and a body) the one whose words a text is most like; None of none.

    By what three letters follow each other, which asks no language for its words.
    """
    wanted = _threes(text)

    def likeness(section):
        found = _threes(f"{section.heading} {section.body}")
        return len(wanted & found) / (len(found) or 1) ** 0.5

    return max(sections, key=likeness, default=None)


def _threes(text):
    text = " ".join(text.casefold().split())
    return {text[n : n + 3] for n in range(len(text) - 2)}
