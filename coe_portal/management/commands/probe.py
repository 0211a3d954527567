"""Is one of the portal's processes well? For the health checks of a container engine."""

import urllib.error
import urllib.request

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from coe_portal.celery import app
from hub import health

PARTS = ("web", "worker", "beat")
ADDRESS = "http://127.0.0.1:8000/healthz"


class Command(BaseCommand):
    help = "Ends with code 0 if a part of the portal is well, otherwise says what is wrong: web, worker or beat."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("part", choices=PARTS)
        parser.add_argument("--address", default=ADDRESS, help=f"where the web server is asked; {ADDRESS} by default")

    def handle(self, *, part, address, **options):
        problem = {"web": lambda: web(address), "worker": worker, "beat": beat}[part]()
        if problem:
            raise CommandError(problem)
        self.stdout.write("ok")


def web(address):
    """What the web server itself says; when the beat is silent that is the beat's fault, not the server's."""
    try:
        with urllib.request.urlopen(address, timeout=10):
            return None
    except urllib.error.HTTPError as error:
        with error:
            findings = error.read().decode(errors="replace").splitlines()
        return "\n".join(line for line in findings if not line.startswith(("beat:", "outbox:")))
    except OSError as error:
        return f"The web server does not answer: {error}"


def worker():
    """A worker answers over the broker."""
    try:
        answers = app.control.ping(timeout=5)
    except Exception as error:  # whatever the broker's client raises
        return f"The broker cannot be reached: {error}"
    return None if answers else "No worker answers."


def beat():
    try:
        return health.beat()
    except DatabaseError as error:
        return f"The database cannot be asked: {error}"
