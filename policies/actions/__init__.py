"""Every write to policies. Each verb locks the policy, settles what its dates say, checks, writes, records."""

from .policy import change_policy, create_policy, still_true
from .publication import look_at, publish, publish_without_approval, record_history, settle_due, withdraw
from .signature import sign
from .version import approve, return_to_draft, save_draft, set_significance, start_version, submit

__all__ = [
    "approve",
    "change_policy",
    "create_policy",
    "look_at",
    "publish",
    "publish_without_approval",
    "record_history",
    "return_to_draft",
    "save_draft",
    "set_significance",
    "settle_due",
    "sign",
    "start_version",
    "still_true",
    "submit",
    "withdraw",
]
