"""Clauses for some: they are read by all, bind some, and ask those alone when they change."""

import pytest

from hub.exceptions import Conflict, Invalid
from hub.models import OutboxMessage
from policies import actions, jobs, reports
from policies.actions.reach import store_reach
from policies.actions.text import redline_between
from policies.models import Acknowledgement, Policy, PolicyVersion, Reach
from policies.reports import signing
from policies.workflow import numbers_between
from spokes import actions as spoke_actions
from tests.policies.factories import (
    clause,
    days,
    make_campaign,
    make_draft,
    make_policy,
    make_published,
    make_running,
    sign,
    submit,
    write,
)
from tests.policies.test_jobs import on

SAY = "say-where-you-work"
TILL = "signs-at-the-till"


def text(*, cast, say="Say it.", till="Put up a sign.", groups=None, force="must"):
    """A clause for everybody and one for Retail, or for these groups."""
    groups = [cast.retail.group] if groups is None else groups
    return [
        clause("Say where you work", key=SAY, body=say),
        {
            **clause("Signs at the till", key=TILL, body=till, force=force),
            "audiences": [group.pk for group in groups],
        },
    ]


def asked(version):
    """Who is asked, told from the version and told from each person; the two must be the same."""
    of_version = set(reports.people_to_sign(version).values_list("name", flat=True))
    for person in reports.addressed(type(version.created_by).objects.active(), version.policy):
        shown = PolicyVersion.objects.with_signing_of(person).select_related("policy").get(pk=version.pk)
        waiting = Policy.objects.filter(pk=version.policy_id).awaiting_signature_of(person).exists()
        assert signing(shown, shown.policy, person).is_asked == waiting == (person.name in of_version), person
    return of_version


def everybody_signs(version, cast):
    for person in reports.addressed(type(cast.emma).objects.active(), version.policy):
        sign(person=person, version=version)
    assert asked(version) == set()


@pytest.fixture
def first(cast):
    version = make_published(cast=cast, must_sign=True, clauses=text(cast=cast))
    everybody_signs(version, cast)
    return version


def retail(cast):
    return {person.name for person in type(cast.emma).objects.filter(groups=cast.retail.group)}


def later(first, cast, **fields):
    return make_published(cast=cast, policy=first.policy, clauses=text(cast=cast, **fields))


def test_a_material_change_of_a_clause_for_some_asks_those_alone(cast, first):
    second = later(first, cast, till="You must never put up a sign.")
    assert second.significance == "material"
    assert asked(second) == retail(cast) != set()


def test_a_material_change_of_a_clause_for_all_asks_all(cast, first):
    second = later(first, cast, say="You must never say it.")
    assert asked(second) >= {person.name for person in cast.everybody().values()}


def test_versions_in_between_are_counted_for_each_person(cast, first):
    second = later(first, cast, till="You must never put up a sign.")
    sign(person=cast.rita, version=second)
    third = later(first, cast, till="You must never put up a sign.", say="Say it, please, to them.")
    assert third.significance == "clarifying"
    assert asked(third) == retail(cast) - {"Rita"}


def test_a_clause_that_is_addressed_asks_whom_it_did_not_bind(cast, first):
    second = later(first, cast, groups=[cast.retail.group, cast.operations.group])
    change = second.clause_changes.get()
    assert (change.floor, change.significance, change.binds_more) == ("clarifying", "clarifying", True)
    assert second.significance == "material"
    operations = {person.name for person in type(cast.emma).objects.filter(groups=cast.operations.group)}
    assert asked(second) == operations - retail(cast) != set()


def test_a_clause_that_comes_to_bind_everybody_asks_all_but_those_it_bound(cast, first):
    second = later(first, cast, groups=[])
    addressed = set(reports.addressed(type(cast.emma).objects.active(), second.policy).values_list("name", flat=True))
    assert asked(second) == addressed - retail(cast)


def test_a_clause_that_is_narrowed_asks_nobody_and_is_never_editorial(cast, first):
    second = later(first, cast, groups=[cast.operations.group])
    assert second.clause_changes.get().floor == "clarifying"
    plain = make_published(cast=cast, must_sign=True, clauses=text(cast=cast, groups=[]))
    everybody_signs(plain, cast)
    narrowed = later(plain, cast)
    assert (narrowed.significance, narrowed.clause_changes.get().binds_more) == ("clarifying", False)
    assert asked(narrowed) == set()


def test_the_editor_cannot_call_a_change_of_audience_editorial(cast, first):
    draft = make_draft(cast=cast, policy=first.policy, clauses=text(cast=cast, groups=[cast.operations.group]))
    with pytest.raises(Invalid, match="not merely editorial"):
        actions.set_significance(version=draft, choices={TILL: "editorial"}, lock=draft.lock, by=cast.paul)
    actions.set_significance(version=draft, choices={TILL: "material"}, lock=draft.lock, by=cast.paul)
    draft.refresh_from_db()
    assert set(draft.reached_by.get(signed=first).asks_again.all()) == {cast.retail.group, cast.operations.group}


def test_advice_that_comes_to_be_for_more_people_asks_nobody(cast):
    first = make_published(cast=cast, must_sign=True, clauses=text(cast=cast, force="should"))
    everybody_signs(first, cast)
    assert asked(later(first, cast, force="should", groups=[])) == set()


def test_whoever_moves_into_a_clause_is_asked_with_time_from_her_move(cast, first):
    assert cast.otto.name not in retail(cast)
    type(cast.otto).objects.filter(pk=cast.otto.pk).update(joined_on=days(-100))
    PolicyVersion.objects.filter(pk=first.pk).update(effective_on=days(-90))
    spoke_actions.move_home(person=cast.otto, spoke=cast.retail, by=cast.hana)
    assert asked(first) == {"Otto"}
    shown = PolicyVersion.objects.with_signing_of(cast.otto).select_related("policy").get(pk=first.pk)
    assert signing(shown, shown.policy, cast.otto).due_on == days(14)
    assert reports.with_days(reports.people_to_sign(first), first).get().home_since == days(0)
    sign(person=cast.otto, version=first)
    assert asked(first) == set()
    assert Acknowledgement.objects.filter(person=cast.otto, version=first).count() == 2
    # Away and back again: what she signed once she has signed.
    spoke_actions.move_home(person=cast.otto, spoke=cast.operations, by=cast.hana)
    spoke_actions.move_home(person=cast.otto, spoke=cast.retail, by=cast.hana)
    assert asked(first) == set()
    assert sign(person=cast.otto, version=first) in Acknowledgement.objects.filter(person=cast.otto)
    assert Acknowledgement.objects.filter(person=cast.otto, version=first).count() == 2


def test_a_signature_says_what_was_for_others(cast, first):
    told = dict(Acknowledgement.objects.filter(version=first).values_list("person__name", "unbound"))
    assert (told["Rita"], told["Otto"]) == ("", f" {TILL} ")


def test_reminders_go_to_those_it_binds(cast, first):
    type(cast.emma).objects.update(joined_on=days(-200))
    begun, changed = days(0), days(5)
    with on(changed):
        second = later(first, cast, till="You must never put up a sign.")
    with on(days(19)):
        assert jobs.remind_to_sign() == len(retail(cast))
        Acknowledgement.objects.filter(person__in=[cast.emma, cast.rita]).delete()
        for person, day in ((cast.emma, begun), (cast.rita, changed)):
            assert PolicyVersion.objects.with_signing_of(person).get(pk=second.pk).asked_since == day
            assert reports.with_days(reports.people_to_sign(second), second).get(pk=person.pk).asked_since == day


def letter_to(person):
    jobs.remind_to_sign()
    return OutboxMessage.objects.filter(kind="acknowledgement_due", recipient=person).latest("pk")


def test_whoever_is_asked_again_reads_for_whom_the_rule_changed(cast, first):
    never = text(cast=cast, till="You must never put up a sign.")
    make_published(cast=cast, policy=first.policy, clauses=never, note="No signs.")
    third = make_published(cast=cast, policy=first.policy, clauses=never[:1], note="The till is left alone.")
    with on(days(14)):
        letter = letter_to(cast.rita)
    assert "Version 2: No signs.\n- 2. Signs at the till (changed; for Retail)" in letter.text
    assert "Version 3: The till is left alone.\n- 2. Signs at the till (taken out; for Retail)" in letter.text
    assert "2. Signs at the till (changed; for Retail)</li>" in letter.html
    assert [step.number for step in reports.material_since(third, 2)] == [3]


def test_whoever_moves_into_a_clause_reads_that_more_applies_to_her(cast, first):
    """Also with a later version that concerns others, or nobody."""
    addressed = text(cast=cast, groups=[cast.operations.group])
    first = make_published(cast=cast, policy=first.policy, clauses=addressed, significance="material")
    everybody_signs(first, cast)
    spoke_actions.move_home(person=cast.emma, spoke=cast.operations, by=cast.hana)
    again = "you signed version 2, and since then more of this policy has come to apply to you."
    with on(days(14)):
        assert again in letter_to(cast.emma).text and "changed" not in letter_to(cast.emma).text
        OutboxMessage.objects.all().delete()
        marked = text(cast=cast, say="Say it!", groups=[cast.operations.group])
        second = make_published(cast=cast, policy=first.policy, clauses=marked, note="A mark.")
        assert second.significance == "editorial"
        letter = letter_to(cast.emma)
    assert again in letter.text and "more of this policy has come to apply to you" in letter.html


def test_what_was_published_in_error_is_no_reason_to_sign_again(cast):
    good = make_published(cast=cast, must_sign=True, clauses=[clause(body="Ask.")])
    sign(person=cast.emma, version=good)
    wrong = make_published(cast=cast, policy=good.policy, clauses=[clause(body="Never ask.")], significance="material")
    actions.withdraw(version=wrong, reason="in_error", by=cast.hana)
    right = make_published(cast=cast, policy=good.policy, clauses=[clause(body="Must ask.")], significance="material")
    assert [step.number for step in reports.material_since(right, 1)] == [3]
    # Whoever signed the wrong one alone came from it: it is not what changed since.
    assert [step.number for step in reports.material_since(right, 2)] == [3]


def test_an_exemption_stays_for_those_whom_a_change_does_not_concern(cast):
    first = make_published(cast=cast, must_sign=True, clauses=text(cast=cast))
    campaign = make_running(cast=cast, version=first)
    for person in (cast.otto, cast.rita):
        actions.exempt_person(campaign=campaign, person=person, reason="On leave.", by=cast.paul)
    second = later(first, cast, till="You must never put up a sign.")
    names = asked(second)
    assert "Otto" not in names
    assert "Rita" in names
    jobs.keep_campaigns()
    campaign.refresh_from_db()
    assert campaign.is_closed
    again = make_campaign(cast=cast, version=second)
    actions.start_campaign(campaign=again, by=cast.hana)
    jobs.keep_campaigns()
    assert again.roll.count() == reports.addressed(type(cast.emma).objects.active(), second.policy).count()


# --- A version that was published in error ---------------------------------------------------------------------------


def rule(say):
    return [clause("Say where you work", key=SAY, body=say)]


GOOD, BAD = "You must say where you work.", "You must never say where you work."


@pytest.fixture
def in_error(cast):
    """(the good first version, the second, withdrawn as in error). Rita signed the first, Otto the second, Emma
    both."""
    first = make_published(cast=cast, must_sign=True, clauses=rule(GOOD))
    sign(person=cast.rita, version=first)
    sign(person=cast.emma, version=first)
    second = make_published(cast=cast, policy=first.policy, clauses=rule(BAD))
    sign(person=cast.otto, version=second)
    sign(person=cast.emma, version=second)
    return first, actions.withdraw(version=second, reason="in_error", by=cast.hana)


def test_going_back_to_the_words_before_an_error_asks_nobody_who_signed_them(cast, in_error):
    first, _second = in_error
    third = make_published(cast=cast, policy=first.policy, clauses=rule(GOOD))
    assert (third.baseline_number, third.significance, third.material_number) == (1, "editorial", 1)
    names = asked(third)
    assert not names & {"Rita", "Emma"}
    assert "Otto" in names


def test_words_that_differ_from_both_ask_all(cast, in_error):
    first, _second = in_error
    third = make_published(cast=cast, policy=first.policy, clauses=rule("You should not say it before three days."))
    assert asked(third) >= {"Rita", "Otto", "Emma"}


def test_the_error_brought_back_in_better_words_does_not_ask_who_signed_it(cast, in_error):
    first, _second = in_error
    third = make_published(cast=cast, policy=first.policy, clauses=rule(BAD.replace("work.", "work!")))
    names = asked(third)
    assert "Rita" in names
    assert not names & {"Otto", "Emma"}


def test_a_draft_begun_before_the_withdrawal_is_compared_anew(cast):
    first = make_published(cast=cast, must_sign=True, clauses=rule(GOOD))
    second = make_published(cast=cast, policy=first.policy, clauses=rule(BAD))
    draft = make_draft(cast=cast, policy=first.policy, clauses=rule(GOOD))
    assert (draft.baseline_number, draft.significance) == (2, "material")
    actions.withdraw(version=second, reason="in_error", by=cast.hana)
    draft.refresh_from_db()
    assert (draft.baseline_number, draft.significance, draft.clause_changes.count()) == (1, "editorial", 0)


def test_a_text_announced_before_the_withdrawal_spares_who_signed_its_words(cast):
    first = make_published(cast=cast, must_sign=True, clauses=rule(GOOD))
    sign(person=cast.rita, version=first)
    second = make_published(cast=cast, policy=first.policy, clauses=rule(BAD))
    third = make_published(cast=cast, policy=first.policy, clauses=rule(GOOD), effective_on=days(5))
    assert not Reach.objects.filter(version=third, signed=first).exists()
    actions.withdraw(version=second, reason="in_error", by=cast.hana)
    assert Reach.objects.filter(version=third, signed=first).exists()
    assert not Reach.objects.filter(version=third, signed=second).exists()


def test_what_was_approved_beside_an_error_is_approved_anew_where_more_of_the_rule_changes(cast):
    first = make_published(cast=cast, must_sign=True, clauses=rule(GOOD))
    second = make_published(cast=cast, policy=first.policy, clauses=rule(BAD))
    third = make_published(
        cast=cast, policy=first.policy, clauses=rule(BAD.replace("work.", "work!")), note="", publish_on=days(5)
    )
    assert (third.status, third.significance) == ("scheduled", "editorial")
    actions.withdraw(version=second, reason="in_error", by=cast.hana)
    third.refresh_from_db()
    assert (third.status, third.significance, third.approved_by, third.publish_on) == ("draft", "material", None, None)
    returned = PolicyVersion.objects.waiting_for(cast.paul).get(pk=third.pk)
    assert "Version 2 was withdrawn as published in error." in returned.returned_comment
    with pytest.raises(Invalid, match="Say in plain words what changed"):
        submit(third, by=cast.paul)


def test_a_text_scheduled_before_the_withdrawal_says_anew_how_much_changed(cast):
    first = make_published(cast=cast, must_sign=True, clauses=rule(GOOD))
    second = make_published(cast=cast, policy=first.policy, clauses=rule(BAD))
    third = make_published(
        cast=cast, policy=first.policy, clauses=rule(GOOD.replace("work.", "work!")), publish_on=days(5)
    )
    assert "Material" in redline_between(first, third).html
    actions.withdraw(version=second, reason="in_error", by=cast.hana)
    assert "Material" not in redline_between(first, third).html
    assert "Editorial" in redline_between(first, third).html


@pytest.mark.parametrize("reason", ["obsolete"])
def test_a_text_withdrawn_for_another_reason_was_in_force_and_counts(cast, reason):
    first = make_published(cast=cast, must_sign=True, clauses=rule(GOOD))
    sign(person=cast.rita, version=first)
    second = make_published(cast=cast, policy=first.policy, clauses=rule(BAD))
    actions.withdraw(version=second, reason=reason, by=cast.hana)
    third = make_published(cast=cast, policy=first.policy, clauses=rule(GOOD))
    assert third.baseline_number == 2
    assert "Rita" in asked(third)


def test_where_all_were_in_error_the_newest_is_what_people_signed(cast):
    first = make_published(cast=cast, must_sign=True, clauses=rule(GOOD))
    sign(person=cast.rita, version=first)
    actions.withdraw(version=first, reason="in_error", by=cast.hana)
    second = make_published(cast=cast, policy=first.policy, clauses=rule(GOOD.replace("work.", "work!")))
    assert second.baseline_number == 1
    assert "Rita" not in asked(second)


def test_a_version_that_is_material_as_a_whole_asks_all_unless_nothing_differs(cast):
    policy = make_policy(cast=cast, must_sign=True)
    fields = {"change_note": "N.", "written_by": cast.paul, "approved_by": cast.lena, "by": cast.hana}
    versions = [
        actions.record_history(
            policy=policy,
            clauses=rule(GOOD),
            significance="material",
            publish_on=days(day),
            effective_on=days(day),
            **fields,
        )
        for day in (-30, -20)
    ]
    assert not Reach.objects.filter(version=versions[1], signed=versions[0]).exists()
    PolicyVersion.objects.filter(pk=versions[1].pk).update(withdrawal_reason="in_error")
    versions[1].refresh_from_db()
    store_reach(versions[1])
    assert Reach.objects.filter(version=versions[1], signed=versions[0]).exists()


# --- Writing ---------------------------------------------------------------------------------------------------------


def test_a_text_that_does_not_say_whom_it_is_for_keeps_it(cast, first):
    rows = [{key: value for key, value in one.items() if key != "audiences"} for one in text(cast=cast, till="New.")]
    draft = make_draft(cast=cast, policy=first.policy, clauses=rows)
    assert [one.audience_names for one in draft.clauses.with_groups()] == [[], ["Retail"]]


def test_a_new_version_begins_with_the_same_audiences(cast, first):
    draft = actions.start_version(policy=first.policy, by=cast.paul)
    assert [one.audience_names for one in draft.clauses.with_groups()] == [[], ["Retail"]]
    assert [one.content_hash for one in draft.clauses.all()] == [one.content_hash for one in first.clauses.all()]


def test_a_group_that_is_gone_is_refused_at_its_clause(cast):
    draft = make_draft(cast=cast)
    rows = [{**clause("Say it", key="say-it"), "audiences": [987654]}]
    with pytest.raises(Invalid) as refused:
        write(version=draft, clauses=rows, by=cast.paul)
    assert refused.value.field == "clause-1-audiences"


def test_the_second_of_two_editors_sees_whom_the_other_chose(cast, first):
    draft = make_draft(cast=cast, policy=first.policy, clauses=text(cast=cast))
    lock = draft.lock
    write(version=draft, clauses=text(cast=cast, groups=[cast.operations.group]), by=cast.paul)
    with pytest.raises(Conflict) as refused:
        actions.save_draft(version=draft, clauses=text(cast=cast), lock=lock, by=cast.hana)
    assert refused.value.theirs["clauses"][1]["audiences"] == [cast.operations.group.pk]


def test_whom_it_is_for_is_part_of_what_is_proven(cast, first):
    second = later(first, cast, groups=[])
    assert first.clauses.get(key=TILL).content_hash != second.clauses.get(key=TILL).content_hash
    assert first.clauses.get(key=SAY).content_hash == second.clauses.get(key=SAY).content_hash


def test_impact_counts_those_a_change_asks(cast, first):
    draft = make_draft(cast=cast, policy=first.policy, clauses=text(cast=cast, till="You must never put up a sign."))
    found = reports.impact(draft, first)
    assert (found.again, found.asks) == (len(retail(cast)), True)
    assert found.why == "The rule changes in 1 clause, for some only: they sign again, the others' signatures hold."
    assert found.first_time == len(asked(first))


def test_what_was_published_in_error_stands_beside_the_way():
    lines = {1: None, 2: 1, 3: 1, 4: 3}
    assert numbers_between(lines, 1, 4) == {3, 4}
    assert numbers_between(lines, 2, 3) == {3}
    assert numbers_between({2: None, 4: None}, 1, 4) == {2, 3, 4}
