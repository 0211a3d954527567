"""Reminders: to whom, when, once; and that they stop."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub import mail, slots
from hub.models import OutboxMessage, Preference, User
from hub.schedule import JOBS
from policies import actions, clock, jobs
from policies.models import Acknowledgement, Policy, PolicyVersion
from policies.reports import signing
from tests.factories import make_person
from tests.policies.factories import (
    clause,
    days,
    make_draft,
    make_published,
    make_submitted,
    publish_now,
    sign,
    submit,
    write,
)


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    """Waking is a courtesy; the rows are what counts."""
    monkeypatch.setattr("hub.wake.logger.warning", lambda *args: None)


def on(day):
    return time_machine.travel(clock.midnight(day) + timedelta(hours=7), tick=False)


def old_hands(cast):
    """Everybody has been here for long."""
    for person in [*cast.everybody().values(), cast.root]:
        person.joined_on = days(-500)
        person.save()
        person.memberships.update(starts_on=days(-500))


def letters(kind="acknowledgement_due"):
    return OutboxMessage.objects.filter(kind=kind)


def test_the_clock_starts_three_jobs():
    assert {"policies.settle_due", "policies.remind_to_sign", "policies.remind_of_review"} <= set(JOBS)


def test_the_settling_job_counts_what_it_did(cast):
    make_published(cast=cast, publish_on=days(1))
    with on(days(1)):
        assert jobs.settle_due() == 1
        assert jobs.settle_due() == 0


def test_each_person_is_reminded_once_a_stage(cast):
    old_hands(cast)
    version = make_published(cast=cast, title="Rules", must_sign=True, sign_within_days=14)
    people = 10
    posted = {}
    for day in range(40):
        with on(days(day)):
            posted[day] = jobs.remind_to_sign()
            assert jobs.remind_to_sign() == 0
    assert {day: n for day, n in posted.items() if n} == {7: people, 14: people, 21: people}
    emma = letters().filter(recipient=cast.emma).order_by("pk")
    assert [letter.period for letter in emma] == [f"{days(14)} {stage}" for stage in ("soon", "due", "overdue")]
    assert emma[0].subject == "Please sign: Rules"
    assert "/policies/rules/sign/" in emma[0].text
    assert emma[0].about == f"policies.policy:{version.policy_id}"


def rules(ask, kind, more=()):
    return [clause("Ask first", key="ask", body=ask), clause("Be kind", key="kind", body=kind), *more]


def test_who_is_asked_again_reads_which_version_she_signed_and_what_changed_the_rule_since(cast):
    """Those who signed another version, or none, read what is true of them; the same words serve many."""
    old_hands(cast)
    first = make_published(cast=cast, title="Rules", must_sign=True, sign_within_days=7, clauses=rules("Ask.", "Be."))
    sign(person=cast.emma, version=first)
    second = make_published(
        cast=cast, policy=first.policy, clauses=rules("Never ask.", "Be."), significance="material", note="No asking."
    )
    sign(person=cast.rita, version=second)
    make_published(
        cast=cast,
        policy=first.policy,
        clauses=rules("Never ask.", "Must be kind.", [clause("Say it", key="say", body="Say it.")]),
        significance="material",
        note="Kindness is a must.",
    )
    make_published(
        cast=cast,
        policy=first.policy,
        clauses=rules("Never ask.", "Must be kind!", [clause("Say it", key="say", body="Say it.")]),
        significance="editorial",
        note="A mark.",
    )
    assert jobs.remind_to_sign() == 10
    text = {who: letters().get(recipient=who).text for who in (cast.emma, cast.rita, cast.sam)}
    again = "Why you are asked again: you signed version {}, and the rule has changed since."
    third = "Version 3: Kindness is a must.\n- 2. Be kind (changed)\n- 3. Say it (new)"
    assert again.format(1) in text[cast.emma] and again.format(2) in text[cast.rita]
    assert "Version 2: No asking.\n- 1. Ask first (changed)" in text[cast.emma] and third in text[cast.emma]
    assert "No asking." not in text[cast.rita] and third in text[cast.rita]
    assert "asked again" not in text[cast.sam] and "What changed: A mark." in text[cast.sam]
    html = letters().get(recipient=cast.emma).html
    assert "Why you are asked again</h2>" in html and ">1. Ask first (changed)</li>" in html
    assert not any("A mark." in text[who] for who in (cast.emma, cast.rita))


def test_more_who_are_asked_again_cost_no_more(cast):
    old_hands(cast)
    first = make_published(cast=cast, must_sign=True, sign_within_days=7, clauses=rules("Ask.", "Be."))
    sign(person=cast.emma, version=first)
    make_published(cast=cast, policy=first.policy, clauses=rules("Never ask.", "Be."), significance="material")

    def cost():
        letters().delete()
        with CaptureQueriesContext(connection) as queries:
            jobs.remind_to_sign()
        return len(queries)

    one = cost()
    for person in (cast.rita, cast.dora):
        Acknowledgement.objects.create(person=person, version=first, clause_hashes={}, at=timezone.now())
    assert cost() == one


def test_a_day_of_downtime_is_made_good_once(cast):
    old_hands(cast)
    make_published(cast=cast, must_sign=True, sign_within_days=14)
    with on(days(9)):
        assert jobs.remind_to_sign() == 10
    with on(days(16)):
        assert jobs.remind_to_sign() == 10


def test_who_has_signed_is_left_alone_and_who_signs_meanwhile_gets_nothing(cast):
    old_hands(cast)
    version = make_published(cast=cast, must_sign=True, sign_within_days=7)
    sign(person=cast.emma, version=version)
    jobs.remind_to_sign()
    assert not letters().filter(recipient=cast.emma).exists()
    letter = letters().get(recipient=cast.rita)
    assert mail.is_still_true(letter)
    sign(person=cast.rita, version=version)
    assert not mail.is_still_true(letter)


def test_only_those_it_is_for_are_reminded(cast):
    old_hands(cast)
    make_published(cast=cast, must_sign=True, sign_within_days=7, audiences=[cast.retail.group])
    make_published(cast=cast, sign_within_days=7)
    cast.dora.is_active = False
    cast.dora.save()
    jobs.remind_to_sign()
    assert set(letters().values_list("recipient", flat=True)) == {cast.rita.pk}


def test_who_joins_or_moves_later_is_asked_later(cast):
    old_hands(cast)
    make_published(cast=cast, title="All", must_sign=True, sign_within_days=14)
    make_published(cast=cast, title="Retail", must_sign=True, sign_within_days=14, audiences=[cast.retail.group])
    joiner = make_person(name="Joiner", by=cast.root, joined_on=days(100))
    cast.rita.memberships.update(starts_on=days(100))
    with on(days(107)):
        jobs.remind_to_sign()
    assert set(letters().values_list("recipient__name", "subject")) == {
        (joiner.name, "Please sign: All"),
        ("Rita", "Please sign: Retail"),
    }


def test_a_change_that_is_not_material_starts_no_new_count(cast):
    old_hands(cast)
    version = make_published(cast=cast, must_sign=True, sign_within_days=14)
    sign(person=cast.emma, version=version)
    with on(days(30)):
        make_published(cast=cast, policy=version.policy, significance="clarifying")
        assert jobs.remind_to_sign() == 0
    with on(days(60)):
        make_published(cast=cast, policy=version.policy, significance="material")
    with on(days(67)):
        assert jobs.remind_to_sign() == 10
    assert letters().filter(recipient=cast.emma).exists()


def test_many_people_take_few_statements(cast, django_assert_max_num_queries, monkeypatch):
    old_hands(cast)
    make_published(cast=cast, must_sign=True, sign_within_days=7)
    with django_assert_max_num_queries(25):
        assert jobs.remind_to_sign() == 10
    monkeypatch.setattr("policies.emails.CHUNK", 3)
    letters().delete()
    assert jobs.remind_to_sign() == 10


def test_owners_are_reminded_of_reviews_and_leads_when_it_is_late(cast):
    policy = make_published(cast=cast, title="Rules").policy
    actions.change_policy(policy=policy, review_on=days(100), by=cast.paul)
    found = {}
    for day in [85, 86, 99, 100, 129, 130, 131]:
        with on(days(day)):
            found[day] = jobs.remind_of_review()
    assert found == {85: 0, 86: 1, 99: 0, 100: 1, 129: 0, 130: 2, 131: 0}
    posted = [(letter.recipient.name, letter.period) for letter in letters("policy_review_due").order_by("pk")]
    assert posted[:2] == [("Paul", f"{days(100)} soon"), ("Paul", f"{days(100)} due")]
    assert sorted(posted[2:]) == [("Hana", f"{days(100)} overdue"), ("Lena", f"{days(100)} overdue")]


def test_a_review_that_was_done_stops_its_reminder(cast):
    policy = make_published(cast=cast).policy
    actions.change_policy(policy=policy, review_on=days(10), by=cast.paul)
    jobs.remind_of_review()
    letter = letters("policy_review_due").get()
    assert mail.is_still_true(letter)
    actions.still_true(policy=policy, by=cast.paul)
    assert not mail.is_still_true(letter)


def test_a_version_that_was_approved_stops_its_reminder(cast):
    version = make_submitted(cast=cast)
    letter = letters("approval_waiting").first()
    assert mail.is_still_true(letter)
    actions.approve(version=version, lock=version.lock, by=cast.lena)
    assert not mail.is_still_true(letter)


def test_what_is_not_about_policies_is_left_to_others(cast):
    row = OutboxMessage(kind="letter", about="hub.user:1", to_address="a@b.example")
    assert slots.still_true.gather(row) in ([], [True])


def test_a_reminder_that_was_switched_off_is_not_posted(cast):
    policy = make_published(cast=cast).policy
    actions.change_policy(policy=policy, review_on=days(1), by=cast.paul)
    Preference.objects.create(person=cast.paul, kind="policy_review_due", choice=Preference.Choice.OFF)
    assert jobs.remind_of_review() == 0


def test_posting_to_many_heeds_preferences_and_posts_once(cast):
    Preference.objects.create(person=cast.paul, kind="policy_review_due", choice=Preference.Choice.OFF)
    cast.emma.is_active = False
    policy = Policy.objects.get(pk=make_published(cast=cast).policy_id)
    policy.review_on = days(3)
    context = {"policy": policy, "stage": "soon", "path": "/"}
    people = [cast.hana, cast.paul, cast.emma]
    batch = [(person, "policies.policy:1", "now", context) for person in people]
    assert mail.post_many(kind="policy_review_due", letters=batch) == 1
    assert mail.post_many(kind="policy_review_due", letters=batch) == 0
    assert letters("policy_review_due").get().recipient == cast.hana


# --- Slots -----------------------------------------------------------------------------------------------------------


def items(person):
    return [item.title for item in slots.waiting_items.gather(person) if "olic" in item.title or ":" in item.title]


def test_what_waits_for_whom(cast):
    make_published(cast=cast, title="Rules", must_sign=True)
    make_submitted(cast=cast, title="New rules")
    publish_now(make_draft(cast=cast, title="Recall"), reason="Now", by=cast.hana)
    assert items(cast.emma) == ["Sign: Rules"]
    assert items(cast.paul) == ["Sign: Rules"]
    assert items(cast.lena) == [
        "Sign: Rules",
        "Approve: New rules, version 1",
        "Look at what was published without approval: Recall",
    ]
    assert items(cast.hana) == ["Sign: Rules", "Approve: New rules, version 1"]


def test_authors_are_told_that_their_text_was_given_back(cast):
    version = make_submitted(cast=cast, title="Rules")
    assert items(cast.paul) == []
    actions.return_to_draft(version=version, comment="7", by=cast.lena)
    version.refresh_from_db()
    actions.return_to_draft(version=submit(version, by=cast.paul), comment="Shorter, please.", by=cast.lena)
    for person in [cast.hana, cast.lena, cast.emma, cast.audra]:
        assert items(person) == []
    (item,) = slots.waiting_items.gather(cast.paul)
    assert (item.title, item.detail) == ("Given back: Rules, version 1", "Shorter, please.")
    assert item.url == f"/admin/policies/policy/{version.policy_id}/edit/"
    version.refresh_from_db()
    version = write(version=version, by=cast.hana)
    assert items(cast.paul) == items(cast.hana) == ["Given back: Rules, version 1"]
    submit(version, by=cast.paul)
    assert items(cast.paul) == items(cast.hana) == []


def test_an_author_who_takes_her_own_text_up_again_was_given_nothing_back(cast):
    write(version=make_submitted(cast=cast, title="Rules"), by=cast.paul)
    assert items(cast.paul) == []


def test_news_are_new_policies_and_new_versions_for_this_person(cast):
    since = clock.midnight(days(-1))
    policy = make_published(cast=cast, title="Rules", note="First.").policy
    make_published(cast=cast, title="For Retail", audiences=[cast.retail.group])
    make_published(cast=cast, policy=policy, note="Calmer.", effective_on=days(3))
    news = [item for item in slots.news_items.gather(cast.emma, since) if item.kind == "policy"]
    assert [(item.title, item.url) for item in news] == [
        ("New version of “Rules”", "/policies/rules/versions/2/"),
        ("New policy: Rules", "/policies/rules/"),
    ]
    assert news[0].detail == "Calmer."
    assert slots.news_items.gather(cast.emma, clock.midnight(days(2))) == []


def test_when_signing_is_switched_on_later_people_get_their_days_from_then_on(cast):
    """Not overdue at once, and not without a reminder."""
    with time_machine.travel(timezone.now() - timedelta(days=100)):
        policy = make_published(cast=cast).policy
    User.objects.update(joined_on=days(-400))
    actions.change_policy(policy=policy, must_sign=True, by=cast.hana)
    shown = PolicyVersion.objects.with_signing_of(cast.emma).get(policy=policy)
    assert signing(shown, shown.policy, cast.emma).due_on == days(policy.sign_within_days)

    with time_machine.travel(timezone.now() + timedelta(days=policy.sign_within_days - 7)):
        assert jobs.remind_to_sign() > 0
    letters = OutboxMessage.objects.filter(kind="acknowledgement_due", recipient=cast.emma)
    assert [letter.period for letter in letters] == [f"{days(policy.sign_within_days).isoformat()} soon"]

    actions.change_policy(policy=policy, must_sign=True, title="Other words", by=cast.hana)
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        asked = actions.change_policy(policy=policy, must_sign=True, summary="Other words", by=cast.hana).asked_from
    assert asked == days(0)


def test_leads_look_at_once_after_a_policy_whose_owner_left(cast):
    make_published(cast=cast, owner=cast.paul)
    User.objects.filter(pk=cast.paul.pk).update(is_active=False)
    Policy.objects.update(review_on=days(0))
    assert jobs.remind_of_review() == 0
    Policy.objects.update(review_on=days(-1))
    assert jobs.remind_of_review() == 2
    assert {row.recipient for row in letters("policy_review_due")} == {cast.hana, cast.lena}


def test_a_material_version_that_was_taken_back_makes_nobody_late(cast):
    """It never bound; who signed the text before it is asked from the day the next one binds."""
    old_hands(cast)
    first = make_published(cast=cast, must_sign=True)
    sign(person=cast.emma, version=first)
    announced = make_published(cast=cast, policy=first.policy, significance="material", effective_on=days(20))
    actions.withdraw(version=announced, reason="in_error", by=cast.hana)
    with on(days(100)):
        make_published(cast=cast, policy=first.policy, significance="material")
        version = PolicyVersion.objects.with_signing_of(cast.emma).select_related("policy").get(number=3)
        mine = signing(version, version.policy, cast.emma)
        assert (mine.is_asked, mine.due_on) == (True, days(14))
    with on(days(114)):
        jobs.remind_to_sign()
        due = f"{clock.today().isoformat()} due"
        assert OutboxMessage.objects.filter(kind="acknowledgement_due", recipient=cast.emma, period=due).exists()


def test_a_wider_audience_gives_those_who_are_new_to_it_the_usual_days(cast):
    old_hands(cast)
    version = make_published(cast=cast, must_sign=True, audiences=[cast.retail.group])
    policy, later, last = version.policy, days(100), days(110)
    with on(later):
        actions.change_policy(policy=policy, audiences=[cast.retail.group, cast.care.group], by=cast.paul)
        [item] = [item for item in slots.waiting_items.gather(cast.emma) if item.kind == "acknowledgement_due"]
        assert item.due_on == later + policy.sign_period
    with on(last):
        jobs.remind_to_sign()
        assert letters().filter(recipient=cast.emma).exists()
        # A narrower one asks nobody anew.
        policy = actions.change_policy(policy=policy, audiences=[cast.care.group], by=cast.paul)
        assert policy.asked_from == later
        policy = actions.change_policy(policy=policy, audiences=[], by=cast.paul)
        assert policy.asked_from == last
