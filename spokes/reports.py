"""Figures and lists that cross tables."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import F, Func, OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from hub.clock import today
from spokes.models import Membership, SocialAccount, Spoke, Term
from spokes.workflow import AccountStatus

REVIEW_AFTER = timedelta(days=183)  # six months


def review_limit():
    """Accounts last looked at before this day are stale."""
    return today() - REVIEW_AFTER


@dataclass
class Branch:
    """A department in the tree, with what is below it. Figures count the whole branch."""

    spoke: Spoke
    representatives: list = field(default_factory=list)
    children: list = field(default_factory=list)
    people: int = 0
    accounts: int = 0
    is_hit: bool = False


def tree():
    """The open departments as a list of top branches, in two statements whatever their number."""
    homes = Membership.objects.filter(spoke=OuterRef("pk"), ends_on=None, person__is_active=True)
    accounts = SocialAccount.objects.live().filter(spoke=OuterRef("pk"))
    spokes = Spoke.objects.open().defer("purpose").annotate(people=_count(homes), live_accounts=_count(accounts))
    representatives = defaultdict(list)
    terms = Term.objects.current().filter(kind=Term.Kind.REPRESENTATIVE, person__is_active=True)
    for spoke_id, name in terms.values_list("spoke", "person__name"):
        representatives[spoke_id].append(name)
    branches = {
        spoke.pk: Branch(spoke, representatives[spoke.pk], [], spoke.people, spoke.live_accounts)
        for spoke in spokes.order_by("name")
    }
    tops = []
    for branch in branches.values():
        above = branches.get(branch.spoke.parent_id)
        (above.children if above else tops).append(branch)
    for branch in sorted(branches.values(), key=lambda branch: -branch.spoke.depth):
        above = branches.get(branch.spoke.parent_id)
        if above:
            above.people += branch.people
            above.accounts += branch.accounts
    return tops


def _count(rows):
    """How many of these rows there are, as a column of the outer statement."""
    return Subquery(rows.order_by().annotate(n=Func(F("pk"), function="COUNT")).values("n"))


def matching(branches, words):
    """The branches whose name holds the words, with the way to them; `is_hit` of each says which is which."""
    kept = []
    for branch in branches:
        children = matching(branch.children, words)
        branch.is_hit = words.casefold() in branch.spoke.name.casefold()
        if branch.is_hit or children:
            if not branch.is_hit:
                branch.children = children
            kept.append(branch)
    return kept


def terms_ending(before):
    """Terms that run out soon and have no successor yet, soonest first."""
    this_day = today()
    covered = Spoke.objects.filter(
        Q(terms__starts_on__lte=before) & (Q(terms__ends_on=None) | Q(terms__ends_on__gt=before))
    )
    return (
        Term.objects.filter(ends_on__gte=this_day, ends_on__lte=before, person__is_active=True)
        .exclude(spoke__in=covered)
        .select_related("person", "spoke")
        .order_by("ends_on")
    )


def attention_of(account, limit):
    """Sentences about what is wrong with an account in use; `limit` is `review_limit()`."""
    found = []
    if account.status == AccountStatus.ARCHIVED:
        return found
    if account.status == AccountStatus.ACTIVE and (
        account.last_reviewed_on is None or account.last_reviewed_on < limit
    ):
        found.append(_("not looked at for six months") if account.last_reviewed_on else _("never looked at"))
    if account.owner is None:
        found.append(_("no owner"))
    elif not account.owner.is_active:
        found.append(_("owner has left"))
    if account.deputy is None:
        found.append(_("no deputy"))
    elif not account.deputy.is_active:
        found.append(_("deputy has left"))
    return found
