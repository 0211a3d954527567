"""Runs the tests that this machine can run, and ends by saying what it did not run.

First pass: the portal on SQLite. Second pass, where PostgreSQL is at hand: the same tests on PostgreSQL, and on Redis
where that is at hand. PostgreSQL is COE_TEST_POSTGRES_URL, else a server of our own if the programs are installed,
else one that answers on 127.0.0.1:5432. Redis likewise, with COE_TEST_REDIS_URL and port 6379.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.plugins import machine, servers

HERE = Path(__file__).resolve().parent.parent


def listens(port):
    try:
        with contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=1)):
            return True
    except OSError:
        return False


def postgres_at_hand(stack):
    """The address of a PostgreSQL in which databases may be made, without a database's name, or None."""
    import psycopg2

    given = os.environ.get("COE_TEST_POSTGRES_URL")
    if not given and servers.postgres_programs():
        return stack.enter_context(servers.postgres()).url
    if not given and not listens(5432):
        return None
    for url in [given] if given else ["postgres://postgres@127.0.0.1:5432", "postgres:///"]:
        try:
            psycopg2.connect(url.rstrip("/") + "/postgres", connect_timeout=3).close()
        except psycopg2.OperationalError as error:
            reason = str(error).strip().splitlines()[-1]
            print(f"PostgreSQL refuses us: {reason} (COE_TEST_POSTGRES_URL=postgres://user:password@host:port)")
        else:
            return url.rstrip("/")
    return None


def redis_at_hand(stack):
    given = os.environ.get("COE_TEST_REDIS_URL")
    if given:
        return given
    if servers.redis_program():
        return stack.enter_context(servers.redis()).url
    return "redis://127.0.0.1:6379/9" if listens(6379) else None


def run_pytest(title, arguments, env):
    """Runs one pass; returns (exit code, what it counted)."""
    print(f"\n=== {title} ===", flush=True)
    with tempfile.TemporaryDirectory(prefix="coe-result-") as folder:
        result = Path(folder) / "result.json"
        env = {**os.environ, "DATABASE_URL": None, "CELERY_BROKER_URL": None, "COE_TEST_RESULT": str(result), **env}
        env = {name: value for name, value in env.items() if value is not None}
        code = subprocess.call([sys.executable, "-m", "pytest", *arguments], cwd=HERE, env=env)
        counted = json.loads(result.read_text()) if result.exists() else {"not_run": {}, "passed": 0}
    return code, counted


def workers(arguments):
    """Two processes, unless the arguments say otherwise or ask for a debugger."""
    given = any(word.startswith(("-n", "--numprocesses", "--pdb")) for word in arguments)
    return [] if given else ["-n", str(min(2, os.cpu_count() or 1)), "--dist=loadgroup"]


def main(arguments):
    arguments = [*workers(arguments), *arguments]
    must = machine.required()
    codes, more = [], []
    with contextlib.ExitStack() as stack:
        # Also when stopped from outside, the servers go.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        postgres, redis = postgres_at_hand(stack), redis_at_hand(stack)
        shared = {"COE_TEST_REDIS_URL": redis} if redis else {}
        later = {"COE_TEST_LATER": "postgresql"} if postgres else {}
        code, counted = run_pytest("On SQLite", arguments, {**shared, **later})
        codes.append(code)
        if postgres:
            env = {**shared, "DATABASE_URL": f"{postgres}/coe_portal_{os.getpid()}", "COE_TEST_PASS": "second"}
            if redis:
                env["CELERY_BROKER_URL"] = redis
            title = "On PostgreSQL and Redis" if redis else "On PostgreSQL"
            if "--cov" in " ".join(arguments):
                arguments = [*arguments, "--cov-append"]
            code, _ = run_pytest(title, arguments, env)
            codes.append(code)
        else:
            more.append(f"the second pass on PostgreSQL ({counted['passed']} tests)")
            if "postgresql" in must:
                print("\nCOE_TEST_REQUIRE asks for PostgreSQL, and there is none.")
                codes.append(1)
    # 5 is pytest's "nothing to run", which is no failure where the other pass had something.
    failures = [code for code in codes if code not in (0, 5)]
    print("\n" + machine.closing_line(counted["not_run"], more))
    return failures[0] if failures else (0 if 0 in codes else 5)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
