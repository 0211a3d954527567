"""What the clock starts in the hub."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hub import actions, mail
from hub.models import ImportedDocument, ImportStatus, JobRun
from hub.schedule import scheduled
from hub.tasks import read_document

KEEP_RUNS = timedelta(days=90)
# A wake-up that has not come by then is lost. A run reads so many that it ends before the next begins.
READ_LATE = timedelta(seconds=45)
MOST_DOCUMENTS = 10


@scheduled("hub.sweep_outbox", every=timedelta(seconds=60), says=_("Sends every message that is due"))
def sweep_outbox():
    return mail.deliver()


@scheduled("hub.prune_job_runs", every=timedelta(days=1), says=_("Forgets job runs older than 90 days"))
def prune_job_runs():
    return JobRun.objects.filter(started_at__lt=timezone.now() - KEEP_RUNS).delete()[0]


@scheduled("hub.read_documents", every=timedelta(minutes=1), says=_("Reads uploaded documents that still wait"))
def read_documents():
    late = timezone.now() - READ_LATE
    waiting = ImportedDocument.objects.filter(status=ImportStatus.WAITING, uploaded_at__lt=late).order_by("pk")
    found = list(waiting.values_list("pk", flat=True)[:MOST_DOCUMENTS])
    for document_id in found:
        read_document(document_id)
    return len(found)


@scheduled("hub.prune_documents", every=timedelta(days=1), says=_("Forgets uploaded documents after a week"))
def prune_documents():
    return actions.prune_documents()
