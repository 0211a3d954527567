"""What the hub offers."""

import functools
from itertools import groupby
from urllib.parse import urlencode

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from engagements.forms import departments_to_file_for, read_about
from engagements.models import EngagementRequest
from engagements.pages import promise_of, queue_in_words
from engagements.workflow import UNDELIVERED
from hub.models import OldSlug, Service
from playbooks.models import Playbook
from playbooks.permissions import can_take_part


def offered():
    """Services with the length of their queue, in one query."""
    queue = (
        EngagementRequest.objects.filter(service=OuterRef("pk"), status__in=UNDELIVERED)
        .order_by()
        .values("service")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return Service.objects.offered().select_related("topic", "calendar").annotate(queue=Coalesce(Subquery(queue), 0))


@require_safe
def catalogue(request):
    services = list(offered().order_by("topic__order", "topic__name", "order", "title"))
    for service in services:
        service.promise = promise_of(service)
        service.queue_words = queue_in_words(service.queue)
    topics = [(topic, list(rows)) for topic, rows in groupby(services, key=lambda service: service.topic)]
    return render(request, "engagements/catalogue.html", {"topics": topics, **_carried(request)})


def _carried(request):
    """What a request will refer to, on its way from a clause over the catalogue to the form."""
    clauses = read_about(request.user, request.GET).clauses
    pairs = [f"{policy.slug}:{key}" for policy, key, _heading in clauses]
    return {
        "clauses": clauses,
        "carried": f"?{urlencode({'clause': pairs}, doseq=True, safe=':')}" if pairs else "",
        "ask_url": f"/questions/ask/?policy={pairs[0]}" if pairs else "/questions/ask/",
        "can_ask": can_take_part(request.user),
    }


def follows_renames(view):
    """A view of a service that is not found by its address leads on from a former address to the present one."""

    @functools.wraps(view)
    def found(request, slug, **kwargs):
        try:
            return view(request, slug=slug, **kwargs)
        except Http404:
            old = get_object_or_404(OldSlug, kind="service", slug=slug)
            service = get_object_or_404(Service.objects.offered(), pk=old.object_id)
        address = reverse(request.resolver_match.view_name, kwargs={"slug": service.slug, **kwargs})
        query = request.META.get("QUERY_STRING")
        return redirect(
            f"{address}?{query}" if query else address, permanent=True, preserve_request=request.method == "POST"
        )

    return found


@require_safe
@follows_renames
def service(request, slug):
    service = get_object_or_404(offered().select_related("topic", "calendar", "owner"), slug=slug)
    return render(
        request,
        "engagements/service.html",
        {
            "service": service,
            "promise": promise_of(service),
            "queue": queue_in_words(service.queue),
            "questions": list(service.questions.all()),
            "playbooks": list(Playbook.objects.published().for_audience_of(request.user).filter(services=service)),
            "can_file": bool(departments_to_file_for(request.user)),
            **_carried(request),
        },
    )
