"""Every write to policies. Each verb locks the policy, settles what its dates say, checks, writes, records."""

from .guide import change_guide, count_answer, create_guide, publish_guide, save_guide, take_back_guide
from .impact import make_follow_ups
from .imported import import_version
from .policy import change_policy, create_policy, still_true
from .proof import ask_for_pack, extend_fully, forget_packs, know_key, make_pack, packs_to_make, record_head
from .publication import look_at, publish, publish_without_approval, record_history, settle_due, withdraw
from .review import answer_comment, ask_for_review, comment, finish_review, stop_asking
from .signature import sign
from .version import approve, return_to_draft, save_draft, set_significance, start_version, submit

__all__ = [
    "answer_comment",
    "approve",
    "ask_for_pack",
    "ask_for_review",
    "change_guide",
    "change_policy",
    "comment",
    "count_answer",
    "create_guide",
    "create_policy",
    "extend_fully",
    "finish_review",
    "forget_packs",
    "import_version",
    "know_key",
    "look_at",
    "make_follow_ups",
    "make_pack",
    "packs_to_make",
    "publish",
    "publish_guide",
    "publish_without_approval",
    "record_head",
    "record_history",
    "return_to_draft",
    "save_draft",
    "save_guide",
    "set_significance",
    "settle_due",
    "sign",
    "start_version",
    "still_true",
    "stop_asking",
    "submit",
    "take_back_guide",
    "withdraw",
]
