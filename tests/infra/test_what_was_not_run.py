"""The closing line of a test run, on a machine that lacks things."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.coverage_goals import is_rule, verdict
from tests.plugins.machine import closing_line

pytestmark = pytest.mark.once
HERE = Path(__file__).resolve().parents[2]
TESTS = """
import pytest

def test_plain(): pass

@pytest.mark.postgresql
def test_one(): raise AssertionError

@pytest.mark.browser
def test_two(): raise AssertionError

@pytest.mark.browser
@pytest.mark.slow
def test_three(): raise AssertionError

@pytest.mark.redis
def test_four(): raise AssertionError

@pytest.mark.slow
def test_five(): raise AssertionError

@pytest.mark.once
def test_six(): pass
"""


@pytest.fixture
def run(tmp_path):
    """Runs the tests above where no server and no browser is installed."""
    (tmp_path / "conftest.py").write_text((HERE / "tests" / "conftest.py").read_text(encoding="utf-8"))
    (tmp_path / "test_some.py").write_text(TESTS)

    def make(*arguments, **env):
        ours = ("COE_", "DATABASE_", "PYTEST_", "CELERY_")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        command = [sys.executable, "-m", "pytest", f"--rootdir={HERE}", "-c", HERE / "pyproject.toml", "-q"]
        command += ["-p", "no:randomly", "-p", "no:xdist", "-p", "no:cacheprovider", *arguments, tmp_path]
        return subprocess.run(
            command, cwd=HERE, env={**clean, "PATH": "/nowhere", **env}, capture_output=True, text=True, timeout=60
        )

    return make


def test_what_is_lacking_is_skipped_and_counted(run):
    done = run()
    assert done.returncode == 0, done.stdout
    assert "not run: 1 PostgreSQL, 1 Redis, 2 browser, 1 slow" in done.stdout
    assert "2 passed, 5 skipped" in done.stdout


def test_what_is_asked_for_and_lacking_is_a_failure(run):
    done = run(COE_TEST_REQUIRE="browser")
    assert done.returncode != 0
    assert "COE_TEST_REQUIRE asks for browser, and this machine has none" in done.stdout + done.stderr


def test_an_unknown_demand_is_a_failure(run):
    done = run(COE_TEST_REQUIRE="postgres")
    assert done.returncode != 0
    assert "knows postgresql, redis, browser and all" in done.stdout + done.stderr


def test_the_first_pass_leaves_to_the_second_what_is_its_own(run):
    done = run(COE_TEST_LATER="postgresql")
    assert "not run: 1 Redis, 2 browser, 1 slow" in done.stdout
    done = run(COE_TEST_PASS="second")
    assert "1 passed, 5 skipped, 1 deselected" in done.stdout


def test_slow_tests_run_when_asked_for(run):
    done = run("--slow", "-k", "five")
    assert "1 failed" in done.stdout


def test_nothing_left_out():
    assert closing_line({}) == "not run: nothing"


def files(**shares):
    """Coverage's JSON for files of ten lines, of which so many are covered."""
    return {
        path.replace("__", "/") + ".py": {
            "summary": {"covered_lines": lines, "num_statements": 10, "covered_branches": 0, "num_branches": 0},
            "missing_lines": list(range(lines + 1, 11)),
            "missing_branches": [],
        }
        for path, lines in shares.items()
    }


def test_a_rule_that_is_not_covered_fails_and_is_named():
    lines, met = verdict(files(hub__permissions=9, hub__views=10))
    assert not met
    assert lines[0] == "hub/permissions.py: 90.0 %, missing 10"


@pytest.mark.parametrize(("lines", "met"), [(9, True), (8, False)])
def test_the_rest_needs_nine_tenths(lines, met):
    assert verdict(files(hub__permissions=10, hub__views=lines))[1] is met


def test_rules_are_found_in_packages_too():
    assert is_rule("policies/actions/publish.py")
    assert is_rule("hub/workflow.py")
    assert not is_rule("hub/views/actions_page.py")
