"""Brings the portal's data up to date before it starts: database, static files, schedule, sample content.

Run by the start script as `python -m coe_portal.embedded.prepare --sample`, in one process so that Django is loaded
once. What goes wrong is said in a sentence, with the details in a file.
"""

import argparse
import errno
import hashlib
import io
import os
import sqlite3
import sys
import traceback
from pathlib import Path

from coe_portal.embedded.child import tie_to_parent


class Steps:
    """Says which step of how many is running."""

    def __init__(self, *, first, total):
        self.next = first
        self.total = total

    def say(self, text):
        print(f"[{self.next}/{self.total}] {text}", flush=True)
        self.next += 1


def fingerprint(folders):
    """Changes when a file under one of the folders is added, removed or changed."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                status = path.stat()
                digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def collect_static(steps):
    """Copies, compresses and renames the static files, unless nothing has changed since the last time."""
    from django.conf import settings
    from django.core.management import call_command

    root = Path(settings.STATIC_ROOT)
    stamp = root.parent / "static.stamp"
    import allauth
    import django

    libraries = [Path(django.__file__).parent / "contrib/admin/static", Path(allauth.__file__).parent]
    now = fingerprint([settings.BASE_DIR / "static", *libraries])
    if stamp.exists() and stamp.read_text() == now and (root / "staticfiles.json").exists():
        steps.say("Static files: nothing new")
        return
    steps.say("Preparing style sheets, scripts and pictures…")
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(now)


def prepare(steps, *, sample):
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    steps.say("Preparing the database…")
    call_command("migrate", interactive=False, verbosity=0)
    quiet = io.StringIO()
    call_command("sync_schedule", stdout=quiet)
    collect_static(steps)
    if sample:
        from django.contrib.auth import get_user_model

        first = not get_user_model().objects.exists()
        steps.say("Loading the sample company (about 30 s the first time)…" if first else "Sample company…")
        call_command("load_sample", verbosity=0, stdout=quiet)


def full_disk(error):
    """Whether an error, or what caused it, is a disk without space."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if isinstance(error, sqlite3.OperationalError) and "disk is full" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Bring the portal's data up to date.")
    parser.add_argument("--sample", action="store_true", help="load the sample company too")
    parser.add_argument("--first", type=int, default=1, help="the number of the first step shown")
    parser.add_argument("--total", type=int, default=3, help="the number of steps shown")
    parser.add_argument("--details", type=Path, required=True, help="file for what went wrong")
    options = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coe_portal.settings")
    if "COE_PIPE" in os.environ:
        tie_to_parent(parent=int(os.environ["COE_PARENT"]), pipe=int(os.environ["COE_PIPE"]), threads=True)
    try:
        prepare(Steps(first=options.first, total=options.total), sample=options.sample)
    except Exception as error:
        if full_disk(error):
            sys.exit("The disk is full. Free some space, then start again: what was half done is finished then.")
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import CommandError

        if isinstance(error, (ImproperlyConfigured, CommandError)):
            sys.exit(str(error))
        options.details.write_text(traceback.format_exc())
        sys.exit(
            f"This step did not work: {type(error).__name__}: {error}\n"
            f"The details are in {options.details}. To begin anew, move the data folder away and start again."
        )


if __name__ == "__main__":
    main()
