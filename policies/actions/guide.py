"""Verbs of guides: written and published by staff, and counted whenever they answer somebody."""

import hashlib
import json
from functools import partial

from django.db import transaction
from django.db.models import F
from django.utils.text import slugify
from django.utils.translation import gettext as _

from hub import audit
from hub.actions.common import differing, fill, put_anew, refused_as
from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.models import OldSlug
from hub.wake import wake
from policies import clock
from policies.models import Guide, GuideCitation, GuideCount, GuideGap, GuideQuestion, GuideRow, table_of
from policies.permissions import check_can_be_counted, check_can_curate_policies
from policies.tasks import GUIDE, reindex_guide

from .guide_table import as_dicts, findings, written

PLAIN_FIELDS = {"title", "slug", "intro", "language", "topic", "service"}


@transaction.atomic
def create_guide(*, title, intro, topic, slug="", audiences=(), by, **fields):
    """A new guide without questions, seen by nobody yet. Raises Invalid when the address is taken."""
    check_can_curate_policies(by)
    slug = slug or slugify(title)[:80].strip("-")
    guide = Guide()
    _fill(guide, {"title": title, "intro": intro, "topic": topic, "slug": slug, **fields})
    _save(guide)
    guide.audiences.set(audiences)
    audit.record("created", guide, by=by)
    return guide


@transaction.atomic
def change_guide(*, guide, by, **changes):
    """Changes what is known about a guide, not its questions and rows. A renamed address goes on leading here."""
    check_can_curate_policies(by)
    audiences = changes.pop("audiences", None)
    guide = _locked(guide)
    before = {name: getattr(guide, name) for name in changes}
    was_at = guide.slug
    _fill(guide, changes)
    _save(guide)
    if guide.slug != was_at:
        OldSlug.objects.filter(kind=GUIDE, slug=guide.slug).delete()
        OldSlug.objects.create(kind=GUIDE, slug=was_at, object_id=guide.pk)
    details = differing(guide, before)
    if audiences is not None and (names := put_anew(guide.audiences, partial(guide.audiences.set, audiences))):
        details["audiences"] = names
    if details:
        audit.record("changed", guide, by=by, **details)
        wake(reindex_guide, guide.pk)
    return guide


def _fill(guide, fields):
    fill(guide, fields, known=PLAIN_FIELDS)
    if not guide.title:
        raise Invalid(_("Give the guide a title."), field="title")
    if not guide.intro:
        raise Invalid(_("Say in a sentence or two what the guide is for."), field="intro")


def _save(guide):
    """Stores it; whoever takes an address at the same moment as somebody else reads that it is taken."""
    _check_address(guide)
    with refused_as(lambda: _check_address(guide)):
        guide.save()


def _check_address(guide):
    if not guide.slug or guide.slug != slugify(guide.slug):
        raise Invalid(_("An address holds small letters, figures and hyphens only."), field="slug")
    taken = Guide.objects.filter(slug=guide.slug).exclude(pk=guide.pk).exists()
    if taken or OldSlug.objects.filter(kind=GUIDE, slug=guide.slug).exclude(object_id=guide.pk or 0).exists():
        raise Invalid(_("Another guide has, or had, this address. Choose another."), field="slug")


def _locked(guide):
    return Guide.objects.select_for_update(no_key=True).get(pk=guide.pk)


def stored(guide):
    """(GuideQuestions, GuideRows, GuideCitations) as they are stored, each citation with its own row object."""
    rows = list(guide.rows.select_related("service"))
    cites = list(
        GuideCitation.objects.filter(row__guide=guide).select_related("policy").order_by("row__number", "number")
    )
    by_key = {row.pk: row for row in rows}
    for cite in cites:
        cite.row = by_key[cite.row_id]
    return list(guide.questions.all()), rows, cites


@transaction.atomic
def save_guide(*, guide, questions, rows, lock, by):
    """Stores all questions and rows; of a published guide readers get them at once. See `guide_table.written`.

    Raises Conflict, with what is stored now, when somebody saved since `lock`; Invalid, and for a published guide also
    where rows contradict each other or are unfinished.
    """
    check_can_curate_policies(by)
    guide = _locked(guide)
    if guide.lock != lock:
        raise Conflict(
            _("Somebody else saved this guide while you were writing. Nothing of yours is lost: both are below."),
            theirs={"lock": guide.lock, **as_dicts(*stored(guide))},
        )
    questions, rows, cites = written(guide, questions, rows)
    if guide.is_published:
        _check_holds(questions, rows, cites)
    guide.questions.all().delete()
    guide.rows.all().delete()
    GuideQuestion.objects.bulk_create(questions)
    GuideRow.objects.bulk_create(rows)
    for cite in cites:
        cite.row_id = cite.row.pk
    GuideCitation.objects.bulk_create(cites)
    guide.lock += 1
    guide.save()
    _settle_gaps(guide, table_of(questions, rows))
    audit.record("saved", guide, by=by, questions=len(questions), rows=len(rows))
    wake(reindex_guide, guide.pk)
    return guide


def _check_holds(questions, rows, cites):
    """Refuses what readers must not get: rows that contradict each other, say no reason or cite nothing."""
    for finding in findings(questions, rows, cites):
        if finding.blocks:
            example = "; ".join(f"{text} {answer}" for text, answer in finding.answers)
            sentence = f"{finding.sentence} {example}".strip()
            raise Invalid(sentence, field=finding.field or None)


def _settle_gaps(guide, table):
    """A gap is open while the answers that made it still lead to no row."""
    changed = []
    for gap in guide.gaps.all():
        # Answers of questions that are no longer asked, or that now lead to a further question, are no gap any more.
        walk = table.walk(gap.path)
        is_open = walk.question is None and walk.rule is None
        if is_open != gap.is_open:
            gap.is_open = is_open
            changed.append(gap)
    GuideGap.objects.bulk_update(changed, ["is_open"], batch_size=500)


@transaction.atomic
def publish_guide(*, guide, lock, by):
    """From now on employees find it. `lock` is that of the guide on her page; a later save makes it a Conflict."""
    check_can_curate_policies(by)
    guide = _locked(guide)
    if guide.is_published:
        raise NotAllowed(_("This guide is published already."))
    if guide.lock != lock:
        raise Conflict(_("The guide changed while you were looking at it. Please look again."))
    _check_holds(*stored(guide))
    guide.is_published = True
    guide.save()
    audit.record("published", guide, by=by)
    wake(reindex_guide, guide.pk)
    return guide


@transaction.atomic
def take_back_guide(*, guide, by):
    """Employees find it no longer; its figures stay."""
    check_can_curate_policies(by)
    guide = _locked(guide)
    if not guide.is_published:
        raise NotAllowed(_("This guide is not published."))
    guide.is_published = False
    guide.save()
    audit.record("took back", guide, by=by)
    wake(reindex_guide, guide.pk)
    return guide


@transaction.atomic
def count_answer(*, guide, path, row=None, by):
    """One more answer by a row, or by none: then `path` is a gap. Who asked is not kept, in no audit either."""
    check_can_be_counted(by)
    day = clock.today()
    key, verdict = (row.key, row.verdict) if row else ("", "")
    count, _made = GuideCount.objects.get_or_create(guide=guide, row_key=key, verdict=verdict, day=day)
    GuideCount.objects.filter(pk=count.pk).update(number=F("number") + 1)
    if row is None:
        text = json.dumps(path, sort_keys=True)
        path_hash = hashlib.sha256(text.encode()).hexdigest()
        gap, _made = GuideGap.objects.get_or_create(
            guide=guide, path_hash=path_hash, defaults={"path": path, "last_on": day}
        )
        GuideGap.objects.filter(pk=gap.pk).update(number=F("number") + 1, last_on=day, is_open=True)
