"""Questions as data: what makes a definition hold, what a form takes, keeps and shows."""

import json

import pytest
from django import forms
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from engagements import answers
from engagements.answers import AnswersForm, Sources, hidden, initial, plain, shown, validate_definition


def q(key="a", type="short_text", **fields):
    return {"key": key, "label": f"Label of {key}", "type": type, "required": False, **fields}


AB = [{"value": "a", "label": "Ay"}, {"value": "b", "label": "Bee"}]


def find(text):
    if text == "rita@larkfield.example":
        return 5, "Rita"
    raise forms.ValidationError("Nobody.")


SOURCES = Sources(accounts=[(1, "X: larkfield")], departments=[(2, "Retail")], person=find)


def data(**values):
    query = QueryDict(mutable=True)
    for key, value in values.items():
        query.setlist(f"q-{key}", value if isinstance(value, list) else [value])
    return query


def form_of(definition, **values):
    return AnswersForm(definition, data(**values), sources=SOURCES)


# --- Definitions ------------------------------------------------------------------------------------------------------


def test_a_definition_that_holds_has_no_problem():
    definition = [
        q("kind", "choice", choices=AB),
        q("more", "long_text", shown_if={"question": "kind", "is": ["b"]}, max_length=200),
        q("sure", "yes_no"),
        q("why", shown_if={"question": "sure", "is": ["no"]}),
    ]
    assert validate_definition(definition) == []
    assert validate_definition([]) == []


@pytest.mark.parametrize(
    ("definition", "sentence"),
    [
        ([q("A b")], "needs a permanent key of small letters"),
        ([q(""), q("b")], "needs a permanent key of small letters"),
        ([q("a"), q("a")], "has the key “a”, which an earlier question has already."),
        ([{**q(), "label": " "}], "needs its words."),
        ([q(type="upload")], "has a kind of answer that does not exist."),
        ([q(type="choice")], "needs at least two choices."),
        ([q(type="several", choices=AB[:1])], "needs at least two choices."),
        ([q(choices=AB)], "has choices, but its kind of answer has none."),
        ([q(type="choice", choices=[*AB, AB[0]])], "has the same choice twice."),
        ([q(type="choice", choices=[*AB, {"value": "c", "label": ""}])], "has a choice without a value or without"),
        ([q(type="date", max_length=5)], "has a longest answer, which only text has."),
        ([q(shown_if={"question": "z", "is": ["x"]})], "no earlier question has that key."),
        ([q("a", shown_if={"question": "b", "is": ["yes"]}), q("b", "yes_no")], "no earlier question has that key."),
        ([q("a"), q("b", shown_if={"question": "a", "is": ["x"]})], "which is not a choice or a yes or no."),
        ([q("a", "yes_no"), q("b", shown_if={"question": "a", "is": []})], "must say at which answers it is shown."),
        ([q("a", "yes_no"), q("b", shown_if={"question": "a", "is": ["maybe"]})], "has no such choice."),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(definition, sentence):
    problems = validate_definition(definition)
    assert len(problems) == 1
    assert sentence in problems[0]
    assert problems[0].startswith("Question ")


def test_only_what_is_needed_is_fetched():
    assert answers.needs([q("a"), q("b", "account"), q("c", "person")]) == {"account", "person"}


# --- Taking answers ---------------------------------------------------------------------------------------------------

TAKEN = [
    ("short_text", "Hello", "Hello", ["Hello"]),
    ("long_text", "One\r\n\r\nTwo", "One\n\nTwo", ["One", "Two"]),
    ("choice", "a", "a", ["Ay"]),
    ("several", ["a", "b"], ["a", "b"], ["Ay", "Bee"]),
    ("yes_no", "no", "no", ["No"]),
    ("date", "2026-03-14", "2026-03-14", ["14 March 2026"]),
    ("number", "1200.50", "1200.50", ["1,200.50"]),
    ("money", "1200", "1200", ["1,200"]),
    ("url", "example.com/plan", "https://example.com/plan", ["https://example.com/plan"]),
    ("email", "a@b.example", "a@b.example", ["a@b.example"]),
    ("account", "1", {"id": 1, "label": "X: larkfield"}, ["X: larkfield"]),
    ("department", "2", {"id": 2, "label": "Retail"}, ["Retail"]),
    ("person", " rita@larkfield.example ", {"id": 5, "label": "Rita"}, ["Rita"]),
]


@pytest.mark.parametrize(("kind", "typed", "stored", "lines"), TAKEN)
def test_each_kind_is_taken_stored_and_shown(kind, typed, stored, lines):
    definition = [q("a", kind, required=True, choices=AB if kind in {"choice", "several"} else [])]
    form = form_of(definition, a=typed)
    assert form.is_valid(), form.errors
    assert form.answers() == {"a": stored}
    assert json.loads(json.dumps(form.answers())) == form.answers()
    assert shown(definition, form.answers())[0].lines == lines


def test_an_address_that_is_none_is_told_what_one_looks_like():
    assert form_of([q("a", "url")], a="larkfield.example/plan").is_valid()
    assert "such as https://www.example.org/plan" in str(form_of([q("a", "url")], a="plan on my desk").errors)


def test_a_range_of_days():
    definition = [q("a", "date_range", required=True)]
    form = AnswersForm(definition, QueryDict("q-a_0=2026-03-01&q-a_1=2026-03-14"), sources=SOURCES)
    assert form.is_valid()
    assert form.answers() == {"a": ["2026-03-01", "2026-03-14"]}
    assert shown(definition, form.answers())[0].lines == ["1 March 2026 to 14 March 2026"]
    assert AnswersForm(definition, initial=initial(definition, form.answers())).render()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("q-a_0=2026-03-14&q-a_1=2026-03-01", "The last day is before the first"),
        ("q-a_0=2026-03-14", "Give both days."),
        ("q-a_0=soon&q-a_1=later", "Give a date, such as 2026-03-14."),
    ],
)
@pytest.mark.parametrize("required", [True, False])
def test_a_range_that_is_none(query, sentence, required):
    form = AnswersForm([q("a", "date_range", required=required)], QueryDict(query), sources=SOURCES)
    assert sentence in str(form.errors)


@pytest.mark.parametrize("kind", sorted(answers.TYPES))
def test_what_must_be_answered_must_be_answered_and_the_rest_not(kind):
    choices = AB if kind in {"choice", "several"} else []
    assert not form_of([q("a", kind, required=True, choices=choices)]).is_valid()
    form = form_of([q("a", kind, choices=choices)])
    assert form.is_valid()
    assert form.answers() == {}
    assert shown([q("a", kind, choices=choices)], {}) == []


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("choice", "z"),
        ("several", ["a", "z"]),
        ("yes_no", "maybe"),
        ("date", "2026-02-30"),
        ("number", "many"),
        ("money", "-5"),
        ("url", "not a url"),
        ("url", "javascript:alert(1)"),
        ("email", "nobody"),
        ("account", "99"),
        ("account", "x"),
        ("department", "99"),
        ("person", "stranger"),
        ("short_text", "a" * 301),
        ("short_text", "nul\0"),
    ],
)
def test_what_does_not_fit_is_refused(kind, typed):
    form = form_of([q("a", kind, choices=AB if kind in {"choice", "several"} else [])], a=typed)
    assert not form.is_valid()


def test_the_longest_answer_is_the_questions_own():
    assert not form_of([q("a", max_length=3)], a="abcd").is_valid()
    assert form_of([q("a", max_length=3)], a="abc").is_valid()


def test_many_choices_are_a_list_to_pick_from():
    many = [{"value": str(n), "label": f"No. {n}"} for n in range(12)]
    form = form_of([q("a", "choice", choices=many)], a="3")
    assert isinstance(form.fields["a"].widget, forms.Select)
    assert form.is_valid()
    assert form.answers() == {"a": "3"}


# --- Shown if ---------------------------------------------------------------------------------------------------------

CHAIN = [
    q("claims", "yes_no", required=True),
    q("which", "choice", required=True, choices=AB, shown_if={"question": "claims", "is": ["yes"]}),
    q("proof", "url", required=True, shown_if={"question": "which", "is": ["b"]}),
]


def test_a_hidden_question_is_neither_required_nor_kept():
    form = form_of(CHAIN, claims="no", which="b", proof="not even a url")
    assert form.is_valid()
    assert form.answers() == {"claims": "no"}


def test_a_shown_question_is_required():
    form = form_of(CHAIN, claims="yes", which="b")
    assert not form.is_valid()
    assert list(form.errors) == ["proof"]


def test_what_depends_on_a_hidden_question_is_hidden():
    assert hidden(CHAIN, {"claims": "no", "which": "b"}) == {"which", "proof"}
    assert hidden(CHAIN, {"claims": "yes", "which": "b"}) == set()
    several = [q("a", "several", choices=AB), q("b", shown_if={"question": "a", "is": ["b"]})]
    assert hidden(several, {"a": ["a", "b"]}) == set()


def test_the_page_gets_the_condition_as_the_script_reads_it():
    conditions = [condition for _bound, condition in form_of(CHAIN).rows()]
    assert conditions[0] is None
    assert json.loads(conditions[1]) == {"question": "q-claims", "is": ["yes"]}


# --- Drafts and reading -----------------------------------------------------------------------------------------------


def test_a_draft_keeps_what_was_typed_even_if_it_is_wrong():
    form = form_of(
        [q("a", "date"), q("b", "several", choices=AB), q("c"), q("d", "date_range")], a="soon", b=["a", "z"]
    )
    assert form.typed() == {"a": "soon", "b": ["a", "z"]}
    definition = [q("a", "date")]
    again = AnswersForm(definition, initial=initial(definition, {"a": "soon"}), sources=SOURCES)
    assert 'value="soon"' in again.as_p()


def test_a_draft_does_not_grow_without_end():
    assert len(form_of([q("a", "long_text")], a="a" * 100_000).typed()["a"]) == answers.LONGEST_TYPED


def test_stored_lookups_fill_the_form_again():
    definition = [q("a", "account"), q("p", "person"), q("n")]
    stored = {"a": {"id": 1, "label": "X: larkfield"}, "p": {"id": 5, "label": "Rita"}, "gone": "x"}
    assert initial(definition, stored) == {"a": "1", "p": "Rita"}


def test_old_answers_are_shown_though_choices_and_kinds_have_changed():
    definition = [q("a", "choice", choices=AB), q("d", "date"), q("n", "number"), q("u", "url"), q("p", "person")]
    stored = {"a": "gone", "d": "some day", "n": "many", "u": "javascript:alert(1)", "p": "typed"}
    rows = shown(definition, stored)
    assert [row.lines for row in rows] == [["gone"], ["some day"], ["many"], ["javascript:alert(1)"], ["typed"]]
    assert all(row.href == "" for row in rows)


def test_addresses_are_links():
    definition = [q("u", "url"), q("e", "email")]
    rows = shown(definition, {"u": "https://example.com", "e": "a@b.example"})
    assert [row.href for row in rows] == ["https://example.com", "mailto:a@b.example"]


def test_answers_as_text():
    assert plain([q("a", "several", choices=AB)], {"a": ["a", "b"]}) == ["Label of a: Ay, Bee"]


# --- Any definition, any data -----------------------------------------------------------------------------------------


@st.composite
def definitions(draw):
    questions = []
    for number in range(draw(st.integers(0, 6))):
        kind = draw(st.sampled_from(sorted(answers.TYPES)))
        question = q(f"k{number}", kind, required=draw(st.booleans()))
        question["choices"] = AB if kind in {"choice", "several"} else []
        parents = [each for each in questions if each["type"] in answers.CHOSEN]
        if parents and draw(st.booleans()):
            parent = draw(st.sampled_from(parents))
            values = ["yes", "no"] if parent["type"] == "yes_no" else ["a", "b"]
            question["shown_if"] = {"question": parent["key"], "is": [draw(st.sampled_from(values))]}
        questions.append(question)
    return questions


SOMETHING = st.sampled_from(
    ["", "a", "b", "yes", "no", "1", "2", "2026-03-14", "12.5", "https://example.com", "a@b.example", "\0", "é" * 400]
) | st.text(max_size=20)


@settings(max_examples=150, deadline=None)
@given(definitions(), st.data())
def test_any_answer_is_refused_or_survives_storing_showing_and_filling_in_again(definition, more):
    assert validate_definition(definition) == []
    query = QueryDict(mutable=True)
    for question in definition:
        names = [f"q-{question['key']}"]
        if question["type"] == "date_range":
            names = [f"{names[0]}_0", f"{names[0]}_1"]
        for name in names:
            query.setlist(name, more.draw(st.lists(SOMETHING, max_size=2)))
    form = AnswersForm(definition, query, sources=SOURCES)
    gone = hidden(definition, form.typed())
    if not form.is_valid():
        assert not set(form.errors) & gone
        return
    stored = form.answers()
    assert not set(stored) & gone
    required = {each["key"] for each in definition if each["required"]} - gone
    assert required <= set(stored)
    assert json.loads(json.dumps(stored)) == stored
    assert len(shown(definition, stored)) == len(stored)
    assert all(isinstance(line, str) for row in shown(definition, stored) for line in row.lines)
    AnswersForm(definition, initial=initial(definition, stored), sources=SOURCES).as_p()
