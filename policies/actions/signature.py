"""The one verb of everybody: sign."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hub import audit
from hub.exceptions import Conflict, NotAllowed
from policies import clock, workflow
from policies.models import Acknowledgement
from policies.permissions import check_can_sign
from policies.querysets import bound_by, holding_signatures

from .common import locked_version
from .quiz import passed


@transaction.atomic
def sign(*, version, content_hash, answers=None, missed=(), by):
    """This person has read this text. `content_hash` is that of the text on her page; signing twice is signing once.

    `answers` are hers to the policy's quiz, if it has one, `missed` the questions whose first answer was wrong (see
    `quiz.passed`). Raises Conflict when another text has taken its place since: a signature is for the version shown;
    Invalid while an answer is wrong.
    """
    policy, version = locked_version(version)
    check_can_sign(by, policy)
    mine = Acknowledgement.objects.filter(pk__in=holding_signatures(by, version.pk), version=version).first()
    if mine:
        return mine
    if version.is_open:
        raise NotAllowed(_("This version is not published, so there is nothing to sign yet."))
    day = clock.today()
    versions = list(policy.versions.visible_on(day))
    standing_now = [workflow.binding(versions, day), workflow.announced(versions, day)]
    if version not in standing_now:
        newer = standing_now[0] or standing_now[1]
        if newer is None:
            raise NotAllowed(_("This policy has been withdrawn, so there is nothing to sign."))
        raise Conflict(
            _("Version %(number)d took the place of this text while you were reading. Please look at what changed.")
            % {"number": newer.number},
            theirs=newer,
        )
    if version.content_hash != content_hash:
        raise Conflict(
            _("The text on your page is not the one that is published. Please read it again."), theirs=version
        )
    mine = Acknowledgement.objects.create(
        person=by,
        version=version,
        clause_hashes=dict(version.clauses.values_list("key", "content_hash")),
        unbound=_unbound(version, by),
        at=timezone.now(),
        questions=passed(version=version, answers=answers or {}, missed=missed, by=by),
    )
    audit.record("signed", version, by=by)
    return mine


def _unbound(version, person):
    """The clauses that are for others, as `Acknowledgement.unbound` holds them."""
    others = version.clauses.exclude(pk__in=bound_by(person).filter(version=version))
    keys = others.order_by("number").values_list("key", flat=True)
    return f" {' '.join(keys)} " if keys else ""
