"""The small scripts, in a real Chromium, on pages made here; what they send is answered here too."""

import json
from urllib.parse import parse_qs

import pytest

from coe_portal import joined_static

pytestmark = [pytest.mark.browser, pytest.mark.once]
ADDRESS = "http://portal.test/"
WORDS = (
    'data-word-cancel="Cancel" data-word-saved="Saved {time}" data-word-not-saved="Not saved yet"'
    ' data-word-left="{n} left" data-word-over="{n} too many" data-word-conflict="Somebody else saved"'
    ' data-word-restored="Put back"'
)


@pytest.fixture
def show(browser):
    """Shows a body on its own address with the portal's script; `answer(path, ...)` sets what the server says.

    Every POST is kept in `page.sent` as (path, form text).
    """
    context = browser.new_context()
    page = context.new_page()
    problems, answers = [], {}
    page.sent = []
    page.on("pageerror", lambda error: problems.append(str(error)))

    def serve(route):
        request = route.request
        path = "/" + request.url.removeprefix(ADDRESS).partition("?")[0]
        if request.method == "POST":
            page.sent.append((path, request.post_data or ""))
        status, kind, body = answers.get(path, (200, "text/html", page.body))
        if status is None:
            route.abort()
        else:
            route.fulfill(status=status, content_type=kind, body=body)

    def start(body):
        script = joined_static.joined("js/portal.js")
        page.body = f"<!doctype html><title>x</title><body {WORDS}>{body}<script>{script}</script>"
        page.goto(ADDRESS)
        return page

    page.route(f"{ADDRESS}**", serve)
    page.answer = lambda path, status=200, body="", kind="text/html": answers.update({path: (status, kind, body)})
    start.page = page
    yield start
    context.close()
    assert problems == []


def test_questions_follow_the_answers_and_hidden_ones_are_not_sent(show):
    page = show(
        """<form><label><input type="radio" name="paid" value="yes">yes</label>
        <label><input type="radio" name="paid" value="no">no</label>
        <div id="who" data-shown-if='{"question": "paid", "is": ["yes"]}'><input name="who" required></div>
        <div id="more" data-shown-if='{"question": "who"}'><input name="more"></div></form>"""
    )
    assert page.is_hidden("#who") and page.is_disabled("[name=who]")
    page.check("[value=yes]")
    assert page.is_visible("#who") and page.is_enabled("[name=who]") and page.is_hidden("#more")
    page.fill("[name=who]", "an agency")
    assert page.is_visible("#more")
    page.check("[value=no]")
    assert page.is_hidden("#who") and page.is_hidden("#more")


AUTOSAVE = """<form method="post" action="/send/" data-autosave="/draft/">
    <input type="hidden" name="csrfmiddlewaretoken" value="secret"><textarea name="text"></textarea>
    <output data-autosave-status></output><button>Send</button></form>"""


def test_a_draft_is_saved_shortly_after_typing_and_says_when(show):
    show.page.answer("/draft/", body=json.dumps({"saved": "14:02"}), kind="application/json")
    page = show(AUTOSAVE)
    page.fill("textarea", "hello")
    page.wait_for_function("document.querySelector('output').textContent === 'Saved 14:02'")
    assert len(page.sent) == 1
    assert 'name="text"\r\n\r\nhello' in page.sent[0][1]
    assert page.evaluate("localStorage.length") == 0


def test_what_could_not_be_saved_is_kept_here_and_tried_again(show):
    show.page.answer("/draft/", status=None)
    page = show(AUTOSAVE)
    page.fill("textarea", "precious")
    page.wait_for_function("document.querySelector('output').textContent === 'Not saved yet'")
    kept = page.evaluate("localStorage.getItem('draft:/draft/')")
    assert "precious" in kept and "secret" not in kept
    page.reload()
    assert page.input_value("textarea") == "precious"
    page.answer("/draft/", body="{}", kind="application/json")
    page.wait_for_function("document.querySelector('output').textContent.startsWith('Saved')", timeout=8000)
    assert page.evaluate("localStorage.length") == 0


def test_a_newer_version_elsewhere_stops_the_saving(show):
    show.page.answer("/draft/", status=409)
    page = show(AUTOSAVE)
    page.fill("textarea", "one")
    page.wait_for_function("document.querySelector('output').textContent === 'Somebody else saved'")
    page.fill("textarea", "two")
    page.wait_for_timeout(1200)
    assert len(page.sent) == 1


def test_a_second_press_sends_nothing(show):
    page = show('<form method="post" action="/send/"><button>Send</button></form>')
    page.evaluate(
        "document.addEventListener('submit', (event) => { if (!event.defaultPrevented) window.went = (window.went || 0)"
        " + 1; event.preventDefault(); })"
    )
    page.click("button")
    page.click("button")
    assert page.evaluate("window.went") == 1


def test_a_destructive_act_asks_once_and_can_be_left(show):
    page = show('<form method="post" action="/away/" data-confirm="Withdraw it?"><button>Withdraw</button></form>')
    page.click("form button")
    assert page.inner_text("dialog p") == "Withdraw it?"
    assert page.evaluate("document.activeElement.textContent") == "Cancel"
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    assert page.sent == []
    page.click("form button")
    page.click("dialog button >> text=Withdraw")
    page.wait_for_url("**/away/")
    assert [path for path, _ in page.sent] == ["/away/"]


def test_the_characters_left_show_when_they_get_few(show):
    page = show('<textarea data-count="10"></textarea>')
    page.fill("textarea", "four")
    assert page.inner_text(".char-count") == ""
    page.fill("textarea", "eightish")
    assert page.inner_text(".char-count") == "2 left"
    page.fill("textarea", "much too long")
    assert page.inner_text(".char-count") == "3 too many"
    page.fill("textarea", "12345\n789")
    assert page.inner_text(".char-count") == "0 left", "a line break counts twice, as the server counts it"


def test_slash_goes_to_the_search_box_but_not_while_typing(show):
    page = show('<input id="q" data-search-shortcut><textarea></textarea>')
    page.focus("textarea")
    page.keyboard.press("/")
    assert page.input_value("textarea") == "/"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    assert page.input_value("#q") == ""


def test_a_menu_closes_with_escape_and_gives_the_focus_back(show):
    page = show('<details data-menu><summary>Menu</summary><a href="#x">One</a></details><p>Text</p>')
    page.click("summary")
    page.focus("a")
    page.keyboard.press("Escape")
    assert page.evaluate("document.querySelector('details').open") is False
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.click("summary")
    page.click("p")
    assert page.evaluate("document.querySelector('details').open") is False


def test_clauses_move_and_are_numbered_again(show):
    item = (
        '<li data-sort-item id="{0}"><b data-sort-number>{1}</b><input name="form-{1}-position" value="{1}">'
        '<button hidden type="button" data-move="up">up</button>'
        '<button hidden type="button" data-move="down">down</button></li>'
    )
    page = show(f"<ol data-sortable>{''.join(item.format(name, at) for at, name in enumerate('abc'))}</ol>")
    page.click("#c [data-move=up]")
    order = page.evaluate("[...document.querySelectorAll('li')].map((li) => li.id + li.querySelector('input').value)")
    assert order == ["a1", "c2", "b3"]
    assert page.locator("li b").all_text_contents() == ["1", "2", "3"]
    assert page.evaluate("document.activeElement.closest('li').id") == "c"
    assert page.get_attribute("#a [data-move=up]", "aria-disabled") == "true"


def test_suggestions_come_while_typing(show):
    asked = []
    page = show(
        '<input data-suggest-url="/suggest/" data-suggest-into="found"><div id="found" aria-live="polite"></div>'
    )
    page.on("request", lambda request: asked.append(request.url) if "/suggest/" in request.url else None)
    page.answer("/suggest/", body="<p>Paid partnerships</p>")
    page.fill("input", "pa")
    page.wait_for_timeout(500)
    assert asked == []
    page.fill("input", "paid post")
    page.wait_for_selector("text=Paid partnerships")
    assert parse_qs(asked[0].partition("?")[2]) == {"q": ["paid post"]}
    page.fill("input", "")
    page.wait_for_function("document.getElementById('found').childElementCount === 0")


def test_the_preview_shows_what_the_server_made(show):
    show.page.answer("/preview/", body="<p>made <b>there</b></p>")
    page = show(
        '<form><input type="hidden" name="csrfmiddlewaretoken" value="token"><textarea data-preview-url="/preview/"'
        ' data-preview-into="shown"></textarea></form><div id="shown"></div>'
    )
    page.fill("textarea", "made **there**")
    page.wait_for_selector("#shown b")
    assert "made **there**" in page.sent[0][1] and "token" in page.sent[0][1]


def test_where_a_search_leads_its_words_are_marked(show):
    result = '<ol data-found><li><a href="/rule/#c-2">Say <mark>Label</mark></a> the <mark>labels</mark></li></ol>'
    rule = (
        '<main><section id="c-1">A label.</section>'
        '<section id="c-2">Labels: <b>no</b> label, unlabelled.</section></main>'
    )
    page = show(result)
    script = joined_static.joined("js/portal.js")
    page.answer("/rule/", body=f"<!doctype html><title>x</title><body {WORDS}>{rule}<script>{script}</script>")
    page.click("a")
    page.wait_for_url("**/rule/#c-2")
    assert page.locator("mark").all_inner_texts() == ["Labels", "label"]
    assert page.locator("main").inner_text().endswith("Labels: no label, unlabelled.")
    page.reload()
    assert page.locator("mark").count() == 0
