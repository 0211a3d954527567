"""The addresses of one's own feeds."""

import secrets

from django.db import transaction
from django.utils import timezone

from hub import audit
from hub.feeds import hash_of, token_for
from hub.models import FeedToken, User


@transaction.atomic
def renew_feed_token(*, by):
    """New addresses for one's feeds; the old ones end at once. Returns the token."""
    person = User.objects.select_for_update().get(pk=by.pk)
    seed = secrets.token_urlsafe(32)
    token = token_for(seed)
    values = {"seed": seed, "token_hash": hash_of(token), "made_at": timezone.now()}
    _row, is_new = FeedToken.objects.update_or_create(person=person, defaults=values)
    audit.record("made feed addresses" if is_new else "renewed feed addresses", person, by=by)
    return token


@transaction.atomic
def end_feed_token(*, by):
    """Ends one's feeds; ending twice is ending once."""
    person = User.objects.select_for_update().get(pk=by.pk)
    ended, _rows = FeedToken.objects.filter(person=person).delete()
    if ended:
        audit.record("ended feed addresses", person, by=by)
