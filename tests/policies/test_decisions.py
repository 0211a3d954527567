"""Decision tables: the check says exactly what trying every combination says, also where nobody could try them all."""

import itertools
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.decisions import Table

GREEN, AMBER, RED = "green", "amber", "red"
QUESTIONS = [
    ("people", ["nobody", "adults", "children"]),
    ("asked", ["yes", "no"]),
    ("music", ["none", "ours", "song"]),
]


@st.composite
def tables(draw):
    questions = [(f"q{n}", [f"o{m}" for m in range(draw(st.integers(2, 3)))]) for n in range(draw(st.integers(1, 3)))]
    rule = st.tuples(
        st.fixed_dictionaries({}, optional={key: st.lists(st.sampled_from(options)) for key, options in questions}),
        st.sampled_from([GREEN, AMBER, RED]),
    )
    return questions, draw(st.lists(rule, max_size=7))


def every(questions):
    keys = [key for key, _options in questions]
    for options in itertools.product(*(options for _key, options in questions)):
        yield dict(zip(keys, options, strict=True))


def fits(rule, answers):
    return all(not wanted or answers[key] in wanted for key, wanted in rule[0].items())


def first_fit(rules, answers):
    return next((number for number, rule in enumerate(rules) if fits(rule, answers)), None)


@given(tables())
def test_what_is_missing_is_what_no_rule_fits(made):
    questions, rules = made
    table = Table(questions, rules)
    missing = [answers for answers in every(questions) if first_fit(rules, answers) is None]
    assert table.missing() == len(missing)
    assert table.combinations == len(list(every(questions)))
    gaps = table.gaps(most=1000)
    inside = [answers for answers in every(questions) for gap in gaps if fits((gap, ""), answers)]
    assert sorted(inside, key=str) == sorted(missing, key=str)
    assert table.gaps(most=2) == gaps[:2]


@given(tables())
def test_a_rule_is_shadowed_exactly_if_it_is_never_first(made):
    questions, rules = made
    reached = {first_fit(rules, answers) for answers in every(questions)}
    shadowed = list(Table(questions, rules).shadowed())
    assert {shadow.rule for shadow in shadowed} == set(range(len(rules))) - reached
    for shadow in shadowed:
        for answers in every(questions):
            if answers.items() >= shadow.answers.items():
                assert fits(rules[shadow.rule], answers)
                assert fits(rules[shadow.by], answers)
        assert shadow.by < shadow.rule


@given(tables())
def test_rules_clash_exactly_if_both_fit_some_answers_with_different_verdicts(made):
    questions, rules = made
    expected = {
        (one, other)
        for one, other in itertools.combinations(range(len(rules)), 2)
        if rules[one][1] != rules[other][1]
        and any(fits(rules[one], answers) and fits(rules[other], answers) for answers in every(questions))
    }
    clashes = list(Table(questions, rules).clashes())
    assert {(clash.first, clash.second) for clash in clashes} == expected
    for clash in clashes:
        examples = [answers for answers in every(questions) if answers.items() >= clash.answers.items()]
        assert examples
        assert all(fits(rules[clash.first], answers) and fits(rules[clash.second], answers) for answers in examples)


@given(tables(), st.randoms(use_true_random=False))
def test_whoever_answers_all_that_is_asked_gets_the_first_rule_that_fits(made, chance):
    questions, rules = made
    table = Table(questions, rules)
    for answers in every(questions):
        walk = table.walk(answers)
        assert walk.question is None
        assert walk.rule == first_fit(rules, answers)
        # What was not asked makes no difference.
        other = {key: walk.path.get(key, chance.choice(options)) for key, options in questions}
        assert table.walk(other) == walk
        assert walk.path.items() <= answers.items()


@given(tables())
def test_questions_come_one_after_the_other_in_their_order(made):
    questions, rules = made
    table = Table(questions, rules)
    order = [key for key, _options in questions]
    for answers in every(questions):
        given_so_far, asked = {}, []
        while (walk := table.walk(given_so_far)).question is not None:
            asked.append(walk.question)
            given_so_far[walk.question] = answers[walk.question]
        assert asked == sorted(asked, key=order.index)
        assert len(set(asked)) == len(asked)
        assert list(walk.path) == asked


def test_an_answer_that_there_is_not_is_asked_for():
    table = Table(QUESTIONS, [({"people": ["nobody"]}, GREEN)])
    assert table.walk({"people": "martians"}).question == "people"
    assert table.walk({"strange": "yes"}).question == "people"


def test_nobody_is_asked_what_makes_no_difference():
    table = Table(
        QUESTIONS,
        [({"music": ["song"]}, RED), ({"people": ["children"], "asked": ["no"], "music": ["none", "ours"]}, RED)],
    )
    # With nobody in it, only the music can still make a difference.
    assert table.walk({"people": "nobody"}).question == "music"
    assert table.walk({"people": "children"}).question == "asked"
    assert table.walk({"people": "nobody", "music": "ours"}).rule is None


def test_a_table_without_rules_or_questions():
    assert Table(QUESTIONS, []).missing() == 18
    assert Table(QUESTIONS, []).gaps() == [{}]
    assert Table([], [({}, GREEN)]).walk({}).rule == 0
    assert Table([], []).missing() == 1


def test_a_rule_for_an_option_that_is_gone_fits_nothing_and_is_shadowed_by_nobody():
    table = Table(QUESTIONS, [({"asked": ["perhaps"]}, RED)])
    assert table.missing() == 18
    assert list(table.shadowed()) == []


def test_three_rules_together_hide_a_fourth():
    rules = [({"people": ["nobody"]}, GREEN), ({"people": ["adults"]}, GREEN), ({"people": ["children"]}, GREEN)]
    shadowed = list(Table(QUESTIONS, [*rules, ({"music": ["none"]}, GREEN)]).shadowed())
    assert [(shadow.rule, shadow.by) for shadow in shadowed] == [(3, 0)]
    assert shadowed[0].answers == {"people": "nobody", "music": "none"}


def big(rules, seed):
    """A table of eight questions with six options each, and so many rules of one to three conditions."""
    chance = random.Random(seed)
    questions = [(f"q{n}", [f"o{m}" for m in range(6)]) for n in range(8)]
    made = []
    for _n in range(rules):
        asked = chance.sample(questions, chance.randint(1, 3))
        conditions = {key: chance.sample(options, chance.randint(1, 4)) for key, options in asked}
        made.append((conditions, chance.choice([GREEN, AMBER, RED])))
    return questions, made


@pytest.mark.parametrize("seed", range(3))
def test_eight_questions_with_six_options_are_checked_without_counting_them_out(seed):
    questions, rules = big(60, seed)
    started = time.process_time()
    table = Table(questions, rules)
    missing, gaps, shadowed = table.missing(), table.gaps(), list(table.shadowed())
    assert time.process_time() - started < 5
    assert table.combinations == 6**8
    # What can be tried: random answers, of which the right share has no rule, and all that is said about them.
    chance = random.Random(seed)
    tried = [{key: chance.choice(options) for key, options in questions} for _n in range(3000)]
    without = sum(first_fit(rules, answers) is None for answers in tried)
    assert abs(without / 3000 - missing / 6**8) < 0.03
    never = {shadow.rule for shadow in shadowed}
    assert not never & {first_fit(rules, answers) for answers in tried}
    for gap in gaps:
        answers = {key: gap.get(key, options)[0] for key, options in questions}
        assert first_fit(rules, answers) is None


def test_a_big_table_with_one_hole_is_found_to_have_one():
    questions = [(f"q{n}", [f"o{m}" for m in range(6)]) for n in range(8)]
    rules = [({key: options[1:]}, GREEN) for key, options in questions]
    table = Table(questions, rules)
    assert table.missing() == 1
    assert table.gaps() == [{key: ["o0"] for key, _options in questions}]
    assert Table(questions, [*rules, ({key: ["o0"] for key, _o in questions}, RED)]).missing() == 0
