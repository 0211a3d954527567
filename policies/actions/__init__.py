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
from .guide import change_guide, count_answer, create_guide, publish_guide, save_guide, take_back_guide
from .impact import make_follow_ups
from .imported import import_version
from .obligation import retire_obligation, revive_obligation, save_obligation
from .outside import comment_outside, end_invitation, finish_outside, invite_outside
from .platform import set_platforms
from .policy import change_policy, create_policy, still_true
from .proof import ask_for_pack, extend_fully, forget_packs, know_key, make_pack, packs_to_make, record_head
from .publication import look_at, publish, publish_without_approval, record_history, settle_due, withdraw
from .quiz import save_question, set_question_on
from .review import answer_comment, ask_for_review, bring_comments, comment, finish_review, stop_asking
from .signature import sign
from .version import approve, return_to_draft, save_draft, set_significance, start_version, submit
from .waiver import end_waiver, grant_waiver, prolong_waiver

__all__ = [
    "answer_comment",
    "approve",
    "ask_for_pack",
    "ask_for_review",
    "audience_of",
    "bring_comments",
    "change_campaign",
    "change_guide",
    "change_policy",
    "close_campaign",
    "comment",
    "comment_outside",
    "count_answer",
    "create_guide",
    "create_policy",
    "end_exemption",
    "end_invitation",
    "end_waiver",
    "exempt_person",
    "extend_fully",
    "finish_outside",
    "finish_review",
    "forget_packs",
    "grant_waiver",
    "import_version",
    "invite_outside",
    "keep_roll",
    "know_key",
    "look_at",
    "make_follow_ups",
    "make_pack",
    "packs_to_make",
    "plan_campaign",
    "prolong_waiver",
    "publish",
    "publish_guide",
    "publish_without_approval",
    "record_head",
    "record_history",
    "remind_now",
    "retire_obligation",
    "return_to_draft",
    "revive_obligation",
    "save_draft",
    "save_guide",
    "save_obligation",
    "save_question",
    "set_platforms",
    "set_question_on",
    "set_significance",
    "settle_due",
    "sign",
    "start_campaign",
    "start_version",
    "still_true",
    "stop_asking",
    "submit",
    "take_back_guide",
    "withdraw",
]
