"""What somebody must look at again: the queue of the review cycle."""

from datetime import timedelta

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hub.paging import key_page
from policies import actions, clock, emails
from policies.models import GuideCitation, Policy, PolicyVersion
from policies.permissions import can_say_still_true
from policies.reports import with_clauses

from .editor import with_policy

AHEAD = timedelta(days=60)
PER_PAGE = 50
MOST_CITES = 200


@require_safe
def due(request):
    """Policies whose review date is past or near, the most overdue first; guides that rest on what no longer binds."""
    day = clock.today()
    being_written = PolicyVersion.objects.open().filter(policy=OuterRef("pk"))
    rows = Policy.objects.review_due(day + AHEAD).annotate(is_being_written=Exists(being_written))
    page = key_page(
        rows.select_related("owner", "topic", "current"), request.GET, keys=["review_on", "pk"], size=PER_PAGE
    )
    told = emails.told_of_review(list(page))
    for policy in page:
        policy.can_say_still_true = can_say_still_true(request.user, policy)
        policy.told = told[policy.pk]
        policy.leads_are_told = any(message.recipient.is_lead for message in policy.told)
    context = {"page": page, "today": day, "guides": _outdated_guides(day)}
    return render(request, "admin/policies/due.html", context)


def _outdated_guides(day):
    """Published guides with a row that rests on a clause no longer in force; each with those `cites`."""
    cites = GuideCitation.objects.outdated(day).filter(row__guide__is_published=True)
    cites = cites.select_related("row__guide", "policy").order_by("row__guide__title", "row__number", "number")
    guides = {}
    for cite in with_clauses(cites[:MOST_CITES], day):
        guide = guides.setdefault(cite.row.guide_id, cite.row.guide)
        guide.cites = [*getattr(guide, "cites", []), cite]
    return list(guides.values())


@require_POST
@with_policy
def still_true(request, policy):
    policy = actions.still_true(policy=policy, by=request.user)
    day = date_format(policy.review_on, "j F Y")
    messages.success(
        request, _("“%(title)s” is still true. The next look is due on %(day)s.") % {"title": policy.title, "day": day}
    )
    return redirect("admin:policies_policy_due")
