"""What runs tell the rest of the portal: the home page, the letter, department pages, and the reminders."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from hub import slots
from hub.mail import is_still_true
from hub.models import OutboxMessage
from playbooks import actions, fillers, jobs
from playbooks.models import RunStep
from policies import clock
from spokes import actions as spoke_actions
from tests.factories import make_person
from tests.playbooks.factories import make_published, make_run, steps


@pytest.fixture
def nia(cast):
    return make_person(name="Nia", spoke=cast.stores, by=cast.root)


def waiting(person):
    person = type(person).objects.get(pk=person.pk)
    return [item.title for item in fillers.waiting(person) if item.kind == "run"]


def given(cast, run, person, *words):
    ids = [run.steps.get(text=word).pk for word in words]
    actions.assign_steps(run=run, steps=ids, person=person, by=cast.paul)


def due_in(run, days, *words):
    run.steps.filter(text__in=words).update(due_on=clock.today() + timedelta(days=days))


def test_her_steps_wait_for_her_soonest_first(cast, nia):
    run = make_run(cast=cast, texts=["Far", "**Soon**", "Late", "Some day", "Hers"])
    given(cast, run, nia, "Far", "**Soon**", "Late", "Some day")
    given(cast, run, cast.dora, "Hers")
    due_in(run, 30, "Far")
    due_in(run, 3, "**Soon**")
    due_in(run, -1, "Late")
    items = {item.title: item for item in fillers.waiting(nia)}
    assert list(items) == ["Late", "Soon", "Some day"]
    assert (items["Late"].is_urgent, items["Soon"].is_urgent) == (True, False)
    assert items["Soon"].url.startswith(f"/runs/{run.pk}/#step-")
    assert waiting(cast.dora) == ["Hers"]
    actions.tick(step=run.steps.get(text="Late"), done=True, by=nia)
    assert sorted(waiting(nia)) == ["Some day", "Soon"]
    actions.abandon_run(run=run, reason="No.", by=cast.rita)
    assert waiting(nia) == []


def test_a_planned_run_waits_for_nobody_until_it_begins(cast, nia):
    run = make_run(cast=cast, starts_on=clock.today() + timedelta(days=2))
    given(cast, run, nia, "One")
    assert waiting(nia) == []
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert waiting(nia) == ["One"]


def test_a_run_waits_for_who_looks_after_it_when_it_is_done_or_over(cast):
    run = make_run(cast=cast, ends_on=clock.today() + timedelta(days=1))
    assert waiting(cast.rita) == []
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert waiting(cast.rita) == waiting(cast.dora) == ["Spring run"]
        for person in [cast.paul, cast.otto, cast.emma, cast.audra]:
            assert waiting(person) == []
    for step in run.steps.all():
        actions.tick(step=step, done=True, by=cast.rita)
    assert waiting(cast.dora) == ["Spring run"]
    actions.finish_run(run=run, by=cast.rita)
    assert waiting(cast.dora) == []


def test_the_staff_who_started_one_on_behalf_are_asked_too(cast):
    with time_machine.travel(timezone.now() - timedelta(days=3)):
        make_run(cast=cast, by=cast.paul, ends_on=clock.today() + timedelta(days=1))
    assert waiting(cast.paul) == ["Spring run"]
    assert waiting(cast.hana) == []


def test_due_steps_are_told_once_a_day_and_person(cast, nia):
    run = make_run(cast=cast, texts=["A", "B", "C", "D", "E"])
    given(cast, run, nia, "A", "B", "C")
    given(cast, run, cast.dora, "D")
    due_in(run, 0, "A", "B", "D", "E")
    due_in(run, 1, "C")
    assert jobs.run_steps_due() == 2
    assert jobs.run_steps_due() == 0
    message = OutboxMessage.objects.get(kind="run_step_due", recipient=nia)
    assert message.subject == "2 steps are due: Spring run"
    assert f"/runs/{run.pk}/" in message.text
    with time_machine.travel(timezone.now() + timedelta(days=2)):  # yesterday's job did not run
        assert jobs.run_steps_due() == 1
        assert jobs.run_steps_due() == 0


def test_nobody_is_told_of_what_is_not_hers_to_do(cast, nia):
    run = make_run(cast=cast, texts=["A", "B", "C"])
    given(cast, run, nia, "A", "B", "C")
    due_in(run, 0, "A", "B", "C")
    actions.tick(step=run.steps.get(text="A"), done=True, by=nia)
    due_in(run, -8, "B")  # stands on her home page
    spoke_actions.move_home(person=nia, spoke=cast.care, by=cast.root)
    assert jobs.run_steps_due() == 0
    spoke_actions.move_home(person=nia, spoke=cast.retail, by=cast.root)
    assert jobs.run_steps_due() == 1
    later = make_run(cast=cast, starts_on=clock.today() + timedelta(days=1))
    given(cast, later, cast.dora, "One")
    due_in(later, 0, "One")
    assert jobs.run_steps_due() == 0


def test_messages_whose_cause_is_gone_are_not_sent(cast, nia):
    run = make_run(cast=cast)
    given(cast, run, nia, "One")
    due_in(run, 0, "One")
    jobs.run_steps_due()
    kinds = ("run_step_assigned", "run_step_due")

    def true():
        return [is_still_true(OutboxMessage.objects.get(kind=kind, recipient=nia)) for kind in kinds]

    assert true() == [True, True]
    due_in(run, 1, "One")
    assert true() == [True, False]
    due_in(run, 0, "One")
    actions.tick(step=RunStep.objects.get(text="One"), done=True, by=nia)
    assert true() == [False, False]
    actions.tick(step=RunStep.objects.get(text="One"), done=False, by=nia)
    actions.abandon_run(run=run, reason="No.", by=cast.rita)
    assert true() == [False, False]
    actions.reopen_run(run=run, by=cast.rita)
    given(cast, run, cast.dora, "One")
    assert true() == [False, False]


def test_the_letter_tells_the_owner_what_became_of_her_playbook(cast):
    run = make_run(cast=cast)
    actions.finish_run(run=run, by=cast.rita)
    since = timezone.now() - timedelta(days=7)

    def told(person):
        return [item for item in slots.letter_items.gather(person, since) if item.kind == "run"]

    (item,) = told(cast.emma)  # the owner, who works elsewhere: she reads that, and how often
    assert (item.title, item.url) == (
        f"Retail has run “{run.playbook.title}”",
        f"{run.playbook.get_absolute_url()}runs/",
    )
    assert item.detail == "0 of 3 steps done; days: 1"
    assert told(cast.rita) == []
    # The next letter, later on the same day, does not tell it again.
    run.refresh_from_db()
    assert slots.letter_items.gather(cast.emma, run.closed_at) == []


def test_a_department_page_shows_what_is_under_way(cast):
    hidden = make_published(cast=cast, title="For Care", audiences=[cast.care.group], sections=[steps("One")]).playbook
    make_run(cast=cast, playbook=hidden, by=cast.paul, name="Of Care's")
    run = make_run(cast=cast, spoke=cast.stores)
    make_run(cast=cast, starts_on=clock.today() + timedelta(days=1))

    def lines(person, spoke):
        panels = [p for p in slots.department_panels.gather(spoke, person) if p.anchor == "runs"]
        return [(line.title, line.note) for panel in panels for line in panel.lines]

    assert lines(cast.rita, cast.retail) == [("Spring run", "Stores: 0 of 3 steps")]
    assert lines(cast.rita, cast.stores) == [("Spring run", "0 of 3 steps")]
    assert lines(cast.otto, cast.retail) == [(run.playbook.title, "")]
    assert lines(cast.rita, cast.operations) == []
    assert len(lines(cast.paul, cast.retail)) == 2


def test_nobody_is_told_of_steps_of_a_playbook_that_is_no_longer_for_her(cast):
    run = make_run(cast=cast, texts=("One",), starts_on=clock.today())
    step = run.steps.get()
    actions.assign_steps(run=run, steps=[step.pk], person=cast.dora, by=cast.rita)
    actions.write_step(step=step, note="", seen="", due_on=clock.today(), by=cast.rita)
    actions.change_playbook(playbook=run.playbook, audiences=[cast.operations.group], by=cast.paul)
    assert jobs.run_steps_due() == 0
    assert not run.steps.saying_who_is_here().get().is_here
    actions.change_playbook(playbook=run.playbook, audiences=[cast.retail.group], by=cast.paul)
    assert run.steps.saying_who_is_here().get().is_here
    assert jobs.run_steps_due() == 1
