"""The text of a version: clauses from a form, their hashes and HTML, and redlines between versions."""

import hashlib
import json
from functools import partial

from django.utils.text import slugify
from django.utils.translation import gettext as _

from hub.actions import changes
from hub.exceptions import Invalid
from hub.significance import first_word
from hub.text import markdown
from hub.text.redline import ClauseText, compare_clauses
from policies.models import Clause, ClauseChange, Force, Redline, Significance
from policies.significance import proposal

MOST_CLAUSES = 500
LONGEST_HEADING = 250
LONGEST_BODY = 50_000
LONGEST_KEY = 80


def clause_hash(clause):
    parts = [clause.key, clause.force, clause.heading, clause.body]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def content_hash(clauses):
    """Proves a version's text: the clauses and their order."""
    parts = [[clause.key, clause_hash(clause)] for clause in clauses]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def written_clauses(version, drafts):
    """Unsaved clauses of a version from dicts with key, force, heading and body, in order.

    A key that is missing is made from the heading and is new in the policy's whole history, so that a permanent
    address never comes to mean something else.

    Raises Invalid, whose `field` is "clause-<n>-<part>".
    """
    if len(drafts) > MOST_CLAUSES:
        raise Invalid(_("A policy holds at most %(n)d clauses. Split it in two.") % {"n": MOST_CLAUSES})
    history = set(Clause.objects.filter(version__policy=version.policy_id).values_list("key", flat=True))
    taken = history | {draft.get("key") for draft in drafts}
    clauses, seen = [], set()
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
        clause.html = markdown.render(clause.body, heading_level=3, anchor_prefix=clause.anchor)
        clause.content_hash = clause_hash(clause)
        clauses.append(clause)
    return clauses


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
        {"key": clause.key, "force": clause.force, "heading": clause.heading, "body": clause.body} for clause in clauses
    ]


def changes_between(old, new):
    """What became of each clause, the unchanged ones included: a list of `ClauseChange` of hub.text.redline."""
    return compare_clauses([_plain(clause) for clause in old], [_plain(clause) for clause in new], heading_level=3)


def store_changes(version, before, *, stated=None):
    """Writes how far-reaching each change since the version `before` is, and with it the version's significance."""
    if before is None:
        version.clause_changes.all().delete()
        version.significance = Significance.MATERIAL
        return
    new = list(version.clauses.all())
    version.significance = changes.store_changes(
        version.clause_changes,
        changes_between(before.clauses.all(), new),
        propose=partial(proposal, language=version.policy.language),
        hashes={clause.key: clause.content_hash for clause in new},
        stated=stated,
    )


def judged_between(policy, older, newer):
    """{clause key: the most far-reaching of its changes} over the versions after number `older` up to `newer`."""
    rows = ClauseChange.objects.filter(
        version__policy=policy, version__number__gt=older, version__number__lte=newer
    ).values_list("key", "significance")
    return changes.most_far_reaching(rows)


def compare(old, new, judged=None):
    """A Redline of two lists of clauses, not saved and without its versions.

    `judged` says how far-reaching each clause's change is, by its key, where somebody has judged it.
    """
    words = {key: first_word(Significance(level).label) for key, level in (judged or {}).items()}
    return Redline(**changes.redline(changes_between(old, new), words=words, anchor="c"))


def _plain(clause):
    return ClauseText(clause.key, str(clause.number), clause.heading, clause.force, clause.body)


def store_redlines(version):
    """Makes what readers will compare: this version with each of the last ones before it."""
    new = list(version.clauses.all())
    earlier = version.policy.versions.filter(number__lt=version.number).exclude(content_hash="").newest_first()
    rows = []
    for older in earlier.prefetch_related("clauses")[: changes.REDLINES_BACK]:
        row = compare(list(older.clauses.all()), new, judged_between(version.policy_id, older.number, version.number))
        row.older, row.newer = older, version
        rows.append(row)
    Redline.objects.filter(newer=version).delete()
    Redline.objects.bulk_create(rows)


def redline_between(older, newer, *, side_by_side=False):
    """The stored redline of two versions, in one of its two forms, or one made now (reading never writes)."""
    stored = Redline.objects.filter(older=older, newer=newer).defer("html" if side_by_side else "side_html").first()
    if stored and (not side_by_side or stored.side_html):
        return stored
    judged = judged_between(newer.policy_id, older.number, newer.number)
    return compare(list(older.clauses.all()), list(newer.clauses.all()), judged)
