"""Every verb: what it does, and every refusal."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.models import AuditEvent, OldSlug, OutboxMessage
from policies import actions, clock
from policies.models import Acknowledgement, Policy, PolicyVersion, Redline
from policies.workflow import Status
from tests.factories import make_person
from tests.policies.factories import (
    STATES,
    clause,
    days,
    hand_to,
    in_force_on,
    make_approved,
    make_draft,
    make_in_state,
    make_policy,
    make_published,
    make_submitted,
    make_withdrawn,
    publish_now,
    sign,
    submit,
    write,
)


def verbs(obj):
    return list(
        AuditEvent.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk))
        .order_by("pk")
        .values_list("verb", flat=True)
    )


# --- The policy as a whole ------------------------------------------------------------------------------------------


def test_a_new_policy_has_an_address_and_an_empty_first_draft(cast):
    policy = make_policy(cast=cast, title="Paid social", audiences=[cast.retail.group])
    version = policy.versions.get()
    assert (policy.slug, version.number, version.status, version.significance) == (
        "paid-social",
        1,
        Status.DRAFT,
        "material",
    )
    assert list(policy.audiences.all()) == [cast.retail.group]
    assert list(version.contributors.all()) == [cast.paul]
    assert verbs(policy) == ["created"]


@pytest.mark.parametrize("who", ["emma", "rita", "sam", "audra"])
def test_only_staff_write_policies(cast, who):
    person = getattr(cast, who)
    policy = make_policy(cast=cast)
    version = policy.versions.get()
    for act in [
        lambda: make_policy(cast=cast, by=person),
        lambda: actions.change_policy(policy=policy, title="Mine", by=person),
        lambda: actions.start_version(policy=policy, by=person),
        lambda: write(version=version, by=person),
        lambda: actions.submit(version=version, lock=version.lock, by=person),
        lambda: actions.return_to_draft(version=version, comment="No.", by=person),
    ]:
        with pytest.raises(NotAllowed, match="own staff"):
            act()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": " "}, "title"),
        ({"summary": ""}, "summary"),
        ({"slug": "Not An Address"}, "slug"),
        ({"title": "你好"}, "slug"),
        ({"review_months": 0}, "review_months"),
        ({"review_months": 61}, "review_months"),
    ],
)
def test_a_policy_with_nonsense_is_refused(cast, fields, field):
    with pytest.raises(Invalid) as refused:
        make_policy(cast=cast, **fields)
    assert refused.value.field == field
    assert not Policy.objects.exists()


def test_an_owner_who_has_left_is_refused(cast):
    gone = make_person(name="Gone", by=cast.root)
    gone.is_active = False
    gone.save()
    with pytest.raises(Invalid) as refused:
        make_policy(cast=cast, owner=gone)
    assert refused.value.field == "owner"


@pytest.mark.parametrize("name", ["emma", "rita", "sam", "audra"])
def test_whoever_owns_a_policy_works_for_the_hub(cast, name):
    """The lists offer nobody else; tables and whoever builds a form of her own meet the same rule."""
    person, policy = getattr(cast, name), make_policy(cast=cast)
    sentence = f"{person.name} does not work for the Center of Excellence. Choose an owner who does."
    for attempt in (
        lambda: make_policy(cast=cast, owner=person),
        lambda: actions.change_policy(policy=policy, owner=person, by=cast.paul),
    ):
        with pytest.raises(Invalid) as refused:
            attempt()
        assert (refused.value.sentence, refused.value.field) == (sentence, "owner")
    assert [one.owner for one in Policy.objects.all()] == [cast.paul]
    for owner in (cast.hana, cast.root):
        assert actions.change_policy(policy=policy, owner=owner, by=cast.paul).owner == owner
    # An owner who has another role by now goes on, until somebody else is chosen.
    hand_to(person, policy)
    assert actions.change_policy(policy=policy, summary="Other words.", owner=person, by=cast.paul).owner == person


def test_an_unknown_field_is_a_mistake_of_the_caller(cast):
    with pytest.raises(TypeError):
        make_policy(cast=cast, current_id=1)


def test_two_policies_never_share_an_address_not_even_a_former_one(cast):
    first = make_policy(cast=cast, title="Paid social")
    with pytest.raises(Invalid) as refused:
        make_policy(cast=cast, title="Paid social")
    assert refused.value.field == "slug"
    actions.change_policy(policy=first, slug="advertising", by=cast.paul)
    with pytest.raises(Invalid):
        make_policy(cast=cast, title="Paid social")


def test_a_renamed_policy_keeps_its_old_address_and_can_go_back(cast):
    policy = make_policy(cast=cast, title="Paid social")
    actions.change_policy(policy=policy, slug="advertising", by=cast.paul)
    assert list(OldSlug.objects.values_list("kind", "slug", "object_id")) == [("policy", "paid-social", policy.pk)]
    actions.change_policy(policy=policy, slug="paid-social", by=cast.paul)
    assert list(OldSlug.objects.values_list("slug", flat=True)) == ["advertising"]


def test_a_change_is_recorded_with_what_was_and_what_is(cast):
    policy = make_policy(cast=cast, title="Paid social")
    actions.change_policy(policy=policy, title="Advertising", audiences=[cast.retail.group], by=cast.paul)
    details = AuditEvent.objects.get(verb="changed").details
    assert details["title"] == ["Paid social", "Advertising"]
    assert details["audiences"] == [[], [cast.retail.group.name]]


def test_a_change_that_changes_nothing_leaves_no_line(cast):
    policy = make_policy(cast=cast, title="Paid social")
    actions.change_policy(policy=policy, title="Paid social", slug="paid-social", audiences=[], by=cast.paul)
    assert verbs(policy) == ["created"]


def test_still_true_sets_the_next_look(cast):
    policy = make_published(cast=cast).policy
    actions.still_true(policy=policy, by=cast.paul)
    policy.refresh_from_db()
    assert policy.review_on == clock.add_months(clock.today(), 12)
    actions.still_true(policy=policy, review_on=days(10), by=cast.hana)
    policy.refresh_from_db()
    assert policy.review_on == days(10)


def test_still_true_wants_a_day_to_come_and_somebody_who_may_say_it(cast):
    policy = make_published(cast=cast).policy
    with pytest.raises(Invalid):
        actions.still_true(policy=policy, review_on=clock.today(), by=cast.paul)
    with pytest.raises(NotAllowed):
        actions.still_true(policy=policy, by=cast.emma)


def test_the_owner_says_still_true_whatever_her_role(cast):
    policy = hand_to(cast.emma, make_published(cast=cast).policy)
    assert actions.still_true(policy=policy, by=cast.emma).review_on > clock.today()


# --- Drafts ---------------------------------------------------------------------------------------------------------


def test_keys_are_made_once_and_stay(cast):
    version = make_draft(cast=cast, clauses=[clause("Say so"), clause("Say so"), clause("日本語")])
    assert list(version.clauses.values_list("number", "key")) == [(1, "say-so"), (2, "say-so-2"), (3, "clause")]
    version = write(
        version=version,
        clauses=[clause("日本語", key="clause"), clause("Said otherwise", key="say-so")],
        by=cast.paul,
    )
    assert list(version.clauses.values_list("number", "key")) == [(1, "clause"), (2, "say-so")]
    # The key of the clause that was taken out is still in use here only if it was ever published: it may come back.
    version = write(version=version, clauses=[clause("Clause"), clause(key="clause")], by=cast.paul)
    assert list(version.clauses.values_list("key", flat=True)) == ["clause-2", "clause"]


def test_a_key_of_an_earlier_version_is_never_given_to_a_new_clause(cast):
    first = make_published(cast=cast, clauses=[clause("Say so"), clause("Be kind")])
    version = make_draft(cast=cast, policy=first.policy, clauses=[clause("Be kind", key="be-kind"), clause("Say so")])
    assert list(version.clauses.values_list("key", flat=True)) == ["be-kind", "say-so-2"]


def test_a_clause_is_rendered_and_hashed_when_it_is_saved(cast):
    version = make_draft(cast=cast, clauses=[clause(body="Be **kind**.\r\n\x00<script>alert(1)</script>")])
    stored = version.clauses.get()
    assert "<strong>kind</strong>" in stored.html
    assert "<script" not in stored.html
    assert "\x00" not in stored.body
    assert len(stored.content_hash) == 64


@pytest.mark.parametrize(
    ("clauses", "field"),
    [
        ([clause(force="perhaps")], "clause-1-force"),
        ([clause(), clause(heading=" ")], "clause-2-heading"),
        ([clause(heading="x" * 251)], "clause-1-heading"),
        ([clause(body="x" * 50_001)], "clause-1-body"),
        ([clause(key="Not a key")], None),
        ([clause(key="x" * 81)], None),
        ([clause(key="one"), clause(key="one")], None),
        ([clause()] * 501, None),
    ],
)
def test_a_text_that_cannot_be_stored_is_refused_as_a_whole(cast, clauses, field):
    version = make_draft(cast=cast)
    before = list(version.clauses.values_list("pk", flat=True))
    with pytest.raises(Invalid) as refused:
        write(version=version, clauses=clauses, by=cast.paul)
    assert refused.value.field == field
    assert list(version.clauses.values_list("pk", flat=True)) == before


def test_an_unknown_significance_is_refused(cast):
    with pytest.raises(Invalid) as refused:
        write(version=make_draft(cast=cast), significance="huge", by=cast.paul)
    assert refused.value.field == "significance"


def test_the_second_of_two_editors_gets_both_texts(cast):
    version = make_draft(cast=cast)
    write(version=version, clauses=[clause("Theirs")], note="Their note", by=cast.hana)
    with pytest.raises(Conflict) as refused:
        write(version=version, clauses=[clause("Mine")], by=cast.paul)
    theirs = refused.value.theirs
    assert [one["heading"] for one in theirs["clauses"]] == ["Theirs"]
    assert (theirs["change_note"], theirs["lock"]) == ("Their note", version.lock + 1)
    assert list(version.clauses.values_list("heading", flat=True)) == ["Theirs"]


def test_whoever_saves_becomes_a_contributor(cast):
    version = make_draft(cast=cast)
    write(version=version, by=cast.hana)
    assert set(version.contributors.all()) == {cast.paul, cast.hana}


def test_saving_without_a_note_keeps_it(cast):
    version = make_draft(cast=cast, policy=make_published(cast=cast).policy, note="Why", significance="material")
    version = actions.save_draft(version=version, clauses=[clause()], lock=version.lock, by=cast.paul)
    assert version.change_note == "Why"


@pytest.mark.parametrize("state", ["announced", "in_force", "superseded", "withdrawn"])
def test_a_published_version_never_changes(cast, state):
    version = make_in_state(state, cast=cast)
    with pytest.raises(NotAllowed, match="never changes"):
        write(version=version, by=cast.hana)


@pytest.mark.parametrize("state", ["in_review", "approved", "scheduled"])
def test_an_edit_takes_it_back_to_draft_and_voids_the_approval(cast, state):
    version = make_in_state(state, cast=cast)
    version = write(version=version, by=cast.hana)
    assert version.status == Status.DRAFT
    assert (version.approved_by, version.submitted_by, version.publish_on, version.published_by) == (None,) * 4
    assert version.content_hash == ""
    assert AuditEvent.objects.filter(verb="saved").latest("pk").details["voided"] == state


def test_a_new_version_copies_the_newest_text_with_its_keys(cast):
    first = make_published(cast=cast, clauses=[clause("One"), clause("Two", force="may")])
    version = actions.start_version(policy=first.policy, by=cast.hana)
    fields = ["number", "key", "force", "heading", "body", "html", "content_hash"]
    assert list(version.clauses.values_list(*fields)) == list(first.clauses.values_list(*fields))
    assert (version.number, version.status, version.change_note, version.significance) == (
        2,
        Status.DRAFT,
        "",
        "clarifying",
    )


@pytest.mark.parametrize("state", ["draft", "in_review", "approved", "scheduled"])
def test_only_one_version_is_open_at_a_time(cast, state):
    version = make_in_state(state, cast=cast)
    with pytest.raises(NotAllowed, match="already"):
        actions.start_version(policy=version.policy, by=cast.paul)


def test_a_policy_without_any_version_can_start_one(cast):
    policy = make_policy(cast=cast)
    policy.versions.all().delete()
    assert actions.start_version(policy=policy, by=cast.paul).number == 1


# --- Second pair of eyes ---------------------------------------------------------------------------------------------


def test_submitting_tells_the_leads_who_may_approve(cast):
    version = make_draft(cast=cast)
    write(version=version, by=cast.hana)
    version.refresh_from_db()
    version = actions.submit(version=version, lock=version.lock, by=cast.paul)
    assert (version.status, version.submitted_by) == (Status.IN_REVIEW, cast.paul)
    letters = OutboxMessage.objects.filter(kind="approval_waiting")
    assert set(letters.values_list("recipient", flat=True)) == {cast.lena.pk}
    assert f"/admin/policies/policy/{version.policy_id}/edit/" in letters.first().text


@pytest.mark.parametrize("state", sorted(set(STATES) - {"draft"}))
def test_only_a_draft_can_be_submitted(cast, state):
    version = make_in_state(state, cast=cast)
    with pytest.raises(NotAllowed):
        actions.submit(version=version, lock=version.lock, by=cast.paul)


@pytest.mark.parametrize(
    ("clauses", "note", "field"),
    [
        ([], "Why", None),
        ([clause(body="")], "Why", "clause-1-body"),
        ([clause()], "", "change_note"),
    ],
)
def test_what_is_not_finished_is_not_submitted(cast, clauses, note, field):
    version = make_policy(cast=cast).versions.get()
    version = actions.save_draft(version=version, clauses=clauses, lock=0, change_note=note, by=cast.paul)
    with pytest.raises(Invalid) as refused:
        actions.submit(version=version, lock=version.lock, by=cast.paul)
    assert refused.value.field == field


def test_a_lead_who_wrote_nothing_approves(cast):
    version = make_submitted(cast=cast)
    version = actions.approve(version=version, lock=version.lock, by=cast.lena)
    assert (version.status, version.approved_by) == (Status.APPROVED, cast.lena)


@pytest.mark.parametrize("who", ["paul", "emma", "rita", "audra", "sam"])
def test_only_leads_approve(cast, who):
    version = make_submitted(cast=cast)
    with pytest.raises(NotAllowed, match="Only a lead"):
        actions.approve(version=version, lock=version.lock, by=getattr(cast, who))


def test_nobody_approves_what_she_wrote(cast):
    version = make_draft(cast=cast)
    version = write(version=version, by=cast.hana)
    version = actions.submit(version=version, lock=version.lock, by=cast.paul)
    with pytest.raises(NotAllowed, match="somebody else"):
        actions.approve(version=version, lock=version.lock, by=cast.hana)


def test_nobody_approves_what_she_submitted_or_began(cast):
    submitted = submit(make_draft(cast=cast), by=cast.hana)
    began = make_draft(cast=cast, by=cast.hana)
    began = actions.submit(version=began, lock=began.lock, by=cast.paul)
    for version in [submitted, began]:
        with pytest.raises(NotAllowed, match="somebody else"):
            actions.approve(version=version, lock=version.lock, by=cast.hana)


def test_who_once_wrote_stays_an_author_even_when_her_words_are_gone(cast):
    version = make_submitted(cast=cast)
    version = write(version=version, by=cast.lena)
    version = write(version=version, by=cast.paul)
    version = actions.submit(version=version, lock=version.lock, by=cast.paul)
    with pytest.raises(NotAllowed, match="somebody else"):
        actions.approve(version=version, lock=version.lock, by=cast.lena)


def test_an_approval_is_for_the_text_that_was_read(cast):
    read = make_submitted(cast=cast)
    again = submit(write(version=read, by=cast.paul), by=cast.paul)
    with pytest.raises(Conflict, match="changed while you were looking"):
        actions.approve(version=again, lock=read.lock, by=cast.lena)


def test_nothing_is_submitted_or_published_unseen(cast):
    """Somebody saves between her page and her press."""
    seen = make_draft(cast=cast)
    stored = write(version=seen, clauses=[clause("Words she never saw")], by=cast.paul)
    for step in [
        lambda: actions.submit(version=stored, lock=seen.lock, by=cast.hana),
        lambda: actions.publish_without_approval(version=stored, reason="Now", lock=seen.lock, by=cast.hana),
    ]:
        with pytest.raises(Conflict, match="changed while you were looking"):
            step()
    stored.refresh_from_db()
    assert (stored.status, stored.contributors.filter(pk=cast.hana.pk).exists()) == (Status.DRAFT, False)
    assert publish_now(stored, by=cast.hana).status == Status.IN_FORCE


@pytest.mark.parametrize("state", sorted(set(STATES) - {"in_review"}))
def test_only_what_is_in_review_can_be_approved(cast, state):
    version = make_in_state(state, cast=cast)
    with pytest.raises(NotAllowed):
        actions.approve(version=version, lock=version.lock, by=cast.lena)


@pytest.mark.parametrize("state", ["in_review", "approved", "scheduled"])
def test_a_version_is_given_back_with_a_comment(cast, state):
    version = make_in_state(state, cast=cast)
    version = actions.return_to_draft(version=version, comment="Shorter, please.", by=cast.lena)
    assert version.status == Status.DRAFT
    assert AuditEvent.objects.get(verb="returned").details == {"comment": "Shorter, please."}


def test_giving_back_wants_a_comment(cast):
    version = make_submitted(cast=cast)
    with pytest.raises(Invalid) as refused:
        actions.return_to_draft(version=version, comment="  ", by=cast.lena)
    assert refused.value.field == "comment"


@pytest.mark.parametrize("state", ["draft", "announced", "in_force", "superseded", "withdrawn"])
def test_what_nobody_reviews_cannot_be_given_back(cast, state):
    version = make_in_state(state, cast=cast)
    with pytest.raises(NotAllowed):
        actions.return_to_draft(version=version, comment="No.", by=cast.lena)


# --- Publication -----------------------------------------------------------------------------------------------------


def test_publishing_today_brings_it_into_force(cast):
    version = make_published(cast=cast)
    version.refresh_from_db()
    policy = Policy.objects.get()
    assert (version.status, version.effective_on, version.publish_on) == (
        Status.IN_FORCE,
        clock.today(),
        clock.today(),
    )
    assert version.published_by == cast.hana
    assert len(version.content_hash) == 64
    assert policy.current == version
    assert policy.review_on == clock.add_months(clock.today(), 12)


def test_a_later_effective_date_announces_and_the_old_version_holds_on(cast):
    old = make_published(cast=cast)
    new = make_published(cast=cast, policy=old.policy, effective_on=days(10))
    old.refresh_from_db()
    assert (new.status, old.status) == (Status.ANNOUNCED, Status.IN_FORCE)
    assert Policy.objects.get().current == old


def test_a_later_publication_date_schedules(cast):
    version = make_published(cast=cast, publish_on=days(3), effective_on=days(10))
    assert (version.status, version.published_at) == (Status.SCHEDULED, None)
    assert Policy.objects.get().current is None


def test_the_old_version_is_superseded_on_the_day_the_new_one_binds(cast):
    old = make_published(cast=cast)
    new = make_published(cast=cast, policy=old.policy)
    old.refresh_from_db()
    assert (old.status, old.superseded_on) == (Status.SUPERSEDED, new.effective_on)
    assert Policy.objects.get().current == new


@pytest.mark.parametrize("state", sorted(set(STATES) - {"approved"}))
def test_only_an_approved_version_is_published(cast, state):
    version = make_in_state(state, cast=cast)
    with pytest.raises(NotAllowed):
        actions.publish(version=version, by=cast.hana)


@pytest.mark.parametrize("who", ["paul", "emma", "rita", "audra", "sam"])
def test_only_leads_publish_and_withdraw(cast, who):
    person = getattr(cast, who)
    approved, published = make_approved(cast=cast), make_published(cast=cast)
    for act in [
        lambda: actions.publish(version=approved, by=person),
        lambda: actions.publish_without_approval(version=approved, lock=approved.lock, reason="Now", by=person),
        lambda: actions.withdraw(version=published, reason="obsolete", by=person),
        lambda: actions.record_history(
            policy=published.policy,
            clauses=[clause()],
            change_note="x",
            significance="material",
            written_by=cast.paul,
            approved_by=cast.hana,
            publish_on=days(-5),
            effective_on=days(-5),
            by=person,
        ),
    ]:
        with pytest.raises(NotAllowed, match="Only a lead"):
            act()


@pytest.mark.parametrize(
    ("publish_on", "effective_on", "field"),
    [(-1, 5, "publish_on"), (3, 2, "effective_on"), (None, -1, "effective_on")],
)
def test_dates_that_make_no_sense_are_refused(cast, publish_on, effective_on, field):
    version = make_approved(cast=cast)
    with pytest.raises(Invalid) as refused:
        actions.publish(
            version=version,
            publish_on=days(publish_on) if publish_on is not None else None,
            effective_on=days(effective_on),
            by=cast.hana,
        )
    assert refused.value.field == field
    version.refresh_from_db()
    assert version.status == Status.APPROVED


def test_nothing_overtakes_an_announced_version(cast):
    policy = make_published(cast=cast, effective_on=days(10)).policy
    version = make_approved(cast=cast, policy=policy)
    with pytest.raises(Invalid, match="announced and binds from") as refused:
        actions.publish(version=version, publish_on=days(9), by=cast.hana)
    assert refused.value.field == "publish_on"
    assert actions.publish(version=version, publish_on=days(10), by=cast.hana).status == Status.SCHEDULED


def test_the_first_version_is_material_whatever_was_chosen(cast):
    version = make_published(cast=cast, significance="editorial")
    assert (version.significance, version.material_number) == ("material", 1)


def test_material_number_points_at_the_last_material_version(cast):
    policy = make_published(cast=cast).policy
    numbers = [
        make_published(cast=cast, policy=policy, significance=significance).material_number
        for significance in ["editorial", "material", "clarifying"]
    ]
    assert numbers == [1, 3, 3]


def test_the_hash_tells_texts_and_orders_apart(cast):
    hashes = {
        make_published(cast=cast, clauses=clauses).content_hash
        for clauses in [
            [clause("A"), clause("B")],
            [clause("B"), clause("A")],
            [clause("A"), clause("B", force="may")],
            [clause("A"), clause("B", body="Other.")],
        ]
    }
    assert len(hashes) == 4


def test_redlines_to_the_last_ten_versions_are_made_at_publication(cast):
    policy = make_published(cast=cast).policy
    for _ in range(11):
        newest = make_published(cast=cast, policy=policy)
    pairs = Redline.objects.filter(newer=newest).order_by("older__number").values_list("older__number", flat=True)
    assert list(pairs) == list(range(2, 12))


def test_publishing_without_approval_is_flagged_until_somebody_else_has_looked(cast):
    version = publish_now(make_draft(cast=cast), by=cast.hana)
    assert (version.status, version.unapproved_reason) == (Status.IN_FORCE, "A recall.")
    assert AuditEvent.objects.get(verb="published").details["without_approval"] == "A recall."
    assert list(PolicyVersion.objects.to_look_at(cast.lena)) == [version]
    assert list(PolicyVersion.objects.to_look_at(cast.hana)) == []
    assert list(PolicyVersion.objects.to_look_at(cast.paul)) == []
    assert list(PolicyVersion.objects.to_look_at(cast.emma)) == []
    actions.look_at(version=version, by=cast.lena)
    assert list(PolicyVersion.objects.to_look_at(cast.lena)) == []


def test_publishing_without_approval_wants_a_reason_and_an_open_version(cast):
    with pytest.raises(Invalid) as refused:
        publish_now(make_submitted(cast=cast), reason=" ", by=cast.hana)
    assert refused.value.field == "reason"
    for state in set(STATES) - {"draft", "in_review"}:
        with pytest.raises(NotAllowed):
            publish_now(make_in_state(state, cast=cast), by=cast.hana)


def test_who_looks_afterwards_is_staff_and_somebody_else(cast):
    version = publish_now(make_draft(cast=cast), by=cast.hana)
    for person in [cast.hana, cast.paul, cast.emma, cast.audra]:
        with pytest.raises(NotAllowed):
            actions.look_at(version=version, by=person)
    actions.look_at(version=version, by=cast.lena)
    with pytest.raises(NotAllowed, match="already"):
        actions.look_at(version=version, by=cast.lena)
    with pytest.raises(NotAllowed, match="usual way"):
        actions.look_at(version=make_published(cast=cast), by=cast.lena)


# --- Withdrawal ------------------------------------------------------------------------------------------------------


def test_a_withdrawn_text_stays_readable_and_binds_nobody(cast):
    version = make_withdrawn(cast=cast)
    policy = Policy.objects.get()
    assert (version.status, version.withdrawn_on, policy.current) == (Status.WITHDRAWN, clock.today(), version)
    assert in_force_on(policy, clock.today()) is None
    assert list(Policy.objects.readable()) == [policy]
    assert list(Policy.objects.published()) == []
    assert list(Policy.objects.in_force()) == []


def test_withdrawing_an_announced_version_leaves_the_old_one_in_force(cast):
    old = make_published(cast=cast)
    new = make_published(cast=cast, policy=old.policy, effective_on=days(5))
    actions.withdraw(version=new, reason="in_error", by=cast.hana)
    assert Policy.objects.get().current == old
    assert in_force_on(old.policy, days(30)) == old


def test_a_merger_names_the_other_policy(cast):
    version, other = make_published(cast=cast), make_published(cast=cast)
    version = actions.withdraw(version=version, reason="merged", into=other.policy, by=cast.hana)
    assert version.withdrawn_into == other.policy


def test_a_withdrawal_that_makes_no_sense_is_refused(cast):
    version, other, unread = make_published(cast=cast), make_published(cast=cast), make_policy(cast=cast)
    for reason, into, field in [
        ("because", None, "reason"),
        ("merged", None, "into"),
        ("obsolete", other.policy, "into"),
        ("merged", version.policy, "into"),
        ("merged", unread, "into"),
    ]:
        with pytest.raises(Invalid) as refused:
            actions.withdraw(version=version, reason=reason, into=into, by=cast.hana)
        assert refused.value.field == field


@pytest.mark.parametrize("state", sorted(set(STATES) - {"announced", "in_force"}))
def test_only_a_published_version_is_withdrawn(cast, state):
    with pytest.raises(NotAllowed):
        actions.withdraw(version=make_in_state(state, cast=cast), reason="obsolete", by=cast.hana)


def test_a_withdrawn_policy_can_have_a_new_version(cast):
    policy = make_withdrawn(cast=cast).policy
    version = make_published(cast=cast, policy=policy)
    assert Policy.objects.get().current == version


# --- The clock -------------------------------------------------------------------------------------------------------


def test_the_job_settles_what_is_due_and_only_that(cast):
    old = make_published(cast=cast)
    announced = make_published(cast=cast, policy=old.policy, effective_on=days(2))
    scheduled = make_published(cast=cast, publish_on=days(2), effective_on=days(4))
    assert actions.settle_due(day=days(1)) == 0
    assert actions.settle_due(day=days(2)) == 2
    for version in [old, announced, scheduled]:
        version.refresh_from_db()
    assert (old.status, old.superseded_on) == (Status.SUPERSEDED, days(2))
    assert announced.status == Status.IN_FORCE
    assert (scheduled.status, scheduled.published_at) == (Status.ANNOUNCED, clock.midnight(days(2)))
    assert Policy.objects.get(pk=old.policy_id).current == announced
    assert actions.settle_due(day=days(2)) == 0
    assert actions.settle_due(day=days(4)) == 1


def test_days_of_downtime_are_made_good_in_order(cast):
    first = make_published(cast=cast)
    second = make_published(cast=cast, policy=first.policy, effective_on=days(2))
    third = make_published(cast=cast, policy=first.policy, publish_on=days(3))
    assert actions.settle_due(day=days(9)) == 2
    for version in [first, second, third]:
        version.refresh_from_db()
    assert [first.status, second.status, third.status] == [Status.SUPERSEDED, Status.SUPERSEDED, Status.IN_FORCE]
    assert (first.superseded_on, second.superseded_on) == (days(2), days(3))


def test_until_the_job_has_run_the_dates_say_what_binds(cast):
    first = make_published(cast=cast)
    second = make_published(cast=cast, policy=first.policy, effective_on=days(2))
    late = make_published(cast=cast, publish_on=days(2))
    with time_machine.travel(clock.midnight(days(2)) + timedelta(minutes=1), tick=False):
        assert Policy.objects.get(pk=first.policy_id).current == first
        assert in_force_on(first.policy, clock.today()) == second
        assert set(PolicyVersion.objects.shown_on(clock.today())) == {second, late}
        assert set(Policy.objects.in_force()) == {first.policy, late.policy}
        assert set(Policy.objects.readable()) == {first.policy, late.policy}


def test_a_verb_that_comes_before_the_job_settles_first(cast):
    scheduled = make_published(cast=cast, publish_on=days(2))
    a_minute_in = time_machine.travel(clock.midnight(days(2)) + timedelta(minutes=1), tick=False)
    with a_minute_in, pytest.raises(NotAllowed, match="never changes"):
        write(version=scheduled, by=cast.hana)


def test_days_begin_in_the_hubs_zone(settings):
    settings.HUB_TIME_ZONE = "Europe/Berlin"
    with time_machine.travel("2026-03-01T23:30:00+00:00", tick=False):
        assert clock.today() == date(2026, 3, 2)
        assert clock.midnight(clock.today()).isoformat() == "2026-03-02T00:00:00+01:00"


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 10, 31), 13, date(2027, 11, 30)),
        (date(2026, 12, 15), 12, date(2027, 12, 15)),
    ],
)
def test_months_end_where_they_end(day, months, then):
    assert clock.add_months(day, months) == then


# --- History from before ---------------------------------------------------------------------------------------------


def history(cast, policy, *, day, significance="material", **fields):
    values = {
        "clauses": [clause(body=f"As of {day}.", key="rule")],
        "change_note": "What changed.",
        "written_by": cast.paul,
        "approved_by": cast.lena,
        "publish_on": days(day),
        "effective_on": days(day),
        "by": cast.hana,
        **fields,
    }
    return actions.record_history(policy=policy, significance=significance, **values)


def test_versions_from_before_the_portal_bind_on_their_own_days(cast):
    policy = make_policy(cast=cast)
    first = history(cast, policy, day=-300)
    second = history(cast, policy, day=-100, significance="clarifying")
    third = history(cast, policy, day=-10, effective_on=days(10))
    assert [first.number, second.number, third.number] == [1, 2, 3]
    first.refresh_from_db()
    assert [first.status, second.status, third.status] == [Status.SUPERSEDED, Status.IN_FORCE, Status.ANNOUNCED]
    assert [in_force_on(policy, days(day)) for day in (-301, -300, -101, -100, 9, 10)] == [
        None,
        first,
        first,
        second,
        second,
        third,
    ]
    assert second.published_at == clock.midnight(days(-100))


def test_history_is_entered_in_order_and_keeps_four_eyes(cast):
    policy = make_policy(cast=cast)
    history(cast, policy, day=-100)
    for fields in [{"day": -200}, {"day": -50, "effective_on": days(-60)}]:
        with pytest.raises(Invalid) as refused:
            history(cast, policy, **fields)
        assert refused.value.field == "effective_on"
    with pytest.raises(NotAllowed, match="somebody else"):
        history(cast, policy, day=-50, approved_by=cast.paul)
    actions.start_version(policy=policy, by=cast.paul)
    with pytest.raises(NotAllowed, match="already"):
        history(cast, policy, day=-50)


@pytest.mark.parametrize("what", ["note", "review", "comment"])
def test_history_takes_away_nothing_that_somebody_wrote_about_an_empty_draft(cast, what):
    policy = make_policy(cast=cast)
    draft = policy.versions.get()
    if what == "note":
        actions.save_draft(version=draft, clauses=[], lock=draft.lock, change_note="Why we need it.", by=cast.paul)
    elif what == "review":
        actions.ask_for_review(version=draft, people=[cast.rita], due_on=days(3), by=cast.paul)
    else:
        actions.comment(version=draft, text="Mind the tills.", by=cast.paul)
    with pytest.raises(NotAllowed, match="being worked on already"):
        history(cast, policy, day=-100)
    kept = policy.versions.get()
    assert kept == draft
    assert [kept.change_note != "", kept.reviews.exists(), kept.comments.exists()].count(True) == 1


# --- Signing ---------------------------------------------------------------------------------------------------------


def test_a_signature_keeps_person_version_hashes_and_time(cast):
    version = make_published(cast=cast, must_sign=True, clauses=[clause("One"), clause("Two")])
    signature = sign(person=cast.emma, version=version)
    assert (signature.person, signature.version) == (cast.emma, version)
    assert signature.clause_hashes == {one.key: one.content_hash for one in version.clauses.all()}
    assert verbs(version)[-1] == "signed"


def test_signing_twice_is_signing_once(cast):
    version = make_published(cast=cast, must_sign=True)
    first = sign(person=cast.emma, version=version)
    assert sign(person=cast.emma, version=version) == first
    assert Acknowledgement.objects.count() == 1


def test_a_signature_is_for_the_text_on_the_page(cast):
    version = make_published(cast=cast, must_sign=True)
    with pytest.raises(Conflict, match="not the one"):
        actions.sign(version=version, content_hash="0" * 64, by=cast.emma)


def test_a_text_that_was_replaced_while_reading_is_not_signed(cast):
    old = make_published(cast=cast, must_sign=True)
    new = make_published(cast=cast, policy=old.policy)
    with pytest.raises(Conflict, match="Version 2 took the place") as refused:
        sign(person=cast.emma, version=old)
    assert refused.value.theirs == new
    assert not Acknowledgement.objects.exists()


def test_nothing_to_sign_is_said(cast):
    withdrawn = make_withdrawn(cast=cast, must_sign=True)
    with pytest.raises(NotAllowed, match="withdrawn"):
        sign(person=cast.emma, version=withdrawn)
    with pytest.raises(NotAllowed, match="not published"):
        sign(person=cast.emma, version=make_submitted(cast=cast, must_sign=True))
    with pytest.raises(NotAllowed, match="Reading it is enough"):
        sign(person=cast.emma, version=make_published(cast=cast))
    with pytest.raises(NotAllowed, match="other departments"):
        sign(person=cast.hana, version=make_published(cast=cast, must_sign=True, audiences=[cast.retail.group]))


def test_an_announced_version_can_be_signed_early_and_then_holds(cast):
    old = make_published(cast=cast, must_sign=True)
    new = make_published(cast=cast, policy=old.policy, effective_on=days(5), significance="material")
    sign(person=cast.emma, version=old)
    sign(person=cast.emma, version=new)
    assert not Policy.objects.awaiting_signature_of(cast.emma).exists()
    actions.settle_due(day=days(5))
    with time_machine.travel(clock.midnight(days(5)) + timedelta(hours=12), tick=False):
        assert not Policy.objects.awaiting_signature_of(cast.emma).exists()
        assert Policy.objects.awaiting_signature_of(cast.rita).exists()


def test_an_early_signature_of_a_material_change_does_not_cover_the_text_before_it(cast):
    old = make_published(cast=cast, must_sign=True)
    new = make_published(cast=cast, policy=old.policy, effective_on=days(5), significance="material")
    sign(person=cast.emma, version=new)
    assert list(Policy.objects.awaiting_signature_of(cast.emma)) == [old.policy]


def test_only_a_material_change_since_the_last_signature_asks_again(cast):
    policy = make_published(cast=cast, must_sign=True).policy
    sign(person=cast.emma, version=policy.versions.get())
    asked = []
    for significance in ["editorial", "material", "clarifying"]:
        make_published(cast=cast, policy=policy, significance=significance)
        asked.append(Policy.objects.awaiting_signature_of(cast.emma).exists())
    # The last step is only clarifying, but the material one before it was never signed.
    assert asked == [False, True, True]


def test_withdrawn_policies_and_those_for_others_await_nobody(cast):
    make_withdrawn(cast=cast, must_sign=True)
    make_published(cast=cast, must_sign=True, audiences=[cast.retail.group])
    make_published(cast=cast)
    assert not Policy.objects.awaiting_signature_of(cast.emma).exists()
    assert not Policy.objects.awaiting_signature_of(cast.hana).exists()
    assert Policy.objects.awaiting_signature_of(cast.rita).exists()


@pytest.mark.parametrize("state", ["in_force", "announced", "draft"])
def test_the_database_too_holds_one_of_each(cast, state):
    version = make_in_state(state, cast=cast)
    version.pk, version.number = None, 7
    with pytest.raises(IntegrityError), transaction.atomic():
        version.save()


@pytest.mark.parametrize("how", ["edited", "given back"])
def test_what_is_approved_after_all_no_longer_counts_as_published_without_approval(cast, how):
    version = make_submitted(cast=cast)
    version = actions.publish_without_approval(
        version=version, reason="A recall.", lock=version.lock, publish_on=days(3), by=cast.hana
    )
    if how == "edited":
        version = write(version=version, by=cast.paul)
    else:
        version = actions.return_to_draft(version=version, comment="It can wait.", by=cast.hana)
    version = submit(version, by=cast.paul)
    version = actions.approve(version=version, lock=version.lock, by=cast.lena)
    version = actions.publish(version=version, by=cast.hana)
    assert version.unapproved_reason == ""
    assert not PolicyVersion.objects.to_look_at(cast.lena).exists()


def test_a_day_of_the_year_9999_is_a_typing_error(cast):
    version = make_approved(cast=cast)
    with pytest.raises(Invalid, match="within the next five years") as refused:
        actions.publish(version=version, effective_on=date(9999, 12, 31), by=cast.hana)
    assert refused.value.field == "effective_on"
