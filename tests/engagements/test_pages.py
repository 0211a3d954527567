"""The pages: who gets them, what they keep, and what they cost."""

import re
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from engagements import actions
from engagements.actions import filing
from engagements.actions.base import locked
from engagements.models import EngagementRequest, Entry
from engagements.reports import desk_counts
from engagements.urls import urlpatterns
from engagements.views.requests import DEEDS
from engagements.workflow import Outcome, Status
from hub import search
from hub.models import OutboxMessage
from playbooks.models import Question
from spokes import actions as spoke_actions
from tests.engagements.factories import FORM, make_draft, make_in, make_offer, make_request
from tests.factories import make_person, make_service, make_spoke, make_term
from tests.playbooks.factories import make_published as make_playbook
from tests.policies.factories import clause
from tests.policies.factories import make_published as make_policy

FORM_URL = "/services/campaign-review/request/"


def token_on(response):
    return re.search(r'name="form_token" value="([^"]+)"', response.content.decode()).group(1)


def filled(response=None, **values):
    return {
        "form_token": token_on(response) if response else str(uuid.uuid4()),
        "title": "Spring shears",
        "q-goal": "500 owners try them",
        "q-claims": "no",
        **values,
    }


def only_request():
    return EngagementRequest.objects.get()


@pytest.fixture
def rita_of_one(cast):
    """A representative of a department without others below it."""
    make_offer(cast=cast)
    return cast.otto


# --- Catalogue --------------------------------------------------------------------------------------------------------


def test_the_catalogue_names_promise_and_queue(cast, as_):
    make_request(cast=cast)
    response = as_(cast.emma).get("/services/")
    assertContains(response, "First answer within 1 working day · done within 5 working days")
    assertContains(response, "1 request in the queue now")
    assertContains(response, 'id="campaign-review"')


def test_a_service_no_longer_offered_is_not_there(cast, as_):
    service = make_service(title="Old", is_offered=False)
    client = as_(cast.rita)
    assertNotContains(client.get("/services/"), "Old")
    assert client.get(f"/services/{service.slug}/").status_code == 404
    assert client.get(f"/services/{service.slug}/request/").status_code == 404
    assert client.post(f"/services/{service.slug}/request/", filled()).status_code == 404


def test_a_service_shows_what_is_asked_and_the_playbooks_that_help(cast, as_):
    service = make_offer(cast=cast)
    playbook = make_playbook(cast=cast).playbook
    playbook.services.add(service)
    response = as_(cast.rita).get("/services/campaign-review/")
    assertContains(response, "What should change?")
    assertContains(response, playbook.title)
    assertContains(response, FORM_URL)
    assertContains(as_(cast.emma).get("/services/campaign-review/"), "/questions/ask/?service=campaign-review")


def test_the_clause_somebody_comes_from_goes_along_to_the_form(cast, as_):
    make_offer(cast=cast)
    make_policy(cast=cast, title="Rules", clauses=[clause("Say so")])
    make_policy(cast=cast, title="Secret", audiences=[cast.operations.group], clauses=[clause("Hush")])
    client = as_(cast.rita)
    page = client.get("/services/?clause=rules:say-so&clause=secret:hush&clause=rules:nothing&clause=%00")
    assertContains(page, '<a href="/policies/rules/#c-say-so">Rules: Say so</a>', html=True)
    assertNotContains(page, "Hush")
    assertContains(page, 'href="/questions/ask/?policy=rules:say-so"')
    link = "/services/campaign-review/?clause=rules:say-so"
    assertContains(page, f'href="{link}"')
    assertContains(client.get(link), f'href="{FORM_URL}?clause=rules:say-so"')
    [(policy, key, heading)] = client.get(f"{FORM_URL}?clause=rules:say-so").context["about"].clauses
    assert (policy.slug, key, heading) == ("rules", "say-so", "Say so")
    plain = client.get("/services/")
    assertContains(plain, 'href="/services/campaign-review/"')
    assertNotContains(plain, "clause=")


def test_auditors_are_not_sent_where_they_may_not_ask(cast, as_):
    make_offer(cast=cast)
    for address in ("/services/", "/services/campaign-review/", FORM_URL, "/hub/", "/requests/"):
        assertContains(as_(cast.emma).get(address), "/questions/ask/")
        assertNotContains(as_(cast.audra).get(address), "/questions/ask/")


# --- The form ---------------------------------------------------------------------------------------------------------


def test_from_the_form_to_the_confirmation(rita_of_one, as_):
    client = as_(rita_of_one)
    page = client.get(FORM_URL)
    response = client.post(FORM_URL, filled(page))
    request = only_request()
    assert response.url == f"/requests/{request.pk}/filed/"
    page = client.get(response.url)
    assertContains(page, "otto@larkfield.example")
    # Nobody looks after it yet: the page says whose mail announces it, and no more.
    assertContains(page, "Goes to")
    assertNotContains(page, "Looked after by")
    assert (request.requester, request.spoke.name, request.title) == (rita_of_one, "Operations", "Spring shears")
    assert request.answers == {"goal": "500 owners try them", "claims": "no"}
    assert [question["key"] for question in request.form] == [question["key"] for question in FORM]
    assert OutboxMessage.objects.count() == 2


def test_the_same_page_sent_twice_makes_one_request(rita_of_one, as_):
    client = as_(rita_of_one)
    data = filled(client.get(FORM_URL))
    assert client.post(FORM_URL, data).url == client.post(FORM_URL, data).url
    assert OutboxMessage.objects.count() == 2


def test_an_error_keeps_everything_that_was_typed(rita_of_one, as_):
    response = as_(rita_of_one).post(FORM_URL, filled(title="", **{"q-claims": "yes"}))
    assert response.status_code == 422
    assertContains(response, "There is a problem", status_code=422)
    assertContains(response, "Give your request a title.", status_code=422)
    assertContains(response, 'href="#id_q-which"', status_code=422)
    assertContains(response, "500 owners try them", status_code=422)
    assert not EngagementRequest.objects.exists()


def test_who_speaks_for_several_departments_chooses_one(cast, as_):
    make_offer(cast=cast)
    client = as_(cast.rita)
    assertContains(client.get(FORM_URL), "For which department?")
    assertContains(client.post(FORM_URL, filled()), "Choose the department.", status_code=422)
    assertContains(client.post(FORM_URL, filled(spoke=cast.operations.pk)), "Select a valid", status_code=422)
    client.post(FORM_URL, filled(spoke=cast.stores.pk))
    assert only_request().spoke == cast.stores


def test_a_token_of_somebody_else_is_refused_with_what_was_typed(cast, as_):
    mine = make_draft(cast=cast)
    response = as_(cast.otto).post(FORM_URL, filled(form_token=str(mine.form_token)))
    assertContains(response, "Only its author can change a draft.", status_code=422)
    assertContains(response, "500 owners try them", status_code=422)


def test_an_unreadable_token_is_refused(rita_of_one, as_):
    assert as_(rita_of_one).post(FORM_URL, filled(form_token="x")).status_code == 422


def test_who_represents_nobody_is_shown_the_way(cast, as_):
    make_offer(cast=cast)
    lower = make_person(name="Nia", spoke=cast.stores, by=cast.root)
    response = as_(lower).get(FORM_URL)
    assertContains(response, "/questions/ask/?service=campaign-review")
    assertContains(response, "rita@larkfield.example")
    assertContains(as_(cast.emma).get(FORM_URL), "Customer Care has no representative yet")
    assertContains(as_(make_person(name="New", by=cast.root)).get(FORM_URL), "You have no department here yet")
    assert as_(cast.emma).post(FORM_URL, filled()).status_code == 403
    assert as_(cast.emma).post(f"{FORM_URL}draft/", filled()).status_code == 403
    assert not EngagementRequest.objects.exists()


def test_a_service_without_questions_has_a_form_too(cast, as_):
    make_service(title="Plain")
    client = as_(cast.otto)
    response = client.post("/services/plain/request/", {"form_token": uuid.uuid4(), "title": "Help"})
    assert response.status_code == 302
    assert only_request().answers == {}


def test_what_it_is_about_comes_along_from_the_address(cast, as_):
    make_offer(cast=cast)
    version = make_policy(cast=cast)
    clause, policy = version.clauses.first(), version.policy
    playbook = make_playbook(cast=cast).playbook
    account = spoke_actions.add_account(platform="x", handle="@larkfield", spoke=cast.operations, by=cast.hana)
    client = as_(cast.otto)
    address = f"{FORM_URL}?clause={policy.slug}:{clause.key}&clause=none:none&account={account.pk}&account=x"
    page = client.get(f"{address}&playbook={playbook.slug}")
    assertContains(page, f'name="clause" value="{policy.slug}:{clause.key}"')
    assertContains(page, "X: larkfield")
    cited = {"clause": f"{policy.slug}:{clause.key}", "account": account.pk, "playbook": playbook.slug}
    client.post(FORM_URL, filled(page, **cited))
    request = only_request()
    assert [(c.policy, c.clause_key) for c in request.citations.all()] == [(policy, clause.key)]
    assert (list(request.accounts.all()), list(request.playbooks.all())) == ([account], [playbook])
    shown = client.get(f"/requests/{request.pk}/")
    assertContains(shown, f"/policies/{policy.slug}/#c-{clause.key}")
    assertContains(shown, f"/playbooks/{playbook.slug}/")
    assertContains(shown, f"/register/{account.pk}/")


def test_a_policy_for_others_is_not_named(cast, as_):
    make_offer(cast=cast)
    version = make_policy(cast=cast)
    version.policy.audiences.set([cast.retail.group])
    key = version.clauses.first().key
    page = as_(cast.otto).get(f"{FORM_URL}?clause={version.policy.slug}:{key}")
    assertNotContains(page, "About:")
    # Cited by somebody who may read it, it still is not shown to a colleague who may not.
    request = make_request(cast=cast, spoke=cast.operations, by=cast.otto, cites=[(version.policy, key)])
    assertNotContains(as_(cast.otto).get(f"/requests/{request.pk}/"), version.policy.slug)
    assertContains(as_(cast.hana).get(f"/requests/{request.pk}/"), version.policy.slug)


def test_accounts_people_and_departments_are_chosen_from_what_there_is(cast, as_):
    account = spoke_actions.add_account(platform="x", handle="@larkfield", spoke=cast.retail, by=cast.hana)
    definition = [
        {"key": key, "label": f"Which {key}?", "type": key, "required": True}
        for key in ["account", "department", "person"]
    ]
    make_offer(cast=cast, title="Access", definition=definition)
    client = as_(cast.otto)
    base = {"form_token": uuid.uuid4(), "title": "New editor", "q-account": account.pk, "q-department": cast.care.pk}
    refused = client.post("/services/access/request/", {**base, "q-person": "Nobody"})
    assertContains(refused, "We know nobody of this name", status_code=422)
    make_person(name="Emma", email="other.emma@larkfield.example", by=cast.root)
    refused = client.post("/services/access/request/", {**base, "q-person": "emma"})
    assertContains(refused, "More than one colleague", status_code=422)
    assert client.post("/services/access/request/", {**base, "q-person": "EMMA@larkfield.example"}).status_code == 302
    assert only_request().answers["person"] == {"id": cast.emma.pk, "label": "Emma (emma@larkfield.example)"}
    assert only_request().answers["account"] == {"id": account.pk, "label": "X: larkfield (Retail)"}


# --- Drafts -----------------------------------------------------------------------------------------------------------


def test_a_draft_is_kept_while_it_is_typed(rita_of_one, as_):
    client = as_(rita_of_one)
    data = filled(title="Spr", **{"q-claims": "", "q-goal": ""})
    answer = client.post(f"{FORM_URL}draft/", data)
    assert answer.status_code == 200
    assert re.fullmatch(r"\d\d:\d\d", answer.json()["saved"])
    client.post(f"{FORM_URL}draft/", {**data, "title": "Spring", "q-goal": "half a sen"})
    draft = only_request()
    assert (draft.title, draft.answers, draft.status) == ("Spring", {"goal": "half a sen"}, "draft")
    page = client.get(f"{FORM_URL}?draft={draft.pk}")
    assertContains(page, 'value="Spring"')
    assertContains(page, "half a sen")
    assert token_on(page) == data["form_token"]
    assertContains(client.get(FORM_URL), f"?draft={draft.pk}")
    assertContains(client.get("/requests/?tab=drafts"), f"?draft={draft.pk}")


def test_a_draft_saved_after_it_was_sent_is_a_conflict(rita_of_one, as_):
    client = as_(rita_of_one)
    data = filled()
    client.post(FORM_URL, data)
    assert client.post(f"{FORM_URL}draft/", data).status_code == 409
    assert client.post(f"{FORM_URL}draft/", {**data, "form_token": "x"}).status_code == 400


def test_a_draft_thrown_away_in_between_is_said_to_be_gone(cast, as_, monkeypatch):
    """Twice discarded, or discarded while it is kept: the row is there when it is looked up, and gone when locked."""
    client = as_(cast.rita)
    draft = make_draft(cast=cast)
    discard = actions.discard_draft

    def second_of_two(*, draft, by):
        discard(draft=draft, by=by)
        discard(draft=EngagementRequest(pk=draft_pk), by=by)

    draft_pk = draft.pk
    with monkeypatch.context() as patch:
        patch.setattr(actions, "discard_draft", second_of_two)
        assertContains(client.post(f"/requests/{draft_pk}/discard/", follow=True), "it was thrown away")
    kept = make_draft(cast=cast)

    def found_before_it_went(token):
        discard(draft=EngagementRequest.objects.get(pk=kept.pk), by=cast.rita)
        return locked(kept)

    monkeypatch.setattr(filing, "_of_token", found_before_it_went)
    answer = client.post(f"{FORM_URL}draft/", filled(form_token=kept.form_token, spoke=cast.retail.pk))
    assert (answer.status_code, "thrown away" in answer.json()["problem"]) == (409, True)


def test_a_draft_without_a_department_asks_for_it_again(cast, as_):
    make_offer(cast=cast)
    client, data = as_(cast.rita), filled()
    data.pop("spoke", None)
    assert client.post(f"{FORM_URL}draft/", data).status_code == 200
    draft = only_request()
    assert client.get(f"{FORM_URL}?draft={draft.pk}").context["form"]["spoke"].value() == ""
    assertContains(client.get("/requests/?tab=drafts"), "not chosen yet")
    client.post(f"{FORM_URL}draft/", {**data, "spoke": cast.stores.pk})
    assert client.get(f"{FORM_URL}?draft={draft.pk}").context["form"]["spoke"].value() == cast.stores.pk
    assertContains(client.get("/requests/?tab=drafts"), "Stores")
    client.post(f"{FORM_URL}draft/", data)
    assertContains(client.post(FORM_URL, data), "Choose the department", status_code=422)
    client.post(FORM_URL, {**data, "spoke": cast.retail.pk})
    draft.refresh_from_db()
    assert (draft.status, draft.spoke, draft.spoke_is_chosen) == ("submitted", cast.retail, True)


def test_without_script_a_draft_is_saved_by_its_button(rita_of_one, as_):
    client = as_(rita_of_one)
    response = client.post(FORM_URL, filled(act="save", title="", **{"q-goal": "half"}))
    draft = only_request()
    assert response.url == f"{FORM_URL}?draft={draft.pk}"
    assertContains(client.get(response.url), "half")
    refused = client.post(FORM_URL, filled(act="save", form_token="x", **{"q-goal": "whole"}))
    assertContains(refused, "whole", status_code=422)


def test_a_draft_keeps_what_it_is_about(cast, as_):
    make_offer(cast=cast)
    playbook = make_playbook(cast=cast).playbook
    version = make_policy(cast=cast)
    key = version.clauses.first().key
    client = as_(cast.otto)
    client.post(f"{FORM_URL}draft/", filled(playbook=playbook.slug, clause=f"{version.policy.slug}:{key}"))
    page = client.get(f"{FORM_URL}?draft={only_request().pk}")
    assertContains(page, f'name="playbook" value="{playbook.slug}"')
    assertContains(page, f'name="clause" value="{version.policy.slug}:{key}"')


def test_a_draft_is_nobody_elses(cast, as_):
    draft = make_draft(cast=cast)
    for person in (cast.dora, cast.hana, cast.audra):
        client = as_(person)
        if person != cast.audra:
            assert client.get(f"{FORM_URL}?draft={draft.pk}").status_code == 404
        assert client.get(f"/requests/{draft.pk}/").status_code == 404
        assert client.post(f"/requests/{draft.pk}/discard/").status_code == 404
    assert as_(cast.rita).get(f"{FORM_URL}?draft=x").status_code == 200
    assert as_(cast.rita).post(f"/requests/{draft.pk}/discard/").url == "/requests/?tab=drafts"
    assert not EngagementRequest.objects.exists()


def test_suggestions_while_typing_and_after_an_error(cast, as_):
    make_offer(cast=cast)
    for document_of in [
        search.Document("policy", 1, "Disclosure of adverts", "/policies/disclosure/", timezone.now()),
        search.Document("service", 2, "Disclosure service", "/services/x/", timezone.now()),
        search.Document(
            "policy", 3, "Disclosure for others", "/policies/o/", timezone.now(), audience_ids=(cast.retail.group_id,)
        ),
    ]:
        search.index(document_of)
    client = as_(cast.otto)
    response = client.get(f"{FORM_URL}suggest/?q=disclosures")
    assertContains(response, "/policies/disclosure/")
    assertNotContains(response, "/services/x/")
    assertNotContains(response, "/policies/o/")
    assert client.get(f"{FORM_URL}suggest/?q=di").content.strip() == b""
    refused = client.post(FORM_URL, filled(title="Disclosure?", **{"q-goal": ""}))
    assertContains(refused, "/policies/disclosure/", status_code=422)


# --- Lists ------------------------------------------------------------------------------------------------------------


def test_mine_and_my_departments(cast, as_):
    mine = make_request(cast=cast, title="Mine")
    make_request(cast=cast, title="Doras", by=cast.dora)
    make_request(cast=cast, title="Ottos", spoke=cast.operations, by=cast.otto)
    client = as_(cast.rita)
    page = client.get("/requests/")
    assertContains(page, "Mine")
    assertNotContains(page, "Doras")
    page = client.get("/requests/?tab=department")
    assertContains(page, "Doras")
    assertNotContains(page, "Ottos")
    assertContains(client.get(f"/requests/?q=%23{mine.pk}"), mine.get_absolute_url())
    assertContains(client.get("/requests/?q=nothing"), "Nothing found")
    assertContains(client.get("/requests/?state=open"), "Mine")
    assertNotContains(client.get("/requests/?state=closed"), mine.get_absolute_url())


@pytest.mark.parametrize(("tab", "words"), [("mine", "No requests yet"), ("department", "No requests yet")])
def test_empty_lists_say_what_to_do(cast, as_, tab, words):
    assertContains(as_(cast.rita).get(f"/requests/?tab={tab}"), words)


def test_empty_lists_of_those_who_represent_nobody(cast, as_):
    client = as_(cast.emma)
    assertContains(client.get("/requests/"), "/questions/ask/")
    assertContains(client.get("/requests/?tab=department"), "/questions/ask/")
    assertContains(client.get("/requests/?tab=drafts"), "No drafts")


def test_lists_are_paged_by_key(cast, as_):
    now = timezone.now()
    for number in range(30):
        make_request(cast=cast, title=f"No {number:02}", at=now - timedelta(hours=number))
    client = as_(cast.rita)
    first = client.get("/requests/")
    assertContains(first, "No 24")
    assertNotContains(first, "No 25")
    second = client.get(f"/requests/{first.context['page'].next_url}")
    assert [row.title for row in second.context["page"]] == [f"No {number}" for number in range(25, 30)]
    assert second.context["page"].next_url == ""
    back = client.get(f"/requests/{second.context['page'].previous_url}")
    assert [row.pk for row in back.context["page"]] == [row.pk for row in first.context["page"]]
    assert back.context["page"].previous_url == ""
    assert client.get("/requests/?after=rubbish").context["page"].rows == first.context["page"].rows


# --- One request ------------------------------------------------------------------------------------------------------


def urls_of(request):
    for pattern in urlpatterns:
        if "number" in pattern.pattern.converters and pattern.name not in {"from_question", "discard"}:
            yield pattern.name, reverse(f"engagements:{pattern.name}", args=[request.pk])


@pytest.mark.parametrize("who", ["otto", "emma", "sam"])
def test_another_department_finds_nothing_at_any_address(cast, as_, who):
    request = make_request(cast=cast, title="Canary 7391")
    client = as_(getattr(cast, who))
    names = [name for name, _url in urls_of(request)]
    assert set(DEEDS) <= set(names)
    for _name, url in urls_of(request):
        assert client.get(url).status_code in {404, 405}
        assert client.post(url, {"text": "x", "reason": "x"}).status_code in {404, 405}
    assert client.post(f"/requests/{request.pk}/reply/", {"text": "x"}).status_code == 404
    for url in ["/requests/", "/requests/?tab=department", f"/requests/?q={request.pk}", "/services/"]:
        assertNotContains(client.get(url), "Canary 7391")


def test_the_department_reads_the_conversation_but_no_note(cast, as_):
    request = make_in(Status.IN_PROGRESS, cast=cast)
    actions.note(request=request, text="Canary 5512", by=cast.hana)
    for person in (cast.rita, cast.dora):
        page = as_(person).get(f"/requests/{request.pk}/")
        assertNotContains(page, "Canary 5512")
        assertContains(page, "500 owners try them")
        assertContains(page, "Time with the hub")
        assertContains(page, "Withdraw")
        assertNotContains(page, "Advise against")
    for person in (cast.hana, cast.audra):
        assertContains(as_(person).get(f"/requests/{request.pk}/"), "Canary 5512")


def test_the_auditor_is_offered_nothing_to_do(cast, as_):
    request = make_in(Status.IN_PROGRESS, cast=cast)
    client = as_(cast.audra)
    page = client.get(f"/requests/{request.pk}/")
    assert page.context["acts"] == []
    assertNotContains(page, "<textarea")
    for name in DEEDS:
        data = {"text": "x", "reason": "x", "summary": "x", "alternative": "x", "mode": "review", "until": "2099-01-01"}
        url = reverse(f"engagements:{name}", args=[request.pk])
        assert client.post(url, data).status_code in {403, 409, 422}
    request.refresh_from_db()
    assert request.status == Status.IN_PROGRESS


def test_the_life_of_a_request_through_its_buttons(cast, as_):
    request = make_request(cast=cast)
    url = f"/requests/{request.pk}/"

    def post(person, act, **data):
        response = as_(person).post(f"{url}{act}/", data)
        assert response.url == url, response.content
        request.refresh_from_db()
        return request

    assert post(cast.hana, "take").assignee == cast.hana
    assert post(cast.hana, "assign", to=cast.paul.pk).assignee == cast.paul
    assert post(cast.hana, "assign", to="").assignee is None
    assert post(cast.paul, "accept", mode="review", exit_criterion="Alone.").status == "accepted"
    assert post(cast.paul, "urgent", reason="Tonight").is_urgent
    assert not post(cast.paul, "not-urgent").is_urgent
    assert post(cast.paul, "snooze", until="2099-01-04").snoozed_until.year == 2099
    assert post(cast.paul, "wake").snoozed_until is None
    assert post(cast.paul, "start").status == "in_progress"
    assert post(cast.paul, "ask", text="Which?").status == "waiting"
    assertContains(as_(cast.rita).get(url), "The hub asked you something")
    assert post(cast.rita, "reply", text="Red.").status == "in_progress"
    assert post(cast.paul, "note", text="ok").status == "in_progress"
    assert post(cast.paul, "answer", text="Fine.").status == "in_progress"
    assert post(cast.paul, "deliver", summary="One page.").status == "delivered"
    assertContains(as_(cast.rita).get(url), "It is delivered")
    assert post(cast.rita, "reopen", reason="Danish").status == "in_progress"
    assert post(cast.paul, "deliver", summary="Two pages.").status == "delivered"
    assert post(cast.dora, "close").outcome == Outcome.DELIVERED
    assertContains(as_(cast.rita).get(url), "Two pages.")
    assert post(cast.rita, "reopen", reason="Again").status == "in_progress"
    assert post(cast.rita, "withdraw", reason="").outcome == Outcome.WITHDRAWN


def test_the_other_ends_through_their_buttons(cast, as_):
    earlier, duplicate, against = (make_request(cast=cast) for _ in range(3))
    client = as_(cast.hana)
    client.post(f"/requests/{duplicate.pk}/mark-duplicate/", {"of": earlier.pk})
    client.post(f"/requests/{against.pk}/advise-against/", {"reason": "Late", "alternative": "Ours"})
    duplicate.refresh_from_db()
    against.refresh_from_db()
    assert (duplicate.outcome, against.outcome) == (Outcome.DUPLICATE, Outcome.ADVISED_AGAINST)
    client = as_(cast.rita)
    assertContains(client.get(f"/requests/{duplicate.pk}/"), earlier.get_absolute_url())
    client.post(f"/requests/{against.pk}/go-ahead/", {"reason": "Paid for"})
    against.refresh_from_db()
    assert against.outcome == Outcome.WENT_AHEAD


@pytest.mark.parametrize(
    ("act", "data", "sentence"),
    [
        ("accept", {"mode": "x"}, "Select a valid choice"),
        ("deliver", {"summary": ""}, "Say in a sentence or two"),
        ("advise-against", {"reason": "Because 8812", "alternative": ""}, "Because 8812"),
        ("mark-duplicate", {"of": "999999"}, "There is no request of that number."),
        ("urgent", {"reason": ""}, "Say why it is urgent."),
        ("snooze", {"until": "2020-01-01"}, "Choose a day in the future."),
        ("snooze", {"until": ""}, "Give the day."),
        ("answer", {"text": "  "}, "Write your message first."),
        ("assign", {"to": "999999"}, "Select a valid choice"),
    ],
)
def test_a_refused_form_comes_back_open_with_its_error(cast, as_, act, data, sentence):
    request = make_request(cast=cast)
    response = as_(cast.hana).post(f"/requests/{request.pk}/{act}/", data)
    assertContains(response, sentence, status_code=422)
    assertContains(response, "There is a problem", status_code=422)


def test_a_message_that_comes_too_late_is_not_lost(cast, as_):
    request = make_in(Status.CLOSED, cast=cast)
    response = as_(cast.rita).post(f"/requests/{request.pk}/reply/", {"text": "Canary 9911"})
    assertContains(response, "This request is closed. Reopen it to go on.", status_code=409)
    assertContains(response, "Canary 9911", status_code=409)
    response = as_(cast.hana).post(f"/requests/{request.pk}/deliver/", {"summary": "Canary 9912"})
    assertContains(response, "Canary 9912", status_code=409)


def test_a_button_that_comes_too_late_says_why(cast, as_):
    request = make_request(cast=cast)
    actions.take(request=request, by=cast.paul)
    page = f"http://testserver/requests/{request.pk}/"
    response = as_(cast.hana).post(f"/requests/{request.pk}/take/", headers={"referer": page}, follow=True)
    assertContains(response, "Paul has it already")


def test_hostile_text_is_text(cast, as_):
    request = make_request(cast=cast, title="<script>alert(1)</script>", answers={"goal": "<img src=x onerror=a()>"})
    actions.reply(request=request, text="<script>alert(2)</script> [x](javascript:alert(3))", by=cast.rita)
    page = as_(cast.hana).get(f"/requests/{request.pk}/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert 'href="javascript' not in page


def test_only_get_reads_and_only_post_writes(cast, as_):
    request = make_request(cast=cast)
    client = as_(cast.hana)
    for name in DEEDS:
        assert client.get(reverse(f"engagements:{name}", args=[request.pk])).status_code == 405
    assert client.post(f"/requests/{request.pk}/").status_code == 405
    assert client.get("/desk/queue/act/").status_code == 405


# --- From a question --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("of_department", [True, False])
def test_staff_turn_a_question_into_a_request(cast, as_, of_department):
    service = make_offer(cast=cast)
    question = Question.objects.create(
        title="May we?",
        asked_by=cast.emma,
        asked_for=cast.care if of_department else None,
        asked_at=timezone.now(),
    )
    url = f"/questions/{question.pk}/request/"
    assert as_(cast.emma).get(url).status_code == 403
    client = as_(cast.hana)
    assertContains(client.get(url), "May we?")
    assertNotContains(client.get(url), "-----")
    assertContains(client.post(url, {}), "Choose a service.", status_code=422)
    response = client.post(url, {"service": service.pk, "spoke": cast.care.pk})
    assert response.url == only_request().get_absolute_url()
    assert only_request().spoke == cast.care


def test_a_question_of_a_closed_department_is_refused_on_the_form(cast, as_):
    old = make_spoke(name="Old", parent=cast.company)
    question = Question.objects.create(title="May we?", asked_by=cast.emma, asked_for=old, asked_at=timezone.now())
    old.closed_on = timezone.localdate()
    old.save()
    data = {"service": make_offer(cast=cast).pk}
    assertContains(as_(cast.hana).post(f"/questions/{question.pk}/request/", data), "Old is closed", status_code=422)


# --- The desk ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["rita", "emma", "sam"])
def test_the_desk_is_for_the_hub(cast, as_, who):
    client = as_(getattr(cast, who))
    assert client.get("/desk/").status_code == 403
    assert client.get("/desk/queue/").status_code == 403
    assert client.post("/desk/queue/act/", {}).status_code == 403


def test_the_desk_shows_what_is_mine_nobodys_late_and_waiting(cast, as_):
    actions.take(request=make_request(cast=cast, title="Taken"), by=cast.hana)
    make_request(cast=cast, title="Late", at=timezone.now() - timedelta(days=20))
    make_in(Status.WAITING, cast=cast, title="Asked")
    page = as_(cast.hana).get("/desk/")
    names = {key: [row.title for row in page.context[key]] for key in ["mine", "unassigned", "late", "waiting"]}
    assert names == {"mine": ["Taken"], "unassigned": ["Late"], "late": ["Late"], "waiting": ["Asked"]}
    counts = page.context["counts"]
    assert (counts.open, counts.mine, counts.unassigned, counts.missed, counts.waiting) == (3, 1, 1, 1, 1)
    assert as_(cast.audra).get("/desk/").status_code == 200


def test_an_empty_desk_is_calm(cast, as_):
    assertContains(as_(cast.hana).get("/desk/"), "Every promise is safe.")


QUEUE = ["Plain", "Urgent", "Waiting", "Closed", "Late", "Aside", "Other"]


@pytest.fixture
def queued(cast):
    now = timezone.now()
    late = make_request(cast=cast, title="Late", at=now - timedelta(days=20))
    plain = make_request(cast=cast, title="Plain")
    actions.take(request=plain, by=cast.paul)
    urgent = make_request(cast=cast, title="Urgent")
    actions.set_urgent(request=urgent, reason="Tonight", by=cast.hana)
    make_in(Status.WAITING, cast=cast, title="Waiting")
    make_in(Status.CLOSED, cast=cast, title="Closed")
    aside = make_request(cast=cast, title="Aside")
    actions.snooze(request=aside, until=now + timedelta(days=2), by=cast.hana)
    other = make_offer(cast=cast, title="Training")
    make_request(cast=cast, title="Other", spoke=cast.operations, by=cast.otto, service=other)
    make_draft(cast=cast, title="Draft")
    return {"late": late, "paul": cast.paul}


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ["Urgent", "Late", "Plain", "Other"]),
        ("snoozed=too", ["Urgent", "Late", "Plain", "Aside", "Other"]),
        ("snoozed=only", ["Aside"]),
        ("state=open", ["Urgent", "Late", "Plain", "Other", "Waiting"]),
        ("state=waiting", ["Waiting"]),
        ("state=closed", ["Closed"]),
        ("who=none", ["Urgent", "Late", "Other"]),
        ("who=me", []),
        ("who={paul}", ["Plain"]),
        ("service=training", ["Other"]),
        ("spoke=operations", ["Other"]),
        ("promise=missed", ["Late"]),
        ("promise=risk", ["Late"]),
        ("q=clos", ["Closed"]),
        ("q=%23{late}", ["Late"]),
        ("q=draft", []),
        ("state=nonsense&spoke=nowhere", ["Urgent", "Late", "Plain", "Other"]),
    ],
)
def test_the_queues_filters(cast, as_, queued, query, titles):
    query = query.format(paul=queued["paul"].pk, late=queued["late"].pk)
    page = as_(cast.hana).get(f"/desk/queue/?{query}")
    assert [row.title for row in page.context["page"]] == titles


def test_several_are_taken_or_given_at_once(cast, as_):
    rows = [make_request(cast=cast) for _ in range(3)]
    actions.take(request=rows[0], by=cast.paul)
    client = as_(cast.hana)
    data = {"request": [row.pk for row in rows], "act": "take", "next": "/desk/queue/?who=none"}
    response = client.post("/desk/queue/act/", data, follow=True)
    assert response.redirect_chain[0][0] == "/desk/queue/?who=none"
    assertContains(response, f"#{rows[0].pk}: Paul has it already")
    assertContains(response, "2 requests are yours now.")
    data |= {"act": "assign", "to": cast.lena.pk}
    assertContains(client.post("/desk/queue/act/", data, follow=True), "3 requests assigned to Lena.")
    assert EngagementRequest.objects.filter(assignee=cast.lena).count() == 3


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"act": "take"}, "Tick at least one"),
        ({"act": "take", "request": ["x", "9" * 30]}, "Tick at least one"),
        ({"act": "assign", "request": ["1"], "to": "rita"}, "Choose who looks after them"),
    ],
)
def test_what_several_cannot_do(cast, as_, data, words):
    make_request(cast=cast)
    data["next"] = "https://evil.example/"
    response = as_(cast.hana).post("/desk/queue/act/", data, follow=True)
    assert response.redirect_chain == [("/desk/queue/", 302)]
    assertContains(response, words)


def test_the_auditor_cannot_work_the_queue(cast, as_):
    make_request(cast=cast)
    client = as_(cast.audra)
    assertNotContains(client.get("/desk/queue/"), "Take them")
    assert client.post("/desk/queue/act/", {"act": "take"}).status_code == 403


# --- What pages cost --------------------------------------------------------------------------------------------------

COSTS = [
    ("rita", "/services/", 3),
    ("rita", "/services/campaign-review/", 6),
    ("otto", FORM_URL, 5),
    ("rita", "/requests/", 5),
    ("rita", "/requests/?tab=department&state=open&q=spring", 5),
    ("rita", "/requests/?tab=drafts", 5),
    ("rita", "/requests/{number}/", 9),
    ("hana", "/requests/{number}/", 9),
    ("hana", "/desk/", 8),
    ("hana", "/desk/queue/?state=open", 7),
    ("audra", "/desk/queue/?state=open&q=spring", 7),
]


@pytest.mark.parametrize(("who", "url", "most"), COSTS)
def test_a_page_costs_the_same_for_one_and_for_three(cast, as_, django_assert_max_num_queries, who, url, most):
    playbook = make_playbook(cast=cast).playbook
    version = make_policy(cast=cast)
    cites = [(version.policy, version.clauses.first().key)]
    client = as_(getattr(cast, who))

    def add():
        request = make_request(cast=cast, cites=cites, playbooks=[playbook])
        actions.take(request=request, by=cast.hana)
        make_request(cast=cast, by=cast.hana, at=timezone.now() - timedelta(days=9))
        make_draft(cast=cast)
        actions.answer(request=request, text="Hello.", by=cast.paul)
        actions.ask(request=request, text="Which?", by=cast.hana)
        return request

    number = add().pk
    client.get(url.format(number=number))
    costs = []
    for _round in range(2):
        desk_counts.kept.clear()
        with django_assert_max_num_queries(most) as captured:
            assert client.get(url.format(number=number)).status_code == 200
        costs.append(len(captured))
        number = add().pk
        add()
    assert costs[0] == costs[1]


def test_a_long_conversation_costs_the_same(cast, as_, django_assert_max_num_queries):
    request = make_request(cast=cast)
    for number in range(20):
        actions.answer(request=request, text=f"No. {number}", by=cast.hana if number % 2 else cast.paul)
    client = as_(cast.rita)
    with django_assert_max_num_queries(9):
        client.get(f"/requests/{request.pk}/")
    assert Entry.objects.count() == 21


def test_terms_below_and_above(cast, as_):
    """Whoever represents the company sees all; whoever represents a unit sees that alone."""
    nia = make_person(name="Nia", spoke=cast.stores, by=cast.root)
    make_term(person=nia, spoke=cast.stores)
    retail, stores = make_request(cast=cast), make_request(cast=cast, spoke=cast.stores)
    client = as_(nia)
    assert client.get(f"/requests/{retail.pk}/").status_code == 404
    assert client.get(f"/requests/{stores.pk}/").status_code == 200
