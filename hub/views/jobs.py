"""What the clock starts: when each job ran, what it did, and whether it is late."""

from celery import current_app
from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hub.permissions import check_can_lead, check_can_see_the_desk, refusal
from hub.reports import job_states
from hub.schedule import all_jobs
from hub.wake import wake


@require_safe
def jobs(request):
    check_can_see_the_desk(request.user)
    return render(
        request,
        "hub/jobs.html",
        {
            "jobs": job_states(),
            "why_not": refusal(check_can_lead, request.user),
            "is_unsigned": not settings.PROOF_KEY,
        },
    )


@require_POST
def run_now(request, name):
    """Asks a worker to run a job at once; it may run twice without harm."""
    check_can_lead(request.user)
    job = all_jobs().get(name)
    if job is None:
        raise Http404
    wake(current_app.tasks[name])
    messages.success(request, _("A worker has been asked to do this now. Reload the page in a moment."))
    return redirect("hub:jobs")
