"""A document from outside as the first draft of a policy."""

import re

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hub import slots
from hub.actions.documents import free_address
from hub.documents.parts import words_of
from hub.text.markdown import plain
from policies import actions
from policies.actions.text import MOST_CLAUSES
from policies.models import Force, Policy
from policies.permissions import check_can_curate_policies
from policies.tasks import KIND

# Read in this order: "may not" binds, however often "may" stands beside it.
_FORCES = [
    (
        Force.MUST,
        r"must|shall|(?:is|are) (?:required|prohibited|forbidden|not (?:allowed|permitted))|may not|never|mandatory"
        r"|has to|have to|will not be tolerated|do not"
        r"|doit|doivent|obligatoires?|interdite?s?|muss|müssen|darf nicht|dürfen nicht|verboten"
        r"|deben?|obligatorio|prohibid[oa]s?|devono|vietat[oaie]|moet|moeten|verboden",
        "يجب|يُحظر|ممنوع|なければなりません|なければならない|必要があります|禁止|必須|必须|禁止|반드시|должн",
    ),
    (
        Force.SHOULD,
        r"should|ought to|recommend(?:ed|s)?|encouraged?|expected|avoid|prefer(?:red)?|best practices?|please|try to"
        r"|devrait|devraient|recommandée?s?|évitez|sollten?|empfohlen|debería|deberían|recomienda"
        r"|dovrebbe|dovrebbero|zou moeten|aanbevolen",
        "ينبغي|يُنصح|べき|推奨|望ましい|应该|建议|следует|рекоменд",
    ),
    (
        Force.MAY,
        r"may|can|could|optional(?:ly)?|allowed to|free to|if you (?:like|want)"
        r"|peut|peuvent|pouvez|facultatifs?|kann|können|darf|dürfen|puede|pueden|può|possono|kan|kunnen|mag|mogen",
        "يمكن|يجوز|ことができ|かまいません|可以|может|могут",
    ),
]
_BINDS = [(force, re.compile(rf"\b(?:{spaced})\b|{unspaced}", re.I)) for force, spaced, unspaced in _FORCES]
_IS_RULES = re.compile(
    r"polic(?:y|ies)|code of conduct|conduct|guidelines?|rules?|terms|standards?|moderat|records|approvals?|guidance"
    r"|règles|politique|charte|richtlinie|regeln|norma|política|سلوك|規範|ポリシー|方针",
    re.I,
)


def force_of(text):
    """How strongly a text seems to bind, by the strongest of its words; advice where it has none."""
    words = plain(text)
    return next((force.value for force, pattern in _BINDS if pattern.search(words)), Force.SHOULD.value)


def likeness(document):
    """How much a document reads like rules: a title that says so, and binding words among its words."""
    words = words_of(document)
    binding = len(_BINDS[0][1].findall(words))
    return 3 * bool(_IS_RULES.search(document["title"])) + 200 * binding / max(200, len(words.split()))


@transaction.atomic
def create(*, title, slug, summary, language, topic, owner, parts, change_note, brought_by=None, on_whole=(), by):
    """A policy whose first draft holds these parts as clauses. Raises what the actions of policies raise."""
    policy = actions.create_policy(
        title=title,
        slug=free_address(slug, model=Policy, kind=KIND),
        summary=summary,
        language=language,
        topic=topic,
        owner=owner,
        by=by,
    )
    version = policy.versions.get()
    text_of = [brought_by] if brought_by else []
    actions.save_draft(
        version=version, clauses=parts, lock=version.lock, change_note=change_note, text_of=text_of, by=by
    )
    policy.brought = actions.bring_comments(version=version, drafts=parts, on_whole=on_whole, by=by)
    return policy


@slots.document_targets.fill
def document_target():
    yield slots.DocumentTarget(
        kind=KIND,
        label=_("a policy"),
        most_parts=MOST_CLAUSES,
        likeness=likeness,
        force_of=force_of,
        create=create,
        check_can=check_can_curate_policies,
        edit_url=lambda pk: reverse("admin:policies_policy_edit", args=[pk]),
        keeps_comments=True,
        version_of=lambda pk: Policy.objects.filter(pk=pk).values_list("title", flat=True).first(),
        version_url=lambda pk, document: reverse("admin:policies_policy_import_version", args=[pk, document]),
    )
