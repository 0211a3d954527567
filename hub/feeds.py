"""The doors for programs that cannot sign in: a token in the address says who reads."""

import base64
import hashlib

from django.utils.crypto import constant_time_compare, salted_hmac

from hub.models import FeedToken, User

SALT = "hub.feeds"


def token_for(seed):
    """The token that follows from a seed and the portal's secret."""
    digest = salted_hmac(SALT, seed, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def hash_of(token):
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def token_of(person):
    """A person's token, or "" where she has none, or one made under another secret of the portal."""
    row = FeedToken.objects.filter(person=person).first()
    if row is None:
        return ""
    token = token_for(row.seed)
    return token if constant_time_compare(hash_of(token), row.token_hash) else ""


def reader_of(token):
    """The active person whose token this is now, or None."""
    return User.objects.active().filter(feed_token__token_hash=hash_of(token)).first()
