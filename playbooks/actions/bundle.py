"""Playbooks from files that the portal wrote: what would become of each, and making it so."""

from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from hub.models import Service, Topic
from playbooks.bundles import at_home
from playbooks.models import Playbook
from playbooks.permissions import check_can_curate_playbooks
from policies.models import Policy

from .playbook import change_playbook, create_playbook
from .revision import save_draft, start_revision
from .text import as_dicts

NEW, REVISION, FACTS, SAME, REFUSED = "new", "revision", "facts", "same", "refused"


@dataclass
class Outcome:
    """What would become of one sheet. `facts` are the changed ones as arguments of the actions, `names` in words;
    `behind` is the number of the revision that readers have, where the file was written from an older one."""

    sheet: object
    verb: str = SAME
    playbook: Playbook | None = None
    facts: dict = field(default_factory=dict)
    citations: list = field(default_factory=list)
    sections: int = 0
    behind: int = 0
    problem: str = ""

    @property
    def names(self):
        return [str(Playbook._meta.get_field(name).verbose_name) for name in self.facts]


def outcomes(sheets):
    """An Outcome for each sheet, in their order, by the same few queries for any number; nothing is written."""
    playbooks = Playbook.objects.select_related("topic", "current")
    playbooks = _by_slug(
        playbooks.prefetch_related("services", "revisions__sections"), {sheet.slug for sheet in sheets}
    )
    known = {
        "topics": _by_slug(Topic.objects, {sheet.facts.get("topic") for sheet in sheets}),
        "services": _by_slug(Service.objects, {slug for sheet in sheets for slug in sheet.services}),
        "policies": _by_slug(Policy.objects, {policy for sheet in sheets for _s, policy, _c in sheet.cites}),
    }
    return [_outcome(sheet, playbooks.get(sheet.slug), **known) for sheet in sheets]


def _by_slug(rows, slugs):
    return {row.slug: row for row in rows.filter(slug__in=slugs - {None})}


def _outcome(sheet, playbook, *, topics, services, policies):
    found = Outcome(sheet=sheet, playbook=playbook)
    facts = dict(sheet.facts)
    if "topic" in facts:
        if facts["topic"] not in topics:
            return _refused(found, _("There is no topic “%(slug)s”.") % {"slug": facts["topic"]})
        facts["topic"] = topics[facts["topic"]]
    for slug in sheet.services:
        if slug not in services:
            return _refused(found, _("There is no service “%(slug)s”.") % {"slug": slug})
    for section, policy, clause in sheet.cites:
        if policy not in policies:
            return _refused(found, _("There is no policy “%(slug)s” to rest on.") % {"slug": policy})
        found.citations.append({"section_key": section, "policy": policies[policy], "clause_key": clause})
    facts["services"] = sorted((services[slug] for slug in sheet.services), key=lambda service: service.slug)
    if playbook is None:
        missing = [name for name in ("title", "summary", "topic") if not facts.get(name)]
        if missing:
            return _refused(found, _("A new playbook needs “%(key)s” at the top.") % {"key": missing[0]})
        found.verb, found.facts, found.sections = NEW, facts, len(sheet.sections)
        return found
    now = {name: getattr(playbook, name) for name in facts if name != "services"}
    now["services"] = sorted(playbook.services.all(), key=lambda service: service.slug)
    found.facts = {name: value for name, value in facts.items() if value != now[name]}
    revisions = list(playbook.revisions.all())
    current = next((one for one in revisions if one.pk == playbook.current_id), None)
    waiting = next((one for one in revisions if one.is_open), None)
    text = current or waiting
    found.sections = _different(text, sheet, found.citations) if text else len(sheet.sections)
    if found.sections and waiting and waiting.sections.all():
        if _different(waiting, sheet, found.citations):
            sentence = _("Revision %(n)d is being worked on. Publish it first, then read the file in again.")
            return _refused(found, sentence % {"n": waiting.number})
        # It was read in before: the draft is there.
        found.sections = 0
    if found.sections:
        found.verb = REVISION
        found.behind = current.number if current and 0 < sheet.revision < current.number else 0
    elif found.facts:
        found.verb = FACTS
    return found


def _refused(found, problem):
    found.verb, found.problem = REFUSED, problem
    return found


def _different(revision, sheet, citations):
    """How many sections differ: changed, new, gone or moved; what they rest on counts."""
    stored = [{**one, "body": at_home(one["body"])} for one in as_dicts(revision.sections.all())]
    old = {one["key"]: (place, one) for place, one in enumerate(stored)}
    new = {one["key"]: (place, one) for place, one in enumerate(sheet.sections)}
    changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    cited = {(one["section_key"], one["policy"].pk, one["clause_key"]) for one in citations}
    return len(changed | {key for key, *_rest in cited ^ {tuple(one) for one in revision.cites}})


@transaction.atomic
def take_up(*, sheet, by):
    """Makes of one sheet what `outcomes` says: a new playbook, a new revision as a draft, changed facts, or nothing.

    Looks again under today's state; returns the Outcome. Raises what the actions raise.
    """
    check_can_curate_playbooks(by)
    [found] = outcomes([sheet])
    if found.verb == NEW:
        found.playbook = create_playbook(slug=sheet.slug, owner=by, by=by, **found.facts)
        revision = found.playbook.revisions.get()
    elif found.verb == REVISION:
        revision = found.playbook.revisions.open().first() or start_revision(playbook=found.playbook, by=by)
    if found.verb in {NEW, REVISION}:
        save_draft(revision=revision, sections=sheet.sections, citations=found.citations, lock=revision.lock, by=by)
    if found.verb in {REVISION, FACTS} and found.facts:
        change_playbook(playbook=found.playbook, by=by, **found.facts)
    return found
