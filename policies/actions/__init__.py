"""Every write to policies. Each verb locks the policy, settles what its dates say, checks, writes, records."""

from .policy import change_policy, create_policy, still_true
from .publication import look_at, publish, publish_without_approval, record_history, settle_due, withdraw
from .signature import sign
from .version import approve, return_to_draft, save_draft, start_version, submit
from .waiver import end_waiver, grant_waiver, prolong_waiver

__all__ = [
    "approve",
    "change_policy",
    "create_policy",
    "end_waiver",
    "grant_waiver",
    "look_at",
    "prolong_waiver",
    "publish",
    "publish_without_approval",
    "record_history",
    "return_to_draft",
    "save_draft",
    "settle_due",
    "sign",
    "start_version",
    "still_true",
    "submit",
    "withdraw",
]
