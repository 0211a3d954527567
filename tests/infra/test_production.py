"""The settings in production: clean, and a missing secret stops the start with a hint."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once
HERE = Path(__file__).resolve().parents[2]
COMPLETE = {
    "COE_SITE_URL": "https://social.example.com",
    "COE_SECRET_KEY": "kZ8vQ2nR5xW9tB3mL7pD1sF6hJ4gC0yA-eU_iO8qT2wX5zN9rV3bM7k",
    "DATABASE_URL": "postgres://portal:secret@db.invalid/portal",
}


def manage(*arguments, env):
    ours = ("COE_", "DATABASE_", "DJANGO_", "CELERY_", "REDIS_", "EMAIL_", "DEBUG")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=HERE,
        env={**clean, **env},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_deployment_check_is_clean(tmp_path):
    done = manage("check", "--deploy", "--fail-level=WARNING", env={**COMPLETE, "COE_DATA_DIR": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout


@pytest.mark.parametrize(
    ("missing", "hint"),
    [
        ("COE_SECRET_KEY", "Make one with"),
        ("COE_SITE_URL", "such as https://"),
        ("DATABASE_URL", "such as postgres://"),
    ],
)
def test_a_missing_setting_stops_the_start_with_a_hint(tmp_path, missing, hint):
    env = {name: value for name, value in COMPLETE.items() if name != missing}
    done = manage("check", env={**env, "COE_DATA_DIR": str(tmp_path)})
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert f"{missing} is not set." in last
    assert hint in last


@pytest.mark.parametrize(("key", "starts"), [("", True), ("5E" * 32, True), ("5e" * 31, False), ("g" * 64, False)])
def test_a_key_of_proof_may_be_missing_and_may_not_be_wrong(tmp_path, key, starts):
    done = manage("check", env={**COMPLETE, "COE_PROOF_KEY": key, "COE_DATA_DIR": str(tmp_path)})
    assert (done.returncode == 0) == starts, done.stderr
    assert ("secrets.token_hex(32)" in done.stderr) != starts


def test_make_secrets_makes_a_key_of_proof_and_keeps_it(tmp_path):
    (tmp_path / "docs" / "deploy").mkdir(parents=True)
    shutil.copy(HERE / "docs" / "deploy" / "make-secrets", tmp_path / "docs" / "deploy")
    made = []
    for _time in range(2):
        subprocess.run(["sh", tmp_path / "docs" / "deploy" / "make-secrets"], check=True, capture_output=True)
        made.append((tmp_path / "secrets" / "proof_key").read_text())
    assert made[0] == made[1]
    assert len(bytes.fromhex(made[0])) == 32


def test_sample_mode_refuses_production_settings(tmp_path):
    done = manage("check", env={**COMPLETE, "COE_SAMPLE": "1", "COE_DATA_DIR": str(tmp_path)})
    assert done.returncode != 0
    assert "Sample mode lets anybody sign in as anybody" in done.stderr


@pytest.mark.parametrize(
    ("given", "starts"),
    [
        ({"COE_SITE_URL": "http://social.example.com"}, False),
        ({"COE_SITE_URL": "http://8.8.8.8:8000"}, False),
        ({"COE_SITE_URL": "http://127.0.0.1:8000", "COE_ALLOWED_HOSTS": "social.example.com"}, False),
        ({"COE_SITE_URL": "http://localhost:8000"}, True),
        ({"COE_SITE_URL": "http://192.168.1.20:8000"}, True),
        ({"COE_SITE_URL": "http://[::1]:8000"}, True),
    ],
)
def test_sample_mode_stays_on_this_machine_or_a_private_network(tmp_path, given, starts):
    done = manage("check", env={**given, "COE_SAMPLE": "1", "COE_DATA_DIR": str(tmp_path)})
    assert (done.returncode == 0) == starts, done.stderr
    assert ("such as http://127.0.0.1:8000" in done.stderr) != starts


def test_secrets_may_come_from_files(tmp_path):
    env = {"COE_SITE_URL": COMPLETE["COE_SITE_URL"], "COE_DATA_DIR": str(tmp_path)}
    for name in ("COE_SECRET_KEY", "DATABASE_URL"):
        path = tmp_path / name
        path.write_text(COMPLETE[name] + "\n")  # editors end a file with a line end
        env[f"{name}_FILE"] = str(path)
    code = "from django.conf import settings as s; print(s.SECRET_KEY); print(s.DATABASES['default']['NAME'])"
    done = manage("shell", "--no-imports", "-c", code, env=env)
    assert done.stdout.splitlines() == [COMPLETE["COE_SECRET_KEY"], "portal"], done.stderr
