"""Reads `matrix.txt`, lists every address of the portal, and asks the portal who gets what."""

import re
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path

from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, get_resolver

from tests.access.world import ROLES

TABLE = Path(__file__).parent / "matrix.txt"
SIGN_IN = "/accounts/login/"
LETTERS = {200: ".", 400: "b", 403: "x", 404: "-", 405: "m", 409: "c", 422: "u"}
# What any request may write: the session and its list, counters of limits.
OF_SESSIONS = ("django_session", "usersessions_usersession", "portal_cache")


@dataclass(frozen=True)
class Row:
    route: str
    object: str
    get: str
    post: str

    def __str__(self):
        return f"{self.route:<72} {self.object or '·':<19} {self.get} {self.post}"


def read():
    rows = []
    for line in TABLE.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            route, name, get, post = line.split()
            rows.append(Row("" if route == "·" else route, "" if name == "·" else name, get, post))
    return rows


def every_route():
    """The portal's addresses as Django knows them, patterns and all: "policies/<slug:slug>/"."""
    found = []

    def walk(patterns, before):
        for one in patterns:
            route = before + str(one.pattern)
            if isinstance(one, URLPattern):
                found.append(route)
            else:
                walk(one.url_patterns, route)

    walk(get_resolver().url_patterns, "")
    return found


def address(route, values):
    """A real address: `<int:pk>` and `(?P<key>...)` become values."""
    plain = re.sub(r"\(\?P<(\w+)>[^()]*(?:\([^()]*\)[^()]*)*\)", r"<\1>", route.replace("^", "").replace("$", ""))
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(values[match[1]]), plain)


def letter(response, written):
    status = response.status_code
    if status >= 500:
        return "!"
    if 300 <= status < 400:
        if written:
            return "+"
        return ">" if response.headers["Location"].startswith(SIGN_IN) else "~"
    return "*" if status == 200 and written else LETTERS.get(status, "?")


WRITE = re.compile(r'\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)


@contextmanager
def undone():
    """Whatever happens within is taken back; gives the names of the tables that were written there."""
    written = []

    def watch(execute, sql, params, many, context):
        found = WRITE.match(sql)
        if found and found[1] not in OF_SESSIONS:
            written.append(found[1])
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(watch):
        yield written
        transaction.set_rollback(True)


def body_of(response):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode(errors="replace")


class Person:
    """A client of one role, for whom each request is the first: what it did is undone, cookies too."""

    def __init__(self, world, role, **options):
        self.client = Client(raise_request_exception=False, **options)
        if role != "anon":
            self.client.force_login(world.person(role))
        self.cookies = {name: morsel.value for name, morsel in self.client.cookies.items()}

    def ask(self, method, address, data=None, **headers):
        """(the letter of the answer, its body, the tables it wrote)."""
        self.client.cookies = SimpleCookie(self.cookies)
        with undone() as written:
            response = getattr(self.client, method)(address, data, **headers)
            body = body_of(response)
        return letter(response, written), body, written


def posted(world, row):
    return world.posts.get((row.route, row.object), world.posts.get(row.route, {}))


def expected(row, role):
    """(the letter for GET, the letter for POST) of a role."""
    place = ROLES.index(role)
    return row.get[place], row.post[place]
