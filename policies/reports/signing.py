"""What one person and one version have to do with each other."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from hub.models import ChangeKind
from policies import clock, workflow
from policies.models import Clause, ClauseChange, Significance


@dataclass(frozen=True)
class Signing:
    """One person and one version. `due_on` is None when she is not asked."""

    is_asked: bool
    can_sign: bool
    is_signed: bool
    is_exempt: bool
    signed_number: int | None
    signed_at: datetime | None
    due_on: date | None

    @property
    def is_overdue(self):
        return self.due_on is not None and self.due_on < clock.today()


def signing(version, policy, person):
    """From a version annotated by `with_signing_of(person)`."""
    can_sign = (policy.must_sign or version.is_on_roll) and version.is_addressed
    is_asked = can_sign and not version.is_signed and not version.is_exempt
    return Signing(
        is_asked=is_asked,
        can_sign=can_sign,
        is_signed=version.is_signed,
        is_exempt=can_sign and version.is_exempt,
        signed_number=version.signed_number,
        signed_at=version.signed_at,
        due_on=sign_by(version, policy, person) if is_asked else None,
    )


def sign_by(version, policy, person):
    """The last day to sign: that of the campaign that asks her, else counted from when the rule began to bind her."""
    if version.roll_due_on:
        return version.roll_due_on
    return standing_due_on(
        policy,
        asked_since=version.asked_since or version.effective_on,
        joined_on=person.joined_on,
        home_since=version.home_since if version.home_counts else None,
    )


def standing_due_on(policy, *, asked_since, joined_on, home_since):
    """The day to sign that the policy itself gives; `home_since` counts only where it, or a clause that binds her,
    has an audience."""
    since = [day for day in (asked_since, joined_on, policy.asked_from, home_since) if day]
    return max(since) + policy.sign_period


@dataclass(frozen=True)
class Step:
    """A version that changed the rule, and the clauses in which it did, each with `audience_names`."""

    number: int
    note: str
    clauses: list[ClauseChange]


def material_since(version, number):
    """What has changed the rule between version `number`, which somebody signed, and this one: `Step`s, oldest first.

    What was published in error stands aside. Three statements.
    """
    versions = {one.number: one for one in version.policy.versions.filter(number__lte=version.number)}
    lines = {one.number: one.baseline_number for one in versions.values()}
    between = workflow.numbers_between(lines, number, version.number)
    asks = Q(significance=Significance.MATERIAL) | Q(binds_more=True)
    changes = ClauseChange.objects.filter(asks, version__policy=version.policy_id, version__number__in=between)
    changes = list(changes.select_related("version"))
    names = _audience_names(version.policy, {change.key for change in changes})
    found = {n: [] for n in sorted(between) if versions[n].significance == Significance.MATERIAL}
    for change in changes:
        had = change.version.baseline_number if change.kind == ChangeKind.REMOVED else change.version.number
        change.audience_names = names.get((had, change.key), [])
        found.get(change.version.number, []).append(change)
    return [Step(n, versions[n].change_note, clauses) for n, clauses in found.items()]


def _audience_names(policy, keys):
    """{(number of a version, key of a clause): for whom it is}, of clauses that are for some only."""
    clauses = Clause.objects.filter(version__policy=policy, key__in=keys, audiences__isnull=False).distinct()
    clauses = clauses.select_related("version").with_groups()
    return {(clause.version.number, clause.key): clause.audience_names for clause in clauses}
