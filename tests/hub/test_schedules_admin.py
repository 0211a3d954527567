"""Leads say in the admin when jobs run; others look."""

import html
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

from hub import actions
from hub.exceptions import Invalid, NotAllowed
from hub.models import AuditEvent
from tests.factories import make_cast

LIST = "/admin/django_celery_beat/periodictask/"
AT = {
    "minute": "0",
    "hour": "8",
    "day_of_week": "mon-fri",
    "day_of_month": "*",
    "month_of_year": "*",
    "timezone": "Europe/Berlin",
}


@pytest.fixture
def cast(db):
    call_command("sync_schedule", verbosity=0)
    return make_cast()


def as_(person):
    client = Client()
    client.force_login(person)
    return client


def task_of(name):
    return PeriodicTask.objects.get(name=name)


def url_of(name):
    return reverse("admin:django_celery_beat_periodictask_change", args=[task_of(name).pk])


def test_a_lead_changes_how_often_and_a_restart_leaves_it(cast):
    data = {"enabled": "on", "every": "10", "unit": "minutes", "timezone": "UTC"}
    assert as_(cast.hana).post(url_of("policies.settle_due"), data).status_code == 302

    call_command("sync_schedule", verbosity=0)

    task = task_of("policies.settle_due")
    assert (task.schedule.run_every, task.enabled, task.task) == (timedelta(minutes=10), True, "policies.settle_due")
    line = AuditEvent.objects.get(verb="rescheduled")
    assert (line.by, line.details) == (cast.hana, {"runs": "every 600 seconds"})


def test_times_take_the_place_of_a_distance_and_the_form_shows_them(cast):
    data = {"enabled": "on", "hour": "8", "day_of_week": "mon-fri", "timezone": "Europe/Berlin"}
    assert as_(cast.hana).post(url_of("hub.prune_documents"), data).status_code == 302

    task = task_of("hub.prune_documents")
    assert task.interval is None
    assert {name: str(getattr(task.crontab, name)) for name in AT} == AT
    form = as_(cast.hana).get(url_of("hub.prune_documents")).context["adminform"].form
    assert {name: form[name].value() for name in AT} == AT
    assert form["every"].value() is None


def test_the_same_times_are_one_row(cast):
    one = actions.change_schedule(task=task_of("hub.prune_documents"), enabled=True, at=AT, by=cast.hana)
    two = actions.change_schedule(task=task_of("hub.prune_job_runs"), enabled=True, at=AT, by=cast.hana)
    assert one.crontab == two.crontab


def test_a_lead_switches_a_job_off_and_it_stays_off(cast):
    data = {"every": "5", "unit": "minutes", "timezone": "UTC"}
    assert as_(cast.hana).post(url_of("policies.settle_due"), data).status_code == 302
    call_command("sync_schedule", verbosity=0)
    assert not task_of("policies.settle_due").enabled
    assert AuditEvent.objects.get(verb="switched off").by == cast.hana
    assert "Somebody has switched it off" in as_(cast.paul).get("/desk/jobs/").content.decode()


def test_the_beat_takes_it_at_once(cast):
    PeriodicTasks.objects.update(last_update=timezone.now() - timedelta(hours=1))
    task = task_of("policies.settle_due")
    actions.change_schedule(task=task, enabled=True, every=timedelta(minutes=7), by=cast.hana)
    assert timezone.now() - PeriodicTasks.last_change() < timedelta(minutes=1)


def test_who_is_no_lead_reads_and_nobody_adds_or_deletes(cast):
    for person in (cast.paul, cast.audra):
        client = as_(person)
        assert "every 5 minutes" in client.get(LIST).content.decode()
        page = client.get(url_of("policies.settle_due")).content.decode()
        assert "every 5 minutes" in page
        assert 'name="every"' not in page
        assert client.post(url_of("policies.settle_due"), {"every": "1", "unit": "days"}).status_code == 403
        with pytest.raises(NotAllowed):
            actions.change_schedule(task=task_of("policies.settle_due"), enabled=False, at=AT, by=person)
    for person in (cast.hana, cast.root):
        assert as_(person).get(f"{LIST}add/").status_code == 403
    assert task_of("policies.settle_due").enabled


def test_only_declared_jobs_are_offered(cast):
    every = IntervalSchedule.objects.first()
    PeriodicTask.objects.create(name="celery.backend_cleanup", task="celery.backend_cleanup", interval=every)
    assert "backend_cleanup" not in as_(cast.root).get(LIST).content.decode()


@pytest.mark.parametrize(
    ("when", "field"),
    [
        ({}, "every"),
        ({"every": timedelta(minutes=5), "at": AT}, "every"),
        ({"every": timedelta(seconds=1)}, "every"),
        ({"every": timedelta(days=99_999)}, "every"),
        ({"at": AT | {"hour": "25"}}, "hour"),
        ({"at": AT | {"minute": "soon"}}, "minute"),
        ({"at": AT | {"day_of_week": "*", "day_of_month": "30", "month_of_year": "2"}}, "day_of_month"),
    ],
)
def test_what_the_beat_could_not_keep_is_refused(cast, when, field):
    with pytest.raises(Invalid) as refused:
        actions.change_schedule(task=task_of("policies.settle_due"), enabled=True, by=cast.hana, **when)
    assert refused.value.field == field
    assert task_of("policies.settle_due").schedule.run_every == timedelta(minutes=5)


@pytest.mark.parametrize("values", [{"every": "1"}, {"every": "5", "enabled": "on"}, {"hour": "8", "enabled": "on"}])
def test_the_pulse_keeps_beating(cast, values):
    data = {"unit": "minutes", "timezone": "UTC", **values}
    answer = as_(cast.hana).post(url_of("hub.sweep_outbox"), data)
    assert (answer.status_code, "portal's pulse" in html.unescape(answer.content.decode())) == (200, True)
    assert task_of("hub.sweep_outbox").enabled


def test_the_page_of_jobs_leads_there(cast):
    for person, words in [(cast.hana, "Change their times"), (cast.audra, "See their times")]:
        page = as_(person).get("/desk/jobs/").content.decode()
        assert f'href="{LIST}"' in page
        assert words in page
