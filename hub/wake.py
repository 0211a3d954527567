"""Wakes a job after the transaction, and never fails or delays the person who caused it.

The truth is in the database; a lost wake-up only means that the next sweep does the work.
"""

import logging

from django.db import transaction

logger = logging.getLogger(__name__)


def wake(task, *args):
    """Calls the task once the current transaction has been committed; a broker that is away is only logged."""

    def publish():
        try:
            task.apply_async(args=args, retry=False, ignore_result=True)
        except Exception as error:  # whatever the broker's client raises: it must not reach the person
            logger.warning("Could not wake %s (%s); the next sweep will do it.", task.name, error)

    transaction.on_commit(publish)
