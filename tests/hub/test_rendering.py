"""Controls written without templates are the same as those Django's templates write."""

import datetime as dt

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from hub.rendering import WRITTEN, Renderer

HOSTILE = """<b a="1" b='2'>&amp;"""
CHOICES = [
    ("", _("Any")),
    ("a", "A & B"),
    (3, HOSTILE),
    ("Group", [("x", "X"), (HOSTILE, format_html("<i>{}</i>", 1))]),
]
ATTRS = {"id": "a", "required": True, "disabled": False, "data-x": HOSTILE, "rows": 7, "data-y": mark_safe("&copy;")}
WIDGETS = [
    forms.TextInput(ATTRS),
    forms.HiddenInput(),
    forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    forms.DateTimeInput(),
    forms.TimeInput(),
    forms.NumberInput({"step": "any", "min": 0}),
    forms.EmailInput(),
    forms.URLInput(),
    forms.PasswordInput(render_value=True),
    forms.CheckboxInput(ATTRS),
    forms.Textarea(ATTRS),
    forms.Select(ATTRS, choices=CHOICES),
    forms.SelectMultiple(ATTRS, choices=CHOICES),
    forms.NullBooleanSelect(),
    forms.RadioSelect(choices=CHOICES),
    forms.CheckboxSelectMultiple(choices=CHOICES),
    forms.ClearableFileInput(),
    forms.SplitDateTimeWidget(),
]
VALUES = [None, "", "a", 0, 3, True, False, 1234567.5, HOSTILE, dt.date(2026, 3, 10), ["a", "3"], _("Any")]


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: type(widget).__name__)
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_both_write_the_same(widget, value):
    def written(renderer):
        text = widget.render("name <&>", value, renderer=renderer)
        return [line.strip() for line in str(text).splitlines() if line.strip()]

    try:
        expected = written(TemplatesSetting())
    except (TypeError, AttributeError):
        pytest.skip("this widget takes no such value")
    assert written(Renderer()) == expected


def test_what_is_written_is_safe_to_show():
    assert hasattr(forms.TextInput().render("a", "b", renderer=Renderer()), "__html__")


def test_a_form_uses_it(settings):
    class Example(forms.Form):
        title = forms.CharField()

    assert isinstance(Example().renderer, Renderer)
    assert "django/forms/widgets/text.html" in WRITTEN
