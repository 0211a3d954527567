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
# Where an account is, told from its handle, for the platforms where that is certain.
ADDRESSES = {
    "bluesky": "https://bsky.app/profile/{}",
    "facebook": "https://www.facebook.com/{}",
    "instagram": "https://www.instagram.com/{}/",
    "threads": "https://www.threads.net/@{}",
    "tiktok": "https://www.tiktok.com/@{}",
    "x": "https://x.com/{}",
}
_CHANNEL = re.compile(r"UC[\w-]{22}")


def _parts(address):
    """The pieces of an address, or None if it is none."""
    address = (address or "").strip()
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        return parts if parts.hostname else None
    except ValueError:
        return None


def bare_handle(text):
    """The handle alone: without @, without the address around it, without blanks."""
    text = (text or "").strip(" \t\r\n\u00a0\u200b\ufeff")
    if "/" in text or text.lower().startswith("www."):
        parts = _parts(text)
        if parts is None:
            return ""
        pieces = [piece for piece in parts.path.split("/") if piece]
        while len(pieces) > 1 and pieces[0].lower() in PREFIXES:
            pieces.pop(0)
        text = pieces[0] if pieces else parts.netloc
    return re.sub(r"^@+", "", text)


def platform_of(url):
    """The platform an address belongs to, or None. `https://town.social/@name` looks like Mastodon."""
    parts = _parts(url)
    if parts is None:
        return None
    host = parts.hostname.lower()
    for prefix in ("www.", "m.", "mobile.", "en-gb."):
        host = host.removeprefix(prefix)
    for known, platform in HOSTS.items():
        if host == known or host.endswith(f".{known}"):
            return platform
    return "mastodon" if re.fullmatch(r"/@[\w.]+/?", parts.path) else None


def recognised(text):
    """(platform or None, handle, address) of whatever somebody pasted: an address, `@name`, `@name@server`."""
    text = (text or "").strip()
    is_address = "/" in text or text.lower().startswith("www.")
    handle = bare_handle(text)
    if is_address:
        platform = platform_of(text)
        if platform == "mastodon":
            handle = f"{handle}@{_parts(text).hostname.lower()}"
        return platform, handle, text if "://" in text else f"https://{text}"
    if re.fullmatch(r"[\w.-]+@[\w-]+(\.[\w-]+)+", handle):
        name, _at, server = handle.partition("@")
        return "mastodon", handle, f"https://{server.lower()}/@{name}"
    return None, handle, ""


def address_of(platform, handle):
    """Where the account most likely is, or an empty text."""
    if platform == "youtube":
        return f"https://www.youtube.com/{f'channel/{handle}' if _CHANNEL.fullmatch(handle) else f'@{handle}'}"
    if platform == "mastodon":
        return recognised(handle)[2]
    return ADDRESSES[platform].format(handle) if platform in ADDRESSES else ""
