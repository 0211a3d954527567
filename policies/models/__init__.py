from .acknowledgement import Acknowledgement
from .campaign import Campaign, RollEntry
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
from .obligation import Coverage, Obligation
from .outside import OutsideReview
from .platform import ClausePlatform
from .policy import Policy
from .proof import ProofKey, ProofLink, ProofPack
from .quiz import QuizQuestion
from .redline import Redline
from .review import Review, ReviewComment, ReviewKind
from .version import (
    Clause,
    ClauseAudience,
    ClauseChange,
    Force,
    PolicyVersion,
    Reach,
    Significance,
    WithdrawalReason,
    group_name,
    group_names,
)
from .waiver import Waiver

__all__ = [
    "Acknowledgement",
    "Campaign",
    "Clause",
    "ClauseAudience",
    "ClauseChange",
    "ClausePlatform",
    "Coverage",
    "Force",
    "Guide",
    "GuideCitation",
    "GuideCount",
    "GuideGap",
    "GuideQuestion",
    "GuideRow",
    "Obligation",
    "OutsideReview",
    "Policy",
    "PolicyVersion",
    "ProofKey",
    "ProofLink",
    "ProofPack",
    "QuestionKind",
    "QuizQuestion",
    "Reach",
    "Redline",
    "Review",
    "ReviewComment",
    "ReviewKind",
    "RollEntry",
    "Significance",
    "Verdict",
    "Waiver",
    "WithdrawalReason",
    "group_name",
    "group_names",
    "table_of",
]
