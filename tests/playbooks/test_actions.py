"""Every verb of playbooks and revisions, and every refusal."""

from datetime import timedelta

import pytest
from django.utils import timezone

from hub import audit
from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.models import OldSlug, OutboxMessage
from playbooks import actions
from playbooks.models import Citation, Playbook, Revision, Step, Vote
from playbooks.permissions import can_approve
from policies import clock
from tests.factories import make_person, make_service, make_topic
from tests.playbooks.factories import (
    make_draft,
    make_playbook,
    make_published,
    make_submitted,
    section,
    submit,
    write,
)
from tests.policies.factories import clause
from tests.policies.factories import make_published as make_policy_version


def verbs(thing):
    return [event.verb for event in audit.history(thing)]


# --- The playbook -----------------------------------------------------------------------------------------------------


def test_create_makes_an_empty_draft(cast):
    service = make_service()
    playbook = make_playbook(cast=cast, title="Alt text", services=[service], audiences=[cast.retail.group])
    assert playbook.slug == "alt-text"
    assert [(r.number, r.status, r.significance) for r in playbook.revisions.all()] == [(1, "draft", "material")]
    assert list(playbook.services.all()) == [service]
    assert list(playbook.audiences.all()) == [cast.retail.group]
    assert verbs(playbook) == ["created"]


def test_only_staff_write(cast):
    revision = make_draft(cast=cast)
    for act in [
        lambda: make_playbook(cast=cast, by=cast.rita),
        lambda: actions.change_playbook(playbook=revision.playbook, title="X", by=cast.audra),
        lambda: actions.start_revision(playbook=revision.playbook, by=cast.emma),
        lambda: write(revision=revision, by=cast.emma),
        lambda: actions.submit(revision=revision, lock=revision.lock, by=cast.emma),
        lambda: actions.return_to_draft(revision=revision, comment="No", by=cast.emma),
    ]:
        with pytest.raises(NotAllowed, match="own staff"):
            act()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": " "}, "title"),
        ({"summary": ""}, "summary"),
        ({"verify_months": 0}, "verify_months"),
        ({"verify_months": 37}, "verify_months"),
        ({"minutes": 0}, "minutes"),
        ({"difficulty": "absurd"}, "difficulty"),
        ({"slug": "Not an address"}, "slug"),
        ({"slug": "taken"}, "slug"),
        ({"slug": "was-taken"}, "slug"),
    ],
)
def test_values_that_cannot_be_stored(cast, values, field):
    other = make_playbook(cast=cast, title="Other", slug="was-taken")
    actions.change_playbook(playbook=other, slug="taken", by=cast.paul)
    with pytest.raises(Invalid) as refused:
        make_playbook(cast=cast, **{"title": "New", **values})
    assert refused.value.field == field


def test_the_owner_is_there_and_the_deputy_is_somebody_else(cast):
    gone = make_person(name="Gone")
    gone.is_active = False
    gone.save()
    with pytest.raises(Invalid, match="has left"):
        make_playbook(cast=cast, owner=gone)
    with pytest.raises(Invalid, match="somebody else"):
        make_playbook(cast=cast, owner=cast.emma, deputy=cast.emma)


def test_an_unknown_field_is_a_mistake_of_ours(cast):
    with pytest.raises(TypeError):
        make_playbook(cast=cast, helpful=7)


def test_a_renamed_playbook_keeps_its_old_addresses(cast):
    playbook = make_playbook(cast=cast, title="One")
    actions.change_playbook(playbook=playbook, slug="two", by=cast.paul)
    actions.change_playbook(playbook=playbook, slug="three", by=cast.paul)
    actions.change_playbook(playbook=playbook, slug="one", by=cast.paul)
    assert set(OldSlug.objects.values_list("slug", flat=True)) == {"two", "three"}
    assert audit.history(playbook)[0].details == {"slug": ["three", "one"]}


def test_a_change_is_recorded_as_it_was_and_is(cast):
    playbook = make_playbook(cast=cast, title="One")
    service, topic = make_service(title="Help"), make_topic()
    actions.change_playbook(playbook=playbook, title="Two", topic=topic, services=[service], by=cast.paul)
    details = audit.history(playbook)[0].details
    assert details["title"] == ["One", "Two"]
    assert details["services"] == [[], ["Help"]]


def test_a_change_that_changes_nothing_leaves_no_line(cast):
    playbook = make_playbook(cast=cast, title="One")
    actions.change_playbook(playbook=playbook, title="One", slug="one", audiences=[], by=cast.paul)
    assert verbs(playbook) == ["created"]


# --- Writing ----------------------------------------------------------------------------------------------------------


def test_a_draft_is_stored_with_steps_keys_and_html(cast):
    revision = make_draft(
        cast=cast, sections=[section("Ask first", body="Ask *her*.\n\n- [ ] Asked her\n- [ ] Waited {#w}")]
    )
    stored = revision.sections.get()
    assert (stored.key, stored.number) == ("ask-first", 1)
    assert stored.body == "Ask *her*.\n\n- [ ] Asked her {#asked-her}\n- [ ] Waited {#w}"
    assert [(s.key, s.text) for s in stored.steps.all()] == [("asked-her", "Asked her"), ("w", "Waited")]
    assert "<em>her</em>" in stored.html
    assert 'id="t-ask-first--asked-her"' in stored.html
    assert "{#" not in stored.html
    assert "[ ]" not in stored.html


def test_steps_may_come_apart_from_the_text(cast):
    revision = make_draft(
        cast=cast, sections=[{**section(body="Text."), "steps": [{"text": "Do\nit"}, {"key": "k", "text": "Look"}]}]
    )
    assert revision.sections.get().body == "Text.\n\n- [ ] Do it {#do-it}\n- [ ] Look {#k}"


def test_checklists_stand_between_the_paragraphs_they_were_written_between(cast):
    revision = make_draft(
        cast=cast,
        sections=[section(body="- [ ] **One**\n\nBetween.\n\n- [ ] Two\n\n[a]: https://example.com\nSee [a].")],
    )
    html = revision.sections.get().html
    assert html.index("<strong>One</strong>") < html.index("Between.") < html.index("Two") < html.index("See")
    assert html.count('<ul class="steps"') == 2


def test_a_checklist_inside_open_html_is_still_shown(cast):
    html = make_draft(cast=cast, sections=[section(body="<div>\n- [ ] Inside\n</div>")]).sections.get().html
    assert "Inside" in html
    assert "\ue000" not in html


def test_hostile_steps_are_harmless(cast):
    body = "- [ ] <script>alert(1)</script> \ue0000\ue000 <img src=x onerror=alert(1)>\n- [ ] a\n\n```\nx"
    html = make_draft(cast=cast, sections=[section(body=body)]).sections.get().html
    assert "<script" not in html
    assert "<img" not in html
    assert "onerror=" not in html
    assert html.count('<ul class="steps"') == 1


def test_keys_stay_and_are_never_given_twice(cast):
    first = make_published(cast=cast, sections=[section("Ask first", key="")])
    draft = make_draft(
        cast=cast,
        playbook=first.playbook,
        sections=[section("Ask first"), section("Renamed", key="ask-first"), section("中文")],
    )
    assert [s.key for s in draft.sections.all()] == ["ask-first-2", "ask-first", "section"]


@pytest.mark.parametrize(
    ("sections", "words", "field"),
    [
        ([section("")], "needs a heading", "section-1-heading"),
        ([section(), section("x" * 251)], "too long", "section-2-heading"),
        ([section(body="x" * 50_001)], "too long", "section-1-body"),
        ([section(key="Not an address")], "cannot be", None),
        ([section(key="k" * 81)], "cannot be", None),
        ([section(key="same"), section(key="same")], "same address", None),
        ([section(body="- [ ] A {#k}\n- [ ] B {#k}")], "same key", "section-1-body"),
        ([section(body="- [ ] " + "x" * 501)], "too long to tick", "section-1-body"),
        ([section()] * 61, "at most 60", None),
    ],
)
def test_texts_that_cannot_be_stored(cast, sections, words, field):
    revision = make_playbook(cast=cast).revisions.get()
    with pytest.raises(Invalid, match=words) as refused:
        write(revision=revision, sections=sections, by=cast.paul)
    assert refused.value.field == field
    assert not revision.sections.exists()


def test_the_second_of_two_editors_gets_both_texts(cast):
    revision = make_draft(cast=cast, note="Mine.")
    stale = Revision.objects.get(pk=revision.pk)
    write(revision=revision, sections=[section("Theirs", body="Their text.")], note="Their note.", by=cast.hana)
    with pytest.raises(Conflict) as refused:
        write(revision=stale, sections=[section("Mine")], by=cast.paul)
    assert refused.value.theirs["sections"] == [{"key": "theirs", "heading": "Theirs", "body": "Their text."}]
    assert refused.value.theirs["change_note"] == "Their note."
    assert refused.value.theirs["lock"] == stale.lock + 1


def test_the_note_stays_unless_given(cast):
    revision = make_draft(cast=cast, note="First.", significance="editorial")
    actions.save_draft(revision=revision, sections=[section()], lock=revision.lock, by=cast.hana)
    revision.refresh_from_db()
    # A playbook's first text is new to everybody, whatever is said.
    assert (revision.change_note, revision.significance) == ("First.", "material")
    assert set(revision.contributors.all()) == {cast.paul, cast.hana}
    with pytest.raises(Invalid) as refused:
        write(revision=revision, significance="huge", by=cast.paul)
    assert refused.value.field == "significance"


def test_an_edit_of_what_was_submitted_takes_it_back(cast):
    revision = make_submitted(cast=cast)
    write(revision=revision, by=cast.hana)
    revision.refresh_from_db()
    assert (revision.status, revision.submitted_by) == ("draft", None)
    assert audit.history(revision)[0].details["voided"] == "in_review"


def test_a_published_revision_never_changes(cast):
    revision = make_published(cast=cast)
    with pytest.raises(NotAllowed, match="never changes"):
        write(revision=revision, by=cast.paul)


def test_a_new_revision_begins_as_a_copy(cast):
    first = make_published(cast=cast)
    second = actions.start_revision(playbook=first.playbook, by=cast.hana)
    assert (second.number, second.significance) == (2, "clarifying")
    assert [(s.key, s.body, s.html) for s in second.sections.all()] == [
        (s.key, s.body, s.html) for s in first.sections.all()
    ]
    assert Step.objects.filter(section__revision=second).count() == 1
    with pytest.raises(NotAllowed, match="worked on already"):
        actions.start_revision(playbook=first.playbook, by=cast.paul)


def test_a_playbook_without_any_revision_can_start_one(cast):
    playbook = make_playbook(cast=cast)
    playbook.revisions.all().delete()
    assert actions.start_revision(playbook=playbook, by=cast.paul).significance == "material"


# --- Citations --------------------------------------------------------------------------------------------------------


@pytest.fixture
def policy(cast):
    return make_policy_version(cast=cast, clauses=[clause("Say so", key="say-so"), clause("Ask", key="ask")]).policy


def cite(policy, clause_key="say-so", section_key="ask-first"):
    return {"section_key": section_key, "policy": policy, "clause_key": clause_key}


def test_readers_get_citations_only_with_the_revision_that_makes_them(cast, policy):
    draft = make_draft(cast=cast, citations=[cite(policy), cite(policy)])
    assert not Citation.objects.exists()
    submitted = submit(draft, by=cast.paul)
    actions.approve_and_publish(revision=submitted, lock=submitted.lock, by=cast.hana)
    assert [(c.section_key, c.policy, c.clause_key) for c in Citation.objects.all()] == [
        ("ask-first", policy, "say-so")
    ]


def test_sections_may_carry_their_citations_before_they_have_a_key(cast, policy):
    draft = make_draft(cast=cast, sections=[{**section("New"), "cites": [(policy, "ask")]}, section("Other")])
    assert draft.cites == [["new", policy.pk, "ask"]]


def test_citations_stay_as_long_as_their_section(cast, policy):
    draft = make_draft(cast=cast, citations=[cite(policy)])
    draft = write(revision=draft, sections=[section(key="ask-first"), section("Two")], by=cast.paul)
    assert draft.cites == [["ask-first", policy.pk, "say-so"]]
    assert write(revision=draft, sections=[section("Two", key="two")], by=cast.paul).cites == []


def test_citations_of_what_there_is_not(cast, policy):
    with pytest.raises(Invalid, match="no clause") as refused:
        make_draft(cast=cast, citations=[cite(policy, clause_key="gone")])
    assert refused.value.field == "section-1-cites"
    with pytest.raises(Invalid, match="no section"):
        make_draft(cast=cast, citations=[cite(policy, section_key="gone")])
    with pytest.raises(Invalid, match="at most"):
        make_draft(cast=cast, citations=[cite(policy, clause_key=f"c{n}") for n in range(201)])


# --- Approval ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sections", "note", "words"),
    [
        ([section(body="")], "Note.", "no text"),
        ([section()], " ", "what changed"),
    ],
)
def test_only_a_complete_text_is_submitted(cast, sections, note, words):
    draft = make_draft(cast=cast, sections=sections, note=note)
    with pytest.raises(Invalid, match=words):
        actions.submit(revision=draft, lock=draft.lock, by=cast.paul)
    with pytest.raises(Invalid, match="at least one section"):
        submit(make_playbook(cast=cast).revisions.get(), by=cast.paul)


def test_those_who_may_approve_get_a_message(cast):
    revision = make_submitted(cast=cast)
    rows = OutboxMessage.objects.filter(kind="approval_waiting")
    assert {row.recipient for row in rows} == {cast.hana, cast.lena}
    assert f"/admin/playbooks/playbook/{revision.playbook_id}/edit/" in rows[0].text
    with pytest.raises(NotAllowed, match="submitted already"):
        actions.submit(revision=revision, lock=revision.lock, by=cast.paul)


def test_return_says_what_should_change(cast):
    revision = make_submitted(cast=cast)
    with pytest.raises(Invalid) as refused:
        actions.return_to_draft(revision=revision, comment=" ", by=cast.hana)
    assert refused.value.field == "comment"
    actions.return_to_draft(revision=revision, comment="Shorter.", by=cast.hana)
    revision.refresh_from_db()
    assert revision.status == "draft"
    assert audit.history(revision)[0].details == {"comment": "Shorter."}
    with pytest.raises(NotAllowed, match="draft already"):
        actions.return_to_draft(revision=revision, comment="Again.", by=cast.hana)


def test_what_is_published_is_not_returned(cast):
    with pytest.raises(NotAllowed, match="published already"):
        actions.return_to_draft(revision=make_published(cast=cast), comment="No.", by=cast.hana)


def test_four_eyes(cast):
    revision = make_draft(cast=cast)
    revision = submit(write(revision=revision, by=cast.lena), by=cast.hana)
    for person, words in [(cast.paul, "wrote"), (cast.lena, "wrote"), (cast.hana, "wrote"), (cast.emma, "own staff")]:
        with pytest.raises(NotAllowed, match=words):
            actions.approve_and_publish(revision=revision, lock=revision.lock, by=person)
        revision.refresh_from_db()
        assert not can_approve(person, revision)
    approver = make_person(name="Marco", role="staff")
    assert can_approve(approver, revision)
    assert actions.approve_and_publish(revision=revision, lock=revision.lock, by=approver).approved_by == approver


def test_publication_gives_readers_the_text_and_a_date(cast):
    first = make_published(cast=cast, verify_months=3)
    playbook = Playbook.objects.get()
    assert playbook.current == first
    assert playbook.verified_until == clock.add_months(clock.today(), 3)
    assert playbook.verified_by == cast.paul
    second = make_published(cast=cast, playbook=playbook)
    first.refresh_from_db()
    playbook.refresh_from_db()
    assert (first.status, second.status, playbook.current) == ("superseded", "published", second)


def test_a_text_that_changed_since_it_was_read_is_not_published(cast):
    revision = make_submitted(cast=cast)
    with pytest.raises(Conflict, match="changed while you were looking"):
        actions.approve_and_publish(revision=revision, lock=revision.lock - 1, by=cast.hana)
    assert actions.approve_and_publish(revision=revision, lock=revision.lock, by=cast.hana).status == "published"


def test_nothing_is_submitted_unseen(cast):
    """Somebody saves between her page and her press."""
    seen = make_draft(cast=cast)
    stored = write(revision=seen, by=cast.paul)
    with pytest.raises(Conflict, match="changed while you were looking"):
        actions.submit(revision=stored, lock=seen.lock, by=cast.hana)
    stored.refresh_from_db()
    assert (stored.status, stored.contributors.filter(pk=cast.hana.pk).exists()) == ("draft", False)
    assert submit(stored, by=cast.hana).status == "in_review"


def test_each_state_says_where_it_stands(cast):
    draft = make_draft(cast=cast)
    with pytest.raises(NotAllowed, match="is a draft"):
        actions.approve_and_publish(revision=draft, lock=draft.lock, by=cast.hana)
    published = make_published(cast=cast)
    make_published(cast=cast, playbook=published.playbook)
    with pytest.raises(NotAllowed, match="newer revision"):
        actions.approve_and_publish(revision=published, lock=published.lock, by=cast.hana)


def test_a_publication_is_found_within_seconds(cast, django_capture_on_commit_callbacks, monkeypatch):
    woken = []
    monkeypatch.setattr("playbooks.tasks.reindex.apply_async", lambda args, **options: woken.append(args))
    with django_capture_on_commit_callbacks(execute=True):
        revision = make_published(cast=cast)
    assert woken == [(revision.playbook_id,)]


# --- History ----------------------------------------------------------------------------------------------------------


def record(playbook, cast, *, days, **fields):
    values = {
        "sections": [section(key="ask-first")],
        "change_note": "From before.",
        "significance": "material",
        "written_by": cast.paul,
        "approved_by": cast.hana,
        "published_at": timezone.now() + timedelta(days=days),
        "by": cast.hana,
        **fields,
    }
    return actions.record_history(playbook=playbook, **values)


def test_history_takes_away_no_note_of_an_empty_draft(cast):
    playbook = make_playbook(cast=cast)
    draft = playbook.revisions.get()
    actions.save_draft(revision=draft, sections=[], lock=draft.lock, change_note="Why we need it.", by=cast.paul)
    with pytest.raises(NotAllowed, match="being worked on already"):
        record(playbook, cast, days=-300)
    assert playbook.revisions.get().change_note == "Why we need it."


def test_history_is_entered_oldest_first(cast, policy):
    playbook = make_playbook(cast=cast, verify_months=6)
    first = record(playbook, cast, days=-300)
    second = record(playbook, cast, days=-100, citations=[cite(policy)])
    playbook.refresh_from_db()
    first.refresh_from_db()
    assert [(first.number, first.status), (second.number, second.status)] == [(1, "superseded"), (2, "published")]
    assert playbook.current == second
    # A hundred days ago clocks may have shown another hour, and near midnight another day.
    published_on = second.published_at.astimezone(clock.hub_zone()).date()
    assert playbook.verified_until == clock.add_months(published_on, 6)
    assert Citation.objects.count() == 1
    with pytest.raises(Invalid, match="oldest first"):
        record(playbook, cast, days=-200)


def test_history_keeps_four_eyes_and_waits_for_nobodys_draft(cast):
    playbook = make_playbook(cast=cast)
    with pytest.raises(NotAllowed, match="somebody else"):
        record(playbook, cast, days=-3, approved_by=cast.paul)
    with pytest.raises(NotAllowed, match="own staff"):
        record(playbook, cast, days=-3, by=cast.emma)
    make_draft(cast=cast, playbook=playbook)
    with pytest.raises(NotAllowed, match="worked on already"):
        record(playbook, cast, days=-3)


def test_history_of_a_playbook_whose_draft_is_gone(cast):
    playbook = make_playbook(cast=cast)
    playbook.revisions.all().delete()
    assert record(playbook, cast, days=-3).number == 1


# --- Still true, and did it help --------------------------------------------------------------------------------------


def test_owner_deputy_and_staff_say_that_it_is_still_true(cast):
    playbook = make_published(cast=cast, owner=cast.emma, deputy=cast.rita, verify_months=6).playbook
    for person in [cast.emma, cast.rita, cast.paul]:
        verified = actions.verify(playbook=playbook, by=person)
        assert verified.verified_until == clock.add_months(clock.today(), 6)
        assert verified.verified_by == person
    with pytest.raises(NotAllowed, match="Only the owner"):
        actions.verify(playbook=playbook, by=cast.otto)


def test_still_true_until_a_day_to_come(cast):
    playbook = make_published(cast=cast).playbook
    day = clock.today() + timedelta(days=9)
    assert actions.verify(playbook=playbook, until=day, by=cast.paul).verified_until == day
    with pytest.raises(Invalid, match="day to come"):
        actions.verify(playbook=playbook, until=clock.today(), by=cast.paul)
    with pytest.raises(NotAllowed, match="Publish"):
        actions.verify(playbook=make_playbook(cast=cast), by=cast.paul)


def counts(playbook):
    playbook.refresh_from_db()
    return playbook.helpful, playbook.unhelpful


def test_one_vote_a_person_which_may_change(cast):
    playbook = make_published(cast=cast).playbook
    steps = [(True, (1, 0)), (True, (1, 0)), (False, (0, 1)), (None, (0, 0)), (None, (0, 0)), (False, (0, 1))]
    for helpful, expected in steps:
        assert actions.vote(playbook=playbook, helpful=helpful, by=cast.emma) is helpful
        assert counts(playbook) == expected
    actions.vote(playbook=playbook, helpful=True, by=cast.rita)
    assert counts(playbook) == (1, 1)
    assert Vote.objects.count() == 2


def test_who_cannot_read_it_or_only_reads_cannot_vote(cast):
    playbook = make_published(cast=cast, audiences=[cast.retail.group]).playbook
    with pytest.raises(NotAllowed, match="once you can read"):
        actions.vote(playbook=playbook, helpful=True, by=cast.otto)
    with pytest.raises(NotAllowed, match="once you can read"):
        actions.vote(playbook=make_playbook(cast=cast), helpful=True, by=cast.paul)
    with pytest.raises(NotAllowed, match="Auditors"):
        actions.vote(playbook=playbook, helpful=True, by=cast.audra)
    assert counts(playbook) == (0, 0)
