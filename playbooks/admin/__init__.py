"""The stewards' side of playbooks: plain fields in the admin, texts in the editor."""

from .case import CaseStudyAdmin
from .external import ExternalDocumentAdmin
from .playbook import PlaybookAdmin, TemplateAdmin
from .question import QuestionAdmin
from .run import RunAdmin

__all__ = [
    "CaseStudyAdmin",
    "ExternalDocumentAdmin",
    "PlaybookAdmin",
    "QuestionAdmin",
    "RunAdmin",
    "TemplateAdmin",
]
