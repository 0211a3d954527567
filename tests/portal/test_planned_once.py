"""What PostgreSQL plans once for a connection reads as what it plans each time, for everybody."""

import re

import pytest
from django.db import connection

from engagements.reports import desk_counts
from tests.access.world import make_world

PAGES = ["/", "/policies/", "/playbooks/", "/requests/", "/requests/?tab=department", "/search/?q=lantern"]
ONE_OF_EACH = ["/policies/{policy}/", "/playbooks/{playbook}/", "/services/{service}/request/", "/requests/{request}/"]
FOR_STAFF = ["/desk/", "/desk/queue/", "/desk/queue/?state=open&snoozed=too"]
TOKENS = re.compile(r'(csrfmiddlewaretoken|form_token)"[^>]*value="[^"]*"')


@pytest.mark.postgresql
@pytest.mark.django_db
def test_pages_are_the_same(client, monkeypatch):
    world = make_world()
    named = {
        "policy": world.objects["policy"]["slug"],
        "playbook": world.objects["playbook"]["slug"],
        "service": world.objects["service"]["slug"],
        "request": world.objects["request-urgent"]["number"],
    }

    def read(who, kept):
        monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 600 if kept else 0)
        desk_counts.kept.clear()
        client.force_login(world.person(who))
        pages = [client.get(page.format(**named)) for page in PAGES + ONE_OF_EACH + FOR_STAFF]
        return [(page.status_code, TOKENS.sub("", page.content.decode())) for page in pages]

    for who in ("emma", "rita", "paul", "audra"):
        each_time = read(who, kept=False)
        # PostgreSQL makes a plan for all values only after five with their own.
        for _again in range(7):
            once = read(who, kept=True)
        assert once == each_time
