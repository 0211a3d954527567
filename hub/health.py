"""Is the portal well? Written for a prober: one line a finding, the worst decides."""

import tempfile
from datetime import timedelta

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from hub.models import JobRun, OutboxMessage

OLDEST_DUE = timedelta(minutes=5)
PULSE = "hub.sweep_outbox"
# Two of its periods and the time a run may take.
BEAT_SILENT = timedelta(minutes=3)
MOST_COUNTED = 1000


def report():
    """(healthy, lines): the disk can be written, the database answers, mail leaves, and the beat beats."""
    findings = []
    # The disk first: where it is full, SQLite does not answer either, and that is not what has to be mended.
    for check in (disk, database, outbox, beat):
        try:
            problem = check()
        except OSError as error:
            problem = f"{check.__name__}: {error.strerror or type(error).__name__}"
        except Error as error:
            problem = f"{check.__name__}: {type(error).__name__}"
        if problem:
            findings.append(problem)
            if check is database:
                break
    return not findings, "\n".join((findings or ["ok"]) + notes()) + "\n"


def notes():
    """What the operator should know and no alarm need ring for."""
    return [] if settings.PROOF_KEY else ["note: COE_PROOF_KEY is not set, so proof packs are not signed"]


def database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def disk():
    """Writes, because a full disk reads very well."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=settings.DATA_DIR, prefix=".health-") as probe:
        probe.write(b"x" * 4096)
        probe.flush()


def outbox():
    late = len(OutboxMessage.objects.due(timezone.now() - OLDEST_DUE).values_list("pk")[: MOST_COUNTED + 1])
    if late:
        number = f"more than {MOST_COUNTED}" if late > MOST_COUNTED else late
        return f"outbox: messages due for more than five minutes: {number}"


def beat():
    """The job that should run every minute; before its first run, how long it has been waiting for that."""
    seen = JobRun.objects.filter(job=PULSE).order_by("-started_at").values_list("started_at", flat=True).first()
    if seen is None:
        planned = PeriodicTask.objects.filter(name=PULSE, enabled=True).values_list("date_changed", flat=True).first()
        seen = planned or timezone.now()
    if timezone.now() - seen > BEAT_SILENT:
        return "beat: no job has run for three minutes"
