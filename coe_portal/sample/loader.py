"""Loads the invented company: once, whole or not at all, through the same actions as everybody's work."""

import hashlib
import random
from collections import Counter

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from coe_portal.sample import (
    adaptations,
    cases,
    company,
    duties,
    following,
    guides,
    reports,
    requests,
    runs,
    signatures,
    suggestions,
    texts,
)
from coe_portal.sample.dates import Dates
from coe_portal.sample.reading import CONTENT, SampleError, loading
from hub.models import OutboxMessage
from hub.wake import nobody_woken

STEPS = [
    ("Departments and people", company.load_people),
    ("Services and topics", company.load_catalogue),
    ("Account register", company.load_accounts),
    ("Policies", texts.load_policies),
    ("Guides", guides.load_guides),
    ("Playbooks", texts.load_playbooks),
    ("Suggestions", suggestions.load_suggestions),
    ("Case studies", cases.load_cases),
    ("Signatures", signatures.load_signatures),
    ("Questions", texts.load_questions),
    ("Reported texts", reports.load_reports),
    ("Runs of playbooks", runs.load_runs),
    ("Adaptations of playbooks", adaptations.load_adaptations),
    ("What people follow", following.load_following),
    ("Requests", requests.load_requests),
    ("Announcements", company.load_announcements),
    ("Endings", company.load_endings),
    ("Chain of proof", signatures.extend_chain),
    ("Waivers, campaigns, obligations, quizzes, reviews", duties.load_duties),
]


class Sample:
    """What has been loaded so far, by the names the files use."""

    def __init__(self, now, root=CONTENT):
        self.dates = Dates(now)
        self.root = root
        self.lead = None
        self.people, self.spokes, self.topics, self.calendars = {}, {}, {}, {}
        self.services, self.accounts, self.policies, self.playbooks, self.requests = {}, {}, {}, {}, {}
        # What is finished in a later step.
        self.leavers, self.ended_terms, self.service_playbooks, self.policy_rows = [], [], [], []
        self.counts = Counter()
        self._mail_times = {}

    def made(self, what, number=1):
        if number:
            self.counts[what] += number

    def person(self, name):
        """A person, or None for no name."""
        return self.people[name] if name else None

    def groups(self, slugs):
        return [self.spokes[slug].group for slug in slugs]

    def fresh_policies(self):
        """Those loaded this time, as they are stored now."""
        for policy, _row in self.policy_rows:
            policy.refresh_from_db()
            yield policy

    def shuffled(self, about):
        """Everybody who works here, in an order that is the same each time."""
        leavers = {person.pk for person in self.leavers}
        people = [person for _name, person in sorted(self.people.items()) if person.pk not in leavers]
        random.Random(about).shuffle(people)
        return people

    def chance(self, about):
        """A number from 0 to 1, the same each time."""
        return int.from_bytes(hashlib.sha256(about.encode()).digest()[:6], "big") / 2**48

    def told(self, *, kind, about, period, at):
        """When the message of that key would have been sent."""
        self._mail_times[kind, about, period] = at

    def keep_mail(self, before):
        """Nothing of a history is sent. The last days' messages are kept as if they had been, the others go."""
        since = self.dates.now - requests.MAIL_DAYS
        for message in OutboxMessage.objects.filter(pk__gt=before):
            at = self._mail_times.get((message.kind, message.about, message.period), self.dates.now)
            if at < since:
                message.delete()
                continue
            message.state = OutboxMessage.State.KEPT
            message.created_at = message.not_before = message.sent_at = at
            message.save(update_fields=["state", "created_at", "not_before", "sent_at"])


def load(*, now=None, progress=lambda line: None, root=CONTENT):
    """Loads what is not there yet and returns a Counter of what is new.

    Raises SampleError, with nothing stored, when the files do not fit together, or in production.
    """
    if settings.PRODUCTION:
        raise SampleError("The sample company is for trying the portal out; this is a portal in use.")
    sample = Sample(now or timezone.now(), root)
    with nobody_woken(), transaction.atomic():
        last = OutboxMessage.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        for number, (title, step) in enumerate(STEPS, start=1):
            progress(f"({number}/{len(STEPS)}) {title}")
            with loading(title):
                step(sample)
        sample.keep_mail(last)
    return sample.counts
