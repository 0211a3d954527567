"""What the clock starts in the hub."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hub import mail
from hub.models import JobRun
from hub.schedule import scheduled

KEEP_RUNS = timedelta(days=90)


@scheduled("hub.sweep_outbox", every=timedelta(seconds=60), says=_("Sends every message that is due"))
def sweep_outbox():
    return mail.deliver()


@scheduled("hub.prune_job_runs", every=timedelta(days=1), says=_("Forgets job runs older than 90 days"))
def prune_job_runs():
    return JobRun.objects.filter(started_at__lt=timezone.now() - KEEP_RUNS).delete()[0]
