"""The stewards' side of playbooks: plain fields in the admin, texts in the editor."""

from .playbook import PlaybookAdmin, TemplateAdmin
from .question import QuestionAdmin
from .run import RunAdmin

__all__ = ["PlaybookAdmin", "QuestionAdmin", "RunAdmin", "TemplateAdmin"]
