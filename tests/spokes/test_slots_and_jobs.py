"""What waits for people, and what the clock starts."""

import pytest

from hub.actions import set_preference
from hub.models import OutboxMessage, User
from spokes import actions, adapters, jobs
from spokes.actions import uploads
from spokes.emails import who_reviews
from spokes.models import Membership, TableImport, Term
from spokes.workflow import AccountStatus
from tests.factories import make_person, make_term
from tests.spokes.factories import day, make_account


def titles(person):
    return [item.title for item in adapters.waiting_items(User.objects.get(pk=person.pk))]


def test_a_stale_account_waits_for_its_owner_until_she_looks(cast):
    account = make_account(spoke=cast.care, handle="old", owner=cast.emma, last_reviewed_on=day(-200))
    make_account(spoke=cast.care, handle="new", owner=cast.emma, last_reviewed_on=day(-1))
    make_account(spoke=cast.care, handle="plan", owner=cast.emma, status=AccountStatus.PLANNED)
    assert titles(cast.emma) == ["Look at the account X: old"]
    assert titles(cast.rita) == titles(cast.otto) == []
    item = next(adapters.waiting_items(cast.emma))
    assert (item.url, item.due_on) == (account.get_absolute_url(), day(-200 + 183))
    actions.review_account(account=account, by=cast.paul)
    assert titles(cast.emma) == []


def test_an_account_without_owner_waits_for_who_represents_its_branch(cast):
    gone = make_person(name="Gone", spoke=cast.stores)
    make_account(spoke=cast.stores, handle="left", owner=gone, last_reviewed_on=day(-1))
    make_account(spoke=cast.retail, handle="none")
    actions.say_goodbye(person=gone, by=cast.paul)
    assert titles(cast.rita) == titles(cast.dora) == ["Look at the account X: left", "Look at the account X: none"]
    details = [item.detail for item in adapters.waiting_items(User.objects.get(pk=cast.rita.pk))]
    assert details == ["Its owner, Gone, has left", "Nobody has looked at it yet"]
    assert titles(cast.otto) == []


def test_a_term_without_successor_waits_for_staff(cast):
    cast.otto.terms.update(ends_on=day(10))
    cast.dora.terms.update(ends_on=day(10))  # Rita stays
    assert titles(cast.paul) == ["Nobody represents Operations after this"]
    assert titles(cast.otto) == []
    make_term(person=cast.emma, spoke=cast.operations, starts_on=day(50))
    assert titles(cast.paul) == ["Nobody represents Operations after this"]
    Term.objects.filter(person=cast.emma).update(starts_on=day(11))
    assert titles(cast.paul) == []


def test_only_who_wants_mail_gets_it_and_once_for_each_lapse(cast):
    account = make_account(spoke=cast.care, owner=cast.emma, last_reviewed_on=day(-200))
    assert jobs.remind_of_account_review() == 0
    set_preference(kind="account_review_due", choice="mail", by=cast.emma)
    assert jobs.remind_of_account_review() == 1
    assert jobs.remind_of_account_review() == 0
    message = OutboxMessage.objects.get(kind="account_review_due")
    assert message.recipient == cast.emma
    assert f"/register/{account.pk}/" in message.text and account.handle in message.subject
    assert list(adapters.still_true(message)) == [True]
    actions.review_account(account=account, by=cast.paul)
    assert list(adapters.still_true(message)) == [False]
    message.kind = "letter"
    assert list(adapters.still_true(message)) == []


def test_without_owner_the_representatives_are_asked(cast):
    assert set(who_reviews(make_account(spoke=cast.retail))) == {cast.rita, cast.dora}
    assert who_reviews(make_account(spoke=cast.stores, owner=cast.emma)) == [cast.emma]


def test_a_last_day_that_is_over_closes_the_door(cast):
    Membership.objects.filter(person=cast.emma).update(starts_on=day(-30))
    User.objects.filter(pk=cast.emma.pk).update(left_on=day(-1))
    User.objects.filter(pk=cast.otto.pk).update(left_on=day(0))
    assert jobs.settle_leavers() == 1
    emma = User.objects.get(pk=cast.emma.pk)
    assert (emma.is_active, emma.left_on, emma.memberships.get().ends_on) == (False, day(-1), day(-1))
    assert User.objects.get(pk=cast.otto.pk).is_active
    assert jobs.settle_leavers() == 0


@pytest.mark.parametrize("way", ["sweep", "wake"])
def test_an_upload_is_taken_up(cast, way):
    kept = uploads.upload_table(kind="departments", filename="a.csv", data=b"name\nA\n", by=cast.paul)
    if way == "sweep":
        assert jobs.sweep_imports() == 1
        assert jobs.sweep_imports() == 0
    else:
        assert jobs.work_on_import(kept.pk) is True
    assert TableImport.objects.get(pk=kept.pk).status == "checked"
