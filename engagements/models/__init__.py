from .form import FormQuestion, QuestionType
from .request import Citation, ClockSegment, EngagementRequest, Entry

__all__ = ["Citation", "ClockSegment", "EngagementRequest", "Entry", "FormQuestion", "QuestionType"]
