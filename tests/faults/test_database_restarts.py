"""PostgreSQL is restarted under load: what was acknowledged is stored, once, and people go on within seconds."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.plugins import servers

pytestmark = [pytest.mark.postgresql, pytest.mark.once]
ROOT = Path(__file__).parents[2]


def run(server, *, seconds, restarts):
    """Works for so long on the server's `postgres` database, which is restarted meanwhile; what the child saw."""
    env = {
        **os.environ,
        "DATABASE_URL": f"{server.url}/postgres",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(ROOT),
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.load_child", str(seconds)],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        for line in child.stdout:
            if line.strip() == "ready":
                break
        for _ in range(restarts):
            time.sleep(seconds / (restarts + 1))
            server.stop()
            server.start()
        output, _errors = child.communicate(timeout=seconds + 120)
    finally:
        child.kill()
        child.wait()
    return json.loads(output.strip().splitlines()[-1])


def test_a_restart_loses_nothing():
    with servers.postgres(durable=True) as server:
        seen = run(server, seconds=6, restarts=1)
    assert seen["failures"] > 0, "nobody noticed, so nothing was tested"
    assert seen["acknowledged"] > 10
    assert seen["lost"] == []
    assert seen["twice"] == 0
    assert seen["longest_gap"] < 5


@pytest.mark.slow
def test_many_restarts_lose_nothing():
    with servers.postgres(durable=True) as server:
        seen = run(server, seconds=60, restarts=6)
    assert seen["failures"] > 0
    assert seen["acknowledged"] > 100
    assert seen["lost"] == []
    assert seen["twice"] == 0
    assert seen["longest_gap"] < 5
