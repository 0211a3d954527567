from .account import Platform, SocialAccount
from .imports import TableImport
from .membership import Membership, Term
from .spoke import Formation, Spoke

__all__ = ["Formation", "Membership", "Platform", "SocialAccount", "Spoke", "TableImport", "Term"]
