"""Verbs of the playbook as a whole."""

import re
from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from hub import audit
from hub.actions.common import differing, fill, put_anew, refused_as
from hub.exceptions import Conflict, Invalid
from hub.models import OldSlug
from hub.text.markdown import clean
from hub.wake import wake
from playbooks.models import Difficulty, Playbook, PlaybookPlatform, Revision, Significance, Tag, Verification
from playbooks.permissions import check_can_curate_playbooks, check_can_verify
from playbooks.tasks import PLAYBOOK, reindex, reindex_questions_about
from policies import clock
from spokes.models import Platform

from .common import locked
from .text import store_text, written_sections

PLAIN_FIELDS = {"title", "summary", "language", "topic", "owner", "deputy", "minutes", "difficulty", "verify_months"}
PLAIN_FIELDS |= {"goal"}
SETS = ("audiences", "services", "platforms", "tags", "related")
# Addresses below /playbooks/ that are pages of their own.
TAKEN_BY_PAGES = {"upkeep", "still-true"}
MOST_TAGS = 12
LONGEST_VERIFY_MONTHS = 36
MOST_MINUTES = 10_000


@transaction.atomic
def create_playbook(*, title, summary, topic, owner, slug="", template=None, by, **fields):
    """A new playbook with a first draft, which is empty or begins as `template` says.

    `fields` are further plain fields of Playbook, and its sets: `audiences`, `services`, `platforms` (values of
    Platform), `tags` (their names) and `related` playbooks.

    Raises Invalid when the address is taken, or is the former address of another playbook.
    """
    check_can_curate_playbooks(by)
    sets = {name: fields.pop(name) for name in SETS if fields.get(name) is not None}
    playbook = Playbook(slug=slug or slugify(title)[:120].strip("-"))
    _fill(playbook, {"title": title, "summary": summary, "topic": topic, "owner": owner, **fields})
    _check_address(playbook, playbook.slug)
    _save(playbook)
    for name, values in sets.items():
        _put(playbook, name, values)
    revision = Revision.objects.create(
        playbook=playbook,
        number=1,
        significance=Significance.MATERIAL,
        created_by=by,
        created_at=timezone.now(),
    )
    revision.contributors.add(by)
    if template:
        store_text(revision, written_sections(revision, sections_of(template.text)))
    audit.record("created", playbook, by=by)
    return playbook


@transaction.atomic
def change_playbook(*, playbook, by, **changes):
    """Changes what is known about a playbook, not its text. A renamed address goes on leading here."""
    check_can_curate_playbooks(by)
    sets = {name: changes.pop(name) for name in SETS if changes.get(name) is not None}
    slug = changes.pop("slug", None)
    playbook = locked(playbook.pk)
    before = {name: getattr(playbook, name) for name in changes}
    _fill(playbook, changes)
    details = differing(playbook, before)
    if slug and slug != playbook.slug:
        _check_address(playbook, slug)
        OldSlug.objects.filter(kind=PLAYBOOK, slug=slug).delete()
        OldSlug.objects.create(kind=PLAYBOOK, slug=playbook.slug, object_id=playbook.pk)
        details["slug"] = [playbook.slug, slug]
        playbook.slug = slug
    _save(playbook)
    for name, values in sets.items():
        if names := put_anew(getattr(playbook, name), partial(_put, playbook, name, values)):
            details[name] = names
    if details:
        audit.record("changed", playbook, by=by, **details)
        wake(reindex, playbook.pk)
    if "audiences" in details:
        wake(reindex_questions_about, PLAYBOOK, playbook.pk)
    return playbook


def _put(playbook, name, values):
    """These values in the place of those that the playbook had in one of its SETS."""
    if name == "platforms":
        values = set(values)
        if values - set(Platform.values):
            raise Invalid(_("Choose platforms of the account register."), field="platforms")
        playbook.platforms.exclude(platform__in=values).delete()
        rows = [PlaybookPlatform(playbook=playbook, platform=value) for value in sorted(values)]
        PlaybookPlatform.objects.bulk_create(rows, ignore_conflicts=True)
    elif name == "tags":
        playbook.tags.set(_tags(values))
    elif name == "related":
        playbook.related.set([one for one in values if one.pk != playbook.pk])
    else:
        getattr(playbook, name).set(values)


def _tag_name(word):
    return " ".join(clean(word).split())[:40].strip()


def tag_slug(word):
    """The address of the tag of this name; blank for a word that can be none."""
    return slugify(_tag_name(word), allow_unicode=True)[:50]


def _tags(names):
    """The tags of these names, new ones made; names that differ only in how they are spelt out are one."""
    found = {}
    for name in names:
        if slug := tag_slug(name):
            found.setdefault(slug, _tag_name(name))
    if len(found) > MOST_TAGS:
        raise Invalid(_("A playbook has at most %(n)d tags.") % {"n": MOST_TAGS}, field="tags")
    there = {tag.slug: tag for tag in Tag.objects.filter(slug__in=found)}
    for slug in found.keys() - there.keys():
        there[slug], _made = Tag.objects.get_or_create(slug=slug, defaults={"name": found[slug]})
    return there.values()


def sections_of(text):
    """A template's text as sections; what stands before its first "## " has no heading and is left out."""
    parts = re.split(r"^##[ \t]+(.+)$", text.replace("\r\n", "\n"), flags=re.MULTILINE)
    return [{"heading": heading, "body": body.strip()} for heading, body in zip(parts[1::2], parts[2::2], strict=True)]


def _fill(playbook, fields):
    fill(playbook, fields, known=PLAIN_FIELDS)
    if not playbook.title:
        raise Invalid(_("Give the playbook a title."), field="title")
    if not playbook.summary:
        raise Invalid(_("Say in a sentence or two when to use it, and what one gets."), field="summary")
    if playbook.verify_months is not None and not 1 <= playbook.verify_months <= LONGEST_VERIFY_MONTHS:
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
    if slug in TAKEN_BY_PAGES:
        raise Invalid(_("A page of the portal has this address. Choose another."), field="slug")
    taken = Playbook.objects.filter(slug=slug).exclude(pk=playbook.pk).exists()
    if taken or OldSlug.objects.filter(kind=PLAYBOOK, slug=slug).exclude(object_id=playbook.pk or 0).exists():
        raise Invalid(_("Another playbook has, or had, this address. Choose another."), field="slug")


@transaction.atomic
def verify(*, playbook, until=None, seen=None, by):
    """The owner's word that it is still true, for the usual time or `until` a day.

    `seen` is the day until which it was verified when she was asked; if somebody has given a word since, hers is not
    needed: Conflict.
    """
    playbook = locked(playbook.pk)
    check_can_verify(by, playbook)
    if seen is not None and playbook.verified_until != seen:
        raise Conflict(_("Somebody has looked at it since this was sent to you."), theirs=playbook)
    day = clock.today()
    until = until or clock.add_months(day, playbook.interval)
    if until <= day:
        raise Invalid(_("Choose a day to come."), field="until")
    playbook.verified_until, playbook.verified_by, playbook.verified_at = until, by, timezone.now()
    playbook.save(update_fields=["verified_until", "verified_by", "verified_at"])
    Verification.objects.create(playbook=playbook, by=by, given_on=day, until_on=until)
    audit.record("verified", playbook, by=by, until=until.isoformat())
    wake(reindex, playbook.pk)
    return playbook
