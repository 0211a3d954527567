"""Writes to the times at which the beat starts jobs."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from hub import audit
from hub.exceptions import Invalid
from hub.health import PULSE
from hub.permissions import check_can_lead

MINUTE, YEAR = timedelta(minutes=1), timedelta(days=366)


@transaction.atomic
def change_schedule(*, task, enabled, by, every=None, at=None):
    """Switches a job on or off and says when it runs: `every` so long (a timedelta), or `at` these times.

    `at` holds the fields of a CrontabSchedule: minute, hour, day_of_week, day_of_month, month_of_year, timezone.
    Raises Invalid unless there is exactly one of them and the beat can keep it.
    """
    check_can_lead(by)
    task = PeriodicTask.objects.select_for_update(no_key=True).get(pk=task.pk)
    if (every is None) == (at is None):
        raise Invalid(_("Say either how often, or at what times: one of them, not both."), field="every")
    if task.name == PULSE and not (enabled and every == MINUTE):
        raise Invalid(
            _("This job is the portal's pulse: monitoring takes the portal for dead unless it runs every minute.")
        )
    task.interval, task.crontab = (_interval(every), None) if at is None else (None, _crontab(at))
    task.solar = task.clocked = None
    task.enabled = enabled
    # Saving also moves the library's mark of the last change, by which the beat notices within seconds.
    task.save()
    audit.record("rescheduled" if enabled else "switched off", task, by=by, runs=str(task.crontab or task.interval))
    return task


def _interval(every):
    if not MINUTE <= every <= YEAR:
        raise Invalid(_("Choose something between a minute and a year."), field="every")
    return IntervalSchedule.objects.get_or_create(every=int(every.total_seconds()), period=IntervalSchedule.SECONDS)[0]


def _crontab(at):
    wanted = CrontabSchedule(**at)
    try:
        wanted.clean_fields()
    except ValidationError as error:
        field, sentences = next(iter(error.message_dict.items()))
        raise Invalid(" ".join(sentences), field=field) from error
    try:
        wanted.schedule.remaining_estimate(timezone.now())
    except (RuntimeError, ValueError) as error:
        raise Invalid(_("That day never comes."), field="day_of_month") from error
    return CrontabSchedule.objects.filter(**at).order_by("pk").first() or CrontabSchedule.objects.create(**at)
