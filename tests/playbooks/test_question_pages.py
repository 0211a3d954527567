"""Questions on screen: who sees which, asking without losing a word, answering, and the queries that takes."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub import search
from hub.models import Service
from playbooks import actions, tasks
from playbooks.models import Answer, Question
from policies import actions as policy_actions
from tests.factories import make_service, make_topic
from tests.playbooks.factories import make_answer, make_published, make_question, make_suggestion, section
from tests.policies.factories import clause
from tests.policies.factories import make_published as make_policy_version


def page(client, url, status=200):
    answer = client.get(url)
    assert answer.status_code == status, url
    return answer.content.decode()


def queries(client, url):
    with CaptureQueriesContext(connection) as seen:
        page(client, url)
    return len(seen)


def post(client, url, **values):
    return client.post(url, values)


@pytest.fixture
def policy(cast):
    """A policy for Customer Care, with a clause."""
    version = make_policy_version(
        cast=cast, title="Care canary", clauses=[clause("Say so", key="say-so")], audiences=[cast.care.group]
    )
    return version.policy


# --- Rights -----------------------------------------------------------------------------------------------------------


def test_a_question_is_read_by_its_audience_who_asked_and_who_may_answer(cast, as_, policy):
    question = make_question(cast=cast, policy=policy, title="Canary question")
    make_answer(cast=cast, question=question)
    for name, person in cast.everybody().items():
        may = name in {"hana", "lena", "paul", "audra", "emma"}
        assert as_(person).get(question.get_absolute_url()).status_code == (200 if may else 404), name
        assert ("Canary question" in page(as_(person), "/questions/")) is may, name


def test_the_asker_keeps_reading_when_she_moves_and_her_representative_reads_too(cast, as_):
    playbook = make_published(cast=cast, audiences=[cast.retail.group]).playbook
    question = make_question(cast=cast, playbook=playbook, by=cast.dora)
    actions.change_playbook(playbook=playbook, audiences=[cast.care.group], by=cast.paul)
    text = page(as_(cast.dora), question.get_absolute_url())
    assert playbook.title not in text  # she may no longer read what it is about
    page(as_(cast.rita), question.get_absolute_url())
    page(as_(cast.otto), question.get_absolute_url(), 404)


def test_another_audience_can_do_nothing_to_it(cast, as_, policy):
    question = make_question(cast=cast, policy=policy)
    answer = make_answer(cast=cast, question=question)
    address = question.get_absolute_url()
    for act in ["answer/", "reopen/", f"answers/{answer.pk}/accept/"]:
        assert post(as_(cast.otto), address + act, body="x").status_code == 404
    assert as_(cast.otto).get("/questions/similar/", {"q": "canary"}).status_code == 200


def test_search_finds_answered_questions_for_their_audience_only(cast, as_, policy):
    answer = make_answer(cast=cast, policy=policy, title="Zebra stripes on canary posters", body="Zebra yes.")
    tasks.reindex_question(answer.question_id)
    assert "Zebra" in page(as_(cast.emma), "/questions/similar/?q=zebra+stripes")
    assert "canary" not in page(as_(cast.otto), "/questions/similar/?q=zebra+stripes")
    actions.reopen_question(question=answer.question, by=cast.emma)
    tasks.reindex_question(answer.question_id)
    assert "canary" not in page(as_(cast.emma), "/questions/similar/?q=zebra+stripes")


# --- Lists ------------------------------------------------------------------------------------------------------------


def test_each_tab_holds_its_questions(cast, as_):
    open_one = make_question(cast=cast, title="Open one", by=cast.dora)
    make_answer(cast=cast, title="Answered one", topic=make_topic(name="Events"))
    assert open_one.asked_for == cast.retail

    def shown(person, query):
        text = page(as_(person), f"/questions/{query}")
        return [title for title in ("Open one", "Answered one") if title in text]

    assert shown(cast.otto, "") == ["Answered one"]
    assert shown(cast.otto, "?show=open") == ["Open one"]
    assert shown(cast.emma, "?show=mine") == ["Answered one"]
    assert shown(cast.otto, "?show=mine") == []
    assert shown(cast.rita, "?show=to-answer") == ["Open one"]
    assert shown(cast.otto, "?show=to-answer") == []
    assert shown(cast.paul, "?show=to-answer") == ["Open one"]
    assert shown(cast.otto, "?topic=events") == ["Answered one"]
    assert shown(cast.otto, "?show=open&topic=events") == []
    assert shown(cast.otto, "?show=nonsense") == ["Answered one"]


def test_empty_lists_say_what_to_do(cast, as_):
    client = as_(cast.emma)
    for query, words in [
        ("", "No answered questions yet"),
        ("?show=open", "Nothing is waiting"),
        ("?show=mine", "You have not asked anything yet"),
        (f"?topic={make_topic().slug}", "No question on this topic"),
    ]:
        assert words in page(client, f"/questions/{query}")


def test_the_list_takes_as_many_queries_for_three_as_for_one(cast, as_):
    make_answer(cast=cast, topic=make_topic())
    one = queries(as_(cast.emma), "/questions/")
    make_answer(cast=cast, topic=make_topic(), by=cast.hana)
    make_answer(cast=cast, service=make_service())
    assert (one, queries(as_(cast.emma), "/questions/")) == (6, 6)


# --- Asking -----------------------------------------------------------------------------------------------------------


def test_asking_leads_to_the_question(cast, as_):
    topic, token = make_topic(), uuid.uuid4()
    values = {"title": "May I?", "body": "The *sign*.", "topic": topic.pk, "form_token": token}
    client = as_(cast.emma)
    answer = post(client, "/questions/ask/", **values)
    question = Question.objects.get()
    assert answer["Location"] == question.get_absolute_url()
    assert (question.title, question.topic, question.asked_by) == ("May I?", topic, cast.emma)
    assert "You get a message when somebody answers" in page(client, question.get_absolute_url())
    post(client, "/questions/ask/", **values)
    assert Question.objects.count() == 1


def test_a_refused_form_keeps_every_word(cast, as_, policy):
    values = {
        "title": "",
        "body": "Long details",
        "policy": policy.slug,
        "clause": "say-so",
        "form_token": uuid.uuid4(),
    }
    answer = post(as_(cast.emma), "/questions/ask/", **values)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Long details" in text
    assert 'href="#id_title"' in text
    assert str(values["form_token"]) in text
    assert f'name="policy" value="{policy.slug}"' in text
    assert not Question.objects.exists()


def test_what_an_action_refuses_stands_at_its_field(cast, as_, monkeypatch):
    monkeypatch.setattr("playbooks.actions.question.LONGEST_BODY", 3)
    answer = post(as_(cast.emma), "/questions/ask/", title="May I?", body="Four", form_token=uuid.uuid4())
    assert answer.status_code == 422
    assert "This is very long" in answer.content.decode()


def test_it_says_what_it_is_about(cast, as_, policy):
    client = as_(cast.emma)
    playbook, service = make_published(cast=cast).playbook, make_service(title="Open an account")
    for query, words in [
        (f"policy={policy.slug}&clause=say-so", f"{policy.get_absolute_url()}#c-say-so"),
        (f"policy={policy.slug}:say-so", f"{policy.get_absolute_url()}#c-say-so"),
        (f"policy={policy.slug}", "Care canary"),
        (f"playbook={playbook.slug}", playbook.title),
        (f"service={service.slug}", "Open an account"),
    ]:
        assert words in page(client, f"/questions/ask/?{query}")
    for query in [f"policy={policy.slug}", "policy=gone", "playbook=gone", "service=gone"]:
        text = page(as_(cast.otto), f"/questions/ask/?{query}")
        assert "Care canary" not in text
        assert "About the" not in text


def test_what_it_is_about_is_kept_when_it_is_asked(cast, as_, policy):
    playbook, service = make_published(cast=cast).playbook, make_service()
    client = as_(cast.emma)
    for values in [{"policy": policy.slug, "clause": "say-so"}, {"playbook": playbook.slug}, {"service": service.slug}]:
        post(client, "/questions/ask/", title="May I?", form_token=uuid.uuid4(), **values)
    found = Question.objects.order_by("pk").values_list("policy", "clause_key", "playbook", "service")
    assert list(found) == [
        (policy.pk, "say-so", None, None),
        (None, "", playbook.pk, None),
        (None, "", None, service.pk),
    ]


def test_a_service_no_longer_offered_is_nothing_to_ask_about(cast, as_):
    service = make_service(title="Gone canary")
    Service.objects.update(is_offered=False)
    assert "Gone canary" not in page(as_(cast.emma), f"/questions/ask/?service={service.slug}")


def test_auditors_do_not_ask(cast, as_):
    assert "Auditors read" in page(as_(cast.audra), "/questions/ask/")
    assert as_(cast.audra).post("/questions/ask/", {"title": "May we?"}).status_code == 403
    assert "Ask the hub" not in page(as_(cast.audra), "/questions/")


def test_similar_things_need_three_letters(cast, as_):
    assert "appear here while you type" in page(as_(cast.emma), "/questions/similar/?q=ab")
    search.index(tasks.playbook_document(make_published(cast=cast, title="Alt text").playbook_id))
    assert "/playbooks/alt-text/" in page(as_(cast.emma), "/questions/ask/?q=alt+text")


# --- Answering --------------------------------------------------------------------------------------------------------


def test_a_representative_answers_and_who_asked_accepts(cast, as_):
    question = make_question(cast=cast, by=cast.dora)
    address = question.get_absolute_url()
    assert 'name="body"' in page(as_(cast.rita), address)
    assert 'name="body"' not in page(as_(cast.otto), address)
    done = post(as_(cast.rita), f"{address}answer/", body="Yes, **if** you ask.")
    answer = Answer.objects.get()
    assert done["Location"] == f"{address}#answer-{answer.pk}"
    text = page(as_(cast.dora), address)
    assert "<strong>if</strong>" in text
    assert "This answers it" in text
    post(as_(cast.dora), f"{address}answers/{answer.pk}/accept/")
    answer.refresh_from_db()
    assert answer.is_accepted
    assert "I still need an answer" in page(as_(cast.dora), address)
    post(as_(cast.dora), f"{address}reopen/")
    question.refresh_from_db()
    assert question.status == "open"


def test_an_empty_answer_is_refused_and_a_refused_one_is_kept(cast, as_, monkeypatch):
    address = make_question(cast=cast).get_absolute_url()
    assert post(as_(cast.paul), f"{address}answer/", body=" ").status_code == 422
    monkeypatch.setattr("playbooks.actions.question.LONGEST_BODY", 3)
    answer = post(as_(cast.paul), f"{address}answer/", body="Too long")
    assert answer.status_code == 422
    assert "Too long" in answer.content.decode()
    assert not Answer.objects.exists()


def test_an_answer_of_another_question_is_404(cast, as_):
    question, answer = make_question(cast=cast), make_answer(cast=cast)
    assert post(as_(cast.paul), f"{question.get_absolute_url()}answers/{answer.pk}/accept/").status_code == 404


def test_who_may_not_answer_reads_why(cast, as_):
    question = make_question(cast=cast)
    refused = post(as_(cast.otto), f"{question.get_absolute_url()}answer/", body="Me!")
    assert refused.status_code == 403
    assert "Only the hub" in refused.content.decode()


def test_staff_can_turn_it_into_a_request(cast, as_, policy):
    question = make_question(cast=cast, policy=policy, clause_key="say-so")
    text = page(as_(cast.paul), question.get_absolute_url())
    assert f"/questions/{question.pk}/request/" in text
    assert f"{policy.get_absolute_url()}#c-say-so" in text
    actions.mark_requested(question=question, by=cast.paul)
    assert f"/questions/{question.pk}/request/" not in page(as_(cast.paul), question.get_absolute_url())


def test_about_a_service(cast, as_):
    question = make_question(cast=cast, service=make_service(title="Open an account"))
    assert "/services/open-an-account/" in page(as_(cast.otto), question.get_absolute_url())


def test_a_question_takes_as_many_queries_for_three_answers_as_for_one(cast, as_):
    question = make_question(cast=cast, topic=make_topic())
    make_answer(cast=cast, question=question)
    one = queries(as_(cast.emma), question.get_absolute_url())
    make_answer(cast=cast, question=question, body="Two.", by=cast.hana)
    make_answer(cast=cast, question=question, body="Three.", by=cast.lena)
    assert (one, queries(as_(cast.emma), question.get_absolute_url())) == (5, 5)


@pytest.mark.parametrize("about", ["policy=%00", "playbook=a%00", "service=%00", "policy=x&clause=%00"])
def test_an_address_that_no_database_takes_is_about_nothing(as_, cast, about):
    """PostgreSQL refuses a NUL in a text."""
    response = as_(cast.emma).get(f"/questions/ask/?{about}")
    assert (response.status_code, response.context["about"]) == (200, {})


@pytest.mark.parametrize("kind", ["policy", "playbook"])
def test_a_question_is_closed_to_whom_its_subject_is_closed(
    cast, as_, kind, django_capture_on_commit_callbacks, monkeypatch
):
    """The audience narrows after the question was asked: its words, its answers and its search hit follow."""

    def run(task, args, **options):
        task.run(*args)

    def change(thing, audiences):
        verb = policy_actions.change_policy if kind == "policy" else actions.change_playbook
        with django_capture_on_commit_callbacks(execute=True):
            verb(**{kind: thing}, audiences=audiences, by=cast.paul)

    def found(person):
        hits = search.search("zeppelin", group_ids=person.audience_group_ids(), kinds=["question"]).hits
        return {hit.object_id for hit in hits}

    def reads(person):
        listed = "zeppelin" in page(as_(person), "/questions/").lower()
        status = as_(person).get(question.get_absolute_url()).status_code
        assert (listed, status) in [(True, 200), (False, 404)], person.name
        return listed

    monkeypatch.setattr("celery.app.task.Task.apply_async", run)
    make = make_policy_version if kind == "policy" else make_published
    thing = getattr(make(cast=cast, title="Airships"), kind)
    question = make_question(cast=cast, title="May the zeppelin fly?", by=cast.emma, **{kind: thing})
    with django_capture_on_commit_callbacks(execute=True):
        make_answer(cast=cast, question=question, body="Only the zeppelin canary.")
    assert all(reads(person) for person in [cast.emma, cast.otto, cast.rita, cast.paul])
    assert found(cast.otto) == {question.pk}

    change(thing, [cast.retail.group])
    assert (reads(cast.rita), found(cast.rita)) == (True, {question.pk})
    assert (reads(cast.otto), found(cast.otto)) == (False, set())
    assert reads(cast.emma)  # who asked keeps it
    assert reads(cast.audra)
    assert search.search("zeppelin", group_ids=None, kinds=["question"]).total == 1

    change(thing, [])
    assert (reads(cast.otto), found(cast.otto)) == (True, {question.pk})


def test_a_question_on_a_department_is_found_below_it_once_the_subject_is_for_those_only(cast):
    policy = make_policy_version(cast=cast, audiences=[cast.retail.group]).policy
    question = make_question(cast=cast, by=cast.rita, policy=policy)
    make_answer(cast=cast, question=question)
    for audiences, expected in [
        ([cast.retail], (cast.retail.group_id,)),
        ([cast.stores], (cast.stores.group_id,)),
        ([cast.company], (cast.retail.group_id,)),
        ([], (cast.retail.group_id,)),
        ([cast.care], ()),
    ]:
        policy_actions.change_policy(policy=policy, audiences=[spoke.group for spoke in audiences], by=cast.paul)
        assert tasks.question_document(question.pk).audience_ids == expected
        (listed,) = [document for document in tasks.question_documents() if document.object_id == question.pk]
        assert listed.audience_ids == expected


def test_a_question_about_a_playbook_is_turned_into_a_suggestion(cast, as_):
    sections = [section(key="ask-first", body="Ask the owner."), section("Then", key="then", body="Go on.")]
    playbook = make_published(cast=cast, sections=sections).playbook
    question = make_question(cast=cast, title="Whom first?", playbook=playbook)
    client = as_(cast.rita)
    page = client.get(question.get_absolute_url()).content.decode()
    assert '<option value="then">2 Then</option>' in page
    address = f"{question.get_absolute_url()}suggest/"
    assert client.get(address, {"section": "gone"}).status_code == 404
    form = client.get(address, {"section": "then"}, follow=True)
    assert form.context["form"]["body"].value() == "Go on."
    assert form.context["form"]["reason"].value() == "Somebody asked: Whom first?"
    make_answer(cast=cast, question=question, body="Legal, by phone.")
    accepted = make_answer(cast=cast, question=question, body="The owner.")
    make_answer(cast=cast, question=question, body="Nobody.")
    actions.accept_answer(answer=accepted, by=cast.emma)
    form = client.get(address, {"section": "then"}, follow=True)
    assert form.context["form"]["body"].value() == "Go on.\n\nThe owner."
    # What is not hers to read, or about another playbook, gives nothing; nor does it write over her own draft.
    other = make_published(cast=cast, sections=sections).playbook
    for number in (question.pk, "x", "9" * 20):
        form = client.get(f"{other.get_absolute_url()}suggest/then/", {"question": number})
        assert form.context["form"]["body"].value() == "Go on."
    make_suggestion(playbook=playbook, by=cast.rita, key="then", body="My draft.", sent=False)
    form = client.get(address, {"section": "then"}, follow=True)
    assert form.context["form"]["body"].value() == "My draft."


def test_only_questions_about_a_playbook_become_suggestions_and_auditors_make_none(cast, as_):
    about = make_question(cast=cast, playbook=make_published(cast=cast).playbook)
    for person, question in ((cast.emma, make_question(cast=cast)), (cast.audra, about)):
        assert "Turn into a suggestion" not in as_(person).get(question.get_absolute_url()).content.decode()
        assert as_(person).get(f"{question.get_absolute_url()}suggest/?section=ask-first").status_code == 404
