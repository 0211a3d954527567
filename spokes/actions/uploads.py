"""Uploaded tables: kept, checked, shown, and stored only after somebody has said yes."""

import hashlib
import logging
from collections import Counter
from datetime import timedelta

from django.db import DatabaseError, OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from hub import audit, tables
from hub.exceptions import HubError, Invalid, NotAllowed
from spokes.imports import plan_for, store
from spokes.models import TableImport
from spokes.permissions import check_can_import
from spokes.workflow import IMPORT_AT_WORK, ImportStatus

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
MOST_LINES = 200  # of each verb, kept for showing
MOST_ERRORS = 100_000
MOST_NOTES = 500


@transaction.atomic
def upload_table(*, kind, filename, data, by, options=None):
    """Keeps a file to be checked by a worker. Raises Invalid for what is no table at all."""
    check_can_import(by, kind)
    options = options or {}
    if options.get("format") != "yaml":
        if filename.lower().endswith((".yaml", ".yml")):
            raise Invalid(
                _(
                    "YAML can only be imported by the command import_accounts, on the server. Save the list as CSV or "
                    "XLSX and upload that."
                ),
                field="file",
            )
        try:
            tables.kind_of(data)
        except tables.UnreadableTable as error:
            raise Invalid(error.sentence, field="file") from error
    upload = TableImport.objects.create(
        kind=kind,
        filename=filename[-200:],
        sha256=hashlib.sha256(data).hexdigest(),
        content=data,
        options=options,
        uploaded_by=by,
        uploaded_at=timezone.now(),
    )
    audit.record("uploaded", upload, by=by, sha256=upload.sha256)
    return upload


@transaction.atomic
def confirm_import(*, upload, by, answer=False):
    """Lets the worker store it. `answer` says yes to the import's question, if it asks one."""
    upload = TableImport.objects.select_for_update().get(pk=upload.pk)
    check_can_import(by, upload.kind)
    if upload.status != ImportStatus.CHECKED:
        raise NotAllowed(_("This file does not wait for a decision any more."))
    if upload.question and not answer:
        raise Invalid(_("Please tick the box: this file would lock out many people."), field="answer")
    upload.status = ImportStatus.CONFIRMED
    upload.options = {**upload.options, "answered": bool(upload.question)}
    upload.leased_until = None
    upload.done = 0
    upload.save(update_fields=["status", "options", "leased_until", "done"])
    audit.record("confirmed", upload, by=by)
    return upload


@transaction.atomic
def discard_import(*, upload, by):
    upload = TableImport.objects.select_for_update().get(pk=upload.pk)
    check_can_import(by, upload.kind)
    if upload.status not in {ImportStatus.CHECKED, ImportStatus.UPLOADED}:
        raise NotAllowed(_("This file does not wait for a decision any more."))
    _finish(upload, ImportStatus.DISCARDED)
    audit.record("discarded", upload, by=by)
    return upload


def work_on_import(*, pk):
    """Does what the upload's state asks for: checks it, or stores it. Returns whether there was something to do.

    Several workers may ask; one gets the lease. Storing goes in chunks, each a transaction of its own, so that nobody
    waits for long; a worker that dies is followed by another, for which the same file has less left to do.
    """
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    mine = TableImport.objects.filter(free, pk=pk, status__in=IMPORT_AT_WORK).update(leased_until=now + LEASE)
    if not mine:
        return False
    upload = TableImport.objects.select_related("uploaded_by").get(pk=pk)
    try:
        _work_on(upload)
    except OperationalError:
        raise  # the database is away or busy: another worker takes it up when the lease is over
    except Exception:
        # Whatever it is, it would happen again each time, and a file full of people would be kept for ever.
        logger.exception("Import %s stopped", pk)
        upload.refresh_from_db()
        sentence = _(
            "We could not finish this file, and have noted why. Tell those who run the portal; nothing more is stored."
        )
        upload.errors, upload.error_count = [[0, "", sentence]], 1
        _finish(upload, ImportStatus.FAILED)
    return True


def _work_on(upload):
    try:
        plan = plan_for(upload.kind, bytes(upload.content), upload.options, by=upload.uploaded_by)
    except tables.UnreadableTable as error:
        upload.errors, upload.error_count = [[0, "", error.sentence]], 1
        _finish(upload, ImportStatus.REFUSED)
        return
    if upload.status == ImportStatus.UPLOADED or plan.errors or _asks_anew(upload, plan):
        _show(upload, plan)
    else:
        _store(upload, plan)


def _asks_anew(upload, plan):
    return bool(plan.question) and not upload.options.get("answered")


def _show(upload, plan):
    shown, lines = Counter(), []
    for act in plan.acts:
        shown[act.verb] += 1
        if shown[act.verb] <= MOST_LINES:
            lines.append([act.row, act.verb, act.name, act.detail])
    notes = [[note.row, note.column, note.reason] for note in plan.notes[:MOST_NOTES]]
    upload.counts = dict(plan.counts)
    upload.lines = lines + [[row, "note", column, reason] for row, column, reason in notes]
    upload.errors = [
        [error.row, error.column, error.reason] for error in sorted(plan.errors, key=_by_row)[:MOST_ERRORS]
    ]
    upload.error_count = len(plan.errors)
    upload.question = plan.question
    upload.done, upload.total = 0, len(plan.acts)
    if plan.errors:
        _finish(upload, ImportStatus.REFUSED)
        return
    upload.status = ImportStatus.CHECKED
    upload.leased_until = None
    # Somebody may have discarded it meanwhile.
    _write(upload, ["status", "counts", "lines", "errors", "error_count", "question", "done", "total", "leased_until"])


def _by_row(error):
    return (error.row, error.column)


def _write(upload, fields):
    values = {name: getattr(upload, name) for name in fields}
    TableImport.objects.filter(pk=upload.pk, status__in=IMPORT_AT_WORK).update(**values)


def _store(upload, plan):
    already = max(0, upload.total - len(plan.acts))
    TableImport.objects.filter(pk=upload.pk).update(done=already, total=already + len(plan.acts))

    def progress(count):
        TableImport.objects.filter(pk=upload.pk).update(done=F("done") + count, leased_until=timezone.now() + LEASE)

    try:
        store(upload.kind, plan, by=upload.uploaded_by, about=upload.pk, progress=progress)
    except (HubError, DatabaseError) as error:
        upload.refresh_from_db()
        reason = str(error) if isinstance(error, HubError) else _("Somebody changed the same things meanwhile.")
        sentence = _(
            "It stopped after %(done)d of %(total)d: %(reason)s Upload the same file again; what is stored is skipped."
        ) % {"done": upload.done, "total": upload.total, "reason": reason}
        upload.errors, upload.error_count = [[0, "", sentence]], 1
        _finish(upload, ImportStatus.FAILED)
        return
    upload.refresh_from_db()
    _finish(upload, ImportStatus.DONE)
    audit.record("stored", upload, by=upload.uploaded_by, counts=upload.counts)


def _finish(upload, status):
    """The file itself is not kept any longer than needed: it is full of personal data."""
    upload.status = status
    upload.finished_at = timezone.now()
    upload.leased_until = None
    upload.content = None
    upload.save()
