"""Every verb of a request: what it does, whom it tells, and each of its refusals."""

import uuid
from datetime import date, timedelta
from unittest import mock

import pytest
import time_machine
from django.utils import timezone

from engagements import actions
from engagements.actions import filing
from engagements.models import ClockSegment, EngagementRequest, Entry
from engagements.workflow import OWNER, Outcome, Side, Status
from hub.exceptions import Invalid, NotAllowed
from hub.models import AuditEvent, OutboxMessage, Role, SearchEntry
from playbooks import actions as question_actions
from playbooks.models import Question
from playbooks.tasks import reindex_question
from policies.models import Policy
from spokes import actions as spoke_actions
from tests.engagements.factories import make_accepted, make_draft, make_in, make_offer, make_request
from tests.factories import at_local, make_person, make_service, make_term, make_topic

MONDAY = date(2026, 3, 2)
FILED = [status for status in Status if status != Status.DRAFT]


def mails():
    return sorted(OutboxMessage.objects.values_list("to_address", "kind"))


def fresh(request):
    return EngagementRequest.objects.get(pk=request.pk)


def verbs(request):
    return list(request.entries.order_by("at", "pk").values_list("kind", "verb"))


# --- Drafts and filing ------------------------------------------------------------------------------------------------


def test_a_draft_is_one_row_however_often_it_is_saved(cast):
    token = uuid.uuid4()
    make_draft(cast=cast, form_token=token, title="Spr", answers={"goal": "half a sen"})
    draft = make_draft(cast=cast, form_token=token, title="Spring  shears", answers={"goal": "half a sentence"})
    assert EngagementRequest.objects.count() == 1
    draft = fresh(draft)
    assert (draft.title, draft.answers, draft.status) == ("Spring shears", {"goal": "half a sentence"}, "draft")
    assert mails() == []


def test_nobody_else_can_change_a_draft(cast):
    token = uuid.uuid4()
    make_draft(cast=cast, form_token=token)
    with pytest.raises(NotAllowed, match="Only its author can change a draft"):
        make_draft(cast=cast, form_token=token, by=cast.dora)
    with pytest.raises(NotAllowed, match="Only its author can change a draft"):
        make_request(cast=cast, form_token=token, by=cast.dora)


def test_a_draft_that_was_sent_is_no_draft_any_more(cast):
    token = uuid.uuid4()
    make_request(cast=cast, form_token=token)
    with pytest.raises(NotAllowed, match="sent already"):
        make_draft(cast=cast, form_token=token)


def test_a_draft_is_discarded_by_its_author_alone(cast):
    draft = make_draft(cast=cast)
    with pytest.raises(NotAllowed):
        actions.discard_draft(draft=draft, by=cast.hana)
    actions.discard_draft(draft=draft, by=cast.rita)
    assert not EngagementRequest.objects.exists()


def test_what_was_sent_cannot_be_discarded(cast):
    with pytest.raises(NotAllowed):
        actions.discard_draft(draft=make_request(cast=cast), by=cast.rita)


def test_submitting_tells_the_requester_and_the_services_owner(cast):
    request = make_request(cast=cast)
    assert request.status == Status.SUBMITTED
    assert mails() == [
        ("paul@larkfield.example", "request_new"),
        ("rita@larkfield.example", "request_filed"),
    ]
    assert verbs(request) == [("event", "submitted")]
    assert [(s.side, s.ended_at) for s in request.segments.all()] == [("hub", None)]
    assert AuditEvent.objects.filter(verb="submitted", by=cast.rita).count() == 1


def test_the_mail_says_what_was_asked_and_where_to_find_it(cast):
    request = make_request(cast=cast, title="Tom & Jerry's")
    mail = OutboxMessage.objects.get(kind="request_filed")
    assert mail.subject == f"Your request {request.pk} has arrived: Tom & Jerry's"
    assert "What should change?: 500 owners try them" in mail.text
    assert f"http://portal.test/requests/{request.pk}/" in mail.text


def test_the_same_form_sent_twice_makes_one_request(cast):
    token = uuid.uuid4()
    first = make_request(cast=cast, form_token=token)
    assert make_request(cast=cast, form_token=token, title="Another title") == first
    assert fresh(first).title == "Spring shears"
    assert len(mails()) == 2


def test_a_draft_becomes_the_request(cast):
    token = uuid.uuid4()
    draft = make_draft(cast=cast, form_token=token)
    assert make_request(cast=cast, form_token=token).pk == draft.pk


def test_staff_file_for_a_department(cast):
    request = make_request(cast=cast, by=cast.hana)
    assert request.requester == cast.hana


@pytest.mark.parametrize("name", ["otto", "emma", "sam", "audra"])
def test_others_cannot_file_for_a_department(cast, name):
    with pytest.raises(NotAllowed, match="Only a representative or deputy of Retail"):
        make_request(cast=cast, by=getattr(cast, name))


def test_a_representative_files_for_the_departments_below_but_not_above(cast):
    assert make_request(cast=cast, spoke=cast.stores).spoke == cast.stores
    with pytest.raises(NotAllowed):
        make_request(cast=cast, spoke=cast.company)


def test_nobody_files_for_a_closed_department(cast):
    cast.retail.closed_on = date(2026, 1, 1)
    with pytest.raises(NotAllowed, match="Retail is closed"):
        make_request(cast=cast, by=cast.hana)


def test_a_request_needs_a_title_and_a_service_that_is_offered(cast):
    with pytest.raises(Invalid, match="title"):
        make_request(cast=cast, title="   ")
    service = make_offer(cast=cast, title="Old service")
    service.is_offered = False
    with pytest.raises(Invalid, match="no longer offered"):
        make_request(cast=cast, service=service)
    assert not EngagementRequest.objects.filed().exists()


def test_what_it_is_about_is_kept_and_can_change_while_it_is_a_draft(cast):
    policy = Policy.objects.create(title="Disclosure", slug="disclosure", topic=make_topic(), owner=cast.paul)
    account = spoke_actions.add_account(platform="x", handle="@larkfield", spoke=cast.retail, by=cast.hana)
    token = uuid.uuid4()
    make_draft(cast=cast, form_token=token, cites=[(policy, "label"), (policy, "old")], accounts=[account])
    request = make_request(cast=cast, form_token=token, cites=[(policy, "label"), (policy, "new")], accounts=[])
    assert sorted(request.citations.values_list("clause_key", flat=True)) == ["label", "new"]
    assert list(request.accounts.all()) == []


def test_history_is_loaded_at_its_own_time_and_tells_nobody(cast):
    then = timezone.now() - timedelta(days=30)
    request = make_request(cast=cast, at=then)
    actions.accept(request=request, mode="review", at=then + timedelta(hours=2), by=cast.hana)
    actions.reply(request=request, text="Thanks", at=then + timedelta(hours=3), by=cast.rita)
    actions.deliver(request=request, summary="Done", at=then + timedelta(days=2), by=cast.hana)
    actions.close(request=request, at=then + timedelta(days=3), by=cast.hana)
    actions.reopen(request=request, reason="More", at=then + timedelta(days=4), by=cast.rita)
    actions.withdraw(request=request, at=then + timedelta(days=5), by=cast.rita)
    request = fresh(request)
    assert request.submitted_at == then
    assert request.closed_at == then + timedelta(days=5)
    assert mails() == []


def test_the_rest_of_history_tells_nobody_either(cast):
    then = timezone.now() - timedelta(days=30)
    asked, against, duplicate = (make_request(cast=cast, at=then) for _ in range(3))
    actions.answer(request=asked, text="Hello.", at=then, by=cast.hana)
    actions.ask(request=asked, text="Which?", at=then, by=cast.hana)
    actions.advise_against(request=against, reason="Late", alternative="Ours", at=then, by=cast.hana)
    actions.go_ahead(request=against, at=then + timedelta(days=1), by=cast.rita)
    actions.mark_duplicate(request=duplicate, of=asked, at=then, by=cast.hana)
    assert fresh(duplicate).closed_at == then
    assert mails() == []


def test_a_row_that_a_twin_made_meanwhile_is_used(cast, monkeypatch):
    """Two requests with one token both find nothing; the slower one's insert fails and it begins anew."""
    token = uuid.uuid4()
    first = make_request(cast=cast, form_token=token)
    look = filing._of_token
    blind = iter([True])
    monkeypatch.setattr(filing, "_of_token", lambda wanted: None if next(blind, False) else look(wanted))
    assert make_request(cast=cast, form_token=token) == first
    assert EngagementRequest.objects.count() == 1


# --- The clocks and promises ------------------------------------------------------------------------------------------


def test_promises_count_working_hours(cast_of_old):
    with time_machine.travel(at_local(MONDAY, 16), tick=False):
        request = make_request(cast=cast_of_old)
    # 8 working hours from 16:00: one on Monday, seven on Tuesday. 40 hours: a week later.
    assert request.first_answer_due_at == at_local(MONDAY + timedelta(days=1), 16)
    assert request.delivery_due_at == at_local(MONDAY + timedelta(days=7), 16)
    assert request.next_due_at == request.first_answer_due_at
    # Three quarters of eight hours: six.
    assert request.next_risk_at == at_local(MONDAY + timedelta(days=1), 14)


def test_the_first_answer_turns_the_promise_to_the_delivery(cast_of_old):
    with time_machine.travel(at_local(MONDAY, 9), tick=False) as clock:
        request = make_request(cast=cast_of_old)
        clock.move_to(at_local(MONDAY, 12))
        actions.answer(request=request, text="We look at it.", by=cast_of_old.hana)
        request = fresh(request)
    assert request.first_answered_at == at_local(MONDAY, 12)
    assert request.next_due_at == request.delivery_due_at == at_local(MONDAY + timedelta(days=4), 17)
    # 30 of 40 hours.
    assert request.next_risk_at == at_local(MONDAY + timedelta(days=3), 15)


def test_a_private_note_is_no_first_answer(cast_of_old):
    request = make_request(cast=cast_of_old)
    actions.note(request=request, text="Difficult one.", by=cast_of_old.hana)
    assert fresh(request).first_answered_at is None


def test_the_promise_rests_while_the_department_has_it(cast_of_old):
    with time_machine.travel(at_local(MONDAY, 9), tick=False) as clock:
        request = make_request(cast=cast_of_old)
        clock.move_to(at_local(MONDAY, 17))
        actions.ask(request=request, text="Which shears?", by=cast_of_old.hana)
        waiting = fresh(request)
        assert (waiting.next_due_at, waiting.next_risk_at) == (None, None)
        clock.move_to(at_local(MONDAY + timedelta(days=2), 9))
        actions.reply(request=request, text="The red ones.", by=cast_of_old.rita)
        back = fresh(request)
    # 8 of 40 hours were used; 32 are left from Wednesday 09:00.
    assert back.delivery_due_at == at_local(MONDAY + timedelta(days=7), 17)
    assert back.next_due_at == back.delivery_due_at
    segments = [(s.side, s.working_seconds) for s in back.segments.order_by("pk")]
    assert segments == [("hub", 8 * 3600), ("department", 8 * 3600), ("hub", 0)]


def test_a_promise_missed_before_it_rested_stays_missed(cast_of_old):
    with time_machine.travel(at_local(MONDAY, 9), tick=False) as clock:
        request = make_request(cast=cast_of_old)
        due = request.delivery_due_at
        clock.move_to(at_local(MONDAY + timedelta(days=14), 9))
        actions.ask(request=request, text="Which shears?", by=cast_of_old.hana)
        actions.reply(request=request, text="Red.", by=cast_of_old.rita)
        request = fresh(request)
        assert request.next_due_at == due
        assert request.next_risk_at == due


def test_reopening_promises_anew(cast_of_old):
    with time_machine.travel(at_local(MONDAY, 9), tick=False) as clock:
        request = make_in(Status.CLOSED, cast=cast_of_old)
        clock.move_to(at_local(MONDAY + timedelta(days=7), 9))
        request = actions.reopen(request=request, reason="The Danish text is missing.", by=cast_of_old.dora)
    assert (request.status, request.outcome, request.closed_at, request.delivered_at) == ("in_progress", "", None, None)
    assert request.delivery_due_at == at_local(MONDAY + timedelta(days=11), 17)


@pytest.mark.parametrize("status", FILED)
def test_exactly_one_clock_runs_and_it_is_that_of_the_states_owner(cast, status):
    request = make_in(status, cast=cast)
    running = ClockSegment.objects.filter(request=request, ended_at=None)
    side = OWNER[status]
    assert [segment.side for segment in running] == ([] if side == Side.NOBODY else [side])
    assert (request.next_due_at is not None) == (side == Side.HUB)


def test_summer_time_does_not_move_a_promise_on_the_wall(cast_of_old):
    # Clocks in Berlin go forward on 29 March 2026, a Sunday.
    with time_machine.travel(at_local(date(2026, 3, 27), 16), tick=False):
        request = make_request(cast=cast_of_old)
    assert request.first_answer_due_at == at_local(date(2026, 3, 30), 16)


# --- Conversation -----------------------------------------------------------------------------------------------------


def test_an_answer_goes_to_the_requester(cast):
    request = make_request(cast=cast)
    OutboxMessage.objects.all().delete()
    entry = actions.answer(request=request, text="Looks **good**.", by=cast.paul)
    assert mails() == [("rita@larkfield.example", "request_answered")]
    assert OutboxMessage.objects.get().period == str(entry.pk)
    assert "<strong>good</strong>" in entry.html


def test_a_reply_goes_to_whoever_looks_after_it(cast):
    request = make_accepted(cast=cast)
    OutboxMessage.objects.all().delete()
    actions.reply(request=request, text="Thank you.", by=cast.dora)
    assert mails() == [("hana@larkfield.example", "request_new")]


def test_staff_who_filed_it_are_not_told_of_their_own_answer(cast):
    request = make_request(cast=cast, by=cast.hana)
    OutboxMessage.objects.all().delete()
    actions.answer(request=request, text="Note to self, in public.", by=cast.hana)
    assert mails() == []


@pytest.mark.parametrize(("accepted", "back_to"), [(False, "submitted"), (True, "in_progress")])
def test_a_reply_gives_a_waiting_request_back_to_the_hub(cast, accepted, back_to):
    request = make_accepted(cast=cast) if accepted else make_request(cast=cast)
    actions.ask(request=request, text="Which shears?", by=cast.hana)
    assert fresh(request).status == Status.WAITING
    actions.reply(request=request, text="The red ones.", by=cast.rita)
    assert fresh(request).status == back_to


@pytest.mark.parametrize(
    ("verb", "by"), [(actions.reply, "rita"), (actions.answer, "hana"), (actions.ask, "hana"), (actions.note, "hana")]
)
def test_a_message_sent_twice_stands_once(cast, verb, by):
    request, token = make_accepted(cast=cast), uuid.uuid4()
    first = verb(request=request, text="Once.", form_token=token, by=getattr(cast, by))
    assert verb(request=request, text="Once.", form_token=token, by=getattr(cast, by)) == first
    assert Entry.objects.filter(request=request, form_token=token).count() == 1


def test_other_words_after_going_back_to_the_form_are_another_message(cast):
    request, token = make_request(cast=cast), uuid.uuid4()
    actions.answer(request=request, text="Tomorrow.", form_token=token, by=cast.hana)
    for _press in range(2):
        actions.answer(request=request, text="No, on Friday.", form_token=token, by=cast.hana)
        actions.note(request=request, text="Tomorrow.", form_token=token, by=cast.hana)
    said = request.entries.exclude(kind=Entry.Kind.EVENT).order_by("pk").values_list("verb", "body")
    assert list(said) == [("answered", "Tomorrow."), ("answered", "No, on Friday."), ("noted", "Tomorrow.")]


def test_a_form_token_of_another_request_loses_nothing(cast):
    one, other, token = make_request(cast=cast), make_request(cast=cast), uuid.uuid4()
    for request in (one, other, other):
        actions.reply(request=request, text="Thank you.", form_token=token, by=cast.rita)
    assert [request.entries.filter(verb="replied").count() for request in (one, other)] == [1, 1]


@pytest.mark.parametrize(
    ("verb", "by"), [(actions.reply, "rita"), (actions.answer, "hana"), (actions.ask, "hana"), (actions.note, "hana")]
)
def test_an_empty_or_endless_message_is_refused(cast, verb, by):
    request = make_accepted(cast=cast)
    with pytest.raises(Invalid):
        verb(request=request, text=" \n ", by=getattr(cast, by))
    with pytest.raises(Invalid, match="too long"):
        verb(request=request, text="a" * 20_001, by=getattr(cast, by))


def test_a_note_is_told_to_nobody(cast):
    request = make_request(cast=cast)
    OutboxMessage.objects.all().delete()
    assert actions.note(request=request, text="Careful.", by=cast.paul).kind == "note"
    assert mails() == []


# --- On the desk ------------------------------------------------------------------------------------------------------


def test_accepting_says_how_and_is_the_first_answer(cast):
    request = actions.accept(
        request=make_request(cast=cast), mode="train", exit_criterion=" They plan alone. ", by=cast.hana
    )
    assert (request.status, request.mode, request.exit_criterion) == ("accepted", "train", "They plan alone.")
    assert request.assignee == cast.hana
    assert request.first_answered_at == request.accepted_at


def test_accepting_leaves_it_with_whoever_has_it(cast):
    request = actions.take(request=make_request(cast=cast), by=cast.paul)
    assert actions.accept(request=request, mode="train", by=cast.hana).assignee == cast.paul


def test_accepting_needs_a_known_mode(cast):
    with pytest.raises(Invalid, match="how we help"):
        actions.accept(request=make_request(cast=cast), mode="approve", by=cast.hana)


def test_a_request_that_waits_can_be_accepted(cast):
    request = make_request(cast=cast)
    actions.ask(request=request, text="Which?", by=cast.hana)
    assert actions.accept(request=request, mode="advise", by=cast.hana).status == Status.ACCEPTED
    assert ClockSegment.objects.get(request=request, ended_at=None).side == Side.HUB


def test_assigning_tells_the_new_one_only(cast):
    request = make_request(cast=cast)
    OutboxMessage.objects.all().delete()
    actions.assign(request=request, to=cast.paul, by=cast.hana)
    assert mails() == [("paul@larkfield.example", "request_new")]
    actions.assign(request=request, to=cast.hana, by=cast.hana)
    actions.assign(request=request, to=None, by=cast.hana)
    assert len(mails()) == 1
    assert fresh(request).assignee is None


def test_only_staff_can_be_assigned(cast):
    with pytest.raises(Invalid, match="Rita is not on the hub's staff"):
        actions.assign(request=make_request(cast=cast), to=cast.rita, by=cast.hana)


def test_the_second_to_take_it_learns_who_was_first(cast):
    request = make_request(cast=cast)
    actions.take(request=request, by=cast.paul)
    with pytest.raises(NotAllowed, match="Paul has it already"):
        actions.take(request=request, by=cast.hana)
    with pytest.raises(NotAllowed, match="yours already"):
        actions.take(request=request, by=cast.paul)


def test_delivering_keeps_the_summary_and_wakes_it_up(cast):
    request = make_in(Status.IN_PROGRESS, cast=cast)
    actions.snooze(request=request, until=timezone.now() + timedelta(days=2), by=cast.hana)
    request = actions.deliver(request=request, summary=" One page. ", by=cast.hana)
    assert (request.status, request.outcome_summary, request.snoozed_until) == ("delivered", "One page.", None)


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.IN_PROGRESS, Status.WAITING])
def test_a_reply_of_the_department_wakes_what_was_put_aside(cast, status):
    request = make_in(status, cast=cast)
    request = actions.snooze(request=request, until=timezone.now() + timedelta(days=2), by=cast.hana)
    actions.note(request=request, text="They are away.", by=cast.hana)
    request.refresh_from_db()
    assert request.snoozed_until is not None
    actions.reply(request=request, text="Here it is.", by=cast.rita)
    request.refresh_from_db()
    assert request.snoozed_until is None


def test_work_that_waited_can_be_started_again_without_a_reply(cast):
    request = make_in(Status.WAITING, cast=cast)
    assert actions.start(request=request, by=cast.hana).status == Status.IN_PROGRESS


def test_delivering_needs_words(cast):
    with pytest.raises(Invalid, match="what you deliver"):
        actions.deliver(request=make_accepted(cast=cast), summary=" ", by=cast.hana)


def test_urgent_has_a_reason_and_ends(cast):
    request = make_request(cast=cast)
    with pytest.raises(Invalid, match="why it is urgent"):
        actions.set_urgent(request=request, reason=" ", by=cast.hana)
    request = actions.set_urgent(request=request, reason="Goes  live tonight", by=cast.hana)
    assert (request.is_urgent, request.urgent_reason) == (True, "Goes live tonight")
    request = actions.set_urgent(request=request, urgent=False, by=cast.hana)
    assert (request.is_urgent, request.urgent_reason) == (False, "")


def test_snoozing_is_a_date_and_the_clock_runs_on(cast):
    request = make_request(cast=cast)
    due = request.next_due_at
    with pytest.raises(Invalid, match="in the future"):
        actions.snooze(request=request, until=timezone.now(), by=cast.hana)
    until = timezone.now() + timedelta(days=3)
    request = actions.snooze(request=request, until=until, by=cast.hana)
    assert (request.snoozed_until, request.status, request.next_due_at) == (until, "submitted", due)
    assert actions.snooze(request=request, until=None, by=cast.hana).snoozed_until is None


# --- Ends -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "told"), [("rita", "hana"), ("hana", "rita")])
def test_closing_what_was_delivered_tells_the_other_side(cast, name, told):
    request = make_in(Status.DELIVERED, cast=cast)
    OutboxMessage.objects.all().delete()
    request = actions.close(request=request, by=getattr(cast, name))
    assert (request.status, request.outcome) == ("closed", Outcome.DELIVERED)
    assert [address for address, _kind in mails()] == [f"{told}@larkfield.example"]


def test_a_request_closed_for_two_weeks_stays_closed(cast):
    request = make_in(Status.CLOSED, cast=cast)
    with (
        time_machine.travel(timezone.now() + timedelta(days=15), tick=False),
        pytest.raises(NotAllowed, match="14 days"),
    ):
        actions.reopen(request=request, reason="More", by=cast.rita)


def test_reopening_says_what_is_missing(cast):
    with pytest.raises(Invalid, match="still missing"):
        actions.reopen(request=make_in(Status.DELIVERED, cast=cast), reason=" ", by=cast.rita)


def test_a_request_that_was_withdrawn_before_acceptance_comes_back_accepted(cast):
    request = actions.withdraw(request=make_request(cast=cast), by=cast.rita)
    request = actions.reopen(request=request, reason="We need it after all.", by=cast.hana)
    assert request.status == Status.IN_PROGRESS
    assert request.accepted_at is not None


def test_advice_against_has_a_reason_and_an_alternative(cast):
    request = make_request(cast=cast)
    with pytest.raises(Invalid, match="why"):
        actions.advise_against(request=request, reason="", alternative="b", by=cast.hana)
    with pytest.raises(Invalid, match="instead"):
        actions.advise_against(request=request, reason="a", alternative=" ", by=cast.hana)
    OutboxMessage.objects.all().delete()
    request = actions.advise_against(request=request, reason="Too late.", alternative="Share ours.", by=cast.hana)
    assert (request.status, request.outcome) == ("closed", Outcome.ADVISED_AGAINST)
    mail = OutboxMessage.objects.get()
    assert mail.to_address == "rita@larkfield.example"
    assert "Too late." in mail.text
    assert "Share ours." in mail.text


def test_the_department_may_go_ahead_against_advice(cast):
    request = make_request(cast=cast)
    actions.advise_against(request=request, reason="Too late.", alternative="Share ours.", by=cast.hana)
    request = actions.go_ahead(request=request, reason="It is paid for.", by=cast.rita)
    assert (request.status, request.outcome) == ("closed", Outcome.WENT_AHEAD)


def test_the_department_may_go_ahead_before_we_answer(cast):
    request = actions.go_ahead(request=make_request(cast=cast), by=cast.rita)
    assert (request.status, request.outcome) == ("closed", Outcome.WENT_AHEAD)


def test_withdrawing_tells_the_hub(cast):
    request = make_accepted(cast=cast)
    OutboxMessage.objects.all().delete()
    request = actions.withdraw(request=request, reason="Cancelled.", by=cast.dora)
    assert (request.outcome, request.outcome_summary) == (Outcome.WITHDRAWN, "Cancelled.")
    assert mails() == [("hana@larkfield.example", "request_new")]


def test_staff_end_only_what_waits_in_vain(cast):
    request = make_in(Status.IN_PROGRESS, cast=cast)
    with pytest.raises(NotAllowed, match="Only the department withdraws"):
        actions.withdraw(request=request, by=cast.hana)
    actions.ask(request=request, text="Still there?", by=cast.hana)
    OutboxMessage.objects.all().delete()
    assert actions.withdraw(request=request, by=cast.hana).outcome == Outcome.WITHDRAWN
    assert mails() == [("rita@larkfield.example", "request_answered")]


def test_staff_who_represent_the_department_may_withdraw_for_it(cast):
    make_term(person=cast.hana, spoke=cast.retail)
    assert actions.withdraw(request=make_request(cast=cast), by=cast.hana).outcome == Outcome.WITHDRAWN


def test_a_duplicate_names_the_earlier_one_of_the_same_department(cast):
    earlier, request = make_request(cast=cast), make_request(cast=cast)
    other = make_request(cast=cast, spoke=cast.operations, by=cast.otto)
    with pytest.raises(Invalid, match="of itself"):
        actions.mark_duplicate(request=request, of=request, by=cast.hana)
    with pytest.raises(Invalid, match="Retail has no other request"):
        actions.mark_duplicate(request=request, of=other, by=cast.hana)
    with pytest.raises(Invalid, match="Retail has no other request"):
        actions.mark_duplicate(request=request, of=make_draft(cast=cast), by=cast.hana)
    request = actions.mark_duplicate(request=request, of=earlier, by=cast.hana)
    assert (request.outcome, request.duplicate_of) == (Outcome.DUPLICATE, earlier)


# --- Refusals by state and by person ----------------------------------------------------------------------------------

DEEDS = {
    "accept": (lambda r, by: actions.accept(request=r, mode="review", by=by), {"submitted"}),
    "assign": (lambda r, by: actions.assign(request=r, to=by, by=by), set(FILED) - {"closed"}),
    "ask": (lambda r, by: actions.ask(request=r, text="?", by=by), {"submitted", "accepted", "in_progress"}),
    "answer": (lambda r, by: actions.answer(request=r, text="!", by=by), set(FILED) - {"closed"}),
    "note": (lambda r, by: actions.note(request=r, text="n", by=by), set(FILED)),
    "start": (lambda r, by: actions.start(request=r, by=by), {"accepted", "waiting"}),
    "deliver": (lambda r, by: actions.deliver(request=r, summary="s", by=by), {"accepted", "in_progress", "waiting"}),
    "advise_against": (
        lambda r, by: actions.advise_against(request=r, reason="r", alternative="a", by=by),
        {"submitted", "accepted", "in_progress", "waiting"},
    ),
    "urgent": (lambda r, by: actions.set_urgent(request=r, reason="r", by=by), set(FILED) - {"closed"}),
    "snooze": (
        lambda r, by: actions.snooze(request=r, until=timezone.now() + timedelta(days=1), by=by),
        set(FILED) - {"closed"},
    ),
    "close": (lambda r, by: actions.close(request=r, by=by), {"delivered"}),
    "reopen": (lambda r, by: actions.reopen(request=r, reason="r", by=by), {"delivered", "closed"}),
}
OF_THE_DEPARTMENT = {
    "reply": (lambda r, by: actions.reply(request=r, text="t", by=by), set(FILED) - {"closed"}),
    "withdraw": (
        lambda r, by: actions.withdraw(request=r, by=by),
        {"submitted", "accepted", "in_progress", "waiting"},
    ),
    "go_ahead": (
        lambda r, by: actions.go_ahead(request=r, by=by),
        {"submitted", "accepted", "in_progress", "waiting"},
    ),
    "close": DEEDS["close"],
    "reopen": DEEDS["reopen"],
}


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("name", DEEDS)
def test_what_staff_can_do_in_each_state(cast, name, status):
    deed, allowed = DEEDS[name]
    request = make_in(status, cast=cast)
    if status in allowed:
        deed(request, cast.paul)
    else:
        before = fresh(request).status
        with pytest.raises(NotAllowed) as error:
            deed(request, cast.paul)
        assert str(error.value).endswith(".")
        assert fresh(request).status == before


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("name", OF_THE_DEPARTMENT)
def test_what_the_department_can_do_in_each_state(cast, name, status):
    deed, allowed = OF_THE_DEPARTMENT[name]
    request = make_in(status, cast=cast)
    if status in allowed:
        deed(request, cast.dora)
    else:
        with pytest.raises(NotAllowed):
            deed(request, cast.dora)


@pytest.mark.parametrize("name", sorted(set(DEEDS) | {"take", "mark_duplicate"}))
@pytest.mark.parametrize("who", ["otto", "emma", "sam", "audra"])
def test_others_can_do_nothing(cast, name, who):
    person = getattr(cast, who)
    deeds = {
        **{key: deed for key, (deed, _allowed) in DEEDS.items()},
        "take": lambda r, by: actions.take(request=r, by=by),
        "mark_duplicate": lambda r, by: actions.mark_duplicate(request=r, of=r, by=by),
    }
    for status in (Status.SUBMITTED, Status.DELIVERED):
        with pytest.raises(NotAllowed):
            deeds[name](make_in(status, cast=cast), person)


@pytest.mark.parametrize("name", OF_THE_DEPARTMENT)
@pytest.mark.parametrize("who", ["otto", "emma", "sam", "audra"])
def test_another_department_can_do_nothing(cast, name, who):
    request = make_in(Status.DELIVERED if name in {"close", "reopen"} else Status.SUBMITTED, cast=cast)
    with pytest.raises(NotAllowed, match=r"Only Retail can do this|Only the Center"):
        OF_THE_DEPARTMENT[name][0](request, getattr(cast, who))


@pytest.mark.parametrize("name", sorted({"accept", "take", "assign", "note", "answer", "ask", "deliver", "urgent"}))
def test_the_department_cannot_do_the_hubs_part(cast, name):
    deeds = {**{key: deed for key, (deed, _a) in DEEDS.items()}, "take": lambda r, by: actions.take(request=r, by=by)}
    with pytest.raises(NotAllowed, match="own staff"):
        deeds[name](make_request(cast=cast), cast.rita)


def test_a_request_stays_with_the_department_when_its_author_moves(cast):
    request = make_request(cast=cast)
    term = cast.rita.terms.get()
    spoke_actions.end_term(term=term, on=timezone.localdate() - timedelta(days=1), by=cast.root)
    rita = type(cast.rita).objects.get(pk=cast.rita.pk)
    # Her term is over but her home is still there: it is hers to read and answer.
    assert EngagementRequest.objects.visible_to(rita).get() == request
    actions.reply(request=request, text="Still me.", by=rita)
    spoke_actions.move_home(person=rita, spoke=cast.operations, by=None)
    rita = type(rita).objects.get(pk=rita.pk)
    assert not EngagementRequest.objects.visible_to(rita).exists()
    with pytest.raises(NotAllowed):
        actions.reply(request=request, text="Me again.", by=rita)
    assert EngagementRequest.objects.visible_to(cast.dora).get() == request


def test_drafts_are_seen_by_their_author_alone(cast):
    make_draft(cast=cast)
    seen = {name for name, p in cast.everybody().items() if EngagementRequest.objects.visible_to(p).exists()}
    assert seen == {"rita"}


def test_who_sees_a_filed_request(cast):
    make_request(cast=cast, spoke=cast.stores)
    seen = {name for name, p in cast.everybody().items() if EngagementRequest.objects.visible_to(p).exists()}
    assert seen == {"rita", "dora", "hana", "lena", "paul", "audra"}


# --- From a question --------------------------------------------------------------------------------------------------


def make_question(cast, **fields):
    values = {
        "title": "May we raffle a mower?",
        "body": "On *Instagram*.",
        "asked_by": cast.emma,
        "asked_for": cast.care,
        "asked_at": timezone.now(),
        **fields,
    }
    return Question.objects.create(**values)


def test_a_question_becomes_a_request_of_the_askers_department(cast):
    question = make_question(cast)
    request = actions.turn_question_into_request(question=question, service=make_offer(cast=cast), by=cast.hana)
    assert (request.requester, request.spoke, request.title) == (cast.emma, cast.care, "May we raffle a mower?")
    assert [entry.verb for entry in request.entries.order_by("pk")] == ["submitted", "replied", "from_question"]
    question.refresh_from_db()
    assert question.status == "requested"
    assert ("emma@larkfield.example", "request_filed") in mails()
    # The asker represents nobody, yet it is hers and her home's: she can follow it.
    assert EngagementRequest.objects.visible_to(cast.emma).get() == request
    actions.reply(request=request, text="Thank you.", by=cast.emma)


def test_a_question_about_a_clause_takes_it_along(cast):
    policy = Policy.objects.create(title="Contests", slug="contests", topic=make_topic(), owner=cast.paul)
    question = make_question(cast, policy=policy, clause_key="rules", body="")
    request = actions.turn_question_into_request(question=question, service=make_offer(cast=cast), by=cast.hana)
    assert [(c.policy, c.clause_key) for c in request.citations.all()] == [(policy, "rules")]


def test_a_question_becomes_a_request_once_and_by_staff(cast):
    question = make_question(cast)
    service = make_offer(cast=cast)
    with pytest.raises(NotAllowed):
        actions.turn_question_into_request(question=question, service=service, by=cast.otto)
    actions.turn_question_into_request(question=question, service=service, by=cast.hana)
    with pytest.raises(NotAllowed, match="already"):
        actions.turn_question_into_request(question=question, service=service, by=cast.hana)


def test_a_question_of_nobodys_department_needs_one(cast):
    question = make_question(cast, asked_for=None)
    with pytest.raises(Invalid, match="no department"):
        actions.turn_question_into_request(question=question, service=make_offer(cast=cast), by=cast.hana)
    request = actions.turn_question_into_request(
        question=question, service=make_offer(cast=cast), spoke=cast.care, by=cast.hana
    )
    assert request.spoke == cast.care


# --- Forms of services ------------------------------------------------------------------------------------------------


def test_a_form_is_replaced_and_old_requests_keep_theirs(cast):
    request = make_request(cast=cast)
    actions.save_form(
        service=request.service,
        definition=[{"key": "goal", "label": "Why?", "type": "long_text", "required": False}],
        by=cast.paul,
    )
    assert [(q.key, q.label, q.type) for q in request.service.questions.all()] == [("goal", "Why?", "long_text")]
    assert [question["key"] for question in fresh(request).form] == ["goal", "claims", "which"]


def test_a_form_that_does_not_hold_is_refused_in_sentences(cast):
    service = make_service(title="Plain")
    with pytest.raises(Invalid, match="needs at least two choices"):
        actions.save_form(service=service, definition=[{"key": "a", "label": "A", "type": "choice"}], by=cast.hana)
    assert not service.questions.exists()


@pytest.mark.parametrize("name", ["rita", "emma", "audra"])
def test_only_staff_edit_forms(cast, name):
    with pytest.raises(NotAllowed):
        actions.save_form(service=make_service(title="Plain"), definition=[], by=getattr(cast, name))


def test_a_second_person_of_staff_is_staff(cast):
    ben = make_person(name="Ben", role=Role.STAFF, by=cast.root)
    assert actions.take(request=make_request(cast=cast), by=ben).assignee == ben


def test_an_answered_question_that_became_a_request_is_found_no_longer(cast, django_capture_on_commit_callbacks):
    question = make_question(cast)
    question_actions.answer_question(question=question, body="Perhaps.", by=cast.hana)
    reindex_question(question.pk)
    assert SearchEntry.objects.filter(kind="question", object_id=question.pk).exists()
    at_once = mock.patch.object(reindex_question, "apply_async", lambda args, **kwargs: reindex_question(*args))
    with at_once, django_capture_on_commit_callbacks(execute=True):
        actions.turn_question_into_request(question=question, service=make_offer(cast=cast), by=cast.hana)
    assert not SearchEntry.objects.filter(kind="question", object_id=question.pk).exists()
