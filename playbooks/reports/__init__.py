"""What no single playbook or run knows."""

from .library import FEWEST_REASONS, facets, reasons_of, verified_days
from .runs import figures_by_playbook, figures_of, hub_hours, people_for, runs_of

__all__ = [
    "FEWEST_REASONS",
    "facets",
    "figures_by_playbook",
    "figures_of",
    "hub_hours",
    "people_for",
    "reasons_of",
    "runs_of",
    "verified_days",
]
