"""Verbs of a review from outside: somebody without an account reads one draft by a link, and comments on it."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hub import audit
from hub.actions.reviews import say
from hub.exceptions import Invalid
from hub.models import User
from hub.tasks import deliver_outbox
from hub.text.markdown import clean
from hub.wake import wake
from policies import clock, emails
from policies.models import OutsideReview
from policies.permissions import check_can_curate_policies, check_invitation_holds

from .common import locked_version
from .review import REVIEWING

LONGEST = timedelta(days=60)
MOST_INVITATIONS = 20


@transaction.atomic
def invite_outside(*, version, name, email, until, by):
    """Sends somebody outside the company a link to this draft, good until the end of a day; returns the invitation.

    Whoever has a running one for this version gets its new day and its link once more.
    """
    check_can_curate_policies(by)
    version = REVIEWING.open_text(version)
    name, email = " ".join(clean(name or "").split()), clean(email or "").strip().lower()
    if not name or len(name) > 120:
        raise Invalid(_("Write her or his name, in at most 120 characters."), field="name")
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid(_("This is not an e-mail address."), field="email") from error
    if User.objects.filter(email__iexact=email, is_active=True).exists():
        raise Invalid(_("She or he works here and signs in. Ask under “Ask somebody to read it”."), field="email")
    today = clock.today()
    if not today <= until <= today + LONGEST:
        raise Invalid(_("Choose a day from today on, at most %(n)d days ahead.") % {"n": LONGEST.days}, field="until")
    now = timezone.now()
    values = {"name": name, "until": until, "invited_by": by, "invited_at": now, "done_at": None}
    invitation, _is_new = version.outside_reviews.update_or_create(email=email, ended_at=None, defaults=values)
    if version.outside_reviews.running(today).count() > MOST_INVITATIONS:
        raise Invalid(_("At most %(n)d people outside read a draft at a time.") % {"n": MOST_INVITATIONS})
    audit.record("invited from outside", version, by=by, name=name, email=email, until=until.isoformat())
    emails.outside_review(invitation)
    wake(deliver_outbox)
    return invitation


@transaction.atomic
def end_invitation(*, invitation, by):
    """Its link shows nothing from now on. What was said by it stays. Ending twice is ending once."""
    check_can_curate_policies(by)
    locked_version(invitation.version)
    invitation = OutsideReview.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
    if invitation.ended_at is None:
        invitation.ended_at, invitation.ended_by = timezone.now(), by
        invitation.save(update_fields=["ended_at", "ended_by"])
        audit.record("ended an invitation", invitation.version, by=by, name=invitation.name)
    return invitation


@transaction.atomic
def comment_outside(*, invitation, text, clause_key=""):
    """Whoever holds the link says something; staff see it as hers, and who invited her. Raises NotAllowed once over."""
    invitation = _held(invitation)
    return say(
        REVIEWING,
        text=invitation.version,
        said=text,
        key=clause_key,
        by=None,
        author=invitation.invited_by,
        said_by=invitation.name,
        outside=invitation,
    )


@transaction.atomic
def finish_outside(*, invitation):
    """She has nothing more to say. Doing it twice is doing it once."""
    invitation = _held(invitation)
    if invitation.done_at is None:
        invitation.done_at = timezone.now()
        invitation.save(update_fields=["done_at"])
        audit.record("read for review", invitation.version, by=None, outside=invitation.name)
    return invitation


def _held(invitation):
    """The invitation as stored now, under its version's lock. Raises NotAllowed when it is over."""
    _policy, version = locked_version(invitation.version)
    invitation = (
        OutsideReview.objects.select_for_update(of=("self",)).select_related("invited_by").get(pk=invitation.pk)
    )
    invitation.version = version
    check_invitation_holds(invitation)
    return invitation
