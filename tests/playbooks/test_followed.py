"""What the weekly letter tells of what somebody follows: what is meant, and nothing she may not read."""

from datetime import timedelta

import pytest
from django.utils import timezone

from hub import actions as hub_actions
from hub.models import Topic
from playbooks import actions
from playbooks.followed import followed_items
from tests.factories import make_topic
from tests.playbooks.case_factories import make_published as make_case
from tests.playbooks.factories import make_answer, make_playbook, make_published, make_question, make_run, section


@pytest.fixture
def told(cast):
    """The titles of what somebody is told of the last week."""

    def titles(person=None):
        since = timezone.now() - timedelta(days=7)
        return sorted(item.title for item in followed_items(person or cast.emma, since))

    return titles


def follow(person, kind, thing):
    hub_actions.follow(kind=kind, object_id=thing.pk, by=person)


def test_who_follows_nothing_hears_nothing(cast, told):
    make_published(cast=cast)
    make_question(cast=cast, by=cast.otto)
    assert told() == []


def test_a_topic_tells_of_new_playbooks_on_it_and_right_below_it(cast, told):
    above = make_topic(name="Crisis")
    below = make_topic(name="First hour", parent=above)
    other = make_topic(name="Events")
    for topic, title in [(above, "A"), (below, "B"), (other, "C")]:
        make_published(cast=cast, title=title, topic=topic, owner=cast.hana)
    follow(cast.emma, "topic", above)
    assert told() == ["New playbook on Crisis: A", "New playbook on First hour: B"]


def test_a_topic_does_not_tell_of_later_revisions_and_a_playbook_does_unless_editorial(cast, told):
    playbook = make_published(cast=cast, title="Plan", owner=cast.hana).playbook
    follow(cast.emma, "topic", playbook.topic)
    make_published(cast=cast, playbook=playbook, sections=[section(key="ask-first", body="Quite other words here.")])
    assert told() == ["New playbook on " + playbook.topic.name + ": Plan"]
    hub_actions.unfollow(kind="topic", object_id=playbook.topic_id, by=cast.emma)
    follow(cast.emma, "playbook", playbook)
    # The first revision, and the second: the letter keeps the newest of one address.
    assert told() == ["New playbook on " + playbook.topic.name + ": Plan", "“Plan” has changed"]
    playbook.revisions.update(significance="editorial")
    assert told() == []


def test_what_happened_before_the_last_letter_is_not_told_again(cast):
    playbook = make_published(cast=cast).playbook
    follow(cast.emma, "playbook", playbook)
    assert list(followed_items(cast.emma, timezone.now())) == []


def test_nothing_she_may_not_read_when_the_letter_is_written(cast, told):
    playbook = make_published(cast=cast, title="Plan", owner=cast.hana).playbook
    follow(cast.emma, "playbook", playbook)
    follow(cast.emma, "department", cast.operations)
    question = make_question(cast=cast, title="Why?", playbook=playbook, by=cast.otto)
    answer = make_answer(cast=cast, question=question)
    actions.accept_answer(answer=answer, by=cast.otto)
    assert told() == ["Answered: Why?", "New playbook on " + playbook.topic.name + ": Plan"]
    playbook.audiences.set([cast.operations.group])
    assert told() == []
    assert "Answered: Why?" not in told(cast.rita)


def test_a_department_tells_of_questions_asked_there_or_below(cast, told):
    follow(cast.emma, "department", cast.company)
    make_question(cast=cast, title="Ours?", by=cast.emma)
    make_question(cast=cast, title="May we?", by=cast.otto)
    assert told() == ["Asked: May we?"]


def test_of_a_question_answered_since_the_answer_is_the_news(cast, told):
    follow(cast.emma, "department", cast.operations)
    question = make_question(cast=cast, title="May we?", by=cast.otto)
    actions.accept_answer(answer=make_answer(cast=cast, question=question), by=cast.otto)
    make_answer(cast=cast, question=question, body="And another.")
    assert told() == ["Answered: May we?"]
    actions.reopen_question(question=question, by=cast.otto)
    assert told() == ["Asked: May we?"]


def test_whoever_follows_a_question_hears_of_every_answer_but_her_own_and_who_asked_is_told_elsewhere(cast, told):
    question = make_question(cast=cast, title="May we?", by=cast.otto)
    for person in (cast.emma, cast.paul, cast.otto):
        follow(person, "question", question)
    make_answer(cast=cast, question=question, by=cast.paul)
    make_answer(cast=cast, question=question, by=cast.paul, body="And so.")
    assert told() == ["Answered: May we?"]
    assert told(cast.paul) == []
    assert told(cast.otto) == []


def test_adaptations_runs_and_case_studies_of_a_department(cast, told):
    playbook = make_published(cast=cast, title="Plan", owner=cast.hana).playbook
    made = actions.start_adaptation(playbook=playbook, spoke=cast.retail, by=cast.rita)
    actions.add_section(adaptation=made, after="", heading="Ours", body="So.", by=cast.rita)
    actions.publish_adaptation(adaptation=made, by=cast.rita)
    run = make_run(cast=cast)
    actions.finish_run(run=run, helped="The list.", by=cast.rita)
    silent = make_run(cast=cast)
    actions.finish_run(run=silent, by=cast.rita)
    case = make_case(cast=cast, title="We tried", spoke=cast.retail)
    for person in (cast.emma, cast.dora, cast.rita):
        follow(person, "department", cast.retail)
    common = ["How Retail does “Plan”", f"New case study: {case.title}"]
    assert told() == common  # Runs are for colleagues.
    assert told(cast.dora) == [*common, f"What Retail learned from “{run.playbook.title}”"]
    assert told(cast.rita) == common  # She finished it herself.


def test_a_topics_page_shows_what_there_is_for_the_reader(cast, as_):
    topic = make_topic(name="Crisis", summary="When it burns.")
    assert "Nothing on this topic yet" in as_(cast.emma).get(f"/topics/{topic.slug}/").text
    make_topic(name="First hour", parent=topic)
    make_published(cast=cast, title="For all", topic=topic)
    make_published(cast=cast, title="For Retail", topic=topic, audiences=[cast.retail.group])
    make_playbook(cast=cast, title="Not yet", topic=topic)
    make_answer(cast=cast, question=make_question(cast=cast, title="Who calls?", topic=topic))
    make_question(cast=cast, title="Unanswered?", topic=topic)
    page = as_(cast.emma).get(f"/topics/{topic.slug}/").text
    for words in ("When it burns.", "First hour", "For all", "Who calls?"):
        assert words in page
    for words in ("For Retail", "Not yet", "Unanswered?"):
        assert words not in page
    assert "For Retail" in as_(cast.rita).get(f"/topics/{topic.slug}/").text


def test_the_topics_stand_as_a_tree(cast, as_):
    Topic.objects.all().delete()
    assert "No topics yet" in as_(cast.emma).get("/topics/").text
    above = make_topic(name="B crisis")
    make_topic(name="A first hour", parent=above)
    page = as_(cast.emma).get("/topics/").text
    assert page.index("B crisis") < page.index("A first hour")
