""" "May I post this?" with the keyboard alone, on the narrowest phone."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.once]

PHONE = {"viewport": {"width": 360, "height": 740}}


def tab_to(page, words, *, most=60):
    """Presses Tab until something with these words has the focus, and sees that it is in view."""
    for _n in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "[(document.activeElement.closest('label') || document.activeElement).textContent,"
            " document.activeElement.getBoundingClientRect().top]"
        )
        if words in focused[0]:
            assert 0 <= focused[1] <= PHONE["viewport"]["height"]
            return
    raise AssertionError(f"Tab never reaches “{words}”")


def no_sideways_scroll(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]


def answer(page, question, *, downs):
    """Goes to the question's choices, moves down so many, and on with Enter."""
    page.wait_for_selector(f"h1:has-text('{question}')")
    no_sideways_scroll(page)
    first = page.locator(".choice").first.inner_text()
    tab_to(page, first)
    page.keyboard.press("Space")
    for _n in range(downs):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def test_an_employee_reads_yes_copies_the_words_and_changes_her_mind(company):
    page = company.window("emma", **PHONE, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/")
    tab_to(page, "May I post this?")
    page.keyboard.press("Enter")
    page.wait_for_url("**/may-i-post/")
    tab_to(page, "May I post this picture or film?")
    page.keyboard.press("Enter")

    answer(page, "What else can be seen", downs=0)
    answer(page, "Who can be recognised", downs=1)
    answer(page, "Who made it?", downs=1)
    answer(page, "Is there music in it?", downs=0)
    answer(page, "Was it made or changed with AI?", downs=0)
    answer(page, "Do you post for the account", downs=0)

    page.wait_for_selector("h1:has-text('Yes, you may post it')")
    no_sideways_scroll(page)
    assert "inside=nothing" in page.url and "team=yes" in page.url
    tab_to(page, "Copy these words")
    page.keyboard.press("Enter")
    page.wait_for_selector("button:has-text('Copied')")
    assert page.evaluate("navigator.clipboard.readText()").startswith("Photo: @name.")

    # Reload and bookmark show the same answer; Back shows the question before.
    page.reload()
    assert page.locator("h1").inner_text() == "Yes, you may post it"
    tab_to(page, "Change: What else can be seen")
    page.keyboard.press("Enter")
    answer(page, "What else can be seen", downs=3)
    page.wait_for_selector("h1:has-text('No, do not post it')")
    no_sideways_scroll(page)
    page.go_back()
    page.wait_for_selector("h1:has-text('What else can be seen')")


def test_going_on_without_an_answer_says_so_and_leads_there(company):
    page = company.window("emma", **PHONE)
    page.goto("/may-i-post/picture-or-film/")
    tab_to(page, "Go on")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-error-summary]")
    assert page.evaluate("document.activeElement.hasAttribute('data-error-summary')")
    no_sideways_scroll(page)
    tab_to(page, "Choose an answer to go on")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.type") == "radio"
