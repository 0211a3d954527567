"""What this machine can run, and what it could not: tests say by a mark what they need.

`python3 portal.py test` ends with what was not run; COE_TEST_REQUIRE=postgresql,redis,browser (or all) makes each
absence a failure.
"""

import contextlib
import json
import os
import shutil
from pathlib import Path

import pytest

from tests.plugins import servers

# Mark: the word in the closing line.
NEEDS = {"postgresql": "PostgreSQL", "redis": "Redis", "browser": "browser"}
SLOW = "slow"


def chromium():
    """The path of a Chromium to drive, or None."""
    given = os.environ.get("COE_CHROMIUM")
    if given:
        return given if Path(given).exists() else None
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for found in map(shutil.which, names) if found), None)


def required():
    """The marks whose absence is a failure."""
    asked = {word.strip() for word in os.environ.get("COE_TEST_REQUIRE", "").split(",") if word.strip()}
    unknown = asked - set(NEEDS) - {"all"}
    if unknown:
        raise pytest.UsageError(f"COE_TEST_REQUIRE knows postgresql, redis, browser and all, not: {sorted(unknown)}")
    return set(NEEDS) if "all" in asked else asked


def available(*, once):
    """The marks that this run can satisfy, for tests that are marked `once` or are not.

    `once` and `postgresql` together mean a server of the test's own; `postgresql` alone, the portal's own database.
    """
    able = set()
    if servers.postgres_programs() if once else os.environ.get("DATABASE_URL", "").startswith("postgres"):
        able.add("postgresql")
    if redis_address():
        able.add("redis")
    if chromium():
        able.add("browser")
    return able


def redis_address():
    return os.environ.get("COE_TEST_REDIS_URL") or ("private" if servers.redis_program() else "")


def left_to_second_pass():
    """Marks that this pass need not satisfy, because another pass of the same run will."""
    return set(filter(None, os.environ.get("COE_TEST_LATER", "").split(",")))


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="run the slow tests too")


def pytest_collection_modifyitems(config, items):
    later = left_to_second_pass()
    must = required()
    second = os.environ.get("COE_TEST_PASS") == "second"
    kept, dropped, lacking = [], [], set()
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        missing = (marks & set(NEEDS)) - available(once="once" in marks)
        if second if "once" in marks else (missing and missing <= later):
            dropped.append(item)
            continue
        for name in sorted(missing):
            lacking.add(name)
            item.add_marker(pytest.mark.skip(reason=f"needs {NEEDS[name]}"))
        if "slow" in marks and not config.getoption("--slow"):
            item.add_marker(pytest.mark.skip(reason="slow; runs with --slow"))
        kept.append(item)
    if lacking & must:
        names = ", ".join(NEEDS[name] for name in sorted(lacking & must))
        raise pytest.UsageError(f"COE_TEST_REQUIRE asks for {names}, and this machine has none.")
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


def not_run(reports, slow_on):
    """How many skipped tests lacked what, from their reports: {"PostgreSQL": 41}."""
    counts = {}
    for report in reports:
        able = available(once="once" in report.keywords)
        missing = [name for name in NEEDS if name in report.keywords and name not in able]
        if missing:
            word = NEEDS[missing[0]]
        elif SLOW in report.keywords and not slow_on:
            word = SLOW
        else:
            continue
        counts[word] = counts.get(word, 0) + 1
    return counts


def pytest_terminal_summary(terminalreporter, config):
    stats = terminalreporter.stats
    counts = not_run(stats.get("skipped", []), config.getoption("--slow"))
    target = os.environ.get("COE_TEST_RESULT")
    if target:
        passed = len(stats.get("passed", []))
        Path(target).write_text(json.dumps({"not_run": counts, "passed": passed}))
    elif counts:
        terminalreporter.write_line(closing_line(counts))


def closing_line(counts, more=()):
    """`not run: 41 PostgreSQL, 12 Redis, 60 browser`."""
    words = [*NEEDS.values(), SLOW]
    parts = [f"{counts[word]} {word}" for word in words if counts.get(word)]
    return "not run: " + (", ".join([*parts, *more]) or "nothing")


@pytest.fixture(scope="session")
def redis_url():
    """The address of a Redis to use (mark the test `redis`)."""
    address = redis_address()
    with contextlib.ExitStack() as stack:
        if address == "private":
            address = stack.enter_context(servers.redis()).url
        yield address


@pytest.fixture(scope="session")
def browser():
    """A running Chromium, driven by playwright (mark the test `browser`)."""
    from playwright.sync_api import sync_playwright

    # playwright's loop lives in this thread, and Django would take every query for one made inside it.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    try:
        with sync_playwright() as playwright:
            running = playwright.chromium.launch(executable_path=chromium(), args=arguments)
            yield running
            running.close()
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(browser, live_server):
    """A fresh page on the live server; a script error or a refused resource fails the test."""
    context = browser.new_context(base_url=live_server.url)
    page = context.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(f"script: {error}"))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.problems = problems
    yield page
    context.close()
    assert problems == []
