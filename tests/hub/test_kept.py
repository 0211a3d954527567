"""A kept piece of a page is rendered once for the same values, and again for others."""

from django.template import Context, Template
from django.utils import translation

from hub.templatetags import ui


def test_the_same_values_give_what_was_kept():
    template = Template("{% kept name %}{{ name }} {{ other }}{% endkept %}")
    assert template.render(Context({"name": "Anna", "other": 1})) == "Anna 1"
    assert template.render(Context({"name": "Anna", "other": 2})) == "Anna 1"
    assert template.render(Context({"name": "Bert", "other": 2})) == "Bert 2"


def test_each_language_has_its_own():
    template = Template("{% kept %}{{ word }}{% endkept %}")
    with translation.override("en-gb"):
        assert template.render(Context({"word": "colour"})) == "colour"
    with translation.override("de"):
        assert template.render(Context({"word": "Farbe"})) == "Farbe"


def test_two_pieces_do_not_mix():
    template = Template("{% kept x %}a{{ x }}{% endkept %}{% kept x %}b{{ x }}{% endkept %}")
    assert template.render(Context({"x": 1})) == "a1b1"


def test_what_is_kept_is_bounded_and_escaped():
    template = Template("{% kept n %}{{ n }}<{{ hostile }}{% endkept %}")
    for n in range(ui.MOST_KEPT + 3):
        assert template.render(Context({"n": n, "hostile": "<b>"})) == f"{n}<&lt;b&gt;"
    assert len(template.nodelist[0].kept) <= ui.MOST_KEPT
