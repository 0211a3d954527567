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
