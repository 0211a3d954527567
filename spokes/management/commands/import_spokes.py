from spokes.management.uploading import UploadCommand
from spokes.models import TableImport


class Command(UploadCommand):
    help = "Takes the tree of departments from a list with names and parents. The columns are in docs/imports.md."
    kind = TableImport.Kind.DEPARTMENTS

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--name-column", default="", help="the heading of the departments' names")
        parser.add_argument("--parent-column", default="", help="the heading of the parents' names")
        parser.add_argument("--below", default="", metavar="SLUG", help="hang the whole list under this department")

    def options_from(self, options):
        return {
            "below": options["below"],
            "columns": {"name": options["name_column"], "parent": options["parent_column"]},
        }
