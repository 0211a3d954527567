"""Two people at once in one run. Needs row locks, so PostgreSQL."""

import uuid

import pytest

from hub.exceptions import Conflict, HubError
from playbooks import actions
from playbooks.models import Run, RunStep, Suggestion
from tests.factories import make_cast
from tests.playbooks.factories import make_published, make_run, steps
from tests.policies.test_concurrency import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def test_one_form_sent_many_times_is_one_run():
    cast = make_cast()
    playbook = make_published(cast=cast, sections=[steps("One")]).playbook
    token = uuid.uuid4()
    results = at_once(*[lambda: make_run(cast=cast, playbook=playbook, form_token=token)] * 6)
    assert len(set(results)) == 1
    assert Run.objects.count() == 1


def test_ticks_at_once_are_all_counted():
    cast = make_cast()
    run = make_run(cast=cast, texts=[f"Step {n}" for n in range(6)])
    people = [cast.rita, cast.dora, cast.paul] * 2
    rows = list(run.steps.all())
    at_once(
        *[
            lambda step=step, by=by: actions.tick(step=step, done=True, by=by)
            for step, by in zip(rows, people, strict=True)
        ]
    )
    run.refresh_from_db()
    assert run.done_count == 6
    assert [step.done_by for step in run.steps.all()] == people


def test_of_two_notes_at_once_one_is_told():
    cast = make_cast()
    step = make_run(cast=cast).steps.first()
    results = at_once(
        *[lambda by=by: actions.write_step(step=step, note=by.name, seen="", by=by) for by in (cast.rita, cast.dora)]
    )
    assert sum(isinstance(result, Conflict) for result in results) == 1
    step.refresh_from_db()
    assert step.note in {"Rita", "Dora"}


def test_a_tick_and_the_newer_text_at_once_lose_nothing():
    cast = make_cast()
    run = make_run(cast=cast, texts=["One {#one}", "Two {#two}"])
    make_published(cast=cast, playbook=run.playbook, sections=[steps("One {#one}", "Three {#three}")])
    step = run.steps.get(key="one")
    at_once(
        lambda: actions.tick(step=step, done=True, by=cast.dora),
        lambda: actions.take_over_changes(run=run, by=cast.rita),
    )
    run.refresh_from_db()
    assert (run.step_count, run.done_count) == (2, 1)
    assert RunStep.objects.get(key="one").done_by == cast.dora


def test_a_run_ends_once():
    cast = make_cast()
    run = make_run(cast=cast)
    results = at_once(
        lambda: actions.finish_run(run=run, points=["A"], by=cast.rita),
        lambda: actions.abandon_run(run=run, reason="No.", by=cast.dora),
        lambda: actions.finish_run(run=run, points=["B"], by=cast.paul),
    )
    assert sum(isinstance(result, HubError) for result in results) == 2


def test_a_point_is_sent_once():
    cast = make_cast()
    run = actions.finish_run(run=make_run(cast=cast), points=["Shorter"], by=cast.rita)
    at_once(*[lambda: actions.send_point(point=run.points.get(), section_key="do-it", by=cast.rita)] * 4)
    assert Suggestion.objects.count() == 1
