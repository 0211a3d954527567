"""Every write to playbooks, questions and runs."""

from .adaptation import (
    adapt_section,
    add_section,
    follow_again,
    introduce,
    keep_ours,
    leave_out,
    publish_adaptation,
    retire_adaptation,
    start_adaptation,
    take_upstream,
)
from .bundle import outcomes, take_up
from .links import keep_links_of_playbooks, keep_links_of_policies
from .playbook import change_playbook, create_playbook, verify
from .publication import approve_and_publish, record_history
from .question import (
    accept_answer,
    answer_question,
    ask_question,
    mark_requested,
    reopen_question,
)
from .review import answer_comment, ask_for_review, comment, finish_review, stop_asking
from .revision import return_to_draft, save_draft, set_significance, start_revision, submit
from .run import (
    abandon_run,
    assign_steps,
    change_run,
    finish_run,
    reopen_run,
    send_point,
    start_run,
    take_over_changes,
    tick,
    write_step,
)
from .suggestion import (
    accept_suggestion,
    decline_suggestion,
    save_suggestion,
    send_suggestion,
    withdraw_suggestion,
)
from .template import save_template
from .vote import count_read, say_why_not, vote

__all__ = [
    "abandon_run",
    "accept_answer",
    "accept_suggestion",
    "adapt_section",
    "add_section",
    "answer_comment",
    "answer_question",
    "approve_and_publish",
    "ask_for_review",
    "ask_question",
    "assign_steps",
    "change_playbook",
    "change_run",
    "comment",
    "count_read",
    "create_playbook",
    "decline_suggestion",
    "finish_review",
    "finish_run",
    "follow_again",
    "introduce",
    "keep_links_of_playbooks",
    "keep_links_of_policies",
    "keep_ours",
    "leave_out",
    "mark_requested",
    "outcomes",
    "publish_adaptation",
    "record_history",
    "reopen_question",
    "reopen_run",
    "retire_adaptation",
    "return_to_draft",
    "save_draft",
    "save_suggestion",
    "save_template",
    "say_why_not",
    "send_point",
    "send_suggestion",
    "set_significance",
    "start_adaptation",
    "start_revision",
    "start_run",
    "stop_asking",
    "submit",
    "take_over_changes",
    "take_up",
    "take_upstream",
    "tick",
    "verify",
    "vote",
    "withdraw_suggestion",
    "write_step",
]
