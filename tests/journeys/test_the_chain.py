"""Clause, signature, request, answer, mail: the portal's one chain, as four people walk it."""

from engagements.models import EngagementRequest
from hub.models import OutboxMessage
from policies.models import Acknowledgement
from tests.engagements.factories import make_offer
from tests.journeys.browser import Browser
from tests.policies.factories import clause, make_published


def mail_to(person, kind):
    return OutboxMessage.objects.filter(recipient=person, kind=kind)


def test_from_a_clause_to_an_answer(cast, published):
    version = make_published(
        cast=cast,
        title="Pictures of people",
        must_sign=True,
        clauses=[clause("Ask before you post", key="ask-first", body="Ask everybody whom one can **recognise**.")],
    )
    published(version.policy)
    service = make_offer(cast=cast)

    # Emma finds what waits for her, reads it and signs.
    emma = Browser(cast.emma).open("/")
    assert "Sign: Pictures of people" in emma.text
    emma.follow("/policies/pictures-of-people/sign/")
    assert "Ask everybody whom one can recognise" in emma.text
    emma.submit()
    assert Acknowledgement.objects.get().person == cast.emma
    assert "Nothing waits for you" in emma.open("/").text

    # Rita searches, lands on the clause, and asks the hub about it.
    rita = Browser(cast.rita).open("/search/?q=recognised")
    rita.follow("/policies/pictures-of-people/#c-ask-first")
    rita.open(f"/services/{service.slug}/request/?clause=pictures-of-people:ask-first")
    assert "Ask before you post" in rita.text
    answers = {"q-goal": "A film with customers", "q-claims": "no"}
    rita.submit(title="Film in the Leeds shop", spoke=cast.retail.pk, **answers)
    request = EngagementRequest.objects.get()
    assert f"/requests/{request.pk}/" in rita.links
    assert mail_to(cast.rita, "request_filed").count() == 1
    assert mail_to(cast.paul, "request_new").count() == 1

    # Hana takes it on and answers.
    hana = Browser(cast.hana).open("/desk/queue/")
    hana.follow(f"/requests/{request.pk}/")
    assert "Ask before you post" in hana.text
    hana.submit("/accept/", mode="review", exit_criterion="The shop asks by itself.")
    hana.submit("/answer/", text="Yes, with a **sign at the door**.")

    # Rita finds the answer in her mail and on the page; the clause says where it is used.
    [*_accepted, answer] = mail_to(cast.rita, "request_answered").order_by("pk")
    assert "sign at the door" in answer.text
    assert f"http://portal.test/requests/{request.pk}/" in answer.text
    assert "sign at the door" in rita.open(f"/requests/{request.pk}/").text
    assert f"/requests/{request.pk}/" in rita.open("/policies/pictures-of-people/").links

    # Otto's department sees nothing of it, anywhere.
    otto = Browser(cast.otto)
    otto.open(f"/requests/{request.pk}/", status=404)
    assert f"/requests/{request.pk}/" not in otto.open("/policies/pictures-of-people/").links
    assert "Film in the Leeds shop" not in otto.open("/requests/").text
    assert "Film in the Leeds shop" not in otto.open("/search/?q=Leeds").text
