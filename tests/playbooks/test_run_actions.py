"""A department uses a playbook: what starting, ticking, following a newer text and ending do, and for whom."""

import uuid
from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from hub.audit import history
from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.models import OutboxMessage
from playbooks import actions
from playbooks.checklists import day_of
from playbooks.models import Run, RunStep, Suggestion
from playbooks.workflow import RunStatus
from policies import clock
from spokes import actions as spoke_actions
from tests.factories import make_calendar, make_person, make_term
from tests.playbooks.factories import make_playbook, make_published, make_run, section, steps

MONDAY = date(2026, 6, 1)


def texts(run, **fields):
    return [step.text for step in run.steps.filter(**fields)]


def step_of(run, text):
    return run.steps.get(text=text)


def verbs(run):
    return [line.verb for line in history(run).order_by("pk")]


def test_a_run_copies_the_steps_that_readers_get_with_their_keys(cast):
    revision = make_published(cast=cast, sections=[section(key="a", heading="A"), steps("Ask **Legal**", "Post")])
    run = make_run(cast=cast, playbook=revision.playbook, name="  Spring \n run ", goal="More visits")
    assert (run.name, run.goal, run.spoke, run.started_by) == ("Spring run", "More visits", cast.retail, cast.rita)
    assert (run.status, run.revision, run.step_count, run.done_count) == ("active", revision, 3, 0)
    assert list(run.steps.values_list("section_key", "key", "heading", "text", "html")) == [
        ("a", "owner-asked", "A", "Owner asked", "Owner asked"),
        ("do-it", "ask-legal", "Do it", "Ask **Legal**", "Ask <strong>Legal</strong>"),
        ("do-it", "post", "Do it", "Post", "Post"),
    ]
    assert verbs(run) == ["started"]


def test_who_may_start_one_and_where(cast):
    playbook = make_published(cast=cast, sections=[steps("One")]).playbook
    for person, spoke in [(cast.dora, cast.stores), (cast.paul, cast.operations), (cast.otto, cast.operations)]:
        assert make_run(cast=cast, playbook=playbook, spoke=spoke, by=person).started_by == person
    for person, spoke in [
        (cast.emma, cast.care),
        (cast.rita, cast.operations),
        (cast.rita, cast.company),
        (cast.audra, cast.company),
        (cast.sam, cast.company),
    ]:
        with pytest.raises(NotAllowed):
            make_run(cast=cast, playbook=playbook, spoke=spoke, by=person)
    assert Run.objects.count() == 3


def test_an_auditor_who_holds_a_term_starts_none(cast):
    make_term(person=cast.audra, spoke=cast.retail)
    with pytest.raises(NotAllowed, match="change nothing"):
        make_run(cast=cast, by=cast.audra)


def test_what_cannot_be_run(cast):
    hidden = make_published(cast=cast, audiences=[cast.care.group], sections=[steps("One")]).playbook
    with pytest.raises(NotAllowed, match="no such playbook"):
        make_run(cast=cast, playbook=hidden)
    with pytest.raises(NotAllowed, match="no such playbook"):
        make_run(cast=cast, playbook=make_playbook(cast=cast))
    without = make_published(cast=cast, sections=[section(body="Only words.")]).playbook
    with pytest.raises(Invalid, match="no steps"):
        make_run(cast=cast, playbook=without)
    spoke_actions.close_spoke(spoke=cast.stores, by=cast.root)
    cast.stores.refresh_from_db()
    with pytest.raises(NotAllowed, match="is closed"):
        make_run(cast=cast, spoke=cast.stores)
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("name", {"name": " "}),
        ("name", {"name": "x" * 121}),
        ("goal", {"goal": "x" * 201}),
        ("ends_on", {"starts_on": date.today(), "ends_on": date.today() - timedelta(1)}),
        ("ends_on", {"starts_on": date.today(), "ends_on": date(9999, 12, 31)}),
        ("starts_on", {"starts_on": date(9999, 12, 31)}),
        ("starts_on", {"starts_on": date(1, 1, 1)}),
    ],
)
def test_values_that_are_refused_say_where(cast, field, fields):
    with pytest.raises(Invalid) as refusal:
        make_run(cast=cast, **fields)
    assert refusal.value.field == field
    assert not Run.objects.exists()


def test_the_same_form_twice_is_one_run(cast):
    playbook = make_published(cast=cast, sections=[steps("One")]).playbook
    token = uuid.uuid4()
    first = make_run(cast=cast, playbook=playbook, form_token=token)
    assert make_run(cast=cast, playbook=playbook, form_token=token) == first
    assert Run.objects.count() == 1
    assert make_run(cast=cast, playbook=playbook) != first


def test_somebody_elses_form_token_gives_nothing_away(cast):
    token = uuid.uuid4()
    run = make_run(cast=cast, form_token=token)
    with pytest.raises(IntegrityError, match="form_token"), transaction.atomic():
        make_run(cast=cast, playbook=run.playbook, form_token=token, by=cast.dora)
    assert Run.objects.get() == run


# --- Days -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ask Legal (day +3)", ("Ask Legal", 3)),
        ("Recht fragen (Tag +12)", ("Recht fragen", 12)),
        ("Ask (+0)", ("Ask", 0)),
        ("Ask (day 3)", ("Ask (day 3)", None)),
        ("Ask (in the +1 room) now", ("Ask (in the +1 room) now", None)),
        ("(day +3)", ("(day +3)", None)),
        ("Ask (day +1234)", ("Ask (day +1234)", None)),
        ("Ask (bring a +1)", ("Ask (bring a +1)", None)),
    ],
)
def test_a_step_may_name_its_day(text, found):
    assert day_of(text) == found


def test_named_days_count_working_days_and_the_rest_is_spread(cast):
    make_calendar(closing_days=["2026-06-04"])
    with time_machine.travel("2026-05-28 10:00Z", tick=False):
        run = make_run(
            cast=cast,
            by=cast.paul,
            texts=["At once (day +0)", "Ask (day +3)", "Write", "Read", "Post"],
            starts_on=date(2026, 5, 30),  # a Saturday: Monday is day 0
            ends_on=date(2026, 6, 12),
        )
    assert dict(run.steps.values_list("text", "due_on")) == {
        "At once": MONDAY,
        "Ask": date(2026, 6, 5),  # Thursday is closed
        "Write": date(2026, 6, 3),
        "Read": date(2026, 6, 9),
        "Post": date(2026, 6, 12),
    }


def test_without_a_last_day_only_named_days_are_given(cast):
    run = make_run(cast=cast, texts=["Ask (day +1)", "Post"])
    assert step_of(run, "Ask").due_on is not None
    assert step_of(run, "Post").due_on is None


def test_open_steps_move_with_the_start_and_done_ones_stay(cast):
    make_calendar()
    with time_machine.travel("2026-06-01 10:00Z", tick=False):
        run = make_run(cast=cast, by=cast.paul, texts=["A (day +0)", "B (day +4)", "C"], starts_on=MONDAY)
        actions.tick(step=step_of(run, "A"), done=True, by=cast.paul)
        later = MONDAY + timedelta(days=7)
        values = {"run": run, "name": "New", "goal": "", "ends_on": None, "by": cast.paul}
        run = actions.change_run(starts_on=later, **values)
        days = dict(run.steps.values_list("text", "due_on"))
        assert days == {"A": MONDAY, "B": date(2026, 6, 12), "C": None}
        run = actions.change_run(starts_on=MONDAY, **values)
        assert step_of(run, "B").due_on == date(2026, 6, 5)
    assert verbs(run) == ["started", "ticked", "changed", "changed"]


def test_nothing_changed_leaves_no_line(cast):
    run = make_run(cast=cast)
    actions.change_run(run=run, name=run.name, goal="", starts_on=run.starts_on, ends_on=None, by=cast.rita)
    assert verbs(run) == ["started"]


# --- Steps ------------------------------------------------------------------------------------------------------------


def test_only_people_of_the_department_get_steps(cast):
    run = make_run(cast=cast)
    seller = make_person(name="Nia", spoke=cast.stores, by=cast.root)
    audience = make_published(cast=cast, audiences=[cast.care.group], sections=[steps("One")]).playbook
    for person in [seller, cast.rita, cast.dora]:
        assert len(actions.assign_steps(run=run, steps=[step_of(run, "One").pk], person=person, by=cast.rita)) == 1
    auditor = make_person(name="Ada", role="auditor", spoke=cast.retail, by=cast.root)
    gone = make_person(name="Gone", spoke=cast.retail, by=cast.root)
    spoke_actions.say_goodbye(person=gone, by=cast.root)
    for person in [cast.emma, cast.otto, cast.sam, auditor, gone]:
        with pytest.raises(Invalid) as refusal:
            actions.assign_steps(run=run, steps=[step_of(run, "One").pk], person=person, by=cast.rita)
        assert refusal.value.field == "person"
    hidden = make_run(cast=cast, playbook=audience, by=cast.paul)
    with pytest.raises(Invalid, match="may not read"):
        actions.assign_steps(run=hidden, steps=[hidden.steps.get().pk], person=seller, by=cast.paul)


def test_assigning_tells_once_and_not_oneself(cast, django_capture_on_commit_callbacks):
    run = make_run(cast=cast)
    ids = list(run.steps.values_list("pk", flat=True))
    actions.assign_steps(run=run, steps=ids[:2], person=cast.dora, by=cast.rita)
    actions.assign_steps(run=run, steps=ids[:2], person=cast.dora, by=cast.rita)
    (message,) = OutboxMessage.objects.filter(kind="run_step_assigned")
    assert (message.recipient, message.subject) == (cast.dora, "2 steps for you: Spring run")
    assert "- One\n- Two" in message.text
    actions.assign_steps(run=run, steps=ids[2:], person=cast.rita, by=cast.rita)
    assert OutboxMessage.objects.filter(kind="run_step_assigned").count() == 1
    assert actions.assign_steps(run=run, steps=ids[:1], person=None, by=cast.rita)[0].assignee is None


def test_steps_of_another_run_are_not_assigned(cast):
    run, other = make_run(cast=cast), make_run(cast=cast)
    ids = list(other.steps.values_list("pk", flat=True))
    assert actions.assign_steps(run=run, steps=ids, person=cast.dora, by=cast.rita) == []
    assert not RunStep.objects.exclude(assignee=None).exists()


def test_who_may_tick(cast):
    run = make_run(cast=cast)
    seller = make_person(name="Nia", spoke=cast.stores, by=cast.root)
    step = step_of(run, "One")
    for person in [seller, cast.emma, cast.otto, cast.audra, cast.sam]:
        with pytest.raises(NotAllowed):
            actions.tick(step=step, done=True, by=person)
    actions.assign_steps(run=run, steps=[step.pk], person=seller, by=cast.rita)
    for person in [seller, cast.dora, cast.paul]:
        assert actions.tick(step=step, done=True, by=person).done_by == person
        assert actions.tick(step=step, done=False, by=person).done_by is None
    with pytest.raises(NotAllowed):
        actions.tick(step=step_of(run, "Two"), done=True, by=seller)


def test_a_tick_counts_once_and_keeps_who_made_it(cast):
    run = make_run(cast=cast)
    step = step_of(run, "One")
    first = actions.tick(step=step, done=True, by=cast.rita)
    again = actions.tick(step=step, done=True, by=cast.dora)
    assert (again.done_by, again.done_at) == (cast.rita, first.done_at)
    run.refresh_from_db()
    assert run.done_count == 1
    actions.tick(step=step, done=False, by=cast.dora)
    run.refresh_from_db()
    assert run.done_count == 0
    assert verbs(run) == ["started", "ticked", "took back a tick"]


def test_who_moved_away_has_no_steps_there_any_more(cast):
    run = make_run(cast=cast)
    seller = make_person(name="Nia", spoke=cast.stores, by=cast.root)
    step = step_of(run, "One")
    actions.assign_steps(run=run, steps=[step.pk], person=seller, by=cast.rita)
    until = clock.today()
    assert list(RunStep.objects.awaiting(seller, until)) == [step]
    spoke_actions.move_home(person=seller, spoke=cast.care, by=cast.root)
    assert list(RunStep.objects.awaiting(seller, until)) == []
    assert not run.steps.saying_who_is_here().get(pk=step.pk).is_here
    with pytest.raises(NotAllowed):
        actions.tick(step=step, done=True, by=seller)
    spoke_actions.move_home(person=seller, spoke=cast.retail, by=cast.root)
    assert run.steps.saying_who_is_here().get(pk=step.pk).is_here


def test_a_note_written_meanwhile_is_not_lost(cast):
    run = make_run(cast=cast)
    step = step_of(run, "One")
    actions.write_step(step=step, note="Hers", seen="", due_on=None, by=cast.rita)
    with pytest.raises(Conflict) as conflict:
        actions.write_step(step=step, note="Mine", seen="", due_on=None, by=cast.dora)
    assert conflict.value.theirs.note == "Hers"
    assert actions.write_step(step=step, note="Hers", seen="", due_on=None, by=cast.dora).note == "Hers"
    assert actions.write_step(step=step, note="Both", seen="Hers", due_on=None, by=cast.dora).note == "Both"
    with pytest.raises(Invalid, match="1,000"):
        actions.write_step(step=step, note="x" * 1001, seen="Both", due_on=None, by=cast.dora)


def test_who_does_a_step_notes_but_sets_no_day(cast):
    run = make_run(cast=cast)
    seller = make_person(name="Nia", spoke=cast.stores, by=cast.root)
    step = step_of(run, "One")
    actions.assign_steps(run=run, steps=[step.pk], person=seller, by=cast.rita)
    actions.write_step(step=step, note="Asked.", seen="", due_on=None, by=seller)
    with pytest.raises(NotAllowed):
        actions.write_step(step=step, note="Asked.", seen="", due_on=clock.today(), by=seller)
    actions.write_step(step=step, note="Asked.", seen="", due_on=clock.today(), by=cast.rita)
    with pytest.raises(Invalid) as refusal:
        actions.write_step(step=step, note="Asked.", seen="", due_on=date(9999, 12, 31), by=cast.rita)
    assert refusal.value.field == "due_on"


# --- A newer text -----------------------------------------------------------------------------------------------------


def newer(cast, run, *sections):
    return make_published(cast=cast, playbook=run.playbook, sections=list(sections))


def test_a_newer_revision_is_taken_over_without_losing_anything(cast):
    run = make_run(cast=cast, texts=["One {#one}", "Two {#two}", "Three {#three}", "Four {#four}"])
    for text in ["One", "Three"]:
        actions.tick(step=step_of(run, text), done=True, by=cast.dora)
    actions.write_step(step=step_of(run, "Two"), note="Hm", seen="", due_on=clock.today(), by=cast.rita)
    actions.assign_steps(run=run, steps=[step_of(run, "One").pk], person=cast.dora, by=cast.rita)
    newer(
        cast,
        run,
        section(key="do-it", heading="Do it well", body="- [ ] Zero {#zero}\n- [ ] Two, better (day +2) {#two}"),
        section(key="later", heading="Later", body="- [ ] One {#one}"),
    )
    run = Run.objects.get()
    changes = actions.run_changes.changes_since(run)
    assert [step.text for step in changes.new] == ["Zero"]
    assert sorted(row.text for row in changes.gone) == ["Four", "Three"]
    assert [row.text for row in changes.changed] == ["Two"]
    run = actions.take_over_changes(run=run, by=cast.rita)
    assert texts(run, is_dropped=False) == ["Zero", "Two, better", "One"]
    assert texts(run, is_dropped=True) == ["Three"]  # ticked, so kept; Four had nothing and is gone
    one, two = step_of(run, "One"), step_of(run, "Two, better")
    assert (one.section_key, one.done_by, one.assignee) == ("later", cast.dora, cast.dora)
    assert (two.note, two.due_on, two.heading) == ("Hm", clock.today(), "Do it well")
    run.refresh_from_db()
    assert (run.step_count, run.done_count, run.revision) == (3, 1, run.playbook.current)
    assert not actions.run_changes.changes_since(run)


def test_a_new_step_that_names_its_day_is_due_that_many_working_days_after_the_start(cast):
    make_calendar(closing_days=["2026-06-04"])
    with time_machine.travel("2026-05-28 10:00Z", tick=False):
        run = make_run(cast=cast, by=cast.paul, texts=["One {#one}"], starts_on=MONDAY)
        newer(cast, run, steps("One {#one}", "Two (day +3) {#two}", "Three {#three}"))
        run = actions.take_over_changes(run=run, by=cast.paul)
    assert (step_of(run, "Two").due_on, step_of(run, "Three").due_on) == (date(2026, 6, 5), None)


def test_a_step_that_comes_back_is_the_one_that_was_set_apart(cast):
    run = make_run(cast=cast, texts=["One {#one}", "Two {#two}"])
    actions.tick(step=step_of(run, "Two"), done=True, by=cast.rita)
    newer(cast, run, steps("One {#one}"))
    actions.take_over_changes(run=run, by=cast.rita)
    assert texts(run, is_dropped=True) == ["Two"]
    newer(cast, run, steps("One {#one}", "Two {#two}"))
    run = actions.take_over_changes(run=Run.objects.get(), by=cast.rita)
    assert (run.step_count, run.done_count) == (2, 1)


def test_taking_over_twice_does_nothing_more(cast):
    run = make_run(cast=cast)
    actions.take_over_changes(run=run, by=cast.rita)
    assert verbs(run) == ["started"]


# --- The end ----------------------------------------------------------------------------------------------------------


def test_a_run_ends_with_its_retrospective(cast):
    run = make_run(cast=cast)
    actions.tick(step=step_of(run, "One"), done=True, by=cast.rita)
    points = ["- Say who asks Legal", "", "2. Say who asks Legal", " Fewer   steps "]
    run = actions.finish_run(run=run, helped="The list", hindered="", result="12 %", points=points, by=cast.dora)
    assert (run.status, run.closed_at is None, run.closed_by) == ("finished", False, cast.dora)
    assert (run.helped, run.result, run.days) == ("The list", "12 %", 1)
    assert [point.text for point in run.points.all()] == ["Say who asks Legal", "Fewer steps"]


def test_giving_up_says_why(cast):
    run = make_run(cast=cast)
    with pytest.raises(Invalid) as refusal:
        actions.abandon_run(run=run, reason=" ", by=cast.rita)
    assert refusal.value.field == "reason"
    with pytest.raises(Invalid, match="4,000") as refusal:
        actions.abandon_run(run=run, reason="x" * 4001, by=cast.rita)
    assert refusal.value.field == "reason"
    assert Run.objects.get().is_active
    assert actions.abandon_run(run=run, reason="No time.", by=cast.rita).abandon_reason == "No time."


@pytest.mark.parametrize("end", ["finish", "abandon"])
def test_nothing_changes_in_a_run_that_ended_until_it_is_reopened(cast, end):
    run = make_run(cast=cast)
    step = step_of(run, "One")
    acts = {
        "finish": lambda: actions.finish_run(run=run, by=cast.rita),
        "abandon": lambda: actions.abandon_run(run=run, reason="No.", by=cast.rita),
    }
    acts[end]()
    for act in [
        *acts.values(),
        lambda: actions.tick(step=step, done=True, by=cast.rita),
        lambda: actions.write_step(step=step, note="x", seen="", due_on=None, by=cast.rita),
        lambda: actions.assign_steps(run=run, steps=[step.pk], person=cast.rita, by=cast.rita),
        lambda: actions.change_run(run=run, name="x", goal="", starts_on=run.starts_on, ends_on=None, by=cast.rita),
        lambda: actions.take_over_changes(run=run, by=cast.rita),
    ]:
        with pytest.raises(NotAllowed):
            act()
    run = actions.reopen_run(run=run, by=cast.dora)
    assert (run.status, run.closed_at, run.closed_by) == (RunStatus.ACTIVE, None, None)
    assert actions.tick(step=step, done=True, by=cast.rita).is_done
    with pytest.raises(NotAllowed, match="under way"):
        actions.reopen_run(run=run, by=cast.rita)


def test_who_may_end_and_reopen(cast):
    run = make_run(cast=cast)
    for person in [cast.emma, cast.otto, cast.audra, cast.sam]:
        for act in [
            lambda: actions.finish_run(run=run, by=person),  # noqa: B023
            lambda: actions.abandon_run(run=run, reason="No.", by=person),  # noqa: B023
            lambda: actions.reopen_run(run=run, by=person),  # noqa: B023
            lambda: actions.take_over_changes(run=run, by=person),  # noqa: B023
        ]:
            with pytest.raises(NotAllowed):
                act()


def test_too_much_is_refused_and_nothing_ends(cast):
    run = make_run(cast=cast)
    for field, values in {
        "helped": {"helped": "x" * 4001},
        "points": {"points": [f"Point {n}" for n in range(11)]},
    }.items():
        with pytest.raises(Invalid) as refusal:
            actions.finish_run(run=run, by=cast.rita, **values)
        assert refusal.value.field == field
    with pytest.raises(Invalid, match="500"):
        actions.finish_run(run=run, by=cast.rita, points=["x" * 501])
    run.refresh_from_db()
    assert run.is_active


def finished(cast, *points, playbook=None):
    return actions.finish_run(run=make_run(cast=cast, playbook=playbook), points=points, by=cast.rita)


def test_a_point_becomes_a_suggestion_once_and_stays(cast):
    run = finished(cast, "Say who asks Legal", "Fewer steps")
    point = run.points.first()
    with pytest.raises(NotAllowed):
        actions.send_point(point=point, section_key="do-it", by=cast.emma)
    sent = actions.send_point(point=point, section_key="do-it", by=cast.dora)
    assert actions.send_point(point=point, section_key="do-it", by=cast.rita).suggestion == sent.suggestion
    suggestion = Suggestion.objects.get()
    assert (suggestion.playbook, suggestion.suggested_by, suggestion.status) == (run.playbook, cast.dora, "waiting")
    assert suggestion.body == "- [ ] One\n- [ ] Two\n- [ ] Three\n\nSay who asks Legal"
    assert suggestion.reason.startswith("Retail used this playbook (“Spring run”)")
    assert OutboxMessage.objects.get(kind="suggestion_made").recipient == cast.emma  # the owner
    # Reopened and finished again: what was sent stays, what was not is replaced.
    actions.reopen_run(run=run, by=cast.rita)
    run = actions.finish_run(run=run, points=["Say who asks Legal", "Another"], by=cast.rita)
    assert [(p.text, p.suggestion_id) for p in run.points.all()] == [
        ("Say who asks Legal", suggestion.pk),
        ("Another", None),
    ]


def test_accepting_a_point_keeps_the_steps_and_their_keys(cast):
    run = finished(cast, "Say who asks Legal")
    suggestion = actions.send_point(point=run.points.get(), section_key="do-it", by=cast.rita).suggestion
    revision = actions.accept_suggestion(
        suggestion=suggestion, heading="Do it", body=suggestion.body, lock=-1, by=cast.paul
    ).accepted_into
    body = revision.sections.get(key="do-it").body
    assert body == "- [ ] One {#one}\n- [ ] Two {#two}\n- [ ] Three {#three}\n\nSay who asks Legal"


def test_a_point_that_was_taken_back_can_be_suggested_again(cast):
    run = finished(cast, "Say who asks Legal")
    first = actions.send_point(point=run.points.get(), section_key="do-it", by=cast.rita).suggestion
    actions.withdraw_suggestion(suggestion=first, by=cast.rita)
    assert not run.points.get().is_sent
    again = actions.send_point(point=run.points.get(), section_key="do-it", by=cast.dora)
    assert (again.suggestion.suggested_by, again.suggestion.pk == first.pk) == (cast.dora, False)
    actions.withdraw_suggestion(suggestion=again.suggestion, by=cast.dora)
    asked = actions.send_point(point=run.points.get(), by=cast.rita)
    assert (asked.suggestion, asked.question.asked_by, asked.is_sent) == (None, cast.rita, True)


def test_a_point_for_a_section_that_is_gone_is_refused_and_not_sent(cast):
    run = finished(cast, "Say who asks Legal")
    with pytest.raises(Invalid) as refusal:
        actions.send_point(point=run.points.get(), section_key="gone", by=cast.rita)
    assert refusal.value.field == "section"
    assert not run.points.get().is_sent


def test_a_point_about_the_whole_playbook_is_put_as_a_short_question(cast):
    text = "Say who asks Legal. " * 20
    run = finished(cast, text)
    question = actions.send_point(point=run.points.get(), by=cast.rita).question
    assert len(question.title) == 200
    assert text.strip() in question.body
    assert actions.send_point(point=run.points.get(), section_key="do-it", by=cast.rita).question == question


def test_a_point_is_nearest_to_the_section_that_speaks_of_it(cast):
    texts = {"keys": ("Check the keys", "Who has left, and holds a password?"), "sort": ("Sort them", "Four heaps.")}
    sections = [section(heading, key=key, body=body) for key, (heading, body) in texts.items()]
    stored = make_published(cast=cast, sections=sections).sections.all()
    nearest = actions.run_end.nearest_section
    assert nearest("Ask People for those who have left before passwords are checked", stored).key == "keys"
    assert nearest("Five heaps, not four", stored).key == "sort"
    assert nearest("", stored).key == "keys"
    assert nearest("Five", []) is None


def test_what_the_database_holds(cast):
    run = make_run(cast=cast)
    for values in [
        {"status": "x"},
        {"status": "finished"},
        {"status": "abandoned", "closed_at": timezone.now(), "closed_by": cast.rita},
        {"ends_on": run.starts_on - timedelta(1)},
        {"done_count": 4},
    ]:
        with pytest.raises(IntegrityError), transaction.atomic():
            Run.objects.update(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        RunStep.objects.update(done_by=cast.rita)
    with pytest.raises(ProtectedError):
        run.playbook.delete()
