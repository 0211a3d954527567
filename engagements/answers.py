"""A service's questions as data, and what people answer them with. No database here.

A definition is a list of questions, each a dict:

    key, label      permanent name and words
    type            one of `engagements.models.QuestionType`
    required        bool
    help, example   words, may be blank
    choices         [{"value": "a", "label": "Words"}] for `choice` and `several`
    shown_if        {"question": key, "is": [values]} over an earlier choice, several or yes_no question, or None
    max_length      characters, for the two text types, or None

Answers map keys to JSON values: text types, url, email: a string; choice, yes_no: the value; several: a list of values;
date: "2026-03-14"; date_range: two of them; number, money: a decimal as a string; account, department, person:
{"id": 5, "label": "X: larkfield"}, so that an old request still says what was meant. What nobody answered is absent.
A draft holds what was typed, a string or a list of strings for each key.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from django import forms
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

SHORT, LONG, LONGEST_TYPED = 300, 5000, 20_000
PREFIX = "q"
CHOSEN = {"choice", "several", "yes_no"}
LOOKED_UP = {"account", "department", "person"}
TYPES = CHOSEN | LOOKED_UP | {"short_text", "long_text", "date", "date_range", "number", "money", "url", "email"}
YES_NO = [("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))]
MOST_RADIOS = 10
# The key of what a guide brings along where the service's own form has no place for it; no question can be given it.
BROUGHT, ROOM = "_brought", 500
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")


@dataclass(frozen=True)
class Sources:
    """What the looked-up types choose from: pairs of id and label, and for a person a function.

    `person` takes what was typed and gives (id, label), or raises ValidationError.
    """

    accounts: list[tuple[int, str]] = field(default_factory=list)
    departments: list[tuple[int, str]] = field(default_factory=list)
    person: Callable[[str], tuple[int, str]] | None = None


@dataclass(frozen=True)
class Shown:
    """An answer as it is read: its lines, and the address it links to for a web address or e-mail."""

    label: str
    lines: list[str]
    href: str = ""
    is_long: bool = False


# --- What a guide brings along ---------------------------------------------------------------------------------------


def with_brought(definition, text):
    """(definition, key): where a text stands that somebody brings along, with room for what she adds.

    That is the first question that takes a long answer from everybody, else one more that is hers alone.
    """
    for question in definition:
        longest = min(question.get("max_length") or LONG, LONG)
        if question["type"] == "long_text" and not question["shown_if"] and longest >= len(text) + ROOM:
            return definition, question["key"]
    return [_brought(), *definition], BROUGHT


def as_asked(definition, sent):
    """The definition of a form that may have been begun so; `sent` holds what was typed, by key or by field."""
    is_there = BROUGHT in sent or f"{PREFIX}-{BROUGHT}" in sent
    return [_brought(), *definition] if is_there else definition


def _brought():
    return {
        "key": BROUGHT,
        "label": _("What the guide asked, and what you want to post"),
        "help": "",
        "example": "",
        "type": "long_text",
        "required": False,
        "choices": [],
        "shown_if": None,
        "max_length": None,
    }


# --- The definition itself --------------------------------------------------------------------------------------------


def snapshot(questions):
    """The definition made of rows that have these attributes, in order."""
    names = ["key", "label", "help", "example", "type", "required", "choices", "shown_if", "max_length"]
    return [{name: getattr(question, name) for name in names} for question in questions]


def validate_definition(definition):
    """What is wrong with a definition, as sentences; empty when it holds."""
    problems = []
    earlier = {}
    for number, question in enumerate(definition, start=1):
        name = _("Question %(number)s (“%(label)s”)") % {"number": number, "label": question.get("label") or "…"}
        problems += [f"{name} {problem}" for problem in _problems(question, earlier)]
        earlier.setdefault(question.get("key"), question)
    return problems


def _problems(question, earlier):
    key, kind = question.get("key") or "", question.get("type")
    if not KEY.fullmatch(key):
        yield _("needs a permanent key of small letters, digits, hyphens and underscores.")
    elif key in earlier:
        yield _("has the key “%(key)s”, which an earlier question has already.") % {"key": key}
    if not str(question.get("label") or "").strip():
        yield _("needs its words.")
    if kind not in TYPES:
        yield _("has a kind of answer that does not exist.")
    values = [str(choice.get("value", "")) for choice in question.get("choices") or []]
    if kind in {"choice", "several"} and len(values) < 2:
        yield _("needs at least two choices.")
    if kind not in {"choice", "several"} and values:
        yield _("has choices, but its kind of answer has none.")
    if len(set(values)) < len(values):
        yield _("has the same choice twice.")
    if any(not choice.get("value") or not choice.get("label") for choice in question.get("choices") or []):
        yield _("has a choice without a value or without words.")
    if question.get("max_length") and kind not in {"short_text", "long_text"}:
        yield _("has a longest answer, which only text has.")
    if question.get("shown_if"):
        yield from _problems_of_condition(question["shown_if"], earlier)


def _problems_of_condition(condition, earlier):
    parent = earlier.get(condition.get("question"))
    if parent is None:
        yield _("is shown after “%(key)s”, but no earlier question has that key.") % {"key": condition.get("question")}
        return
    known = _values_of(parent)
    if not known:
        yield _("depends on “%(label)s”, which is not a choice or a yes or no.") % {"label": parent.get("label")}
        return
    if not condition.get("is"):
        yield _("must say at which answers it is shown.")
    for value in condition.get("is") or []:
        if value not in known:
            yield _("is shown at “%(value)s”, but “%(label)s” has no such choice.") % {
                "value": value,
                "label": parent.get("label"),
            }


def _values_of(question):
    if question.get("type") == "yes_no":
        return ["yes", "no"]
    return [str(choice.get("value", "")) for choice in question.get("choices") or []]


def needs(definition):
    """Which looked-up types a definition uses, so that only those are fetched."""
    return {question["type"] for question in definition} & LOOKED_UP


# --- The form ---------------------------------------------------------------------------------------------------------


class DateRangeWidget(forms.MultiWidget):
    template_name = "engagements/widgets/date_range.html"

    def __init__(self):
        super().__init__([forms.DateInput({"type": "date"}), forms.DateInput({"type": "date"})])

    def decompress(self, value):
        return list(value) if value else [None, None]

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        for widget, label in zip(context["widget"]["subwidgets"], [_("From"), _("Until")], strict=True):
            widget["label"] = label
        return context


class DateRangeField(forms.MultiValueField):
    widget = DateRangeWidget

    def __init__(self, **kwargs):
        super().__init__([_date_field(), _date_field()], require_all_fields=True, **kwargs)

    def compress(self, values):
        if not values:
            return None
        first, last = values
        if first is None or last is None:
            raise forms.ValidationError(_("Give both days."))
        if last < first:
            raise forms.ValidationError(_("The last day is before the first. Please turn them round."))
        return [first, last]


class PersonField(forms.CharField):
    """A colleague, typed as name or e-mail."""

    def __init__(self, *, look_up, **kwargs):
        super().__init__(max_length=250, **kwargs)
        self.look_up = look_up

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        key, label = self.look_up(text)
        return {"id": key, "label": label}


class PickField(forms.ChoiceField):
    """One thing of a list of (id, label)."""

    def __init__(self, *, pairs, **kwargs):
        self.labels = {str(key): label for key, label in pairs}
        super().__init__(choices=[("", _("Choose …")), *self.labels.items()], **kwargs)

    def clean(self, value):
        value = super().clean(value)
        return {"id": int(value), "label": self.labels[value]} if value else None


def _date_field(*, error_messages=None, **kwargs):
    return forms.DateField(
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Give a date, such as 2026-03-14."), **(error_messages or {})},
        **kwargs,
    )


class TextField(forms.CharField):
    """Text whose line ends count as one character, as the person counts them."""

    def to_python(self, value):
        return super().to_python(value).replace("\r\n", "\n")


def _text(question, longest, widget):
    def make(**kwargs):
        return TextField(max_length=min(question.get("max_length") or longest, longest), widget=widget, **kwargs)

    return make


def _maker(question, sources):
    """The field's class, or a function that takes what all fields take."""
    kind = question["type"]
    pairs = YES_NO if kind == "yes_no" else [(c["value"], c["label"]) for c in question.get("choices") or []]
    if kind == "choice" and len(pairs) > MOST_RADIOS:
        return lambda **kwargs: forms.ChoiceField(choices=[("", _("Choose …")), *pairs], **kwargs)
    return {
        "short_text": _text(question, SHORT, forms.TextInput()),
        "long_text": _text(question, LONG, forms.Textarea({"rows": 5})),
        "choice": lambda **kwargs: forms.ChoiceField(choices=pairs, widget=forms.RadioSelect, **kwargs),
        "yes_no": lambda **kwargs: forms.ChoiceField(choices=pairs, widget=forms.RadioSelect, **kwargs),
        "several": lambda **kwargs: forms.MultipleChoiceField(
            choices=pairs, widget=forms.CheckboxSelectMultiple, **kwargs
        ),
        "date": _date_field,
        "date_range": DateRangeField,
        "number": lambda **kwargs: forms.DecimalField(
            max_digits=14, decimal_places=4, widget=forms.TextInput({"inputmode": "decimal"}), **kwargs
        ),
        "money": lambda **kwargs: forms.DecimalField(
            min_value=0,
            max_digits=12,
            decimal_places=2,
            widget=forms.TextInput({"inputmode": "decimal"}),
            **kwargs,
        ),
        "url": lambda **kwargs: forms.URLField(max_length=500, assume_scheme="https", **kwargs),
        "email": lambda **kwargs: forms.EmailField(**kwargs),
        "account": lambda **kwargs: PickField(pairs=sources.accounts, **kwargs),
        "department": lambda **kwargs: PickField(pairs=sources.departments, **kwargs),
        "person": lambda **kwargs: PersonField(look_up=sources.person, **kwargs),
    }[kind]


def _required_sentence(question):
    return {
        "choice": _("Choose one."),
        "several": _("Choose at least one."),
        "yes_no": _("Choose yes or no."),
        "date": _("Give the day."),
        "date_range": _("Give both days."),
        "account": _("Choose an account."),
        "department": _("Choose a department."),
        "person": _("Name a colleague."),
    }.get(question["type"], _("Please answer this."))


def _sentences(question):
    sentences = {"required": _required_sentence(question)}
    if question["type"] == "url":
        sentences["invalid"] = _("Give the whole address of a page, such as https://www.example.org/plan.")
    return sentences


def _help(question):
    parts = [question.get("help") or ""]
    if question["type"] == "person":
        parts.append(_("Their work e-mail address, or their full name."))
    if question.get("example"):
        parts.append(_("Example: %(example)s") % {"example": question["example"]})
    return " ".join(part for part in parts if part)


class AnswersForm(forms.Form):
    """The form of one definition. Questions hidden by `shown_if` are neither required nor kept."""

    def __init__(self, definition, *args, sources=None, **kwargs):
        super().__init__(*args, prefix=PREFIX, **kwargs)
        self.definition = definition
        for question in definition:
            make = _maker(question, sources or Sources())
            self.fields[question["key"]] = make(
                label=question["label"],
                help_text=_help(question),
                required=bool(question.get("required")),
                error_messages=_sentences(question),
            )
        self.hidden_keys = set()
        if self.is_bound:
            self.hidden_keys = hidden(definition, self.typed())
            for key in self.hidden_keys:
                self.fields[key].required = False

    def typed(self):
        """What was typed, as drafts keep it: for each key a string or a list of strings."""
        raw = {}
        for key, each in self.fields.items():
            value = each.widget.value_from_datadict(self.data, self.files, self.add_prefix(key))
            if isinstance(value, list):
                value = [_kept(part or "") for part in value] if any(value) else []
            elif value is not None:
                value = _kept(value)
            if value not in (None, "", []):
                raw[key] = value
        return raw

    def clean(self):
        for key in self.hidden_keys:
            self.cleaned_data.pop(key, None)
            self._errors.pop(key, None)
        return self.cleaned_data

    def answers(self):
        """The answers as they are stored; call on a valid form."""
        kept = {}
        for question in self.definition:
            value = self.cleaned_data.get(question["key"])
            if value not in (None, "", []):
                kept[question["key"]] = _stored(question["type"], value)
        return kept

    def rows(self):
        """For the page: each bound field with the condition that shows it, as the script reads it (JSON)."""
        for question in self.definition:
            condition = question.get("shown_if")
            if condition:
                condition = {"question": self.add_prefix(condition["question"]), "is": condition["is"]}
                condition = json.dumps(condition)
            yield self[question["key"]], condition


def _kept(value):
    """What was typed as a draft can hold it: no database takes a NUL, and nobody types one."""
    return str(value).replace("\0", "")[:LONGEST_TYPED]


def hidden(definition, typed):
    """Keys of the questions that these answers hide; what depends on a hidden question is hidden too."""
    gone = set()
    for question in definition:
        condition = question.get("shown_if")
        if not condition:
            continue
        given = typed.get(condition["question"]) or []
        given = given if isinstance(given, list) else [given]
        if condition["question"] in gone or not set(given) & set(condition["is"]):
            gone.add(question["key"])
    return gone


def _stored(kind, value):
    if kind in {"number", "money"}:
        return format(value, "f")
    if kind == "date":
        return value.isoformat()
    if kind == "date_range":
        return [day.isoformat() for day in value]
    return value


def initial(definition, answers):
    """What the form starts with, from stored answers or from a draft."""
    return {
        question["key"]: _initial(question["type"], answers[question["key"]])
        for question in definition
        if question["key"] in answers
    }


def _initial(kind, value):
    if isinstance(value, dict):
        return value["label"] if kind == "person" else str(value["id"])
    return value


# --- Reading ----------------------------------------------------------------------------------------------------------


def shown(definition, answers):
    """The answers in the order of the questions, in words; what nobody answered is left out."""
    return [
        _shown(question, answers[question["key"]])
        for question in definition
        if answers.get(question["key"]) not in (None, "", [])
    ]


def _shown(question, value):
    kind, label = question["type"], question["label"]
    if kind in LOOKED_UP:
        return Shown(label, [value["label"] if isinstance(value, dict) else str(value)])
    if kind in CHOSEN:
        words = dict(YES_NO) if kind == "yes_no" else {c["value"]: c["label"] for c in question.get("choices") or []}
        values = value if isinstance(value, list) else [value]
        return Shown(label, [str(words.get(one, one)) for one in values])
    if kind == "date":
        return Shown(label, [_day(value)])
    if kind == "date_range":
        return Shown(label, [_("%(first)s to %(last)s") % {"first": _day(value[0]), "last": _day(value[-1])}])
    if kind in {"number", "money"}:
        return Shown(label, [_figure(value)])
    if kind == "url":
        return Shown(label, [value], href=value if value.startswith(("http://", "https://")) else "")
    if kind == "email":
        return Shown(label, [value], href=f"mailto:{value}")
    return Shown(label, [line for line in str(value).splitlines() if line.strip()], is_long=kind == "long_text")


def _day(text):
    try:
        return date_format(date.fromisoformat(text), "j F Y")
    except ValueError:
        return text


def _figure(text):
    try:
        return number_format(Decimal(text), use_l10n=True, force_grouping=True)
    except InvalidOperation:
        return text


def plain(definition, answers):
    """The answers as text, for mail and exports: "Question: answer" lines."""
    return [f"{one.label}: {', '.join(one.lines)}" for one in shown(definition, answers)]
