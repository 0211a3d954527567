"""What a person searched for lately, kept in her own browser until she closes it, forgets it or signs out.

The cookie is signed for her: whoever uses the browser after her is not shown it. The database never learns of it.
"""

from __future__ import annotations

import json

from django.conf import settings

from .question import tidy

COOKIE, PATH = "recent_searches", "/search/"
MOST, LONGEST = 5, 100
# Beyond some 4,000 signs, with what stands around them, browsers keep no cookie and proxies send no page.
LARGEST = 1500


def of(request) -> list[str]:
    """Newest first; nothing where the cookie is missing, somebody else's or changed."""
    kept = request.get_signed_cookie(COOKIE, "[]", salt=_salt(request.user))
    try:
        found = json.loads(kept)
    except ValueError:
        return []
    return [text for text in found if isinstance(text, str)][:MOST] if isinstance(found, list) else []


def beginning_so(request, text: str) -> list[str]:
    """Those with a word that begins with what is being typed, but for the one typed already."""
    start = tidy(text).casefold()
    return [one for one in of(request) if f" {start}" in f" {one.casefold()}" and one.casefold() != start]


def remember(request, response, text: str) -> None:
    text = tidy(text)
    if not text or len(text) > LONGEST:
        return
    others = [one for one in of(request) if one.casefold() != text.casefold()]
    texts = [text, *others][:MOST]
    while len(json.dumps(texts)) > LARGEST:
        texts.pop()
    response.set_signed_cookie(
        COOKIE,
        json.dumps(texts),
        salt=_salt(request.user),
        path=PATH,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def forget(response) -> None:
    response.delete_cookie(COOKIE, path=PATH, samesite="Lax")


def _salt(user) -> str:
    return f"{COOKIE}:{user.pk}"
