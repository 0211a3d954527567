"""Links in mail that do one thing for one person without her signing in.

A link says what it is for, for whom, about what, and in which state that was when it was made. It is signed with the
portal's secret, it expires, and it is good for its purpose alone. Whoever follows it sees a page first and acts by
pressing a button there, so a program that opens every link of a mail changes nothing.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.http import Http404

from hub.models import User

LASTS = timedelta(days=30)


@dataclass(frozen=True)
class SignedLink:
    """What a link carries. `state` is blank, or what must still hold of the thing; see who reads it."""

    person: User
    about: int
    state: str
    has_expired: bool


def _signer(purpose):
    return signing.TimestampSigner(salt=f"hub.signed_links:{purpose}", sep=".")


def token_for(purpose, *, person, about, state=""):
    """The token that stands in the address. `about` is the thing's primary key."""
    return _signer(purpose).sign_object([person.pk, about, state])


def open_token(purpose, *, about):
    """A token for whoever holds it, who need not be known here. How long it holds its thing says."""
    return _signer(purpose).sign_object(about)


def about_of(purpose, token):
    """The primary key that an open token stands for, or None if we did not sign it for this purpose."""
    try:
        about = _signer(purpose).unsign_object(token)
    except (signing.BadSignature, ValueError):
        return None
    return about if isinstance(about, int) else None


def read(purpose, token):
    """The SignedLink that `token` stands for.

    Raises Http404 for a token that we did not sign for this purpose, or whose person works here no longer.
    """
    signer = _signer(purpose)
    try:
        person, about, state = signer.unsign_object(token)
    except (signing.BadSignature, ValueError) as error:
        raise Http404 from error
    try:
        signer.unsign(token, max_age=LASTS)
        has_expired = False
    except signing.SignatureExpired:
        has_expired = True
    found = User.objects.active().filter(pk=person).first()
    if found is None:
        raise Http404
    return SignedLink(found, about, state, has_expired)
