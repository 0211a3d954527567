"""What changed from one text to the next: how far-reaching each change is, and the redline that readers compare by.

Policies and playbooks keep both in tables of their own and share what is here. `kept` is the related manager of a
text's changes (`version.clause_changes`); the callers lock, check rights and record in the audit.
"""

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from hub.exceptions import Invalid
from hub.significance import EDITORIAL, WEIGHT, highest

# A redline to each of this many earlier texts is made at publication; any other pair is made when asked for.
REDLINES_BACK = 10


def store_changes(kept, changes, *, propose, hashes, stated=None):
    """Writes how far-reaching each change is; returns the most far-reaching, which is the whole text's.

    What an editor chose stays as long as the part keeps the text she judged: `hashes` are {key: hash of its text}.
    `propose(change)` gives a `hub.significance.Proposal`. `stated` is the significance of the whole where it comes
    from outside; the parts' then fit it as far as their texts allow.
    """
    chosen = {(row.key, row.content_hash, row.floor): row.significance for row in kept.all()}
    kept.all().delete()
    rows = []
    for change in changes:
        if change.kind == "same":
            continue
        found, part = propose(change), change.new or change.old
        row = kept.model(
            **{kept.field.name: kept.instance},
            key=change.key,
            number=part.number,
            heading=part.heading,
            kind=change.kind,
            proposed=found.significance,
            floor=found.floor,
            content_hash=hashes.get(change.key, ""),
        )
        row.significance = chosen.get((row.key, row.content_hash, row.floor), row.proposed)
        rows.append(row)
    if stated is not None:
        _fit(rows, stated)
    kept.model.objects.bulk_create(rows)
    return highest(row.significance for row in rows) if rows else stated or EDITORIAL


def _fit(rows, stated):
    """Makes `stated` the highest, but no change smaller than its text allows."""
    for row in rows:
        row.significance = highest([row.floor, min(row.proposed, stated, key=WEIGHT.__getitem__)])
    if rows and WEIGHT[highest(row.significance for row in rows)] < WEIGHT[stated]:
        max(rows, key=lambda row: WEIGHT[row.proposed]).significance = stated


def choose(kept, choices):
    """Writes the editor's word, {key: significance}; returns (the rows it changed, the highest of all).

    Raises Invalid, whose `field` is "significance-<key>", for what the text does not allow.
    """
    rows, changed = list(kept.all()), []
    for row in rows:
        chosen = choices.get(row.key, row.significance)
        if chosen not in WEIGHT:
            raise Invalid(_("Choose how far-reaching the change is."), field=f"significance-{row.key}")
        if WEIGHT[chosen] < WEIGHT[row.floor]:
            raise Invalid(
                _("“%(heading)s” says something else than before, so its change is not merely editorial.")
                % {"heading": row.heading},
                field=f"significance-{row.key}",
            )
        if chosen != row.significance:
            row.significance = chosen
            changed.append(row)
    for row in changed:
        row.save(update_fields=["significance"])
    return changed, highest(row.significance for row in rows)


def most_far_reaching(rows):
    """{key: the most far-reaching of its changes} of rows (key, significance)."""
    judged = {}
    for key, significance in rows:
        judged[key] = highest([significance, judged.get(key, EDITORIAL)])
    return judged


def redline(changes, *, words, anchor):
    """What a `StoredRedline` holds, as a dict.

    `words` are {key: how far-reaching, in a word}, where somebody has judged it; `anchor` is what stands before a
    key in an address: "c" for clauses, "s" for sections.
    """
    kinds = [change.kind for change in changes]
    blocks = []
    for change in changes:
        if change.kind != "same":
            blocks.append({"change": change, "part": change.new or change.old, "word": words.get(change.key, "")})
        elif blocks and "same" in blocks[-1]:
            blocks[-1]["same"].append(change.new)
        else:
            blocks.append({"same": [change.new]})
    context = {"blocks": blocks, "anchor": anchor}
    return {
        "html": render_to_string("hub/_redline.html", context),
        "side_html": render_to_string("hub/_redline.html", {**context, "side_by_side": True}),
        "changed": kinds.count("changed"),
        "added": kinds.count("added"),
        "removed": kinds.count("removed"),
        "moved": sum(change.moved for change in changes),
    }
