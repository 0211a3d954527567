from .account import Platform, SocialAccount
from .membership import Membership, Term
from .spoke import Formation, Spoke

__all__ = ["Formation", "Membership", "Platform", "SocialAccount", "Spoke", "Term"]
