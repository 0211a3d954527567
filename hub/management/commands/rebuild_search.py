import sys
import time

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from hub import search, slots
from hub.search import schema


class Command(BaseCommand):
    help = "Build the search index anew from everything that can be found. Search goes on meanwhile."

    def add_arguments(self, parser):
        parser.add_argument("--kind", action="append", default=[], help="only this kind of thing; may be repeated")

    def handle(self, *args, **options):
        sources = slots.search_documents.gather()
        kinds = options["kind"]
        unknown = sorted(set(kinds) - {source.kind for source in sources})
        if unknown:
            known = ", ".join(sorted(source.kind for source in sources)) or "none"
            raise CommandError(f"Nothing gives documents of the kind {', '.join(unknown)}. Known kinds: {known}.")
        schema.ensure(connection)
        started = time.monotonic()
        documents = (
            document for source in sources if not kinds or source.kind in kinds for document in source.documents()
        )
        number = search.rebuild(documents, kinds=kinds, progress=self.progress if options["verbosity"] else None)
        if self.is_terminal:
            self.stdout.write("\r", ending="")
        self.stdout.write(f"{number} documents in the index, in {time.monotonic() - started:.1f} s.")

    @property
    def is_terminal(self):
        return self.stdout.isatty() and sys.stdout.isatty()

    def progress(self, number):
        if number % 50 == 0 and self.is_terminal:
            self.stdout.write(f"\r{number} documents", ending="")
            self.stdout.flush()
