"""A document from outside as the first draft of a playbook or a case study."""

import re

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hub import slots
from hub.actions.documents import free_address
from hub.documents.parts import words_of
from playbooks import actions
from playbooks.actions.text import MOST_SECTIONS
from playbooks.models import CaseStudy, Playbook
from playbooks.permissions import check_can_curate_cases, check_can_curate_playbooks
from playbooks.tasks import CASE, PLAYBOOK

_IS_ADVICE = re.compile(
    r"\bhow\b|\bplaybook|handbook|checklist|toolkit|\bguide\b|template|best practices?|introduction|tips"
    r"|writing|branding|style|metrics|bonnes pratiques|pratiques|leitfaden|anleitung|guía|ガイド|手引|指南",
    re.I,
)
_DOING = re.compile(
    r"\b(?:steps?|first|then|next|example|examples|tips?|here(?:'|’)?s|learn|create|choose|make)\b", re.I
)
_READING_WORDS_A_MINUTE = 200
BARE_WORDS = 3


def likeness(document):
    """How much a document reads like advice: a title that says so, and the words of doing among its words."""
    words = words_of(document)
    doing = len(_DOING.findall(words))
    return 0.5 + 3 * bool(_IS_ADVICE.search(document["title"])) + 100 * doing / max(200, len(words.split()))


@transaction.atomic
def create(*, title, slug, summary, language, topic, owner, parts, change_note, brought_by=None, on_whole=(), by):
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
    playbook.brought = actions.bring_comments(revision=revision, drafts=parts, on_whole=on_whole, by=by)
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
        keeps_comments=True,
    )


_IS_CASE = re.compile(
    r"case stud(?:y|ies)|success stor|lessons learned|étude de cas|fallstudie|caso de|事例|دراسة حالة", re.I
)
# What a heading says its part is about; the first that fits counts.
_PARTS_OF_A_CASE = [
    (
        "results",
        r"results?|outcomes?|impact|learn|lessons|what happened|what came|measur|evaluation|conclusion|résultats?|bilan"
        r"|ergebnis|wirkung|resultados?|結果|成果|نتائج|النتائج",
    ),
    (
        "approach",
        r"approach|solution|what we did|what they did|how we|how they|actions?\b|strategy|implementation|steps|tactics"
        r"|démarche|ansatz|vorgehen|umsetzung|enfoque|solución|取り組み|解決|الحل|النهج",
    ),
    (
        "challenge",
        r"challenge|problem|background|situation|context|issue|why\b|needs?\b|contexte|défi|ausgangslage|problema|reto"
        r"|背景|課題|التحدي|المشكلة",
    ),
]
_PARTS_OF_A_CASE = [(name, re.compile(pattern, re.I)) for name, pattern in _PARTS_OF_A_CASE]


def part_of_case(heading):
    """Which of a case study's texts a heading begins: "challenge", "approach", "results", or "" if it does not say."""
    return next((name for name, pattern in _PARTS_OF_A_CASE if pattern.search(heading)), "")


def texts_of_case(parts):
    """{"challenge": Markdown, ...} of a document's parts.

    A heading that says nothing of the three goes on with the text before it. Where none says anything, the first part
    is the challenge, the last the results, and what stands between them the approach.
    """
    said = [part_of_case(part["heading"]) for part in parts]
    named = said if any(said) else ["challenge", *["approach"] * (len(parts) - 2), "results"][: len(parts)]
    texts, current = {"challenge": [], "approach": [], "results": []}, "challenge"
    for part, says, name in zip(parts, said, named, strict=True):
        current = name or current
        body = part["body"].strip()
        # "Background" or "Our approach" says no more than our own heading does.
        is_bare = says and not texts[current] and len(part["heading"].split()) <= BARE_WORDS
        texts[current].append(body if is_bare else f"### {part['heading']}\n\n{body}")
    return {name: "\n\n".join(bodies).strip() for name, bodies in texts.items()}


def likeness_to_case(document):
    """How much a document reads like a case study: a title that says so, headings for a difficulty and its outcome."""
    named = {part_of_case(part["heading"]) for part in document["parts"]}
    return 0.3 + 6 * bool(_IS_CASE.search(document["title"])) + 2 * ({"challenge", "results"} <= named)


@transaction.atomic
def create_case(*, title, slug, summary, language, topic, owner, parts, change_note, brought_by=None, by):
    """A draft of a case study. Whose it is, and when it was, the file does not say reliably: the editor does."""
    return actions.create_case(
        title=title,
        slug=free_address(slug, model=CaseStudy, kind=CASE),
        summary=summary,
        language=language,
        topic=topic,
        year=None,
        text_of=[person for person in (owner, brought_by) if person is not None],
        by=by,
        **texts_of_case(parts),
    )


@slots.document_targets.fill
def case_target():
    yield slots.DocumentTarget(
        kind=CASE,
        label=_("a case study"),
        most_parts=MOST_SECTIONS,
        likeness=likeness_to_case,
        force_of=None,
        create=create_case,
        check_can=check_can_curate_cases,
        edit_url=lambda pk: reverse("playbooks:case_edit", args=[pk]),
    )
