"""Which signatures hold for which version: told once, as a version is written, for all who read it."""

from collections import defaultdict

from policies.models import ClauseAudience, ClauseChange, Reach, Significance, WithdrawalReason
from policies.significance import proposal
from policies.workflow import steps_between

from .text import changes_between

EVERYBODY = None


def store_reach(version):
    """Says which published versions' signatures hold for this one and this one's for them; of each other one that
    was published, and itself."""
    policy = version.policy
    others = list(policy.versions.exclude(content_hash="").exclude(pk=version.pk))
    history = _History(policy, [*others, version])
    Reach.objects.filter(version=version).delete()
    Reach.objects.filter(signed=version).delete()
    rows, asked = [Reach(version=version, signed=version)], [frozenset()]
    for other in others:
        groups = history.asked_between(other, version)
        if groups is not EVERYBODY:
            rows += [Reach(version=version, signed=other), Reach(version=other, signed=version)]
            asked += [groups, groups]
    Reach.objects.bulk_create(rows)
    through = Reach.asks_again.through
    through.objects.bulk_create(
        through(reach=row, group_id=group) for row, groups in zip(rows, asked, strict=True) for group in sorted(groups)
    )


class _History:
    """The versions of a policy and what changed in each, read in three statements."""

    def __init__(self, policy, versions):
        self.policy = policy
        self.versions = {version.number: version for version in versions}
        self.lines = {version.number: version.baseline_number for version in versions}
        self.changes, self.audiences = defaultdict(list), defaultdict(set)
        for change in ClauseChange.objects.filter(version__in=versions).order_by():
            self.changes[change.version_id].append(change)
        rows = ClauseAudience.objects.filter(clause__version__in=versions)
        for number, key, group in rows.values_list("clause__version__number", "clause__key", "group"):
            self.audiences[number, key].add(group)

    def asked_between(self, one, other):
        """Ids of the groups that a change between two versions asks to sign again, or EVERYBODY."""
        steps = steps_between(self.lines, one.number, other.number)
        if steps is None:
            return EVERYBODY
        asked = defaultdict(set)
        for number in steps:
            if not self._add(number, asked):
                return EVERYBODY if not self._is_aside(one, other, steps) else self._directly(one, other, asked, True)
        if self._is_aside(one, other, steps):
            return self._directly(one, other, asked, False)
        return _together(asked.values())

    def _add(self, number, asked):
        """Adds whom a version's material changes concern, by clause; False where it is material as a whole."""
        version = self.versions[number]
        material = [one for one in self.changes[version.pk] if one.significance == Significance.MATERIAL]
        for change in material:
            asked[change.key].update(self._bound(version, change) or {EVERYBODY})
        explained = material or any(one.binds_more for one in self.changes[version.pk])
        return explained or version.significance != Significance.MATERIAL

    def _bound(self, version, change):
        """Whom a clause bound before or after a change; nobody named where that is everybody."""
        sides = []
        if change.kind != "added":
            sides.append(self.audiences.get((version.baseline_number, change.key), set()))
        if change.kind != "removed":
            sides.append(self.audiences.get((version.number, change.key), set()))
        return set().union(*sides) if all(sides) else set()

    def _is_aside(self, one, other, steps):
        numbers = {one.number, other.number, *steps}
        return any(self.versions[number].withdrawal_reason == WithdrawalReason.IN_ERROR for number in numbers)

    def _directly(self, one, other, asked, is_whole):
        """Where a version in error lies between, nobody has judged these two texts side by side: of what changed
        materially on the way, that counts which still differs, and not in mere wording."""
        old, new = sorted([one, other], key=lambda version: version.number)
        changes = changes_between(old.clauses.with_groups(), new.clauses.with_groups())
        differing = [change for change in changes if change.kind != "same"]
        if is_whole:
            return EVERYBODY if differing else frozenset()
        return _together(
            asked[change.key]
            for change in differing
            if change.key in asked
            and proposal(change, language=self.policy.language).significance == Significance.MATERIAL
        )


def _together(sets):
    together = set().union(*sets)
    return EVERYBODY if EVERYBODY in together else frozenset(together)
