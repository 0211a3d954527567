"""The three main jobs, as people do them: with the keyboard alone, and without JavaScript."""

import json
import re
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.once]

MOST_TABS = 150
QUIZZES = Path("coe_portal/sample/content/quizzes.yaml")


def tab_to(page, locator):
    """Presses Tab until the thing has the focus, and sees that the focus shows."""
    target = locator.first.element_handle()
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("element => document.activeElement === element", target):
            shown = page.evaluate(
                "element => { const style = getComputedStyle(element);"
                " return style.outlineStyle !== 'none' || style.boxShadow !== 'none' }",
                target,
            )
            assert shown, "the focus does not show"
            return
    raise AssertionError(f"not reached by Tab: {locator}")


def press_on(page, locator):
    tab_to(page, locator)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def click_on(page, locator):
    with page.expect_navigation():
        locator.first.click()


def answer_the_questions(page):
    """Answers the quiz of the sample, where the policy has one, by keys alone."""
    rights = [row["answers"][0] for row in yaml.safe_load(QUIZZES.read_text(encoding="utf-8"))]
    for group in page.locator("#sign fieldset").all():
        [right] = [label for label in group.locator("label").all() if label.inner_text().strip() in rights]
        page.locator(f"#{right.get_attribute('for')}").press("Space")


def sign_a_policy(page, go):
    """The first policy that waits for her signature: read, signed, and among the signed ones afterwards."""
    page.goto("/policies/?mine=to-sign")
    go(page, page.locator("main h2.title a"))
    address = re.search(r"/policies/[^/]+/", page.url)[0]
    page.goto(f"{address}sign/")
    answer_the_questions(page)
    go(page, page.locator("#sign form button"))
    expect(page.locator("main")).to_contain_text("signed", ignore_case=True)
    page.goto("/policies/?mine=signed")
    assert page.locator(f"main a[href='{address}']").count()


def window_with_something_to_sign(company, names, **options):
    for name in names.split():
        page = company.window(name, **options)
        page.goto("/policies/?mine=to-sign")
        if page.locator("main h2.title a").count():
            return page
        page.context.close()
    raise AssertionError("nobody of the cast has anything to sign")


def test_sign_with_the_keyboard(company):
    page = window_with_something_to_sign(company, "emma sam audra")
    sign_a_policy(page, press_on)
    page.context.close()


def test_sign_without_javascript(company):
    page = window_with_something_to_sign(company, "rita otto dora paul hana", java_script_enabled=False)
    sign_a_policy(page, click_on)
    page.context.close()


def fill_in(page, type_in):
    """Answers every question of the form that is shown."""
    for field in page.locator("main form [name]:visible").all():
        kind = field.evaluate("element => element.type")
        name = field.get_attribute("name")
        if kind in {"text", "textarea", "url", "search", "email"} and not field.input_value():
            type_in(field, "https://example.org/x" if kind == "url" else "Spring shears, by hand")
        elif kind == "number" and not field.input_value():
            type_in(field, "3")
        elif kind == "date" and not field.input_value():
            field.fill("2030-03-14")
        elif kind == "select-one" and not field.input_value():
            field.select_option(index=1)
        elif kind == "radio":
            group = page.locator(f"input[name='{name}']")
            if not page.locator(f"input[name='{name}']:checked").count():
                group.last.check()
        elif kind == "checkbox" and not page.locator(f"input[name='{name}']:checked").count():
            field.check()


def file_a_request(page, go, type_in):
    page.goto("/services/")
    go(page, page.locator("main a[href^='/services/']"))
    if not page.url.endswith("/request/"):
        go(page, page.locator("main a[href*='/request/']"))
    for _ in range(3):  # answers may bring further questions, which count only then
        fill_in(page, type_in)
    go(page, page.get_by_role("button", name="Send to the hub"))
    assert "/filed/" in page.url, page.locator("main").inner_text()[:600]
    return re.search(r"/requests/(\d+)/", page.url)[1]


def reply(page, number, go, type_in):
    page.goto(f"/requests/{number}/")
    type_in(page.locator("#write textarea"), "One more thing: it is for May.")
    go(page, page.locator("#write button[data-tone=primary]"))
    expect(page.locator("main")).to_contain_text("One more thing: it is for May.")


def test_file_and_reply_with_the_keyboard(company):
    page = company.window("rita")

    def type_in(field, text):
        field.focus()
        page.keyboard.type(text)

    number = file_a_request(page, press_on, type_in)
    reply(page, number, press_on, type_in)
    page.context.close()


def test_file_and_reply_without_javascript(company):
    page = company.window("otto", java_script_enabled=False)
    number = file_a_request(page, click_on, lambda field, text: field.fill(text))
    reply(page, number, click_on, lambda field, text: field.fill(text))
    page.context.close()


def test_what_is_typed_is_kept(company):
    page = company.window("rita")
    page.goto("/services/")
    click_on(page, page.locator("main a[href^='/services/']").last)
    if not page.url.endswith("/request/"):
        click_on(page, page.locator("main a[href*='/request/']"))
    page.locator("#id_title").press_sequentially("Kept while I type")
    expect(page.locator("[data-autosave-status]")).to_contain_text("Saved", timeout=20_000)
    page.goto("/requests/?tab=drafts")
    expect(page.locator("main")).to_contain_text("Kept while I type")
    page.context.close()


def test_questions_come_with_the_answer_they_belong_to(company):
    """In the first form of the catalogue that has such a question."""
    page = company.window("rita")
    page.goto("/services/")
    slugs = page.evaluate(
        "[...document.querySelectorAll(\"main a[href^='/services/']\")].map(link => link.pathname.split('/')[2])"
    )
    for slug in dict.fromkeys(slugs):
        page.goto(f"/services/{slug}/request/")
        dependent = page.locator("[data-shown-if]")
        for place in range(dependent.count()):
            condition = json.loads(dependent.nth(place).get_attribute("data-shown-if"))
            box = page.locator(f"input[name='{condition['question']}'][value='{condition['is'][0]}']:visible")
            if box.count():
                expect(dependent.nth(place)).to_be_hidden()
                box.first.check()
                expect(dependent.nth(place)).to_be_visible()
                page.context.close()
                return
    raise AssertionError("no form of the sample company has a question that depends on another")
