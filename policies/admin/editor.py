"""Where policies are written, read by a second pair of eyes, and published."""

import functools

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub import audit
from hub.exceptions import Conflict, Invalid
from hub.forms import SignificanceForm
from hub.permissions import refusal
from hub.text import markdown
from policies import actions
from policies.actions.text import changes_between, compare, written_clauses
from policies.forms import DraftForm, PublishForm, ReturnForm, UnapprovedForm, WithdrawForm
from policies.models import Policy, ReviewComment
from policies.permissions import (
    can_curate_policies,
    can_look_at,
    can_publish,
    check_can_approve,
    check_can_curate_policies,
    check_can_publish,
    check_is_answered,
)
from policies.significance import proposal
from policies.workflow import PUBLISHED, READABLE, Status


def with_policy(view):
    @functools.wraps(view)
    def found(request, pk, **kwargs):
        policy = get_object_or_404(Policy.objects.select_related("topic", "owner", "current"), pk=pk)
        return view(request, policy, **kwargs)

    return found


def open_version(policy):
    return policy.versions.open().select_related("submitted_by", "approved_by").first()


def published_version(policy):
    """What a draft is compared with."""
    return policy.versions.baseline()


def with_open_version(view):
    """For steps of the open version. Whoever comes second reads that there is none any more."""

    @functools.wraps(view)
    def found(request, policy, **kwargs):
        version = policy.versions.open().first()
        if version is not None:
            return view(request, policy, version, **kwargs)
        messages.error(request, _("No version is open any more. Somebody else may have published it."))
        return redirect("admin:policies_policy_versions", policy.pk)

    return found


# --- Pages ----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@with_policy
def edit(request, policy):
    """The editor of the open version."""
    version = open_version(policy)
    if request.method == "POST":
        check_can_curate_policies(request.user)
        if version is None:
            messages.error(request, _("Nothing is open for writing. Start a new version first."))
            return redirect("admin:policies_policy_versions", policy.pk)
        return _written(request, policy, version)
    if version is None:
        return redirect("admin:policies_policy_versions", policy.pk)
    if not can_curate_policies(request.user):
        return redirect("admin:policies_policy_look", policy.pk)
    return _editor(request, policy, version, DraftForm.of(version))


def _written(request, policy, version):
    """Saves, or takes a step within the form (add, move, remove) that saves nothing yet."""
    form = DraftForm(request.POST)
    if form.act != "save":
        form.take_step()
        return _editor(request, policy, version, form, is_unsaved=True)
    if not form.is_valid():
        return _editor(request, policy, version, form, is_unsaved=True)
    was = version.status
    try:
        version = actions.save_draft(
            version=version,
            clauses=form.clauses,
            lock=form.cleaned_data["lock"],
            change_note=form.cleaned_data["change_note"],
            by=request.user,
        )
    except Conflict as error:
        theirs = written_clauses(version, error.theirs["clauses"])
        mine = form.unsaved_clauses()
        form.take_lock(error.theirs["lock"])
        context = {
            "conflict": error.sentence,
            "theirs": theirs,
            "theirs_note": error.theirs["change_note"],
            "redline": compare(theirs, mine),
        }
        return _editor(request, policy, version, form, is_unsaved=True, status=409, **context)
    except Invalid as error:
        form.add_refusal(error)
        return _editor(request, policy, version, form, is_unsaved=True)
    if was == Status.DRAFT:
        messages.success(request, _("Saved."))
    else:
        messages.warning(request, _("Saved. The version is a draft again, because its text changed."))
    return redirect("admin:policies_policy_edit", policy.pk)


def _editor(request, policy, version, form, status=200, **context):
    return render(
        request,
        "admin/policies/edit.html",
        {**common(request, policy, version), "form": form, "tab": "write", **context},
        status=status,
    )


def common(request, policy, version):
    return {
        "policy": policy,
        "version": version,
        "published": published_version(policy),
        "can_curate": can_curate_policies(request.user),
        "to_answer": ReviewComment.objects.open().filter(version__policy=policy).count(),
    }


@require_safe
@with_policy
def look(request, policy):
    """The open version as readers will see it, and the next steps."""
    version = open_version(policy)
    if version is None:
        return redirect("admin:policies_policy_versions", policy.pk)
    return _look(request, policy, version)


def _look(request, policy, version, status=200, **forms):
    comments = [line for line in audit.history(version)[:20] if line.verb == "returned"]
    return render(
        request,
        "admin/policies/look.html",
        {
            **common(request, policy, version),
            "tab": "look",
            "clauses": list(version.clauses.with_groups()),
            "comment": comments[0] if comments and version.status == Status.DRAFT else None,
            "is_draft": version.status == Status.DRAFT,
            "is_in_review": version.status == Status.IN_REVIEW,
            "is_approved": version.status == Status.APPROVED,
            "is_scheduled": version.status == Status.SCHEDULED,
            "why_not_approve": refusal(check_can_approve, request.user, version),
            "why_not_publish": refusal(check_can_publish, request.user)
            or (version.status == Status.APPROVED and refusal(check_is_answered, version)),
            "publish_form": PublishForm(),
            "unapproved_form": UnapprovedForm(),
            "return_form": ReturnForm(),
            **forms,
        },
        status=status,
    )


@require_safe
@with_policy
def changes(request, policy):
    """What the open version changes in the text readers have now."""
    version = open_version(policy)
    published = published_version(policy)
    if version is None or published is None:
        return redirect("admin:policies_policy_versions", policy.pk)
    return _changes(request, policy, version, published)


def _changes(request, policy, version, published, form=None, status=200):
    old, new = list(published.clauses.with_groups()), list(version.clauses.with_groups())
    rows = list(version.clause_changes.all())
    reasons = {
        change.key: proposal(change, language=policy.language).reason
        for change in changes_between(old, new)
        if change.kind != "same"
    }
    judged = {row.key: row.significance for row in rows}
    form = form or SignificanceForm(changes=rows, initial={"lock": version.lock})
    for change in form.changes:
        change.reason = reasons.get(change.key, "")
    return render(
        request,
        "admin/policies/changes.html",
        {**common(request, policy, version), "tab": "changes", "redline": compare(old, new, judged), "form": form},
        status=status,
    )


@require_POST
@with_policy
@with_open_version
def significance(request, policy, version):
    """The editor's word on how far-reaching each change is."""
    published = published_version(policy)
    if published is None:
        return redirect("admin:policies_policy_look", policy.pk)
    form = SignificanceForm(request.POST, changes=list(version.clause_changes.all()))
    if form.is_valid():
        was = version.status
        try:
            actions.set_significance(
                version=version, choices=form.choices, lock=form.cleaned_data["lock"], by=request.user
            )
        except Conflict as error:
            messages.error(request, error.sentence)
            return redirect("admin:policies_policy_changes", policy.pk)
        if was == Status.DRAFT:
            messages.success(request, _("Saved."))
        else:
            messages.warning(request, _("Saved. The version is a draft again and has to be submitted again."))
        return redirect("admin:policies_policy_changes", policy.pk)
    check_can_curate_policies(request.user)
    return _changes(request, policy, version, published, form=form, status=422)


@require_safe
@with_policy
def versions(request, policy):
    """All versions, and what can be done with the published ones."""
    return _versions(request, policy)


def _versions(request, policy, status=200, **forms):
    versions = list(policy.versions.select_related("published_by", "approved_by", "looked_at_by").newest_first())
    for version in versions:
        version.policy = policy
        version.is_readable = version.status in READABLE
        version.can_be_withdrawn = version.status in PUBLISHED and can_publish(request.user)
        version.needs_a_look = bool(version.unapproved_reason) and version.looked_at_by is None
        version.can_look = version.needs_a_look and can_look_at(request.user, version)
    return render(
        request,
        "admin/policies/versions.html",
        {
            **common(request, policy, open_version(policy)),
            "tab": "versions",
            "versions": versions,
            "withdraw_form": WithdrawForm(policy=policy),
            **forms,
        },
        status=status,
    )


@require_POST
def preview(request):
    """Markdown as readers will see it, for the editor."""
    check_can_curate_policies(request.user)
    return HttpResponse(
        markdown.render(request.POST.get("text", "")[:50_000], heading_level=3, anchor_prefix="preview")
    )


# --- Steps ----------------------------------------------------------------------------------------------------------


@require_POST
@with_policy
def start(request, policy):
    version = actions.start_version(policy=policy, by=request.user)
    messages.success(request, _("Version %(n)d begins as a copy of the newest text.") % {"n": version.number})
    return redirect("admin:policies_policy_edit", policy.pk)


def lock_sent(request):
    """The lock of the text on the page that was sent; a page that does not say shows no text of ours."""
    sent = request.POST.get("lock", "")
    return int(sent) if sent.isdecimal() and len(sent) < 10 else -1


@require_POST
@with_policy
@with_open_version
def submit(request, policy, version):
    try:
        actions.submit(version=version, lock=lock_sent(request), by=request.user)
    except Conflict as error:
        messages.error(request, error.sentence)
        return redirect("admin:policies_policy_look", policy.pk)
    except Invalid as error:
        messages.error(request, error.sentence)
        return redirect("admin:policies_policy_edit", policy.pk)
    messages.success(request, _("Submitted. Those who may approve it have a message."))
    return redirect("admin:policies_policy_look", policy.pk)


@require_POST
@with_policy
@with_open_version
def give_back(request, policy, version):
    form = ReturnForm(request.POST)
    if not form.is_valid():
        return _look(request, policy, version, status=422, return_form=form)
    actions.return_to_draft(version=version, comment=form.cleaned_data["comment"], by=request.user)
    messages.success(request, _("Given back with your comment."))
    return redirect("admin:policies_policy_look", policy.pk)


@require_POST
@with_policy
@with_open_version
def approve(request, policy, version):
    try:
        actions.approve(version=version, lock=lock_sent(request), by=request.user)
    except Conflict as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, _("Approved. It can be published now."))
    return redirect("admin:policies_policy_look", policy.pk)


@require_POST
@with_policy
@with_open_version
def publish(request, policy, version):
    return _publication(request, policy, version, PublishForm(request.POST), "publish_form", actions.publish)


@require_POST
@with_policy
@with_open_version
def publish_now(request, policy, version):
    action = functools.partial(actions.publish_without_approval, lock=lock_sent(request))
    return _publication(request, policy, version, UnapprovedForm(request.POST), "unapproved_form", action)


def _publication(request, policy, version, form, name, action):
    if form.is_valid():
        try:
            version = action(version=version, by=request.user, **form.cleaned_data)
        except Conflict as error:
            messages.error(request, error.sentence)
            return redirect("admin:policies_policy_look", policy.pk)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.sentence)
    if form.errors:
        return _look(request, policy, version, status=422, **{name: form})
    messages.success(
        request,
        {
            Status.SCHEDULED: _("Scheduled. Readers see it from the day you chose."),
            Status.ANNOUNCED: _("Published. Readers see it now; it binds from the day you chose."),
            Status.IN_FORCE: _("Published and in force."),
        }[version.status],
    )
    return redirect("admin:policies_policy_versions", policy.pk)


@require_POST
@with_policy
def look_at(request, policy, number):
    version = get_object_or_404(policy.versions, number=number)
    actions.look_at(version=version, by=request.user)
    messages.success(request, _("Noted: you have looked at it."))
    return redirect("admin:policies_policy_versions", policy.pk)


@require_POST
@with_policy
def withdraw(request, policy, number):
    version = get_object_or_404(policy.versions, number=number)
    form = WithdrawForm(request.POST, policy=policy)
    if form.is_valid():
        try:
            actions.withdraw(version=version, by=request.user, **form.cleaned_data)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.sentence)
    if form.errors:
        return _versions(request, policy, status=422, withdraw_form=form)
    messages.success(request, _("Withdrawn. The text stays readable under a notice."))
    return redirect("admin:policies_policy_versions", policy.pk)
