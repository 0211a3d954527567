"""Sample mode only: the eight people whom anybody may be, with what each of them shows."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hub.models import User

CAST = {
    "hana": _("Leads the hub: approves, publishes, sees everything"),
    "paul": _("Policy manager in the hub: writes, works the queue"),
    "rita": _("Represents Retail: files requests, keeps its accounts"),
    "otto": _("Represents Operations: sees his own department only"),
    "emma": _("Works in Customer Care: reads, signs, asks"),
    "dora": _("Rita's deputy in Retail"),
    "sam": _("Executive sponsor: looks at the figures"),
    "audra": _("Auditor: reads all, changes nothing"),
}


@dataclass(frozen=True)
class Member:
    name: str
    role: str
    url: str


def sample_cast():
    """The cast as far as it is there, in the order above; nothing outside sample mode. One query."""
    if not settings.SAMPLE_MODE:
        return []
    addresses = {f"{name}@larkfield.example": role for name, role in CAST.items()}
    people = {person.email: person for person in User.objects.active().filter(email__in=addresses)}
    return [
        Member(people[email].name, role, reverse("portal:sample_sign_in", args=[people[email].pk]))
        for email, role in addresses.items()
        if email in people
    ]
