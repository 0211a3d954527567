"""A suggestion written on a phone: a preview while typing, and nothing lost when the session ends in between."""

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.once]

PHONE = {"viewport": {"width": 360, "height": 740}}
FORM = "/playbooks/monthly-report-in-one-hour/suggest/"


def test_what_was_typed_outlives_the_session(company):
    page = company.window("emma", **PHONE)
    page.goto("/playbooks/monthly-report-in-one-hour/")
    page.get_by_role("link", name=re.compile("Suggest a change")).first.click()
    page.wait_for_url(re.compile(FORM))
    address = page.url
    page.locator("#id_body").fill("Count twice, **report once**.")
    page.wait_for_selector("#as-readers-see-it strong:has-text('report once')")
    page.wait_for_selector("[data-autosave-status]:not(:empty)")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]

    # Her session ends while she goes on typing; what the server no longer takes stays in the browser.
    session = next(cookie for cookie in page.context.cookies() if "session" in cookie["name"])
    page.context.clear_cookies(name=session["name"])
    with page.expect_event("requestfailed"):
        page.locator("#id_reason").fill("Twice is once more than now.")
    page.on("dialog", lambda dialog: dialog.accept())
    page.context.add_cookies([session])
    page.goto(address)
    assert page.locator("#id_body").input_value() == "Count twice, **report once**."
    assert page.locator("#id_reason").input_value() == "Twice is once more than now."

    # Sent, she sees the change.
    page.get_by_role("button", name="Send the suggestion").click()
    page.wait_for_url(re.compile("/suggestions/"))
    assert page.locator(".redline ins").count() and page.locator(".redline del").count()
