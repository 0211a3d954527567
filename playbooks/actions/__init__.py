"""Every write to playbooks, questions, runs, case studies and the collection of others' documents."""

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
from .case import (
    bring_back_case,
    change_case,
    create_case,
    propose_case,
    publish_case,
    record_case,
    retire_case,
    return_case,
    rewrite_case,
    save_case,
)
from .external import check_links, save_external
from .goal import save_goal
from .links import keep_links_of_playbooks, keep_links_of_policies
from .moderation import about, bring_back, change_answer, change_question, hide, let_stand, report, take_back
from .playbook import change_playbook, create_playbook, verify
from .publication import approve_and_publish, record_history
from .question import (
    accept_answer,
    answer_question,
    ask_question,
    mark_requested,
    reopen_question,
)
from .review import answer_comment, ask_for_review, bring_comments, comment, finish_review, stop_asking
from .revision import return_to_draft, save_draft, set_significance, start_revision, submit
from .run import assign_steps, change_run, start_run, tick, write_step
from .run_changes import take_over_changes
from .run_end import abandon_run, finish_run, reopen_run, send_point
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
    "about",
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
    "bring_back",
    "bring_back_case",
    "bring_comments",
    "change_answer",
    "change_case",
    "change_playbook",
    "change_question",
    "change_run",
    "check_links",
    "comment",
    "count_read",
    "create_case",
    "create_playbook",
    "decline_suggestion",
    "finish_review",
    "finish_run",
    "follow_again",
    "hide",
    "introduce",
    "keep_links_of_playbooks",
    "keep_links_of_policies",
    "keep_ours",
    "leave_out",
    "let_stand",
    "mark_requested",
    "outcomes",
    "propose_case",
    "publish_adaptation",
    "publish_case",
    "record_case",
    "record_history",
    "reopen_question",
    "reopen_run",
    "report",
    "retire_adaptation",
    "retire_case",
    "return_case",
    "return_to_draft",
    "rewrite_case",
    "save_case",
    "save_draft",
    "save_external",
    "save_goal",
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
    "take_back",
    "take_over_changes",
    "take_up",
    "take_upstream",
    "tick",
    "verify",
    "vote",
    "withdraw_suggestion",
    "write_step",
]
