"""A draft as its named readers see it: read, comment clause by clause, say that it is done."""

import functools

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hub.exceptions import Invalid
from hub.forms import CommentForm, with_comment_forms
from hub.models import OldSlug
from policies import actions
from policies.models import PolicyVersion
from policies.permissions import can_comment, can_read_review
from policies.reports import comments_by_clause
from policies.tasks import KIND


def with_version(view):
    """Gives the view a version this person may read for review; for everybody else there is none.

    A former address, as in a message sent before, leads to the new one.
    """

    @functools.wraps(view)
    def found(request, slug, number):
        versions = PolicyVersion.objects.select_related("policy__topic", "policy__owner")
        version = versions.filter(policy__slug=slug, number=number).first()
        if version is None:
            old = get_object_or_404(OldSlug, kind=KIND, slug=slug)
            version = get_object_or_404(versions, policy=old.object_id, number=number)
        if not can_read_review(request.user, version):
            raise Http404
        if version.policy.slug != slug:
            address = reverse(request.resolver_match.view_name, args=[version.policy.slug, number])
            return redirect(address, permanent=True, preserve_request=request.method == "POST")
        return view(request, version)

    return found


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
    form = CommentForm(request.POST, part=request.POST.get("part", ""))
    if form.is_valid():
        try:
            text = form.cleaned_data["text"]
            said = actions.comment(version=version, text=text, clause_key=form.part, by=request.user)
        except Invalid as error:
            form.add_error("text", error.sentence)
        else:
            messages.success(request, _("Your comment is with the authors."))
            address = request.path.removesuffix("comment/")
            return redirect(f"{address}#comment-{said.pk}")
    return _page(request, version, form, status=422)


@require_POST
@with_version
def done(request, version):
    review = get_object_or_404(version.reviews, person=request.user)
    actions.finish_review(review=review, by=request.user)
    messages.success(request, _("Thank you. The authors see that you have read it."))
    return redirect("policies:review", slug=version.policy.slug, number=version.number)
