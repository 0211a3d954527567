"""The page that shows whether the jobs are alive."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from hub import jobs, reports
from hub.models import JobRun
from hub.schedule import all_jobs
from tests.factories import make_cast

SWEEP = "hub.sweep_outbox"


@pytest.fixture
def cast(db):
    return make_cast()


@pytest.fixture
def planned(db):
    call_command("sync_schedule", verbosity=0)


def state_of(name):
    return next(state for state in reports.job_states() if state.name == name)


def ran(name, *, ago, lasted=timedelta(seconds=2), **fields):
    started = timezone.now() - ago
    return JobRun.objects.create(job=name, started_at=started, finished_at=started + lasted, **fields)


@pytest.mark.parametrize(
    ("who", "status"), [("hana", 200), ("paul", 200), ("audra", 200), ("rita", 403), ("emma", 403)]
)
def test_the_desk_and_auditors_see_the_jobs(client, cast, planned, who, status):
    client.force_login(getattr(cast, who))

    assert client.get(reverse("hub:jobs")).status_code == status


def test_every_job_is_there_in_words(client, cast, planned):
    ran(SWEEP, ago=timedelta(seconds=20), made=7)
    client.force_login(cast.hana)

    response = client.get(reverse("hub:jobs"))

    assert {state.name for state in response.context["jobs"]} == set(all_jobs())
    page = response.content.decode()
    assert "Sends every message that is due" in page
    assert "took 2.0 s" in page


@pytest.mark.django_db
def test_a_job_that_is_not_planned_says_so():
    PeriodicTask.objects.all().delete()

    assert "sync_schedule" in state_of(SWEEP).problem


def test_a_job_somebody_switched_off_says_so(planned):
    PeriodicTask.objects.filter(name=SWEEP).update(enabled=False)

    state = state_of(SWEEP)
    assert "switched it off" in state.problem
    assert state.next_at is None


def test_a_job_in_time(planned):
    run = ran(SWEEP, ago=timedelta(seconds=30))

    state = state_of(SWEEP)

    assert (state.problem, state.last, state.lasted) == ("", run, timedelta(seconds=2))
    assert timedelta() < state.next_at - timezone.now() <= timedelta(seconds=31)


def test_a_job_two_periods_silent_is_late(planned):
    ran(SWEEP, ago=timedelta(seconds=115))
    assert state_of(SWEEP).problem == ""

    JobRun.objects.update(started_at=timezone.now() - timedelta(seconds=125))
    assert "late" in state_of(SWEEP).problem


def test_a_job_planned_long_ago_that_never_ran_is_late(planned):
    PeriodicTask.objects.filter(name=SWEEP).update(date_changed=timezone.now() - timedelta(minutes=5))

    assert "late" in state_of(SWEEP).problem


def test_a_daily_job_is_late_half_an_hour_after_its_time(planned):
    name = "policies.remind_to_sign"
    ran(name, ago=timedelta(hours=2))
    assert state_of(name).problem == ""

    JobRun.objects.update(started_at=timezone.now() - timedelta(days=2))
    assert "late" in state_of(name).problem


def test_a_failure_is_shown_with_its_words_and_remembered(client, cast, planned):
    ran(SWEEP, ago=timedelta(hours=3), error="OSError: no route to host")
    ran(SWEEP, ago=timedelta(seconds=10))
    state = state_of(SWEEP)
    assert (state.problem, state.failed.error) == ("", "OSError: no route to host")

    JobRun.objects.filter(error="").delete()
    assert "failed" in state_of(SWEEP).problem
    client.force_login(cast.audra)
    assert "OSError: no route to host" in client.get(reverse("hub:jobs")).content.decode()


def test_one_still_running(planned):
    JobRun.objects.create(job=SWEEP, started_at=timezone.now())

    assert state_of(SWEEP).lasted is None


def test_the_page_costs_the_same_however_many_runs(client, cast, planned, django_assert_num_queries):
    client.force_login(cast.hana)
    client.get(reverse("hub:jobs"))
    ran(SWEEP, ago=timedelta(minutes=1))
    with django_assert_num_queries(4):
        client.get(reverse("hub:jobs"))
    for name in all_jobs():
        for minutes in range(3):
            ran(name, ago=timedelta(minutes=minutes), error="x" if minutes else "")
    with django_assert_num_queries(4):
        client.get(reverse("hub:jobs"))


# --- Run now ----------------------------------------------------------------------------------------------------------


def test_a_lead_asks_a_worker(client, cast, planned, monkeypatch, django_capture_on_commit_callbacks):
    asked = []
    monkeypatch.setattr(jobs.sweep_outbox, "apply_async", lambda **options: asked.append(options))
    client.force_login(cast.hana)

    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(reverse("hub:job_run", args=[SWEEP]), follow=True)

    assert len(asked) == 1
    assert "asked to do this now" in response.content.decode()


def test_a_broker_that_is_away_is_not_the_persons_trouble(
    client, cast, planned, monkeypatch, django_capture_on_commit_callbacks
):
    def fails(**options):
        raise ConnectionError

    monkeypatch.setattr(jobs.sweep_outbox, "apply_async", fails)
    client.force_login(cast.hana)

    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("hub:job_run", args=[SWEEP])).status_code == 302


@pytest.mark.parametrize("who", ["paul", "audra", "rita", "emma"])
def test_nobody_else_starts_a_job(client, cast, planned, who):
    client.force_login(getattr(cast, who))

    assert client.post(reverse("hub:job_run", args=[SWEEP])).status_code == 403
    if who in {"paul", "audra"}:
        assert "Run now" not in client.get(reverse("hub:jobs")).content.decode()


def test_only_by_post_and_only_what_there_is(client, cast, planned):
    client.force_login(cast.hana)

    assert client.get(reverse("hub:job_run", args=[SWEEP])).status_code == 405
    assert client.post(reverse("hub:job_run", args=["os.system"])).status_code == 404


# --- Housekeeping -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_old_runs_are_forgotten_and_idle_ones_sooner():
    ran(SWEEP, ago=timedelta(days=91), made=3)
    ran(SWEEP, ago=timedelta(days=3))
    kept = {
        ran(SWEEP, ago=timedelta(days=89), made=3).pk,
        ran(SWEEP, ago=timedelta(days=3), error="x").pk,
        ran(SWEEP, ago=timedelta(hours=1)).pk,
    }

    jobs.prune_job_runs()

    assert set(JobRun.objects.exclude(job="hub.prune_job_runs").values_list("pk", flat=True)) == kept
