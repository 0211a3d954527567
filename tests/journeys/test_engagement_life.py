"""A request from its first word to its second life."""

from engagements.models import ClockSegment, EngagementRequest
from engagements.workflow import Status
from hub.models import OutboxMessage
from tests.engagements.factories import make_offer
from tests.journeys.browser import Browser


def test_from_a_draft_to_reopening(cast):
    service = make_offer(cast=cast)
    rita, dora, hana = Browser(cast.rita), Browser(cast.dora), Browser(cast.hana)

    # Rita begins, is called away, and goes on later.
    rita.open(f"/services/{service.slug}/request/").submit(title="Spring shears", act="save", **{"q-claims": "no"})
    draft = EngagementRequest.objects.get()
    assert draft.status == Status.DRAFT
    rita.open(f"/services/{service.slug}/request/?draft={draft.pk}")
    assert rita.forms_have("Spring shears")

    # She forgets an answer: it is named, and nothing she typed is lost.
    rita.submit(status=422, **{"q-goal": ""})
    assert "There is a problem" in rita.text
    assert rita.forms_have("Spring shears")
    rita.submit(spoke=str(cast.retail.pk), **{"q-goal": "500 owners try them"})
    request = EngagementRequest.objects.get()
    assert (request.pk, request.status) == (draft.pk, Status.SUBMITTED)
    address = f"/requests/{request.pk}/"

    # The hub accepts, asks, and the clock rests; Dora answers for her department.
    hana.open(address).submit("/accept/", mode="review", exit_criterion="They do it alone.")
    hana.submit("/ask/", text="Which shears?")
    assert EngagementRequest.objects.get().status == Status.WAITING
    assert ClockSegment.objects.get(ended_at=None).side == "department"
    assert "Spring shears" in rita.open("/").text
    dora.open(address).submit("/reply/", text="The short ones.")
    assert ClockSegment.objects.get(ended_at=None).side == "hub"

    # Staff note among themselves; it is delivered, closed, and reopened.
    hana.open(address).submit("/note/", text="They mean the 15 cm ones.")
    assert "15 cm" in hana.text
    assert "15 cm" not in rita.open(address).text
    hana.submit("/deliver/", summary="One page is in the folder.")
    assert "One page is in the folder." in rita.open(address).text
    rita.submit("/close/")
    request.refresh_from_db()
    assert (request.status, request.outcome) == (Status.CLOSED, "delivered")
    rita.open(address).submit("/reopen/", reason="The last page is missing.")
    request.refresh_from_db()
    assert (request.status, request.outcome) == (Status.IN_PROGRESS, "")

    # Nobody has been told anything twice, and nobody about herself.
    messages = OutboxMessage.objects.all()
    assert len({(row.to_address, row.kind, row.about, row.period) for row in messages}) == len(messages)
    assert not messages.filter(recipient=cast.hana, kind="request_answered").exists()
    assert "15 cm" not in "".join(row.text for row in messages)


def test_an_employee_who_represents_nobody_is_shown_the_way(cast):
    service = make_offer(cast=cast)
    emma = Browser(cast.emma).open(f"/services/{service.slug}/request/")

    assert f"/questions/ask/?service={service.slug}" in emma.links
    emma.open("/requests/")
    assert EngagementRequest.objects.count() == 0
