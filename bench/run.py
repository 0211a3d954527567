"""Measures the portal's pages beside a floor: `python -m bench.run < cookies.json`. See README.md."""

import argparse
import cProfile
import io
import json
import os
import pstats
import statistics
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.db import connection  # noqa: E402

from bench import floor, pages  # noqa: E402

settings.ROOT_URLCONF = "bench.floor"


class Measured:
    """One page, asked for again and again."""

    def __init__(self, application, page, cookies):
        self.application, self.page = application, page
        # A person who has been here before has a token for forms, too.
        self.cookie = f"{cookies[page.who]}; {settings.CSRF_COOKIE_NAME}={'x' * 32}"
        self.asked, self.etag, self.body, self.blocks = 0, "", b"", []

    def ask(self):
        address = self.page.address.format(1 + self.asked % 97)
        path, _mark, query = address.partition("?")
        self.asked += 1
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80", "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http", "HTTP_COOKIE": self.cookie,
        }  # fmt: skip
        if self.page.conditional:
            # The page asked for is always the same, so that what was kept of it can be offered.
            self.asked = 0
            environ["HTTP_IF_NONE_MATCH"] = self.etag
        told = {}

        def start(status, headers, exc_info=None):
            told.update(status=int(status[:3]), **{name.lower(): value for name, value in headers})

        answer = self.application(environ, start)
        self.body = b"".join(answer)
        answer.close()
        self.etag = told.get("etag", self.etag)
        self.status = told["status"]
        return self.status

    def queries(self):
        count = 0

        def counting(execute, *args):
            nonlocal count
            count += 1
            return execute(*args)

        with connection.execute_wrapper(counting):
            self.ask()
        return count

    def block(self, number):
        """(our CPU, the database's CPU), in ms a page."""
        ours, theirs = time.process_time_ns(), database_cpu()
        for _ in range(number):
            self.ask()
        self.blocks.append(((time.process_time_ns() - ours) / number / 1e6, (database_cpu() - theirs) / number / 1e6))


def database_cpu():
    """CPU in ns of the PostgreSQL process that serves us, where it runs on this machine; else 0."""
    try:
        with open(f"/proc/{connection.connection.info.backend_pid}/schedstat") as file:
            return int(file.read().split()[0])
    except (AttributeError, OSError):
        return 0


def ratios(one, reference, column):
    pairs = zip(one.blocks, reference.blocks, strict=True)
    return statistics.median(mine[column] / theirs[column] if theirs[column] else 0 for mine, theirs in pairs)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help="parts of the names of pages")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("-n", type=int, default=12, help="requests a page and round")
    parser.add_argument("--profile", action="store_true", help="show where the time of the pages goes")
    parser.add_argument("--cookies", default="-", help="what make_data printed; standard input unless given")
    chosen = parser.parse_args()
    with sys.stdin if chosen.cookies == "-" else open(chosen.cookies) as file:
        cookies = json.load(file)
    portal, plain = WSGIHandler(), floor.application()
    reference = Measured(plain, pages.FLOOR, cookies)
    wanted = [page for page in pages.PAGES if not chosen.only or any(part in page.name for part in chosen.only)]
    measured = [reference, *(Measured(portal, page, cookies) for page in wanted)]
    for one in measured:
        for _ in range(4):
            status = one.ask()
        expected = 304 if one.page.conditional else 200
        if status != expected:
            print(f"{one.page.name}: status {status}", file=sys.stderr)
    if chosen.profile:
        profile = cProfile.Profile()
        for one in measured[1:]:
            for _ in range(100):
                profile.runcall(one.ask)
        pstats.Stats(profile).sort_stats("cumulative").print_stats(90).sort_stats("tottime").print_stats(40)
        return
    queries = {one: one.queries() for one in measured}
    for _round in range(chosen.rounds):
        for one in measured:
            one.block(chosen.n)
    print(f"{'page':34} {'x':>6} {'goal':>5} {'sql':>4} {'most':>4} {'db':>6} {'KB':>6} {'ms':>7}")
    for one in measured:
        cpu = statistics.median(ours for ours, _theirs in one.blocks)
        print(
            f"{one.page.name:34} {ratios(one, reference, 0):6.2f} {one.page.goal:5} {queries[one]:4} "
            f"{one.page.most_queries:4} {ratios(one, reference, 1):6.1f} {len(one.body) / 1024:6.1f} {cpu:7.2f}"
        )


if __name__ == "__main__":
    main()
