"""The list of goals that readers filter the library by."""

from django.db import transaction
from django.utils.translation import gettext as _

from hub import audit
from hub.actions.common import refused_as
from hub.exceptions import Invalid
from hub.text.markdown import clean
from playbooks.models import Goal
from playbooks.permissions import check_can_curate_playbooks


@transaction.atomic
def save_goal(*, by, goal=None, **fields):
    """A new goal, or new values for one there is. Raises Invalid for a name or an address that another one has."""
    check_can_curate_playbooks(by)
    goal = goal or Goal()
    for name, value in fields.items():
        setattr(goal, name, " ".join(clean(value).split()) if isinstance(value, str) else value)
    if not goal.name:
        raise Invalid(_("Say what somebody wants to reach, in a few words."), field="name")
    _check_free(goal)
    with refused_as(lambda: _check_free(goal)):
        goal.save()
    audit.record("saved", goal, by=by)
    return goal


def _check_free(goal):
    others = Goal.objects.exclude(pk=goal.pk)
    if others.filter(name=goal.name).exists():
        raise Invalid(_("There is such a goal already."), field="name")
    if others.filter(slug=goal.slug).exists():
        raise Invalid(_("Another goal has this address. Choose another."), field="slug")
