"""portal.py: what it says when something is wrong, and that it keeps, restarts and stops what it started."""

import argparse
import ast
import contextlib
import hashlib
import importlib.util
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.plugins.servers import end_with_parent, free_port

pytestmark = pytest.mark.once
HERE = Path(__file__).resolve().parents[2]
SCRIPT = HERE / "portal.py"


@pytest.fixture
def portal():
    """portal.py as a module, new for each test."""
    spec = importlib.util.spec_from_file_location("portal_script", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- What it says -----------------------------------------------------------------------------------------------------


def test_an_old_python_can_read_the_script():
    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_an_old_python_is_told_what_to_do(portal, capsys, monkeypatch):
    monkeypatch.setattr(portal.sys, "version_info", (3, 8, 10))
    assert portal.main(["run"]) == 1
    error = capsys.readouterr().err
    assert "This is Python 3.8, and the portal needs 3.11 or newer" in error
    assert "Traceback" not in error


def test_windows_is_sent_to_wsl(portal, capsys, monkeypatch):
    monkeypatch.setattr(portal.sys, "platform", "win32")
    assert portal.main([]) == 1
    assert "wsl --install" in capsys.readouterr().err


def start_and_read(*arguments, **env):
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments], capture_output=True, text=True, timeout=60, env={**os.environ, **env}
    )


def test_a_taken_port_is_named_with_a_free_one(tmp_path):
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        done = start_and_read("--port", str(port), "--data", str(tmp_path / "data"))
    assert done.returncode == 1
    assert f"Port {port} is taken by another program" in done.stderr
    other = int(re.search(r"--port (\d+)", done.stderr)[1])
    assert other != port
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--port", "99999"], "ports go up to 65535"),
        (["--host", "no-such-host.invalid"], "There is no such address here"),
    ],
)
def test_an_impossible_address_is_explained(tmp_path, arguments, says):
    done = start_and_read(*arguments, "--data", str(tmp_path / "data"))
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_seen_before_anything_is_written(portal, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(portal.shutil, "disk_usage", lambda _folder: argparse.Namespace(free=10 * 1024 * 1024))
    assert portal.main(["--data", str(tmp_path / "data"), "--port", str(free_port())]) == 1
    assert "The disk is full: 10 MB are free" in capsys.readouterr().err


def test_a_data_folder_that_is_a_file_is_explained(tmp_path):
    (tmp_path / "data").write_text("")
    done = start_and_read("--data", str(tmp_path / "data"))
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def fake_python(folder, *, prints, code):
    """An interpreter that only prints something and fails."""
    path = folder / "python-that-fails"
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{prints}\nEND\nexit {code}\n")
    path.chmod(0o755)
    return str(path)


def test_a_python_without_venv_is_told_the_package(portal, monkeypatch, tmp_path):
    said = "The virtual environment was not created successfully because ensurepip is not\navailable."
    monkeypatch.setattr(portal.sys, "executable", fake_python(tmp_path, prints=said, code=1))
    with pytest.raises(portal.Problem, match="sudo apt install python3-venv"):
        portal.make_venv(str(tmp_path / "venv"), str(tmp_path / "log"))
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize(
    ("pip_says", "we_say"),
    [
        ("NewConnectionError: Failed to establish a new connection: [Errno 111] Connection refused", "HTTPS_PROXY"),
        ("Temporary failure in name resolution", "could not be downloaded"),
        ("ERROR: No matching distribution found for django==5.2.19", "could not be downloaded"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "checksum"),
        ("something else", "The details are in install.log"),
    ],
)
def test_what_pip_says_becomes_a_sentence(portal, pip_says, we_say):
    assert we_say in portal.pip_problem(pip_says, "install.log")


def test_without_network_the_libraries_are_asked_for_politely(portal, monkeypatch, tmp_path):
    """A real pip against an index that is not there."""
    (tmp_path / "var" / "logs").mkdir(parents=True)
    (tmp_path / "requirements.lock").write_text(f"coe-portal-needs-this==1 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setattr(portal, "HERE", str(tmp_path))
    monkeypatch.delenv("COE_PYTHON", raising=False)
    for name, value in {"INDEX_URL": "http://127.0.0.1:9/", "EXTRA_INDEX_URL": "", "FIND_LINKS": ""}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setattr(portal, "make_venv", lambda venv, log: os.makedirs(venv, exist_ok=True))
    monkeypatch.setattr(portal, "venv_python", lambda venv: sys.executable)
    with pytest.raises(portal.Problem, match="could not be downloaded"):
        portal.install("requirements.lock", str(tmp_path / "var"), lambda text: None)
    assert not list(tmp_path.glob(".venv/stamp*"))


def wheel(folder, name, version, *metadata):
    """A library that holds nothing but its name; returns its checksum."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": "\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *metadata, ""]),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: here\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(file, text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_newer_version_of_a_library_changes_nothing(portal, monkeypatch, tmp_path):
    """A locked library that another asks for with an extra stays the locked one the day its next version is out."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    lock = {
        "coe-asks": wheel(wheels, "coe_asks", 1, "Requires-Dist: coe-asked[more] >=1"),
        "coe-asked": wheel(wheels, "coe_asked", 1, "Provides-Extra: more"),
    }
    wheel(wheels, "coe_asked", 2, "Provides-Extra: more")
    (tmp_path / "logs").mkdir()
    (tmp_path / "some.lock").write_text("".join(f"{name}==1 --hash=sha256:{sha}\n" for name, sha in lock.items()))
    monkeypatch.setattr(portal, "HERE", str(tmp_path))
    monkeypatch.delenv("COE_PYTHON", raising=False)
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": wheels.as_uri(), "CONFIG_FILE": os.devnull}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    python = portal.install("some.lock", str(tmp_path), lambda text: None)
    listed = subprocess.run([python, "-m", "pip", "freeze"], capture_output=True, text=True, timeout=60).stdout
    assert {"coe-asks==1", "coe-asked==1"} <= set(listed.replace("_", "-").split())


def test_a_second_start_installs_nothing_and_a_changed_lock_does(portal, monkeypatch, tmp_path):
    (tmp_path / "requirements.lock").write_text("a==1\n")
    (tmp_path / "logs").mkdir()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to("/bin/true")
    monkeypatch.setattr(portal, "HERE", str(tmp_path))
    monkeypatch.delenv("COE_PYTHON", raising=False)
    said = []
    for expected in ("Installing libraries… (about 40 s the first time)", "Libraries: all there"):
        portal.install("requirements.lock", str(tmp_path), said.append)
        assert said.pop() == expected
    (tmp_path / "requirements.lock").write_text("a==2\n")
    portal.install("requirements.lock", str(tmp_path), said.append)
    assert said.pop().startswith("Installing")


def test_the_secret_is_made_once_and_for_its_owner_only(portal, tmp_path):
    path = Path(portal.secret_key(str(tmp_path)))
    first = path.read_text()
    assert len(first) >= 50
    assert path.stat().st_mode & 0o777 == 0o600
    assert Path(portal.secret_key(str(tmp_path))).read_text() == first


def test_the_key_of_proof_is_made_once_and_for_its_owner_only(portal, monkeypatch, tmp_path):
    monkeypatch.delenv("COE_PROOF_KEY", raising=False)
    path = Path(portal.environment(str(tmp_path), "127.0.0.1", 8000, False)["COE_PROOF_KEY_FILE"])
    first = path.read_text()
    assert len(bytes.fromhex(first)) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert Path(portal.proof_key(str(tmp_path))).read_text() == first
    monkeypatch.setenv("COE_PROOF_KEY", "5e" * 32)
    assert "COE_PROOF_KEY_FILE" not in portal.environment(str(tmp_path), "127.0.0.1", 8000, False)


def test_a_real_portal_is_never_opened_as_the_sample(portal, tmp_path):
    portal.check_mode(str(tmp_path), sample=False)
    portal.check_mode(str(tmp_path), sample=False)
    with pytest.raises(portal.Problem, match="lets anybody sign in as anybody"):
        portal.check_mode(str(tmp_path), sample=True)
    assert portal.remembered_mode(str(tmp_path)) == "real"


def test_the_sample_is_never_taken_for_real(portal, tmp_path):
    portal.check_mode(str(tmp_path), sample=True)
    with pytest.raises(portal.Problem, match="not for real work"):
        portal.check_mode(str(tmp_path), sample=False)


def test_the_sample_stands_alone_and_a_real_portal_keeps_its_servers(portal, monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "postgres://db/portal")
    monkeypatch.setenv("EMAIL_URL", "smtp://mail")
    sample = portal.environment(str(tmp_path), "127.0.0.1", 8000, True)
    assert sample["COE_SAMPLE"] == "1"
    assert {"DATABASE_URL", "EMAIL_URL"} & set(sample) == set()
    real = portal.environment(str(tmp_path), "127.0.0.1", 8000, False)
    assert "COE_SAMPLE" not in real
    assert real["DATABASE_URL"] == "postgres://db/portal"


def test_the_sign_ins_it_prints_are_in_the_sample(portal):
    content = yaml.safe_load((HERE / "coe_portal/sample/content/company.yaml").read_text(encoding="utf-8"))
    sample = {person["id"] for person in content["people"]}
    assert {name.lower() for name, _role in portal.CAST} <= sample


def test_a_large_log_is_cut_and_its_past_kept(portal, tmp_path):
    log = tmp_path / "web.log"
    log.write_bytes(b"x" * (portal.LOG_BYTES + 1))
    portal.trim(str(log))
    assert log.stat().st_size == 0
    assert (tmp_path / "web.log.1").stat().st_size == portal.LOG_BYTES + 1


# --- A running portal -------------------------------------------------------------------------------------------------


def processes_of(data):
    """The ids of living processes that work on a data folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            environ = (entry / "environ").read_bytes().split(b"\0")
            state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
            if f"COE_DATA_DIR={data}".encode() in environ and state != "Z":
                found.append(int(entry.name))
    return found


def child_of(role, data):
    for pid in processes_of(data):
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            status = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            # The child leads its process group; what it forked does not.
            if role.encode() in command and int(status[2]) == pid:
                return pid
    return None


def until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {what}")


class Running:
    """portal.py in a process of its own, on a data folder."""

    def __init__(self, data, *, env=None):
        self.data = data
        self.port = free_port()
        self.output = data.parent / f"output-{self.port}.txt"
        command = [sys.executable, SCRIPT, "--no-sample", "--data", data, "--port", str(self.port)]
        keep = {
            name: value for name, value in os.environ.items() if not name.startswith(("COE_", "DATABASE", "DJANGO"))
        }
        keep.pop("CELERY_BROKER_URL", None)
        keep.pop("DEBUG", None)
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**keep, "COE_PYTHON": sys.executable, **(env or {})},
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    def ready(self, seconds=90):
        def is_up():
            assert self.process.poll() is None, self.output.read_text()
            return "The portal is running" in self.output.read_text()

        until(is_up, seconds, "running")
        return self

    def health(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
            return answer.status

    def end(self):
        """Whatever the test did, nothing of it stays."""
        for pid in [self.process.pid, *processes_of(self.data)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A data folder with a space in its path, shared by the tests below so that it is prepared once."""
    return tmp_path_factory.mktemp("data of the portal") / "var"


@pytest.fixture
def start(data):
    started = []

    def make(**kwargs):
        started.append(Running(data, **kwargs))
        return started[-1]

    yield make
    for running in started:
        running.end()


def runs_of_the_sweep(data):
    with contextlib.closing(sqlite3.connect(data / "portal.sqlite3", timeout=20)) as database:
        query = "SELECT count(*) FROM hub_jobrun WHERE job = 'hub.sweep_outbox' AND finished_at IS NOT NULL"
        return database.execute(query).fetchone()[0]


def sweep_every_second(data):
    """What a person of staff does in the admin: another time for a job."""
    with contextlib.closing(sqlite3.connect(data / "portal.sqlite3", timeout=20)) as database, database:
        database.execute("INSERT INTO django_celery_beat_intervalschedule (every, period) VALUES (1, 'seconds')")
        database.execute(
            "UPDATE django_celery_beat_periodictask SET interval_id = last_insert_rowid()"
            " WHERE task = 'hub.sweep_outbox'"
        )
        database.execute(
            "INSERT INTO django_celery_beat_periodictasks (ident, last_update) VALUES (1, datetime('now'))"
            " ON CONFLICT (ident) DO UPDATE SET last_update = datetime('now')"
        )


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@linux
@pytest.mark.xdist_group("start")
def test_jobs_fire_children_come_back_and_ctrl_c_ends_everything(start, data):
    running = start().ready()
    assert running.health() == 200
    # Whatever ran before: the tests below share the data and come in any order.
    before = runs_of_the_sweep(data)
    sweep_every_second(data)
    until(lambda: runs_of_the_sweep(data) >= before + 2, 30, "the job fired twice")

    # A second start on the same data is refused, and says where the first one is.
    again = start_and_read("--no-sample", "--data", str(data), COE_PYTHON=sys.executable)
    assert again.returncode == 1
    assert (
        f"already running on this data: http://127.0.0.1:{running.port} (process {running.process.pid})" in again.stderr
    )

    # A worker that dies is started again, and the jobs go on.
    first = child_of("worker", data)
    os.kill(first, signal.SIGKILL)
    until(lambda: child_of("worker", data) not in (None, first), 20, "another worker")
    before = runs_of_the_sweep(data)
    until(lambda: runs_of_the_sweep(data) > before, 30, "a job after the worker died")
    assert "The worker ended (signal 9); starting it again in 1 s" in running.output.read_text()

    begun = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(20) == 0
    assert time.monotonic() - begun < 12
    assert processes_of(data) == []
    assert "Traceback" not in running.output.read_text()


@linux
@pytest.mark.xdist_group("start")
def test_the_schedule_survives_a_restart_and_a_killed_script_leaves_nothing(start, data):
    running = start().ready()
    if runs_of_the_sweep(data) == 0:
        sweep_every_second(data)  # this test alone, without the one above
    before = runs_of_the_sweep(data)
    until(lambda: runs_of_the_sweep(data) > before, 120, "the changed time still holds")
    assert len(processes_of(data)) >= 4
    os.kill(running.process.pid, signal.SIGKILL)
    running.process.wait()
    until(lambda: processes_of(data) == [], 15, "nothing left")


@linux
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_ended_while_it_prepares_it_leaves_nothing(tmp_path, how):
    running = Running(tmp_path / "var")
    try:
        until(lambda: "Preparing the database" in running.output.read_text(), 30, "preparing")
        # Ctrl-C reaches everything in the terminal, the others the script alone.
        os.killpg(running.process.pid, how) if how == signal.SIGINT else os.kill(running.process.pid, how)
        assert running.process.wait(10) == (-how if how == signal.SIGKILL else 130)
        until(lambda: processes_of(tmp_path / "var") == [], 5, "nothing left")
        assert "[4/5]" not in running.output.read_text(), "ended too late to tell"
        assert "Traceback" not in running.output.read_text()
    finally:
        running.end()


def test_files_of_another_user_are_explained(portal, capsys, monkeypatch, tmp_path):
    def refused(path, _mode):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(portal, "open", refused, raising=False)
    assert portal.main(["--data", str(tmp_path)]) == 1
    assert f"{tmp_path}/running cannot be used: Permission denied" in capsys.readouterr().err


@linux
def test_the_pipe_alone_ends_a_child_where_there_is_no_death_signal(tmp_path):
    """What other systems rely on: the closing pipe."""
    code = (
        "import os, sys, time\n"
        "from coe_portal.embedded import child\n"
        "child.LINUX = False\n"
        "child.tie_to_parent(parent=0, pipe=int(sys.argv[1]), threads=True)\n"
        "print('tied', flush=True)\n"
        "time.sleep(60)\n"
    )
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(reading)],
        cwd=HERE,
        pass_fds=(reading,),
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert process.stdout.readline() == b"tied\n"
        assert process.poll() is None
        os.close(writing)
        assert process.wait(10) == -signal.SIGTERM
    finally:
        os.close(reading)
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_web_server_that_cannot_start_is_reported_with_its_log(portal, tmp_path):
    children = [portal.Child("web", "/bin/false", {}, str(tmp_path))]
    (tmp_path / "web.log").write_text("ImproperlyConfigured: COE_SECRET_KEY is not set.\n")
    children[0].failures = 2
    stop = portal.threading.Event()
    with pytest.raises(portal.Problem, match="COE_SECRET_KEY is not set"):
        portal.supervise(children, "127.0.0.1", free_port(), "", stop, on_ready=lambda seconds: None)


def test_the_running_file_says_who_runs(portal, tmp_path):
    with contextlib.closing(portal.OnlyOne(str(tmp_path))) as only:
        only.take("http://127.0.0.1:1")
        assert json.loads((tmp_path / "running").read_text()) == {"pid": os.getpid(), "url": "http://127.0.0.1:1"}
        with (
            contextlib.closing(portal.OnlyOne(str(tmp_path))) as second,
            pytest.raises(portal.Problem, match="already running"),
        ):
            second.take("http://127.0.0.1:2")
