import pytest

from hub.slots import Slot, Use


def make_slot():
    return Slot("where_used", returns=Use, doc="Where a thing is used.")


def first(thing):
    return [Use(kind="playbook", title=f"First on {thing}", url="/first/")]


def second(thing):
    yield Use(kind="service", title=f"Second on {thing}", url="/second/")


def test_fillers_answer_in_the_order_of_filling():
    slot = make_slot()
    slot.fill(first)
    slot.fill(second)
    assert [use.title for use in slot.gather("photos")] == ["First on photos", "Second on photos"]


def test_an_empty_slot_gives_nothing():
    assert make_slot().gather("photos") == []


def test_the_same_function_fills_once():
    slot = make_slot()
    slot.fill(first)
    with pytest.raises(ValueError, match="first already fills the slot where_used"):
        slot.fill(first)


def test_another_type_is_refused():
    slot = make_slot()
    slot.fill(lambda thing: ["just text"])
    with pytest.raises(TypeError, match="gave str to the slot where_used, which holds Use"):
        slot.gather("photos")


def test_only_within_the_block():
    slot = make_slot()
    slot.fill(first)
    with slot.only(second):
        assert [use.kind for use in slot.gather("x")] == ["service"]
    assert [use.kind for use in slot.gather("x")] == ["playbook"]
