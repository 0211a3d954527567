"""Every write to playbooks and questions."""

from .bundle import outcomes, take_up
from .playbook import change_playbook, create_playbook, verify, vote
from .publication import approve_and_publish, record_history
from .question import (
    accept_answer,
    answer_question,
    ask_question,
    mark_requested,
    reopen_question,
)
from .revision import return_to_draft, save_draft, start_revision, submit

__all__ = [
    "accept_answer",
    "answer_question",
    "approve_and_publish",
    "ask_question",
    "change_playbook",
    "create_playbook",
    "mark_requested",
    "outcomes",
    "record_history",
    "reopen_question",
    "return_to_draft",
    "save_draft",
    "start_revision",
    "submit",
    "take_up",
    "verify",
    "vote",
]
