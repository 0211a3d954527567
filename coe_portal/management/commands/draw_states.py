from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from coe_portal.states import page


class Command(BaseCommand):
    help = "Writes docs/states.md from the workflow tables."

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="only say whether the file is current")

    def handle(self, check, **options):
        target = settings.BASE_DIR / "docs" / "states.md"
        if check:
            if not target.exists() or target.read_text() != page():
                raise CommandError("docs/states.md is not current; run manage.py draw_states.")
            return
        target.write_text(page())
        self.stdout.write("docs/states.md written.")
