from .playbook import Playbook, Vote
from .question import Answer, Question
from .revision import Citation, Revision, Section, Step

__all__ = ["Answer", "Citation", "Playbook", "Question", "Revision", "Section", "Step", "Vote"]
