"""Documents from files into drafts, without the browser."""

import hashlib
import sys
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from hub import actions, slots
from hub.actions.documents import made_from, proposed_parts, target_of
from hub.actions.margin import came_along, left_over
from hub.documents.parts import folded, topic_named
from hub.documents.sniff import LARGEST_FILE
from hub.exceptions import HubError, Invalid
from hub.models import ImportStatus, Topic, User

ENDINGS = {".md", ".markdown", ".html", ".htm", ".docx", ".rst", ".txt", ".doc", ".pdf", ".rtf", ".odt"}
IMPORTED, WOULD, HERE, REFUSED = "imported", "would be imported", "already here", "refused"


@dataclass
class Line:
    """What became of one file."""

    path: Path
    outcome: str
    becomes: str = ""
    title: str = ""
    sections: int = 0
    why: str = ""
    warnings: list[str] = field(default_factory=list)


class DryRun(Exception):
    """Takes everything back."""


class Command(BaseCommand):
    help = "Makes drafts of policies and playbooks from documents; a file that is here already is left alone."

    def add_arguments(self, parser):
        kinds = sorted(target.kind for target in slots.document_targets.gather())
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files, or folders with files")
        parser.add_argument("--as", dest="kind", choices=[*kinds, "auto"], default="auto", help="what they become")
        parser.add_argument("--owner", metavar="EMAIL", help="who owns the drafts; without it, the first lead")
        parser.add_argument("--topic", metavar="SLUG", help="for files that name no topic of ours")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument("--report", type=Path, metavar="FILE", help="also write the report, as a Markdown table")

    def handle(self, *, paths, kind, owner, topic, dry_run, report, verbosity, **options):
        owner = self._owner(owner)
        topic = self._topic(topic)
        self.without_topic = 0
        if report and not report.parent.is_dir():
            raise CommandError(f"There is no folder {report.parent} for the report.")
        files = list(_files(paths))
        if not files:
            raise CommandError("There are no documents there. Name files, or a folder that holds .md, .html or .docx.")
        batch, lines, seen = uuid.uuid4(), [], {}
        for number, path in enumerate(files):
            self._progress(number, len(files), path.name)
            lines.append(self._one(path, kind, owner, topic, batch, dry_run, seen))
        self._progress(len(files), len(files), "")
        if verbosity:
            for line in lines:
                self._say(line)
        counts = Counter(line.outcome for line in lines)
        self.stdout.write(", ".join(f"{number} {outcome}" for outcome, number in counts.items()) + ".")
        if self.without_topic:
            names = "1 file names" if self.without_topic == 1 else f"{self.without_topic} files name"
            self.stdout.write(f"{names} no topic of ours. Say with --topic where to put them: {_topics()}.")
        if report:
            report.write_text(_as_table(lines), encoding="utf-8")
            self.stdout.write(f"The report is in {report}.")

    def _owner(self, email):
        people = User.objects.active()
        if email:
            owner = people.filter(email__iexact=email).first()
            if owner is None:
                raise CommandError(f"Nobody who is active has the address {email}.")
        else:
            owner = people.leads().order_by("pk").first()
            if owner is None:
                raise CommandError("There is no lead yet. Say with --owner whose drafts these are.")
        if not owner.is_coe_staff:
            raise CommandError(f"{owner.name} does not work for the hub, so cannot own drafts. Choose somebody else.")
        return owner

    def _topic(self, slug):
        if not slug:
            return None
        topic = Topic.objects.filter(slug=slug).first()
        if topic is None:
            raise CommandError(f"There is no topic “{slug}”. There are: {_topics()}.")
        return topic

    def _one(self, path, kind, owner, topic, batch, dry_run, seen):
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST_FILE + 1)
        except OSError as error:
            return Line(path, REFUSED, why=f"This file cannot be opened: {error.strerror or error}.")
        sha256 = hashlib.sha256(data).hexdigest()
        earlier = seen.get(sha256)
        if earlier is None and (before := made_from(sha256)) is not None:
            earlier = (before.made_kind, before.made_title)
        if earlier:
            return Line(path, HERE, becomes=earlier[0], title=earlier[1])
        document = actions.prepared_document(
            filename=path.name,
            data=data,
            owner=owner,
            batch=batch,
            target="" if kind == "auto" else kind,
            topic=topic,
            at_once=True,
            by=owner,
        )
        if document.status == ImportStatus.REFUSED:
            return Line(path, REFUSED, why=document.refusal)
        try:
            # A dry run walks the same path and takes it back.
            with transaction.atomic():
                line = self._make(path, document, owner, topic)
                if dry_run:
                    raise DryRun
        except DryRun:
            line.outcome = WOULD
        except HubError as error:
            return Line(path, REFUSED, why=error.sentence)
        seen[sha256] = (line.becomes, line.title)
        return line

    def _make(self, path, document, owner, topic):
        found, target = document.document, target_of(document.target)
        topic = topic_named(found["front_matter"], Topic.objects.all()) or topic
        if topic is None:
            self.without_topic += 1
            raise Invalid("It names no topic of ours.")
        parts = proposed_parts({**found, "parts": folded(found["parts"], target.most_parts)}, target)
        chosen = [part for part in parts if part["taken"]]
        actions.keep_document(document=document, by=owner)
        made = actions.make_draft(
            document=document,
            target=target.kind,
            title=found["title"],
            summary=found["summary"],
            topic=topic,
            owner=owner,
            parts=chosen,
            on_whole=left_over(found, [part for part in parts if not part["taken"]]),
            by=owner,
        )
        warnings = [*found["warnings"], *filter(None, [came_along(made, found)])]
        return Line(path, IMPORTED, target.kind, made.title, len(chosen), warnings=warnings)

    def _progress(self, done, total, name):
        """One line that is drawn over, only where somebody watches."""
        if not sys.stderr.isatty():
            return
        width = 30
        bar = ("#" * (width * done // total)).ljust(width, "·")
        end = "\n" if done == total else ""
        self.stderr.write(f"\r\x1b[2K[{bar}] {done}/{total} {name[:40]}", ending=end)
        self.stderr.flush()

    def _say(self, line):
        if line.outcome == REFUSED:
            self.stdout.write(f"refused       {line.path.name}: {line.why}")
            return
        plural = "" if line.sections == 1 else "s"
        sections = f", {line.sections} section{plural}" if line.sections else ""
        self.stdout.write(f"{line.outcome:13} {line.path.name}: {line.becomes} “{line.title}”{sections}")
        for warning in line.warnings:
            self.stdout.write(f"              - {warning}")


def _topics():
    return ", ".join(Topic.objects.values_list("slug", flat=True)) or "there are none yet"


def _files(paths):
    """Files as named; of folders everything in them that could be a document."""
    for path in paths:
        if path.is_dir():
            inside = sorted(path.rglob("*"))
            yield from (file for file in inside if file.is_file() and file.suffix.lower() in ENDINGS)
        else:
            yield path


def _as_table(lines):
    rows = ["| file | outcome | became | title | sections | why, or what to know |", "|---|---|---|---|---|---|"]
    for line in lines:
        cells = [
            line.path.name,
            line.outcome,
            line.becomes,
            line.title,
            str(line.sections or ""),
            line.why or " ".join(line.warnings),
        ]
        rows.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(rows) + "\n"
