"""A worker of its own that checks one long table: `python -m tests.faults.table_child KIND FILE`.

Prints as JSON what became of it, what it had stored, and how much memory it took at its peak. It makes its own people
and departments in an empty, migrated database.
"""

import json
import sys
from pathlib import Path

import django

ROWS = 50_000


def people():
    """A head and so many rows; every second one has an address that is none."""
    yield "email,name,department,joined_on"
    for number in range(ROWS):
        email = f"person{number}@larkfield.example" if number % 2 else f"person{number}"
        yield f"{email},Person {number},retail,2024-03-01"


def accounts():
    """The same with accounts; every second one is for a department that does not exist."""
    yield "platform,handle,department,purpose"
    for number in range(ROWS):
        yield f"instagram,larkfield{number},{'retail' if number % 2 else 'nowhere'},Offers of the week"


def peak():
    """Bytes of memory this process ever had, from the system's own account of it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024


def main(kind, file):
    django.setup()
    from hub.models import User
    from spokes.actions import uploads
    from spokes.models import Membership, SocialAccount, TableImport
    from tests.factories import make_root, make_spoke

    root = make_root()
    make_spoke(name="Retail", parent=make_spoke(name="Larkfield"))
    data = Path(file).read_bytes()
    kept = uploads.upload_table(kind=kind, filename="list.csv", data=data, by=root)
    del data
    uploads.work_on_import(pk=kept.pk)
    kept = TableImport.objects.get(pk=kept.pk)
    rows = [error[0] for error in kept.errors]
    sys.stdout.write(
        json.dumps(
            {
                "status": kept.status,
                "errors": kept.error_count,
                "named": len(set(rows)),
                "unexplained": sum(1 for row, column, reason in kept.errors if not (row and column and reason)),
                "first": kept.errors[0],
                "stored": User.objects.count() - 1 + Membership.objects.count() + SocialAccount.objects.count(),
                "kept": kept.content is not None,
                "peak": peak(),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
