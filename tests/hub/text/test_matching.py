"""Parts of a text keep their identity under renaming, moving, splitting and merging."""

import itertools
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.text import matching
from hub.text.matching import Part, assign, match, reads_the_same

WORDS = [
    first + second + third
    for first, second, third in itertools.product(
        "bdfgklmnprst", "a e i o u au ei".split(), "ck ll mp nd rt st x".split()
    )
]
JAPANESE = (
    "投稿する前に広報部へ確認してください。顧客の個人情報を書いてはいけません。"
    "写真には本人の同意が必要です。返信は一営業日以内に行います。"
)
ARABIC = (
    "يجب على كل موظف أن يذكر مكان عمله عند الكتابة عن منتجات الشركة ولا يجوز له نشر صور الزملاء دون موافقتهم الخطية"
).split()


def texts(seed, count, words=40):
    """Parts that have nothing but a few common words to do with each other."""
    dice = random.Random(seed)
    return [
        Part(
            f"{dice.choice(WORDS)} {dice.choice(WORDS)} {number}".title(),
            " ".join(dice.choices(WORDS, k=words)) + ".",
            f"key-{number}",
        )
        for number in range(count)
    ]


def without_key(part, **changes):
    return Part(changes.get("heading", part.heading), changes.get("body", part.body))


def olds(old, new):
    matches, _gone = match(old, new)
    return [one.old for one in matches]


def kinds(old, new):
    matches, _gone = match(old, new)
    return [one.kind for one in matches]


RULES = [
    Part(
        "Say where you work",
        "Say in the post itself that you work for the company, before you praise a product.",
        "say",
    ),
    Part("Ask before you film", "Everybody who can be recognised in a picture must have said yes in writing.", "film"),
    Part("Answer within a day", "A comment that asks something gets an answer within one working day.", "answer"),
]


def test_the_same_text_is_the_same():
    matches, gone = match(RULES, [without_key(part) for part in RULES])
    assert [(one.old, one.kind, one.confidence, one.moved) for one in matches] == [
        (place, "same", 1.0, False) for place in range(3)
    ]
    assert gone == []


def test_another_heading_over_the_same_text_keeps_the_key():
    matches, _gone = match(RULES, [without_key(RULES[0], heading="Be open about your job"), *RULES[1:]])
    assert (matches[0].old, matches[0].kind) == (0, "renamed")
    assert matches[0].confidence > 0.9
    assert "Another heading" in matches[0].reason


def test_another_text_under_the_same_heading_keeps_the_key():
    new = [RULES[0], without_key(RULES[1], body="Nothing of this was ever written in that clause before."), RULES[2]]
    matches, _gone = match(RULES, [without_key(part) for part in new])
    assert (matches[1].old, matches[1].kind) == (1, "rewritten")
    assert matches[1].confidence < 0.7


def test_a_few_words_changed():
    new = [RULES[0], without_key(RULES[1], body=RULES[1].body.replace("must", "should")), RULES[2]]
    assert kinds(RULES, [without_key(part) for part in new]) == ["same", "changed", "same"]


def test_a_number_before_a_heading_is_no_part_of_it():
    new = [without_key(part, heading=f"{number}.1 {part.heading}") for number, part in enumerate(RULES, 1)]
    assert [matching.heading_words(part.heading) for part in new] == [
        matching.heading_words(part.heading) for part in RULES
    ]
    assert olds(RULES, new) == [0, 1, 2]
    assert matching.heading_words("2026") == ("2026",)


def test_moved_and_removed_and_new():
    new = [
        without_key(RULES[2]),
        without_key(RULES[0]),
        Part("Giraffes", "Tell the zoo before you post about giraffes."),
    ]
    matches, gone = match(RULES, new)
    assert [(one.old, one.kind) for one in matches] == [(2, "same"), (0, "same"), (None, "new")]
    assert sum(one.moved for one in matches) == 1
    assert [(one.old, one.into) for one in gone] == [(1, None)]
    assert "No part" in gone[0].reason


def test_the_larger_half_of_a_split_keeps_the_key():
    first, second, third = texts(1, 3, words=20)
    whole = Part("Everything", f"{first.body}\n\n{second.body}\n\n{third.body}", "everything")
    new = [Part("One", first.body), Part("Two and three", f"{second.body}\n\n{third.body}")]
    matches, gone = match([whole], new)
    assert [one.old for one in matches] == [None, 0]
    assert matches[0].split_from == 0
    assert "part of “Everything”" in matches[0].reason
    assert gone == []


def test_the_old_heading_gives_way_only_to_more_than_twice_as_much():
    pieces = [part.body for part in texts(2, 8, words=15)]
    whole = Part("Pictures", "\n\n".join(pieces), "pictures")
    for kept, expected in ((3, [0, None]), (2, [None, 0]), (1, [None, 0])):
        new = [Part("Pictures", "\n\n".join(pieces[:kept])), Part("Films", "\n\n".join(pieces[kept:]))]
        assert olds([whole], new) == expected


def test_the_largest_of_several_merged_keeps_the_key_and_the_others_are_told():
    small, large, other = texts(3, 3)
    large = Part(large.heading, large.body + " " + texts(4, 1, words=60)[0].body, large.key)
    new = [Part("Both in one", f"{small.body}\n\n{large.body}"), without_key(other)]
    matches, gone = match([small, large, other], new)
    assert [one.old for one in matches] == [1, 2]
    assert matches[0].merged == (0,)
    assert [(one.old, one.into) for one in gone] == [(0, 0)]
    assert "Both in one" in gone[0].reason


def test_the_larger_of_two_merged_keeps_the_key_under_the_others_heading():
    small, large = texts(8, 2, words=45)
    small = Part(small.heading, " ".join(small.body.split()[:16]), small.key)
    new = [Part(small.heading, f"{small.body}\n\n{large.body}")]
    matches, gone = match([small, large], new)
    assert matches[0].old == 1
    assert [(one.old, one.into) for one in gone] == [(0, 0)]


def test_one_that_was_merged_although_some_words_were_changed():
    old = [
        *RULES,
        Part("Events", "Our events are governed by the code of conduct that hangs at every entrance of the hall.", "e"),
    ]
    moved = "Our events are now governed by the code of conduct that hangs at the entrance of every hall."
    body = f"{RULES[2].body}\n\n{moved}"
    matches, gone = match(old, [RULES[0], RULES[1], Part(RULES[2].heading, body)])
    assert matches[2].old == 2
    assert [(one.old, one.into) for one in gone] == [(3, 2)]


def test_the_best_for_all_and_not_the_best_for_the_first():
    shared, left, right = (part.body for part in texts(5, 3, words=30))
    old = [Part("Alpha rules", f"{shared} {left}", "a"), Part("Beta rules", f"{shared}", "b")]
    # The first new part is most like Alpha, but so is the second, and nothing else is.
    new = [Part("Beta rules", f"{shared} {left[:80]}"), Part("Gamma", f"{shared} {left} {right[:40]}")]
    assert olds(old, new) == [1, 0]


def test_parts_with_the_same_heading_are_told_apart_by_their_text():
    old = [Part("Example", part.body, part.key) for part in texts(6, 4)]
    new = [without_key(old[2]), without_key(old[0]), without_key(old[3]), without_key(old[1])]
    assert olds(old, new) == [2, 0, 3, 1]


def test_equal_parts_stay_in_their_order():
    old = [Part("Note", "The same words.", f"note-{n}") for n in range(4)]
    assert olds(old, [without_key(part) for part in old]) == [0, 1, 2, 3]


def test_renamed_and_rewritten_at_once_between_the_same_neighbours():
    new = [
        RULES[0],
        Part(
            "Consent comes first",
            "A picture needs the consent of everybody in it, given in writing and kept with the picture.",
        ),
        RULES[2],
    ]
    matches, _gone = match(RULES, [without_key(part) for part in new])
    assert matches[1].old == 1
    assert matches[1].confidence < 0.7


def test_a_key_that_a_part_brought_along_decides():
    new = [
        Part("Quite another", "With another text.", "film"),
        Part("And this", "too", "nobody"),
        Part("x", "y", "film"),
    ]
    matches, _gone = match(RULES, new)
    assert (matches[0].old, matches[0].confidence) == (1, 1.0)
    assert "names this clause" in matches[0].reason
    assert (matches[1].old, matches[2].old) == (None, None)


def test_a_key_brought_along_is_not_taken_by_a_split_or_merger():
    a, b = texts(7, 2, words=50)
    matches, _gone = match([a, b], [Part("x", b.body, a.key), Part("y", a.body)])
    assert matches[0].old == 0


def test_nothing_to_match():
    assert match([], []) == ([], [])
    assert kinds([], [RULES[0]]) == ["new"]
    assert [one.old for one in match(RULES, [])[1]] == [0, 1, 2]
    assert olds([Part("", "", "a")], [Part("", "")]) == [0]


def test_japanese_is_matched_without_spaces():
    sentences = [f"{one}。" for one in JAPANESE.split("。") if one]
    old = [Part(f"規則{'一二三四'[n]}", one, f"r{n}") for n, one in enumerate(sentences)]
    new = [
        Part("確認と同意", sentences[2].replace("必要です", "必要になります")),
        Part("規則一", sentences[0]),
        Part("別の話", "社員食堂のメニューは毎週変わります。"),
    ]
    matches, _gone = match(old, new)
    assert [one.old for one in matches] == [2, 0, None]


def test_arabic_is_matched_with_and_without_vowel_signs():
    old = [
        Part("الإفصاح", " ".join(ARABIC), "d"),
        Part("الردود", "نجيب على كل سؤال خلال يوم عمل واحد ونشكر من ينبهنا إلى خطأ", "r"),
    ]
    pointed = " ".join(ARABIC).replace("يجب", "يَجِبُ").replace("كل", "كُلّ")
    matches, _gone = match(old, [Part("الرد على الأسئلة", old[1].body), Part("إفصاح الموظف", pointed)])
    assert [one.old for one in matches] == [1, 0]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("- a\n- b", "* a\n\n* b", True),
        ("*a* b", "_a_ b", True),
        ("a\nb", "a b", True),
        ("**a** b", "a b", False),
        ("[a](/b/)", "[a](/c/)", False),
        ("# a\n\nb", "### a\n\nb", True),
        ("1. a", "- a", False),
    ],
)
def test_what_readers_see_is_what_counts(one, other, same):
    assert reads_the_same(one, other) is same


# --- At random --------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 14), data=st.data())
def test_whatever_is_done_to_a_text_its_parts_keep_their_keys(seed, count, data):
    dice = random.Random(seed)
    old = texts(seed, count)
    expected, new = [], []
    for place, part in enumerate(old):
        act = data.draw(st.sampled_from(["same", "rename", "edit", "drop", "split", "rename and edit"]))
        heading = f"{dice.choice(WORDS)} anew {place}" if "rename" in act else part.heading
        words = part.body.split()
        if "edit" in act:
            for at in dice.sample(range(len(words)), 4):
                words[at] = dice.choice(WORDS)
        if act == "drop":
            continue
        if act == "split":
            new.append(Part(f"Second {place}", " ".join(words[:12])))
            expected.append(None)
            words = words[12:]
        new.append(Part(heading, " ".join(words)))
        expected.append(place)
    order = list(range(len(new)))
    if data.draw(st.booleans()):
        dice.shuffle(order)
    found = match(old, [new[at] for at in order])
    assert [one.old for one in found[0]] == [expected[at] for at in order]
    assert match(old, [new[at] for at in order]) == found


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(2, 12))
def test_merged_at_random_the_largest_keeps_its_key(seed, count):
    dice = random.Random(seed)
    old = [
        Part(part.heading, " ".join(part.body.split()[: dice.choice([12, 25, 40])]), part.key)
        for part in texts(seed, count)
    ]
    first = dice.randrange(count - 1)
    pair = old[first : first + 2]
    if len(pair[0].body.split()) == len(pair[1].body.split()):
        return
    new = [*old[:first], Part("Merged", "\n\n".join(part.body for part in pair)), *old[first + 2 :]]
    matches, gone = match(old, [without_key(part) for part in new])
    larger = max((first, first + 1), key=lambda at: len(old[at].body.split()))
    assert matches[first].old == larger
    assert [(one.old, one.into) for one in gone] == [(first + first + 1 - larger, first)]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.integers(0, 4), st.floats(0.01, 1, allow_nan=False), max_size=5), min_size=1, max_size=5
    )
)
def test_the_assignment_is_the_best_there_is(gains):
    found = assign(gains)
    taken = [column for column in found if column is not None]
    assert len(taken) == len(set(taken))
    total = sum(gains[row][column] for row, column in enumerate(found) if column is not None)
    best = 0.0
    for choice in itertools.product(*[[None, *row] for row in gains]):
        used = [column for column in choice if column is not None]
        if len(used) == len(set(used)):
            best = max(best, sum(gains[row][column] for row, column in enumerate(choice) if column is not None))
    assert total == pytest.approx(best)


# --- Cost -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["edited", "alike", "unlike"])
def test_500_clauses_and_23_000_words_take_well_under_a_second(what):
    dice = random.Random(9)
    old = texts(9, 500, words=46)
    if what == "edited":
        new = [Part(part.heading, part.body.replace(dice.choice(WORDS), "x")) for part in dice.sample(old, len(old))]
    elif what == "alike":
        old = [Part("The same", f"{old[0].body} {dice.choice(WORDS)}", part.key) for part in old]
        new = [Part("The same", f"{old[0].body} {dice.choice(WORDS)}") for _part in old]
    else:
        new = [without_key(part) for part in texts(10, 500, words=46)]
    times = []
    for _run in range(3):
        began = time.process_time()
        match(old, new)
        times.append(time.process_time() - began)
    assert min(times) < 1.5  # about 0.4 s on a usual machine
