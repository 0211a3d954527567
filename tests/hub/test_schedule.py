"""Declared jobs and the table that the beat reads."""

from datetime import timedelta

import pytest
from celery.schedules import crontab
from django.core.management import call_command
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from hub import schedule
from hub.models import JobRun


@pytest.fixture
def job(monkeypatch):
    """Declares a job that the other tests never see."""
    monkeypatch.setattr(schedule, "JOBS", dict(schedule.all_jobs()))

    def declare(function, **when):
        name = f"tests.{function.__name__}"
        return schedule.scheduled(name, says="A test", **(when or {"every": timedelta(minutes=5)}))(function)

    return declare


@pytest.mark.django_db
def test_a_run_leaves_its_row(job):
    @job
    def three_things():
        return 3

    assert three_things() == 3

    run = JobRun.objects.get()
    assert (run.job, run.made, run.error) == ("tests.three_things", 3, "")
    assert run.finished_at >= run.started_at


@pytest.mark.django_db
def test_nothing_given_back_counts_as_nothing_done(job):
    @job
    def nothing():
        pass

    assert nothing() == 0


@pytest.mark.django_db
def test_a_failure_is_kept_in_words_and_raised(job):
    @job
    def fails():
        raise OSError("no route to host")

    with pytest.raises(OSError, match="no route"):
        fails()

    run = JobRun.objects.get()
    assert run.error == "OSError: no route to host"
    assert run.finished_at is not None


@pytest.mark.parametrize(
    ("when", "period"),
    [
        ({"every": timedelta(minutes=5)}, timedelta(minutes=5)),
        ({"at": crontab(minute=10, hour=6)}, timedelta(days=1)),
        ({"at": crontab(minute=10, hour=6, day_of_week="mon")}, timedelta(days=7)),
    ],
)
def test_the_longest_time_between_two_runs(when, period):
    found = schedule.Job(name="x", says="x", every=when.get("every"), at=when.get("at"))
    assert found.period == period


@pytest.mark.django_db
def test_every_declared_job_is_planned_once():
    call_command("sync_schedule", verbosity=0)
    call_command("sync_schedule", verbosity=0)

    planned = PeriodicTask.objects.exclude(name__startswith="celery.")
    assert sorted(planned.values_list("name", flat=True)) == sorted(schedule.all_jobs())
    assert all(task.task == task.name and task.description for task in planned)


@pytest.mark.django_db
def test_a_time_that_staff_changed_is_left_alone():
    call_command("sync_schedule", verbosity=0)
    hourly, _made = IntervalSchedule.objects.get_or_create(every=3600, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.filter(name="hub.sweep_outbox").update(interval=hourly)

    call_command("sync_schedule", verbosity=0)

    assert PeriodicTask.objects.get(name="hub.sweep_outbox").interval == hourly


@pytest.mark.django_db
def test_a_job_that_is_no_more_is_switched_off():
    every, _made = IntervalSchedule.objects.get_or_create(every=60, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.create(name="hub.gone", task="hub.gone", interval=every)

    call_command("sync_schedule", verbosity=0)

    assert not PeriodicTask.objects.get(name="hub.gone").enabled


def test_every_job_says_what_it_does():
    assert all(str(job.says) and (job.every or job.at) for job in schedule.all_jobs().values())
