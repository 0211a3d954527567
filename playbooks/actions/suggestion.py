"""Verbs of a suggestion: a reader writes a better text for a section, and whoever looks after the playbook answers."""

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hub import audit
from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.tasks import deliver_outbox
from hub.text.markdown import clean
from hub.wake import wake
from playbooks import checklists, emails
from playbooks.models import Playbook, Section, Suggestion
from playbooks.permissions import check_can_decide, check_can_suggest
from playbooks.workflow import SUGGESTION_TRANSITIONS, SuggestionStatus

from .common import check_lock, locked
from .revision import begin_revision, close_writing, write_down
from .text import LONGEST_BODY, LONGEST_HEADING, as_dicts, written_sections

LONGEST_REASON = 2000
NOTHING_OPEN = -1


@dataclass(frozen=True)
class SectionText:
    """A section as a reader edits it: without the keys of its steps."""

    key: str
    number: int
    heading: str
    body: str

    @classmethod
    def of(cls, section):
        return cls(section.key, section.number, section.heading, checklists.without_keys(section.body))

    def is_like(self, suggestion):
        return (self.heading, self.body) == (suggestion.heading, suggestion.body)


def text_in(revision, key):
    """The section as it stands in a revision, or None."""
    section = revision.sections.filter(key=key).first()
    return SectionText.of(section) if section else None


def has_moved_on(suggestion):
    """Whether readers get another text of the section today than the one that the suggestion was written from."""
    playbook = suggestion.playbook
    if suggestion.base_id == playbook.current_id:
        return False
    return text_in(suggestion.base, suggestion.section_key) != text_in(playbook.current, suggestion.section_key)


@transaction.atomic
def save_suggestion(*, playbook, section_key, heading, body, reason, base, form_token, seen_token=None, by):
    """Keeps a person's draft for a section, as far as she has come; returns it.

    `base` is the number of the revision that she has before her. Of two pages on which she writes, the second one is
    told (Conflict, with the stored draft): a page may save over what it showed, `seen_token`, or saved itself. What
    was sent from a page is returned unchanged when the page is sent again.
    """
    check_can_suggest(by)
    playbook = _locked_for_reader(playbook, by)
    mine = playbook.suggestions.filter(suggested_by=by, section_key=section_key)
    draft = mine.filter(status=SuggestionStatus.DRAFT).first()
    if draft is None and (sent := mine.filter(form_token=form_token).first()):
        return sent
    base = playbook.revisions.readable().filter(number=base).first() or playbook.current
    if draft is None and not Section.objects.filter(revision=base, key=section_key).exists():
        raise NotAllowed(_("This section is not in the playbook any more. Suggest a change of another one."))
    if draft is not None and draft.form_token not in {form_token, seen_token}:
        raise Conflict(
            _("You changed this suggestion on another page meanwhile. Nothing is lost: both texts are below."),
            theirs=draft,
        )
    draft = draft or Suggestion(playbook=playbook, section_key=section_key, suggested_by=by, started_at=timezone.now())
    draft.playbook, draft.base, draft.form_token = playbook, base, form_token
    draft.heading = _checked(" ".join(clean(heading or "").split()), LONGEST_HEADING, "heading")
    draft.body = _checked(clean(body or "").strip(), LONGEST_BODY, "body")
    draft.reason = _checked(clean(reason or "").strip(), LONGEST_REASON, "reason")
    draft.save()
    return draft


def _checked(text, most, field):
    if len(text) > most:
        raise Invalid(_("Keep it under %(n)d characters.") % {"n": most}, field=field)
    return text


def _locked_suggestion(suggestion, status):
    """(playbook, suggestion) as they are stored now, under the lock; NotAllowed if it cannot come to `status`."""
    playbook = locked(suggestion.playbook_id)
    fresh = playbook.suggestions.select_related("suggested_by", "decided_by", "base").get(pk=suggestion.pk)
    fresh.playbook = playbook
    if status not in SUGGESTION_TRANSITIONS[fresh.status]:
        raise NotAllowed(_standing(fresh))
    return playbook, fresh


def _standing(suggestion):
    if suggestion.decided_by_id:
        sentence = {
            SuggestionStatus.ACCEPTED: _("%(name)s has accepted this suggestion already."),
            SuggestionStatus.DECLINED: _("%(name)s has declined this suggestion already."),
        }[suggestion.status]
        return sentence % {"name": suggestion.decided_by.name}
    return {
        SuggestionStatus.DRAFT: _("This suggestion has not been sent yet."),
        SuggestionStatus.WAITING: _("This suggestion has been sent already."),
        SuggestionStatus.WITHDRAWN: _("This suggestion was withdrawn."),
    }[suggestion.status]


@transaction.atomic
def send_suggestion(*, suggestion, by):
    """Puts it before whoever looks after the playbook; they get a message.

    Raises Invalid for a text that cannot be taken as it is; Conflict, with the section as readers get it now, when
    that changed since it was written.
    """
    check_can_suggest(by)
    playbook, suggestion = _locked_suggestion(suggestion, SuggestionStatus.WAITING)
    if suggestion.suggested_by_id != by.pk:
        raise NotAllowed(_("Only whoever wrote a suggestion sends it."))
    now = text_in(playbook.current, suggestion.section_key)
    if has_moved_on(suggestion):
        raise Conflict(
            _("The section changed while you were writing. Nothing of yours is lost: read all three texts, then send."),
            theirs=now,
        )
    _check_can_be_taken(playbook.current, suggestion.section_key, suggestion.heading, suggestion.body)
    if now is not None and now.is_like(suggestion):
        raise Invalid(_("This is the text as it is. Change what should be different."), field="body")
    if not suggestion.reason:
        raise Invalid(_("Say in a sentence why. It decides whether your suggestion is understood."), field="reason")
    return _send(suggestion, by)


def _send(suggestion, by):
    suggestion.status, suggestion.sent_at = SuggestionStatus.WAITING, timezone.now()
    suggestion.save()
    audit.record("sent", suggestion, by=by)
    emails.suggestion_made(suggestion)
    wake(deliver_outbox)
    return suggestion


@transaction.atomic
def suggest_addition(*, playbook, section_key, words, reason, by):
    """Sends a suggestion that puts `words` behind a section's text as readers get it now."""
    check_can_suggest(by)
    playbook = _locked_for_reader(playbook, by)
    now = text_in(playbook.current, section_key)
    if now is None:
        raise Invalid(_("This section is not in the playbook any more. Choose another one."), field="section")
    body = f"{now.body}\n\n{words}"
    _check_can_be_taken(playbook.current, section_key, now.heading, body)
    suggestion = Suggestion(
        playbook=playbook,
        section_key=section_key,
        base=playbook.current,
        heading=now.heading,
        body=body,
        reason=_checked(reason, LONGEST_REASON, "reason"),
        form_token=uuid.uuid4(),
        suggested_by=by,
        started_at=timezone.now(),
    )
    return _send(suggestion, by)


def _locked_for_reader(playbook, person):
    playbook = locked(playbook.pk)
    if not Playbook.objects.published().for_audience_of(person).filter(pk=playbook.pk).exists():
        raise NotAllowed(_("You can suggest a change of a playbook that you can read."))
    return playbook


def _check_can_be_taken(revision, key, heading, body):
    """Raises Invalid, whose `field` is "heading" or "body", for what a section cannot hold."""
    if not body:
        raise Invalid(_("Write the text of the section."), field="body")
    try:
        written_sections(revision, [{"key": key, "heading": heading, "body": body}])
    except Invalid as error:
        part = (error.field or "").rpartition("-")[2]
        raise Invalid(error.sentence, field=part if part in {"heading", "body"} else None) from error


@transaction.atomic
def withdraw_suggestion(*, suggestion, by):
    """Who suggested it takes it back, sent or not."""
    _playbook, suggestion = _locked_suggestion(suggestion, SuggestionStatus.WITHDRAWN)
    if suggestion.suggested_by_id != by.pk:
        raise NotAllowed(_("Only whoever wrote a suggestion takes it back."))
    suggestion.status = SuggestionStatus.WITHDRAWN
    suggestion.save(update_fields=["status"])
    audit.record("withdrew", suggestion, by=by)
    return suggestion


@transaction.atomic
def accept_suggestion(*, suggestion, heading, body, lock, answer="", by):
    """Writes the suggested text, or what was made of it, into the open revision; begins one where none is open.

    `lock` is that of the open revision on the page of whoever decides, `NOTHING_OPEN` where none was. A section that
    is gone comes back at the end. Who suggested it becomes a contributor, so she does not approve the revision.
    """
    playbook, suggestion = _locked_suggestion(suggestion, SuggestionStatus.ACCEPTED)
    check_can_decide(by, suggestion)
    revision = playbook.revisions.open().first()
    if revision is None and lock != NOTHING_OPEN:
        raise Conflict(_("The revision that was open is not any more. Please look again."))
    if revision is not None:
        check_lock(revision, lock)
    revision = revision or begin_revision(playbook, by=by)
    revision.playbook = playbook
    key = suggestion.section_key
    heading, body = " ".join(clean(heading or "").split()), clean(body or "").strip()
    _check_can_be_taken(revision, key, heading, body)
    sections = as_dicts(revision.sections.all())
    target = next((section for section in sections if section["key"] == key), None)
    if target is None:
        target = {"key": key, "body": ""}
        sections.append(target)
    target |= {"heading": heading, "body": checklists.with_keys_of(body, target["body"])}
    write_down(revision, written_sections(revision, sections))
    voided = close_writing(revision, writers=[by, suggestion.suggested_by])
    suggestion.status, suggestion.accepted_into = SuggestionStatus.ACCEPTED, revision
    suggestion.taken_heading, suggestion.taken_body = heading, checklists.without_keys(body)
    _decide(suggestion, answer, by)
    audit.record("took a suggestion in", revision, by=by, section=key, of=suggestion.suggested_by.name, **voided)
    audit.record("accepted", suggestion, by=by)
    return suggestion


@transaction.atomic
def decline_suggestion(*, suggestion, answer, by):
    """Says no, with a sentence that whoever suggested it reads."""
    _playbook, suggestion = _locked_suggestion(suggestion, SuggestionStatus.DECLINED)
    check_can_decide(by, suggestion)
    if not clean(answer or "").strip():
        raise Invalid(_("Say why not, in a sentence. Whoever suggested it reads it."), field="answer")
    suggestion.status = SuggestionStatus.DECLINED
    _decide(suggestion, answer, by)
    audit.record("declined", suggestion, by=by)
    return suggestion


def _decide(suggestion, answer, by):
    suggestion.answer = _checked(clean(answer or "").strip(), LONGEST_REASON, "answer")
    suggestion.decided_by, suggestion.decided_at = by, timezone.now()
    suggestion.save()
    emails.suggestion_answered(suggestion)
    wake(deliver_outbox)
