"""Handles written as `@x`, `x` or a full address are one."""

import re
from urllib.parse import urlsplit

HOSTS = {
    "twitter.com": "x",
    "x.com": "x",
    "facebook.com": "facebook",
    "fb.com": "facebook",
    "instagram.com": "instagram",
    "linkedin.com": "linkedin",
    "youtube.com": "youtube",
    "tiktok.com": "tiktok",
    "threads.net": "threads",
    "threads.com": "threads",
    "bsky.app": "bluesky",
    "flickr.com": "flickr",
    "pinterest.com": "pinterest",
    "reddit.com": "reddit",
    "wa.me": "whatsapp",
}
# Path parts that come before the handle on some platforms.
PREFIXES = {"company", "in", "school", "showcase", "user", "channel", "c", "profile", "photos", "r", "u", "pages"}


def bare_handle(text):
    """The handle alone: without @, without the address around it, without blanks."""
    text = (text or "").strip().strip("\u200b\ufeff")
    if "/" in text or text.lower().startswith("www."):
        parts = urlsplit(text if "://" in text else f"https://{text}")
        pieces = [piece for piece in parts.path.split("/") if piece]
        while len(pieces) > 1 and pieces[0].lower() in PREFIXES:
            pieces.pop(0)
        text = pieces[0] if pieces else parts.netloc
    return re.sub(r"^@+", "", text)


def platform_of(url):
    """The platform an address belongs to, or None."""
    host = urlsplit(url if "://" in url else f"https://{url}").netloc.lower()
    for prefix in ("www.", "m.", "mobile.", "en-gb."):
        host = host.removeprefix(prefix)
    return HOSTS.get(host)
