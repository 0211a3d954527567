"""The few places that are always one click away."""

from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Place:
    label: str
    url: str
    current: bool


def navigation_for(user, path):
    """The main navigation of a person; nothing for somebody who is not signed in. No query."""
    if user is None or not user.is_authenticated:
        return []
    places = [
        (_("Policies"), "/policies/"),
        (_("Playbooks"), "/playbooks/"),
        (_("Ask the hub"), "/services/"),
        (_("Requests"), "/requests/"),
        (_("Questions"), "/questions/"),
        (_("Departments"), "/departments/"),
    ]
    if user.reads_all:
        places.append((_("Desk"), "/desk/"))
    return [Place(label, url, path.startswith(url)) for label, url in places]
