from playbooks.significance import Significance

from .about import Goal, PlaybookPlatform, PlaybookTemplate, Tag
from .adaptation import Adaptation, AdaptedKind, AdaptedSection
from .case import CaseChannel, CaseMeasure, CaseStudy
from .external import ExternalDocument, ExternalKind, ExternalSection, ExternalTag
from .moderation import OWN, Objection, Report
from .playbook import Difficulty, Playbook
from .question import Answer, Question
from .redline import Redline
from .review import RevisionComment, RevisionReview
from .revision import Citation, Revision, Section, SectionChange, Step
from .run import Run, RunPoint, RunStep
from .suggestion import Suggestion
from .upkeep import LinkHere, ReadCount, Verification
from .vote import Vote, WhyNot

__all__ = [
    "OWN",
    "Adaptation",
    "AdaptedKind",
    "AdaptedSection",
    "Answer",
    "CaseChannel",
    "CaseMeasure",
    "CaseStudy",
    "Citation",
    "Difficulty",
    "ExternalDocument",
    "ExternalKind",
    "ExternalSection",
    "ExternalTag",
    "Goal",
    "LinkHere",
    "Objection",
    "Playbook",
    "PlaybookPlatform",
    "PlaybookTemplate",
    "Question",
    "ReadCount",
    "Redline",
    "Report",
    "Revision",
    "RevisionComment",
    "RevisionReview",
    "Run",
    "RunPoint",
    "RunStep",
    "Section",
    "SectionChange",
    "Significance",
    "Step",
    "Suggestion",
    "Tag",
    "Verification",
    "Vote",
    "WhyNot",
]
