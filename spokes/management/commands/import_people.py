from spokes.management.uploading import UploadCommand
from spokes.models import TableImport


class Command(UploadCommand):
    help = "Takes a staff list: joiners, movers, leavers. The columns are in docs/imports.md."
    kind = TableImport.Kind.PEOPLE

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--complete", action="store_true", help="whoever is missing from the file has left")
        parser.add_argument(
            "--yes-many-leave", action="store_true", help="go on although over 5 %% of the people would be deactivated"
        )

    def options_from(self, options):
        return {"complete": options["complete"]}

    def answer(self, upload, options):
        return options["yes_many_leave"]
