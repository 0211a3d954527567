"""Every kind of message the portal sends: one table of data.

A test holds that each kind has its templates and, unless obligatory, its row on the preference page.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Delivery(StrEnum):
    ANSWER = "answer"  # the direct result of something the person did; always sent
    NUDGE = "nudge"  # a reminder about one thing, by mail at once unless switched off
    LETTER = "letter"  # waits for the weekly letter


@dataclass(frozen=True)
class Kind:
    name: str
    label: str
    to_whom: str
    trigger: str
    delivery: Delivery
    obligatory: bool
    stops_when: str


KINDS = {
    kind.name: kind
    for kind in [
        Kind(
            "sign_in",
            _("Sign-in and security"),
            _("the person"),
            _("she signs up, resets her password or changes her sign-in"),
            Delivery.ANSWER,
            True,
            _("sent once"),
        ),
        Kind(
            "request_filed",
            _("Your request has arrived"),
            _("the requester"),
            _("a request is submitted"),
            Delivery.ANSWER,
            True,
            _("sent once"),
        ),
        Kind(
            "request_answered",
            _("News on your request"),
            _("the requester"),
            _("staff answer, ask, accept, deliver, advise against or close"),
            Delivery.NUDGE,
            False,
            _("sent once for each answer"),
        ),
        Kind(
            "request_new",
            _("A request for the hub"),
            _("the assignee, else the service's owner"),
            _("a request is submitted, or its requester writes"),
            Delivery.NUDGE,
            False,
            _("the request leaves the hub"),
        ),
        Kind(
            "request_waiting",
            _("A request waits for you"),
            _("the requester"),
            _("it has waited for three working days"),
            Delivery.NUDGE,
            False,
            _("the requester answers or withdraws"),
        ),
        Kind(
            "request_at_risk",
            _("A promise is at risk"),
            _("the assignee, else the service's owner; a lead once it is missed"),
            _("a promised answer or delivery is near, or missed"),
            Delivery.NUDGE,
            False,
            _("the hub answers or delivers"),
        ),
        Kind(
            "question_answered",
            _("Your question has an answer"),
            _("who asked"),
            _("somebody answers"),
            Delivery.NUDGE,
            False,
            _("sent once for each answer"),
        ),
        Kind(
            "question_asked",
            _("A question for the hub"),
            _("the owner of what it is about, else the leads"),
            _("an employee asks"),
            Delivery.NUDGE,
            False,
            _("somebody answers"),
        ),
        Kind(
            "acknowledgement_due",
            _("A policy to sign"),
            _("the person"),
            _("the day to sign is near, there, or past"),
            Delivery.NUDGE,
            True,
            _("the person signs"),
        ),
        Kind(
            "approval_waiting",
            _("A text waits for your approval"),
            _("those who may approve"),
            _("a version or revision is submitted"),
            Delivery.NUDGE,
            False,
            _("it is approved or returned"),
        ),
        Kind(
            "waiver_expiring",
            _("A waiver that runs out"),
            _("the department's representatives, and the lead who granted it"),
            _("30 and 7 days before its last day"),
            Delivery.NUDGE,
            False,
            _("it is ended or prolonged"),
        ),
        Kind(
            "policy_review_due",
            _("A policy to look at again"),
            _("the owner; a lead once it is overdue by 30 days"),
            _("the review date is near or past"),
            Delivery.NUDGE,
            False,
            _("the owner says it is still true, or a new version is published"),
        ),
        Kind(
            "verification_due",
            _("A playbook to verify"),
            _("the owner and the deputy"),
            _("'verified until' is near or past"),
            Delivery.NUDGE,
            False,
            _("the owner verifies it"),
        ),
        Kind(
            "account_review_due",
            _("A social account to look at"),
            _("the owner, else the department's representatives"),
            _("six months since the last review"),
            Delivery.LETTER,
            False,
            _("it is reviewed or archived"),
        ),
        Kind(
            "letter",
            _("The weekly letter"),
            _("everybody for whom there is something to say"),
            _("once a week"),
            Delivery.NUDGE,
            False,
            _("sent once a week"),
        ),
    ]
}


def kind(name):
    """The kind of that name.

    Raises KeyError for a kind that is not in the table.
    """
    return KINDS[name]
