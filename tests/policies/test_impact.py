"""Before publishing: who will be asked to sign, what rests on the clauses that change, and who is asked to look."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub import slots
from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.models import OutboxMessage
from policies import actions
from policies.reports import impact
from spokes.actions import move_home
from tests.engagements.factories import make_in, make_request
from tests.factories import make_person
from tests.playbooks import factories as of_playbooks
from tests.policies.factories import clause, make_draft, make_published, make_running, make_waiver, sign
from tests.spokes.factories import make_account


@pytest.fixture
def old(cast):
    clauses = [clause("Ask first", key="ask", body="Ask the press office."), clause("Be kind", key="kind")]
    return make_published(cast=cast, title="Rules", clauses=clauses, must_sign=True)


@pytest.fixture
def draft(cast, old):
    clauses = [
        clause("Ask first", key="ask", body="Never ask the press office."),
        clause("Be kind", key="kind"),
    ]
    return make_draft(cast=cast, policy=old.policy, clauses=clauses)


def desk(version, step="impact"):
    return f"/admin/policies/policy/{version.policy_id}/{step}/"


def of(version, old):
    version.refresh_from_db()
    return impact(version, old)


def counts(found):
    return {one.name: (one.again, one.first_time) for one in found.departments}


def test_who_is_asked_by_department(cast, old, draft):
    sign(person=cast.rita, version=old)
    sign(person=cast.dora, version=old)
    gone = make_person(name="Gone", is_active=False)
    move_home(person=gone, spoke=cast.retail, by=None)
    found = of(draft, old)
    assert found.asks
    assert found.why == "The rule changes in 1 clause, so earlier signatures do not hold for this version."
    assert found.again == 2
    table = counts(found)
    assert table["Retail"][0] == 2
    everybody = [*cast.everybody().values(), cast.root]
    assert found.again + found.first_time == sum(person.is_active for person in everybody)


def test_it_says_in_how_many_clauses_the_rule_changes(cast, old):
    both = [clause("Ask first", key="ask", body="Never ask."), clause("Be kind", key="kind", force="should"), clause()]
    draft = make_draft(cast=cast, policy=old.policy, clauses=both)
    draft = actions.set_significance(
        version=draft, choices={"say-where-you-work": "clarifying"}, lock=draft.lock, by=cast.paul
    )
    found = of(draft, old)
    assert found.why == "The rule changes in 2 clauses, so earlier signatures do not hold for this version."


def test_what_is_stated_of_the_whole_names_no_clause(cast):
    same = [clause("Be kind", key="kind")]
    old = make_published(cast=cast, must_sign=True, clauses=same)
    found = of(make_draft(cast=cast, policy=old.policy, clauses=same, significance="material"), old)
    assert found.why == "The rule is said to change as a whole, so earlier signatures do not hold for this version."


def test_only_whom_it_is_addressed_to(cast, old, draft):
    actions.change_policy(policy=old.policy, audiences=[cast.care.group], by=cast.paul)
    make_account(spoke=cast.care)
    make_account(spoke=cast.retail)
    found = of(draft, old)
    assert counts(found) == {"Customer Care": (0, 1)}
    assert found.accounts == 1


def test_nobody_is_asked_when_no_change_is_material(cast, old, draft):
    version = actions.set_significance(version=draft, choices={"ask": "clarifying"}, lock=draft.lock, by=cast.paul)
    found = of(version, old)
    assert (found.asks, found.departments) == (False, [])
    assert "earlier signatures hold" in found.why


def test_nobody_is_asked_where_nobody_signs(cast, old, draft):
    actions.change_policy(policy=old.policy, must_sign=False, by=cast.paul)
    assert of(draft, old).why == "The policy itself asks nobody to sign."


def test_a_first_version_asks_everybody(cast):
    first = make_draft(cast=cast, must_sign=True)
    found = impact(first, None)
    assert "first version" in found.why
    assert found.first_time > 5
    assert found.touched == {}


# --- What rests on it -------------------------------------------------------------------------------------------------


def playbook(cast, policy, *, key="ask", title="How to ask", **fields):
    section = of_playbooks.section(key="one")
    cites = [{"section_key": "one", "policy": policy, "clause_key": key}]
    revision = of_playbooks.make_published(cast=cast, title=title, sections=[section], citations=cites, **fields)
    return revision.playbook


def test_playbooks_and_running_requests_that_rest_on_changed_clauses(cast, old, draft):
    cited = playbook(cast, old.policy)
    playbook(cast, old.policy, key="kind", title="How to be kind")
    request = make_request(cast=cast, cites=[(old.policy, "ask"), (old.policy, "kind")])
    make_in("closed", cast=cast, cites=[(old.policy, "ask")])
    found = of(draft, old)
    assert {kind: [(thing.title, thing.parts) for thing in things] for kind, things in found.touched.items()} == {
        "playbook": [(cited.title, ("ask",))],
        "request": [(f"#{request.pk} {request.title}", ("ask",))],
    }
    assert cited.owner in found.to_tell


def test_waivers_of_changed_clauses_and_the_campaign_that_runs(cast, old, draft):
    waiver = make_waiver(cast=cast, version=old, key="ask")
    make_waiver(cast=cast, version=old, key="kind", spoke=cast.care)
    campaign = make_running(cast=cast, version=old)
    found = of(draft, old)
    [thing] = found.touched["waiver"]
    assert thing.title.startswith("Retail is released until ")
    assert (thing.url, thing.people) == (waiver.get_absolute_url(), (cast.hana,))
    assert found.campaign == campaign


def test_questions_at_signing_that_a_changed_clause_answers(cast, old, draft, client):
    asked, left = (
        actions.save_question(
            policy=old.policy, clause_key="ask", text=text, choices=["Yes", "No"], right=0, by=cast.paul
        )
        for text in ("Do you say it?", "Do you always?")
    )
    actions.set_question_on(question=left, is_on=False, by=cast.paul)
    assert [thing.title for thing in of(draft, old).touched["question"]] == ["Do you say it?"]
    client.force_login(cast.paul)
    page = client.get(desk(old)).content.decode()
    assert desk(old, f"quiz/{asked.pk}") in page
    assert "nobody looks after it" not in page


def test_a_material_change_ends_a_campaign_also_where_the_policy_asks_nobody(cast, old, draft, client):
    actions.change_policy(policy=old.policy, must_sign=False, by=cast.paul)
    make_running(cast=cast, version=old)
    client.force_login(cast.paul)
    assert "it ends when this version comes into force" in client.get(desk(draft)).content.decode()
    actions.set_significance(version=draft, choices={"ask": "clarifying"}, lock=draft.lock, by=cast.paul)
    assert "is running and goes on" in client.get(desk(draft)).content.decode()


def test_follow_ups_reach_each_once(cast, old, draft):
    playbook(cast, old.policy)
    make_request(cast=cast, cites=[(old.policy, "ask")])
    posted = actions.make_follow_ups(version=draft, lock=draft.lock, by=cast.hana)
    told = OutboxMessage.objects.filter(kind="clause_changed")
    assert posted == told.count() >= 2
    assert actions.make_follow_ups(version=draft, lock=draft.lock, by=cast.paul) == 0
    words = told.filter(about__startswith="playbooks").first()
    assert "Please look at How to ask: Rules changes" in words.subject
    assert "1. Ask first (changed, material)" in words.text
    assert f"/playbooks/{'how-to-ask'}/" in words.text


def test_everybody_the_page_counts_is_asked_to_look(cast, old, draft):
    playbook(cast, old.policy)
    make_waiver(cast=cast, version=old, key="ask")
    actions.make_follow_ups(version=draft, lock=draft.lock, by=cast.paul)
    told = OutboxMessage.objects.filter(kind="clause_changed")
    assert {letter.recipient for letter in told} == of(draft, old).to_tell
    [letter] = told.filter(recipient=cast.hana, about__startswith="policies.waiver")
    assert "Retail is released until" in letter.subject


def test_follow_ups_that_cannot_be(cast, old, draft):
    with pytest.raises(NotAllowed):
        actions.make_follow_ups(version=draft, lock=draft.lock, by=cast.rita)
    with pytest.raises(Conflict):
        actions.make_follow_ups(version=draft, lock=draft.lock + 1, by=cast.paul)
    with pytest.raises(NotAllowed, match="published already"):
        actions.make_follow_ups(version=old, lock=old.lock, by=cast.paul)
    first = make_draft(cast=cast)
    with pytest.raises(Invalid, match="No clause changes"):
        actions.make_follow_ups(version=first, lock=first.lock, by=cast.paul)


def test_nobody_who_left_is_told(cast, old, draft):
    cited = playbook(cast, old.policy)
    type(cited.owner).objects.filter(pk=cited.owner_id).update(is_active=False)
    [thing] = slots.touched.gather(old.policy, ["ask"])
    assert cited.owner not in thing.people


# --- The page ---------------------------------------------------------------------------------------------------------


def test_the_page_says_it_all_and_asks_once(cast, old, draft, client):
    playbook(cast, old.policy)
    client.force_login(cast.paul)
    words = client.get(desk(draft)).content.decode()
    for part in ("How to ask", "rests on", "Ask them to look", "sign again", "Retail"):
        assert part in words
    answer = client.post(desk(draft, "follow-ups"), {"lock": draft.lock}, follow=True)
    assert "on " in answer.content.decode()
    assert "Last asked by" in answer.content.decode()
    again = client.post(desk(draft, "follow-ups"), {"lock": draft.lock}, follow=True)
    assert "has been asked already" in again.content.decode()
    late = client.post(desk(draft, "follow-ups"), {"lock": 99}, follow=True)
    assert "changed while you were looking" in late.content.decode()


def test_a_version_that_touches_nothing_says_so(cast, old, draft, client):
    client.force_login(cast.audra)
    words = client.get(desk(draft)).content.decode()
    assert "No playbook and no running request" in words
    assert "Ask them to look" not in words
    first = make_draft(cast=cast)
    assert "Nothing can rest on a first version" in client.get(desk(first)).content.decode()
    assert client.get(desk(make_published(cast=cast)))["Location"].endswith("/versions/")


def test_the_page_costs_the_same_with_one_and_with_three(cast, old, draft, client):
    client.force_login(cast.paul)

    def cost():
        client.get(desk(draft))
        with CaptureQueriesContext(connection) as queries:
            client.get(desk(draft))
        return len(queries)

    playbook(cast, old.policy)
    make_request(cast=cast, cites=[(old.policy, "ask")])
    before = cost()
    for number in (2, 3):
        playbook(cast, old.policy, title=f"How to ask {number}")
        make_request(cast=cast, cites=[(old.policy, "ask")])
    assert cost() == before
