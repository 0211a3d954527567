"""Comments that a file brings along in its margin.

Stored, a comment is a dict: name (as the file has it), at (an instant, or "" where the file says none that can be),
text, quote (the words it stands on), is_done (resolved in the file) and replies, each with name, at and text.
"""

import re
from bisect import bisect_right
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from hub.text.markdown import clean

LONGEST_NAME = 120
LONGEST_QUOTE = 300
_WRITTEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")
FIRST_YEAR = 1990


def placed(comments: list[dict], starts: list[int], title_lines: range) -> tuple[list[tuple[dict, ...]], list[dict]]:
    """(the comments on each part that begins at these lines; those on the title, or on what no part holds)."""
    on_parts, general = [[] for _start in starts], []
    for comment in comments:
        line = comment["line"]
        part = -1 if line is None or line in title_lines else bisect_right(starts, line) - 1
        (on_parts[part] if part >= 0 else general).append(_as_stored(comment))
    return [tuple(found) for found in on_parts], general


def _as_stored(comment):
    return {
        **_said(comment),
        "quote": _on_one_line(comment["quote"], LONGEST_QUOTE),
        "is_done": comment["is_done"],
        "replies": [_said(reply) for reply in comment["replies"]],
    }


def _said(written):
    return {
        "name": _on_one_line(written["name"], LONGEST_NAME) or _("Somebody unnamed"),
        "at": _instant(written["at"]),
        "text": clean(written["text"]).strip() or _("(no words, perhaps a picture)"),
    }


def _on_one_line(text, most):
    text = " ".join(clean(text).split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _instant(written):
    """Word writes the time on the wall where the comment was made, though with the sign for UTC."""
    match = _WRITTEN.match(written)
    try:
        at = timezone.make_aware(datetime.fromisoformat(match[0])) if match else None
    except (ValueError, OverflowError):
        return ""
    if at is None or at.year < FIRST_YEAR or at > timezone.now() + timedelta(days=1):
        return ""
    return at.isoformat()
