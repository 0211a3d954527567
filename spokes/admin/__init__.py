"""The stewards' side of people, departments and accounts."""

from .accounts import SocialAccountAdmin
from .departments import SpokeAdmin, TermAdmin
from .people import PersonAdmin
from .uploads import TableImportAdmin

__all__ = ["PersonAdmin", "SocialAccountAdmin", "SpokeAdmin", "TableImportAdmin", "TermAdmin"]
