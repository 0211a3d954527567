import sys
import time

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from hub import search, slots
from hub.models.search import SearchEntry
from hub.search import schema

WIDTH = 30


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
        reads = {source.kind: source.document for source in sources}

        def again(kind, object_id):
            return reads[kind](object_id)

        documents = (
            document for source in sources if not kinds or source.kind in kinds for document in source.documents()
        )
        # Most of what will be there is there now.
        there = SearchEntry.objects.filter(part_key="", **({"kind__in": kinds} if kinds else {})).count()

        def progress(number):
            if self.is_terminal:
                self.stdout.write(f"\r{bar(number, there, time.monotonic() - started)}", ending="")
                self.stdout.flush()

        number = search.rebuild(
            documents, kinds=kinds, again=again, progress=progress if options["verbosity"] else None
        )
        if self.is_terminal:
            self.stdout.write("\r", ending="")
        self.stdout.write(f"{number} documents in the index, in {time.monotonic() - started:.1f} s.")

    @property
    def is_terminal(self):
        return self.stdout.isatty() and sys.stdout.isatty()


def bar(number, expected, seconds):
    """How far it has come, and how long it may still take; the number alone once there are more than expected."""
    if number > expected:
        return f"{number} documents{'':60}"
    filled = WIDTH * number // expected
    left = f"about {seconds / number * (expected - number):.0f} s left" if number else ""
    return f"[{'#' * filled}{'.' * (WIDTH - filled)}] {number} of about {expected} documents {left:20}"
