from .about import Goal, PlaybookPlatform, PlaybookTemplate, Tag
from .adaptation import Adaptation, AdaptedKind, AdaptedSection
from .playbook import Difficulty, Playbook
from .question import Answer, Question
from .revision import Citation, Revision, Section, Significance, Step
from .run import Run, RunPoint, RunStep
from .upkeep import LinkHere, ReadCount, Verification
from .vote import Vote, WhyNot

__all__ = [
    "Adaptation",
    "AdaptedKind",
    "AdaptedSection",
    "Answer",
    "Citation",
    "Difficulty",
    "Goal",
    "LinkHere",
    "Playbook",
    "PlaybookPlatform",
    "PlaybookTemplate",
    "Question",
    "ReadCount",
    "Revision",
    "Run",
    "RunPoint",
    "RunStep",
    "Section",
    "Significance",
    "Step",
    "Tag",
    "Verification",
    "Vote",
    "WhyNot",
]
