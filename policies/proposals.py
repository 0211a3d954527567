"""A document from outside as a new version of a policy: which of its parts is which clause.

Nothing here writes anything; a person corrects what is proposed before it becomes a draft.
"""

from dataclasses import dataclass, field

from django.conf import settings
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from hub.documents.parts import folded, is_bare
from hub.text import matching
from hub.text.markdown import clean
from hub.text.redline import longest_rising
from policies.actions.text import MOST_CLAUSES
from policies.imports import force_of
from policies.models import Clause, Force

NEW, LEFT_OUT = "", "-"


@dataclass
class Row:
    """One part of the document. `chosen` is the key it continues, NEW or LEFT_OUT; `force` is to be stored."""

    index: int
    heading: str
    body: str
    force: str
    chosen: str
    match: matching.Match
    from_word: bool = False
    proposed: str = NEW  # what `chosen` was before anybody corrected it
    was: Clause | None = None  # the clause that `chosen` names
    kind: str = ""  # what becomes of it: same, changed, renamed, new or out
    moved: bool = False
    error: str = ""
    merged: list = field(default_factory=list)  # clauses whose text went into this part
    split_from: Clause | None = None
    comments: list = field(default_factory=list)  # of the file, on this part
    audiences: list | None = None  # ids of groups, of a text of our own that was kept; a file does not say

    @property
    def number(self):
        return self.index + 1

    @property
    def is_corrected(self):
        return self.chosen != self.proposed

    @property
    def is_sure(self):
        return self.is_corrected or self.match.confidence >= 0.7 or self.kind in {"same", "new", "out"}

    @property
    def reason(self):
        """Why it goes on as what it does."""
        if self.kind == "out":
            return ""
        return _("You chose this.") if self.is_corrected else self.match.reason


@dataclass
class Proposal:
    """What a document makes of a policy's clauses. `rows` are its parts in order, `clauses` those there are so far."""

    clauses: list
    rows: list

    @classmethod
    def of(cls, clauses, stored, *, chosen=None, forces=None):
        """From a stored document (`hub.documents.parts`); `chosen` and `forces` are corrections by position."""
        parts = folded(stored["parts"], MOST_CLAUSES)
        texts = [matching.Part(part["heading"], own_links(part["body"]), part.get("carried_key", "")) for part in parts]
        olds = [matching.Part(clause.heading, clause.body, clause.key) for clause in clauses]
        # A heading with nothing below it continues no clause: a clause without text cannot be published.
        bare = [is_bare(part) and not text.key for part, text in zip(parts, texts, strict=True)]
        places = [index for index in range(len(parts)) if not bare[index]]
        matches, gone = matching.match(olds, [texts[index] for index in places])
        matched = {places[match.new]: match for match in matches}
        rows = []
        for index, (part, text) in enumerate(zip(parts, texts, strict=True)):
            match = matched.get(index) or matching.Match(index, None, "new", 1.0, "")
            row = Row(index, text.heading, text.body, "", NEW, match, stored["kind"] == "docx")
            row.comments, row.audiences = part.get("comments", []), part.get("audiences")
            row.merged = [clauses[at] for at in match.merged]
            row.split_from = None if match.split_from is None else clauses[match.split_from]
            if match.old is not None:
                row.chosen = clauses[match.old].key
            elif bare[index]:
                row.chosen = LEFT_OUT
            row.proposed = row.chosen
            row.force = _force(part, text, None if match.old is None else clauses[match.old])
            rows.append(row)
        proposal = cls(clauses, rows)
        proposal._into = {clauses[one.old].key: None if one.into is None else places[one.into] for one in gone}
        proposal._correct(chosen or {}, forces or {})
        proposal._settle()
        return proposal

    def _correct(self, chosen, forces):
        keys = {clause.key for clause in self.clauses} | {NEW, LEFT_OUT}
        for row in self.rows:
            if chosen.get(row.index) in keys:
                row.chosen = chosen[row.index]
            if forces.get(row.index) in Force.values:
                row.force = forces[row.index]

    def _settle(self):
        by_key = {clause.key: clause for clause in self.clauses}
        place = {clause.key: at for at, clause in enumerate(self.clauses)}
        taken = {}
        for row in self.rows:
            row.was = by_key.get(row.chosen)
            row.kind = _kind(row)
            if row.was is None:
                continue
            if row.chosen in taken:
                row.error = _("“%(heading)s” is chosen for part %(n)d already. A clause goes on once.") % {
                    "heading": row.was.heading,
                    "n": taken[row.chosen] + 1,
                }
            else:
                taken[row.chosen] = row.index
        order = [row for row in self.rows if row.was is not None and not row.error]
        settled = {order[k].index for k in longest_rising([place[row.chosen] for row in order])}
        for row in order:
            row.moved = row.index not in settled
        self.taken = taken

    @property
    def removed(self):
        """Clauses that no part continues, each with the row whose text took it over, or None."""
        rows = {row.index: row for row in self.rows}
        for clause in self.clauses:
            if clause.key not in self.taken:
                into = rows.get(self._into.get(clause.key))
                yield clause, into if into is not None and into.kind != "out" else None

    @cached_property
    def counts(self):
        kinds = [row.kind for row in self.rows]
        return {
            "same": kinds.count("same"),
            "changed": kinds.count("changed"),
            "renamed": kinds.count("renamed"),
            "moved": sum(row.moved for row in self.rows),
            "new": kinds.count("new"),
            "removed": len(list(self.removed)),
        }

    @property
    def changes_nothing(self):
        return (
            all(
                row.kind == "same" and not row.moved and row.force == row.was.force and _same_audiences(row)
                for row in self.rows
            )
            and not self.counts["removed"]
        )

    @property
    def left_out(self):
        """Those of the document's parts that nothing is made of."""
        return [{"heading": row.heading, "comments": row.comments} for row in self.rows if row.kind == "out"]

    def drafts(self):
        """Dicts with key, force, heading, body, the file's comments, and audiences where they are known, for
        `actions.import_version`.

        Where readers would see no difference the stored words stay, so that nothing changes by being typed otherwise.
        """
        return [
            {
                "key": row.was.key if row.was else "",
                "force": row.force,
                "heading": row.was.heading if row.was and _same_heading(row) else row.heading,
                "body": row.was.body if row.was and _same_body(row) else row.body,
                "comments": row.comments,
                **({} if row.audiences is None else {"audiences": row.audiences}),
            }
            for row in self.rows
            if row.kind != "out"
        ]


def own_links(body):
    """Links to this portal as they are written here, without its name."""
    site = settings.SITE_URL.rstrip("/")
    return body.replace(f"]({site}/", "](/").replace(f"](<{site}/", "](</")


def _force(part, text, clause):
    """What the file says; else what the clause has, unless the words bind otherwise now; else what the words say."""
    if part.get("force") in Force.values:
        return part["force"]
    words = force_of(f"{text.heading}\n{text.body}")
    if clause is not None and force_of(f"{clause.heading}\n{clause.body}") == words:
        return clause.force
    return words


def _same_audiences(row):
    return row.audiences is None or set(row.audiences) == {group.pk for group in row.was.groups}


def _same_heading(row):
    """A number typed before a heading is no change: numbers follow from the order."""
    was = " ".join(clean(row.was.heading).split())
    return was in (" ".join(clean(row.heading).split()), matching.without_number(row.heading))


def _same_body(row):
    return matching.reads_the_same(own_links(row.was.body), row.body, from_word=row.from_word)


def _kind(row):
    if row.chosen == LEFT_OUT:
        return "out"
    if row.was is None:
        return "new"
    if not _same_heading(row):
        return "renamed"
    return "same" if _same_body(row) else "changed"
