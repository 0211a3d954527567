import time

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from coe_portal.sample.loader import load
from coe_portal.sample.reading import SampleError


class Command(BaseCommand):
    help = "Loads the invented company, or what is missing of it; what is there stays as it is."

    def handle(self, *, verbosity, **options):
        started = time.monotonic()
        try:
            counts = load(progress=self.stdout.write if verbosity else lambda line: None)
        except SampleError as error:
            raise CommandError(f"The sample company was not loaded, and nothing was stored. {error}") from error
        if counts:
            call_command("rebuild_search", verbosity=0, stdout=self.stdout)
        words = ", ".join(f"{number} {what}" for what, number in counts.items()) or "nothing that was not there already"
        self.stdout.write(f"Loaded {words}, in {time.monotonic() - started:.1f} s.")
