"""A person's steps in runs, for her calendar."""

from django.utils.translation import gettext as _

from hub.feeds import absolute, calendar_event, new_calendar
from hub.text.markdown import plain
from playbooks.models import RunStep
from policies import clock

MOST_STEPS = 500


def calendar(reader, address):
    """iCalendar (RFC 5545): the days on which her open steps are due."""
    found = new_calendar("runs", _("Steps of playbooks"))
    steps = RunStep.objects.awaiting(reader, until=clock.today().replace(year=9999)).exclude(due_on=None)
    for step in steps.select_related("run__playbook", "run__spoke").order_by("due_on", "pk")[:MOST_STEPS]:
        found.add_component(
            calendar_event(
                uid=f"run-step-{step.pk}",
                at=step.run.created_at,
                day=step.due_on,
                summary=plain(step.text),
                words=f"{step.run.name}, {step.run.spoke.name}\n{step.run.playbook.title}",
                url=f"{absolute(step.run.get_absolute_url())}#step-{step.pk}",
            )
        )
    return found.to_ical()
