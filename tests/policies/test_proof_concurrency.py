"""Several workers at one chain, and people who sign meanwhile: no gap, no double. Needs PostgreSQL."""

import pytest

from policies import actions, clock
from policies.actions import proof as chain
from policies.models import Acknowledgement, ProofLink, ProofPack
from policies.proof import verify
from tests.factories import make_cast, make_person
from tests.policies.factories import make_published, sign
from tests.policies.test_concurrency import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def check_chain():
    """Whole: each link follows the one before it, and each act is there once."""
    position, previous = 0, verify.START
    for link in ProofLink.objects.order_by("position"):
        assert (link.position, link.previous_hash) == (position + 1, previous)
        position, previous = link.position, link.own_hash
    signed = ProofLink.objects.filter(kind="signed").values_list("about_id", flat=True)
    assert sorted(signed) == sorted(Acknowledgement.objects.values_list("pk", flat=True))


def test_two_workers_extend_at_once(monkeypatch):
    monkeypatch.setattr(chain, "BATCH", 7)
    cast = make_cast()
    version = make_published(cast=cast, must_sign=True)
    for number in range(40):
        sign(person=make_person(name=f"Signer {number}"), version=version)
    results = at_once(*[actions.extend_fully] * 3)
    assert sum(results) == 41
    assert ProofLink.objects.count() == 41
    check_chain()


def test_people_sign_while_the_chain_grows(monkeypatch):
    monkeypatch.setattr(chain, "BATCH", 2)
    cast = make_cast()
    version = make_published(cast=cast, must_sign=True)
    people = [make_person(name=f"Signer {number}") for number in range(12)]

    def some_sign(mine):
        for person in mine:
            sign(person=person, version=version)

    at_once(
        lambda: some_sign(people[:6]),
        lambda: some_sign(people[6:]),
        *[lambda: [actions.extend_fully() for _n in range(6)]] * 2,
    )
    actions.extend_fully()
    assert ProofLink.objects.count() == 13
    check_chain()


def test_two_people_ask_for_the_same_pack_and_two_workers_make_it():
    cast = make_cast()
    policy = make_published(cast=cast, must_sign=True).policy
    asked = at_once(
        *[lambda by=by: actions.ask_for_pack(policy=policy, day=clock.today(), by=by) for by in (cast.hana, cast.audra)]
    )
    assert asked[0] == asked[1]
    made = at_once(*[lambda: actions.make_pack(pk=asked[0].pk)] * 2)
    assert sorted(made) == [False, True]
    pack = ProofPack.objects.get()
    assert pack.status == "ready"
    assert [path.name for path in chain.folder().iterdir()] == [pack.stored_as]
    checked = verify.Check(verify.Pack(str(chain.stored_file(pack))))
    assert checked.run(), checked.bad
