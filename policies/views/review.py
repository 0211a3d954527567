"""A draft as its named readers see it: read, comment clause by clause, say that it is done."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hub.forms import with_comment_forms
from hub.views.reviews import for_review, take_comment
from policies import actions
from policies.models import PolicyVersion
from policies.permissions import can_comment, can_read_review
from policies.reports import comments_by_clause
from policies.tasks import KIND

with_version = for_review(
    PolicyVersion.objects.select_related("policy__topic", "policy__owner"),
    of="policy",
    kind=KIND,
    can_read=can_read_review,
)


@require_safe
@with_version
def read(request, version):
    return _page(request, version)


def _page(request, version, form=None, status=200):
    clauses, general = comments_by_clause(version)
    review = version.reviews.filter(person=request.user).select_related("asked_by").first()
    can_say = version.is_open and can_comment(request.user, version)
    whole = with_comment_forms(clauses, form)
    return render(
        request,
        "policies/review.html",
        {
            "policy": version.policy,
            "version": version,
            "clauses": clauses,
            "general": general,
            "review": review,
            "can_say": can_say,
            "form": whole,
            "refused": form,
        },
        status=status,
    )


@require_POST
@with_version
def comment(request, version):
    def say(text, key):
        return actions.comment(version=version, text=text, clause_key=key, by=request.user)

    return take_comment(request, say=say, refused=lambda form: _page(request, version, form, status=422))


@require_POST
@with_version
def done(request, version):
    review = get_object_or_404(version.reviews, person=request.user)
    actions.finish_review(review=review, by=request.user)
    messages.success(request, _("Thank you. The authors see that you have read it."))
    return redirect("policies:review", slug=version.policy.slug, number=version.number)
