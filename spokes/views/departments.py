"""Departments: the tree, and one of them."""

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from hub import slots
from hub.models import OldSlug, User
from hub.querysets import saying_who_follows
from spokes.models import SocialAccount, Spoke, Term
from spokes.permissions import can_add_account, can_manage_spokes
from spokes.reports import attention_of, matching, review_limit, tree

MOST_ACCOUNTS = 50


@require_safe
def departments(request):
    """Every open department, or those whose name holds the words, with the way to them."""
    words = request.GET.get("q", "").strip()[:100]
    branches = tree()
    total = _count(branches)
    if words:
        branches = matching(branches, words)
    context = {"branches": branches, "words": words, "total": total, "hits": _hits(branches) if words else total}
    return render(request, "spokes/departments.html", context)


def _count(branches):
    return sum(1 + _count(branch.children) for branch in branches)


def _hits(branches):
    return sum(branch.is_hit + _hits(branch.children) for branch in branches)


@require_safe
def department(request, slug):
    """What it does on social media, who speaks for it, its accounts. A former address leads to the new one."""
    spoke = (
        saying_who_follows(Spoke.objects.select_related("partner"), "department", request.user)
        .filter(slug=slug)
        .first()
    )
    if spoke is None:
        old = get_object_or_404(OldSlug, kind="spoke", slug=slug)
        spoke = Spoke.objects.filter(pk=old.object_id).first()
        if spoke is None:
            raise Http404
        return redirect(spoke, permanent=True)
    family = list(
        Spoke.objects.filter(pk__in=spoke.ancestor_ids).select_related("partner")
        | Spoke.objects.open().filter(parent=spoke).select_related("partner")
    )
    above = sorted((one for one in family if spoke.path.startswith(one.path)), key=lambda one: one.depth)
    below = sorted((one for one in family if one.path.startswith(spoke.path)), key=lambda one: one.name.casefold())
    lineage = [one.pk for one in above] + [spoke.pk]
    terms = list(
        Term.objects.current()
        .filter(spoke__in=lineage, person__is_active=True)
        .select_related("person", "spoke")
        .order_by("-kind", "starts_on", "pk")  # representatives before their deputies
    )
    own = [term for term in terms if term.spoke_id == spoke.pk]
    accounts = SocialAccount.objects.live().filter(spoke=spoke).select_related("owner", "deputy")
    accounts = list(accounts.order_by("platform", "handle")[: MOST_ACCOUNTS + 1])
    limit = review_limit()
    for account in accounts:
        account.attention = attention_of(account, limit)
    return render(
        request,
        "spokes/department.html",
        {
            "spoke": spoke,
            "above": above,
            "below": below,
            "terms": own,
            "terms_above": [] if own else _nearest(terms),
            "partner": spoke.partner or next((one.partner for one in reversed(above) if one.partner), None),
            "people": User.objects.active()
            .filter(memberships__ends_on=None, memberships__spoke__path__startswith=spoke.path)
            .count(),
            "accounts": accounts[:MOST_ACCOUNTS],
            "has_more_accounts": len(accounts) > MOST_ACCOUNTS,
            "uses": slots.where_used.gather(spoke, request.user),
            "panels": slots.department_panels.gather(spoke, request.user),
            "can_add": can_add_account(request.user, spoke) and not spoke.closed_on,
            "can_manage": can_manage_spokes(request.user),
        },
    )


def _nearest(terms):
    """The terms of the closest department above that has any."""
    depth = max((term.spoke.depth for term in terms), default=0)
    return [term for term in terms if term.spoke.depth == depth]
