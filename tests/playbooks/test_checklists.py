"""Checklist lines in Markdown: read, written back, and left alone where they are only an example."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbooks.checklists import Run, StepText, parse, serialise, steps_of, with_keys, without_keys

pytestmark = pytest.mark.once


def test_steps_stand_where_they_were_written():
    parts = parse("Before.\n\n- [ ] First {#one}\n- [ ] Second\n\nAfter.")
    assert parts == ["Before.", Run((StepText("First", "one"), StepText("Second"))), "After."]


def test_a_step_goes_on_over_indented_lines_and_keeps_its_key():
    assert steps_of(parse("- [ ] Ask the owner\n  and wait {#ask}")) == [StepText("Ask the owner and wait", "ask")]


def test_blank_lines_do_not_part_a_list():
    assert len(parse("- [ ] One\n\n- [ ] Two")) == 1


def test_a_list_below_a_step_is_text():
    assert parse("- [ ] One\n  - a detail") == [Run((StepText("One"),)), "  - a detail"]


@pytest.mark.parametrize(
    "example",
    [
        "```\n- [ ] copy me\n```",
        "~~~\n- [ ] copy me\n```\n- [ ] me too\n~~~",
        "> - [ ] quoted",
        "    - [ ] code",
        "Write - [ ] like this",
        "- [] no blank",
        "```\n- [ ] never closed",
    ],
)
def test_an_example_is_no_step(example):
    assert steps_of(parse(example)) == []
    assert serialise(parse(example)) == example


def test_a_fence_ends():
    assert steps_of(parse("```\ncode\n```\n- [ ] Real")) == [StepText("Real")]


def test_a_ticked_step_is_a_step():
    assert steps_of(parse("* [x] Done before")) == [StepText("Done before")]


def test_braces_without_words_are_the_words():
    assert steps_of(parse("- [ ] {#key}")) == [StepText("{#key}")]


def test_keys_are_made_only_where_there_is_none():
    parts = with_keys(parse("Text\n\n- [ ] One {#kept}\n- [ ] Two"), lambda text: text.lower())
    assert [step.key for step in steps_of(parts)] == ["kept", "two"]
    assert serialise(parts) == "Text\n\n- [ ] One {#kept}\n- [ ] Two {#two}"


def test_readers_see_no_keys():
    assert without_keys("Text\n\n- [ ] One {#kept}") == "Text\n\n- [ ] One"


LINES = st.sampled_from(
    [
        "",
        "Text",
        "- [ ] Do it {#do-it}",
        "- [ ] Do that",
        "  goes on",
        "```",
        "> quote",
        "- a point",
        "## Heading",
        "  - x",
    ]
)


@given(st.lists(LINES, max_size=12).map("\n".join))
def test_writing_and_reading_again_changes_nothing(body):
    parts = parse(body)
    assert parse(serialise(parts)) == parts
    assert serialise(parse(serialise(parts))) == serialise(parts)


@given(st.text(max_size=200))
def test_any_text_can_be_read(body):
    text = serialise(parse(body))
    assert serialise(parse(text)) == text
