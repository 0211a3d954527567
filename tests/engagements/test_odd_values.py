"""Values that no form of ours sends: digits that are no numbers, and NUL."""

import pytest

from tests.engagements.factories import make_offer
from tests.engagements.test_pages import FORM_URL, filled, only_request


@pytest.mark.parametrize(
    "url",
    [
        "/desk/queue/?q=²",
        "/requests/?q=²",
        f"{FORM_URL}?draft=²",
        f"{FORM_URL}?account=²",
        f"{FORM_URL}?clause=a%00b:c&playbook=a%00b",
        f"{FORM_URL}suggest/?q=abc%00def",
    ],
)
def test_what_looks_like_a_number_or_a_name_is_ignored(cast, as_, url):
    make_offer(cast=cast)
    assert as_(cast.hana).get(url).status_code == 200


def test_several_odd_numbers_are_none(cast, as_):
    response = as_(cast.hana).post("/desk/queue/act/", {"request": ["²", "①"], "act": "take"}, follow=True)
    assert "Tick at least one request first." in response.content.decode()


def test_a_draft_holds_no_nul(cast, as_):
    make_offer(cast=cast)
    data = filled(title="Spring\0shears", **{"q-goal": "500\0owners", "spoke": str(cast.retail.pk)})
    assert as_(cast.rita).post(f"{FORM_URL}draft/", data).status_code == 200
    draft = only_request()
    assert (draft.title, draft.answers["goal"]) == ("Spring shears", "500owners")
