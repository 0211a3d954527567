"""Verbs of the playbook as a whole."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from hub import audit
from hub.actions.common import refused_as
from hub.exceptions import Invalid, NotAllowed
from hub.models import OldSlug
from hub.text.markdown import clean
from hub.wake import wake
from playbooks.models import Difficulty, Playbook, Revision, Significance, Vote
from playbooks.permissions import check_can_curate_playbooks, check_can_take_part, check_can_verify
from playbooks.tasks import PLAYBOOK, reindex, reindex_questions_about
from policies import clock

from .common import locked

PLAIN_FIELDS = {"title", "summary", "language", "topic", "owner", "deputy", "minutes", "difficulty", "verify_months"}
LONGEST_VERIFY_MONTHS = 36
MOST_MINUTES = 10_000


@transaction.atomic
def create_playbook(*, title, summary, topic, owner, slug="", audiences=(), services=(), by, **fields):
    """A new playbook with an empty first draft. `fields` are further plain fields of Playbook.

    Raises Invalid when the address is taken, or is the former address of another playbook.
    """
    check_can_curate_playbooks(by)
    playbook = Playbook(slug=slug or slugify(title)[:120].strip("-"))
    _fill(playbook, {"title": title, "summary": summary, "topic": topic, "owner": owner, **fields})
    _check_address(playbook, playbook.slug)
    _save(playbook)
    playbook.audiences.set(audiences)
    playbook.services.set(services)
    revision = Revision.objects.create(
        playbook=playbook,
        number=1,
        significance=Significance.MATERIAL,
        created_by=by,
        created_at=timezone.now(),
    )
    revision.contributors.add(by)
    audit.record("created", playbook, by=by)
    return playbook


@transaction.atomic
def change_playbook(*, playbook, by, **changes):
    """Changes what is known about a playbook, not its text. A renamed address goes on leading here."""
    check_can_curate_playbooks(by)
    sets = {name: changes.pop(name) for name in ("audiences", "services") if changes.get(name) is not None}
    slug = changes.pop("slug", None)
    playbook = locked(playbook.pk)
    before = {name: getattr(playbook, name) for name in changes}
    _fill(playbook, changes)
    details = {name: [str(was), str(getattr(playbook, name))] for name, was in before.items()}
    details = {name: pair for name, pair in details.items() if pair[0] != pair[1]}
    if slug and slug != playbook.slug:
        _check_address(playbook, slug)
        OldSlug.objects.filter(kind=PLAYBOOK, slug=slug).delete()
        OldSlug.objects.create(kind=PLAYBOOK, slug=playbook.slug, object_id=playbook.pk)
        details["slug"] = [playbook.slug, slug]
        playbook.slug = slug
    _save(playbook)
    for name, values in sets.items():
        was = sorted(map(str, getattr(playbook, name).all()))
        getattr(playbook, name).set(values)
        now = sorted(map(str, getattr(playbook, name).all()))
        if was != now:
            details[name] = [was, now]
    if details:
        audit.record("changed", playbook, by=by, **details)
        wake(reindex, playbook.pk)
    if "audiences" in details:
        wake(reindex_questions_about, PLAYBOOK, playbook.pk)
    return playbook


def _fill(playbook, fields):
    unknown = fields.keys() - PLAIN_FIELDS
    if unknown:
        raise TypeError(f"A playbook has no field {sorted(unknown)}")
    for name, value in fields.items():
        setattr(playbook, name, clean(value).strip() if isinstance(value, str) else value)
    if not playbook.title:
        raise Invalid(_("Give the playbook a title."), field="title")
    if not playbook.summary:
        raise Invalid(_("Say in a sentence or two when to use it, and what one gets."), field="summary")
    if not 1 <= playbook.verify_months <= LONGEST_VERIFY_MONTHS:
        raise Invalid(_("Somebody should verify it every 1 to 36 months."), field="verify_months")
    if not 1 <= playbook.minutes <= MOST_MINUTES:
        raise Invalid(_("Say in minutes how long it takes, at least one."), field="minutes")
    if playbook.difficulty not in Difficulty.values:
        raise Invalid(_("Choose how hard it is."), field="difficulty")
    if not playbook.owner.is_active:
        raise Invalid(_("The owner has left. Choose somebody who can answer questions."), field="owner")
    if playbook.deputy_id and playbook.deputy_id == playbook.owner_id:
        raise Invalid(_("The deputy stands in for the owner, so choose somebody else."), field="deputy")


def _save(playbook):
    """Stores it; whoever takes an address at the same moment as somebody else reads that it is taken."""
    with refused_as(lambda: _check_address(playbook, playbook.slug)):
        playbook.save()


def _check_address(playbook, slug):
    if not slug or slug != slugify(slug):
        raise Invalid(_("An address holds small letters, figures and hyphens only."), field="slug")
    taken = Playbook.objects.filter(slug=slug).exclude(pk=playbook.pk).exists()
    if taken or OldSlug.objects.filter(kind=PLAYBOOK, slug=slug).exclude(object_id=playbook.pk or 0).exists():
        raise Invalid(_("Another playbook has, or had, this address. Choose another."), field="slug")


@transaction.atomic
def verify(*, playbook, until=None, by):
    """The owner's word that it is still true, for the usual time or `until` a day."""
    playbook = locked(playbook.pk)
    check_can_verify(by, playbook)
    day = clock.today()
    until = until or clock.add_months(day, playbook.verify_months)
    if until <= day:
        raise Invalid(_("Choose a day to come."), field="until")
    playbook.verified_until, playbook.verified_by, playbook.verified_at = until, by, timezone.now()
    playbook.save(update_fields=["verified_until", "verified_by", "verified_at"])
    audit.record("verified", playbook, by=by, until=until.isoformat())
    wake(reindex, playbook.pk)
    return playbook


@transaction.atomic
def vote(*, playbook, helpful, by):
    """One person's answer to "did this help?": True, False, or None to take it back. Returns what it is now."""
    check_can_take_part(by)
    playbook = locked(playbook.pk)
    if not Playbook.objects.published().for_audience_of(by).filter(pk=playbook.pk).exists():
        raise NotAllowed(_("You can say whether a playbook helped once you can read it."))
    stored = playbook.votes.filter(person=by).first()
    before = stored.helpful if stored else None
    if before is helpful:
        return helpful
    if helpful is None:
        stored.delete()
    else:
        Vote.objects.update_or_create(playbook=playbook, person=by, defaults={"helpful": helpful, "at": timezone.now()})
    Playbook.objects.filter(pk=playbook.pk).update(
        helpful=F("helpful") + int(helpful is True) - int(before is True),
        unhelpful=F("unhelpful") + int(helpful is False) - int(before is False),
    )
    audit.record("voted", playbook, by=by, helpful=helpful)
    return helpful
