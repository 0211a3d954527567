"""A draft as its named readers see it: read, comment section by section, say that it is done."""

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
from hub.reports import comments_by_part
from playbooks import actions
from playbooks.models import Revision
from playbooks.permissions import can_comment, can_read_review
from playbooks.tasks import PLAYBOOK


def with_revision(view):
    """Gives the view a revision this person may read for review; for everybody else there is none.

    A former address, as in a message sent before, leads to the new one.
    """

    @functools.wraps(view)
    def found(request, slug, number):
        revisions = Revision.objects.select_related("playbook__topic", "playbook__owner", "playbook__current")
        revision = revisions.filter(playbook__slug=slug, number=number).first()
        if revision is None:
            old = get_object_or_404(OldSlug, kind=PLAYBOOK, slug=slug)
            revision = get_object_or_404(revisions, playbook=old.object_id, number=number)
        if not can_read_review(request.user, revision):
            raise Http404
        if revision.playbook.slug != slug:
            address = reverse(request.resolver_match.view_name, args=[revision.playbook.slug, number])
            return redirect(address, permanent=True, preserve_request=request.method == "POST")
        return view(request, revision)

    return found


@require_safe
@with_revision
def read(request, revision):
    return _page(request, revision)


def _page(request, revision, form=None, status=200):
    sections = list(revision.sections.all())
    comments = revision.comments.select_related("author", "answered_by")
    general = comments_by_part(sections, comments, key="section_key")
    whole = with_comment_forms(sections, form)
    return render(
        request,
        "playbooks/review.html",
        {
            "playbook": revision.playbook,
            "revision": revision,
            "sections": sections,
            "general": general,
            "review": revision.reviews.filter(person=request.user).select_related("asked_by").first(),
            "can_say": revision.is_open and can_comment(request.user, revision),
            "form": whole,
            "refused": form,
        },
        status=status,
    )


@require_POST
@with_revision
def comment(request, revision):
    form = CommentForm(request.POST, part=request.POST.get("part", ""))
    if form.is_valid():
        text = form.cleaned_data["text"]
        try:
            said = actions.comment(revision=revision, text=text, section_key=form.part, by=request.user)
        except Invalid as error:
            form.add_error("text", error.sentence)
        else:
            messages.success(request, _("Your comment is with the authors."))
            address = request.path.removesuffix("comment/")
            return redirect(f"{address}#comment-{said.pk}")
    return _page(request, revision, form, status=422)


@require_POST
@with_revision
def done(request, revision):
    review = get_object_or_404(revision.reviews, person=request.user)
    actions.finish_review(review=review, by=request.user)
    messages.success(request, _("Thank you. The authors see that you have read it."))
    return redirect("playbooks:review", slug=revision.playbook.slug, number=revision.number)
