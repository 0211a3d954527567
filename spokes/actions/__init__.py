from .accounts import add_account, change_account, imprint, move_account, review_account
from .people import end_term, move_home, say_goodbye, start_term
from .spokes import change_spoke, close_spoke, create_spoke, move_spoke, reopen_spoke

__all__ = [
    "add_account",
    "change_account",
    "change_spoke",
    "close_spoke",
    "create_spoke",
    "end_term",
    "imprint",
    "move_account",
    "move_home",
    "move_spoke",
    "reopen_spoke",
    "review_account",
    "say_goodbye",
    "start_term",
]
