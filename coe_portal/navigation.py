"""The few places that are always one click away; each list is made once for each language and kind of person."""

from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _

# What has an address of its own and belongs to a place of the navigation.
BELONGS_TO = {
    "/runs/": "/playbooks/",
    "/suggestions/": "/playbooks/",
    "/cases/": "/playbooks/",
    "/topics/": "/playbooks/",
    "/others/": "/policies/",
}


@dataclass(frozen=True)
class Place:
    label: str
    url: str
    current: bool = False


def navigation_for(user, path):
    """The main navigation of a person; nothing for somebody who is not signed in. No query."""
    if user is None or not user.is_authenticated:
        return ()
    section = f"/{path.split('/', 2)[1]}/"
    return _navigation(get_language(), user.reads_all, BELONGS_TO.get(section, section))


@lru_cache(maxsize=256)
def _navigation(language, with_desk, section):
    places = [
        (_("Policies"), "/policies/"),
        (_("May I post this?"), "/may-i-post/"),
        (_("Playbooks"), "/playbooks/"),
        (_("Services"), "/services/"),
        (_("Requests"), "/requests/"),
        (_("Questions"), "/questions/"),
        (_("Departments"), "/departments/"),
    ]
    if with_desk:
        places.append((_("Desk"), "/desk/"))
    return tuple(Place(label, url, section == url) for label, url in places)


def user_menu_for(user):
    """What a person finds under her own name."""
    return _user_menu(get_language()) if user is not None and user.is_authenticated else ()


@lru_cache
def _user_menu(language):
    return Place(_("Settings"), "/settings/"), Place(_("Reminders"), "/settings/reminders/")


def footer_for(user):
    """At the foot of every page; for strangers only what needs no sign-in."""
    return _footer(get_language(), user is not None and user.is_authenticated)


@lru_cache
def _footer(language, is_signed_in):
    accessibility = Place(_("Accessibility"), "/accessibility/")
    if not is_signed_in:
        return (accessibility,)
    return (
        Place(_("Who we are"), "/hub/"),
        Place(_("Account register"), "/register/"),
        Place(_("Announcements"), "/announcements/"),
        accessibility,
    )
