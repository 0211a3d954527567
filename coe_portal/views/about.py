"""Pages about the portal and the people behind it."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from engagements.reports import queue_lengths
from hub.models import Service, User

DAY = 24 * 3600


@require_safe
def hub(request):
    """Who works in the Center, what it does, and how long its queue is."""
    waiting = queue_lengths()
    services = list(Service.objects.offered().in_catalogue_order())
    for service in services:
        service.waiting = waiting.get(service.pk, 0)
    return render(
        request,
        "portal/hub.html",
        {
            "people": User.objects.staff().order_by("role", "name"),
            "services": services,
            "waiting": sum(waiting.values()),
        },
    )


@require_safe
@login_not_required
def accessibility(request):
    return render(request, "portal/accessibility.html")


@require_safe
@login_not_required
@cache_control(max_age=DAY, public=True)
def robots(request):
    """Nothing here is for search engines."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")


@require_safe
@login_not_required
@cache_control(max_age=DAY, public=True)
def security_txt(request):
    """RFC 9116; there is none without somebody to write to."""
    contact = settings.SECURITY_CONTACT
    if not contact:
        raise Http404
    if "@" in contact and ":" not in contact:
        contact = f"mailto:{contact}"
    expires = timezone.now() + timedelta(days=180)
    lines = [
        f"Contact: {contact}",
        f"Expires: {expires:%Y-%m-%dT00:00:00Z}",
        "Preferred-Languages: en",
        f"Canonical: {settings.SITE_URL}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
@login_not_required
@cache_control(max_age=DAY, public=True)
def favicon(request):
    """Browsers that ask for it without having read a page."""
    return redirect(staticfiles_storage.url("img/icon.svg"), permanent=False)
