"""What the clock starts in the hub."""

from datetime import timedelta

from celery import shared_task
from celery.schedules import crontab
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hub import actions, clock, mail
from hub.letter import write_letters
from hub.models import ImportedDocument, ImportStatus, JobRun
from hub.schedule import scheduled
from hub.tasks import deliver_outbox, read_document
from hub.wake import wake

KEEP_RUNS = timedelta(days=90)
# Runs of a job that found nothing to do tell little, and there are thousands of them.
KEEP_IDLE_RUNS = timedelta(days=2)
# A wake-up that has not come by then is lost. A run reads so many that it ends before the next begins.
READ_LATE = timedelta(seconds=45)
MOST_DOCUMENTS = 10
KEEP_SEARCHES = timedelta(days=365)


@scheduled("hub.sweep_outbox", every=timedelta(seconds=60), says=_("Sends every message that is due"))
def sweep_outbox():
    return mail.deliver()


@scheduled("hub.prune_job_runs", every=timedelta(days=1), says=_("Forgets job runs older than 90 days"))
def prune_job_runs():
    now = timezone.now()
    idle = JobRun.objects.filter(made=0, error="", finished_at__lt=now - KEEP_IDLE_RUNS)
    return idle.delete()[0] + JobRun.objects.filter(started_at__lt=now - KEEP_RUNS).delete()[0]


@scheduled(
    "hub.write_letters",
    at=crontab(minute="1,31"),
    says=_("Writes the weekly letter, Monday at eight by each person's own clock"),
)
def write_weekly_letters():
    written = write_letters()
    if written:
        wake(deliver_outbox)
    return written


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


@shared_task(name="hub.count_searches")
def count_searches(rows):
    """What pages have counted in the last few seconds."""
    actions.count_searches(rows=rows)


@scheduled("hub.forget_searches", every=timedelta(days=1), says=_("Forgets words nobody has searched for in a year"))
def forget_searches():
    return actions.forget_searches(before=clock.today() - KEEP_SEARCHES)
