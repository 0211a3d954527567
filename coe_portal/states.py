"""Every life in the portal, drawn from its tables."""

from dataclasses import dataclass

from engagements import workflow as engagements
from playbooks import workflow as playbooks
from policies import workflow as policies
from spokes import workflow as spokes


@dataclass(frozen=True)
class Life:
    title: str
    status: type
    transitions: dict
    owner: dict


LIVES = [
    Life("Policy version", policies.Status, policies.TRANSITIONS, policies.OWNER),
    Life("Campaign", policies.CampaignStatus, policies.CAMPAIGN_TRANSITIONS, policies.CAMPAIGN_OWNER),
    Life("Playbook revision", playbooks.RevisionStatus, playbooks.REVISION_TRANSITIONS, playbooks.REVISION_OWNER),
    Life("Suggestion", playbooks.SuggestionStatus, playbooks.SUGGESTION_TRANSITIONS, playbooks.SUGGESTION_OWNER),
    Life("Case study", playbooks.CaseStatus, playbooks.CASE_TRANSITIONS, playbooks.CASE_OWNER),
    Life("Question", playbooks.QuestionStatus, playbooks.QUESTION_TRANSITIONS, playbooks.QUESTION_OWNER),
    Life(
        "Adaptation of a playbook",
        playbooks.AdaptationStatus,
        playbooks.ADAPTATION_TRANSITIONS,
        playbooks.ADAPTATION_OWNER,
    ),
    Life("Run of a playbook", playbooks.RunStatus, playbooks.RUN_TRANSITIONS, playbooks.RUN_OWNER),
    Life("Engagement request", engagements.Status, engagements.TRANSITIONS, engagements.OWNER),
    Life("Social account", spokes.AccountStatus, spokes.TRANSITIONS, spokes.OWNER),
]


def page():
    """`docs/states.md` as text: for each life a diagram and who acts in each state."""
    lines = [
        "# States",
        "",
        "Drawn from each app's `workflow.py` by `manage.py draw_states`; do not edit by hand.",
        "",
    ]
    for life in LIVES:
        lines += [f"## {life.title}", "", "```mermaid", "stateDiagram-v2"]
        for source, targets in life.transitions.items():
            lines += [f"    {source} --> {target}" for target in life.status if target in targets]
        lines += ["```", "", "| state | who acts next |", "| --- | --- |"]
        lines += [f"| {status.label} (`{status}`) | {life.owner[status]!s} |" for status in life.status]
        lines.append("")
    return "\n".join(lines)
