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
    holds_key: bool = False  # its text holds a link that acts for whoever it was sent to
    hub_only: bool = False  # only those who work for the hub get it, so only they choose how


KINDS = {
    kind.name: kind
    for kind in [
        Kind(
            "sign_in",
            _("Sign-in and security"),
            _("the person"),
            _("when you sign up, reset your password or change how you sign in"),
            Delivery.ANSWER,
            True,
            _("sent once"),
            holds_key=True,
        ),
        Kind(
            "request_filed",
            _("Your request has arrived"),
            _("the requester"),
            _("when you send a request"),
            Delivery.ANSWER,
            True,
            _("sent once"),
        ),
        Kind(
            "request_answered",
            _("News on your request"),
            _("the requester"),
            _("when the hub answers, asks, accepts, delivers, advises against or closes"),
            Delivery.NUDGE,
            False,
            _("sent once for each answer"),
        ),
        Kind(
            "request_new",
            _("A request for the hub"),
            _("the assignee, else the service's owner"),
            _("when a request arrives, or its requester writes"),
            Delivery.NUDGE,
            False,
            _("the request leaves the hub"),
            hub_only=True,
        ),
        Kind(
            "request_waiting",
            _("A request waits for you"),
            _("the requester"),
            _("when it has waited for three working days"),
            Delivery.NUDGE,
            False,
            _("the requester answers or withdraws"),
        ),
        Kind(
            "request_at_risk",
            _("A promise is at risk"),
            _("the assignee, else the service's owner; a lead once it is missed"),
            _("when a promised answer or delivery is near, or missed"),
            Delivery.NUDGE,
            False,
            _("the hub answers or delivers"),
            hub_only=True,
        ),
        Kind(
            "question_answered",
            _("Your question has an answer"),
            _("who asked"),
            _("when somebody answers"),
            Delivery.NUDGE,
            False,
            _("sent once for each answer"),
        ),
        Kind(
            "text_hidden",
            _("What you wrote was hidden"),
            _("its author"),
            _("when the hub hides your question or answer, with the reason"),
            Delivery.ANSWER,
            True,
            _("sent once"),
        ),
        Kind(
            "question_asked",
            _("A question for the hub"),
            _("the owner of what it is about, else the leads"),
            _("when a colleague asks"),
            Delivery.NUDGE,
            False,
            _("somebody answers"),
        ),
        Kind(
            "run_step_assigned",
            _("Steps of a playbook for you"),
            _("the person"),
            _("when a colleague gives you steps of a run"),
            Delivery.NUDGE,
            False,
            _("sent once each time"),
        ),
        Kind(
            "run_step_due",
            _("A step of yours is due"),
            _("the person"),
            _("on the day that steps of yours are due"),
            Delivery.NUDGE,
            False,
            _("you tick them, or the run ends"),
        ),
        Kind(
            "suggestion_made",
            _("A reader suggests a change of your playbook"),
            _("the playbook's owner and deputy; the leads where neither is there"),
            _("when a colleague sends a suggestion"),
            Delivery.NUDGE,
            False,
            _("it is accepted, declined or withdrawn"),
        ),
        Kind(
            "suggestion_answered",
            _("What became of your suggestion"),
            _("who suggested it"),
            _("when it is accepted or declined"),
            Delivery.NUDGE,
            False,
            _("sent once for each suggestion"),
        ),
        Kind(
            "search_answered",
            _("What you looked for has an answer"),
            _("who asked to be told"),
            _("when the hub links a gap in search to what answers it"),
            Delivery.NUDGE,
            False,
            _("sent once"),
        ),
        Kind(
            "acknowledgement_due",
            _("A policy to sign"),
            _("the person"),
            _("when the day to sign is near, there, or past"),
            Delivery.NUDGE,
            True,
            _("the person signs"),
        ),
        Kind(
            "approval_waiting",
            _("A text waits for your approval"),
            _("those who may approve"),
            _("when a version or revision is submitted"),
            Delivery.NUDGE,
            False,
            _("it is approved or returned"),
            hub_only=True,
        ),
        Kind(
            "review_asked",
            _("A draft to read and comment on"),
            _("who was named"),
            _("staff ask; again the day before it is due, and once after"),
            Delivery.NUDGE,
            False,
            _("she says that she has read it, or it is published"),
        ),
        Kind(
            "outside_review",
            _("An invitation to read a draft"),
            _("somebody outside the company, without an account"),
            _("when staff invite her or him to comment on a draft"),
            Delivery.ANSWER,
            True,
            _("the invitation is ended, its last day is over, or the draft is published"),
            holds_key=True,
        ),
        Kind(
            "clause_changed",
            _("A rule changed that your playbook, request or waiver rests on"),
            _("the playbook's owner and deputy; whoever looks after the request; the lead who granted the waiver"),
            _("staff make the follow-ups of a version before it is published"),
            Delivery.NUDGE,
            False,
            _("sent once for each version"),
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
            _("when the review date is near or past"),
            Delivery.NUDGE,
            False,
            _("the owner says it is still true, or a new version is published"),
        ),
        Kind(
            "verification_due",
            _("A playbook to verify"),
            _("the owner and the deputy; the leads where both have left"),
            _("when its “verified until” is near or past"),
            Delivery.NUDGE,
            False,
            _("the owner verifies it"),
            holds_key=True,
        ),
        Kind(
            "account_review_due",
            _("A social account to look at"),
            _("the owner, else the department's representatives"),
            _("six months after somebody last looked at it"),
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
