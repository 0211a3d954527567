"""What it costs to start a web process, beside an empty project with the same libraries: `python -m bench.startup`."""

import argparse
import os
import statistics
import subprocess
import sys

# The application, the addresses with all they import, and the checks.
CODE = (
    "import sys; from django.core.wsgi import get_wsgi_application as make; make();"
    "from django.core.management import call_command as call; call('check', verbosity=0); print(len(sys.modules))"
)


def start(settings):
    """(CPU seconds, modules, MB at most) of one fresh process."""
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": settings}
    process = subprocess.Popen([sys.executable, "-c", CODE], env=environ, stdout=subprocess.PIPE)
    modules = int(process.stdout.read().split()[-1])
    _pid, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{settings} does not start")
    return used.ru_utime + used.ru_stime, modules, used.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    pairs = [(start("bench.settings"), start("bench.empty")) for _round in range(rounds + 1)][1:]
    ratio = statistics.median(ours[0] / empty[0] for ours, empty in pairs)
    ours, empty = pairs[-1]
    print(f"CPU {ratio:.2f} times that of the empty project ({statistics.median(pair[0][0] for pair in pairs):.2f} s)")
    print(f"modules {ours[1]}, {ours[1] - empty[1]:+}")
    print(f"memory {ours[2]:.0f} MB, {ours[2] - empty[2]:+.0f}")


if __name__ == "__main__":
    main()
