#!/usr/bin/env python3
"""Sets the portal up and runs it; needs Python 3.11 or newer and nothing else.

    python3 portal.py                 set up what is missing, then run everything; Ctrl-C stops it
    python3 portal.py test            run the tests that this machine can run
    python3 portal.py manage ...      Django's command line, on the same data

This file must be readable by old Pythons, so that they can say that they are too old.
"""

import argparse
import contextlib
import errno
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
OLDEST_PYTHON = (3, 11)
RUN_LOCK = "requirements.lock"
TEST_LOCK = "requirements-test.lock"
# What an installation needs, and what a running portal needs, in megabytes.
INSTALL_MB = 400
RUN_MB = 50
STOP_SECONDS = 10
START_SECONDS = 60
LOG_BYTES = 5 * 1024 * 1024
CAST = [
    ("Hana", "leads the Center: approves, publishes, sees everything the hub works on"),
    ("Paul", "policy manager at the Center: writes policies, works the queue"),
    ("Rita", "represents Retail: files requests, looks after its accounts"),
    ("Otto", "represents Operations"),
    ("Emma", "an employee: reads, signs, asks"),
    ("Dora", "Rita's deputy"),
    ("Sam", "executive sponsor: the figures"),
    ("Audra", "auditor: reads all, changes nothing"),
]


class Problem(Exception):
    """Something the person at the keyboard can mend; the text says what and how."""


def say(text=""):
    print(text, flush=True)


class Steps:
    """Says which step of how many is running; the sample company is a step of its own."""

    def __init__(self, sample):
        self.total = 6 if sample else 5

    def say(self, number, text):
        say("[{}/{}] {}".format(number, self.total, text))


# --- This machine -----------------------------------------------------------------------------------------------------


def check_python(version):
    if tuple(version[:2]) < OLDEST_PYTHON:
        raise Problem(
            "This is Python {}.{}, and the portal needs {}.{} or newer.\n"
            "Install a newer one (https://www.python.org/downloads/, or your system's package manager)\n"
            "and start with it, for example: python3.12 portal.py".format(*(tuple(version[:2]) + OLDEST_PYTHON))
        )


def check_system(platform):
    if platform.startswith("win"):
        raise Problem(
            "On Windows the portal runs in WSL. Install it with `wsl --install`, open its terminal, "
            "and start again there."
        )


def check_space(folder, megabytes):
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    free = shutil.disk_usage(folder).free // (1024 * 1024)
    if free < megabytes:
        raise Problem(
            "The disk is full: {} MB are free in {} and {} MB are needed. Free some space, then start again.".format(
                free, folder, megabytes
            )
        )


def free_port(host):
    with contextlib.closing(socket.socket(address_family(host))) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def address_family(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def check_port(host, port):
    with contextlib.closing(socket.socket(address_family(host))) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise Problem(
                "Port {} may only be used by the system's administrator. Take one above 1023: "
                "python3 portal.py --port 8000".format(port)
            )
        except socket.gaierror:
            raise Problem("There is no such address here: {}. Try --host 127.0.0.1".format(host))
        except OverflowError:
            raise Problem("{} is not a port; ports go up to 65535. Try --port 8000".format(port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise Problem("The portal cannot listen at {}: {}. Try --host 127.0.0.1".format(host, error.strerror))
            raise Problem(
                "Port {} is taken by another program. Stop that program, or take another port: "
                "python3 portal.py --port {}".format(port, free_port(host))
            )


# --- Libraries --------------------------------------------------------------------------------------------------------


def venv_python(venv):
    return os.path.join(venv, "bin", "python")


def lock_stamp(lock):
    """Changes when the locked libraries or this Python do."""
    with open(os.path.join(HERE, lock), "rb") as file:
        digest = hashlib.sha256(file.read())
    digest.update(sys.version.encode())
    return digest.hexdigest()


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def write(path, text, mode=0o644):
    """Writes a whole file or none."""
    draft = "{}.{}".format(path, os.getpid())
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(text)
    os.replace(draft, path)


def make_venv(venv, log):
    """Makes the virtual environment unless a working one is there."""
    if os.path.exists(venv_python(venv)):
        works = subprocess.call(
            [venv_python(venv), "-c", "import pip"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if works == 0:
            return
    shutil.rmtree(venv, ignore_errors=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", venv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True
    )
    if made.returncode == 0:
        return
    shutil.rmtree(venv, ignore_errors=True)
    write(log, made.stdout)
    if "No module named venv" in made.stdout or "ensurepip" in made.stdout:
        raise Problem(
            "This Python has no venv module. On Debian and Ubuntu it is a package of its own:\n"
            "    sudo apt install python3-venv\nThen start again."
        )
    raise Problem(pip_problem(made.stdout, log))


def pip_problem(output, log):
    lowered = output.lower()
    if "no space left" in lowered or "disk quota" in lowered:
        return "The disk is full. Free some space ({} MB are needed), then start again.".format(INSTALL_MB)
    if "do not match the hashes" in lowered:
        return (
            "A library that was downloaded is not the one we know (its checksum differs), so it was not installed.\n"
            "Something between here and the package index changes files; ask whoever runs your network.\n"
            "The details are in {}.".format(log)
        )
    signs = ("newconnectionerror", "name resolution", "connection refused", "timed out", "network is unreachable")
    if any(sign in lowered for sign in signs) or "no matching distribution" in lowered or "ssl" in lowered:
        return (
            "The libraries could not be downloaded. Check the internet connection; behind a proxy set HTTPS_PROXY,\n"
            "with a package mirror set PIP_INDEX_URL. Then start again: it goes on where it stopped.\n"
            "The details are in {}.".format(log)
        )
    return "The libraries could not be installed. The details are in {}.".format(log)


def follow(lines, file, total):
    """Copies pip's lines to a file and shows how far it is; returns the end of what it said."""
    last = []
    seen = 0
    terminal = sys.stdout.isatty()
    told_at = time.time()
    for line in lines:
        file.write(line)
        last = last[-60:] + [line]
        if line.startswith(("Collecting", "Requirement already")):
            seen += 1
        if terminal:
            print("\r      {} of about {}".format(seen, total), end="", flush=True)
        elif time.time() - told_at > 10:
            told_at = time.time()
            say("      {} of about {}".format(seen, total))
    if terminal:
        print("\r" + " " * 30 + "\r", end="", flush=True)
    return "".join(last)


def install(lock, data, show):
    """Installs the locked libraries unless exactly these are installed. `show` is told what is going on.

    COE_PYTHON names an interpreter that has them already, for those who package the portal; nothing is installed then.
    """
    if os.environ.get("COE_PYTHON"):
        show("Libraries: those of {}".format(os.environ["COE_PYTHON"]))
        return os.environ["COE_PYTHON"]
    venv = os.path.join(HERE, ".venv")
    stamp_file = os.path.join(venv, "stamp-" + lock)
    stamp = lock_stamp(lock)
    if read(stamp_file) == stamp and os.path.exists(venv_python(venv)):
        show("Libraries: all there")
        return venv_python(venv)
    check_space(HERE, INSTALL_MB)
    show("Installing libraries… (about 40 s the first time)")
    log = os.path.join(data, "logs", "install.log")
    make_venv(venv, log)
    total = read(os.path.join(HERE, lock)).count("==")
    # The lock names everything, so pip need not resolve: older ones take the `coverage[toml]` that a library asks for
    # for another thing than the locked `coverage`, and refuse it as soon as a newer version is out.
    command = [venv_python(venv), "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-input"]
    command += ["--progress-bar=off", "--disable-pip-version-check", "--retries=2", "-r", os.path.join(HERE, lock)]
    with open(log, "w") as file:
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True
        ) as pip:
            try:
                output = follow(pip.stdout, file, total)
            except KeyboardInterrupt:
                pip.terminate()
                raise
    if pip.returncode != 0:
        raise Problem(pip_problem(output, log))
    write(stamp_file, stamp)
    return venv_python(venv)


# --- Settings of the run ----------------------------------------------------------------------------------------------


def data_folder(path):
    """The data folder, made if missing, as an absolute path."""
    data = os.path.abspath(path)
    try:
        os.makedirs(os.path.join(data, "logs"), exist_ok=True)
        os.chmod(data, 0o700)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise Problem("The disk is full. Free some space, then start again.")
        raise Problem("The data folder {} cannot be written: {}. Choose one with --data.".format(data, error.strerror))
    return data


def remembered_mode(data):
    """Whether the folder holds the "sample" or a "real" portal; "" before its first start."""
    return read(os.path.join(data, "mode")).strip()


def check_mode(data, sample):
    """Refuses to open a real portal to everybody, or to take the sample for real."""
    mode = "sample" if sample else "real"
    remembered = remembered_mode(data) or mode
    if remembered == mode:
        write(os.path.join(data, "mode"), mode + "\n")
    elif sample:
        raise Problem(
            "The data in {} is a real portal, and the sample lets anybody sign in as anybody.\n"
            "Start it with --no-sample, or the sample on other data: --data var-sample".format(data)
        )
    else:
        raise Problem(
            "The data in {} is the sample company, which is not for real work.\n"
            "Start an empty portal on other data: --no-sample --data var-real".format(data)
        )


def secret_key(data):
    """The file with this installation's secret, made on first use and readable by its owner only."""
    path = os.path.join(data, "secret-key")
    if not read(path):
        write(path, secrets.token_urlsafe(50), mode=0o600)
    return path


def proof_key(data):
    """The file with the key that signs proof packs, made on first use and readable by its owner only."""
    path = os.path.join(data, "proof-key")
    if not read(path):
        write(path, secrets.token_hex(32), mode=0o600)
    return path


def reachable_name(host):
    """The name that a browser uses for a server listening at `host`."""
    if host not in ("0.0.0.0", "::"):
        return "[{}]".format(host) if ":" in host else host
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; only asks which of our addresses would be used
            return probe.getsockname()[0]
        except OSError:
            return "127.0.0.1"


def environment(data, host, port, sample):
    env = dict(os.environ)
    env["COE_DATA_DIR"] = data
    env["COE_HOST"] = host
    env["COE_PORT"] = str(port)
    env["PYTHONUNBUFFERED"] = "1"
    env.setdefault("COE_SITE_URL", "http://{}:{}".format(reachable_name(host), port))
    if "COE_SECRET_KEY" not in env and "COE_SECRET_KEY_FILE" not in env:
        env["COE_SECRET_KEY_FILE"] = secret_key(data)
    if "COE_PROOF_KEY" not in env and "COE_PROOF_KEY_FILE" not in env:
        env["COE_PROOF_KEY_FILE"] = proof_key(data)
    env.pop("DEBUG", None)
    env.pop("COE_SAMPLE", None)
    if sample:
        env["COE_SAMPLE"] = "1"
        # The sample stands alone, whatever else this shell is set up for.
        for name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "EMAIL_URL"):
            env.pop(name, None)
            env.pop(name + "_FILE", None)
    elif "DATABASE_URL" not in env and "DATABASE_URL_FILE" not in env:
        env["DATABASE_URL"] = "sqlite:///" + os.path.join(data, "portal.sqlite3")
    return env


# --- Children ---------------------------------------------------------------------------------------------------------


class Child:
    """One process of the portal, started again when it dies."""

    def __init__(self, role, python, env, logs):
        self.role = role
        self.command = [python, "-m", "coe_portal.embedded.child", role]
        self.env = env
        self.log = os.path.join(logs, role + ".log")
        self.process = None
        self.started_at = 0.0
        self.failures = 0
        self.due_at = 0.0

    def start(self, pipe):
        env = dict(self.env, COE_PARENT=str(os.getpid()), COE_PIPE=str(pipe))
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=HERE,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(pipe,),
                start_new_session=True,  # a group of its own: Ctrl-C reaches only us, and we stop it in order
            )
        self.started_at = time.monotonic()

    def keep_alive(self, pipe):
        """Starts the child, or starts it again, waiting longer each time it dies young."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.due_at:
                self.start(pipe)
            return
        code = self.process.poll()
        if code is None:
            return
        kill_group(self.process.pid, signal.SIGKILL)  # what it may have left behind
        self.failures = 1 if now - self.started_at > 60 else self.failures + 1
        wait = min(30, 2 ** (self.failures - 1))
        how = "signal {}".format(-code) if code < 0 else "code {}".format(code)
        say("The {} ended ({}); starting it again in {} s. See {}".format(self.role, how, wait, self.log))
        self.process = None
        self.due_at = now + wait

    def tail(self, count=12):
        return "".join(read(self.log).splitlines(True)[-count:])


def kill_group(pid, which):
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, which)


def stop_children(children):
    running = [child.process for child in children if child.process is not None]
    for process in running:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + STOP_SECONDS - 1
    for process in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, deadline - time.monotonic()))
    for process in running:
        kill_group(process.pid, signal.SIGKILL)
        process.wait()


def answers(host, port):
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    try:
        with contextlib.closing(socket.create_connection((target, port), timeout=2)) as connection:
            connection.sendall(b"GET /healthz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            return connection.recv(12).startswith(b"HTTP/")
    except OSError:
        return False


def trim(path):
    """Keeps a log and the one before it small."""
    with contextlib.suppress(OSError):
        if os.path.getsize(path) > LOG_BYTES:
            shutil.copyfile(path, path + ".1")
            os.truncate(path, 0)


class OnlyOne:
    """Holds the data folder for this process; a second start on the same data is refused."""

    def __init__(self, data):
        self.path = os.path.join(data, "running")
        self.file = None

    def take(self, url):
        import fcntl

        self.file = open(self.path, "a+")
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.file.seek(0)
            try:
                other = json.loads(self.file.read())
            except ValueError:
                other = {"pid": "?", "url": "?"}
            raise Problem(
                "The portal is already running on this data: {} (process {}).\n"
                "Open that address, or stop it with Ctrl-C there; or start a second one with --data and --port.".format(
                    other["url"], other["pid"]
                )
            )
        self.file.truncate(0)
        self.file.write(json.dumps({"pid": os.getpid(), "url": url}))
        self.file.flush()

    def close(self):
        if self.file is not None:
            self.file.close()


def prepare(command, env):
    """Runs the step that prepares the data, which ends with us however we end; its exit code."""
    reading, writing = os.pipe()  # `writing` is never written: it closes when we end, and that tells the child
    env = dict(env, COE_PARENT=str(os.getpid()), COE_PIPE=str(reading))
    preparing = subprocess.Popen(command, cwd=HERE, env=env, pass_fds=(reading,), start_new_session=True)
    try:
        return preparing.wait()
    finally:
        if preparing.poll() is None:
            kill_group(preparing.pid, signal.SIGTERM)
            preparing.wait()
        os.close(writing)
        os.close(reading)


def supervise(children, host, port, url, stop, on_ready):
    """Keeps the children running until `stop` is set."""
    reading, writing = os.pipe()  # `writing` is never written: it closes when we end, and that tells the children
    os.set_inheritable(writing, False)
    web = children[0]
    ready = False
    begun = checked = time.monotonic()
    try:
        while not stop.is_set():
            for child in children:
                child.keep_alive(reading)
            if not ready:
                ready = web.process is not None and web.process.poll() is None and answers(host, port)
                if ready:
                    on_ready(time.monotonic() - begun)
                elif web.failures >= 3 or time.monotonic() - begun > START_SECONDS:
                    raise Problem("The web server does not start. The end of {}:\n{}".format(web.log, web.tail()))
            if time.monotonic() - checked > 60:
                checked = time.monotonic()
                for child in children:
                    trim(child.log)
            stop.wait(0.3)
    finally:
        say("Stopping…")
        stop_children(children)
        os.close(writing)
        os.close(reading)


# --- Commands ---------------------------------------------------------------------------------------------------------


def run(options):
    # Until the portal runs there is nothing to stop in order: being ended is the same as Ctrl-C.
    for name in ("SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), interrupted)
    data = data_folder(options.data)
    with contextlib.closing(OnlyOne(data)) as only:
        return run_alone(options, data, only)


def run_alone(options, data, only):
    steps = Steps(options.sample)
    steps.say(1, "Looking at this machine")
    env = environment(data, options.host, options.port, options.sample)
    url = env["COE_SITE_URL"]
    only.take(url)
    check_mode(data, options.sample)
    check_port(options.host, options.port)
    check_space(data, RUN_MB)
    python = install(RUN_LOCK, data, lambda text: steps.say(2, text))
    details = os.path.join(data, "logs", "prepare.log")
    command = [python, "-m", "coe_portal.embedded.prepare", "--first=3", "--total={}".format(steps.total)]
    command += ["--details", details] + (["--sample"] if options.sample else [])
    stop = threading.Event()
    if prepare(command, env) != 0:
        return 1
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), lambda *_: stop.set())
    steps.say(steps.total, "Starting the web server, the worker and the scheduler…")
    logs = os.path.join(data, "logs")
    children = [Child(role, python, env, logs) for role in ("web", "worker", "beat")]
    for child in children:
        trim(child.log)

    def on_ready(seconds):
        say()
        say("The portal is running:  {}".format(url))
        if options.sample:
            say()
            say("Sign in as one of these by a click on the sign-in page; no password is needed:")
            for name, role in CAST:
                say("    {:<7}{}".format(name, role))
            if options.host not in ("127.0.0.1", "localhost", "::1"):
                say()
                say("Careful: anybody who can reach this machine can sign in as anybody.")
        say()
        say("Data and logs: {}".format(data))
        say("Ctrl-C stops everything.")

    supervise(children, options.host, options.port, url, stop, on_ready)
    say("Stopped. Nothing is running any more.")
    return 0


def test(options, more):
    data = data_folder(options.data)
    python = install(TEST_LOCK, data, say)
    return subprocess.call([python, "-m", "tests.run"] + more, cwd=HERE)


def manage(options, more):
    data = data_folder(options.data)
    python = install(RUN_LOCK, data, lambda text: None)
    sample = options.sample and remembered_mode(data) != "real"
    env = environment(data, options.host, options.port, sample)
    return subprocess.call([python, os.path.join(HERE, "manage.py")] + more, env=env)


def arguments(argv):
    parser = argparse.ArgumentParser(
        prog="portal.py", description="Set the portal up and run it. `test` runs the tests, `manage` Django's commands."
    )
    parser.add_argument("command", nargs="?", choices=["run", "test", "manage"], default="run")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other machines in")
    parser.add_argument(
        "--no-sample", dest="sample", action="store_false", help="an empty portal, without the sample company"
    )
    parser.add_argument("--data", default=os.path.join(HERE, "var"), metavar="DIR", help="where everything is kept")
    # What follows test or manage belongs to pytest or Django.
    for index, word in enumerate(argv):
        if word in ("test", "manage"):
            return parser.parse_args(argv[: index + 1]), argv[index + 1 :]
    return parser.parse_args(argv), []


def interrupted(*_):
    raise KeyboardInterrupt


def main(argv):
    options, more = arguments(argv)
    try:
        check_system(sys.platform)
        check_python(sys.version_info)
        if options.command == "test":
            return test(options, more)
        if options.command == "manage":
            return manage(options, more)
        return run(options)
    except Problem as problem:
        print("\n{}".format(problem), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except OSError as error:
        if error.errno == errno.ENOSPC:
            print("\nThe disk is full. Free some space, then start again.", file=sys.stderr)
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            print(
                "\n{} cannot be used: {}. Was the portal started as another user before?\n"
                "Give the folder to whoever starts it now, or choose another one with --data.".format(
                    error.filename, error.strerror
                ),
                file=sys.stderr,
            )
        else:
            raise
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
