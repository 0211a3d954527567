"""How long a campaign for a large company takes: `python -m bench.sign_off [--people 100000]`.

Fills an empty, migrated database with people in a tree of 200 departments and one policy, plans and starts a campaign,
writes its roll in batches, and asks for its progress page with half of the people having signed. Prints the time, the
memory at its highest before and after the roll was written, and the number of statements and milliseconds of each page.
"""

import argparse
import os
import resource
import sys
import time
from datetime import date, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from hub.models import Topic, User  # noqa: E402
from policies import actions, jobs  # noqa: E402
from policies.models import Acknowledgement, RollEntry  # noqa: E402
from spokes import actions as spoke_actions  # noqa: E402
from spokes.models import Membership, Term  # noqa: E402
from spokes.roles import refill_groups  # noqa: E402

PEOPLE, DEPARTMENTS, PER_BRANCH, BATCH = 100_000, 200, 20, 5000


def megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def store(model, rows):
    chunk = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == BATCH:
            model.objects.bulk_create(chunk)
            chunk = []
    model.objects.bulk_create(chunk)


def company(root, number):
    top = spoke_actions.create_spoke(name="Company", slug="company", by=root)
    branches = [
        spoke_actions.create_spoke(name=f"Branch {n}", slug=f"branch-{n}", parent=top, by=root)
        for n in range(DEPARTMENTS // PER_BRANCH)
    ]
    homes = branches + [
        spoke_actions.create_spoke(name=f"Department {n}", slug=f"department-{n}", parent=branch, by=root)
        for branch in branches
        for n in range(branches.index(branch) * PER_BRANCH, branches.index(branch) * PER_BRANCH + PER_BRANCH - 1)
    ]
    store(
        User,
        (
            User(email=f"p{n:06d}@bench.example", name=f"Person {n:06d}", password="!", joined_on=date(2020, 1, 1))
            for n in range(number)
        ),
    )
    ids = User.objects.filter(email__endswith="@bench.example").order_by("pk").values_list("pk", flat=True)
    store(
        Membership,
        (
            Membership(person_id=pk, spoke=homes[n % len(homes)], starts_on=date(2021, 1, 1))
            for n, pk in enumerate(ids.iterator(BATCH))
        ),
    )
    refill_groups()
    return top, branches


def policy(root, top):
    topic = Topic.objects.create(name="Bench", slug="bench")
    made = actions.create_policy(
        title="Rules", summary="What everybody signs.", topic=topic, owner=root, audiences=[top.group], by=root
    )
    version = made.versions.get()
    text = [{"key": f"rule-{n}", "force": "must", "heading": f"Rule {n}", "body": "Keep it."} for n in range(10)]
    version = actions.save_draft(version=version, clauses=text, lock=version.lock, change_note="First.", by=root)
    return actions.publish_without_approval(version=version, reason="A bench.", lock=version.lock, by=root)


def sign_half(version):
    at = timezone.now()
    people = User.objects.filter(email__endswith="@bench.example", email__iregex=r"[02468]@").order_by("pk")
    rows = (
        Acknowledgement(person_id=pk, version=version, clause_hashes={}, at=at - timedelta(days=n % 14))
        for n, pk in enumerate(people.values_list("pk", flat=True).iterator(BATCH))
    )
    store(Acknowledgement, rows)


def timed(label, function):
    began = time.monotonic()
    result = function()
    print(f"{label:<44} {time.monotonic() - began:7.1f} s   {megabytes():5d} MB at most so far", flush=True)
    return result


def page(client, label, address):
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        began = time.monotonic()
        response = client.get(address)
        took = time.monotonic() - began
    if response.status_code != 200:
        sys.exit(f"{address} answered {response.status_code}")
    slowest = max(float(query["time"]) for query in queries.captured_queries)
    print(f"{label:<44} {took * 1000:7.0f} ms  {len(queries):3d} statements, the slowest {slowest * 1000:.0f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=PEOPLE)
    chosen = parser.parse_args()
    if User.objects.exists():
        sys.exit("This database has people in it already. Give an empty, migrated one in DATABASE_URL.")
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    root = User.objects.create_superuser("root@bench.example.org", name="Root")
    top, branches = timed(f"{chosen.people} people", lambda: company(root, chosen.people))
    version = policy(root, top)
    campaign = actions.plan_campaign(
        policy=version.policy, name="Bench", starts_on=date.today(), due_on=date.today() + timedelta(days=14), by=root
    )
    actions.start_campaign(campaign=campaign, by=root)
    timed("the campaign's roll written and counted", lambda: actions.keep_roll(campaign.pk))
    timed("the roll kept, nothing new", lambda: actions.keep_roll(campaign.pk))
    timed("half of them signed", lambda: sign_half(version))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client()
    client.force_login(root)
    page(client, "progress page", f"/desk/sign-off/{campaign.pk}/")
    page(client, "progress page, one branch", f"/desk/sign-off/{campaign.pk}/?department=branch-3")
    page(client, "list of campaigns", "/desk/sign-off/")
    representative = User.objects.get(email="p000003@bench.example")
    Term.objects.create(person=representative, spoke=branches[3], kind="representative", starts_on=date(2024, 1, 1))
    client.force_login(representative)
    page(client, "a representative's page", "/policies/rules/sign-off/")
    page(client, "the policy's page, for her", "/policies/rules/")
    RollEntry.objects.update(due_on=date.today() + timedelta(days=7))
    timed("reminders to the other half posted", jobs.remind_to_sign)


if __name__ == "__main__":
    main()
