"""What the writes of several apps have in common."""

from contextlib import contextmanager

from django.db import IntegrityError, transaction


@contextmanager
def refused_as(check):
    """Around a write that `check` has just allowed: where somebody else was quicker, `check` now says so.

    Any other broken constraint is our mistake and stays one.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        check()
        raise


def made_once(find, make):
    """(thing, whether it is new): what `find` finds of an earlier press of the same form, or else what `make` makes.

    Where the other press was quicker by a moment, it is found then.
    """
    found = find()
    if found is None:
        try:
            with transaction.atomic():
                return make(), True
        except IntegrityError:
            found = find()
            if found is None:
                raise
    return found, False
