"""What a reader is told about policies that no single row knows."""

from dataclasses import dataclass
from datetime import date, datetime

from policies import clock, workflow


@dataclass(frozen=True)
class Signing:
    """One person and one version. `due_on` is None when she is not asked."""

    is_asked: bool
    can_sign: bool
    is_signed: bool
    signed_number: int | None
    signed_at: datetime | None
    due_on: date | None

    @property
    def is_overdue(self):
        return self.due_on is not None and self.due_on < clock.today()


def signing(version, policy, person):
    """From a version annotated by `with_signing_of(person)`."""
    can_sign = policy.must_sign and version.is_addressed
    is_asked = can_sign and not version.is_signed
    return Signing(
        is_asked=is_asked,
        can_sign=can_sign,
        is_signed=version.is_signed,
        signed_number=version.signed_number,
        signed_at=version.signed_at,
        due_on=sign_by(version, policy, person) if is_asked else None,
    )


def sign_by(version, policy, person):
    """The last day to sign: counted from when the rule began to bind this person."""
    since = [version.asked_since or version.effective_on, person.joined_on]
    if policy.asked_from:
        since.append(policy.asked_from)
    if version.has_audience and version.home_since:
        since.append(version.home_since)
    return max(since) + policy.sign_period


def comments_by_clause(version):
    """(the version's clauses, each with its `comments`; what is about the whole, or about a clause that is gone)."""
    clauses = list(version.clauses.all())
    by_key = {clause.key: clause for clause in clauses}
    for clause in clauses:
        clause.comments = []
    general = []
    for comment in version.comments.select_related("author", "answered_by"):
        clause = by_key.get(comment.clause_key)
        (clause.comments if clause else general).append(comment)
    return clauses, general


@dataclass(frozen=True)
class Standing:
    """All visible versions of a policy, newest first, and what holds on a day. Made of at least one version."""

    versions: list
    day: date

    @property
    def policy(self):
        return self.versions[0].policy

    @property
    def binding(self):
        return workflow.binding(self.versions, self.day)

    @property
    def announced(self):
        return workflow.announced(self.versions, self.day)

    @property
    def shown(self):
        return workflow.shown(self.versions, self.day)

    def numbered(self, number):
        return next((version for version in self.versions if version.number == number), None)

    def settle_for_reading(self):
        """Gives each version the state that its dates say; nothing is stored."""
        for version in self.versions:
            version.policy = self.policy
        states = [workflow.status_on(version, self.versions, self.day) for version in self.versions]
        for version, state in zip(self.versions, states, strict=True):
            version.status = state
            version.published_at = version.published_at or clock.midnight(version.publish_on)
        return self
