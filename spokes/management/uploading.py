"""What the three import commands share: the same checks and the same worker code as the upload in the admin."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from hub.exceptions import HubError
from hub.models import User
from spokes.actions import uploads
from spokes.workflow import ImportStatus

SHOWN = 20


class UploadCommand(BaseCommand):
    """A dry run by itself shows what would happen and stores nothing."""

    kind = None

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="a .csv or .xlsx file")
        parser.add_argument("--dry-run", action="store_true", help="only show what would happen")
        parser.add_argument("--by", metavar="EMAIL", help="the lead in whose name it is done; by default the first one")
        parser.add_argument("--all-lines", action="store_true", help="print every line instead of the first twenty")

    def options_from(self, options):
        return {}

    def answer(self, upload, options):
        return False

    def handle(self, *, file, dry_run, by, all_lines, **options):
        try:
            data = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        person = self._person(by)
        try:
            upload = uploads.upload_table(
                kind=self.kind,
                filename=file.name,
                data=data,
                by=person,
                options=self.options_from({**options, "file_name": file.name.lower()}),
            )
            uploads.work_on_import(pk=upload.pk)
            upload.refresh_from_db()
            self._report(upload, None if all_lines else SHOWN)
            if upload.status == ImportStatus.REFUSED:
                raise CommandError("Nothing was stored.")
            if dry_run or not upload.total:
                uploads.discard_import(upload=upload, by=person)
                self.stdout.write("Dry run: nothing was stored." if dry_run else "Nothing to do.")
                return
            if upload.question:
                self.stdout.write(upload.question)
            uploads.confirm_import(upload=upload, by=person, answer=self.answer(upload, options))
            uploads.work_on_import(pk=upload.pk)
        except HubError as error:
            raise CommandError(error.sentence) from error
        upload.refresh_from_db()
        if upload.status != ImportStatus.DONE:
            raise CommandError(" ".join(reason for _row, _column, reason in upload.errors))
        self.stdout.write(f"Stored: {upload.total}.")

    def _person(self, email):
        if email:
            person = User.objects.active().filter(email__iexact=email).first()
            if person is None:
                raise CommandError(f"Nobody here has the address {email}.")
            return person
        person = User.objects.leads().order_by("pk").first()
        person = person or User.objects.active().filter(is_superuser=True).order_by("pk").first()
        if person is None:
            raise CommandError("There is no lead yet. Make one with: manage.py createsuperuser")
        return person

    def _report(self, upload, most):
        words = [f"{number} {verb.replace('_', ' ')}" for verb, number in sorted(upload.counts.items())]
        self.stdout.write(f"{upload.filename}: {', '.join(words) or 'nothing'}")
        for row, verb, name, detail in upload.lines[:most]:
            self.stdout.write(f"  row {row or '-'}: {verb}: {name}{f' ({detail})' if detail else ''}")
        if most and len(upload.lines) > most:
            self.stdout.write(f"  and {len(upload.lines) - most} more lines")
        for row, column, reason in upload.errors[:most]:
            self.stderr.write(f"  row {row or '-'}, {column or 'row'}: {reason}")
        if most and upload.error_count > most:
            self.stderr.write(f"  and {upload.error_count - most} more errors")
