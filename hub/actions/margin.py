"""What people wrote in the margin of a file, as comments of the review of the draft that the file became."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub import audit
from hub.models import CommentState


@dataclass(frozen=True)
class Brought:
    """How many comments came along and where they are; those that an earlier file had brought are not among them."""

    on_parts: int = 0
    on_whole: int = 0
    resolved: int = 0
    here_already: int = 0

    def in_words(self):
        """A sentence, or nothing where the file had no comments."""
        came = self.on_parts + self.on_whole
        if not came and not self.here_already:
            return ""
        parts = []
        if came:
            parts.append(
                ngettext("%(n)d comment of the file came along", "%(n)d comments of the file came along", came)
                % {"n": came}
            )
            if self.on_whole:
                parts.append(ngettext("%(n)d on the whole text", "%(n)d on the whole text", self.on_whole))
                parts[-1] %= {"n": self.on_whole}
            if self.resolved:
                parts.append(ngettext("%(n)d resolved before", "%(n)d resolved before", self.resolved))
                parts[-1] %= {"n": self.resolved}
        if self.here_already:
            parts.append(ngettext("%(n)d was here already", "%(n)d were here already", self.here_already))
            parts[-1] %= {"n": self.here_already}
        return _("%(list)s. They are under Review.") % {"list": ", ".join(parts)}


@transaction.atomic
def bring_comments(reviewing, *, text, on_parts, on_whole, by):
    """Makes the comments of a file comments of this draft; returns what was Brought.

    `on_parts` are (part, comments), `on_whole` (heading of the part that is not taken or "", comment), the comments as
    `hub.documents.comments` has them. A thread is one comment with its replies; one that was resolved in the file is
    done. A comment that an earlier file brought is not brought twice: answers that it got since are added.
    """
    reviewing.check_can_curate(by)
    text = reviewing.open_text(text)
    # What somebody said by a link of her own she alone sees there, with what is added to it; no file brought that.
    said = [row for row in text.comments.exclude(said_by="") if not getattr(row, "outside_id", None)]
    here = {(row.said_by, row.text, row.quote): row for row in said}
    found = [(part.key, part.heading, comment) for part, comments in on_parts for comment in comments]
    found += [("", heading, comment) for heading, comment in on_whole]
    rows, now, again = [], timezone.now(), 0
    for key, heading, comment in found:
        before = here.get((comment["name"], comment["text"], comment["quote"]))
        if before is not None:
            again += 1
            if len(comment["replies"]) > len(before.replies):
                before.replies = comment["replies"]
                before.save(update_fields=["replies"])
            continue
        row = text.comments.model(
            **{reviewing.text: text, f"{reviewing.part}_key": key},
            heading=heading,
            author=by,
            said_by=comment["name"],
            quote=comment["quote"],
            replies=comment["replies"],
            text=comment["text"],
            at=datetime.fromisoformat(comment["at"]) if comment["at"] else now,
        )
        if comment["is_done"]:
            row.state, row.answer = CommentState.DONE, _("It was marked as resolved in the file.")
            row.answered_by, row.answered_at = by, now
        rows.append(row)
    text.comments.bulk_create(rows)
    brought = Brought(
        on_parts=sum(bool(getattr(row, f"{reviewing.part}_key")) for row in rows),
        on_whole=sum(not getattr(row, f"{reviewing.part}_key") for row in rows),
        resolved=sum(not row.is_open for row in rows),
        here_already=again,
    )
    if found:
        audit.record("brought comments along", text, by=by, **vars(brought))
    return brought


def left_over(document, parts):
    """`on_whole` of `bring_comments`: the comments about a stored document as a whole, and on parts not taken."""
    on_whole = [("", comment) for comment in document.get("comments", [])]
    return on_whole + [(part["heading"], comment) for part in parts for comment in part.get("comments", [])]


def count(document):
    """How many threads of comments a stored document has."""
    return len(document.get("comments", [])) + sum(len(part.get("comments", [])) for part in document["parts"])


def came_along(made, document):
    """A sentence on what became of the comments of a stored document, or nothing where it had none.

    `made` is what `DocumentTarget.create` gave.
    """
    brought = getattr(made, "brought", None)
    if brought is not None:
        return brought.in_words()
    stayed = count(document)
    return stayed and ngettext(
        "The file's comment stayed behind: this kind of text has no review to keep it in.",
        "The file's %(n)d comments stayed behind: this kind of text has no review to keep them in.",
        stayed,
    ) % {"n": stayed}


def without_comments(parts):
    return [{name: value for name, value in part.items() if name != "comments"} for part in parts]
