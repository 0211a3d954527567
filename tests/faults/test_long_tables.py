"""A table of 50,000 rows of which half are bad: nothing is stored, every bad row is named, and the memory suffices."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from spokes.actions import uploads
from spokes.models import SocialAccount, TableImport
from tests.faults import table_child
from tests.spokes.factories import upload

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
MOST = 300_000_000  # bytes


def run(*command, folder):
    env = {**os.environ, "COE_TEST_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    env.pop("DATABASE_URL", None)
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads from /proc how much memory is used")
@pytest.mark.parametrize(
    ("kind", "column", "words"), [("people", "email", "address"), ("accounts", "department", "department")]
)
def test_a_long_table_half_of_it_bad(kind, column, words, tmp_path):
    file = tmp_path / "list.csv"
    file.write_text("\n".join(getattr(table_child, kind)()))
    run("manage.py", "migrate", "-v0", folder=tmp_path)

    found = json.loads(run("-m", "tests.faults.table_child", kind, str(file), folder=tmp_path))

    assert (found["status"], found["stored"], found["kept"]) == ("refused", 0, False)
    assert (found["errors"], found["named"], found["unexplained"]) == (25_000, 25_000, 0)
    row, where, reason = found["first"]
    assert (row, where, words in reason) == (2, column, True)
    assert found["peak"] < MOST


def test_how_far_it_is_can_be_read_while_it_is_stored(cast, monkeypatch):
    """One step a chunk, each written down before the next begins."""
    text = "platform,handle,department\n" + "".join(f"instagram,a{number},retail\n" for number in range(450))
    kept = upload(text, kind="accounts", by=cast.paul)
    seen = []
    store = uploads.store

    def watched(kind, plan, *, progress, **more):
        def step(count):
            progress(count)
            seen.append(TableImport.objects.values_list("done", "total").get(pk=kept.pk))

        return store(kind, plan, progress=step, **more)

    monkeypatch.setattr(uploads, "store", watched)
    uploads.confirm_import(upload=kept, by=cast.paul)
    uploads.work_on_import(pk=kept.pk)
    assert seen[-1] == (450, 450)
    assert len(seen) > 2
    assert SocialAccount.objects.count() == 450
