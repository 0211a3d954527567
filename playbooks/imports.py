"""A document from outside as the first draft of a playbook."""

import re

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hub import slots
from hub.actions.documents import free_address
from hub.documents.parts import words_of
from playbooks import actions
from playbooks.actions.text import MOST_SECTIONS
from playbooks.models import Playbook
from playbooks.permissions import check_can_curate_playbooks
from playbooks.tasks import PLAYBOOK

_IS_ADVICE = re.compile(
    r"\bhow\b|\bplaybook|handbook|checklist|toolkit|\bguide\b|case study|template|best practices?|introduction|tips"
    r"|writing|branding|style|metrics|bonnes pratiques|pratiques|leitfaden|anleitung|guía|ガイド|手引|指南",
    re.I,
)
_DOING = re.compile(
    r"\b(?:steps?|first|then|next|example|examples|tips?|here(?:'|’)?s|learn|create|choose|make)\b", re.I
)
_READING_WORDS_A_MINUTE = 200


def likeness(document):
    """How much a document reads like advice: a title that says so, and the words of doing among its words."""
    words = words_of(document)
    doing = len(_DOING.findall(words))
    return 0.5 + 3 * bool(_IS_ADVICE.search(document["title"])) + 100 * doing / max(200, len(words.split()))


@transaction.atomic
def create(*, title, slug, summary, language, topic, owner, parts, change_note, brought_by=None, by):
    """A playbook whose first draft holds these parts as sections. Raises what the actions of playbooks raise."""
    words = sum(len(part["body"].split()) for part in parts)
    playbook = actions.create_playbook(
        title=title,
        slug=free_address(slug, model=Playbook, kind=PLAYBOOK),
        summary=summary,
        language=language,
        topic=topic,
        owner=owner,
        minutes=max(5, round(words / _READING_WORDS_A_MINUTE / 5) * 5),
        by=by,
    )
    revision = playbook.revisions.get()
    sections = [{name: part[name] for name in ("key", "heading", "body")} for part in parts]
    actions.save_draft(
        revision=revision, sections=sections, lock=revision.lock, change_note=change_note, text_of=brought_by, by=by
    )
    return playbook


@slots.document_targets.fill
def document_target():
    yield slots.DocumentTarget(
        kind=PLAYBOOK,
        label=_("a playbook"),
        most_parts=MOST_SECTIONS,
        likeness=likeness,
        force_of=None,
        create=create,
        check_can=check_can_curate_playbooks,
        edit_url=lambda pk: reverse("admin:playbooks_playbook_edit", args=[pk]),
    )
