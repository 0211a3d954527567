"""Every write to policies. Each verb locks the policy, settles what its dates say, checks, writes, records."""

from .campaign import (
    audience_of,
    change_campaign,
    close_campaign,
    end_exemption,
    exempt_person,
    keep_roll,
    plan_campaign,
    remind_now,
    start_campaign,
)
from .obligation import retire_obligation, revive_obligation, save_obligation
from .policy import change_policy, create_policy, still_true
from .publication import look_at, publish, publish_without_approval, record_history, settle_due, withdraw
from .signature import sign
from .version import approve, return_to_draft, save_draft, start_version, submit
from .waiver import end_waiver, grant_waiver, prolong_waiver

__all__ = [
    "approve",
    "audience_of",
    "change_campaign",
    "change_policy",
    "close_campaign",
    "create_policy",
    "end_exemption",
    "end_waiver",
    "exempt_person",
    "grant_waiver",
    "keep_roll",
    "look_at",
    "plan_campaign",
    "prolong_waiver",
    "publish",
    "publish_without_approval",
    "record_history",
    "remind_now",
    "retire_obligation",
    "return_to_draft",
    "revive_obligation",
    "save_draft",
    "save_obligation",
    "settle_due",
    "sign",
    "start_campaign",
    "start_version",
    "still_true",
    "submit",
    "withdraw",
]
