"""All visible versions of a policy, and what holds on a day."""

from dataclasses import dataclass
from datetime import date

from policies import clock, workflow


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

    def between(self, older, newer):
        """The versions whose changes lie between two, newest first; what was published in error stands aside."""
        lines = {version.number: version.baseline_number for version in self.versions}
        numbers = workflow.numbers_between(lines, older.number, newer.number)
        return [version for version in self.versions if version.number in numbers]

    def settle_for_reading(self):
        """Gives each version the state that its dates say; nothing is stored."""
        for version in self.versions:
            version.policy = self.policy
        states = [workflow.status_on(version, self.versions, self.day) for version in self.versions]
        for version, state in zip(self.versions, states, strict=True):
            version.status = state
            version.published_at = version.published_at or clock.midnight(version.publish_on)
        return self
