"""The few places that are always one click away."""

from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Place:
    label: str
    url: str
    current: bool = False


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


def user_menu_for(user):
    """What a person finds under her own name."""
    if user is None or not user.is_authenticated:
        return []
    return [Place(_("Settings"), "/settings/"), Place(_("Reminders"), "/settings/reminders/")]


def footer_for(user):
    """At the foot of every page; for strangers only what needs no sign-in."""
    places = [Place(_("Accessibility"), "/accessibility/")]
    if user is None or not user.is_authenticated:
        return places
    return [
        Place(_("Who we are"), "/hub/"),
        Place(_("Account register"), "/register/"),
        Place(_("Announcements"), "/announcements/"),
        *places,
    ]
