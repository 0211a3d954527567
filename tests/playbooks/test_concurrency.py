"""Two people press at once. Needs row locks, so PostgreSQL."""

import uuid
from datetime import date

import pytest

from hub.exceptions import Conflict, HubError, Invalid
from hub.models import OldSlug, OutboxMessage
from playbooks import actions
from playbooks.actions.suggestion import NOTHING_OPEN
from playbooks.models import (
    Answer,
    CaseStudy,
    ExternalDocument,
    Playbook,
    Question,
    ReadCount,
    Revision,
    Suggestion,
    Vote,
)
from tests.factories import make_cast, make_topic
from tests.playbooks.case_factories import make_case, make_external
from tests.playbooks.factories import (
    make_playbook,
    make_published,
    make_question,
    make_submitted,
    make_suggestion,
    section,
    write,
)
from tests.policies.test_concurrency import at_once

LATER = date(2099, 1, 1)
pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def test_one_form_sent_many_times_is_one_question():
    cast = make_cast()
    token = uuid.uuid4()
    results = at_once(*[lambda: make_question(cast=cast, title="May I?", form_token=token)] * 8)
    assert len(set(results)) == 1
    assert Question.objects.count() == 1


def test_one_case_form_sent_many_times_is_one_draft():
    cast = make_cast()
    make_topic()
    token = uuid.uuid4()
    results = at_once(*[lambda: make_case(cast=cast, title="Menus", form_token=token)] * 6)
    assert {getattr(result, "pk", result) for result in results} == {CaseStudy.objects.get().pk}


def test_many_who_tell_of_the_same_at_once_each_get_an_address():
    cast = make_cast()
    make_topic()
    at_once(*[lambda: make_case(cast=cast, title="Menus")] * 5)
    assert set(CaseStudy.objects.values_list("slug", flat=True)) == {"menus", *(f"menus-{n}" for n in range(2, 6))}


def test_the_same_new_address_of_two_cases_at_once_is_taken_by_one():
    cast = make_cast()
    cases = [make_case(cast=cast) for _case in range(3)]
    results = at_once(*[lambda case=case: actions.change_case(case=case, slug="menus", by=cast.paul) for case in cases])
    assert [result.field for result in results if isinstance(result, Invalid)] == ["slug"] * 2
    assert CaseStudy.objects.filter(slug="menus").count() == 1
    # Nobody else's former address leads anywhere.
    assert OldSlug.objects.filter(kind="case").count() == 1


def test_a_document_of_others_that_two_add_at_once_is_in_the_collection_once():
    cast = make_cast()
    make_topic()
    add = lambda url: lambda: make_external(cast=cast, title="Theirs", url=url)  # noqa: E731
    results = at_once(*[add("https://a.example/")] * 3, add("https://b.example/"), add("https://c.example/"))
    assert [result.field for result in results if isinstance(result, Invalid)] == ["url"] * 2
    slugs = ExternalDocument.objects.values_list("slug", flat=True)
    assert sorted(slugs) == [f"city-of-nowhere-theirs{tail}" for tail in ("", "-2", "-3")]


def test_the_same_address_at_once_is_taken_by_one():
    cast = make_cast()
    make_topic()
    results = at_once(*[lambda: make_playbook(cast=cast, title="Alt text")] * 4)
    refused = [result for result in results if isinstance(result, Invalid)]
    assert [refusal.field for refusal in refused] == ["slug"] * 3
    assert Playbook.objects.count() == 1


def test_every_vote_counts_once():
    cast = make_cast()
    playbook = make_published(cast=cast).playbook
    people = list(cast.everybody().values())[:6]
    at_once(*[lambda by=by: actions.vote(playbook=playbook, helpful=True, by=by) for by in people * 2])
    assert Playbook.objects.get().helpful == 6


def test_reasons_and_changes_of_mind_at_once_leave_right_counts():
    cast = make_cast()
    playbook = make_published(cast=cast).playbook
    people = list(cast.everybody().values())[:4]

    def no_and_why(by):
        actions.vote(playbook=playbook, helpful=False, by=by)
        return actions.say_why_not(playbook=playbook, reason="missing", by=by)

    acts = [lambda by=by: no_and_why(by) for by in people]
    acts += [lambda by=by: actions.vote(playbook=playbook, helpful=True, by=by) for by in people[:2]]
    at_once(*acts)
    stored = Playbook.objects.get()
    votes = list(Vote.objects.values_list("helpful", "reason"))
    assert (stored.helpful, stored.unhelpful) == (
        sum(helpful for helpful, _reason in votes),
        sum(not helpful for helpful, _reason in votes),
    )
    assert len(votes) == 4
    assert not [reason for helpful, reason in votes if helpful and reason]


def test_readings_at_once_are_all_counted():
    cast = make_cast()
    playbook = make_published(cast=cast).playbook
    at_once(*[lambda: actions.count_read(playbook=playbook, by=cast.emma)] * 8)
    assert ReadCount.objects.get().number == 8


def test_the_word_of_two_at_once_is_one():
    cast = make_cast()
    playbook = make_published(cast=cast).playbook
    results = at_once(
        *[lambda: actions.verify(playbook=playbook, seen=playbook.verified_until, until=LATER, by=cast.paul)] * 3
    )
    assert [str(result) for result in results if isinstance(result, HubError)] == [
        "Somebody has looked at it since this was sent to you."
    ] * 2


def test_an_edit_and_an_approval_at_once():
    cast = make_cast()
    revision = make_submitted(cast=cast)
    saved, published = at_once(
        lambda: write(revision=revision, sections=[section("Mine", body="Mine.")], by=cast.lena),
        lambda: actions.approve_and_publish(revision=revision, lock=revision.lock, by=cast.hana),
    )
    stored = Revision.objects.get()
    if isinstance(saved, HubError):
        assert (stored.status, stored.sections.get().heading) == ("published", "Ask first")
    else:
        assert isinstance(published, HubError)
        assert (stored.status, stored.sections.get().heading) == ("draft", "Mine")


def test_two_approve_at_once():
    cast = make_cast()
    revision = make_submitted(cast=cast)
    results = at_once(
        *[
            lambda by=by: actions.approve_and_publish(revision=revision, lock=revision.lock, by=by)
            for by in (cast.hana, cast.lena)
        ]
    )
    refused = [str(result) for result in results if isinstance(result, HubError)]
    assert refused == ["This revision has been published already."]


def test_the_same_answer_twice_at_once_is_one():
    cast = make_cast()
    question = make_question(cast=cast)
    at_once(*[lambda: actions.answer_question(question=question, body="Yes.", by=cast.paul)] * 4)
    assert Answer.objects.count() == 1


def test_two_answer_a_suggestion_at_once():
    cast = make_cast()
    playbook = make_published(cast=cast).playbook
    suggestion = make_suggestion(playbook=playbook, by=cast.otto)
    accept = {"heading": "Ask first", "body": "Ask.", "lock": NOTHING_OPEN}
    results = at_once(
        lambda: actions.accept_suggestion(suggestion=suggestion, by=cast.emma, **accept),
        lambda: actions.decline_suggestion(suggestion=suggestion, answer="No.", by=cast.paul),
    )
    stored = Suggestion.objects.get()
    (refused,) = [str(result) for result in results if isinstance(result, HubError)]
    assert refused == f"{stored.decided_by.name} has {stored.status} this suggestion already."
    assert Revision.objects.open().count() == (stored.status == "accepted")
    assert OutboxMessage.objects.filter(kind="suggestion_answered").count() == 1


def test_two_suggestions_accepted_at_once_are_both_there_or_the_second_looks_again():
    cast = make_cast()
    sections = [section("Ask", key="ask", body="Ask."), section("Wait", key="wait", body="Wait.")]
    playbook = make_published(cast=cast, sections=sections).playbook
    asked = make_suggestion(playbook=playbook, key="ask", body="Ask twice.", by=cast.otto)
    waited = make_suggestion(playbook=playbook, key="wait", body="Wait twice.", by=cast.rita)
    results = at_once(
        *[
            lambda one=one, by=by: actions.accept_suggestion(
                suggestion=one, heading=one.heading, body=one.body, lock=NOTHING_OPEN, by=by
            )
            for one, by in ((asked, cast.emma), (waited, cast.paul))
        ]
    )
    assert [type(result) for result in results if isinstance(result, HubError)] == [Conflict]
    assert sorted(Suggestion.objects.values_list("status", flat=True)) == ["accepted", "waiting"]
    assert Revision.objects.open().count() == 1


def test_one_suggestion_form_sent_many_times_is_one():
    cast = make_cast()
    playbook = make_published(cast=cast).playbook
    values = {"heading": "Ask first", "body": "Ask.", "reason": "So.", "base": 1, "form_token": uuid.uuid4()}
    results = at_once(
        *[
            lambda: actions.save_suggestion(playbook=playbook, section_key="ask-first", by=cast.otto, **values)
        ] * 6
    )  # fmt: skip
    assert len(set(results)) == 1
    assert Suggestion.objects.count() == 1
