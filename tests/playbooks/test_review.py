"""Named people read a revision and comment section by section; each comment is answered before it is approved."""

from datetime import timedelta

import pytest

from hub import slots
from hub.exceptions import Invalid, NotAllowed
from hub.models import OutboxMessage
from playbooks import actions, jobs
from playbooks.permissions import can_approve
from policies import clock
from tests.playbooks.factories import make_draft, section, submit, write


@pytest.fixture
def draft(cast):
    return make_draft(cast=cast, title="Answering", sections=[section("Ask", key="ask"), section("Wait", key="wait")])


def ask(draft, *people, cast, days=3):
    due_on = clock.today() + timedelta(days=days)
    return actions.ask_for_review(revision=draft, people=people, due_on=due_on, by=cast.paul)


def say(draft, *, by, text="Who is asked?", **values):
    return actions.comment(revision=draft, text=text, by=by, **values)


def address(draft, step=""):
    return f"/playbooks/{draft.playbook.slug}/revisions/{draft.number}/review/{step}"


def test_who_is_asked_gets_a_message_and_finds_it_at_home(cast, as_, draft):
    ask(draft, cast.rita, cast.otto, cast=cast)
    messages = OutboxMessage.objects.filter(kind="review_asked")
    assert sorted(messages.values_list("recipient__name", flat=True)) == ["Otto", "Rita"]
    assert "Answering, revision 1" in messages.first().subject
    assert address(draft) in as_(cast.rita).get("/").content.decode()
    assert address(draft) not in as_(cast.emma).get("/").content.decode()


def test_only_who_was_asked_and_who_reads_all_sees_the_draft(cast, as_, draft):
    ask(draft, cast.rita, cast=cast)
    reads = {name for name, one in cast.everybody().items() if as_(one).get(address(draft)).status_code == 200}
    assert reads == {"rita", "paul", "hana", "lena", "audra"}
    for person in (cast.emma, cast.audra):
        with pytest.raises(NotAllowed):
            say(draft, by=person)


def test_whoever_it_is_not_for_reads_it_only_until_it_is_published(cast, as_, draft):
    ask(draft, cast.rita, cast.otto, cast=cast)
    actions.change_playbook(playbook=draft.playbook, audiences=[cast.operations.group], by=cast.paul)
    people = [cast.rita, cast.otto, cast.audra]
    assert [as_(one).get(address(draft)).status_code for one in people] == [200, 200, 200]
    revision = submit(draft, by=cast.paul)
    actions.approve_and_publish(revision=revision, lock=revision.lock, by=cast.hana)
    assert [as_(one).get(address(draft)).status_code for one in people] == [404, 200, 200]
    assert as_(cast.rita).post(address(draft, "comment/"), {"text": "Late."}).status_code == 404


def test_nobody_approves_before_every_comment_is_answered(cast, draft):
    ask(draft, cast.rita, cast=cast)
    comment = say(draft, section_key="ask", by=cast.rita)
    assert comment.heading == "Ask"
    revision = submit(draft, by=cast.paul)
    with pytest.raises(NotAllowed, match="1 comment of a reviewer has not been answered"):
        actions.approve_and_publish(revision=revision, lock=revision.lock, by=cast.hana)
    with pytest.raises(Invalid):
        actions.answer_comment(comment=comment, state="not_done", by=cast.paul)
    actions.answer_comment(comment=comment, state="not_done", answer="The next line says so.", by=cast.paul)
    assert can_approve(cast.hana, revision)
    assert actions.approve_and_publish(revision=revision, lock=revision.lock, by=cast.hana).status == "published"
    with pytest.raises(NotAllowed):
        say(revision, by=cast.rita)


def test_a_comment_on_a_section_that_went_is_kept_with_the_whole(cast, as_, draft):
    ask(draft, cast.rita, cast=cast)
    say(draft, section_key="wait", text="How long?", by=cast.rita)
    write(revision=draft, sections=[section("Ask", key="ask")], by=cast.paul)
    page = as_(cast.rita).get(address(draft)).content.decode()
    assert page.index("About the whole") < page.rindex("How long?")
    assert "About “Wait”, which is no longer in the text." in page
    sent = as_(cast.rita).post(address(draft, "comment/"), {"part": "wait", "text": "A day?"})
    assert sent.status_code == 422 and "A day?" in sent.content.decode()


def test_read_comment_and_say_so(cast, as_, draft):
    (review,) = ask(draft, cast.rita, cast=cast)
    client = as_(cast.rita)
    sent = client.post(address(draft, "comment/"), {"part": "ask", "text": "Who is asked?"})
    assert sent["Location"].startswith(f"{address(draft)}#comment-")
    client.post(address(draft, "done/"))
    review.refresh_from_db()
    assert review.done_at is not None
    assert address(draft) not in client.get("/").content.decode()
    with pytest.raises(NotAllowed):
        actions.finish_review(review=review, by=cast.otto)


def test_the_authors_answer_in_the_admin(cast, as_, draft):
    client, base = as_(cast.paul), f"/admin/playbooks/playbook/{draft.playbook_id}/review/"
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    assert client.post(f"{base}ask/", {"people": "nobody@nowhere.example", "due_on": tomorrow}).status_code == 422
    client.post(f"{base}ask/", {"people": cast.rita.email, "due_on": tomorrow})
    comment = say(draft, section_key="ask", by=cast.rita)
    assert "Answer what readers say about Answering" in client.get("/").content.decode()
    refused = client.post(f"{base}comments/{comment.pk}/answer/", {"state": "not_done", "answer": ""})
    assert refused.status_code == 422 and "Say why not" in refused.content.decode()
    client.post(f"{base}comments/{comment.pk}/answer/", {"state": "done", "answer": ""})
    assert "all answered" in client.get(base).content.decode()
    review = draft.reviews.get()
    client.post(f"{base}{review.pk}/stop/")
    assert not draft.reviews.exists() and draft.comments.exists()


def test_reminders_go_out_the_day_before_and_once_after(cast, draft):
    (review,) = ask(draft, cast.rita, cast=cast, days=1)
    assert (jobs.remind_reviewers(), jobs.remind_reviewers()) == (1, 0)
    review.due_on = clock.today() - timedelta(days=1)
    review.save()
    assert (jobs.remind_reviewers(), jobs.remind_reviewers()) == (1, 0)
    message = OutboxMessage.objects.filter(kind="review_asked").latest("pk")
    assert slots.still_true.gather(message) == [True]
    actions.finish_review(review=review, by=cast.rita)
    assert slots.still_true.gather(message) == [False]
