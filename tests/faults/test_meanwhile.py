"""Somebody stores the same thing between our look and our write: a second connection holds it back until we wait."""

import threading
import time

import pytest
from django.db import connection, transaction

from hub import actions as hub
from hub.exceptions import HubError, Invalid
from hub.models import User
from playbooks.models import Playbook
from policies import actions as policies
from policies.models import Guide, Policy
from spokes import actions as spokes
from spokes.models import SocialAccount
from tests.factories import make_cast, make_person, make_topic
from tests.playbooks.factories import make_playbook
from tests.policies.factories import make_policy

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

WAITING = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"


def somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return cursor.fetchone()[0]


def refusal_of(late, *, early):
    """What `late` was told, which finds nothing in its way when it looks, and `early`'s row when it writes."""
    told = []

    def run():
        try:
            told.append(late())
        except HubError as error:
            told.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        early()
        thread.start()
        until = time.monotonic() + 30
        while not somebody_waits():
            assert thread.is_alive(), f"did not wait, but was told {told}"
            assert time.monotonic() < until
            time.sleep(0.01)
    thread.join(30)
    [answer] = told
    assert isinstance(answer, Invalid), answer
    return answer


def test_two_people_with_one_address():
    cast = make_cast()
    refusal = refusal_of(
        lambda: hub.add_person(email="Zoe@larkfield.example", name="Zoe", by=cast.paul),
        early=lambda: make_person(name="Zoe"),
    )
    assert (refusal.sentence, refusal.field) == ("Zoe@larkfield.example already has an account.", "email")
    assert User.objects.filter(name="Zoe").count() == 1


def test_somebody_gets_an_address_that_another_one_gets():
    cast = make_cast()
    refusal = refusal_of(
        lambda: hub.change_person(person=cast.emma, email="zoe@larkfield.example", by=cast.hana),
        early=lambda: make_person(name="Zoe"),
    )
    assert (refusal.sentence, refusal.field) == ("zoe@larkfield.example already has an account.", "email")
    cast.emma.refresh_from_db()
    assert list(cast.emma.emailaddress_set.values_list("email", flat=True)) == [cast.emma.email]
    assert cast.emma.email == "emma@larkfield.example"


def make_guide(*, cast, **fields):
    return policies.create_guide(intro="For pictures.", by=cast.paul, **fields)


@pytest.mark.parametrize(("model", "make"), [(Policy, make_policy), (Guide, make_guide), (Playbook, make_playbook)])
def test_one_address_for_two(model, make):
    cast = make_cast()
    topic = make_topic()
    press = lambda: make(cast=cast, title="Rules", topic=topic)  # noqa: E731
    refusal = refusal_of(press, early=press)
    assert refusal.sentence.endswith("has, or had, this address. Choose another.")
    assert refusal.field == "slug"
    assert model.objects.filter(slug="rules").count() == 1


def test_one_account_registered_twice():
    cast = make_cast()
    refusal = refusal_of(
        lambda: spokes.add_account(platform="x", handle="larkfield", spoke=cast.operations, by=cast.otto),
        early=lambda: spokes.add_account(platform="x", handle="Larkfield", spoke=cast.retail, by=cast.rita),
    )
    assert refusal.sentence.endswith("is registered already, with Retail.")
    assert SocialAccount.objects.count() == 1


def test_two_accounts_renamed_to_one_handle():
    cast = make_cast()
    other = spokes.add_account(platform="x", handle="other", spoke=cast.operations, by=cast.otto)
    refusal = refusal_of(
        lambda: spokes.change_account(account=other, handle="larkfield", by=cast.otto),
        early=lambda: spokes.add_account(platform="x", handle="Larkfield", spoke=cast.retail, by=cast.rita),
    )
    assert refusal.sentence.endswith("is registered already, with Retail.")
    other.refresh_from_db()
    assert other.handle == "other"
