"""Two texts that came from one, brought together."""

from hypothesis import given
from hypothesis import strategies as st

from hub.text.merging import MOST_LINES, Clash, merge

LINES = st.lists(st.sampled_from(["a", "b", "c", "", "- [ ] d"]), max_size=6).map("\n".join)


def test_both_changes_are_kept_where_they_stand_apart():
    merged = merge("one\ntwo\nthree", "ONE\ntwo\nthree", "one\ntwo\nthree\nfour")
    assert merged.text == "ONE\ntwo\nthree\nfour"
    assert merged.clashes == ()


def test_where_both_changed_the_same_lines_ours_stays_and_the_place_is_told():
    merged = merge("one\ntwo", "one\nours", "one\ntheirs")
    assert merged.text == "one\nours"
    assert merged.clashes == (Clash("ours", "theirs"),)


def test_a_line_that_one_side_removed_and_the_other_changed_is_a_clash():
    merged = merge("one\ntwo\nthree", "one\nthree", "one\nTWO\nthree")
    assert merged.text == "one\nthree"
    assert merged.clashes == (Clash("", "TWO"),)


def test_the_same_change_on_both_sides_is_no_clash():
    assert merge("one\ntwo\nx", "one\n2\nx\ny", "one\n2\nx").clashes == ()


def test_very_long_texts_are_left_to_the_person():
    long = "\n".join(map(str, range(MOST_LINES + 1)))
    merged = merge(long, long + "\na", long + "\nb")
    assert merged.text == long + "\na"
    assert len(merged.clashes) == 1


@given(LINES, LINES)
def test_what_only_one_side_changed_is_taken_whole(base, changed):
    assert merge(base, changed, base).text == changed
    assert merge(base, base, changed).text == changed
    assert merge(base, changed, changed).text == changed
    assert merge(base, changed, base).clashes == ()


@given(LINES, LINES, LINES)
def test_no_line_of_either_side_is_lost_without_a_word(base, ours, theirs):
    merged = merge(base, ours, theirs)
    told = "\n".join([merged.text, *(clash.theirs for clash in merged.clashes)]).split("\n")
    for line in ours.split("\n"):
        assert line in merged.text.split("\n") or line in base.split("\n")
    for line in theirs.split("\n"):
        assert line in told or line in base.split("\n")
