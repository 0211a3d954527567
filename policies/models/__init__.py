from .acknowledgement import Acknowledgement
from .policy import Policy
from .redline import Redline
from .version import Clause, Force, PolicyVersion, Significance, WithdrawalReason

__all__ = [
    "Acknowledgement",
    "Clause",
    "Force",
    "Policy",
    "PolicyVersion",
    "Redline",
    "Significance",
    "WithdrawalReason",
]
