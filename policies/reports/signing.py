"""What one person and one version have to do with each other."""

from dataclasses import dataclass
from datetime import date, datetime

from policies import clock


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
