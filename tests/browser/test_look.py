"""What only a drawn page shows: lines that stand on one height, and none left empty."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.once]

WIDE = {"viewport": {"width": 1280, "height": 900}}


def test_a_clause_with_a_long_heading_has_no_empty_line_under_it(company):
    page = company.window("emma", **WIDE)
    page.goto("/policies/personal-use/")
    gaps = page.evaluate(
        """() => [...document.querySelectorAll(".clause .body")].map((body) => {
          const heading = body.querySelector("h2").getBoundingClientRect();
          return Math.round(body.querySelector(".clause-head + *").getBoundingClientRect().top - heading.bottom);
        })"""
    )
    assert len(gaps) > 5
    assert max(gaps) - min(gaps) <= 4


def test_headings_of_a_table_stand_on_one_line(company):
    page = company.window("emma", **WIDE)
    page.goto("/register/")
    bottoms = page.evaluate(
        """() => [...document.querySelectorAll("main thead th")].map((cell) => {
          const range = document.createRange();
          range.selectNodeContents(cell.querySelector("a")?.firstChild ?? cell.firstChild);
          return Math.round(range.getBoundingClientRect().bottom);
        })"""
    )
    assert len(bottoms) == 5
    assert max(bottoms) - min(bottoms) <= 1
