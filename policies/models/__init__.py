from .acknowledgement import Acknowledgement
from .policy import Policy
from .redline import Redline
from .review import CommentState, Review, ReviewComment, ReviewKind
from .version import ChangeKind, Clause, ClauseChange, Force, PolicyVersion, Significance, WithdrawalReason

__all__ = [
    "Acknowledgement",
    "ChangeKind",
    "Clause",
    "ClauseChange",
    "CommentState",
    "Force",
    "Policy",
    "PolicyVersion",
    "Redline",
    "Review",
    "ReviewComment",
    "ReviewKind",
    "Significance",
    "WithdrawalReason",
]
