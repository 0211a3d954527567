"""Accounts and uploads, made by the real actions."""

import itertools
from datetime import timedelta

from django.utils import timezone

from spokes import actions
from spokes.actions import uploads
from spokes.models import SocialAccount
from spokes.workflow import AccountStatus
from tests.factories import make_root

_numbers = itertools.count(1)


def day(offset):
    return timezone.localdate() + timedelta(days=offset)


def make_account(*, spoke, handle=None, platform="x", status=AccountStatus.ACTIVE, **fields):
    return actions.add_account(
        platform=platform,
        handle=handle or f"account{next(_numbers)}",
        spoke=spoke,
        status=status,
        by=make_root(),
        **fields,
    )


def upload(text, *, by, kind="people", filename="list.csv", **options):
    """A file that a worker has checked."""
    data = text if isinstance(text, bytes) else text.encode()
    kept = uploads.upload_table(kind=kind, filename=filename, data=data, options=options, by=by)
    uploads.work_on_import(pk=kept.pk)
    kept.refresh_from_db()
    return kept


def confirmed(kept, *, by, answer=False):
    """The same, confirmed and stored by a worker."""
    uploads.confirm_import(upload=kept, by=by, answer=answer)
    uploads.work_on_import(pk=kept.pk)
    kept.refresh_from_db()
    return kept


def accounts():
    return {f"{a.platform}:{a.handle}": a for a in SocialAccount.objects.select_related("spoke", "owner")}
