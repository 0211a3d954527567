"""Playbooks from files that the portal wrote: what would become of each, and making it so."""

from dataclasses import dataclass, field

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _

from hub.models import Service, Topic
from playbooks.bundles import LISTS, at_home
from playbooks.models import Goal, Playbook
from playbooks.permissions import check_can_curate_playbooks
from policies.models import Policy
from spokes.models import Platform

from .playbook import change_playbook, create_playbook, tag_slug
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
    citations: list | None = None
    sections: int = 0
    behind: int = 0
    problem: str = ""

    @property
    def names(self):
        return [
            str(_("platforms") if name == "platforms" else Playbook._meta.get_field(name).verbose_name)
            for name in self.facts
        ]


def outcomes(sheets):
    """An Outcome for each sheet, in their order, by the same few queries for any number; nothing is written."""
    playbooks = Playbook.objects.select_related("topic", "goal", "current")
    playbooks = _by_slug(
        playbooks.prefetch_related("services", "platforms", "tags", "audiences", "revisions__sections"),
        {sheet.slug for sheet in sheets},
    )
    known = {
        "topics": _by_slug(Topic.objects, {sheet.facts.get("topic") for sheet in sheets}),
        "goals": _by_slug(Goal.objects, {sheet.facts.get("goal") for sheet in sheets}),
        "services": _by_slug(Service.objects, {slug for sheet in sheets for slug in sheet.lists.get("services", ())}),
        "policies": _by_slug(Policy.objects, {policy for sheet in sheets for _s, policy, _c in sheet.cites or ()}),
        "groups": _groups({name for sheet in sheets for name in sheet.lists.get("audiences", ())}),
    }
    return [_outcome(sheet, playbooks.get(sheet.slug), **known) for sheet in sheets]


def _by_slug(rows, slugs):
    return {row.slug: row for row in rows.filter(slug__in=slugs - {None})}


def _groups(names):
    return {group.name: group for group in Group.objects.filter(name__in=names)}


def _outcome(sheet, playbook, *, topics, goals, services, policies, groups):
    found = Outcome(sheet=sheet, playbook=playbook)
    facts = dict(sheet.facts)
    if "topic" in facts:
        if facts["topic"] not in topics:
            return _refused(found, _("There is no topic “%(slug)s”.") % {"slug": facts["topic"]})
        facts["topic"] = topics[facts["topic"]]
    if "goal" in facts:
        if facts["goal"] and facts["goal"] not in goals:
            return _refused(found, _("There is no goal “%(slug)s”.") % {"slug": facts["goal"]})
        facts["goal"] = goals.get(facts["goal"])
    known = {
        "platforms": (dict(Platform.choices), _("There is no platform “%(slug)s”.")),
        "audiences": (groups, _("There is no audience “%(slug)s”.")),
        "services": (services, _("There is no service “%(slug)s”.")),
    }
    for name, (rows, sentence) in known.items():
        missing = [value for value in sheet.lists.get(name, ()) if value not in rows]
        if missing:
            return _refused(found, sentence % {"slug": missing[0]})
    for _section, policy, _clause in sheet.cites or ():
        if policy not in policies:
            return _refused(found, _("There is no policy “%(slug)s” to rest on.") % {"slug": policy})
    if sheet.cites is not None:
        found.citations = [
            {"section_key": section, "policy": policies[policy], "clause_key": clause}
            for section, policy, clause in sheet.cites
        ]
    by_name = {"services": services, "audiences": groups}
    facts |= {
        name: [by_name[name][value] for value in values] if name in by_name else values
        for name, values in sheet.lists.items()
    }
    if playbook is None:
        missing = [name for name in ("title", "summary", "topic") if not facts.get(name)]
        if missing:
            return _refused(found, _("A new playbook needs “%(key)s” at the top.") % {"key": missing[0]})
        found.verb, found.facts, found.sections = NEW, facts, len(sheet.sections)
        return found
    found.facts = {name: value for name, value in facts.items() if _is_other(playbook, name, value)}
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


def _is_other(playbook, name, value):
    """Whether a fact of a file differs from what is stored; lists have no order, tags are known by their addresses."""
    stored = getattr(playbook, name)
    if name not in LISTS:
        return stored != value
    if name == "tags":
        return {tag.slug for tag in stored.all()} != {tag_slug(word) for word in value} - {""}
    if name == "platforms":
        return {one.platform for one in stored.all()} != set(value)
    return set(stored.all()) != set(value)


def _refused(found, problem):
    found.verb, found.problem = REFUSED, problem
    return found


def _different(revision, sheet, citations):
    """How many sections differ: changed, new, gone or moved; what they rest on counts."""
    stored = [{**one, "body": at_home(one["body"])} for one in as_dicts(revision.sections.all())]
    old = {one["key"]: (place, one) for place, one in enumerate(stored)}
    new = {one["key"]: (place, one) for place, one in enumerate(sheet.sections)}
    changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    if citations is None:
        return len(changed)
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
