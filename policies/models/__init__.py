from .acknowledgement import Acknowledgement
from .campaign import Campaign, RollEntry
from .obligation import Coverage, Obligation
from .policy import Policy
from .redline import Redline
from .version import Clause, Force, PolicyVersion, Significance, WithdrawalReason
from .waiver import Waiver

__all__ = [
    "Acknowledgement",
    "Campaign",
    "Clause",
    "Coverage",
    "Force",
    "Obligation",
    "Policy",
    "PolicyVersion",
    "Redline",
    "RollEntry",
    "Significance",
    "Waiver",
    "WithdrawalReason",
]
