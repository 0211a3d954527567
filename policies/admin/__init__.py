"""The stewards' side of policies: plain fields in the admin, texts in the editor."""

from .guide import GuideAdmin
from .policy import AcknowledgementAdmin, PolicyAdmin

__all__ = ["AcknowledgementAdmin", "GuideAdmin", "PolicyAdmin"]
