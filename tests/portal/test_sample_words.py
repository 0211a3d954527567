"""The sample's words: each link leads to something that is there, and a service is called by its name."""

import re

import pytest
import yaml
from django.urls import Resolver404, resolve

from coe_portal.sample.reading import CONTENT

LINK = re.compile(r"\[([^\]]+)\]\((/[^)#\s]*)(?:#([^)\s]+))?\)")
TEXTS = sorted(path for kind in ("md", "yaml") for path in CONTENT.rglob(f"*.{kind}"))
FOLDERS = {"policies", "playbooks"}


def links():
    for path in TEXTS:
        for name, url, anchor in LINK.findall(path.read_text(encoding="utf-8")):
            yield path.relative_to(CONTENT).as_posix(), name, url, anchor


def leads_somewhere(url):
    kind, _, slug = url.strip("/").partition("/")
    if kind in FOLDERS and slug:
        return (CONTENT / kind / slug).is_dir()
    if kind == "services" and slug:
        return (CONTENT / kind / f"{slug}.yaml").is_file()
    try:
        return bool(resolve(url))
    except Resolver404:
        return False


def test_every_link_leads_somewhere():
    assert [(path, url) for path, _name, url, _anchor in links() if not leads_somewhere(url)] == []


@pytest.mark.parametrize("service", sorted((CONTENT / "services").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_service_is_called_by_its_name(service):
    title = yaml.safe_load(service.read_text(encoding="utf-8"))["title"]
    named = {name for _path, name, url, anchor in links() if url == "/services/" and anchor == service.stem}
    # "raise it", "ask us to look at a tool": a name begins with a capital letter.
    assert {name for name in named if name[0].isupper()} <= {title}


def test_no_form_asks_two_questions_in_the_same_words():
    for path in (CONTENT / "services").glob("*.yaml"):
        labels = [one["label"] for one in yaml.safe_load(path.read_text(encoding="utf-8"))["questions"]]
        labels.append("What is it about?")  # the title, which every form asks for
        assert len(set(labels)) == len(labels), path.name


def test_what_a_guide_fills_in_has_its_place_in_the_request():
    for guide in (CONTENT / "guides").glob("*.yaml"):
        content = yaml.safe_load(guide.read_text(encoding="utf-8"))
        for slug in {content["service"], *(row.get("service") for row in content["rows"])} - {None}:
            form = yaml.safe_load((CONTENT / "services" / f"{slug}.yaml").read_text(encoding="utf-8"))["questions"]
            assert any(one["type"] == "long_text" and "shown_if" not in one for one in form), (guide.name, slug)
