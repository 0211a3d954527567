"""What no single playbook or run knows."""

from .cases import CASE_FACETS, EXTERNAL_FACETS, asked_cases, asked_externals, case_facets, external_facets
from .library import FEWEST_REASONS, facets, reasons_of, verified_days
from .runs import figures_by_playbook, figures_of, hub_hours, people_for, runs_of

__all__ = [
    "CASE_FACETS",
    "EXTERNAL_FACETS",
    "FEWEST_REASONS",
    "asked_cases",
    "asked_externals",
    "case_facets",
    "external_facets",
    "facets",
    "figures_by_playbook",
    "figures_of",
    "hub_hours",
    "people_for",
    "reasons_of",
    "runs_of",
    "verified_days",
]
