"""Verbs of adaptations: a department has some sections of a playbook in its own words, the rest follows it."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hub import audit
from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.models import ChangeKind
from hub.text.markdown import clean
from hub.text.merging import merge
from playbooks.checklists import parse
from playbooks.models import Adaptation, AdaptedKind, AdaptedSection, Playbook, Section, SectionChange, Significance
from playbooks.permissions import check_can_adapt, check_can_curate_playbooks
from playbooks.workflow import AdaptationStatus

from .common import locked
from .revision import save_draft, start_revision
from .text import LONGEST_BODY, LONGEST_HEADING, as_dicts, new_key, section_html

LONGEST_INTRO = 400
MOST_ADDED = 20
FAR_REACHING = {Significance.CLARIFYING, Significance.MATERIAL}


@transaction.atomic
def start_adaptation(*, playbook, spoke, by):
    """The department's own version, a draft in which nothing is changed yet; the one that is there, if there is one."""
    playbook = locked(playbook.pk)
    if not Playbook.objects.published().for_audience_of(by).filter(pk=playbook.pk).exists():
        raise NotAllowed(_("There is no such playbook for you to adapt."))
    check_can_adapt(by, spoke)
    found, is_new = Adaptation.objects.get_or_create(
        playbook=playbook, spoke=spoke, defaults={"started_by": by, "started_at": timezone.now()}
    )
    if is_new:
        audit.record("started", found, by=by)
    return found


def _locked(adaptation, by):
    """(playbook, adaptation) as they are stored now, under the playbook's lock, for who may write there."""
    playbook = locked(adaptation.playbook_id)
    fresh = Adaptation.objects.select_related("spoke").get(pk=adaptation.pk)
    check_can_adapt(by, fresh.spoke)
    fresh.playbook = playbook
    return playbook, fresh


def _upstream(playbook, key):
    return Section.objects.filter(revision=playbook.current_id, key=key).first()


def _has_seen(row, playbook, number):
    """The department decided with revision `number` before it: what changed here since still waits for its word."""
    seen = playbook.revisions.readable().filter(number=number).first()
    if seen is None:
        raise Invalid(_("The page does not say which text of the playbook you read. Please open it again."))
    later = {"revision__playbook": playbook, "revision__number__gt": seen.number, "key": row.key}
    later |= {"revision__number__lte": playbook.current.number, "significance__in": FAR_REACHING}
    row.base, row.is_behind = seen, SectionChange.objects.filter(**later).exists()


def _checked(heading, body):
    heading, body = " ".join(clean(heading or "").split()), clean(body or "").strip()
    if not heading:
        raise Invalid(_("Give the section a heading."), field="heading")
    if len(heading) > LONGEST_HEADING:
        raise Invalid(_("The heading is too long."), field="heading")
    if not body:
        raise Invalid(_("Write what your department does here, or leave the section out."), field="body")
    if len(body) > LONGEST_BODY:
        raise Invalid(_("The text is too long for one section."), field="body")
    return heading, body


def _check_lock(row, lock):
    if (row.lock if row else 0) != lock:
        raise Conflict(_("Somebody else changed this section meanwhile. Please read it again."), theirs=row)


def _store(row, by, details):
    row.html = section_html(parse(row.body), row.key)
    row.written_by, row.written_at = by, timezone.now()
    row.lock += 1
    row.taken_up_in = None
    row.save()
    audit.record(details.pop("verb"), row.adaptation, by=by, section=row.heading, **details)
    return row


@transaction.atomic
def adapt_section(*, adaptation, key, heading, body, seen, lock, by):
    """The department's own words for a section, `seen` the number of the revision that stood beside them.

    `lock` is that of the words on the page, 0 where there were none. Raises Conflict, with what is stored, and Invalid.
    """
    playbook, adaptation = _locked(adaptation, by)
    row = adaptation.sections.filter(key=key).first()
    upstream = _upstream(playbook, key)
    if row is None and upstream is None:
        raise NotAllowed(_("The playbook has no such section any more. Add one of your own instead."))
    _check_lock(row, lock)
    heading, body = _checked(heading, body)
    if upstream and (heading, body) == (upstream.heading, upstream.body):
        raise Invalid(_("These are the playbook's own words. Follow it instead: then you get its changes too."))
    row = row or AdaptedSection(adaptation=adaptation, key=key)
    if row.kind != AdaptedKind.ADDED:
        row.kind = AdaptedKind.CHANGED
    _has_seen(row, playbook, seen)
    row.heading, row.body = heading, body
    return _store(row, by, {"verb": "adapted"})


@transaction.atomic
def add_section(*, adaptation, after, heading, body, by):
    """A section that only this department has, behind the playbook's section `after`; at the top when blank."""
    playbook, adaptation = _locked(adaptation, by)
    if after and _upstream(playbook, after) is None:
        raise Invalid(_("Choose a section of the playbook to put it behind."), field="after")
    if adaptation.sections.filter(kind=AdaptedKind.ADDED).count() >= MOST_ADDED:
        raise Invalid(_("Your version holds %(n)d sections of its own already. Write a playbook.") % {"n": MOST_ADDED})
    heading, body = _checked(heading, body)
    taken = set(adaptation.sections.values_list("key", flat=True))
    taken |= set(Section.objects.filter(revision__playbook=playbook).values_list("key", flat=True))
    row = AdaptedSection(
        adaptation=adaptation,
        # Never a key that the playbook may come to use: permanent addresses mean one thing.
        key=new_key(f"{adaptation.spoke.slug}-{heading}", taken, "section"),
        kind=AdaptedKind.ADDED,
        after=after,
        base_id=playbook.current_id,
        heading=heading,
        body=body,
    )
    return _store(row, by, {"verb": "added a section to"})


@transaction.atomic
def leave_out(*, adaptation, key, reason, seen, lock, by):
    """The department does without a section, as it stood in revision `seen`, and says why. `lock` as for words."""
    playbook, adaptation = _locked(adaptation, by)
    upstream = _upstream(playbook, key)
    if upstream is None:
        raise NotAllowed(_("The playbook has no such section any more."))
    reason = clean(reason or "").strip()
    if not reason:
        raise Invalid(_("Say why your department leaves it out; readers see it."), field="reason")
    if len(reason) > LONGEST_INTRO:
        raise Invalid(_("Keep the reason under 400 characters."), field="reason")
    row = adaptation.sections.filter(key=key).first()
    _check_lock(row, lock)
    row = row or AdaptedSection(adaptation=adaptation, key=key)
    before = row.body
    row.kind = AdaptedKind.LEFT_OUT
    _has_seen(row, playbook, seen)
    row.heading, row.body = upstream.heading, reason
    return _store(row, by, {"verb": "left out a section of", "was": before})


@transaction.atomic
def follow_again(*, adaptation, key, lock, by):
    """Takes the playbook's words; for a section of its own: drops it. The trail keeps the words that were here.

    `lock` is that of the words on the page: what a colleague wrote meanwhile is not dropped unseen (Conflict).
    """
    _playbook, adaptation = _locked(adaptation, by)
    row = adaptation.sections.filter(key=key).first()
    if row is None:
        return
    _check_lock(row, lock)
    row.delete()
    audit.record("follows again in", adaptation, by=by, section=row.heading, was=row.body)


@transaction.atomic
def keep_ours(*, adaptation, key, seen, by):
    """The playbook's change, up to revision `seen`, was read, and the department's words stay as they are."""
    playbook, adaptation = _locked(adaptation, by)
    row = adaptation.sections.filter(key=key).first()
    if row is None:
        raise NotAllowed(_("Your department follows the playbook in this section."))
    _has_seen(row, playbook, seen)
    row.save(update_fields=["base", "is_behind"])
    audit.record("kept", adaptation, by=by, section=row.heading)
    return row


@transaction.atomic
def introduce(*, adaptation, intro, by):
    """What is different here, in a sentence or two, for the head of the page."""
    _playbook, adaptation = _locked(adaptation, by)
    intro = " ".join(clean(intro or "").split())
    if len(intro) > LONGEST_INTRO:
        raise Invalid(_("Keep it under 400 characters."), field="intro")
    if intro != adaptation.intro:
        adaptation.intro = intro
        adaptation.save(update_fields=["intro"])
        audit.record("introduced", adaptation, by=by, intro=intro)
    return adaptation


@transaction.atomic
def publish_adaptation(*, adaptation, by):
    """Everybody who reads the playbook finds it from now on."""
    _playbook, adaptation = _locked(adaptation, by)
    if not adaptation.sections.exists():
        raise Invalid(_("Nothing differs from the playbook yet. Adapt a section first."))
    return _move(adaptation, AdaptationStatus.PUBLISHED, "published", by)


@transaction.atomic
def retire_adaptation(*, adaptation, by):
    """Readers go to the playbook itself again. It can be published once more."""
    _playbook, adaptation = _locked(adaptation, by)
    return _move(adaptation, AdaptationStatus.RETIRED, "retired", by)


def _move(adaptation, status, verb, by):
    """To a state that every other state leads to; where it is already there, nothing happens."""
    if adaptation.status == status:
        return adaptation
    adaptation.status = status
    if status == AdaptationStatus.PUBLISHED:
        adaptation.published_at = timezone.now()
    adaptation.save(update_fields=["status", "published_at"])
    audit.record(verb, adaptation, by=by)
    return adaptation


# --- When the playbook changes ----------------------------------------------------------------------------------------


def mark_behind(playbook, revision):
    """After a revision was published: sections that changed in it at clarifying or above, and that a department has in
    its own words or leaves out, wait for its word. Call inside the transaction.

    Where a department left out what the playbook now drops, both agree and nothing waits.
    """
    rows = AdaptedSection.objects.filter(adaptation__playbook=playbook).exclude(kind=AdaptedKind.ADDED)
    gone = revision.section_changes.filter(kind=ChangeKind.REMOVED).values("key")
    rows.filter(kind=AdaptedKind.LEFT_OUT, key__in=gone).delete()
    changed = revision.section_changes.filter(significance__in=FAR_REACHING).values("key")
    rows.filter(key__in=changed).update(is_behind=True)


def brought_together(row, upstream):
    """A Merged of the department's words and the playbook's, from the words that both came from."""
    base = Section.objects.filter(revision=row.base_id, key=row.key).values_list("body", flat=True).first() or ""
    return merge(base, row.body, upstream.body if upstream else "")


# --- Back into the playbook -------------------------------------------------------------------------------------------


@transaction.atomic
def take_upstream(*, section, by):
    """Puts a department's words into the playbook's open revision, with credit: who wrote them is one of its authors
    and may not approve it. Starts a revision where none is open; returns it.

    What the revision has changed since the words that both came from stays. Raises Conflict where both changed the same
    lines: those a person brings together.
    """
    check_can_curate_playbooks(by)
    playbook = locked(section.adaptation.playbook_id)
    row = AdaptedSection.objects.select_related("adaptation__spoke", "written_by").get(pk=section.pk)
    if row.kind == AdaptedKind.LEFT_OUT:
        raise NotAllowed(_("There are no words to take: the department leaves this section out."))
    revision = playbook.revisions.open().first() or start_revision(playbook=playbook, by=by)
    drafts = as_dicts(revision.sections.all())
    place = next((n for n, draft in enumerate(drafts) if draft["key"] == row.key), None)
    if place is not None:
        drafts[place] |= _both(row, drafts[place], revision)
    else:
        before = next((n for n, draft in enumerate(drafts) if draft["key"] == row.after), len(drafts) - 1)
        drafts.insert(before + 1 if row.after else 0, {"key": "", "heading": row.heading, "body": row.body})
    save_draft(revision=revision, sections=drafts, lock=revision.lock, text_of=row.written_by, by=by)
    row.taken_up_in = revision
    row.save(update_fields=["taken_up_in"])
    audit.record("took words of", row.adaptation, by=by, section=row.heading, into=str(revision))
    return revision


def _both(row, draft, revision):
    """Heading and text of a section with what the department and the open revision changed in it."""
    base = Section.objects.filter(revision=row.base_id, key=row.key).first()
    was = (base.heading, base.body) if base else ("", "")
    parts = zip(("heading", "body"), was, (row.heading, row.body), strict=True)
    found = {name: merge(old, ours, draft[name]) for name, old, ours in parts}
    if any(merged.clashes for merged in found.values()):
        raise Conflict(
            _("Revision %(n)d and the department changed the same lines of “%(heading)s”. Put its words in by hand.")
            % {"n": revision.number, "heading": draft["heading"]},
            theirs=revision,
        )
    return {name: merged.text for name, merged in found.items()}
