"""The sample company on a server of its own, as the start script gives it, and windows onto it."""

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.plugins.servers import free_port

ROOT = Path(__file__).parents[2]
# Settings of the tests' own portal, which this one must not inherit.
OURS = ("COE_", "DEBUG", "DATABASE_URL", "CELERY_BROKER_URL", "REDIS_URL", "DJANGO_", "PYTEST_", "EMAIL_URL")
READY_SECONDS = 60


class Company:
    """The running portal: `url`, and `window(name)` for somebody of the cast, or nobody."""

    def __init__(self, url, browser):
        self.url = url
        self.browser = browser
        self._signed_in = {}

    def window(self, name="", **options):
        """A new page, signed in through the chooser on the sign-in page (once a person)."""
        if name and name not in self._signed_in:
            context = self.browser.new_context(base_url=self.url)
            page = context.new_page()
            page.goto("/accounts/login/")
            page.locator(".cast button").filter(has_text=name.title()).first.click()
            page.wait_for_url(f"{self.url}/")
            self._signed_in[name] = context.storage_state()
            context.close()
        context = self.browser.new_context(base_url=self.url, storage_state=self._signed_in.get(name), **options)
        context.set_default_timeout(20_000)
        return context.new_page()


@pytest.fixture(scope="session")
def company(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    port = free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    env |= {
        "COE_SAMPLE": "1",
        "COE_DATA_DIR": str(folder),
        "COE_SITE_URL": f"http://127.0.0.1:{port}",
        "DJANGO_SETTINGS_MODULE": "coe_portal.settings",
    }
    for command in ("migrate", "load_sample", "collectstatic --noinput"):
        done = subprocess.run(
            [sys.executable, "manage.py", *command.split(), "-v0"], cwd=ROOT, env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "coe_portal.wsgi", "-b", f"127.0.0.1:{port}", "-w", "1", "--threads", "8"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/accounts/login/", server)
        yield Company(f"http://127.0.0.1:{port}", browser)
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(url, server):
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10):
                return
        except OSError:
            assert server.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.2)
