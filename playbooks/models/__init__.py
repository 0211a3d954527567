from .playbook import Difficulty, Playbook, Vote
from .question import Answer, Question
from .revision import Citation, Revision, Section, Significance, Step
from .run import Run, RunPoint, RunStep

__all__ = [
    "Answer",
    "Citation",
    "Difficulty",
    "Playbook",
    "Question",
    "Revision",
    "Run",
    "RunPoint",
    "RunStep",
    "Section",
    "Significance",
    "Step",
    "Vote",
]
