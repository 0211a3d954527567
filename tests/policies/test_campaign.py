"""Campaigns: planned, started, kept, closed; and that asking is one rule wherever it shows."""

import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from hub import mail, slots
from hub.exceptions import HubError, Invalid, NotAllowed
from hub.models import OutboxMessage, User
from policies import actions, clock, jobs, reports
from policies.models import Campaign, Policy, PolicyVersion, RollEntry
from policies.models.campaign import Campaign as Model
from spokes import actions as spokes
from tests.factories import make_cast, make_person
from tests.policies.factories import (
    days,
    make_campaign,
    make_policy,
    make_published,
    make_running,
    make_withdrawn,
    sign,
)
from tests.policies.test_concurrency import at_once

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def version(cast):
    """Published long ago, signed by nobody unless a campaign asks; everybody has been here for long."""
    for person in [*cast.everybody().values(), cast.root]:
        User.objects.filter(pk=person.pk).update(joined_on=days(-500))
        person.memberships.update(starts_on=days(-500))
    return make_published(cast=cast, title="Rules")


def on(day):
    return time_machine.travel(clock.midnight(day) + timedelta(hours=7), tick=False)


def letters():
    return OutboxMessage.objects.filter(kind="acknowledgement_due").order_by("pk")


# --- One rule --------------------------------------------------------------------------------------------------------


def asked_everywhere(client, person, version):
    """(asked, by when) as each place says it; all must agree."""
    person = User.objects.get(pk=person.pk)
    version = PolicyVersion.objects.select_related("policy").get(pk=version.pk)
    client.force_login(person)
    mine = PolicyVersion.objects.with_signing_of(person).select_related("policy").get(pk=version.pk)
    signing = reports.signing(mine, mine.policy, person)
    waiting = [item for item in slots.waiting_items.gather(person) if item.kind == "acknowledgement_due"]
    slug = version.policy.slug
    places = {
        "page": 'id="sign"' in client.get(f"/policies/{slug}/").content.decode() and not signing.is_signed,
        "library": bool(client.get("/policies/?mine=to-sign").context["rows"]),
        "waiting": bool(waiting),
        "list": Policy.objects.filter(pk=version.policy_id).awaiting_signature_of(person).exists(),
        "rule": signing.is_asked,
        "reminders": reports.people_to_sign(version).filter(pk=person.pk).exists(),
        "sign off": reports.people_of(version).filter(pk=person.pk, signed_at=None).exists(),
    }
    assert len(set(places.values())) == 1, places
    assert [item.due_on for item in waiting] == ([signing.due_on] if waiting else [])
    return signing.is_asked, signing.due_on


def test_a_campaign_asks_where_the_policy_does_not(cast, client, version):
    assert asked_everywhere(client, cast.emma, version) == (False, None)
    campaign = make_running(cast=cast, version=version)
    assert asked_everywhere(client, cast.emma, version) == (True, days(14))
    sign(person=cast.emma, version=version)
    assert asked_everywhere(client, cast.emma, version) == (False, None)
    actions.close_campaign(campaign=campaign, reason="Done.", by=cast.hana)
    assert asked_everywhere(client, cast.rita, version) == (False, None)


def test_the_campaigns_day_takes_the_place_of_the_policys_own(cast, client, version):
    actions.change_policy(policy=version.policy, must_sign=True, sign_within_days=3, by=cast.paul)
    assert asked_everywhere(client, cast.emma, version) == (True, days(3))
    campaign = make_running(cast=cast, version=version, audiences=[cast.care.group])
    assert asked_everywhere(client, cast.emma, version) == (True, days(14))
    assert asked_everywhere(client, cast.rita, version) == (True, days(3))
    actions.close_campaign(campaign=campaign, reason="Done.", by=cast.hana)
    assert asked_everywhere(client, cast.emma, version) == (True, days(14))


def test_an_exempt_person_is_not_asked_by_the_policy_either(cast, client, version):
    actions.change_policy(policy=version.policy, must_sign=True, by=cast.paul)
    campaign = make_campaign(cast=cast, version=version)
    actions.exempt_person(campaign=campaign, person=cast.emma, reason="On leave until May.", by=cast.paul)
    assert asked_everywhere(client, cast.emma, version)[0]
    actions.start_campaign(campaign=campaign, by=cast.hana)
    actions.keep_roll(campaign.pk)
    assert asked_everywhere(client, cast.emma, version) == (False, None)
    assert "You are exempt" in client.get("/policies/rules/").content.decode()
    actions.end_exemption(campaign=campaign, person=cast.emma, by=cast.paul)
    assert asked_everywhere(client, cast.emma, version) == (True, days(14))
    actions.exempt_person(campaign=campaign, person=cast.emma, reason="Still on leave.", by=cast.paul)
    actions.close_campaign(campaign=campaign, reason="Done.", by=cast.hana)
    assert asked_everywhere(client, cast.emma, version) == (False, None)


@pytest.mark.parametrize("must_sign", [True, False])
def test_the_campaign_that_was_started_last_decides_whichever_was_planned_first(cast, client, version, must_sign):
    """A person's day, her exemption and her reminders: by all the places that say them."""
    actions.change_policy(policy=version.policy, must_sign=must_sign, by=cast.paul)
    planned_first = make_campaign(cast=cast, version=version, name="Autumn", due_on=days(30))
    spring = make_running(cast=cast, version=version, name="Spring", due_on=days(9))
    assert planned_first.pk < spring.pk
    actions.exempt_person(campaign=spring, person=cast.emma, reason="On leave.", by=cast.paul)
    assert asked_everywhere(client, cast.emma, version) == (False, None)
    actions.close_campaign(campaign=spring, reason="Done.", by=cast.hana)
    autumn = actions.start_campaign(campaign=planned_first, by=cast.hana)
    actions.keep_roll(autumn.pk)
    assert asked_everywhere(client, cast.emma, version) == (True, days(30))
    assert asked_everywhere(client, cast.rita, version) == (True, days(30))
    assert list(Campaign.objects.deciding(version)) == [autumn, spring]
    with on(days(9)):
        assert jobs.remind_to_sign() == 0
    with on(days(30)):
        jobs.remind_to_sign()
    assert set(letters().values_list("period", flat=True)) == {f"{days(30).isoformat()} due"}


def test_who_is_exempt_may_sign_all_the_same(cast, version):
    campaign = make_running(cast=cast, version=version)
    actions.exempt_person(campaign=campaign, person=cast.emma, reason="On leave.", by=cast.paul)
    assert sign(person=cast.emma, version=version)


def test_nobody_signs_what_nobody_asks(cast, version):
    make_running(cast=cast, version=version, audiences=[cast.retail.group])
    with pytest.raises(NotAllowed, match="Nobody needs"):
        sign(person=cast.emma, version=version)
    assert sign(person=cast.rita, version=version)


def test_a_campaign_asks_from_its_first_day_on(cast, client, version):
    campaign = make_running(cast=cast, version=version, starts_on=days(2), due_on=days(9))
    assert (campaign.roll.count(), asked_everywhere(client, cast.emma, version)) == (0, (False, None))
    with on(days(2)):
        jobs.keep_campaigns()
        assert asked_everywhere(client, cast.emma, version) == (True, days(7))


def test_whom_the_policy_is_not_for_is_never_asked(cast, client, version):
    actions.change_policy(policy=version.policy, audiences=[cast.retail.group], by=cast.paul)
    campaign = make_running(cast=cast, version=version, audiences=[cast.care.group, cast.stores.group])
    assert campaign.asked == 0
    assert not reports.people_asked(version).filter(pk=cast.emma.pk).exists()


def test_a_signature_from_before_counts(cast, version):
    actions.change_policy(policy=version.policy, must_sign=True, by=cast.paul)
    sign(person=cast.emma, version=version)
    campaign = make_running(cast=cast, version=version)
    assert (campaign.asked, campaign.signed) == (10, 1)


def test_a_clarifying_version_leaves_the_campaign_running_and_a_material_one_ends_it(cast, client, version):
    campaign = make_running(cast=cast, version=version)
    newer = make_published(cast=cast, policy=version.policy, significance="clarifying")
    jobs.keep_campaigns()
    assert asked_everywhere(client, cast.emma, newer) == (True, days(14))
    newest = make_published(cast=cast, policy=version.policy, significance="material")
    assert asked_everywhere(client, cast.emma, newest) == (False, None)
    assert jobs.keep_campaigns() == 1
    campaign.refresh_from_db()
    assert (campaign.status, campaign.closed_by) == ("closed", None)
    assert "Another text" in campaign.close_reason
    assert make_running(cast=cast, version=newest).is_running


def test_a_withdrawn_text_is_asked_for_no_more(cast, version):
    campaign = make_running(cast=cast, version=version)
    actions.withdraw(version=version, reason="obsolete", by=cast.hana)
    jobs.keep_campaigns()
    campaign.refresh_from_db()
    assert campaign.is_closed


def test_a_campaign_for_an_announced_text_waits_until_it_binds(cast, client, version):
    newer = make_published(cast=cast, policy=version.policy, significance="material", effective_on=days(5))
    with pytest.raises(Invalid, match="binds from"):
        make_campaign(cast=cast, version=version)
    campaign = make_running(cast=cast, version=version, starts_on=days(5), due_on=days(12))
    assert campaign.version == newer
    with on(days(5)):
        jobs.keep_campaigns()
        assert asked_everywhere(client, cast.emma, newer) == (True, days(7))


# --- Joiners, movers, leavers ----------------------------------------------------------------------------------------


def test_joiners_and_movers_get_their_own_day_and_leavers_are_dropped(cast, client, version):
    campaign = make_running(cast=cast, version=version, audiences=[cast.retail.group])
    assert set(campaign.roll.values_list("person__name", flat=True)) == {"Rita", "Dora"}
    first = days(0)
    with on(days(4)):
        joiner = make_person(name="Joiner", spoke=cast.stores, by=cast.root)
        spokes.move_home(person=cast.emma, spoke=cast.retail, by=cast.root)
        spokes.move_home(person=cast.dora, spoke=cast.care, by=cast.root)
        assert jobs.keep_campaigns() == 3
        assert jobs.keep_campaigns() == 0
        own = first + timedelta(days=4 + 14)
        assert asked_everywhere(client, joiner, version) == (True, own)
        assert asked_everywhere(client, cast.emma, version) == (True, own)
        assert asked_everywhere(client, cast.rita, version) == (True, first + timedelta(days=14))
        assert asked_everywhere(client, cast.dora, version) == (False, None)
    with on(days(6)):
        # Moving within the audience gives no new time; coming back does.
        spokes.move_home(person=cast.emma, spoke=cast.stores, by=cast.root)
        spokes.move_home(person=cast.dora, spoke=cast.stores, by=cast.root)
        spokes.say_goodbye(person=joiner, by=cast.root)
        assert not reports.people_to_sign(version).filter(pk=joiner.pk).exists()
        jobs.keep_campaigns()
        assert asked_everywhere(client, cast.emma, version) == (True, own)
        assert asked_everywhere(client, cast.dora, version) == (True, first + timedelta(days=6 + 14))
        campaign.refresh_from_db()
        assert (campaign.asked, campaign.signed) == (3, 0)


def test_whoever_is_to_join_later_is_asked_from_that_day(cast, client, version):
    later = make_person(name="Later", by=cast.root, joined_on=days(10))
    make_running(cast=cast, version=version)
    assert asked_everywhere(client, later, version) == (False, None)
    with on(days(10)):
        assert asked_everywhere(client, later, version) == (True, days(14))


# --- Planning, starting, closing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " "}, "name"),
        ({"due_on": days(-1)}, "due_on"),
        ({"due_on": days(400)}, "due_on"),
        ({"remind_before": 91}, "remind_before"),
        ({"remind_after": -1}, "remind_after"),
        ({"starts_on": days(-1)}, "starts_on"),
    ],
)
def test_what_a_plan_may_not_hold(cast, version, fields, field):
    with pytest.raises(Invalid) as error:
        make_campaign(cast=cast, version=version, **fields)
    assert error.value.field == field


def test_a_plan_has_known_fields_and_groups_that_exist(cast, version):
    with pytest.raises(TypeError):
        make_campaign(cast=cast, version=version, colour="red")
    from django.contrib.auth.models import Group

    with pytest.raises(Invalid, match="gone"):
        make_campaign(cast=cast, version=version, audiences=[Group(pk=99_999)])


def test_a_policy_without_a_text_is_not_asked_for(cast):
    policy = make_policy(cast=cast)
    with pytest.raises(Invalid, match="no text"):
        actions.plan_campaign(policy=policy, name="x", starts_on=days(0), due_on=days(3), by=cast.paul)


@pytest.mark.parametrize("who", ["rita", "emma", "sam", "audra"])
def test_only_staff_plan(cast, version, who):
    by, campaign = getattr(cast, who), make_running(cast=cast, version=version)
    for act in [
        lambda: make_campaign(cast=cast, version=version, by=by),
        lambda: actions.change_campaign(campaign=campaign, name="x", by=by),
        lambda: actions.exempt_person(campaign=campaign, person=cast.emma, reason="x", by=by),
        lambda: actions.end_exemption(campaign=campaign, person=cast.emma, by=by),
        lambda: actions.remind_now(campaign=campaign, by=by),
        lambda: actions.close_campaign(campaign=campaign, reason="x", by=by),
    ]:
        with pytest.raises(NotAllowed, match="own staff"):
            act()


def test_only_a_lead_starts_and_closes_what_runs(cast, version):
    campaign = make_campaign(cast=cast, version=version)
    with pytest.raises(NotAllowed, match="Only a lead"):
        actions.start_campaign(campaign=campaign, by=cast.paul)
    campaign = actions.start_campaign(campaign=campaign, by=cast.hana)
    with pytest.raises(NotAllowed, match="Only a lead"):
        actions.close_campaign(campaign=campaign, reason="x", by=cast.paul)
    other = make_campaign(cast=cast, version=make_published(cast=cast))
    assert actions.close_campaign(campaign=other, reason="Not now.", by=cast.paul).is_closed


def test_what_is_started_or_closed_does_not_start_again(cast, version):
    campaign = make_running(cast=cast, version=version)
    with pytest.raises(NotAllowed, match="started already"):
        actions.start_campaign(campaign=campaign, by=cast.hana)
    with pytest.raises(NotAllowed, match="still runs"):
        actions.start_campaign(campaign=make_campaign(cast=cast, version=version), by=cast.hana)
    with pytest.raises(Invalid, match="why it ends"):
        actions.close_campaign(campaign=campaign, reason=" ", by=cast.hana)
    actions.close_campaign(campaign=campaign, reason="Done.", by=cast.hana)
    for act in [
        lambda: actions.start_campaign(campaign=campaign, by=cast.hana),
        lambda: actions.close_campaign(campaign=campaign, reason="x", by=cast.hana),
        lambda: actions.change_campaign(campaign=campaign, name="x", by=cast.hana),
        lambda: actions.exempt_person(campaign=campaign, person=cast.emma, reason="x", by=cast.hana),
        lambda: actions.end_exemption(campaign=campaign, person=cast.emma, by=cast.hana),
    ]:
        with pytest.raises(NotAllowed, match="is closed"):
            act()
    assert actions.keep_roll(campaign.pk) == 0


def test_a_plan_that_lay_too_long_is_not_started_unseen(cast, version):
    late = make_campaign(cast=cast, version=version, due_on=days(2))
    actions.exempt_person(campaign=late, person=cast.emma, reason="On leave.", by=cast.paul)
    with on(days(1)):
        assert actions.start_campaign(campaign=late, by=cast.hana).starts_on == clock.today()
    other = make_campaign(cast=cast, version=make_published(cast=cast), due_on=days(2))
    with on(days(3)), pytest.raises(Invalid, match="has passed"):
        actions.start_campaign(campaign=other, by=cast.hana)
    third = make_campaign(cast=cast, version=(text := make_published(cast=cast)))
    make_published(cast=cast, policy=text.policy, significance="material")
    with pytest.raises(NotAllowed, match="changed in substance"):
        actions.start_campaign(campaign=third, by=cast.hana)


def test_a_plan_can_change_and_what_runs_only_in_peoples_favour(cast, version):
    campaign = make_campaign(cast=cast, version=version)
    actions.exempt_person(campaign=campaign, person=cast.emma, reason="On leave.", by=cast.paul)
    campaign = actions.change_campaign(
        campaign=campaign, starts_on=days(1), due_on=days(10), audiences=[cast.care.group], by=cast.paul
    )
    assert campaign.roll.get().asked_on == days(1)
    campaign = actions.change_campaign(campaign=campaign, starts_on=days(0), by=cast.paul)
    campaign = actions.start_campaign(campaign=campaign, by=cast.hana)
    actions.keep_roll(campaign.pk)
    for changes, field in [
        ({"starts_on": days(1)}, "starts_on"),
        ({"due_on": days(3)}, "due_on"),
        ({"audiences": [cast.retail.group]}, "audiences"),
    ]:
        with pytest.raises(Invalid) as error:
            actions.change_campaign(campaign=campaign, by=cast.paul, **changes)
        assert error.value.field == field
    actions.change_campaign(
        campaign=campaign, due_on=days(20), remind_after=3, audiences=[cast.care.group], by=cast.paul
    )
    assert set(campaign.roll.values_list("due_on", flat=True)) == {days(20)}


def test_exemptions_say_why_and_are_for_whom_it_asks(cast, version):
    campaign = make_running(cast=cast, version=version, audiences=[cast.care.group])
    for person, reason, field in [(cast.emma, " ", "reason"), (cast.rita, "x", "person")]:
        with pytest.raises(Invalid) as error:
            actions.exempt_person(campaign=campaign, person=person, reason=reason, by=cast.paul)
        assert error.value.field == field
    with pytest.raises(NotAllowed, match="is not exempt"):
        actions.end_exemption(campaign=campaign, person=cast.emma, by=cast.paul)


def test_the_database_holds_what_must_always_hold(cast, version):
    campaign = make_running(cast=cast, version=version)
    planned = make_campaign(cast=cast, version=version)
    for pk, change in [
        (campaign.pk, {"status": "odd"}),
        (campaign.pk, {"due_on": days(-9)}),
        (campaign.pk, {"remind_after": 91}),
        (campaign.pk, {"started_by": None}),
        (campaign.pk, {"status": "closed"}),
        (campaign.pk, {"close_reason": "x"}),
        (campaign.pk, {"signed": 11}),
        (planned.pk, {"status": "running", "started_by": cast.hana, "started_at": timezone.now()}),
    ]:
        with pytest.raises(IntegrityError), transaction.atomic():
            Model.objects.filter(pk=pk).update(**change)
    entry = campaign.roll.first()
    for change in [{"due_on": days(-1)}, {"exempt_reason": "x"}, {"exempted_by": cast.hana}]:
        with pytest.raises(IntegrityError), transaction.atomic():
            RollEntry.objects.filter(pk=entry.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        campaign.roll.create(person=entry.person, asked_on=days(0), due_on=days(1))


# --- Reminders -------------------------------------------------------------------------------------------------------


def test_reminders_come_on_the_campaigns_own_days_and_stop_when_it_is_done(cast, version):
    make_running(cast=cast, version=version, audiences=[cast.care.group, cast.retail.group], remind_before=3)
    first, posted = days(0), {}
    for day in range(30):
        with on(first + timedelta(days=day)):
            if day == 12:
                sign(person=cast.emma, version=version)
            posted[day] = jobs.remind_to_sign()
            assert jobs.remind_to_sign() == 0
    assert {day: n for day, n in posted.items() if n} == {11: 3, 14: 2, 21: 2}


def test_whom_a_campaign_asks_again_reads_why_each_time(cast, version):
    """Before the day, on it, after it, and by hand; who signed nothing before is not asked again."""
    before = make_running(cast=cast, version=version)
    sign(person=cast.emma, version=version)
    actions.close_campaign(campaign=before, reason="A new text comes.", by=cast.hana)
    newer = make_published(cast=cast, policy=version.policy, significance="material", note="Say it in the post.")
    campaign = make_running(cast=cast, version=newer, audiences=[cast.care.group, cast.retail.group], remind_before=3)
    first = days(0)
    for day in (11, 14, 21):
        with on(first + timedelta(days=day)):
            jobs.remind_to_sign()
    with on(first + timedelta(days=23)):
        actions.remind_now(campaign=campaign, by=cast.paul)
        jobs.keep_campaigns()
    for person, asked_again in [(cast.emma, True), (cast.rita, False)]:
        texts = list(letters().filter(recipient=person).values_list("text", flat=True))
        assert len(texts) == 4
        assert all(("you signed version 1, and the rule has changed since." in text) == asked_again for text in texts)
        assert all("Say it in the post." in text for text in texts)


def test_reminders_that_were_not_wanted_do_not_come(cast, version):
    make_running(cast=cast, version=version, remind_before=0, remind_on_due=False, remind_after=0)
    first = days(0)
    for day in range(25):
        with on(first + timedelta(days=day)):
            assert jobs.remind_to_sign() == 0


def test_nobody_is_reminded_by_the_policy_and_by_a_campaign(cast, version):
    actions.change_policy(policy=version.policy, must_sign=True, sign_within_days=14, by=cast.paul)
    first = make_running(cast=cast, version=version, audiences=[cast.care.group])
    actions.close_campaign(campaign=first, reason="Again.", by=cast.hana)
    make_running(cast=cast, version=version, audiences=[cast.care.group], due_on=days(20))
    day_0 = days(0)
    for day in range(40):
        with on(day_0 + timedelta(days=day)):
            jobs.remind_to_sign()
    periods = {name: [] for name in ("Emma", "Rita")}
    for letter in letters().filter(recipient__in=[cast.emma, cast.rita]):
        periods[letter.recipient.name].append(letter.period)
    assert periods["Emma"] == [f"{day_0 + timedelta(days=20)} {stage}" for stage in ("soon", "due", "overdue")]
    assert periods["Rita"] == [f"{day_0 + timedelta(days=14)} {stage}" for stage in ("soon", "due", "overdue")]


def test_exempt_people_and_leavers_get_no_letter_and_a_letter_on_its_way_is_dropped(cast, version):
    campaign = make_running(cast=cast, version=version, due_on=days(7))
    actions.exempt_person(campaign=campaign, person=cast.emma, reason="On leave.", by=cast.paul)
    jobs.remind_to_sign()
    assert not letters().filter(recipient=cast.emma).exists()
    letter = letters().get(recipient=cast.rita)
    assert mail.is_still_true(letter)
    actions.exempt_person(campaign=campaign, person=cast.rita, reason="On leave.", by=cast.paul)
    assert not mail.is_still_true(letter)


def test_a_reminder_by_hand_goes_once_a_day_and_not_to_whom_was_reminded_today(cast, version):
    campaign = make_running(cast=cast, version=version, due_on=days(7), audiences=[cast.care.group, cast.retail.group])
    sign(person=cast.dora, version=version)
    actions.remind_now(campaign=campaign, by=cast.paul)
    assert jobs.keep_campaigns() == 2
    assert jobs.keep_campaigns() == 0
    with pytest.raises(NotAllowed, match="today already"):
        actions.remind_now(campaign=campaign, by=cast.hana)
    for stage, offset in [("Please sign today: Rules", 7), ("Still to sign: Rules", 9)]:
        with on(days(offset)):
            actions.remind_now(campaign=campaign, by=cast.paul)
            assert jobs.keep_campaigns() == 2
            assert letters().last().subject == stage
    with on(days(14)):
        jobs.remind_to_sign()
        actions.remind_now(campaign=campaign, by=cast.paul)
        assert jobs.keep_campaigns() == 0


def test_a_reminder_by_hand_passes_over_who_is_to_join_later(cast, version):
    actions.change_policy(policy=version.policy, must_sign=True, by=cast.paul)
    later = make_person(name="Later", by=cast.root, joined_on=days(10))
    campaign = make_running(cast=cast, version=version)
    actions.remind_now(campaign=campaign, by=cast.paul)
    jobs.keep_campaigns()
    assert letters().filter(recipient=cast.emma).exists()
    assert not letters().filter(recipient=later).exists()


def test_only_what_runs_reminds(cast, version):
    campaign = make_campaign(cast=cast, version=version, starts_on=days(3))
    for _state in range(2):
        with pytest.raises(NotAllowed, match="that runs"):
            actions.remind_now(campaign=campaign, by=cast.paul)
        if campaign.is_planned:
            campaign = actions.start_campaign(campaign=campaign, by=cast.hana)


# --- Figures ---------------------------------------------------------------------------------------------------------


def test_figures_by_department_and_over_time(cast, version):
    spokes.move_home(person=cast.dora, spoke=cast.stores, by=cast.root)
    lost = make_person(name="Lost", by=cast.root, joined_on=days(-100))
    campaign = make_running(cast=cast, version=version)
    with on(days(1)):
        sign(person=cast.rita, version=version)
    with on(days(3)):
        sign(person=cast.dora, version=version)
        figures = reports.roll_figures(campaign)
    assert (figures.asked, figures.signed, figures.rate, figures.missing) == (11, 2, 18, 9)
    found = {row.spoke.name if row.spoke else None: row for row in figures.departments}
    retail = found["Retail"]
    assert (retail.signed, retail.asked, retail.all_signed, retail.all_asked) == (1, 1, 2, 2)
    assert (retail.rate, retail.all_rate, retail.missing, retail.depth) == (100, 100, 0, 1)
    assert (found["Larkfield"].all_asked, found["Larkfield"].asked) == (9, 2)
    # Lost and Root have no home.
    assert found[None].all_asked == 2
    assert lost
    assert [(asked, signed) for _day, asked, signed in figures.days] == [(11, 0), (11, 1), (11, 1), (11, 2)]


def test_a_department_of_nothing_has_no_rate_and_all_but_one_is_not_all():
    assert [reports.percent(*pair) for pair in [(0, 0), (0, 5), (999, 1000), (1000, 1000)]] == [None, 0, 99, 100]


def test_a_line_of_many_days_is_thinned_and_keeps_its_end():
    day = date(2026, 1, 1)
    line = [(day + timedelta(days=n), 100, min(n, 100)) for n in range(300)]
    chart = reports.chart(line)
    assert len(chart.points.split()) <= 120
    assert chart.points.endswith("640.0,0.0")
    assert (len(chart.rows) <= 12, chart.end.rate, chart.rows[-1].day) == (True, 100, line[-1][0])
    assert reports.chart(line[:1]) is None


# --- Pages -----------------------------------------------------------------------------------------------------------


def test_the_progress_page(cast, client, version):
    campaign = make_running(cast=cast, version=version)
    sign(person=cast.emma, version=version)
    client.force_login(cast.paul)
    page = client.get(campaign.get_absolute_url()).content.decode()
    assert "The line begins on the second day." in page
    with on(days(2)):
        client.force_login(cast.paul)
        page = client.get(campaign.get_absolute_url()).content.decode()
    assert "<polyline" in page
    assert "<bdi>Rita</bdi>" in page
    assert "<bdi>Emma</bdi>" not in page
    page = client.get(campaign.get_absolute_url(), {"department": "customer-care"}).content.decode()
    assert "Everybody has signed" in page
    assert client.get("/desk/sign-off/").content.decode().count("Spring round") >= 1


def test_a_sponsor_sees_figures_and_no_name(cast, client, version):
    campaign = make_running(cast=cast, version=version)
    client.force_login(cast.sam)
    page = client.get(campaign.get_absolute_url()).content.decode()
    assert "By department" in page
    for name in ("Rita", "Emma", "Otto"):
        assert f"<bdi>{name}</bdi>" not in page
    assert client.get(f"{campaign.get_absolute_url()}export/").status_code == 403
    assert client.get("/policies/rules/sign-off/").status_code == 403


def test_a_representative_sees_her_own_people_and_those_below(cast, client, version):
    make_person(name="Sten", spoke=cast.stores, by=cast.root)
    make_running(cast=cast, version=version)
    for person, own, others in [
        (cast.rita, {"Rita", "Dora", "Sten"}, {"Otto", "Emma", "Paul"}),
        (cast.otto, {"Otto"}, {"Rita", "Dora", "Sten", "Emma"}),
    ]:
        client.force_login(person)
        page = client.get("/policies/rules/sign-off/").content.decode()
        table = client.get("/policies/rules/sign-off/export/").getvalue().decode()
        for name in own:
            assert f"<bdi>{name}</bdi>" in page.replace(f"{name}</button>", "")
            assert f"{name.lower()}@" in table
        main = page.partition("<main")[2]
        for name in others:
            assert f"<bdi>{name}</bdi>" not in main
            assert f"{name.lower()}@" not in table
    client.force_login(cast.rita)
    assert "/policies/rules/sign-off/" in client.get("/departments/stores/").content.decode()
    assert "/policies/rules/sign-off/" not in client.get("/departments/operations/").content.decode()
    client.force_login(cast.emma)
    assert client.get("/policies/rules/sign-off/").status_code == 403


def test_the_same_page_for_a_policy_that_asks_by_itself(cast, client, version):
    actions.change_policy(policy=version.policy, must_sign=True, sign_within_days=5, by=cast.paul)
    sign(person=cast.dora, version=version)
    client.force_login(cast.rita)
    context = client.get("/policies/rules/sign-off/").context
    assert (context["figures"].asked, context["figures"].signed) == (2, 1)
    assert [(person.name, person.due_on) for person in context["page"]] == [("Rita", days(5))]


def test_a_representative_sees_how_her_own_rate_grew(cast, client, version):
    actions.change_policy(policy=version.policy, must_sign=True, by=cast.paul)
    with on(days(1)):
        sign(person=cast.emma, version=version)
        sign(person=cast.dora, version=version)
    with on(days(2)):
        make_person(name="Joiner", spoke=cast.retail, by=cast.root, joined_on=clock.today())
        client.force_login(cast.rita)
        response = client.get("/policies/rules/sign-off/")
    assert [(asked, signed) for _day, asked, signed in response.context["figures"].days] == [(2, 0), (2, 1), (3, 1)]
    assert "<polyline" in response.content.decode()


def test_where_nobody_is_asked_the_page_says_so(cast, client, version):
    client.force_login(cast.hana)
    assert "Nobody here is asked" in client.get("/policies/rules/sign-off/").content.decode()
    withdrawn = make_withdrawn(cast=cast, title="Old rules")
    page = client.get(f"/policies/{withdrawn.policy.slug}/sign-off/")
    assert "Nobody here is asked" in page.content.decode()
    assert client.get(f"/policies/{withdrawn.policy.slug}/sign-off/export/").getvalue().decode().count("\n") == 1
    assert "No campaigns yet" in client.get("/desk/sign-off/").content.decode()


def test_no_cell_of_the_export_runs_as_a_formula(cast, client, version):
    User.objects.filter(pk=cast.emma.pk).update(name="=HYPERLINK(1)")
    campaign = make_running(cast=cast, version=version)
    sign(person=cast.rita, version=version)
    client.force_login(cast.audra)
    table = client.get(f"{campaign.get_absolute_url()}export/").getvalue().decode()
    assert "'=HYPERLINK(1)" in table
    assert table.count("\n") == 11
    below = client.get(f"{campaign.get_absolute_url()}export/?department=retail").getvalue().decode()
    assert below.count("\n") == 3


def test_reminding_by_hand_from_the_page(cast, client, version):
    campaign = make_running(cast=cast, version=version)
    client.force_login(cast.paul)
    page = client.post(f"{campaign.get_absolute_url()}remind/", follow=True).content.decode()
    assert "gets a reminder" in page
    assert "A reminder went out today already" in page


def test_planning_exempting_starting_and_closing_in_the_admin(cast, client, version):
    client.force_login(cast.hana)
    add = reverse("admin:policies_campaign_add")
    assert "Plan a campaign" in client.get(add, {"policy": version.policy_id}).content.decode()
    sent = {
        "policy": version.policy_id,
        "name": "Autumn round",
        "starts_on": days(0),
        "due_on": days(-2),
        "remind_before": 7,
        "remind_after": 7,
    }
    refused = client.post(add, sent)
    assert refused.status_code == 422
    assert "Autumn round" in refused.content.decode()
    client.post(add, {**sent, "due_on": days(9)})
    campaign = Campaign.objects.get()
    address = reverse("admin:policies_campaign_change", args=[campaign.pk])
    assert client.post(address, {**sent, "due_on": days(-2)}).status_code == 422
    client.post(address, {**sent, "due_on": days(10)})
    campaign.refresh_from_db()
    assert campaign.due_on == days(10)
    exempt = reverse("admin:policies_campaign_exempt", args=[campaign.pk])
    assert client.post(exempt, {"exempt-person": cast.emma.email, "exempt-reason": ""}).status_code == 422
    assert client.post(exempt, {"exempt-person": "x@y.example", "exempt-reason": "x"}).status_code == 422
    client.post(exempt, {"exempt-person": cast.emma.email, "exempt-reason": "On leave."})
    assert "On leave." in client.get(address).content.decode()
    client.post(reverse("admin:policies_campaign_end_exemption", args=[campaign.pk, cast.emma.pk]))
    assert "Nobody is exempt." in client.get(address).content.decode()
    page = client.post(reverse("admin:policies_campaign_start", args=[campaign.pk]), follow=True)
    assert "people are asked within minutes" in page.content.decode()
    close = reverse("admin:policies_campaign_close", args=[campaign.pk])
    assert client.post(close, {"close-reason": ""}).status_code == 422
    client.post(close, {"close-reason": "Done."})
    assert "Done." in client.get(address).content.decode()
    assert client.get("/admin/policies/campaign/no/change/").status_code == 404
    fields = {"campaignresource_name": "on", "campaignresource_policy": "on"}
    table = client.post("/admin/policies/campaign/export/", {"format": "0", "resource": "0", **fields})
    assert "Autumn round,rules" in table.content.decode()


def test_a_plan_that_lay_too_long_says_so_in_the_admin(cast, client, version):
    campaign = make_campaign(cast=cast, version=version, due_on=days(1))
    with on(days(3)):
        client.force_login(cast.hana)
        page = client.post(reverse("admin:policies_campaign_start", args=[campaign.pk]), follow=True).content.decode()
    assert "Its last day has passed" in page


def test_a_roll_is_written_in_batches(cast, version):
    campaign = actions.start_campaign(campaign=make_campaign(cast=cast, version=version), by=cast.hana)
    assert actions.keep_roll(campaign.pk, batch=3) == 10
    assert campaign.roll.count() == 10


def test_audiences_are_called_by_their_departments(cast, client, version):
    campaign = make_campaign(cast=cast, version=version, audiences=[cast.care.group])
    client.force_login(cast.paul)
    page = client.get(reverse("admin:policies_campaign_change", args=[campaign.pk])).content.decode()
    assert "<dd>Customer Care</dd>" in page
    assert ">CoE lead</option>" in page


def test_a_page_seen_before_is_made_again_when_she_comes_onto_the_roll(cast, client, version):
    make_running(cast=cast, version=version, audiences=[cast.retail.group])
    spokes.move_home(person=cast.emma, spoke=cast.stores, by=cast.root)
    client.force_login(cast.emma)
    client.get("/policies/rules/sign/")  # a page with a form, for the token that every mark holds
    mark = client.get("/policies/rules/").headers["ETag"]
    assert client.get("/policies/rules/", headers={"if-none-match": mark}).status_code == 304
    jobs.keep_campaigns()
    again = client.get("/policies/rules/", headers={"if-none-match": mark})
    assert again.status_code == 200
    assert 'id="sign"' in again.content.decode()


def test_a_campaign_closed_while_its_roll_is_kept_stays_as_it_was(cast, version, monkeypatch):
    from policies.actions import campaign as module

    running = actions.start_campaign(campaign=make_campaign(cast=cast, version=version), by=cast.hana)
    other = make_campaign(cast=cast, version=(text := make_published(cast=cast)))
    other = actions.start_campaign(campaign=other, by=cast.hana)
    make_published(cast=cast, policy=text.policy, significance="material")
    locked = module._locked

    def closed_first(campaign):
        if Campaign.objects.get(pk=campaign.pk).is_running:
            monkeypatch.setattr(module, "_locked", locked)
            actions.close_campaign(campaign=campaign, reason="Enough.", by=cast.hana)
        return locked(campaign)

    for campaign in (running, other):
        monkeypatch.setattr(module, "_locked", closed_first)
        actions.keep_roll(campaign.pk)
        campaign.refresh_from_db()
        assert (campaign.close_reason, campaign.roll_written_at) == ("Enough.", None)


# --- Killed, and two at once -----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_of_a_roll_is_made_good_by_the_next():
    number, cast = 1500, make_cast()
    User.objects.bulk_create(
        User(email=f"p{n}@larkfield.example", name=f"P{n:04}", password="!", joined_on=days(-90)) for n in range(number)
    )
    campaign = make_campaign(cast=cast)
    actions.start_campaign(campaign=campaign, by=cast.hana)
    for kill in range(3):
        enough = RollEntry.objects.count() + 60
        command = [sys.executable, "-m", "tests.policies.keep_roll_child"]
        worker = subprocess.Popen(
            [*command, str(connection.settings_dict["NAME"]), str(campaign.pk), "20"],
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while RollEntry.objects.count() < enough and worker.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        assert worker.poll() is None, f"kill {kill}: it should have been killed in the middle of its work"
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        campaign.refresh_from_db()
        assert campaign.roll_written_at is None
        assert enough <= RollEntry.objects.count() < number
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        actions.keep_roll(campaign.pk)
        assert actions.keep_roll(campaign.pk) == 0
    campaign.refresh_from_db()
    assert campaign.asked == campaign.roll.count() == User.objects.filter(is_active=True).count()
    # All of the first roll have the campaign's own days, whenever the writing came to its end.
    assert set(campaign.roll.values_list("asked_on", "due_on")) == {(campaign.starts_on, campaign.due_on)}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_leads_start_two_campaigns_for_one_policy_at_once():
    cast = make_cast()
    version = make_published(cast=cast)
    plans = [make_campaign(cast=cast, version=version, name=name) for name in ("One", "Two")]
    results = at_once(
        *[
            lambda plan=plan, by=by: actions.start_campaign(campaign=plan, by=by)
            for plan, by in zip(plans, [cast.hana, cast.lena], strict=True)
        ]
    )
    refused = [str(result) for result in results if isinstance(result, HubError)]
    assert len(refused) == 1
    assert "still runs for this policy" in refused[0]
    assert Campaign.objects.running().count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_press_remind_now_and_two_workers_keep_one_roll_at_once():
    cast = make_cast()
    campaign = make_campaign(cast=cast)
    campaign = actions.start_campaign(campaign=campaign, by=cast.hana)
    results = at_once(*[lambda: actions.keep_roll(campaign.pk)] * 4)
    assert not [result for result in results if isinstance(result, Exception)]
    assert campaign.roll.count() == User.objects.active().count()
    results = at_once(*[lambda by=by: actions.remind_now(campaign=campaign, by=by) for by in (cast.hana, cast.paul)])
    assert sum(isinstance(result, NotAllowed) for result in results) == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_leads_grant_the_same_waiver_at_once():
    from tests.policies.factories import make_waiver

    cast = make_cast()
    version = make_published(cast=cast)
    results = at_once(*[lambda by=by: make_waiver(cast=cast, version=version, by=by) for by in (cast.hana, cast.lena)])
    assert sum(isinstance(result, Invalid) for result in results) == 1
