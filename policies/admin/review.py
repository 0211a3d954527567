"""Who reads a version before it is approved, what they say, and what the authors answer."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from hub.exceptions import Invalid
from hub.forms import AnswerForm
from hub.permissions import refusal
from policies import actions
from policies.forms import AskForm, OutsideForm
from policies.models import ReviewComment
from policies.permissions import can_curate_policies, check_can_curate_policies, check_invitation_holds
from policies.reports import comments_by_clause

from .editor import common, open_version, with_open_version, with_policy


@require_safe
@with_policy
def review(request, policy):
    version = open_version(policy)
    if version is None and not _late(policy):
        return redirect("admin:policies_policy_versions", policy.pk)
    return _page(request, policy, version)


def _late(policy):
    """What had no answer when its version was published, and has none since."""
    late = ReviewComment.objects.late().filter(version__policy=policy).select_related("author", "version")
    for comment in late:
        said = {"heading": comment.heading, "n": comment.version.number}
        about = _("Said of “%(heading)s” in version %(n)d") if comment.heading else _("Said of version %(n)d")
        comment.said_of = about % said
    return late


def _page(request, policy, version, status=200, ask_form=None, answered=None, outside_form=None):
    """`answered` is a refused answer: its comment's id and its form. Without an open version, what is left."""
    late = _late(policy)
    clauses, general = comments_by_clause(version) if version else ([], [])
    comments = [*general, *(comment for clause in clauses for comment in clause.comments)]
    for comment in [*late, *comments]:
        if can_curate_policies(request.user):
            refused = answered and answered[0] == comment.pk
            comment.form = answered[1] if refused else AnswerForm.of(comment)
            comment.answer_url = reverse("admin:policies_policy_review_answer", args=[policy.pk, comment.pk])
    return render(
        request,
        "admin/policies/review.html",
        {
            **common(request, policy, version),
            "tab": "review",
            "reviews": version.reviews.select_related("person", "asked_by") if version else (),
            "late": late,
            "clauses": [clause for clause in clauses if clause.comments],
            "general": general,
            "comments": comments,
            "open_count": sum(comment.is_open for comment in comments),
            "ask_form": ask_form or AskForm(),
            "invitations": _invitations(version) if version else (),
            "outside_form": outside_form or OutsideForm(),
        },
        status=status,
    )


def _invitations(version):
    invitations = list(version.outside_reviews.select_related("invited_by").order_by("-until", "-pk"))
    for invitation in invitations:
        invitation.over = refusal(check_invitation_holds, invitation)
    return invitations


@require_POST
@with_policy
@with_open_version
def ask(request, policy, version):
    check_can_curate_policies(request.user)
    form = AskForm(request.POST)
    if form.is_valid():
        try:
            reviews = actions.ask_for_review(version=version, by=request.user, **form.cleaned_data)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.sentence)
        else:
            asked = ngettext("%(n)d person has a message.", "%(n)d people have a message.", len(reviews))
            messages.success(request, asked % {"n": len(reviews)})
            return redirect("admin:policies_policy_review", policy.pk)
    return _page(request, policy, version, status=422, ask_form=form)


@require_POST
@with_policy
@with_open_version
def stop(request, policy, version, review):
    review = get_object_or_404(version.reviews, pk=review)
    actions.stop_asking(review=review, by=request.user)
    messages.success(request, _("%(name)s need not read it any more.") % {"name": review.person.name})
    return redirect("admin:policies_policy_review", policy.pk)


@require_POST
@with_policy
@with_open_version
def invite(request, policy, version):
    check_can_curate_policies(request.user)
    form = OutsideForm(request.POST)
    if form.is_valid():
        try:
            invitation = actions.invite_outside(version=version, by=request.user, **form.cleaned_data)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.sentence)
        else:
            messages.success(request, _("%(name)s gets a link by mail.") % {"name": invitation.name})
            return redirect("admin:policies_policy_review", policy.pk)
    return _page(request, policy, version, status=422, outside_form=form)


@require_POST
@with_policy
@with_open_version
def end(request, policy, version, invitation):
    invitation = get_object_or_404(version.outside_reviews, pk=invitation)
    actions.end_invitation(invitation=invitation, by=request.user)
    messages.success(request, _("The link that %(name)s has shows nothing any more.") % {"name": invitation.name})
    return redirect("admin:policies_policy_review", policy.pk)


@require_POST
@with_policy
def answer(request, policy, comment):
    check_can_curate_policies(request.user)
    comment = get_object_or_404(ReviewComment.objects.select_related("version"), version__policy=policy, pk=comment)
    form = AnswerForm(request.POST, auto_id=f"answer-{comment.pk}-%s")
    if form.is_valid():
        try:
            actions.answer_comment(comment=comment, by=request.user, **form.cleaned_data)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.sentence)
        else:
            messages.success(request, _("Answered."))
            return redirect("admin:policies_policy_review", policy.pk)
    return _page(request, policy, open_version(policy), status=422, answered=(comment.pk, form))
