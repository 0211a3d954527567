"""Fills an empty, migrated database with a large company: `python -m bench.make_data [--requests 200000]`.

2,000 playbooks, 500 policies of four versions, 20,000 requests and 5,000 people, the same on every machine. Rows are
written in sets and not through the actions, so it takes minutes and not hours; texts are rendered, hashed, compared
and indexed by the portal's own code. Signs in three people and prints their session cookies.
"""

import argparse
import functools
import json
import os
import sys
import time
from datetime import UTC, date, datetime, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from bench import words  # noqa: E402
from engagements.models import ClockSegment, EngagementRequest, Entry, FormQuestion  # noqa: E402
from engagements.workflow import Side, Status  # noqa: E402
from hub import actions as hub_actions  # noqa: E402
from hub import search, slots  # noqa: E402
from hub.models import Role, Service, Topic, User, WorkCalendar  # noqa: E402
from hub.text import markdown  # noqa: E402
from playbooks.models import Citation, Playbook, Revision, Section  # noqa: E402
from policies.actions.text import clause_hash, compare, content_hash  # noqa: E402
from policies.models import Acknowledgement, Clause, Policy, PolicyVersion, Reach  # noqa: E402
from policies.workflow import Status as VersionStatus  # noqa: E402
from spokes import actions as spoke_actions  # noqa: E402
from spokes.models import Membership, Term  # noqa: E402

PLAYBOOKS, POLICIES, VERSIONS, REQUESTS, PEOPLE, STAFF = 2000, 500, 4, 20_000, 5000, 50
TOPICS, DEPARTMENTS, SERVICES = 12, 12, 8
SIGNED_POLICIES = 50
BATCH = 2000
TODAY = date.today()
NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
TWO_YEARS = 2 * 365 * 24 * 3600
OFFICE = [[["09:00", "17:00"]]] * 5 + [[], []]
STATES = {
    Status.SUBMITTED: 10, Status.ACCEPTED: 8, Status.IN_PROGRESS: 12, Status.WAITING: 6, Status.CLOSED: 64,
}  # fmt: skip


def chunks(rows):
    """Lists of BATCH rows of what a generator makes, so that memory stays small."""
    chunk = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == BATCH:
            yield chunk
            chunk = []
    yield chunk


def store(rows):
    for chunk in chunks(rows):
        if chunk:
            type(chunk[0]).objects.bulk_create(chunk)


@functools.lru_cache(maxsize=4096)
def rendered(body, anchor):
    return markdown.render(body, heading_level=3, anchor_prefix=anchor)


def people(root):
    """Departments, everybody's home and group, a representative and a deputy each."""
    company = spoke_actions.create_spoke(name="Bench", slug="bench", by=root)
    departments = [
        spoke_actions.create_spoke(name=f"Department {n}", slug=f"department-{n}", parent=company, by=root)
        for n in range(DEPARTMENTS)
    ]

    def person(n):
        first, last = words.random_for("person", n).choices(words.WORDS[200:], k=2)
        role = Role.LEAD if n < 3 else Role.STAFF if n < STAFF else Role.EMPLOYEE
        name, email = f"{first} {last}".title(), f"person{n:05d}@bench.example"
        return User(email=email, name=name, role=role, password="!", joined_on=date(2020, 1, 1))

    store(person(n) for n in range(PEOPLE))
    made = list(User.objects.filter(email__endswith="@bench.example").order_by("email"))
    homes = [(one, departments[n % DEPARTMENTS]) for n, one in enumerate(made)]
    store(Membership(person=one, spoke=spoke, starts_on=date(2021, 1, 1)) for one, spoke in homes)
    User.groups.through.objects.bulk_create(
        User.groups.through(user=one, group_id=group)
        for one, spoke in homes
        for group in (company.group_id, spoke.group_id)
    )
    store(
        Term(person=made[STAFF + n], spoke=departments[n % DEPARTMENTS], kind=kind, starts_on=date(2024, 1, 1))
        for n, kind in enumerate([Term.Kind.REPRESENTATIVE] * DEPARTMENTS + [Term.Kind.DEPUTY] * DEPARTMENTS)
    )
    return made, departments


def services(root, topics):
    calendar = WorkCalendar.objects.create(slug="bench", name="Hub", time_zone="Europe/Berlin", week=OFFICE)
    kinds = ["short_text", "long_text", "date", "yes_no", "choice", "number"]
    for n in range(SERVICES):
        draw = words.random_for("service", n)
        service = hub_actions.save_service(
            title=words.title(draw), slug=f"service-{n}", summary=words.sentence(draw)[:200], mode="advise",
            description=words.paragraph(draw), first_answer_hours=8, delivery_hours=40, calendar=calendar,
            topic=topics[n], owner=root, by=root,
        )  # fmt: skip
        store(
            FormQuestion(
                service=service, key=f"question-{at}", order=at, label=words.title(draw) + "?", type=kind,
                choices=[{"value": str(c), "label": words.title(draw)} for c in range(4)] if kind == "choice" else [],
            )
            for at, kind in enumerate(kinds)
        )  # fmt: skip
    return list(Service.objects.order_by("pk"))


def policies(made, topics):
    """Policies of four versions, the last one in force; redlines from each version to the next."""
    store(
        Policy(
            title=words.title(words.random_for("policy", n)) + " policy", slug=f"policy-{n:04d}",
            summary=words.sentence(words.random_for("policy summary", n)), topic=topics[n % TOPICS],
            owner=made[n % STAFF], must_sign=n < SIGNED_POLICIES, review_on=TODAY + timedelta(days=100 + n % 300),
        )
        for n in range(POLICIES)
    )  # fmt: skip
    found = list(Policy.objects.order_by("slug"))

    def version(policy, n, number):
        effective = TODAY - timedelta(days=170 * (VERSIONS - number) + n % 90 + 1)
        return PolicyVersion(
            policy=policy, number=number, status=VersionStatus.IN_FORCE if number == VERSIONS else "superseded",
            significance="material" if number == 1 else "clarifying", material_number=1, content_hash="x",
            change_note=words.sentence(words.random_for("note", n, number)), created_by=made[n % STAFF],
            created_at=NOW, published_by=made[0], publish_on=effective, effective_on=effective,
            published_at=NOW - timedelta(days=(TODAY - effective).days),
        )  # fmt: skip

    store(version(policy, n, number) for n, policy in enumerate(found) for number in range(1, VERSIONS + 1))
    versions = {(one.policy_id, one.number): one for one in PolicyVersion.objects.all()}
    redlines = []

    def clauses():
        for n, policy in enumerate(found):
            draw = words.random_for("clauses", n)
            texts = [words.section(draw, 150) for _ in range(8)]
            before = None
            for number in range(1, VERSIONS + 1):
                one = versions[policy.pk, number]
                if number > 1:
                    texts = [(heading, words.edited(draw, body)) for heading, body in texts]
                rows = [
                    Clause(version=one, key=f"clause-{at}", number=at, heading=heading, body=body)
                    for at, (heading, body) in enumerate(texts, 1)
                ]
                for row in rows:
                    row.html, row.content_hash = rendered(row.body, row.anchor), clause_hash(row)
                one.content_hash = content_hash(rows)
                if before:
                    redline = compare(before, rows)
                    redline.older, redline.newer = versions[policy.pk, number - 1], one
                    redlines.append(redline)
                before = rows
                yield from rows

    store(clauses())
    store(redlines)
    for one in versions.values():
        one.baseline_number = one.number - 1 or None
    PolicyVersion.objects.bulk_update(versions.values(), ["content_hash", "baseline_number"], batch_size=500)
    numbers = range(1, VERSIONS + 1)
    store(
        Reach(version=versions[policy.pk, one], signed=versions[policy.pk, other])
        for policy in found
        for one in numbers
        for other in numbers
    )
    for policy in found:
        policy.current = versions[policy.pk, VERSIONS]
    Policy.objects.bulk_update(found, ["current"], batch_size=500)
    store(
        Acknowledgement(person=one, version=policy.current, clause_hashes={}, at=NOW - timedelta(days=n % 300))
        for n, one in enumerate(made[STAFF:])
        for policy in found[n % 7 : SIGNED_POLICIES : 2 + n % 5]
    )
    return found


def playbooks(made, topics, rules):
    store(
        Playbook(
            title=words.title(words.random_for("playbook", n)), slug=f"playbook-{n:05d}",
            summary=words.sentence(words.random_for("playbook summary", n)), topic=topics[n % TOPICS],
            owner=made[n % STAFF], verified_until=TODAY + timedelta(days=n % 400 - 60), helpful=n % 40,
            unhelpful=n % 7, minutes=10 + n % 80,
        )
        for n in range(PLAYBOOKS)
    )  # fmt: skip
    found = list(Playbook.objects.order_by("slug"))
    store(
        Revision(
            playbook=one, number=1, status="published", created_by=made[n % STAFF], created_at=NOW,
            published_at=NOW - timedelta(seconds=words.random_for("published", n).randrange(TWO_YEARS)),
        )
        for n, one in enumerate(found)
    )  # fmt: skip
    revisions = {one.playbook_id: one for one in Revision.objects.all()}

    def sections():
        for n, one in enumerate(found):
            draw = words.random_for("sections", n)
            for number in range(1, 6):
                heading, body = words.section(draw, 150)
                row = Section(
                    revision=revisions[one.pk], key=f"part-{number}", number=number, heading=heading, body=body
                )
                row.html = markdown.render(body, heading_level=3, anchor_prefix=row.anchor)
                yield row

    store(sections())
    store(
        Citation(
            playbook=one, section_key=f"part-{part}", policy=rules[(n * 7 + part) % POLICIES], clause_key="clause-3"
        )
        for n, one in enumerate(found)
        for part in (1, 2)
    )
    for one in found:
        one.current = revisions[one.pk]
    Playbook.objects.bulk_update(found, ["current"], batch_size=500)


def requests(made, departments, offered, number):
    forms = {
        service.pk: [
            {"key": q.key, "label": q.label, "type": q.type, "required": q.required, "choices": q.choices,
             "help": q.help, "example": q.example, "shown_if": q.shown_if, "max_length": q.max_length}
            for q in service.questions.all()
        ]
        for service in offered
    }  # fmt: skip
    reps = [made[STAFF + n] for n in range(DEPARTMENTS)]

    def request(n):
        draw = words.random_for("request", n)
        status = draw.choices(list(STATES), weights=list(STATES.values()))[0]
        service, department = offered[draw.randrange(SERVICES)], draw.randrange(DEPARTMENTS)
        sent = NOW - timedelta(seconds=draw.randrange(TWO_YEARS))
        with_hub = status in {Status.SUBMITTED, Status.ACCEPTED, Status.IN_PROGRESS}
        due = NOW + timedelta(hours=draw.randint(-60, 400)) if with_hub else None
        return EngagementRequest(
            service=service, spoke=departments[department], requester=reps[department], title=words.title(draw),
            form=forms[service.pk], status=status, outcome="delivered" if status == Status.CLOSED else "",
            answers={
                "question-0": words.title(draw), "question-1": words.paragraph(draw), "question-2": "2026-11-30",
                "question-3": "yes", "question-4": "1", "question-5": "12",
            },
            is_urgent=draw.random() < 0.03, urgent_reason="",
            assignee=None if status == Status.SUBMITTED else made[draw.randrange(STAFF)],
            created_at=sent, saved_at=sent, submitted_at=sent, promised_from=sent,
            first_answered_at=None if status == Status.SUBMITTED else sent + timedelta(hours=5),
            delivered_at=sent + timedelta(days=4) if status == Status.CLOSED else None,
            closed_at=sent + timedelta(days=6) if status == Status.CLOSED else None,
            first_answer_due_at=sent + timedelta(days=1), delivery_due_at=due or sent + timedelta(days=7),
            next_due_at=due, next_risk_at=due and due - timedelta(hours=8),
        )  # fmt: skip

    first = (EngagementRequest.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    store(request(n) for n in range(number))
    rows = list(
        EngagementRequest.objects.filter(pk__gte=first).order_by("pk")
        .values_list("pk", "status", "submitted_at", "requester_id")
    )  # fmt: skip

    def entries():
        for pk, _status, sent, requester in rows:
            draw = words.random_for("entries", pk - first)
            yield Entry(request_id=pk, kind="event", by_id=requester, at=sent, verb="submitted")
            for at in range(draw.randint(0, 4)):
                body = words.paragraph(draw, 2)
                yield Entry(
                    request_id=pk, kind="message", by=made[draw.randrange(STAFF)], verb="answered",
                    at=sent + timedelta(hours=5 + at), body=body, html=f"<p>{body}</p>",
                )  # fmt: skip

    store(entries())

    def segments():
        for pk, status, sent, _requester in rows:
            side = Side.DEPARTMENT if status == Status.WAITING else Side.HUB
            ended = sent + timedelta(days=4) if status == Status.CLOSED else None
            yield ClockSegment(
                request_id=pk, side=side, started_at=sent, ended_at=ended, working_seconds=80_000 if ended else 0
            )

    store(segments())


def signed_in(person):
    """The cookie of a session for this person."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.set_expiry(30 * 24 * 3600)
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def fill(number_of_requests, say):
    with transaction.atomic():
        root = User.objects.create_superuser("root@bench.example.org", name="Root")
        store(Topic(name=words.COMMON[30 + n].title(), slug=f"topic-{n}", order=n) for n in range(TOPICS))
        topics = list(Topic.objects.order_by("order"))
        made, departments = people(root)
        say("people")
        offered = services(root, topics)
        rules = policies(made, topics)
        say("policies")
        playbooks(made, topics, rules)
        say("playbooks")
        requests(made, departments, offered, number_of_requests)
        say("requests")
    sources = slots.search_documents.gather()
    indexed = search.rebuild(document for source in sources for document in source.documents())
    say(f"{indexed} documents indexed")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return {
        "staff": signed_in(made[1]),
        "representative": signed_in(made[STAFF]),
        "employee": signed_in(made[777]),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    chosen = parser.parse_args()
    if User.objects.exists():
        sys.exit("This database has people in it already. Give an empty, migrated one in DATABASE_URL.")
    began = time.monotonic()
    cookies = fill(chosen.requests, lambda what: print(f"{time.monotonic() - began:6.0f} s  {what}", file=sys.stderr))
    print(json.dumps(cookies, indent=1))


if __name__ == "__main__":
    main()
