"""Who reads a revision before it is approved, what they say, and what the authors answer."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from hub.exceptions import Invalid
from hub.forms import AnswerForm
from hub.reports import comments_by_part
from playbooks import actions
from playbooks.forms import AskReviewForm
from playbooks.permissions import can_curate_playbooks, check_can_curate_playbooks

from .editor import common, find_playbook, open_revision

HERE = "admin:playbooks_playbook_review"


@require_safe
def review(request, pk):
    playbook = find_playbook(request, pk)
    revision = open_revision(playbook)
    if revision is None:
        return redirect("admin:playbooks_playbook_edit", pk)
    return _page(request, playbook, revision)


def _page(request, playbook, revision, status=200, ask_form=None, answered=None):
    """`answered` is a refused answer: its comment's id and its form."""
    sections = list(revision.sections.all())
    comments = list(revision.comments.select_related("author", "answered_by"))
    general = comments_by_part(sections, comments, key="section_key")
    for comment in comments if can_curate_playbooks(request.user) else ():
        refused = answered and answered[0] == comment.pk
        comment.form = answered[1] if refused else AnswerForm.of(comment)
        comment.answer_url = reverse("admin:playbooks_playbook_review_answer", args=[playbook.pk, comment.pk])
    return render(
        request,
        "admin/playbooks/review.html",
        {
            **common(request, playbook, revision),
            "tab": "review",
            "reviews": revision.reviews.select_related("person", "asked_by"),
            "sections": [section for section in sections if section.comments],
            "general": general,
            "comments": comments,
            "open_count": sum(comment.is_open for comment in comments),
            "ask_form": ask_form or AskReviewForm(),
        },
        status=status,
    )


def _open(request, pk):
    """(playbook, its open revision, None), or (None, None, where whoever comes second reads that there is none)."""
    playbook = find_playbook(request, pk)
    revision = open_revision(playbook)
    if revision is not None:
        return playbook, revision, None
    messages.error(request, _("Nothing is being written here. Somebody else may have published it."))
    return None, None, redirect("admin:playbooks_playbook_edit", pk)


@require_POST
def ask(request, pk):
    check_can_curate_playbooks(request.user)
    playbook, revision, gone = _open(request, pk)
    if gone:
        return gone
    form = AskReviewForm(request.POST)
    if form.is_valid():
        try:
            reviews = actions.ask_for_review(revision=revision, by=request.user, **form.cleaned_data)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.sentence)
        else:
            asked = ngettext("%(n)d person has a message.", "%(n)d people have a message.", len(reviews))
            messages.success(request, asked % {"n": len(reviews)})
            return redirect(HERE, pk)
    return _page(request, playbook, revision, status=422, ask_form=form)


@require_POST
def stop(request, pk, review):
    _playbook, revision, gone = _open(request, pk)
    if gone:
        return gone
    review = get_object_or_404(revision.reviews, pk=review)
    actions.stop_asking(review=review, by=request.user)
    messages.success(request, _("%(name)s need not read it any more.") % {"name": review.person.name})
    return redirect(HERE, pk)


@require_POST
def answer(request, pk, comment):
    check_can_curate_playbooks(request.user)
    playbook, revision, gone = _open(request, pk)
    if gone:
        return gone
    comment = get_object_or_404(revision.comments, pk=comment)
    form = AnswerForm(request.POST, auto_id=f"answer-{comment.pk}-%s")
    if form.is_valid():
        try:
            actions.answer_comment(comment=comment, by=request.user, **form.cleaned_data)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.sentence)
        else:
            messages.success(request, _("Answered."))
            return redirect(HERE, pk)
    return _page(request, playbook, revision, status=422, answered=(comment.pk, form))
