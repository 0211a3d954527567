"""Words are looked for only in catalogs that hold some."""

from gettext import NullTranslations

import pytest
from django.utils.translation import gettext, override
from django.utils.translation.trans_real import translation

from coe_portal.apps import drop_empty_fallbacks


def catalog(**words):
    made = NullTranslations()
    made._catalog = {"": "Language: xx", **words}
    made.gettext = lambda word: words.get(word) or (made._fallback.gettext(word) if made._fallback else word)
    return made


def test_empty_catalogs_are_passed_over_and_the_others_stay_in_order():
    first, last = catalog(a="1"), catalog(a="no", b="2")
    for one in (catalog(), catalog(), last, catalog()):
        first.add_fallback(one)
    drop_empty_fallbacks(first)
    assert first._fallback is last and last._fallback is None
    assert [first.gettext(word) for word in "abc"] == ["1", "2", "c"]


@pytest.mark.parametrize("language", ["en-gb"])
def test_the_portals_languages_have_no_empty_fallbacks(language):
    found = translation(language)
    while found is not None:
        assert len(found._catalog) > 1 if hasattr(found._catalog, "__len__") else any(found._catalog.items())
        found = found._fallback
    with override(language):
        assert gettext("What no catalog holds") == "What no catalog holds"
