"""One child of the start script: `python -m coe_portal.embedded.child web|worker|beat`.

A child must never outlive the start script, or two schedulers would start every job twice. So it ties itself to it:

* Linux tells it of its parent's death by a signal;
* everywhere, the script holds the writing end of a pipe whose reading end is the child's; when the script ends, in
  whatever way, the pipe closes. (Not in the web server on Linux: it forks, and a fork should have no threads.)
"""

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time

LINUX = sys.platform.startswith("linux")
PR_SET_PDEATHSIG = 1
# How long a child may finish what it is doing once its parent is gone.
GRACE_SECONDS = 8


def tie_to_parent(*, parent, pipe, threads):
    """End this process when `parent` (a process id) ends; `pipe` is a file descriptor that closes then."""
    if LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked to be told
            sys.exit(0)
    if threads:
        threading.Thread(target=_wait_and_end, args=(pipe,), daemon=True, name="parent-watch").start()


def _wait_and_end(pipe):
    with contextlib.suppress(OSError):
        while os.read(pipe, 64):
            pass
    # The child leads its own process group, so this reaches what it started too.
    os.killpg(os.getpgrp(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def web(*, host, port, threads):
    from gunicorn.app.wsgiapp import run

    sys.argv = [
        "gunicorn",
        "coe_portal.wsgi:application",
        f"--bind={host}:{port}",
        "--worker-class=gthread",
        "--workers=1",
        f"--threads={threads}",
        f"--graceful-timeout={GRACE_SECONDS - 2}",
        "--timeout=60",
        "--log-level=warning",
        "--no-control-socket",
    ]
    run()


def worker(*, threads):
    from celery.__main__ import main

    sys.argv = [
        "celery",
        "--app=coe_portal",
        "worker",
        "--pool=threads",
        f"--concurrency={threads}",
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
        "--loglevel=INFO",
    ]
    main()


def beat():
    from celery.__main__ import main

    sys.argv = ["celery", "--app=coe_portal", "beat", "--pidfile=", "--loglevel=INFO"]
    main()


def start(role, environ):
    threads_safe = role != "web" or not LINUX
    tie_to_parent(parent=int(environ["COE_PARENT"]), pipe=int(environ["COE_PIPE"]), threads=threads_safe)
    if role == "web":
        web(host=environ["COE_HOST"], port=environ["COE_PORT"], threads=int(environ.get("COE_WEB_THREADS", "8")))
    elif role == "worker":
        worker(threads=int(environ.get("COE_WORKER_THREADS", "2")))
    elif role == "beat":
        beat()
    else:
        sys.exit(f"There is no child called {role!r}: web, worker or beat.")


if __name__ == "__main__":
    start(sys.argv[1], os.environ)
