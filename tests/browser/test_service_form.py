"""The questions of a service in the admin: ten lines to read, and of each only what its kind of answer needs."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.once]

CLIPPED = """() => [...document.querySelectorAll("input, select, textarea, .help")].filter(one => {
    const box = one.getBoundingClientRect();
    let edge = innerWidth;
    for (let around = one.parentElement; around; around = around.parentElement)
        if (getComputedStyle(around).overflowX !== "visible")
            edge = Math.min(edge, around.getBoundingClientRect().right);
    return box.width && box.right > edge + 0.5;
}).map(one => one.name || one.textContent)"""


@pytest.fixture(params=[{"width": 1280, "height": 900}, {"width": 360, "height": 800}], ids=["desk", "phone"])
def page(company, request):
    page = company.window("hana", viewport=request.param)
    page.goto("/admin/hub/service/?q=Campaign+review")
    page.goto(page.locator("#result_list tbody th a").first.get_attribute("href"))
    yield page
    page.context.close()


def test_it_is_no_longer_than_a_list(page):
    questions = page.locator(".question:not(.empty-form)").count()
    tall = page.locator("#questions-group").evaluate("it => it.getBoundingClientRect().height")
    assert questions > 8
    assert tall < questions * 190


def test_nothing_is_cut_off_at_the_edge(page):
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert page.evaluate(CLIPPED) == []


def test_choices_and_length_come_with_their_kind(page):
    question = page.locator("#questions-0")
    question.locator("summary").click()
    length, choices = question.locator(".field-max_length"), question.locator(".field-choice_lines")
    shown = {}
    for kind in ("short_text", "several", "date", "long_text"):
        question.locator("select").select_option(kind)
        shown[kind] = (length.is_visible(), choices.is_visible())
    assert shown == {
        "short_text": (True, False),
        "several": (False, True),
        "date": (False, False),
        "long_text": (True, False),
    }


def test_another_one_is_opened_to_be_written(page):
    page.locator("#questions-group .add-row a").click()
    assert page.locator(".question:not(.empty-form) [name$='-label']").last.is_visible()
