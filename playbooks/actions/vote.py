"""What readers say of a playbook, and how often it is read. Who said what is in no audit."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from hub import audit
from hub.exceptions import Invalid, NotAllowed
from hub.text.markdown import clean
from playbooks.models import Playbook, ReadCount, Vote, WhyNot
from playbooks.permissions import check_can_take_part
from policies import clock

from .common import locked

LONGEST_SENTENCE = 300


@transaction.atomic
def vote(*, playbook, helpful, by):
    """One person's answer to "did this help?": True, False, or None to take it back. Returns what it is now.

    Her reasons go with the "no" they were given for.
    """
    check_can_take_part(by)
    playbook = locked(playbook.pk)
    _check_can_read(playbook, by)
    stored = playbook.votes.filter(person=by).first()
    before = stored.helpful if stored else None
    if before is helpful:
        return helpful
    if helpful is None:
        stored.delete()
    else:
        values = {"helpful": helpful, "reason": "", "sentence": "", "at": timezone.now()}
        Vote.objects.update_or_create(playbook=playbook, person=by, defaults=values)
    Playbook.objects.filter(pk=playbook.pk).update(
        helpful=F("helpful") + int(helpful is True) - int(before is True),
        unhelpful=F("unhelpful") + int(helpful is False) - int(before is False),
    )
    audit.record("voted", playbook, by=by)
    return helpful


@transaction.atomic
def say_why_not(*, playbook, reason, sentence="", by):
    """Why it did not help, from whoever has said that it did not; a later answer takes the place of an earlier one."""
    check_can_take_part(by)
    playbook = locked(playbook.pk)
    _check_can_read(playbook, by)
    stored = playbook.votes.filter(person=by, helpful=False).first()
    if stored is None:
        raise NotAllowed(_("Say first that it did not help; then say why."))
    if reason not in WhyNot.values:
        raise Invalid(_("Choose what comes nearest."), field="reason")
    sentence = " ".join(clean(sentence).split())
    if len(sentence) > LONGEST_SENTENCE:
        raise Invalid(
            _("One sentence is enough: at most %(n)d characters.") % {"n": LONGEST_SENTENCE}, field="sentence"
        )
    stored.reason, stored.sentence = reason, sentence
    stored.save(update_fields=["reason", "sentence"])
    audit.record("voted", playbook, by=by)
    return stored


@transaction.atomic
def count_read(*, playbook, by):
    """One more reading today. Who read is not kept, in no audit either; an auditor's is not counted."""
    check_can_take_part(by)
    count, _made = ReadCount.objects.get_or_create(playbook=playbook, day=clock.today())
    ReadCount.objects.filter(pk=count.pk).update(number=F("number") + 1)


def _check_can_read(playbook, person):
    if not Playbook.objects.published().for_audience_of(person).filter(pk=playbook.pk).exists():
        raise NotAllowed(_("You can say whether a playbook helped once you can read it."))
