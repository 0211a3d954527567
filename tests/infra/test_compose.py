"""docker-compose.yml without a container engine: its commands, as written, against real servers."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg2
import pytest
import yaml

from hub import tables
from hub.documents.sniff import LARGEST_FILE
from hub.views.documents import MOST_FILES
from tests.plugins import machine as machine_now
from tests.plugins import servers

pytestmark = [pytest.mark.once, pytest.mark.postgresql, pytest.mark.redis, pytest.mark.xdist_group("compose")]
HERE = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((HERE / "docker-compose.yml").read_text(encoding="utf-8"))
OURS = ("migrate", "web", "worker", "beat")
SITE = "social.example.com"


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """PostgreSQL, Redis, and the secrets as docs/deploy/make-secrets writes them."""
    copy = tmp_path_factory.mktemp("deployment")
    (copy / "docs" / "deploy").mkdir(parents=True)
    shutil.copy(HERE / "docs" / "deploy" / "make-secrets", copy / "docs" / "deploy")
    subprocess.run(["sh", copy / "docs" / "deploy" / "make-secrets"], check=True, stdout=subprocess.DEVNULL)
    with servers.postgres() as postgres, servers.redis() as redis:
        with contextlib.closing(psycopg2.connect(f"{postgres.url}/postgres")) as connection:
            connection.autocommit = True
            connection.cursor().execute("CREATE DATABASE portal")
        yield Deployment(copy, postgres, redis)


class Deployment:
    def __init__(self, folder, postgres, redis):
        self.folder = folder
        self.postgres = postgres
        self.redis = redis
        self.port = servers.free_port()
        self.processes = {}

    def environment(self, service):
        """The service's environment as written, with the network's names and the mounts as they are here."""
        given = COMPOSE["services"][service]["environment"]
        values = {name: self.here(value) for name, value in given.items()}
        values["COE_DATA_DIR"] = str(self.folder / "data")
        values["COE_STATIC_ROOT"] = str(self.folder / "static")
        return values

    def here(self, value):
        defaults = {
            "${COE_SITE_URL:?": f"https://{SITE}",
            "${COE_SITE_NAME:-": "",
            "${COE_TIME_ZONE:-": "Europe/Berlin",
        }
        for start, default in defaults.items():
            if value.startswith(start):
                return default
        if value.startswith("${"):
            return value.split(":-", 1)[1].removesuffix("}")
        value = value.replace("redis://redis:6379", f"redis://127.0.0.1:{self.redis.port}")
        return value.replace("/run/secrets", str(self.folder / "secrets"))

    def run(self, service, command, **kwargs):
        here = str(Path(sys.executable).parent)
        clean = {"PATH": f"{here}:{os.environ['PATH']}", "LANG": "C.UTF-8"}
        command = [word.replace(":8000", f":{self.port}") for word in command]
        return subprocess.Popen(
            command,
            cwd=HERE,
            env={**clean, **self.environment(service)},
            start_new_session=True,
            preexec_fn=servers.end_with_parent,
            text=True,
            **kwargs,
        )

    def finish(self, service, command, *, seconds=120):
        process = self.run(service, command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output, _ = process.communicate(timeout=seconds)
        return process.returncode, output

    def start(self, service):
        log = (self.folder / f"{service}.log").open("w")
        with log:
            command = COMPOSE["services"][service]["command"]
            self.processes[service] = self.run(service, command, stdout=log, stderr=subprocess.STDOUT)

    def healthy(self, service):
        """The service's own health check, as written."""
        test = COMPOSE["services"][service]["healthcheck"]["test"]
        assert test[0] == "CMD"
        extra = ["--address", f"http://127.0.0.1:{self.port}/healthz"] if service == "web" else []
        return self.finish(service, [*test[1:], *extra])

    def stop_all(self):
        for process in self.processes.values():
            process.terminate()
        codes = {}
        for service, process in self.processes.items():
            try:
                codes[service] = process.wait(20)
            except subprocess.TimeoutExpired:
                codes[service] = "did not stop"
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes = {}
        return codes


def until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.3)
    raise AssertionError(f"not within {seconds} s: {what}")


def installed(program):
    """Whether a program is at hand; where everything must be run, its absence is a failure."""
    found = shutil.which(program) is not None
    assert found or machine_now.required() != set(machine_now.NEEDS), (
        f"COE_TEST_REQUIRE asks for all, and there is no {program}"
    )
    return found


def listening(port):
    try:
        with contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=1)):
            return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def migrated(machine):
    """The deployment after `migrate` and the image's own collectstatic."""
    (machine.folder / "data").mkdir()
    database = f"postgres://portal@127.0.0.1:{machine.postgres.port}/portal"
    (machine.folder / "secrets" / "database_url").write_text(database)
    code, output = machine.finish("migrate", COMPOSE["services"]["migrate"]["command"])
    assert code == 0, output
    code, output = machine.finish("web", ["python", "manage.py", "collectstatic", "--noinput", "--verbosity=0"])
    assert code == 0, output
    return machine


def test_migrating_twice_is_harmless(migrated):
    code, output = migrated.finish("migrate", COMPOSE["services"]["migrate"]["command"])
    assert code == 0, output
    assert "No migrations to apply" in output


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None


def get(port, path, **headers):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.build_opener(NoRedirect).open(request, timeout=10) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), ""


def runs_of_the_sweep(machine):
    with (
        contextlib.closing(psycopg2.connect(f"{machine.postgres.url}/portal")) as connection,
        connection.cursor() as rows,
    ):
        rows.execute("SELECT count(*) FROM hub_jobrun WHERE job = 'hub.sweep_outbox' AND finished_at IS NOT NULL")
        return rows.fetchone()[0]


def sweep_every_second(machine):
    with contextlib.closing(psycopg2.connect(f"{machine.postgres.url}/portal")) as connection:
        connection.autocommit = True
        rows = connection.cursor()
        rows.execute(
            "INSERT INTO django_celery_beat_intervalschedule (every, period) VALUES (1, 'seconds') RETURNING id"
        )
        rows.execute(
            "UPDATE django_celery_beat_periodictask SET interval_id = %s WHERE task = 'hub.sweep_outbox'",
            rows.fetchone(),
        )


def test_each_service_runs_as_written(migrated):
    machine = migrated
    sweep_every_second(machine)
    try:
        for service in ("web", "worker", "beat"):
            machine.start(service)
        until(lambda: listening(machine.port), 30, "the web server listens")
        until(lambda: runs_of_the_sweep(machine) >= 2, 60, "a scheduled job ran twice, over Redis")
        for service in ("web", "worker", "beat"):
            code, output = machine.healthy(service)
            assert (code, output.strip()) == (0, "ok"), (service, output)

        # People come by https through the proxy; without it they are sent there.
        status, headers, _ = get(machine.port, "/accounts/login/", Host=SITE)
        assert (status, headers["Location"]) == (301, f"https://{SITE}/accounts/login/")
        status, headers, page = get(machine.port, "/accounts/login/", **{"Host": SITE, "X-Forwarded-Proto": "https"})
        assert status == 200
        assert "max-age=31536000" in headers["Strict-Transport-Security"]
        sheet = page.split('rel="stylesheet"', 1)[1].split('href="', 1)[1].split('"', 1)[0]
        status, headers, _ = get(machine.port, sheet, **{"Host": SITE, "X-Forwarded-Proto": "https"})
        assert status == 200
        assert "immutable" in headers["Cache-Control"]
        assert get(machine.port, "/", **{"Host": "evil.example", "X-Forwarded-Proto": "https"})[0] == 400

        if installed("nginx"):
            through_the_proxy(machine)
    finally:
        codes = machine.stop_all()
    assert codes == {"web": 0, "worker": 0, "beat": 0}
    assert machine.healthy("web")[0] != 0
    assert machine.healthy("worker")[0] != 0


def test_the_jobs_go_on_when_redis_comes_back_empty(migrated):
    """Killed with what it held, and away for a while: worker and beat wait for it, and the sweep runs again."""
    machine = migrated
    sweep_every_second(machine)
    before = runs_of_the_sweep(machine)
    try:
        for service in ("worker", "beat"):
            machine.start(service)
        until(lambda: runs_of_the_sweep(machine) > before, 60, "the sweep runs")
        machine.redis.stop(hard=True)
        time.sleep(5)
        before = runs_of_the_sweep(machine)
        time.sleep(3)
        assert runs_of_the_sweep(machine) == before, "without Redis nothing is started, or nothing was tested"
        machine.redis.start()
        until(lambda: runs_of_the_sweep(machine) > before, 60, "the sweep runs within a minute of its return")
        assert all(process.poll() is None for process in machine.processes.values())
    finally:
        machine.stop_all()


def through_the_proxy(machine):
    """The proxy's configuration as written, with the names and folders of this machine."""
    port = servers.free_port()
    text = (HERE / "docs" / "deploy" / "nginx.conf").read_text()
    text = text.replace("web:8000", f"127.0.0.1:{machine.port}").replace("listen 8080", f"listen 127.0.0.1:{port}")
    text = text.replace("/etc/portal/tls", str(machine.folder / "tls")).replace("/tmp/", f"{machine.folder}/")
    path = machine.folder / "nginx.conf"
    path.write_text(text)
    machine.folder.chmod(0o755)
    process = subprocess.Popen(
        ["nginx", "-c", str(path), "-g", "daemon off;"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: listening(port), 10, "the proxy listens")
        assert get(port, "/proxy-alive")[0] == 204
        assert get(port, "/accounts/login/", Host=SITE)[0] == 301
        assert get(port, "/accounts/login/", **{"Host": SITE, "X-Forwarded-Proto": "https"})[0] == 200
        # Clients that send one byte now and then do not keep others waiting, though they outnumber the threads.
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(60)]
        try:
            head = [
                "POST /accounts/login/ HTTP/1.1",
                f"Host: {SITE}",
                "X-Forwarded-Proto: https",
                "Content-Length: 900",
            ]
            for client in slow:
                client.sendall("\r\n".join([*head, "", "a="]).encode())
            begun = time.monotonic()
            assert get(port, "/accounts/login/", **{"Host": SITE, "X-Forwarded-Proto": "https"})[0] == 200
            assert time.monotonic() - begun < 2
        finally:
            for client in slow:
                client.close()
    finally:
        process.terminate()
        process.wait(10)


# --- What the file promises -------------------------------------------------------------------------------------------


def test_every_service_is_an_ordinary_user_on_a_read_only_system():
    for name, service in COMPOSE["services"].items():
        assert str(service["user"]).split(":")[0] not in ("", "0", "root"), name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_every_service_that_stays_has_a_health_check():
    staying = {name for name, service in COMPOSE["services"].items() if service.get("restart") != "no"}
    assert {name for name in staying if "healthcheck" not in COMPOSE["services"][name]} == set()
    assert set(COMPOSE["services"]) - staying == {"migrate"}


def test_the_start_order():
    for name in ("web", "worker", "beat"):
        assert COMPOSE["services"][name]["depends_on"] == {
            "migrate": {"condition": "service_completed_successfully"},
            "redis": {"condition": "service_healthy"},
        }
    assert COMPOSE["services"]["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


def test_only_the_proxy_is_reachable_from_outside():
    assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name in ("postgres", "redis"):
        assert COMPOSE["services"][name]["networks"] == ["inside"]


def test_the_proxy_lets_through_what_the_portal_takes():
    text = (HERE / "docs" / "deploy" / "nginx.conf").read_text()
    most = int(re.search(r"client_max_body_size (\d+)m;", text)[1]) * 1024 * 1024
    assert most > max(tables.LARGEST_FILE, MOST_FILES * LARGEST_FILE)


def test_no_secret_stands_in_the_file():
    for service in COMPOSE["services"].values():
        for name in service.get("environment", {}):
            assert not any(word in name for word in ("SECRET", "PASSWORD")) or name.endswith("_FILE")


def test_compose_itself_accepts_the_file(tmp_path):
    if not installed("docker-compose"):
        pytest.skip("docker-compose is not installed")
    environment = {"PATH": os.environ["PATH"], "COE_SITE_URL": f"https://{SITE}", "HOME": str(tmp_path)}

    def config():
        command = ["docker-compose", "--file", "docker-compose.yml", "config", "--quiet"]
        return subprocess.run(command, cwd=HERE, env=environment, capture_output=True, text=True)

    done = config()
    assert done.returncode == 0, done.stderr
    del environment["COE_SITE_URL"]
    done = config()
    assert done.returncode != 0
    assert "Set COE_SITE_URL in .env" in done.stderr
