"""What holds for the text of every template, whichever page it makes."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
META = re.compile(r'<(p|div) class="meta[^"]*"[^>]*>(.*?)</\1>', re.DOTALL)
GLUED = re.compile(r"[>}](?:<span\b|\{% status_tag\b)")


def glued(text):
    """Facts of a line of small print between which nothing stands: read out, copied or wrapped they are one word."""
    return [found for _tag, inner in META.findall(text) for found in GLUED.findall(inner)]


@pytest.mark.parametrize("between", ["", "{% if a %}", "{% endif %}{% if b %}"])
def test_glued_facts_are_found(between):
    assert glued(f'<p class="meta"><span>due</span>{between}<span>Paul</span></p>')
    assert not glued(f'<p class="meta"><span>due</span>{between} <span>Paul</span></p>')


def test_the_facts_of_a_line_stand_apart():
    paths = sorted((ROOT / "templates").rglob("*.html"))
    assert len(paths) > 100
    assert {path.name: found for path in paths if (found := glued(path.read_text()))} == {}
