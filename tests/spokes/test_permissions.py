"""Who represents what, today."""

import pytest

from engagements.permissions import can_file
from hub.exceptions import NotAllowed
from playbooks.actions import ask_question
from playbooks.models import Playbook
from playbooks.permissions import can_answer, can_verify
from policies.permissions import can_say_still_true
from spokes.permissions import can_add_account, can_edit_account, can_represent, check_can_represent
from spokes.roles import refill_groups
from tests.factories import make_person, make_term
from tests.policies.factories import hand_to, make_published
from tests.spokes.factories import day, make_account


@pytest.mark.parametrize(
    ("who", "where"),
    [("rita", {"retail", "stores"}), ("dora", {"retail", "stores"}), ("otto", {"operations"}), ("hana", set())],
)
def test_a_term_reaches_its_department_and_all_below(cast, who, where):
    person = getattr(cast, who)
    spokes = [cast.company, cast.retail, cast.stores, cast.operations, cast.care]
    assert {spoke.slug for spoke in spokes if can_represent(person, spoke)} == where


def test_a_refusal_names_the_department(cast):
    with pytest.raises(NotAllowed, match="representative or deputy of Customer Care"):
        check_can_represent(cast.rita, cast.care)


@pytest.mark.parametrize(("starts", "ends", "may"), [(-9, 0, True), (0, None, True), (1, None, False), (-9, -1, False)])
def test_a_term_counts_from_its_first_to_its_last_day(cast, starts, ends, may):
    person = make_person(name="Nia")
    make_term(person=person, spoke=cast.care, starts_on=day(starts), ends_on=None if ends is None else day(ends))
    assert can_represent(person, cast.care) == may


def test_groups_are_refilled_in_chunks(cast, monkeypatch):
    monkeypatch.setattr("spokes.roles.CHUNK", 2)
    cast.emma.groups.clear()
    refill_groups()
    assert set(cast.emma.groups.values_list("spoke__slug", flat=True)) == {"customer-care", "larkfield"}
    cast.rita.groups.clear()
    refill_groups([cast.emma.pk, cast.otto.pk, cast.rita.pk])
    assert set(cast.rita.groups.values_list("spoke__slug", flat=True)) == {"retail", "larkfield"}


def test_an_auditor_changes_nothing_whatever_she_represents_or_owns(cast):
    make_term(person=cast.audra, spoke=cast.operations)
    account = make_account(spoke=cast.operations)
    policy = hand_to(cast.audra, make_published(cast=cast).policy)
    question = ask_question(title="May we?", by=cast.otto)
    assert not can_edit_account(cast.audra, account)
    assert not can_add_account(cast.audra, cast.operations)
    assert not can_file(cast.audra, cast.operations)
    assert not can_say_still_true(cast.audra, policy)
    assert not can_answer(cast.audra, question)
    assert not can_verify(cast.audra, Playbook(owner=cast.audra, current_id=1))
    assert can_answer(cast.otto, question) and can_file(cast.otto, cast.operations)
