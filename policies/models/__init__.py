from .acknowledgement import Acknowledgement
from .policy import Policy
from .redline import Redline
from .version import ChangeKind, Clause, ClauseChange, Force, PolicyVersion, Significance, WithdrawalReason

__all__ = [
    "Acknowledgement",
    "ChangeKind",
    "Clause",
    "ClauseChange",
    "Force",
    "Policy",
    "PolicyVersion",
    "Redline",
    "Significance",
    "WithdrawalReason",
]
