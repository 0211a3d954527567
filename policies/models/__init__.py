from .acknowledgement import Acknowledgement
from .guide import (
    Guide,
    GuideCitation,
    GuideCount,
    GuideGap,
    GuideQuestion,
    GuideRow,
    QuestionKind,
    Verdict,
    table_of,
)
from .policy import Policy
from .proof import ProofKey, ProofLink, ProofPack
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
    "Guide",
    "GuideCitation",
    "GuideCount",
    "GuideGap",
    "GuideQuestion",
    "GuideRow",
    "Policy",
    "PolicyVersion",
    "ProofKey",
    "ProofLink",
    "ProofPack",
    "QuestionKind",
    "Redline",
    "Review",
    "ReviewComment",
    "ReviewKind",
    "Significance",
    "Verdict",
    "WithdrawalReason",
    "table_of",
]
