"""Every write to a request and to the forms of services."""

from .closing import advise_against, close, go_ahead, mark_duplicate, reopen, withdraw
from .conversation import answer, ask, note, reply
from .desk import accept, assign, deliver, set_urgent, snooze, start, take
from .filing import discard_draft, save_draft, submit, turn_question_into_request
from .forms import save_form

__all__ = [
    "accept",
    "advise_against",
    "answer",
    "ask",
    "assign",
    "close",
    "deliver",
    "discard_draft",
    "go_ahead",
    "mark_duplicate",
    "note",
    "reopen",
    "reply",
    "save_draft",
    "save_form",
    "set_urgent",
    "snooze",
    "start",
    "submit",
    "take",
    "turn_question_into_request",
    "withdraw",
]
