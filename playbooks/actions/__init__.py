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
from .revision import return_to_draft, save_draft, start_revision, submit
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
from .template import save_template
from .vote import count_read, say_why_not, vote

__all__ = [
    "abandon_run",
    "accept_answer",
    "adapt_section",
    "add_section",
    "answer_question",
    "approve_and_publish",
    "ask_question",
    "assign_steps",
    "change_playbook",
    "change_run",
    "count_read",
    "create_playbook",
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
    "save_template",
    "say_why_not",
    "send_point",
    "start_adaptation",
    "start_revision",
    "start_run",
    "submit",
    "take_over_changes",
    "take_up",
    "take_upstream",
    "tick",
    "verify",
    "vote",
    "write_step",
]
