from spokes.management.uploading import UploadCommand
from spokes.models import TableImport
from spokes.workflow import AccountStatus


class Command(UploadCommand):
    help = "Takes social accounts from CSV, XLSX or YAML. The columns are in docs/imports.md."
    kind = TableImport.Kind.ACCOUNTS

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--department", default="", metavar="SLUG", help="the department of rows that name none")
        parser.add_argument(
            "--state",
            default=AccountStatus.PLANNED.value,
            choices=[AccountStatus.PLANNED.value, AccountStatus.ACTIVE.value],
            help="the state of accounts that are new here",
        )
        parser.add_argument("--note-column", default="", help="the heading of what goes into the note")

    def options_from(self, options):
        is_yaml = options["file_name"].endswith((".yaml", ".yml"))
        return {
            "department": options["department"],
            "state": options["state"],
            "columns": {"note": options["note_column"]},
            **({"format": "yaml"} if is_yaml else {}),
        }
