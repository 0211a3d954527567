"""Keeps each department's group filled with everybody whose home is there or below.

Actions and imports call it; nothing else writes these groups.
"""

from django.contrib.auth.models import Group

from hub.models import User
from spokes.models import Membership, Spoke

CHUNK = 5000


def groups_for(path):
    """Ids of the groups of the spoke at this path and of all above it."""
    ids = [int(part) for part in path.strip("/").split("/")]
    return list(Spoke.objects.filter(pk__in=ids).values_list("group_id", flat=True))


def keep_home_groups(user, spoke):
    """Takes the person out of all departments' groups and into those of her home and above. `spoke` may be None."""
    user.groups.remove(*user.groups.filter(spoke__isnull=False))
    if spoke is not None:
        user.groups.add(*groups_for(spoke.path))


def refill_groups(people=None):
    """Fills departments' groups anew in sets, after a move of a branch or an import; for everybody or for these ids."""
    if people is None:
        _refill(None)
        return
    people = list(people)
    for start in range(0, len(people), CHUNK):
        _refill(people[start : start + CHUNK])


def _refill(people):
    through = User.groups.through
    group_of = dict(Spoke.objects.values_list("pk", "group_id"))
    homes = Membership.objects.filter(ends_on=None).values_list("person_id", "spoke__path")
    filled = through.objects.filter(group__in=Group.objects.filter(spoke__isnull=False))
    if people is not None:
        homes, filled = homes.filter(person_id__in=people), filled.filter(user_id__in=people)
    filled.delete()
    rows = []
    for person_id, path in homes.iterator(CHUNK):
        rows += [through(user_id=person_id, group_id=group_of[int(part)]) for part in path.strip("/").split("/")]
        if len(rows) >= CHUNK:
            through.objects.bulk_create(rows)
            rows = []
    through.objects.bulk_create(rows)
