"""Writes to topics, calendars and the service catalogue."""

from datetime import UTC, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from hub import audit, search
from hub.clock import WorkingHours
from hub.exceptions import Invalid
from hub.models import OldSlug, Service, Topic, WorkCalendar
from hub.permissions import check_can_curate, check_can_lead
from hub.text.markdown import render


@transaction.atomic
def save_topic(*, by, topic=None, **fields):
    """A new topic, or new values for one there is. What is found under its address goes along to a new one."""
    check_can_curate(by)
    topic = topic or Topic()
    for name, value in fields.items():
        setattr(topic, name, value)
    if topic.pk and topic.parent_id:
        _check_not_under_itself(topic)
    address = Topic.objects.select_for_update(no_key=True).filter(pk=topic.pk).values_list("slug", flat=True).first()
    topic.save()
    if address is not None and address != topic.slug:
        search.rename_topic(address, topic.slug)
    audit.record("saved", topic, by=by)
    return topic


def _check_not_under_itself(topic):
    """Raises Invalid if going up from the topic leads back to it. All rows are locked: two moves can close a circle."""
    rows = Topic.objects.select_for_update(no_key=True).order_by("pk")
    parents = dict(rows.values_list("pk", "parent"))
    above, seen = topic.parent_id, set()
    while above is not None and above not in seen:
        if above == topic.pk:
            raise Invalid(
                _("“%(name)s” cannot stand under itself or under one of its own subtopics. Choose another parent.")
                % {"name": topic.name},
                field="parent",
            )
        seen.add(above)
        above = parents.get(above)


@transaction.atomic
def save_service(*, by, service=None, **fields):
    """A new service, or new values for one there is. Renders the description. A renamed address goes on leading here.

    Raises Invalid when the address is the former one of another service.
    """
    check_can_curate(by)
    service = service or Service()
    for name, value in fields.items():
        setattr(service, name, value)
    service.description_html = render(service.description, heading_level=3)
    former = OldSlug.objects.filter(kind="service", slug=service.slug)
    if former.exclude(object_id=service.pk or 0).exists():
        raise Invalid(_("Another service had this address. Choose another."), field="slug")
    before = Service.objects.select_for_update(no_key=True, of=("self",)).filter(pk=service.pk)
    address = before.values_list("slug", flat=True).first()
    service.save()
    if address is not None and address != service.slug:
        former.delete()
        OldSlug.objects.create(kind="service", slug=address, object_id=service.pk)
    audit.record("saved", service, by=by)
    return service


@transaction.atomic
def save_calendar(*, by, calendar=None, **fields):
    """New opening hours. Raises Invalid unless they can be read and at least one hour is open."""
    check_can_lead(by)
    calendar = calendar or WorkCalendar()
    for name, value in fields.items():
        setattr(calendar, name, value)
    try:
        WorkingHours.of(calendar).add(datetime.now(UTC), 1)
    except (ValueError, TypeError, KeyError, IndexError, NotImplementedError) as error:
        raise Invalid(
            _(
                "These opening hours cannot be read. Give seven days, Monday first, each a list of pairs such as "
                '["09:00", "17:00"]; a closed day is an empty list.'
            ),
            field="week",
        ) from error
    calendar.save()
    audit.record("saved", calendar, by=by)
    return calendar
