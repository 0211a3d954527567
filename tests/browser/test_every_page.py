"""Every page that a person can reach by links: axe, the console, and room on narrow screens."""

import hashlib
from collections import deque
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve

pytestmark = [pytest.mark.browser, pytest.mark.once]

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
# Where nobody has to follow a link to get.
STARTS = {
    "": ["/accounts/login/", "/accounts/password/reset/", "/accounts/signup/", "/accessibility/"],
    "emma": ["/", "/search/?q=advertising", "/policies/?mine=to-sign", "/questions/ask/", "/accounts/2fa/"],
    "rita": ["/", "/requests/?tab=department", "/requests/?tab=drafts", "/services/"],
    "hana": ["/", "/desk/", "/admin/", "/styleguide/", "/search/?q=influencer", "/desk/queue/?state=open"],
    "audra": ["/", "/desk/", "/admin/"],
    "sam": ["/"],
    "paul": ["/", "/desk/queue/"],
    "dora": ["/", "/requests/?tab=department", "/services/"],
}
NO_PAGES = ("/register/export/", "/static/", "/desk/outbox/", "/hub/verify.py")
# Tables of libraries are left out: only superusers see them, and nobody of the cast is one.
MOST_PAGES = 300


def test_axe_is_the_one_we_know():
    assert hashlib.sha256(AXE.read_bytes()).hexdigest() == AXE_SHA256


def route_of(url):
    try:
        return resolve(urlsplit(url).path).route
    except Resolver404:
        return None


def is_no_page(url):
    """A file, or what leads out of the portal."""
    path = urlsplit(url).path
    is_file = (
        "/download/" in path or path.endswith(".zip") or (path.endswith("/export/") and not path.startswith("/admin/"))
    )
    return is_file or url.startswith(NO_PAGES)


class Walk:
    """Visits one page of each address pattern that links lead to, and looks at each."""

    def __init__(self, company, problems, seen=None):
        self.company = company
        self.problems = problems
        self.seen = set() if seen is None else seen
        self.visited = []

    def go(self, name, *, look, **options):
        page = self.company.window(name, **options)
        here, before = ["/"], len(self.visited)
        page.on("pageerror", lambda error: self.note(here, name, f"script: {error}"))
        page.on("console", lambda line: self.note(here, name, line.text) if line.type == "error" else None)
        waiting = deque(STARTS[name])
        try:
            while waiting and len(self.visited) - before < MOST_PAGES:
                url = waiting.popleft()
                route = route_of(url)
                if route is None or route in self.seen or is_no_page(url):
                    continue
                self.seen.add(route)
                here[0] = url
                answer = page.goto(url, wait_until="load")
                if answer.status != 200:
                    self.note(here, name, f"status {answer.status}")
                    continue
                if "html" not in answer.headers.get("content-type", ""):
                    continue
                self.visited.append((name, url))
                # What a page leads to counts even where an address of its kind was seen before it redirected.
                self.seen.add(route_of(page.url))
                look(page, lambda words, here=here: self.note(here, name, words))
                links = page.evaluate("[...document.querySelectorAll('a[href]')].map(link => link.href)")
                waiting += [
                    link.removeprefix(self.company.url)
                    for link in links
                    if link.startswith(self.company.url + "/") and route_of(link) not in self.seen
                ]
            if waiting:
                self.note(here, name, f"more than {MOST_PAGES} pages: the rest was not looked at")
        finally:
            page.context.close()
        return self

    def note(self, here, name, words):
        self.problems.append(f"{name or 'nobody'} {here[0]}: {words}"[:300])


def look_with_axe(page, note):
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "options => axe.run(document, options)",
        # Without `preload` it asks for style sheets by itself, which the content security policy refuses.
        {
            "preload": False,
            "resultTypes": ["violations"],
            "runOnly": {"type": "tag", "values": [*WCAG, "best-practice"]},
        },
    )
    for violation in found["violations"]:
        targets = [" ".join(map(str, node["target"])) for node in violation["nodes"]]
        note(f"{violation['id']} x{len(targets)} {targets[0][:120]}")


def look_sideways(page, note):
    before = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 800})
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if over > 1:
        note(f"{over} px wider than a screen of 320")
    page.set_viewport_size(before)


def look(page, note):
    look_with_axe(page, note)
    look_sideways(page, note)


def test_each_page_once(company):
    """Each address once, as the richest role: whoever reads and writes most comes first."""
    problems = []
    walk = Walk(company, problems)
    for name in ("hana", "rita", "emma", ""):
        walk.go(name, look=look, viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    routes = {route_of(url) for _name, url in walk.visited}
    assert not problems, "\n".join(problems)
    # The walk really went everywhere: readers, requests, desk, admin, sign-in.
    assert len(routes) > 80, sorted(routes)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark", "forced"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", list(STARTS))
def test_each_page_for_everybody(company, name, width, scheme):
    problems = []
    options = {"color_scheme": "light" if scheme == "light" else "dark"}
    if scheme == "forced":
        options["forced_colors"] = "active"
    walk = Walk(company, problems)
    walk.go(name, look=look, viewport={"width": width, "height": 900}, reduced_motion="reduce", **options)
    assert not problems, "\n".join(problems)
    assert len(walk.visited) >= (4 if name == "" else 15), walk.visited


def test_pages_of_refusals(company):
    """The pages one gets when something is not there, not allowed, or not right."""
    problems = []
    page = company.window("rita", viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    for url, status in (("/policies/no-such-policy/", 404), ("/desk/", 403)):
        assert page.goto(url).status == status
        look(page, lambda words, url=url: problems.append(f"{url}: {words}"))
    page.goto("/services/")
    page.locator("main a[href^='/services/']").first.click()
    page.locator("a[href*='/request/']").first.click()
    page.locator("main form button:not([formnovalidate])").last.wait_for()
    page.evaluate("document.querySelectorAll('main form').forEach(form => form.noValidate = true)")
    page.get_by_role("button", name="Send").first.click()
    page.locator("[role=alert], .error-summary").first.wait_for()
    look(page, lambda words: problems.append(f"refused request: {words}"))
    page.context.close()
    assert not problems, "\n".join(problems)


def test_axe_finds_what_is_wrong(company):
    """The same look at a page that we spoil must fail."""
    problems = []
    page = company.window("emma", viewport={"width": 1280, "height": 900})
    page.goto("/policies/")
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"/static/img/icon.svg\"><input>')"
    )
    page.evaluate("document.querySelector('h1').style.width = '900px'")
    look(page, problems.append)
    page.context.close()
    assert any("image-alt" in words for words in problems)
    assert any("label" in words for words in problems)
    assert any("wider" in words for words in problems)
