"""Opening hours that can be read, and those that cannot."""

import pytest

from hub import actions
from hub.exceptions import Invalid, NotAllowed
from hub.models import Role, WorkCalendar
from tests.factories import OFFICE_WEEK, make_calendar, make_person, make_root

CLOSED = [[]] * 7


def test_a_lead_opens_a_calendar_and_changes_it(db):
    lead = make_person(name="Hana", role=Role.LEAD, by=make_root())
    made = actions.save_calendar(slug="desk", name="Desk", time_zone="Europe/Berlin", week=OFFICE_WEEK, by=lead)
    actions.save_calendar(calendar=made, name="Front desk", by=lead)
    assert [(one.slug, one.name) for one in WorkCalendar.objects.all()] == [("desk", "Front desk")]
    with pytest.raises(NotAllowed):
        actions.save_calendar(calendar=made, name="Mine", by=make_person(name="Paul", role=Role.STAFF, by=lead))


@pytest.mark.parametrize(
    "week",
    [CLOSED, [], [[["nine", "five"]], *CLOSED[1:]], [[["17:00", "09:00"]]] * 7, [[["09:00"]]] * 7, "always", 5],
)
def test_hours_that_nobody_can_keep_are_refused(db, week):
    calendar = make_calendar()
    with pytest.raises(Invalid, match="cannot be read") as refused:
        actions.save_calendar(calendar=calendar, week=week, by=make_root())
    assert refused.value.field == "week"
    calendar.refresh_from_db()
    assert calendar.week == OFFICE_WEEK


def test_a_zone_that_there_is_not_is_refused(db):
    with pytest.raises(Invalid, match="cannot be read"):
        actions.save_calendar(calendar=make_calendar(), time_zone="Mars/Olympus", by=make_root())
