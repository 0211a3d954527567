"""Verbs of following: whose letter tells what is new about what."""

from django.db import transaction
from django.utils.translation import gettext as _

from hub import audit, slots
from hub.exceptions import Invalid
from hub.models import Follow, User

MOST_FOLLOWED = 300


@transaction.atomic
def follow(*, kind, object_id, by):
    """Her weekly letter tells what is new about it. Twice is once.

    Raises Invalid for what she may not see, or when she follows very much already.
    """
    # Of one person's two presses the second waits.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    offered = next((one for one in slots.followables.gather() if one.kind == kind), None)
    if offered is None or not offered.things(by).filter(pk=object_id).exists():
        raise Invalid(_("There is no such thing for you to follow."))
    found = Follow.objects.filter(person=by, kind=kind, object_id=object_id).first()
    if found is not None:
        return found
    if by.follows.count() >= MOST_FOLLOWED:
        raise Invalid(_("You follow %(n)d things already. Let go of some first.") % {"n": MOST_FOLLOWED})
    made = Follow.objects.create(person=by, kind=kind, object_id=object_id)
    audit.record("followed", made, by=by)
    return made


@transaction.atomic
def unfollow(*, kind, object_id, by):
    """Her letter tells nothing more of it; whether she followed it. She may let go of what she no longer sees."""
    found = Follow.objects.select_for_update().filter(person=by, kind=kind, object_id=object_id).first()
    if found is None:
        return False
    audit.record("unfollowed", found, by=by)
    found.delete()
    return True
