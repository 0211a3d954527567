"""Pages about the portal and the people behind it."""

from datetime import timedelta
from pathlib import Path

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
from policies.models import ProofKey
from policies.proof import verify

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
            "proof_keys": list(ProofKey.objects.all()),
            "is_unsigned": not settings.PROOF_KEY,
        },
    )


@require_safe
@login_not_required
@cache_control(max_age=3600, public=True)
def proof_keys(request):
    """The public halves of the keys that sign proof packs, for whoever was handed one: a court has no sign-in here."""
    lines = [f"# Public keys (Ed25519, 32 bytes in hexadecimal) that {settings.SITE_URL} signs its proof packs with."]
    lines += ["# The fingerprint is the SHA-256 of those bytes. The newest key comes first.", ""]
    for key in ProofKey.objects.all():
        used = f"{key.first_used_at:%Y-%m-%d} to {key.last_used_at:%Y-%m-%d}"
        lines += [f"key: {key.public_key}", f"fingerprint: {key.fingerprint}", f"used: {used}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
@login_not_required
@cache_control(max_age=3600, public=True)
def verify_script(request):
    """The script that checks a proof pack, for whoever does not want to trust the one in the pack."""
    response = HttpResponse(Path(verify.__file__).read_bytes(), content_type="text/x-python; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="verify.py"'
    return response


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
