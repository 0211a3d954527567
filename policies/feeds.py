"""What feed readers and calendars get: published versions and the dates of policies, with one reader's rights.

Each function takes the reader and gives bytes. The same state gives the same bytes, so that an unchanged feed is known
by its hash.
"""

import json
from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from hub.feeds import absolute, calendar_event, new_calendar
from policies import clock
from policies.models import Policy, PolicyVersion

MOST_ITEMS = 50
MOST_DATES = 500
# How long a day that has passed stays in the calendar.
PAST_DAYS = timedelta(days=365)


def _readable(reader, day):
    """Versions that the reader may open and that were not withdrawn, with their policies."""
    versions = PolicyVersion.objects.visible_on(day).filter(withdrawn_on=None)
    return versions.filter(policy__in=Policy.objects.for_audience_of(reader)).select_related("policy__topic")


def newest(reader):
    """The newest published versions, newest first, with the instant they became visible as `at`."""
    versions = list(_readable(reader, clock.today()).order_by("-publish_on", "-pk")[:MOST_ITEMS])
    for version in versions:
        version.at = version.published_at or clock.midnight(version.publish_on)
    return versions


def _id(version):
    """RFC 4151: stays the same when the address of the policy or of the portal changes its path."""
    return f"tag:{settings.SITE.hostname},{version.at.year}:policy-version-{version.pk}"


def _title(version):
    about = {"title": version.policy.title, "n": version.number}
    return _("New policy: %(title)s") % about if version.number == 1 else _("%(title)s, version %(n)d") % about


def _words(version):
    """What changed and from when it binds, as plain text."""
    binds = _("Binds from %(day)s.") % {"day": version.effective_on.isoformat()}
    note = version.policy.summary if version.number == 1 else version.change_note
    return f"{note}\n\n{binds}".strip()


def _feed_title():
    return _("Policies of %(site)s") % {"site": settings.SITE_NAME}


def json_feed(reader, address):
    """JSON Feed 1.1."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _feed_title(),
        "home_page_url": absolute(reverse("policies:library")),
        "feed_url": absolute(address),
        "language": reader.language,
        "items": [
            {
                "id": _id(version),
                "url": absolute(version.get_absolute_url()),
                "title": _title(version),
                "content_text": _words(version),
                "date_published": version.at.isoformat(timespec="seconds"),
                "tags": [version.policy.topic.name, version.significance],
            }
            for version in newest(reader)
        ],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1).encode()


class _Atom(Atom1Feed):
    def latest_post_date(self):
        # Django says "now" of an empty feed, which would change at every look.
        return super().latest_post_date() if self.items else clock.midnight(clock.today())


def atom(reader, address):
    """Atom (RFC 4287)."""
    feed = _Atom(
        title=_feed_title(),
        link=absolute(reverse("policies:library")),
        description="",
        language=reader.language,
        author_name=settings.SITE_NAME,
        feed_url=absolute(address),
        feed_guid=f"tag:{settings.SITE.hostname},2026:policies",
    )
    for version in newest(reader):
        feed.add_item(
            title=_title(version),
            link=absolute(version.get_absolute_url()),
            description=_words(version),
            unique_id=_id(version),
            pubdate=version.at,
            updateddate=version.at,
            categories=[version.policy.topic.name],
        )
    return feed.writeString("utf-8").encode()


def calendar(reader, address):
    """iCalendar (RFC 5545): the days on which versions begin to bind, and on which policies are looked at again."""
    day = clock.today()
    found = new_calendar("policies", _("Policy dates"))
    versions = _readable(reader, day).filter(effective_on__gte=day - PAST_DAYS)
    for version in versions.order_by("effective_on", "pk")[:MOST_DATES]:
        version.at = version.published_at or clock.midnight(version.publish_on)
        found.add_component(
            calendar_event(
                uid=f"policy-version-{version.pk}",
                at=version.at,
                day=version.effective_on,
                summary=_("Binds: %(title)s, version %(n)d") % {"title": version.policy.title, "n": version.number},
                words=version.change_note,
                url=absolute(version.get_absolute_url()),
            )
        )
    policies = Policy.objects.published().for_audience_of(reader).exclude(review_on=None).select_related("current")
    for policy in policies.order_by("review_on", "pk")[:MOST_DATES]:
        found.add_component(
            calendar_event(
                uid=f"policy-review-{policy.pk}",
                at=clock.midnight(policy.created_at.astimezone(clock.hub_zone()).date()),
                day=policy.review_on,
                summary=_("Review due: %(title)s") % {"title": policy.title},
                words=_("By then somebody looks whether it still holds."),
                url=absolute(policy.get_absolute_url()),
            )
        )
    return found.to_ical()
