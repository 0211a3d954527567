"""A suggestion's life: written and kept, sent, answered; nothing that anybody typed is lost."""

import uuid

import pytest

from hub import slots
from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.models import OutboxMessage
from playbooks import actions, checklists
from playbooks.actions.suggestion import NOTHING_OPEN
from playbooks.models import Suggestion
from tests.factories import make_person
from tests.playbooks.factories import make_draft, make_playbook, make_published, make_submitted, section, submit

BODY = "Ask the owner.\n\n- [ ] Owner asked\n- [ ] Answer kept"


@pytest.fixture
def playbook(cast):
    """Emma's, with Rita as deputy."""
    mine = make_playbook(cast=cast, title="Ask first", owner=cast.emma, deputy=cast.rita)
    sections = [section("Ask", key="ask", body=BODY), section("Wait", key="wait", body="Wait a day.")]
    return make_published(cast=cast, playbook=mine, sections=sections).playbook


def keep(playbook, *, by, key="ask", **values):
    text = {"heading": "Ask", "body": "Ask the owner by phone.", "reason": "Mail goes unread."}
    values = {**text, "base": playbook.current.number, "form_token": uuid.uuid4(), **values}
    return actions.save_suggestion(playbook=playbook, section_key=key, by=by, **values)


def send(playbook, *, by, **values):
    return actions.send_suggestion(suggestion=keep(playbook, by=by, **values), by=by)


def accept(suggestion, *, by, lock=NOTHING_OPEN, **values):
    values = {"heading": suggestion.heading, "body": suggestion.body, **values}
    return actions.accept_suggestion(suggestion=suggestion, lock=lock, by=by, **values)


def told(kind):
    return sorted(OutboxMessage.objects.filter(kind=kind).values_list("recipient__name", flat=True))


# --- Writing ----------------------------------------------------------------------------------------------------------


def test_a_draft_may_be_unfinished_and_is_hers_alone(cast, playbook):
    draft = keep(playbook, by=cast.otto, body="", reason="")
    assert draft.status == "draft"
    assert list(Suggestion.objects.visible_to(cast.otto)) == [draft]
    for person in (cast.emma, cast.hana, cast.audra, cast.sam):
        assert not Suggestion.objects.visible_to(person).exists()


def test_one_page_saves_again_and_another_is_told(cast, playbook):
    page = uuid.uuid4()
    draft = keep(playbook, by=cast.otto, body="One.", form_token=page)
    assert keep(playbook, by=cast.otto, body="Two.", form_token=page) == draft
    with pytest.raises(Conflict) as refused:
        keep(playbook, by=cast.otto, body="Other.", form_token=uuid.uuid4())
    assert refused.value.theirs.body == "Two."
    assert keep(playbook, by=cast.otto, body="Both.", form_token=uuid.uuid4(), seen_token=page).body == "Both."
    assert Suggestion.objects.count() == 1


def test_a_form_sent_twice_is_one_suggestion(cast, playbook):
    page = uuid.uuid4()
    first = send(playbook, by=cast.otto, form_token=page)
    again = keep(playbook, by=cast.otto, form_token=page)
    assert (again, again.status, Suggestion.objects.count()) == (first, "waiting", 1)
    assert told("suggestion_made") == ["Emma", "Rita"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"reason": "  "}, "reason"),
        ({"body": ""}, "body"),
        ({"heading": ""}, "heading"),
        ({"body": checklists.without_keys(BODY)}, "body"),
        ({"body": "- [ ] " + "x" * 501}, "body"),
    ],
)
def test_what_cannot_be_sent_stays_a_draft(cast, playbook, values, field):
    draft = keep(playbook, by=cast.otto, **values)
    with pytest.raises(Invalid) as refused:
        actions.send_suggestion(suggestion=draft, by=cast.otto)
    assert refused.value.field == field
    draft.refresh_from_db()
    assert draft.status == "draft"


@pytest.mark.parametrize(("field", "text"), [("heading", "x" * 251), ("body", "x" * 50_001), ("reason", "x" * 2001)])
def test_what_is_too_long_is_not_kept(cast, playbook, field, text):
    with pytest.raises(Invalid, match="Keep it under") as refused:
        keep(playbook, by=cast.otto, **{field: text})
    assert refused.value.field == field
    assert not Suggestion.objects.exists()


def test_a_section_that_is_not_there_is_not_suggested(cast, playbook):
    with pytest.raises(NotAllowed, match="not in the playbook any more"):
        keep(playbook, by=cast.otto, key="nothing")
    assert not Suggestion.objects.exists()


def test_nobody_sends_what_another_has_not_finished(cast, playbook):
    draft = keep(playbook, by=cast.otto)
    for person in (cast.emma, cast.paul):
        with pytest.raises(NotAllowed, match="whoever wrote"):
            actions.send_suggestion(suggestion=draft, by=person)
    draft.refresh_from_db()
    assert draft.status == "draft"
    assert told("suggestion_made") == []


def test_hostile_text_is_kept_as_text(cast, as_, playbook):
    hostile = "<script>alert(1)</script>\x00\u202e [x](javascript:alert(1))"
    suggestion = send(playbook, by=cast.otto, heading="<b>Ask</b>", body=hostile, reason=hostile)
    page = as_(cast.emma).get(suggestion.get_absolute_url()).content.decode()
    assert "<script>alert" not in page and 'href="javascript' not in page and "<h1><b>" not in page


def test_auditors_and_those_it_is_not_for_suggest_nothing(cast, playbook):
    with pytest.raises(NotAllowed):
        keep(playbook, by=cast.audra)
    playbook.audiences.set([cast.retail.group])
    with pytest.raises(NotAllowed):
        keep(playbook, by=cast.otto)


def test_the_text_that_changed_meanwhile_is_shown_before_it_is_sent(cast, playbook):
    draft = keep(playbook, by=cast.otto)
    make_published(cast=cast, playbook=playbook, sections=[section("Ask", key="ask", body="Ask twice.")])
    with pytest.raises(Conflict) as refused:
        actions.send_suggestion(suggestion=draft, by=cast.otto)
    assert refused.value.theirs.body == "Ask twice."
    draft = keep(playbook, by=cast.otto, base=2, seen_token=draft.form_token)
    assert actions.send_suggestion(suggestion=draft, by=cast.otto).status == "waiting"


def test_a_new_text_of_another_section_holds_nobody_up(cast, playbook):
    draft = keep(playbook, by=cast.otto)
    sections = [section("Ask", key="ask", body=BODY), section("Wait", key="wait", body="Wait two days.")]
    make_published(cast=cast, playbook=playbook, sections=sections)
    assert actions.send_suggestion(suggestion=draft, by=cast.otto).status == "waiting"


def test_withdrawn_it_waits_for_nobody(cast, playbook):
    suggestion = send(playbook, by=cast.otto)
    with pytest.raises(NotAllowed):
        actions.withdraw_suggestion(suggestion=suggestion, by=cast.emma)
    actions.withdraw_suggestion(suggestion=suggestion, by=cast.otto)
    assert not Suggestion.objects.awaiting(cast.emma).exists()
    with pytest.raises(NotAllowed, match="was withdrawn"):
        accept(suggestion, by=cast.emma)


# --- Whom it waits for ------------------------------------------------------------------------------------------------


def test_it_waits_for_owner_and_deputy(cast, playbook):
    suggestion = send(playbook, by=cast.otto)
    waits = {name for name, one in cast.everybody().items() if Suggestion.objects.awaiting(one).exists()}
    assert waits == {"emma", "rita"}
    may = {name for name, one in cast.everybody().items() if Suggestion.objects.to_decide(one).exists()}
    assert may == {"emma", "rita", "paul", "hana", "lena"}
    sees = {name for name, one in cast.everybody().items() if Suggestion.objects.visible_to(one).exists()}
    assert sees == may | {"otto", "audra"}
    with pytest.raises(NotAllowed):
        actions.decline_suggestion(suggestion=suggestion, answer="No.", by=cast.dora)


def test_where_nobody_is_left_it_waits_for_the_leads(cast):
    gone = make_person(name="Gone", by=cast.root)
    playbook = make_published(cast=cast, owner=gone, sections=[section("Ask", key="ask")]).playbook
    gone.is_active = False
    gone.save()
    send(playbook, by=cast.otto)
    assert told("suggestion_made") == ["Hana", "Lena"]
    assert Suggestion.objects.awaiting(cast.hana).exists()
    assert not Suggestion.objects.awaiting(cast.paul).exists()


def test_an_owner_does_not_answer_herself(cast, playbook):
    suggestion = send(playbook, by=cast.emma)
    assert told("suggestion_made") == ["Rita"]
    with pytest.raises(NotAllowed, match="suggested this yourself"):
        accept(suggestion, by=cast.emma)
    assert accept(suggestion, by=cast.rita).status == "accepted"


# --- Answers ----------------------------------------------------------------------------------------------------------


def test_accepting_begins_a_revision_with_credit(cast, playbook):
    suggestion = accept(send(playbook, by=cast.otto), by=cast.emma)
    revision = suggestion.accepted_into
    assert (revision.number, revision.status, revision.created_by) == (2, "draft", cast.emma)
    assert [one.body for one in revision.sections.all()] == ["Ask the owner by phone.", "Wait a day."]
    assert set(revision.contributors.all()) == {cast.emma, cast.otto}
    assert revision.significance == "material"  # two steps are gone
    assert told("suggestion_answered") == ["Otto"]


def test_who_suggested_it_does_not_approve_it(cast, playbook):
    suggestion = accept(send(playbook, by=cast.lena), by=cast.emma)
    revision = suggestion.accepted_into
    revision.change_note = "By phone."
    revision.save()
    revision = submit(revision, by=cast.paul)
    with pytest.raises(NotAllowed, match="You wrote or submitted"):
        actions.approve_and_publish(revision=revision, lock=revision.lock, by=cast.lena)
    assert actions.approve_and_publish(revision=revision, lock=revision.lock, by=cast.hana).status == "published"


def test_steps_keep_their_keys(cast, playbook):
    before = checklists.steps_of(checklists.parse(playbook.current.sections.get(key="ask").body))
    body = "Ask the owner.\n\n- [ ] Answer kept\n- [ ] The owner asked\n- [ ] Thanked"
    suggestion = accept(send(playbook, by=cast.otto, body=body), by=cast.emma)
    steps = suggestion.accepted_into.sections.get(key="ask").steps.all()
    assert [(step.text, step.key) for step in steps] == [
        ("Answer kept", before[1].key),
        ("The owner asked", before[0].key),
        ("Thanked", "thanked"),
    ]
    assert suggestion.is_partly_taken is False


def test_in_part_both_texts_are_kept(cast, playbook):
    suggestion = accept(send(playbook, by=cast.otto), body="Ask the owner, best by phone.", by=cast.emma)
    assert (suggestion.body, suggestion.taken_body) == ("Ask the owner by phone.", "Ask the owner, best by phone.")
    assert suggestion.is_partly_taken


def test_it_goes_into_what_is_open_and_takes_a_submission_back(cast, playbook):
    sections = [section("Ask", key="ask", body=BODY), section("New", key="new", body="Paul's.")]
    open_one = submit(make_draft(cast=cast, playbook=playbook, sections=sections), by=cast.paul)
    suggestion = send(playbook, by=cast.otto)
    with pytest.raises(Conflict):
        accept(suggestion, by=cast.emma)  # she saw a page on which nothing was open
    with pytest.raises(Conflict):
        accept(suggestion, lock=open_one.lock - 1, by=cast.emma)
    suggestion = accept(suggestion, lock=open_one.lock, by=cast.emma)
    open_one.refresh_from_db()
    assert (suggestion.accepted_into, open_one.status) == (open_one, "draft")
    assert [one.body for one in open_one.sections.all()] == ["Ask the owner by phone.", "Paul's."]


def test_what_was_open_and_was_published_meanwhile_is_looked_at_again(cast, playbook):
    open_one = make_submitted(
        cast=cast, playbook=playbook, sections=[section("Ask", key="ask", body=BODY + "\n\nNow.")]
    )
    suggestion = send(playbook, by=cast.otto)
    actions.approve_and_publish(revision=open_one, lock=open_one.lock, by=cast.hana)
    with pytest.raises(Conflict, match="was open is not any more"):
        accept(suggestion, lock=open_one.lock, by=cast.emma)
    suggestion.refresh_from_db()
    assert suggestion.status == "waiting"
    assert not playbook.revisions.open().exists()


def test_a_section_that_is_gone_comes_back_at_the_end(cast, playbook):
    suggestion = send(playbook, by=cast.otto, key="wait", heading="Wait", body="Wait two days.")
    make_published(cast=cast, playbook=playbook, sections=[section("Ask", key="ask", body=BODY)])
    suggestion = accept(suggestion, by=cast.emma)
    assert [one.key for one in suggestion.accepted_into.sections.all()] == ["ask", "wait"]


def test_the_second_to_answer_reads_who_was_first(cast, playbook):
    suggestion = send(playbook, by=cast.otto)
    accept(suggestion, by=cast.emma)
    with pytest.raises(NotAllowed, match="Emma has accepted this suggestion already"):
        actions.decline_suggestion(suggestion=suggestion, answer="No.", by=cast.rita)
    assert told("suggestion_answered") == ["Otto"]


def test_a_no_has_a_sentence(cast, playbook):
    suggestion = send(playbook, by=cast.otto)
    with pytest.raises(Invalid) as refused:
        actions.decline_suggestion(suggestion=suggestion, answer=" ", by=cast.rita)
    assert refused.value.field == "answer"
    suggestion = actions.decline_suggestion(suggestion=suggestion, answer="The phone is off at night.", by=cast.rita)
    assert (suggestion.status, suggestion.decided_by) == ("declined", cast.rita)
    assert told("suggestion_answered") == ["Otto"]


# --- Pages ------------------------------------------------------------------------------------------------------------


def fields(page):
    return page.context["form"].initial


def test_the_form_begins_with_the_section_without_keys(cast, as_, playbook):
    client = as_(cast.otto)
    address = f"/playbooks/{playbook.slug}/suggest/ask/"
    assert address in client.get(playbook.get_absolute_url()).content.decode()
    page = client.get(address)
    assert "{#" not in page.content.decode()
    values = {**fields(page), "body": "Other.", "reason": "", "seen_token": ""}
    refused = client.post(address, {**values, "do": "send"})
    assert refused.status_code == 422 and "Say in a sentence why" in refused.content.decode()
    assert "Other." in refused.content.decode()
    # What was refused is kept: another day, or another device, begins with it.
    page = client.get(address)
    assert fields(page)["body"] == "Other."
    sent = client.post(address, {**fields(page), "reason": "It is so.", "do": "send"}, follow=True)
    assert "you get an answer" in sent.content.decode()
    assert Suggestion.objects.get().status == "waiting"


def test_three_texts_when_the_section_changed(cast, as_, playbook):
    keep(playbook, by=cast.otto)
    make_published(cast=cast, playbook=playbook, sections=[section("Ask", key="ask", body="Ask twice.")])
    client = as_(cast.otto)
    address = f"/playbooks/{playbook.slug}/suggest/ask/"
    page = client.get(address)
    words = page.content.decode()
    assert all(text in words for text in ("Ask the owner.", "Ask twice.", "Ask the owner by phone."))
    # An old page that is sent now is told, keeps what was typed, and goes through the second time.
    stale = {**fields(page), "base": 1, "body": "Ask by phone, twice.", "do": "send"}
    told = client.post(address, stale)
    assert told.status_code == 409
    assert all(text in told.content.decode() for text in ("Ask the owner.", "Ask twice.", "Ask by phone, twice."))
    again = {**stale, "base": told.context["form"]["base"].value()}
    assert client.post(address, again).status_code == 302
    assert Suggestion.objects.get().status == "waiting"


def test_the_other_page_is_shown_beside_what_was_typed(cast, as_, playbook):
    client = as_(cast.otto)
    address = f"/playbooks/{playbook.slug}/suggest/ask/"
    one, two = fields(client.get(address)), fields(client.get(address))
    client.post(address, {**one, "body": "From one.", "seen_token": "", "do": "save"})
    answer = client.post(address, {**two, "body": "From two.", "seen_token": "", "do": "save"})
    words = answer.content.decode()
    assert answer.status_code == 409 and "From one." in words and "From two." in words
    form = answer.context["form"]
    values = {name: form[name].value() for name in ("heading", "reason", "base", "form_token", "seen_token")}
    client.post(address, {**values, "body": "From both.", "do": "save"})
    assert Suggestion.objects.get().body == "From both."


def test_typing_is_kept(cast, as_, playbook):
    client = as_(cast.otto)
    address = f"/playbooks/{playbook.slug}/suggest/ask/"
    values = {**fields(client.get(address)), "body": "Half a sen", "seen_token": ""}
    assert client.post(f"{address}autosave/", values).status_code == 200
    assert Suggestion.objects.get().body == "Half a sen"
    assert client.post(address, {**values, "body": "Half a sentence.", "do": "save"}).status_code == 302
    assert client.post(f"{address}autosave/", {**values, "form_token": uuid.uuid4()}).status_code == 409


def test_the_owner_sees_the_change_and_accepts_a_part(cast, as_, playbook):
    suggestion = send(playbook, by=cast.otto)
    client = as_(cast.emma)
    assert suggestion.get_absolute_url() in client.get("/").content.decode()
    page = client.get(suggestion.get_absolute_url())
    assert "phone.</ins>" in page.content.decode() or "phone</ins>" in page.content.decode()
    assert 'data-view="sides"' in client.get(f"{suggestion.get_absolute_url()}?view=sides").content.decode()
    values = {**page.context["accept"].initial, "body": "Ask, best by phone.", "answer": "Thanks!"}
    done = client.post(f"{suggestion.get_absolute_url()}accept/", values, follow=True)
    assert "What was taken of it" in done.content.decode()
    assert suggestion.get_absolute_url() not in client.get("/").content.decode()


def test_what_was_typed_survives_an_edit_of_the_revision(cast, as_, playbook):
    suggestion = send(playbook, by=cast.otto)
    client = as_(cast.emma)
    values = client.get(suggestion.get_absolute_url()).context["accept"].initial
    make_draft(cast=cast, playbook=playbook, sections=[section("Ask", key="ask", body="Paul's new text.")])
    answer = client.post(f"{suggestion.get_absolute_url()}accept/", {**values, "body": "Emma's mix."})
    words = answer.content.decode()
    assert (answer.status_code == 409 and "Emma's mix." in words) or "Emma&#x27;s mix." in words
    assert "What changed in this section since" in words
    lock = answer.context["accept"]["lock"].value()
    again = client.post(f"{suggestion.get_absolute_url()}accept/", {**values, "body": "Mix.", "lock": lock})
    assert again.status_code == 302


def test_the_list_shows_hers_and_what_waits(cast, as_, playbook):
    send(playbook, by=cast.otto)
    assert "Ask first: Ask" in as_(cast.otto).get("/suggestions/").content.decode()
    assert "not suggested anything yet" in as_(cast.emma).get("/suggestions/").content.decode()
    assert "Ask first: Ask" in as_(cast.emma).get("/suggestions/?show=to-decide").content.decode()
    assert "Nothing waits for you" in as_(cast.dora).get("/suggestions/?show=to-decide").content.decode()


def test_nobody_is_reminded_of_what_is_answered(cast, playbook):
    suggestion = send(playbook, by=cast.otto)
    message = OutboxMessage.objects.filter(kind="suggestion_made").first()
    assert slots.still_true.gather(message) == [True]
    actions.decline_suggestion(suggestion=suggestion, answer="No.", by=cast.emma)
    assert slots.still_true.gather(message) == [False]


def test_readers_who_only_read_see_no_link(cast, as_, playbook):
    assert "Suggest a change" not in as_(cast.audra).get(playbook.get_absolute_url()).content.decode()
    make_submitted(cast=cast, playbook=playbook, sections=[section("Ask", key="ask", body="New.")])
    assert "Suggest a change" not in as_(cast.paul).get(f"/playbooks/{playbook.slug}/revisions/2/").content.decode()
