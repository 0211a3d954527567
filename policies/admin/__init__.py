"""The stewards' side of policies: plain fields in the admin, texts in the editor."""

from .campaign import CampaignAdmin
from .guide import GuideAdmin
from .obligation import ObligationAdmin
from .policy import AcknowledgementAdmin, PolicyAdmin
from .waiver import WaiverAdmin

__all__ = ["AcknowledgementAdmin", "GuideAdmin", "PolicyAdmin"]
__all__ = ["AcknowledgementAdmin", "CampaignAdmin", "ObligationAdmin", "PolicyAdmin", "WaiverAdmin"]
