"""The texts a policy had before the portal held it, from a folder of files, oldest first."""

import csv
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.text import slugify

from hub.actions.documents import free_address
from hub.documents import read
from hub.documents.parts import as_stored
from hub.documents.sniff import LARGEST_FILE
from hub.exceptions import HubError
from hub.models import Topic, User
from policies import actions
from policies.actions.imported import baseline
from policies.models import Policy, Significance
from policies.proposals import Proposal
from policies.tasks import KIND

ENDINGS = {".md", ".markdown", ".html", ".htm", ".docx", ".rst", ".txt"}
COLUMNS = ["same", "changed", "renamed", "moved", "new", "removed"]
_DAY = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")


@dataclass
class Step:
    """One file: the day it held from, its note, and what it made of the clauses before it."""

    path: Path
    day: date
    note: str
    number: int = 0
    clauses: int = 0
    counts: dict = field(default_factory=dict)
    details: list = field(default_factory=list)


class DryRun(Exception):
    """Takes everything back."""


class Command(BaseCommand):
    help = "Enters a folder of successive files as the versions of one policy; clauses keep their keys across them."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="its files are the versions; their names tell the order")
        parser.add_argument("--into", metavar="SLUG", help="the policy; without it a new one is made")
        parser.add_argument("--title", help="of the new policy; without it, the title in the newest file")
        parser.add_argument("--topic", metavar="SLUG", help="of the new policy")
        parser.add_argument("--notes", type=Path, metavar="FILE", help="a CSV table: file, date, note")
        parser.add_argument("--by", metavar="EMAIL", help="the lead who enters them; without it, the first lead")
        parser.add_argument("--written-by", metavar="EMAIL", help="somebody else who works for the hub")
        parser.add_argument("--significance", choices=Significance.values, default="clarifying")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument("--report", type=Path, metavar="FILE", help="also write the report, as Markdown")

    def handle(self, *, folder, into, title, topic, notes, by, written_by, significance, dry_run, report, **options):
        lead = self._person(by, User.objects.active().leads(), "There is no lead yet. Say with --by who enters them.")
        others = User.objects.active().exclude(pk=lead.pk)
        writer = self._person(
            written_by,
            [person for person in others.order_by("pk") if person.is_coe_staff],
            "Somebody must have written what the lead approved. Say with --written-by who.",
        )
        steps = self._steps(folder, notes)
        try:
            with transaction.atomic():
                policy = self._enter(steps, into, title, topic, significance, lead, writer)
                if dry_run:
                    raise DryRun
        except DryRun:
            pass
        except HubError as error:
            raise CommandError(error.sentence) from error
        for step in steps:
            self.stdout.write(_line(step))
        done = sum(bool(step.number) for step in steps)
        self.stdout.write(f"{done} versions {'would be' if dry_run else 'were'} entered into “{policy.title}”.")
        if report:
            report.write_text(_as_markdown(policy, steps), encoding="utf-8")
            self.stdout.write(f"The report is in {report}.")

    def _person(self, email, people, why):
        if email:
            person = User.objects.active().filter(email__iexact=email).first()
            if person is None:
                raise CommandError(f"Nobody who is active has the address {email}.")
            return person
        person = next(iter(people), None)
        if person is None:
            raise CommandError(why)
        return person

    def _steps(self, folder, notes):
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder}.")
        said = _notes(notes) if notes else {}
        steps = []
        for path in sorted((path for path in folder.iterdir() if path.suffix.lower() in ENDINGS), key=_by_name):
            row = said.get(path.name, {})
            day = row.get("date") or (_DAY.search(path.stem) or [""])[0]
            try:
                steps.append(Step(path, date.fromisoformat(day), row.get("note") or f"From the file “{path.name}”."))
            except ValueError as error:
                raise CommandError(
                    f"Since when does {path.name} hold? Put a day (2026-01-31) into its name or into --notes."
                ) from error
        if not steps:
            raise CommandError("There are no documents in that folder.")
        return sorted(steps, key=lambda step: step.day)

    def _enter(self, steps, into, title, topic, significance, lead, writer):
        policy = Policy.objects.filter(slug=into).first() if into else None
        if into and policy is None:
            raise CommandError(f"There is no policy “{into}”.")
        for step in steps:
            stored = _read(step.path)
            if policy is None:
                policy = self._new(_read(steps[-1].path), title, topic, lead)
            clauses = baseline(policy)
            proposal = Proposal.of(clauses, stored)
            step.clauses, step.counts = len(proposal.drafts()), {**proposal.counts, "merged": 0}
            if clauses and proposal.changes_nothing:
                continue
            step.details = list(_details(proposal)) if clauses else []
            step.counts["merged"] = sum(into is not None for _clause, into in proposal.removed)
            version = actions.record_history(
                policy=policy,
                clauses=proposal.drafts(),
                change_note=step.note,
                significance=significance,
                written_by=writer,
                approved_by=lead,
                publish_on=step.day,
                effective_on=step.day,
                by=lead,
            )
            step.number = version.number
        return policy

    def _new(self, stored, title, topic, lead):
        found = Topic.objects.filter(slug=topic).first()
        if found is None:
            there_are = ", ".join(Topic.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"Say with --topic where the policy belongs. There are: {there_are}.")
        title = title or stored["title"]
        return actions.create_policy(
            title=title,
            slug=free_address(slugify(title)[:100].strip("-") or "policy", model=Policy, kind=KIND),
            summary=stored["summary"],
            language=stored["language"],
            topic=found,
            owner=lead,
            by=lead,
        )


def _by_name(path):
    """Names as people count: 9 before 10."""
    return [int(piece) if piece.isdecimal() else piece for piece in re.split(r"(\d+)", path.name)]


def _notes(path):
    """{file name: {"date", "note"}} of a table."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [
                {(name or "").strip().lower(): value for name, value in row.items()} for row in csv.DictReader(file)
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{path} cannot be read as a table: {error}") from error
    return {row["file"].strip(): row for row in rows if row.get("file")}


def _read(path):
    with path.open("rb") as file:
        data = file.read(LARGEST_FILE + 1)
    try:
        return as_stored(read(data, path.name))
    except HubError as error:
        raise CommandError(f"{path.name}: {error.sentence}") from error


def _details(proposal):
    """What to look at: everything that did not simply stay."""
    for row in proposal.rows:
        if row.kind == "out" or (row.kind == "same" and not row.moved and not row.merged):
            continue
        marks = [row.kind, *(["moved"] if row.moved else [])]
        was = row.was.heading if row.was else f"(out of “{row.split_from.heading}”)" if row.split_from else ""
        yield ", ".join(marks), was, row.heading, f"{row.match.confidence:.2f}", row.match.reason
    for clause, into in proposal.removed:
        yield "merged" if into else "removed", clause.heading, into.heading if into else "", "", ""


def _line(step):
    if not step.number:
        return f"{step.day} {step.path.name}: the same text as before"
    counts = ", ".join(f"{number} {name}" for name, number in step.counts.items() if number)
    return f"{step.day} {step.path.name}: version {step.number}, {step.clauses} clauses ({counts})"


def _as_markdown(policy, steps):
    names = [*COLUMNS, "merged"]
    lines = [f"# {policy.title}", "", f"Written on {datetime.now():%Y-%m-%d}.", ""]
    lines += [
        "| file | since | version | clauses | " + " | ".join(names) + " | note |",
        "|---" * (len(names) + 5) + "|",
    ]
    total = Counter()
    for step in steps:
        if step.number > 1:
            total.update(step.counts)
        cells = [
            step.path.name,
            step.day.isoformat(),
            str(step.number or "as before"),
            str(step.clauses),
            *(str(step.counts.get(name, 0)) for name in names),
            step.note,
        ]
        lines.append(_row(cells))
    lines.append(_row(["from the second version on", "", "", "", *(str(total[name]) for name in names), ""]))
    for step in steps:
        if step.details:
            lines += ["", f"## Version {step.number}: {step.path.name}", ""]
            lines += ["| what | was | is | confidence | why |", "|---|---|---|---|---|"]
            lines += [_row(cells) for cells in step.details]
    return "\n".join(lines) + "\n"


def _row(cells):
    return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |"
