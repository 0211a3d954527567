"""A page that has not changed is not made again: the browser asks with the mark of what it has, and hears "304".

The mark is made of all that a page can depend on: who reads, in which colours and language, on which day, which code,
and the newest lines of the audit, where every write leaves one. So any act of anybody gives every page a new mark;
what is left is exactly the same page.
"""

import functools
import hashlib
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control

from hub.audit import newest_lines

CODE = ("hub", "spokes", "policies", "playbooks", "engagements", "coe_portal", "templates")


def unless_unchanged(view):
    """For pages that say nothing in minutes and hours: answers 304 before anything is read or rendered."""

    @functools.wraps(view)
    def checked(request, *args, **kwargs):
        mark = mark_of(request)
        if mark is None:
            return view(request, *args, **kwargs)
        same = get_conditional_response(request, etag=mark)
        response = view(request, *args, **kwargs) if same is None else same
        if response.status_code in {200, 304}:
            response["ETag"] = mark
            patch_cache_control(response, private=True, no_cache=True)
        return response

    return checked


def mark_of(request):
    """The page's ETag, or None where the next answer must be made: a message waits, or its forms would not be valid."""
    user, secret = request.user, request.META.get("CSRF_COOKIE")
    if settings.DEBUG or not user.is_authenticated or not secret or "_messages" in request.session:
        return None
    parts = (
        _code(),
        settings.SITE_NAME,
        settings.SECURITY_CONTACT,
        settings.SAMPLE_MODE,
        secret,
        request.get_full_path(),
        request.headers.get("HX-Request", ""),
        *(user.pk, user.name, user.role, user.is_superuser, user.scheme, user.language, user.time_zone),
        timezone.localdate(),
        timezone.localdate(timezone=timezone.get_default_timezone()),
        *newest_lines(),
    )
    return f'"{hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()}"'


@functools.cache
def _code():
    """Another text for another state of the code and templates; the same in every process that serves it."""
    files = (path for name in CODE for path in sorted(Path(settings.BASE_DIR, name).rglob("*.*")))
    told = hashlib.blake2b(digest_size=12)
    for path in files:
        if path.suffix in {".py", ".html", ".svg"}:
            told.update(f"{path.relative_to(settings.BASE_DIR)} {path.stat().st_mtime_ns}\n".encode())
    return told.hexdigest()
