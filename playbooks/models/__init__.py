from .playbook import Difficulty, Playbook, Vote
from .question import Answer, Question
from .revision import Citation, Revision, Section, Significance, Step

__all__ = [
    "Answer",
    "Citation",
    "Difficulty",
    "Playbook",
    "Question",
    "Revision",
    "Section",
    "Significance",
    "Step",
    "Vote",
]
