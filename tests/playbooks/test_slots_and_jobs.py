"""What playbooks tell the rest of the portal: waiting, news, search, and the reminders the clock starts."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from hub import slots
from hub.mail import is_still_true
from hub.models import OutboxMessage
from hub.search import search
from playbooks import actions, fillers, jobs, tasks
from playbooks.models import Playbook
from policies import clock
from tests.playbooks.factories import (
    make_answer,
    make_draft,
    make_playbook,
    make_published,
    make_question,
    make_submitted,
    section,
)


def waiting(person):
    return [(item.kind, item.title) for item in fillers.waiting(person)]


def ends_in(playbook, days):
    Playbook.objects.filter(pk=playbook.pk).update(verified_until=clock.today() + timedelta(days=days))
    playbook.refresh_from_db()
    return playbook


def test_a_submitted_revision_waits_for_those_who_may_approve_it(cast):
    make_submitted(cast=cast, title="Alt text")
    assert waiting(cast.hana) == [("playbook", "Alt text")]
    for person in [cast.paul, cast.emma, cast.audra]:
        assert waiting(person) == []


def test_a_returned_revision_waits_for_its_authors(cast):
    revision = make_submitted(cast=cast, title="Alt text")
    actions.return_to_draft(revision=revision, comment="Shorter, please.", by=cast.hana)
    for person in [cast.hana, cast.lena, cast.emma, cast.audra]:
        assert waiting(person) == []
    (item,) = fillers.waiting(cast.paul)
    assert (item.title, item.detail) == ("Given back: Alt text", "Shorter, please.")
    assert item.url == f"/admin/playbooks/playbook/{revision.playbook_id}/edit/"
    revision.refresh_from_db()
    actions.submit(revision=revision, lock=revision.lock, by=cast.paul)
    assert waiting(cast.paul) == []


def test_a_playbook_waits_for_its_owner_and_deputy(cast):
    playbook = make_published(cast=cast, owner=cast.emma, deputy=cast.rita, title="Alt text").playbook
    assert waiting(cast.emma) == []
    ends_in(playbook, 14)
    (item,) = fillers.waiting(cast.emma)
    assert (item.title, item.is_urgent, item.due_on) == ("Alt text", False, playbook.verified_until)
    ends_in(playbook, -1)
    assert next(iter(fillers.waiting(cast.rita))).is_urgent
    assert waiting(cast.otto) == []


def test_a_question_waits_for_who_may_answer(cast):
    question = make_question(cast=cast, by=cast.dora, title="May I?")
    for name, person in cast.everybody().items():
        expected = [("question", "May I?")] if name in {"hana", "lena", "paul", "rita"} else []
        assert waiting(person) == expected, name
    make_answer(cast=cast, question=question)
    assert waiting(cast.rita) == []


def test_news_are_publications_for_me_and_answers_to_me(cast):
    since = timezone.now()
    make_published(cast=cast, title="For all", note="Now shorter.")
    make_published(cast=cast, title="For Retail", audiences=[cast.retail.group])
    make_draft(cast=cast, title="Unpublished")
    make_answer(cast=cast, title="May I?")
    make_answer(cast=cast, title="Answered by herself", by=cast.paul, question=make_question(cast=cast, by=cast.paul))
    seen = {(item.kind, item.title, item.detail) for item in fillers.news(cast.emma, since)}
    assert seen == {("playbook", "For all", "Now shorter."), ("question", "May I?", "Paul answered you")}
    assert {item.title for item in fillers.news(cast.paul, since)} == {"For all", "For Retail"}
    assert list(fillers.news(cast.emma, timezone.now())) == []


def test_the_slots_are_filled(cast):
    kinds = {source.kind: source for source in slots.search_documents.gather()}
    make_published(cast=cast, title="Alt text")
    make_answer(cast=cast, title="May I?")
    assert [document.title for document in kinds["playbook"].documents()] == ["Alt text"]
    assert [document.title for document in kinds["question"].documents()] == ["May I?"]


def test_search_knows_a_playbook_by_its_sections(cast):
    revision = make_published(
        cast=cast,
        title="Alt text",
        audiences=[cast.retail.group],
        sections=[section("Ask first", key="ask-first", body="Ask *her*.\n\n- [ ] Asked")],
    )
    actions.vote(playbook=revision.playbook, helpful=True, by=cast.rita)
    document = tasks.playbook_document(revision.playbook_id)
    assert document.audience_ids == (cast.retail.group_id,)
    assert (document.verified, document.popularity) == (True, 1)
    (passage,) = document.passages
    assert passage.url == "/playbooks/alt-text/#s-ask-first"
    assert passage.body == "Ask her.\nAsked"
    assert tasks.playbook_document(make_playbook(cast=cast).pk) is None


def test_search_shows_the_accepted_answer(cast):
    first = make_answer(cast=cast, body="Perhaps.")
    second = make_answer(cast=cast, question=first.question, body="Yes.")
    assert [p.body for p in tasks.question_document(first.question_id).passages] == ["Perhaps.", "Yes."]
    actions.accept_answer(answer=second, by=cast.emma)
    document = tasks.question_document(first.question_id)
    assert [p.body for p in document.passages] == ["Yes."]
    assert document.verified
    assert tasks.question_document(make_question(cast=cast).pk) is None


def test_the_index_follows(cast):
    revision = make_published(cast=cast, title="Zebra")
    tasks.reindex(revision.playbook_id)
    assert [hit.object_id for hit in search("zebra", group_ids=None).hits] == [revision.playbook_id]
    Playbook.objects.update(current=None)
    tasks.reindex(revision.playbook_id)
    assert search("zebra", group_ids=None).hits == []


# --- Reminders --------------------------------------------------------------------------------------------------------


def reminders():
    rows = OutboxMessage.objects.filter(kind="verification_due").order_by("pk")
    return [(row.recipient.name, row.period.rpartition(":")[2]) for row in rows]


@pytest.mark.parametrize(
    ("days", "stage"), [(15, None), (14, "soon"), (1, "soon"), (0, "due"), (-29, "due"), (-30, "late"), (-400, "late")]
)
def test_the_stage_follows_from_the_date(cast, days, stage):
    ends_in(make_published(cast=cast, owner=cast.emma, deputy=cast.rita).playbook, days)
    jobs.verification_due()
    assert reminders() == ([("Emma", stage), ("Rita", stage)] if stage else [])


def test_once_a_stage_however_often_the_job_runs(cast):
    playbook = ends_in(make_published(cast=cast).playbook, 14)
    assert [jobs.verification_due(), jobs.verification_due()] == [1, 0]
    with time_machine.travel(timezone.now() + timedelta(days=20)):
        jobs.verification_due()
    assert reminders() == [("Emma", "soon"), ("Emma", "due")]
    actions.verify(playbook=playbook, by=cast.emma)
    assert jobs.verification_due() == 0


def test_nobody_is_reminded_of_what_readers_do_not_get(cast):
    make_draft(cast=cast)
    assert jobs.verification_due() == 0


@pytest.mark.parametrize("days", [14, 0, -30])
def test_the_message_says_how_it_stands(cast, days):
    playbook = ends_in(make_published(cast=cast, title="Alt's text").playbook, days)
    jobs.verification_due()
    row = OutboxMessage.objects.get(kind="verification_due")
    assert "Alt's text" in row.subject
    assert f"{playbook.get_absolute_url()}#verify" in row.text
    assert f"{playbook.get_absolute_url()}#verify" in row.html


def test_a_message_whose_cause_is_gone_is_not_sent(cast):
    playbook = ends_in(make_published(cast=cast).playbook, 5)
    jobs.verification_due()
    submitted = make_submitted(cast=cast)
    question = make_question(cast=cast)
    rows = list(OutboxMessage.objects.filter(kind__in=["verification_due", "question_asked", "approval_waiting"]))
    rows = [row for row in rows if row.about != f"playbooks.revision:{playbook.current_id}"]
    assert {row.kind for row in rows} == {"verification_due", "question_asked", "approval_waiting"}
    assert all(is_still_true(row) for row in rows)
    actions.verify(playbook=playbook, by=cast.emma)
    actions.return_to_draft(revision=submitted, comment="No.", by=cast.hana)
    make_answer(cast=cast, question=question)
    assert not any(is_still_true(row) for row in rows)
    answered = OutboxMessage.objects.get(kind="question_answered")
    assert is_still_true(answered)
