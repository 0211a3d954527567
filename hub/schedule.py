"""Scheduled jobs: declared beside their code, recorded each time they run.

    @scheduled("policies.publish_due", every=timedelta(minutes=5), says=_("Publishes what is due"))
    def publish_due():
        return number_of_things_done

`manage.py sync_schedule` writes the declarations to the table that the beat reads; staff may then change the times in
the admin, and a later sync leaves a changed time alone.
"""

import functools
from dataclasses import dataclass
from datetime import timedelta

from celery import shared_task
from celery.schedules import crontab
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from hub.models import JobRun

JOBS = {}


@dataclass(frozen=True)
class Job:
    name: str
    says: str
    every: timedelta | None
    at: crontab | None

    @property
    def period(self):
        """The longest time between two runs, as a timedelta."""
        if self.every:
            return self.every
        return timedelta(days=7) if set(self.at.day_of_week) != set(range(7)) else timedelta(days=1)


def scheduled(name, *, says, every=None, at=None):
    """Makes a function a job: a Celery task of that name with one JobRun row a run.

    The function takes no arguments and returns how many things it did. It may run twice without harm.
    """

    def decorate(function):
        @functools.wraps(function)
        def run():
            row = JobRun.objects.create(job=name, started_at=timezone.now())
            try:
                row.made = function() or 0
            except Exception as error:
                row.error = f"{type(error).__name__}: {error}"
                raise
            finally:
                row.finished_at = timezone.now()
                row.save(update_fields=["finished_at", "made", "error"])
            return row.made

        task = shared_task(name=name)(run)
        JOBS[name] = Job(name=name, says=says, every=every, at=at)
        return task

    return decorate


def all_jobs():
    """{name: Job} of every app's jobs, whether or not this process has read their modules before."""
    autodiscover_modules("jobs")
    return JOBS
