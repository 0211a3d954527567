"""The text of a version: clauses from a form, their hashes and HTML, and redlines between versions."""

import hashlib
import json
from functools import partial

from django.contrib.auth.models import Group
from django.utils.text import slugify
from django.utils.translation import gettext as _

from hub.actions import changes
from hub.exceptions import Invalid
from hub.significance import first_word
from hub.text import markdown
from hub.text.redline import ClauseText, compare_clauses
from policies.models import (
    Clause,
    ClauseAudience,
    ClauseChange,
    Force,
    PolicyVersion,
    Redline,
    Significance,
    group_names,
)
from policies.significance import binds_more, proposal
from policies.workflow import steps_between

MOST_CLAUSES = 500
LONGEST_HEADING = 250
LONGEST_BODY = 50_000
LONGEST_KEY = 80


def clause_hash(clause):
    """Proves a clause: its words, and whom it is addressed to where that is not everybody the policy is for."""
    parts = [clause.key, clause.force, clause.heading, clause.body]
    if clause.groups:
        parts.append([group.pk for group in clause.groups])
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def content_hash(clauses):
    """Proves a version's text: the clauses and their order."""
    parts = [[clause.key, clause_hash(clause)] for clause in clauses]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def written_clauses(version, drafts):
    """Unsaved clauses of a version from dicts with key, force, heading, body and audiences, in order.

    `audiences` are groups' ids; without them a clause keeps those of the version's clause with its key, if there is
    one, as a text from a file does not say whom it is for.

    A key that is missing is made from the heading and is new in the policy's whole history, so that a permanent
    address never comes to mean something else.

    Raises Invalid, whose `field` is "clause-<n>-<part>".
    """
    if len(drafts) > MOST_CLAUSES:
        raise Invalid(_("A policy holds at most %(n)d clauses. Split it in two.") % {"n": MOST_CLAUSES})
    history = set(Clause.objects.filter(version__policy=version.policy_id).values_list("key", flat=True))
    taken = history | {draft.get("key") for draft in drafts}
    groups_of, clauses, seen = _groups_of(version, drafts), [], set()
    for number, draft in enumerate(drafts, start=1):
        clause = Clause(
            version=version,
            number=number,
            force=draft.get("force") or Force.MUST,
            heading=" ".join(markdown.clean(draft.get("heading") or "").split()),
            body=markdown.clean(draft.get("body") or "").strip(),
        )
        _check_clause(clause)
        key = draft.get("key") or ""
        if key and (key != slugify(key) or len(key) > LONGEST_KEY):
            raise Invalid(_("“%(key)s” cannot be a clause's address.") % {"key": key})
        clause.key = key or new_key(clause.heading, taken)
        if clause.key in seen:
            raise Invalid(_("Two clauses have the same address “%(key)s”.") % {"key": clause.key})
        seen.add(clause.key)
        taken.add(clause.key)
        clause.groups = groups_of(number, draft)
        clause.html = markdown.render(clause.body, heading_level=3, anchor_prefix=clause.anchor)
        clause.content_hash = clause_hash(clause)
        clauses.append(clause)
    return clauses


def _groups_of(version, drafts):
    """What gives the groups of the n-th draft."""
    stored = {}
    if version.pk and any("audiences" not in draft for draft in drafts):
        numbers = [version.number, version.baseline_number]
        rows = ClauseAudience.objects.filter(
            clause__version__policy=version.policy_id, clause__version__number__in=numbers
        )
        for number, key, group in rows.values_list("clause__version__number", "clause__key", "group"):
            stored.setdefault((number, key), set()).add(group)
        own = set(version.clauses.values_list("key", flat=True))
        stored = {key: ids for (number, key), ids in stored.items() if (key in own) == (number == version.number)}
    wanted = set().union(*stored.values(), *(draft.get("audiences", ()) for draft in drafts))
    named = Group.objects.filter(pk__in=wanted).select_related("spoke") if wanted else ()
    groups = {group.pk: group for group in named}

    def of(number, draft):
        ids = set(draft.get("audiences", stored.get(draft.get("key"), ())))
        if not ids <= groups.keys():
            raise Invalid(
                _("One of the groups clause %(n)d applies to is gone. Choose again.") % {"n": number},
                field=f"clause-{number}-audiences",
            )
        return [groups[pk] for pk in sorted(ids)]

    return of


def store_clauses(clauses):
    """Writes clauses from `written_clauses`."""
    Clause.objects.bulk_create(clauses)
    ClauseAudience.objects.bulk_create(
        ClauseAudience(clause=clause, group=group) for clause in clauses for group in clause.groups
    )


def _check_clause(clause):
    where = {"n": clause.number}
    if clause.force not in Force.values:
        raise Invalid(_("Clause %(n)d must say must, should or may.") % where, field=f"clause-{clause.number}-force")
    if not clause.heading:
        raise Invalid(_("Clause %(n)d needs a heading.") % where, field=f"clause-{clause.number}-heading")
    if len(clause.heading) > LONGEST_HEADING:
        raise Invalid(_("The heading of clause %(n)d is too long.") % where, field=f"clause-{clause.number}-heading")
    if len(clause.body) > LONGEST_BODY:
        raise Invalid(_("The text of clause %(n)d is too long.") % where, field=f"clause-{clause.number}-body")


def new_key(heading, taken):
    base = slugify(heading)[: LONGEST_KEY - 6].strip("-_") or "clause"
    key, n = base, 1
    while key in taken:
        n += 1
        key = f"{base}-{n}"
    return key


def as_dicts(clauses):
    """Clauses as the editor sends them, and as a conflict shows them."""
    return [
        {
            "key": clause.key,
            "force": clause.force,
            "heading": clause.heading,
            "body": clause.body,
            "audiences": [group.pk for group in clause.groups],
        }
        for clause in clauses
    ]


def changes_between(old, new):
    """What became of each clause, the unchanged ones included: a list of `ClauseChange` of hub.text.redline."""
    old, new = list(old), list(new)
    names = group_names(group for clause in [*old, *new] for group in clause.groups)
    return compare_clauses(
        [_plain(clause, names) for clause in old], [_plain(clause, names) for clause in new], heading_level=3
    )


def store_changes(version, before, *, stated=None):
    """Writes how far-reaching each change since the version `before` is, and with it the version's significance."""
    if before is None:
        version.clause_changes.all().delete()
        version.significance = Significance.MATERIAL
        return
    new = list(version.clauses.with_groups())
    found = changes_between(before.clauses.with_groups(), new)
    version.significance = changes.store_changes(
        version.clause_changes,
        found,
        propose=partial(proposal, language=version.policy.language),
        hashes={clause.key: clause.content_hash for clause in new},
        stated=stated,
    )
    more = [change.key for change in found if binds_more(change)]
    if version.clause_changes.filter(key__in=more).update(binds_more=True):
        version.significance = Significance.MATERIAL


def judged_between(older, newer):
    """{clause key: the most far-reaching of its changes} over the versions whose changes lie between two."""
    steps = steps_between(lines_of(newer.policy_id), older.number, newer.number) or ()
    rows = ClauseChange.objects.filter(version__policy=newer.policy_id, version__number__in=steps)
    return changes.most_far_reaching(rows.values_list("key", "significance"))


def lines_of(policy):
    """{number: that of the version it was compared with} of all versions of a policy."""
    return dict(PolicyVersion.objects.filter(policy=policy).values_list("number", "baseline_number"))


def compare(old, new, judged=None):
    """A Redline of two lists of clauses, not saved and without its versions.

    `judged` says how far-reaching each clause's change is, by its key, where somebody has judged it.
    """
    words = {key: first_word(Significance(level).label) for key, level in (judged or {}).items()}
    return Redline(**changes.redline(changes_between(old, new), words=words, anchor="c"))


def _plain(clause, names):
    audience = sorted(names[group.pk] for group in clause.groups)
    return ClauseText(clause.key, str(clause.number), clause.heading, clause.force, clause.body, tuple(audience))


def store_redlines(version):
    """Makes what readers will compare: this version with each of the last ones before it."""
    new = list(version.clauses.with_groups())
    earlier = version.policy.versions.filter(number__lt=version.number).exclude(content_hash="").newest_first()
    rows = []
    for older in earlier[: changes.REDLINES_BACK]:
        row = compare(list(older.clauses.with_groups()), new, judged_between(older, version))
        row.older, row.newer = older, version
        rows.append(row)
    Redline.objects.filter(newer=version).delete()
    Redline.objects.bulk_create(rows)


def redline_between(older, newer, *, side_by_side=False):
    """The stored redline of two versions, in one of its two forms, or one made now (reading never writes)."""
    stored = Redline.objects.filter(older=older, newer=newer).defer("html" if side_by_side else "side_html").first()
    if stored and (not side_by_side or stored.side_html):
        return stored
    judged = judged_between(older, newer)
    return compare(list(older.clauses.with_groups()), list(newer.clauses.with_groups()), judged)
