"""The text of a version: clauses from a form, their hashes and HTML, and redlines between versions."""

import hashlib
import json

from django.template.loader import render_to_string
from django.utils.text import slugify
from django.utils.translation import gettext as _

from hub.exceptions import Invalid
from hub.text import markdown
from hub.text.redline import ClauseText, compare_clauses
from policies.models import Clause, ClauseChange, Force, Redline, Significance
from policies.significance import WEIGHT, first_word, highest, proposal

MOST_CLAUSES = 500
LONGEST_HEADING = 250
LONGEST_BODY = 50_000
LONGEST_KEY = 80
# A redline to each of this many earlier versions is made at publication; any other pair is made when asked for.
REDLINES_BACK = 10


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
    """Writes how far-reaching each change since the version `before` is, and with it the version's significance.

    What an editor chose stays as long as the clause keeps the text she judged. `stated` is the significance of the
    version as a whole where it comes from outside; the clauses' then fit it as far as their texts allow.
    """
    chosen = {(row.key, row.content_hash, row.floor): row.significance for row in version.clause_changes.all()}
    version.clause_changes.all().delete()
    if before is None:
        version.significance = Significance.MATERIAL
        return
    new = list(version.clauses.all())
    hashes = {clause.key: clause.content_hash for clause in new}
    rows = []
    for change in changes_between(before.clauses.all(), new):
        if change.kind == "same":
            continue
        found, clause = proposal(change, language=version.policy.language), change.new or change.old
        row = ClauseChange(
            version=version,
            key=change.key,
            number=clause.number,
            heading=clause.heading,
            kind=change.kind,
            proposed=found.significance,
            floor=found.floor,
            content_hash=hashes.get(change.key, ""),
        )
        row.significance = chosen.get((row.key, row.content_hash, row.floor), row.proposed)
        rows.append(row)
    if stated is not None:
        _fit(rows, stated)
    ClauseChange.objects.bulk_create(rows)
    version.significance = highest(row.significance for row in rows) if rows else stated or Significance.EDITORIAL


def _fit(rows, stated):
    """Makes `stated` the highest, but no change smaller than its text allows."""
    for row in rows:
        row.significance = highest([row.floor, min(row.proposed, stated, key=WEIGHT.__getitem__)])
    if rows and WEIGHT[highest(row.significance for row in rows)] < WEIGHT[stated]:
        max(rows, key=lambda row: WEIGHT[row.proposed]).significance = stated


def judged_between(policy, older, newer):
    """{clause key: the most far-reaching of its changes} over the versions after number `older` up to `newer`."""
    rows = ClauseChange.objects.filter(
        version__policy=policy, version__number__gt=older, version__number__lte=newer
    ).values_list("key", "significance")
    judged = {}
    for key, significance in rows:
        judged[key] = highest([significance, judged.get(key, Significance.EDITORIAL)])
    return judged


def compare(old, new, judged=None):
    """A Redline of two lists of clauses, not saved and without its versions.

    `judged` says how far-reaching each clause's change is, by its key, where somebody has judged it.
    """
    changes = changes_between(old, new)
    kinds = [change.kind for change in changes]
    words = {key: first_word(significance) for key, significance in (judged or {}).items()}
    blocks = []
    for change in changes:
        if change.kind != "same":
            blocks.append({"change": change, "clause": change.new or change.old, "word": words.get(change.key, "")})
        elif blocks and "same" in blocks[-1]:
            blocks[-1]["same"].append(change.new)
        else:
            blocks.append({"same": [change.new]})
    return Redline(
        html=render_to_string("policies/_redline.html", {"blocks": blocks}),
        side_html=render_to_string("policies/_redline.html", {"blocks": blocks, "side_by_side": True}),
        changed=kinds.count("changed"),
        added=kinds.count("added"),
        removed=kinds.count("removed"),
        moved=sum(change.moved for change in changes),
    )


def _plain(clause):
    return ClauseText(clause.key, str(clause.number), clause.heading, clause.force, clause.body)


def store_redlines(version):
    """Makes what readers will compare: this version with each of the last ones before it."""
    new = list(version.clauses.all())
    earlier = version.policy.versions.filter(number__lt=version.number).exclude(content_hash="").newest_first()
    rows = []
    for older in earlier.prefetch_related("clauses")[:REDLINES_BACK]:
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
