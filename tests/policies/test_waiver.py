"""Waivers: who grants them, who sees them, and how they end."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse

from hub import mail
from hub.exceptions import Invalid, NotAllowed
from hub.models import AuditEvent, OutboxMessage, User
from policies import actions, clock, jobs
from policies.models import Waiver
from spokes import actions as spokes
from tests.factories import make_term
from tests.policies.factories import clause, days, make_published, make_waiver

CANARY = "echidna"


@pytest.fixture
def version(cast):
    return make_published(cast=cast, title="Rules")


def on(day):
    return time_machine.travel(clock.midnight(day) + timedelta(hours=7), tick=False)


# --- Granting --------------------------------------------------------------------------------------------------------


def test_a_lead_grants_one(cast, version):
    waiver = make_waiver(cast=cast, version=version)
    assert (waiver.starts_on, waiver.ends_on, waiver.granted_by) == (days(0), days(60), cast.hana)
    assert AuditEvent.objects.filter(verb="granted", by=cast.hana, object_id=str(waiver.pk)).exists()


@pytest.mark.parametrize("who", ["paul", "rita", "dora", "otto", "emma", "sam", "audra"])
def test_nobody_else_grants_prolongs_or_ends(cast, version, who):
    by = getattr(cast, who)
    waiver = make_waiver(cast=cast, version=version)
    for act in [
        lambda: make_waiver(cast=cast, version=version, spoke=cast.care, by=by),
        lambda: actions.prolong_waiver(waiver=waiver, ends_on=days(90), reason="Still.", by=by),
        lambda: actions.end_waiver(waiver=waiver, reason="Enough.", by=by),
    ]:
        with pytest.raises(NotAllowed, match="Only a lead"):
            act()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"key": "no-such-clause"}, "clause"),
        ({"reason": "  "}, "reason"),
        ({"mitigation": ""}, "mitigation"),
        ({"starts_on": days(-1)}, "starts_on"),
        ({"ends_on": days(-1)}, "ends_on"),
        ({"ends_on": days(800)}, "ends_on"),
    ],
)
def test_what_is_refused_and_at_which_field(cast, version, fields, field):
    with pytest.raises(Invalid) as error:
        make_waiver(cast=cast, version=version, **fields)
    assert error.value.field == field
    assert not Waiver.objects.exists()


def test_nothing_to_be_released_from_in_a_clause_that_allows(cast):
    version = make_published(cast=cast, clauses=[clause(key="say-where-you-work", force="may")])
    with pytest.raises(Invalid, match="may do"):
        make_waiver(cast=cast, version=version)


def test_a_closed_department_is_not_released(cast, version):
    spokes.close_spoke(spoke=cast.stores, by=cast.root)
    with pytest.raises(Invalid, match="is closed"):
        make_waiver(cast=cast, version=version, spoke=cast.stores)


def test_a_department_is_released_once_and_not_below_one_that_is(cast, version):
    make_waiver(cast=cast, version=version)
    with pytest.raises(Invalid, match="already"):
        make_waiver(cast=cast, version=version)
    with pytest.raises(Invalid, match="with it Stores"):
        make_waiver(cast=cast, version=version, spoke=cast.stores)
    assert make_waiver(cast=cast, version=version, spoke=cast.stores, ends_on=days(61))
    assert make_waiver(cast=cast, version=version, spoke=cast.care)


def test_an_announced_clause_can_be_waived_before_it_binds(cast, version):
    make_published(cast=cast, policy=version.policy, clauses=[clause(key="new-one")], effective_on=days(5))
    assert make_waiver(cast=cast, version=version, key="new-one", starts_on=days(5)).is_planned


def test_after_it_expired_a_new_one_can_be_granted(cast, version):
    first = make_waiver(cast=cast, version=version, ends_on=days(3))
    with on(days(4)):
        second = make_waiver(cast=cast, version=version, ends_on=days(30))
        first.refresh_from_db()
        assert (first.ended_on, first.ended_by, first.state) == (days(0), None, "Ended")
        assert second.is_running


def test_the_database_holds_what_must_always_hold(cast, version):
    waiver = make_waiver(cast=cast, version=version)
    for change in [
        {"ends_on": days(-1)},
        {"reason": ""},
        {"mitigation": ""},
        {"end_reason": "x"},
        {"ended_by": cast.hana},
        {"ended_by": cast.hana, "ended_on": days(90), "end_reason": "x"},
    ]:
        with pytest.raises(IntegrityError), transaction.atomic():
            Waiver.objects.filter(pk=waiver.pk).update(**change)
    waiver.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        waiver.save()


# --- Time ------------------------------------------------------------------------------------------------------------


def test_it_holds_from_its_first_to_its_last_day_and_no_job_ends_it(cast, version):
    waiver = make_waiver(cast=cast, version=version, starts_on=days(2), ends_on=days(4))
    held = {}
    for day in range(7):
        with on(days(day)):
            held[day] = (waiver.is_running, Waiver.objects.holding_on(clock.today()).exists())
    assert held == {day: (2 <= day <= 4,) * 2 for day in range(7)}


def test_it_begins_and_ends_with_the_hubs_day_wherever_the_reader_is(cast, version):
    make_waiver(cast=cast, version=version, ends_on=days(1))
    midnight = clock.midnight(days(2))
    with time_machine.travel(midnight - timedelta(minutes=1), tick=False):
        assert Waiver.objects.holding_on(clock.today()).exists()
    with time_machine.travel(midnight, tick=False):
        assert not Waiver.objects.holding_on(clock.today()).exists()


def test_states_in_words(cast, version):
    waiver = make_waiver(cast=cast, version=version, starts_on=days(10), ends_on=days(100))
    words = {}
    for day in (0, 10, 70, 100, 101):
        with on(days(day)):
            words[day] = (str(waiver.state), waiver.tone)
    assert words == {
        0: ("Planned", "info"),
        10: ("Running", "info"),
        70: ("Ending soon", "warn"),
        100: ("Ending soon", "warn"),
        101: ("Ended", "neutral"),
    }


def test_it_is_prolonged_with_a_reason(cast, version):
    waiver = make_waiver(cast=cast, version=version)
    for ends_on, reason, field in [
        (days(60), "x", "ends_on"),
        (days(900), "x", "ends_on"),
        (days(90), "", "reason"),
    ]:
        with pytest.raises(Invalid) as error:
            actions.prolong_waiver(waiver=waiver, ends_on=ends_on, reason=reason, by=cast.lena)
        assert error.value.field == field
    waiver = actions.prolong_waiver(waiver=waiver, ends_on=days(90), reason="New tills come late.", by=cast.lena)
    assert waiver.ends_on == days(90)
    assert AuditEvent.objects.get(verb="prolonged").details["before"] == days(60).isoformat()


def test_it_ends_early_with_a_reason_and_only_once(cast, version):
    waiver = make_waiver(cast=cast, version=version)
    with pytest.raises(Invalid):
        actions.end_waiver(waiver=waiver, reason="", by=cast.hana)
    waiver = actions.end_waiver(waiver=waiver, reason="The new tills are here.", by=cast.lena)
    assert (waiver.is_running, str(waiver.state)) == (False, "Ended early")
    assert not Waiver.objects.holding_on(days(0)).exists()
    for act in [
        lambda: actions.end_waiver(waiver=waiver, reason="x", by=cast.hana),
        lambda: actions.prolong_waiver(waiver=waiver, ends_on=days(90), reason="x", by=cast.hana),
    ]:
        with pytest.raises(NotAllowed, match="is over"):
            act()
    assert make_waiver(cast=cast, version=version).is_running


# --- Who sees it -----------------------------------------------------------------------------------------------------

SEES = {"rita", "dora", "paul", "hana", "audra", "root"}


def sees(client, person, address):
    client.force_login(person)
    return CANARY in client.get(address).content.decode()


@pytest.mark.parametrize("who", ["emma", "rita", "dora", "otto", "paul", "hana", "audra", "sam", "root"])
def test_another_department_never_sees_it(cast, client, version, who):
    make_waiver(cast=cast, version=version, reason=CANARY, mitigation=CANARY)
    person = getattr(cast, who)
    for address in [
        "/policies/rules/",
        f"/policies/rules/versions/{version.number}/",
        f"/policies/rules/on/{days(3)}/",
        "/departments/retail/",
        "/departments/stores/",
    ]:
        assert sees(client, person, address) == (who in SEES), address
    assert not sees(client, person, "/departments/operations/")
    assert not sees(client, person, "/departments/larkfield/")


def test_those_below_and_those_who_speak_for_something_below_see_it_too(cast, client, version):
    make_waiver(cast=cast, version=version, reason=CANARY)
    spokes.move_home(person=cast.emma, spoke=cast.stores, by=cast.root)
    assert sees(client, cast.emma, "/policies/rules/")
    assert not sees(client, cast.otto, "/policies/rules/")
    make_term(person=cast.otto, spoke=cast.stores)
    assert sees(client, User.objects.get(pk=cast.otto.pk), "/policies/rules/")


def test_it_is_gone_from_the_page_when_it_is_over_and_stands_where_it_held(cast, client, version):
    make_waiver(cast=cast, version=version, ends_on=days(2), reason=CANARY)
    with on(days(3)):
        assert not sees(client, cast.rita, "/policies/rules/")
        assert sees(client, cast.rita, f"/policies/rules/on/{days(-2)}/")


def test_it_is_not_shown_on_a_text_that_binds_nobody(cast, client, version):
    make_published(cast=cast, policy=version.policy)
    make_waiver(cast=cast, version=version, reason=CANARY)
    assert not sees(client, cast.rita, "/policies/rules/versions/1/")
    assert sees(client, cast.rita, "/policies/rules/versions/2/")


# --- Reminders -------------------------------------------------------------------------------------------------------


def letters():
    return OutboxMessage.objects.filter(kind="waiver_expiring").order_by("pk")


def test_those_who_speak_for_it_and_the_lead_are_told_30_and_7_days_before(cast, version):
    waiver = make_waiver(cast=cast, version=version)
    posted = {}
    first = days(0)
    for day in range(64):
        with on(first + timedelta(days=day)):
            posted[day] = jobs.remind_of_waivers()
            assert jobs.remind_of_waivers() == 0
    assert {day: n for day, n in posted.items() if n} == {30: 3, 53: 3}
    assert {letter.recipient.name for letter in letters()} == {"Rita", "Dora", "Hana"}
    assert letters()[0].period == f"{waiver.ends_on} 30"
    assert "Retail" in letters()[0].subject


def test_a_short_one_is_not_said_to_be_short_at_once(cast, version):
    make_waiver(cast=cast, version=version, ends_on=days(10))
    assert jobs.remind_of_waivers() == 0
    with on(days(3)):
        assert jobs.remind_of_waivers() == 3


def test_reminders_stop_when_it_is_ended_or_prolonged(cast, version):
    waiver = make_waiver(cast=cast, version=version)
    with on(days(30)):
        jobs.remind_of_waivers()
        letter = letters().first()
        assert mail.is_still_true(letter)
        actions.prolong_waiver(waiver=waiver, ends_on=days(60), reason="Late.", by=cast.hana)
        assert not mail.is_still_true(letter)
        assert jobs.remind_of_waivers() == 0
    with on(days(60)):
        assert jobs.remind_of_waivers() == 3
        newer = letters().last()
        assert mail.is_still_true(newer)
        actions.end_waiver(waiver=waiver, reason="Done.", by=cast.hana)
        assert not mail.is_still_true(newer)
        assert jobs.remind_of_waivers() == 0


def test_where_nobody_is_left_those_above_and_all_leads_are_told(cast, version):
    make_waiver(cast=cast, version=version, spoke=cast.stores)
    User.objects.filter(pk=cast.hana.pk).update(is_active=False)
    with on(days(30)):
        assert jobs.remind_of_waivers() == 3
    assert {letter.recipient.name for letter in letters()} == {"Rita", "Dora", "Lena"}


# --- The admin -------------------------------------------------------------------------------------------------------


def test_a_lead_grants_prolongs_and_ends_it_in_the_admin(cast, client, version):
    client.force_login(cast.hana)
    address = reverse("admin:policies_waiver_add")
    page = client.get(address, {"clause": "rules:say-where-you-work"})
    assert "Say where you work" in page.content.decode()
    sent = {"clause": "rules:say-where-you-work", "spoke": cast.retail.pk, "reason": CANARY, "mitigation": "A sign."}
    refused = client.post(address, sent)
    assert refused.status_code == 422
    assert CANARY in refused.content.decode()
    refused = client.post(address, {**sent, "ends_on": days(-3)})
    assert "would end before it begins" in refused.content.decode()
    waiver_page = client.post(address, {**sent, "ends_on": days(40)}, follow=True)
    assert "Retail is released" in waiver_page.content.decode()
    waiver = Waiver.objects.get()
    prolong = reverse("admin:policies_waiver_prolong", args=[waiver.pk])
    assert client.post(prolong, {"prolong-ends_on": days(3), "prolong-reason": "x"}).status_code == 422
    client.post(prolong, {"prolong-ends_on": days(50), "prolong-reason": "Late."})
    waiver.refresh_from_db()
    assert waiver.ends_on == days(50)
    end = reverse("admin:policies_waiver_end", args=[waiver.pk])
    assert client.post(end, {"end-reason": ""}).status_code == 422
    client.post(end, {"end-reason": "Enough."})
    page = client.get(waiver.get_absolute_url()).content.decode()
    assert "Ended early" in page
    assert "Prolong it" not in page
    assert client.get("/admin/policies/waiver/no/change/").status_code == 404


def test_the_list_by_state_and_its_export(cast, client, version):
    make_waiver(cast=cast, version=version, ends_on=days(10), reason="=cmd()")
    make_waiver(cast=cast, version=version, spoke=cast.care, starts_on=days(5), ends_on=days(100))
    over = make_waiver(cast=cast, version=version, spoke=cast.operations)
    actions.end_waiver(waiver=over, reason="x", by=cast.hana)
    client.force_login(cast.audra)
    found = {}
    for state in ["running", "soon", "planned", "over", ""]:
        page = client.get("/admin/policies/waiver/", {"state": state} if state else {})
        found[state] = {waiver.spoke.name for waiver in page.context["cl"].result_list}
    everything = {"Retail", "Customer Care", "Operations"}
    assert found == {
        "running": {"Retail"},
        "soon": {"Retail"},
        "planned": {"Customer Care"},
        "over": {"Operations"},
        "": everything,
    }
    fields = {"waiverresource_policy": "on", "waiverresource_reason": "on", "waiverresource_spoke": "on"}
    table = client.post("/admin/policies/waiver/export/", {"format": "0", "resource": "0", **fields}).content.decode()
    assert "'=cmd()" in table
    assert ",retail," in table
    assert client.get("/admin/policies/waiver/add/").status_code == 403


def test_the_list_names_the_clause_as_people_know_it(cast, client, version):
    gone = make_published(cast=cast, title="Other", clauses=[clause("Ask first", key="ask-first"), clause("Stay")])
    make_waiver(cast=cast, version=version)
    waiver = make_waiver(cast=cast, version=gone, key="ask-first")
    client.force_login(cast.hana)
    page = client.get("/admin/policies/waiver/").content.decode()
    assert "1 Say where you work" in page and "1 Ask first" in page
    assert "say-where-you-work" not in page and "ask-first" not in page
    make_published(cast=cast, policy=gone.policy, clauses=[clause("Stay")])
    assert "1 Ask first (no longer in force)" in client.get("/admin/policies/waiver/").content.decode()
    one = client.get(f"/admin/policies/waiver/{waiver.pk}/change/").content.decode()
    assert "Other, 1 Ask first" in one and "no longer in force" in one
