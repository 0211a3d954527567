"""Is the portal well? Written for a prober: one line a finding, the worst decides."""

from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from hub.models import JobRun, OutboxMessage

OLDEST_DUE = timedelta(minutes=5)
BEAT_SILENT = timedelta(minutes=3)


def report():
    """(healthy, lines): the database answers and can be written, the disk too, mail leaves, and the beat beats."""
    findings = []
    for check in (database, disk, outbox, beat):
        try:
            problem = check()
        except (DatabaseError, OSError) as error:
            problem = f"{check.__name__}: {type(error).__name__}"
        if problem:
            findings.append(problem)
            if check is database:
                break
    return not findings, "\n".join(findings or ["ok"]) + "\n"


def database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def disk():
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    probe = settings.DATA_DIR / ".health"
    probe.write_bytes(b"x" * 4096)
    probe.unlink()


def outbox():
    late = OutboxMessage.objects.due(timezone.now() - OLDEST_DUE).count()
    if late:
        return f"outbox: {late} messages have been due for more than five minutes"


def beat():
    latest = JobRun.objects.filter(job="hub.sweep_outbox").order_by("-started_at").values_list("started_at").first()
    if latest is None:
        return None
    if timezone.now() - latest[0] > BEAT_SILENT:
        return "beat: no job has run for three minutes"
