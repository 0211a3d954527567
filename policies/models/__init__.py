from .acknowledgement import Acknowledgement
from .policy import Policy
from .redline import Redline
from .version import Clause, Force, PolicyVersion, Significance, WithdrawalReason
from .waiver import Waiver

__all__ = [
    "Acknowledgement",
    "Clause",
    "Force",
    "Policy",
    "PolicyVersion",
    "Redline",
    "Significance",
    "Waiver",
    "WithdrawalReason",
]
