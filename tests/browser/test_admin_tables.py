"""The admin's lists and the look at a table before it is imported: everything in sight, at an office screen's width."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.once]

SCREEN = {"width": 1280, "height": 900}
LISTS = [
    "engagements/engagementrequest",
    "hub/auditevent",
    "hub/outboxmessage",
    "hub/service",
    "hub/user",
    "playbooks/playbook",
    "playbooks/question",
    "policies/policy",
    "spokes/socialaccount",
]
ACCOUNTS = """platform,handle,url,department,owner,purpose
facebook,LarkfieldNorden,https://facebook.example/LarkfieldNorden/,emea-nordics,,Other words
blog,a,https://larkfield.example/a-rather-long-address-of-a-blog-that-nobody-has-read-for-years/,{department},,A text
"""


def test_no_column_of_a_list_is_out_of_sight(company):
    page = company.window("hana", viewport=SCREEN)
    hidden = {}
    for name in LISTS:
        page.goto(f"/admin/{name}/")
        over = page.evaluate(
            "(box => box.scrollWidth - box.clientWidth)(document.querySelector('#changelist .results'))"
        )
        if over > 1:
            hidden[name] = over
    page.context.close()
    assert not hidden


@pytest.mark.parametrize(("department", "says"), [("nowhere", "There is no department"), ("emea-nordics", "Update")])
def test_what_an_import_would_do_is_in_sight(company, department, says):
    page = company.window("paul", viewport=SCREEN)
    problems = []
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    page.goto("/admin/spokes/socialaccount/import/")
    table = {"name": "a.csv", "mimeType": "text/csv", "buffer": ACCOUNTS.format(department=department).encode()}
    page.set_input_files("input[type=file]", table)
    page.select_option("select[name=format]", label="csv")
    page.locator("#content input[type=submit]").click()
    words = page.locator(".import-preview").get_by_text(says).first
    # Without a pointer over it: keys and fingers cannot hover.
    assert words.evaluate("it => it.checkVisibility({opacityProperty: true})")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.context.close()
    assert not problems
