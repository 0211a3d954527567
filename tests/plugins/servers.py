"""PostgreSQL and Redis servers of our own on free ports, for tests that need one or that stop one."""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WAIT_SECONDS = 30


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def postgres_programs():
    """The folder with initdb and postgres, or None."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def redis_program():
    return shutil.which("redis-server") or shutil.which("valkey-server")


def end_with_parent():
    """For `preexec_fn`: a test run that is killed leaves no server behind (on Linux)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG


class Server:
    """A server process that can be stopped hard and started again on the same data."""

    def __init__(self, command, port, url, user=None):
        self.command = [str(part) for part in command]
        self.port = port
        self.url = url
        self.user = user
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            self.command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=self.user,
            group=self.user,
            extra_groups=[] if self.user else None,
            cwd="/",
            start_new_session=True,
            preexec_fn=end_with_parent,
        )
        deadline = time.monotonic() + WAIT_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{self.command[0]} did not start")
            time.sleep(0.05)
        return self

    def answers(self):
        try:
            with contextlib.closing(socket.create_connection(("127.0.0.1", self.port), timeout=1)):
                return True
        except OSError:
            return False

    def stop(self, *, hard=False):
        if self.process is None:
            return
        if self.process.poll() is None:
            # SIGINT is PostgreSQL's fast shutdown, and Redis's ordinary one.
            self.process.kill() if hard else self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None


@contextlib.contextmanager
def postgres(*, durable=False):
    """A PostgreSQL server that exists as long as the block; its `url` ends without a database name.

    `durable` keeps writes through a hard stop, as a real server does; without it the server is quicker.
    """
    programs = postgres_programs()
    folder = Path(tempfile.mkdtemp(prefix="coe-pg-"))
    folder.chmod(0o755)
    user = None
    if os.geteuid() == 0:  # initdb refuses root
        user = "postgres"
        shutil.chown(folder, user, user)
    port = free_port()
    try:
        initdb = [programs / "initdb", "-D", folder / "data", "-U", "portal", "-A", "trust", "-E", "UTF8"]
        initdb += ["--locale=C.UTF-8"] + ([] if durable else ["--no-sync"])
        subprocess.run(
            initdb,
            check=True,
            stdout=subprocess.DEVNULL,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            cwd="/",
        )
        options = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}"]
        options += ["-c", "max_connections=100"]
        if not durable:
            options += ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        command = [programs / "postgres", "-D", folder / "data", "-p", port, *options]
        server = Server(command, port, f"postgres://portal@127.0.0.1:{port}", user=user)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def redis():
    """A Redis server that exists as long as the block and keeps nothing on disk."""
    folder = Path(tempfile.mkdtemp(prefix="coe-redis-"))
    port = free_port()
    command = [redis_program(), "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    server = Server(command, port, f"redis://127.0.0.1:{port}/0")
    try:
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
