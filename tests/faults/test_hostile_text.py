"""Every form of every page, filled with what nobody types: stored or refused, never an error of ours, and soon."""

import gc
import time
from urllib.parse import urlencode

import pytest
from django.test import Client

from hub.views import announcements
from tests.access import table
from tests.journeys.browser import _Forms

pytestmark = pytest.mark.once

LONGEST = 50_000  # bytes
PATTERNS = {
    "nul": "a\0b",
    "half a character": "a\ud800b",
    "right to left": "\u202egnp.exe \u2066\u2067",
    "beyond the first plane": "🧑‍🚒𝔘\U0010ffff",
    "very long": "Wort " * 10_000,
    # As deep as JSON can be nested: longer than the others, for the fields that take it.
    "brackets": "[" * 100_000,
    "one word": "x" * LONGEST,
    "blanks": " \t\u00a0\u3000" * 7_000 + "x",
    "line ends": "\r\n\u2028\v" * 7_000,
    "marks upon marks": "a" + "\u0301" * 20_000,
    "one sign that becomes eighteen": "\ufdfa" * 16_000,
    "unfinished markup": "[![*_`<a " * 5_500,
    "a very long number": "9" * 5_000,
    "not latin digits": "٣¾²",
    "markup": "<script>alert(1)</script>{{ 7|add:7 }}{% load x %}'\"--;<!--",
}
# What a form must keep to be that form at all.
KEPT = {"csrfmiddlewaretoken", "act", "_save", "do"}
LONGEST_ADDRESS = 4_000
SECONDS = 1  # of the processor: how busy the machine is says nothing about us


def forms_for(person, world):
    """(address, form) of every form on every page that this person gets, each form's address once."""
    seen = set()
    for row in table.read():
        address = table.address(row.route, world.objects[row.object])
        letter, body, _wrote = person.ask("get", address)
        if letter != ".":
            continue
        found = _Forms()
        found.feed(body)
        for form in found.forms:
            target = form["action"].partition("?")[0] or address
            fields = frozenset(form["data"]) - KEPT
            if fields and (target, fields) not in seen and target.startswith("/"):
                seen.add((target, fields))
                yield target, form


def send(person, target, form, text):
    values = {name: value if name in KEPT else text for name, value in form["data"].items()}
    if form["method"].lower() == "get":
        # The web server takes no longer addresses.
        values = {name: value[: LONGEST_ADDRESS // len(values)] for name, value in values.items()}
        return person.ask("get", f"{target}?{urlencode(values, errors='surrogatepass')}")
    query = urlencode(values, errors="surrogatepass")
    return person.ask("post", target, query.encode(), content_type="application/x-www-form-urlencoded")


@pytest.fixture
def tidy_memory():
    """What all tests before have left in memory is not searched for garbage while an answer is timed."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("tidy_memory")
@pytest.mark.parametrize("role", ["emma", "rita", "hana"])
def test_no_form_breaks(world, role):
    person = table.Person(world, role)
    forms = list(forms_for(person, world))
    broken, slow = [], []
    for target, form in forms:
        for name, text in PATTERNS.items():
            started = time.process_time()
            letter, _body, _wrote = send(person, target, form, text)
            if letter == "!":
                broken.append(f"{form['method']} {target}: {name}")
            if time.process_time() - started > SECONDS:
                slow.append(f"{form['method']} {target}: {name}")
    assert len(forms) > {"emma": 10, "rita": 12, "hana": 40}[role]
    assert not broken, "\n".join(broken)
    assert not slow, "\n".join(slow)


@pytest.mark.parametrize("field", ["page", "q", "kind", "topic", "sort", "state", "tab", "after", "before", "draft"])
def test_no_address_breaks(world, field):
    """Filters and page numbers are typed into addresses too."""
    person = table.Person(world, "hana")
    addresses = [
        "/",
        "/search/",
        "/policies/",
        "/playbooks/",
        "/questions/",
        "/requests/",
        "/desk/queue/",
        "/register/",
    ]
    addresses += ["/desk/outbox/", "/departments/", "/services/campaign-review/request/", "/announcements/"]
    for address in addresses:
        for name, text in PATTERNS.items():
            if name != "brackets":
                query = urlencode({field: text[:4000]}, errors="surrogatepass")
                letter, _body, _wrote = person.ask("get", f"{address}?{query}")
                assert letter in ".~b-u", f"{address}?{field}: {name}: {letter}"


def test_there_are_fifteen_patterns_and_none_is_longer_than_a_form_allows():
    sizes = {name: len(text.encode("utf-8", "surrogatepass")) for name, text in PATTERNS.items()}
    assert len(sizes) == 15
    assert sizes.pop("brackets") == 100_000
    assert max(sizes.values()) <= LONGEST


def test_a_page_that_breaks_is_noticed(world, monkeypatch):
    def broken(request):
        raise ValueError("as if a NUL had reached the database")

    monkeypatch.setattr(announcements, "render", lambda *args, **kwargs: broken(args[0]))
    assert table.Person(world, "emma").ask("get", "/announcements/")[0] == "!"


def test_a_body_that_is_no_form(world):
    person = table.Person(world, "rita")
    for address in ("/services/campaign-review/request/", "/questions/ask/", "/settings/"):
        for kind in ("application/json", "multipart/form-data; boundary=x", "text/plain"):
            letter, _body, _wrote = person.ask("post", address, b"[" * 100_000, content_type=kind)
            assert letter in ".ub", f"{address} {kind}: {letter}"


def test_too_many_fields_are_refused(world):
    client = Client(raise_request_exception=False)
    client.force_login(world.person("rita"))
    answer = client.post("/questions/ask/", {f"f{number}": "x" for number in range(3_100)})
    assert answer.status_code == 400
