"""Wakes a job after the transaction, and never fails or delays the person who caused it.

The truth is in the database; a lost wake-up only means that the next sweep does the work.
"""

import logging
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction

logger = logging.getLogger(__name__)
_nobody = ContextVar("nobody_woken", default=False)


@contextmanager
def nobody_woken():
    """Within the block no job is woken; for a load of very many things, whose follow-up is done once at its end."""
    token = _nobody.set(True)
    try:
        yield
    finally:
        _nobody.reset(token)


def wake(task, *args):
    """Calls the task once the current transaction has been committed; a broker that is away is only logged."""
    if _nobody.get():
        return

    def publish():
        try:
            task.apply_async(args=args, retry=False, ignore_result=True)
        except Exception as error:  # whatever the broker's client raises: it must not reach the person
            logger.warning("Could not wake %s (%s); the next sweep will do it.", task.name, error)

    transaction.on_commit(publish)
