"""Named people read a draft and comment on it; each comment is answered before the version is approved."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub import mail
from hub.exceptions import Invalid, NotAllowed
from hub.models import OutboxMessage, User
from hub.slots import waiting_items
from policies import actions, jobs
from policies.models import Review, ReviewComment
from tests.policies.factories import (
    clause,
    days,
    make_draft,
    make_in_state,
    make_published,
    make_submitted,
    publish_now,
    submit,
    write,
)


@pytest.fixture
def draft(cast):
    return make_draft(cast=cast, title="Rules", clauses=[clause("Ask first", key="ask"), clause("Be kind", key="kind")])


def ask(version, *people, due_on=None, by, **more):
    return actions.ask_for_review(version=version, people=people, due_on=due_on or days(7), by=by, **more)


def say(version, text="Too long.", *, key="ask", by):
    return actions.comment(version=version, text=text, clause_key=key, by=by)


def address(version, *more):
    return "/".join(["/policies", version.policy.slug, "versions", str(version.number), "review", *more]) + "/"


def desk(version, *more):
    return "/".join(["/admin/policies/policy", str(version.policy_id), "review", *map(str, more)]) + "/"


def titles(person):
    return [item.title for item in waiting_items.gather(person)]


# --- Asking -----------------------------------------------------------------------------------------------------------


def test_whoever_is_asked_gets_one_message_and_it_waits_for_her(cast, draft):
    ask(draft, cast.rita, cast.emma, kind="consultation", by=cast.paul)
    ask(draft, cast.rita, by=cast.paul)
    assert sorted(OutboxMessage.objects.filter(kind="review_asked").values_list("to_address", flat=True)) == sorted(
        [cast.rita.email, cast.emma.email]
    )
    assert list(draft.reviews.order_by("person__name").values_list("person__name", "kind")) == [
        (cast.emma.name, "consultation"),
        (cast.rita.name, "review"),
    ]
    assert titles(cast.rita) == ["Read and comment: Rules, version 1"]
    assert titles(cast.otto) == []


@pytest.mark.parametrize("meanwhile", ["read", "stopped"])
def test_whoever_is_asked_anew_for_the_same_day_gets_another_message(cast, draft, meanwhile):
    [review] = ask(draft, cast.rita, by=cast.paul)
    if meanwhile == "read":
        actions.finish_review(review=review, by=cast.rita)
    else:
        actions.stop_asking(review=review, by=cast.paul)
    ask(draft, cast.rita, by=cast.paul)
    letters = OutboxMessage.objects.filter(kind="review_asked", recipient=cast.rita)
    assert letters.count() == 2
    assert mail.is_still_true(letters.last())


@pytest.mark.parametrize(
    ("values", "field"),
    [({"people": []}, "people"), ({"due_on": days(-1)}, "due_on"), ({"kind": "chat"}, "kind")],
)
def test_what_cannot_be_asked_is_refused(cast, draft, values, field):
    with pytest.raises(Invalid) as refused:
        actions.ask_for_review(
            **{"version": draft, "people": [cast.rita], "due_on": days(3), "by": cast.paul, **values}
        )
    assert refused.value.field == field
    assert not Review.objects.exists()


def test_nobody_asks_somebody_who_has_left(cast, draft):
    cast.rita.is_active = False
    with pytest.raises(Invalid, match="has left"):
        ask(draft, cast.rita, by=cast.paul)


@pytest.mark.parametrize("state", ["announced", "in_force", "superseded", "withdrawn"])
def test_a_published_version_is_reviewed_no_more(cast, state):
    version = make_in_state(state, cast=cast)
    with pytest.raises(NotAllowed):
        ask(version, cast.rita, by=cast.paul)
    with pytest.raises(NotAllowed):
        say(version, key="", by=cast.paul)


def test_only_staff_ask_stop_asking_and_answer(cast, draft):
    [review] = ask(draft, cast.rita, by=cast.paul)
    said = say(draft, by=cast.rita)
    for person in (cast.rita, cast.audra, cast.emma):
        with pytest.raises(NotAllowed):
            ask(draft, cast.emma, by=person)
        with pytest.raises(NotAllowed):
            actions.stop_asking(review=review, by=person)
        with pytest.raises(NotAllowed):
            actions.answer_comment(comment=said, state="done", by=person)


def test_who_need_not_read_it_any_more_sees_it_no_more(cast, draft, client):
    [review] = ask(draft, cast.rita, by=cast.paul)
    say(draft, by=cast.rita)
    actions.stop_asking(review=review, by=cast.paul)
    actions.stop_asking(review=review, by=cast.paul)
    client.force_login(cast.rita)
    assert client.get(address(draft)).status_code == 404
    assert draft.comments.count() == 1
    with pytest.raises(NotAllowed, match="not asked"):
        actions.finish_review(review=review, by=cast.rita)


# --- Commenting and answering -----------------------------------------------------------------------------------------


def test_only_those_asked_and_staff_comment(cast, draft):
    ask(draft, cast.rita, by=cast.paul)
    say(draft, by=cast.rita)
    say(draft, key="", by=cast.hana)
    with pytest.raises(NotAllowed, match="asked to read"):
        say(draft, by=cast.otto)


def test_an_auditor_is_not_asked_and_says_nothing(cast, draft, client):
    with pytest.raises(Invalid, match="Audra is an auditor") as refused:
        ask(draft, cast.rita, cast.audra, by=cast.paul)
    assert refused.value.field == "people"
    [review] = ask(draft, cast.rita, by=cast.paul)
    User.objects.filter(pk=cast.rita.pk).update(role="auditor")
    rita = User.objects.get(pk=cast.rita.pk)
    for act in (lambda: say(draft, by=rita), lambda: actions.finish_review(review=review, by=rita)):
        with pytest.raises(NotAllowed, match="change nothing"):
            act()
    client.force_login(rita)
    page = client.get(address(draft))
    assert page.status_code == 200
    words = page.content.decode()
    assert "Send the comment" not in words
    assert "I have read it" not in words


@pytest.mark.parametrize(
    ("text", "key", "sentence"),
    [("  ", "ask", "Write what"), ("x" * 4001, "ask", "under 4000"), ("Fine.", "gone", "taken out")],
)
def test_a_comment_that_cannot_be(cast, draft, text, key, sentence):
    with pytest.raises(Invalid, match=sentence):
        say(draft, text, key=key, by=cast.paul)


def test_no_approval_before_every_comment_is_answered(cast):
    version = make_submitted(cast=cast)
    ask(version, cast.rita, by=cast.paul)
    first, second = say(version, key="", by=cast.rita), say(version, "And why?", key="", by=cast.rita)
    with pytest.raises(NotAllowed, match="2 comments of reviewers have"):
        actions.approve(version=version, lock=version.lock, by=cast.hana)
    actions.answer_comment(comment=first, state="done", by=cast.paul)
    with pytest.raises(NotAllowed, match="1 comment of a reviewer has"):
        actions.approve(version=version, lock=version.lock, by=cast.hana)
    actions.answer_comment(comment=second, state="not_done", answer="The law says so.", by=cast.paul)
    assert actions.approve(version=version, lock=version.lock, by=cast.hana).status == "approved"


def test_what_is_said_after_approval_is_answered_before_publication(cast, client):
    version = make_in_state("approved", cast=cast)
    said = say(version, "Wait.", key="", by=cast.lena)
    with pytest.raises(NotAllowed, match="1 comment of a reviewer has"):
        actions.publish(version=version, by=cast.hana)
    client.force_login(cast.hana)
    look = f"/admin/policies/policy/{version.policy_id}/look/"
    assert "1 comment of a reviewer has not been answered" in client.get(look).content.decode()
    actions.answer_comment(comment=said, state="done", by=cast.paul)
    assert "has not been answered" not in client.get(look).content.decode()
    assert actions.publish(version=version, by=cast.hana).status == "in_force"


def late_comment(cast, *, key="ask"):
    """Said while the day of publication was waited for, or of a draft that could not wait."""
    version = make_draft(cast=cast, title="Rules", clauses=[clause("Ask first", key="ask")])
    said = say(version, "And abroad?", key=key, by=cast.lena)
    return publish_now(version, by=cast.hana), said


def test_what_nobody_answered_before_publication_waits_for_the_authors_and_for_the_next_version(cast):
    version, said = late_comment(cast)
    assert "Answer what readers say about Rules" in titles(cast.paul)
    following = submit(
        write(version=actions.start_version(policy=version.policy, by=cast.paul), by=cast.paul), by=cast.paul
    )
    with pytest.raises(NotAllowed, match="1 comment of a reviewer has"):
        actions.approve(version=following, lock=following.lock, by=cast.lena)
    actions.answer_comment(comment=said, state="not_done", answer="The next text says so.", by=cast.paul)
    assert "Answer what readers say about Rules" not in titles(cast.paul)
    assert actions.approve(version=following, lock=following.lock, by=cast.lena).status == "approved"
    with pytest.raises(NotAllowed, match="published already"):
        actions.answer_comment(comment=said, state="done", by=cast.paul)
    said.refresh_from_db()
    assert (said.version, said.answer) == (version, "The next text says so.")


def test_a_comment_on_a_scheduled_version_outlives_its_day(cast):
    version = make_in_state("scheduled", cast=cast)
    said = say(version, "Wait.", key="", by=cast.lena)
    with time_machine.travel(timezone.now() + timedelta(days=6), tick=False):
        jobs.settle_due()
        assert list(ReviewComment.objects.late()) == [said]
        actions.answer_comment(comment=said, state="done", by=cast.paul)
        assert not ReviewComment.objects.late().exists()


@pytest.mark.parametrize("key", ["ask", ""])
@pytest.mark.parametrize("is_next_open", [True, False])
def test_staff_answer_on_the_page_what_came_too_late(cast, client, is_next_open, key):
    version, said = late_comment(cast, key=key)
    if is_next_open:
        actions.start_version(policy=version.policy, by=cast.paul)
    client.force_login(cast.paul)
    versions = f"/admin/policies/policy/{version.policy_id}/versions/"
    assert "1 comment of a reader has no answer yet" in client.get(versions).content.decode()
    words = client.get(desk(version)).content.decode()
    assert "And abroad?" in words
    assert ("Said of “Ask first” in version 1" if key else "Said of version 1") in words
    refused = client.post(desk(version, "answer", said.pk), {"state": "not_done", "answer": " "})
    assert refused.status_code == 422
    assert "Say why not" in refused.content.decode()
    words = client.post(desk(version, "answer", said.pk), {"state": "done"}, follow=True).content.decode()
    assert "Answered." in words
    assert "And abroad?" not in words
    assert "no answer yet" not in client.get(versions).content.decode()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"state": "not_done"}, "answer"),
        ({"state": "open"}, "state"),
        ({"state": "done", "answer": "x" * 4001}, "answer"),
    ],
)
def test_an_answer_that_cannot_be(cast, draft, values, field):
    said = say(draft, by=cast.paul)
    with pytest.raises(Invalid) as refused:
        actions.answer_comment(comment=said, by=cast.paul, **values)
    assert refused.value.field == field


def test_the_database_holds_what_an_answer_is(cast, draft):
    said = say(draft, by=cast.paul)
    said_by = {"answered_by": cast.paul, "answered_at": timezone.now()}
    for values in ({"state": "done"}, {"answered_by": cast.paul}, {"state": "not_done", **said_by}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ReviewComment.objects.filter(pk=said.pk).update(**values)


def test_reading_is_done_once_and_by_herself(cast, draft):
    [review] = ask(draft, cast.rita, by=cast.paul)
    with pytest.raises(NotAllowed):
        actions.finish_review(review=review, by=cast.emma)
    done = actions.finish_review(review=review, by=cast.rita).done_at
    assert actions.finish_review(review=review, by=cast.rita).done_at == done
    assert titles(cast.rita) == []
    ask(draft, cast.rita, due_on=days(9), by=cast.paul)
    assert titles(cast.rita) == ["Read and comment: Rules, version 1"]


def test_authors_see_what_is_to_be_answered(cast, draft):
    ask(draft, cast.rita, by=cast.paul)
    said = say(draft, by=cast.rita)
    say(draft, key="", by=cast.rita)
    assert titles(cast.paul) == ["Answer what readers say about Rules"]
    assert titles(cast.hana) == []
    actions.answer_comment(comment=said, state="done", by=cast.hana)
    assert [item.detail for item in waiting_items.gather(cast.paul)] == ["1 comment"]


# --- Reminders --------------------------------------------------------------------------------------------------------


def reminded():
    return sorted(message.period.split()[1] for message in OutboxMessage.objects.filter(kind="review_asked"))


def test_a_reader_is_reminded_the_day_before_and_once_after(cast, draft):
    ask(draft, cast.rita, due_on=days(3), by=cast.paul)
    now = timezone.now()
    before, soon, after = ["asked"], ["asked", "soon"], ["asked", "overdue", "soon"]
    for day, expected in ((1, before), (2, soon), (3, soon), (4, after), (9, after)):
        with time_machine.travel(now + timedelta(days=day), tick=False):
            jobs.remind_reviewers()
            jobs.remind_reviewers()
        assert reminded() == expected, day


@pytest.mark.parametrize("how", ["read", "published", "stopped", "later"])
def test_a_reminder_whose_cause_is_gone_is_not_sent(cast, how):
    version = make_submitted(cast=cast)
    [review] = ask(version, cast.rita, due_on=days(1), by=cast.paul)
    if how == "read":
        actions.finish_review(review=review, by=cast.rita)
    elif how == "published":
        actions.approve(version=version, lock=version.lock, by=cast.hana)
        actions.publish(version=version, by=cast.hana)
    elif how == "stopped":
        actions.stop_asking(review=review, by=cast.paul)
    else:
        ask(version, cast.rita, due_on=days(20), by=cast.paul)
    assert jobs.remind_reviewers() == 0
    mail.deliver()
    sent = OutboxMessage.objects.filter(kind="review_asked").exclude(state="dropped")
    assert sent.count() == (1 if how == "later" else 0)


# --- Pages ------------------------------------------------------------------------------------------------------------


def test_a_reader_comments_clause_by_clause_and_says_that_she_is_done(cast, draft, client):
    ask(draft, cast.rita, by=cast.paul)
    client.force_login(cast.rita)
    words = client.get(address(draft)).content.decode()
    assert "You are asked to read this draft" in words
    assert "Ask first" in words
    sent = client.post(address(draft, "comment"), {"part": "ask", "text": "Who is asked?"})
    said = ReviewComment.objects.get()
    assert sent["Location"] == f"{address(draft)}#comment-{said.pk}"
    actions.answer_comment(comment=said, state="not_done", answer="It says so in clause 2.", by=cast.paul)
    words = client.post(address(draft, "done"), follow=True).content.decode()
    assert "You have read it" in words
    assert "It says so in clause 2." in words


def test_a_draft_whose_policy_was_renamed_is_found_at_its_former_address(cast, draft, client):
    ask(draft, cast.rita, by=cast.paul)
    former = address(draft)
    actions.change_policy(policy=draft.policy, slug="new-rules", by=cast.paul)
    draft.refresh_from_db()
    client.force_login(cast.rita)
    assert client.get(former)["Location"] == "/policies/new-rules/versions/1/review/"
    assert client.post(f"{former}done/").status_code == 308
    client.force_login(cast.otto)
    assert client.get(former).status_code == 404


@pytest.mark.parametrize("key", ["ask", "", "gone"])
def test_a_refused_comment_keeps_what_was_typed(cast, draft, client, key):
    ask(draft, cast.rita, by=cast.paul)
    client.force_login(cast.rita)
    answer = client.post(address(draft, "comment"), {"part": key, "text": "y" * 4001})
    assert answer.status_code == 422
    assert "y" * 4001 in answer.content.decode()
    assert "error-summary" in answer.content.decode()


def test_a_comment_on_a_clause_that_is_gone_is_kept_in_the_form_and_shown_with_the_whole(cast, draft, client):
    ask(draft, cast.rita, by=cast.paul)
    say(draft, "About asking.", by=cast.rita)
    write(version=draft, clauses=[clause("Be kind", key="kind")], by=cast.paul)
    client.force_login(cast.rita)
    answer = client.post(address(draft, "comment"), {"part": "ask", "text": "Once more."})
    assert answer.status_code == 422
    words = answer.content.decode()
    assert "taken out while you were reading" in words
    assert "Once more." in words
    assert "which is no longer in the text" in words


def test_a_published_version_shows_what_was_said_and_takes_nothing_more(cast, client):
    version = make_submitted(cast=cast)
    ask(version, cast.rita, by=cast.paul)
    said = say(version, "Good.", key="", by=cast.rita)
    actions.answer_comment(comment=said, state="done", by=cast.paul)
    actions.approve(version=version, lock=version.lock, by=cast.hana)
    actions.publish(version=version, by=cast.hana)
    client.force_login(cast.rita)
    words = client.get(address(version)).content.decode()
    assert "no longer being written" in words
    assert "Good." in words
    assert "Send the comment" not in words
    assert client.post(address(version, "comment"), {"text": "Late."}).status_code == 403


@pytest.mark.parametrize("is_settled", [True, False])
def test_whoever_it_is_not_for_reads_it_only_until_it_is_published(cast, draft, client, is_settled):
    ask(draft, cast.rita, cast.otto, by=cast.paul)
    say(draft, by=cast.rita)
    actions.change_policy(policy=draft.policy, audiences=[cast.operations.group], by=cast.paul)
    submit(draft, by=cast.paul)
    actions.answer_comment(comment=draft.comments.get(), state="done", by=cast.paul)
    version = actions.approve(version=draft, lock=draft.lock, by=cast.lena)
    actions.publish(version=version, publish_on=days(2), by=cast.hana)
    client.force_login(cast.rita)
    assert client.get(address(draft)).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        if is_settled:
            jobs.settle_due()
        found = {}
        for person in (cast.rita, cast.otto, cast.audra):
            client.force_login(person)
            found[person.name] = [
                client.get(address(draft)).status_code,
                client.get(version.get_absolute_url()).status_code,
            ]
        client.force_login(cast.rita)
        assert client.post(address(draft, "comment"), {"text": "Late."}).status_code == 404
        assert client.post(address(draft, "done")).status_code == 404
    assert found == {"Rita": [404, 404], "Otto": [200, 200], "Audra": [200, 200]}


@pytest.mark.parametrize("who", ["emma", "otto", "sam"])
def test_others_find_no_draft(cast, draft, client, who):
    ask(draft, cast.rita, by=cast.paul)
    client.force_login(getattr(cast, who))
    assert client.get(address(draft)).status_code == 404
    assert client.post(address(draft, "comment"), {"text": "Hello"}).status_code == 404
    assert client.post(address(draft, "done")).status_code == 404


def test_staff_ask_answer_and_stop_on_one_page(cast, draft, client):
    client.force_login(cast.paul)
    assert "Nobody has commented" in client.get(desk(draft)).content.decode()
    data = {"people": f"{cast.rita.email}\n{cast.otto.email}", "kind": "consultation", "due_on": days(4).isoformat()}
    assert "2 people have a message" in client.post(desk(draft, "ask"), data, follow=True).content.decode()
    said, general = say(draft, by=cast.rita), say(draft, key="", by=cast.otto)
    words = client.get(desk(draft)).content.decode()
    assert "2 to answer" in words
    answer = client.post(desk(draft, "answer", said.pk), {"state": "done", "answer": ""}, follow=True)
    assert "Answered." in answer.content.decode()
    refused = client.post(desk(draft, "answer", general.pk), {"state": "not_done", "answer": " "})
    assert refused.status_code == 422
    assert "Say why not" in refused.content.decode()
    review = draft.reviews.get(person=cast.otto)
    assert "need not read it" in client.post(desk(draft, "stop", review.pk), follow=True).content.decode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"people": "nobody@larkfield.example"}, "Nobody who works here has the address"),
        ({"due_on": "2020-01-01"}, "still to come"),
        ({"people": ""}, "Whom do you ask?"),
    ],
)
def test_a_refused_question_keeps_what_was_typed(cast, draft, client, data, words):
    client.force_login(cast.paul)
    sent = {"people": cast.rita.email, "kind": "review", "due_on": days(4).isoformat(), **data}
    answer = client.post(desk(draft, "ask"), sent)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_auditors_read_the_review_and_take_no_part(cast, draft, client):
    ask(draft, cast.rita, by=cast.paul)
    said = say(draft, by=cast.rita)
    client.force_login(cast.audra)
    words = client.get(desk(draft)).content.decode()
    assert "Too long." in words
    assert "Ask somebody" not in words
    assert client.get(address(draft)).status_code == 200
    assert client.post(desk(draft, "answer", said.pk), {"state": "done"}).status_code == 403
    assert client.post(desk(draft, "ask"), {}).status_code == 403
    assert client.post(address(draft, "comment"), {"text": "Hm."}).status_code == 403


def test_without_an_open_version_there_is_nothing_to_review(cast, client):
    version = make_published(cast=cast)
    client.force_login(cast.paul)
    assert client.get(desk(version))["Location"].endswith("/versions/")


def test_the_pages_cost_the_same_with_one_and_with_three(cast, draft, client):
    client.force_login(cast.paul)

    def cost():
        with CaptureQueriesContext(connection) as one:
            client.get(desk(draft))
            client.get(address(draft))
        return len(one)

    ask(draft, cast.rita, by=cast.paul)
    say(draft, by=cast.rita)
    cost()
    first = cost()
    ask(draft, cast.otto, cast.emma, by=cast.paul)
    for key in ("ask", "kind", ""):
        say(draft, key=key, by=cast.otto)
    assert cost() == first
