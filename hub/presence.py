"""What a page of many small panels can leave unasked: one statement says which of them can hold anything for a person.

    presence.look(person)
    if presence.may_have(person, "reviews"): ...

Apps say in the slot `presence` by which rows each of their panels is known. Where nobody has looked, everything may be.
"""

from django.db.models import Exists

from hub import slots
from hub.models import User
from hub.prepared import prepared

# No field of a person begins so.
ALIAS = "has_some_"


def look(person):
    """Remembers with this person which panels can hold something. One statement, whatever their number."""
    (found,) = _present(person=person)
    person._present = {alias.removeprefix(ALIAS) for alias, is_there in found.items() if is_there}


def may_have(person, name):
    present = getattr(person, "_present", None)
    return present is None or name in present


@prepared(skewed=True)
def _present(person):
    there = {f"{ALIAS}{one.name}": Exists(one.rows) for one in slots.presence.gather(person)}
    return User.objects.filter(pk=person.pk).order_by().values(**there)
