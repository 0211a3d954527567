"""Figures about the hub's own machinery, as plain data."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django_celery_beat.models import PeriodicTask

from hub.models import JobRun
from hub.schedule import all_jobs

# A job is late once it is overdue by its own period, but never for less or more than this.
LEAST_GRACE, MOST_GRACE = timedelta(minutes=1), timedelta(minutes=30)
REMEMBER = timedelta(days=7)


@dataclass(frozen=True)
class JobState:
    """One job: `problem` is a sentence, empty when all is well."""

    name: str
    says: str
    last: JobRun | None
    failed: JobRun | None
    next_at: datetime | None
    problem: str

    @property
    def lasted(self):
        """How long the last run took, as a timedelta; None while it runs."""
        return self.last.finished_at - self.last.started_at if self.last and self.last.finished_at else None


def job_states():
    """Every job that is declared, in the order of their words. Three queries."""
    now = timezone.now()
    runs = JobRun.objects.filter(job=OuterRef("name")).order_by("-started_at")
    failures = runs.exclude(error="").filter(started_at__gte=now - REMEMBER)
    tasks = {
        task.name: task
        for task in PeriodicTask.objects.filter(name__in=all_jobs())
        .select_related("interval", "crontab", "solar", "clocked")
        .annotate(last_run=Subquery(runs.values("pk")[:1]), last_failure=Subquery(failures.values("pk")[:1]))
    }
    wanted = {pk for task in tasks.values() for pk in (task.last_run, task.last_failure) if pk}
    rows = JobRun.objects.in_bulk(wanted)
    states = [_state(job, tasks.get(job.name), rows, now) for job in all_jobs().values()]
    return sorted(states, key=lambda state: (not state.problem, state.says))


def _state(job, task, rows, now):
    last = rows.get(task.last_run) if task else None
    failed = rows.get(task.last_failure) if task else None
    next_at = next_run(task, last, now) if task and task.enabled else None
    return JobState(
        name=job.name,
        says=str(job.says),
        last=last,
        failed=failed,
        next_at=next_at,
        problem=_problem(job, task, last, next_at, now),
    )


def next_run(task, last, now):
    """When the beat should start it next, as an instant; in the past when it is overdue."""
    begun = last.started_at if last else task.date_changed
    return now + task.schedule.remaining_estimate(begun)


def _problem(job, task, last, next_at, now):
    if task is None:
        return _("It is not in the schedule. Ask IT to run “manage.py sync_schedule”.")
    if not task.enabled:
        return _("Somebody has switched it off in the admin.")
    if last is not None and last.error:
        return _("The last run failed.")
    grace = min(max(job.period, LEAST_GRACE), MOST_GRACE)
    if next_at + grace < now:
        return _("It is late. Is the beat running, and a worker?")
    return ""


def comments_by_part(parts, comments, *, key):
    """The draft's parts, each with its `comments`; returns what is about the whole, or about a part that is gone.

    `key` names the field of a comment that holds the key of its part.
    """
    by_key = {part.key: part for part in parts}
    for part in parts:
        part.comments = []
    general = []
    for comment in comments:
        part = by_key.get(getattr(comment, key))
        (part.comments if part else general).append(comment)
    return general
