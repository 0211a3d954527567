"""A draft as its named readers see it: read, comment section by section, say that it is done."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hub.forms import with_comment_forms
from hub.reports import comments_by_part
from hub.views.reviews import for_review, take_comment
from playbooks import actions
from playbooks.models import Revision
from playbooks.permissions import can_comment, can_read_review
from playbooks.tasks import PLAYBOOK

with_revision = for_review(
    Revision.objects.select_related("playbook__topic", "playbook__owner", "playbook__current"),
    of="playbook",
    kind=PLAYBOOK,
    can_read=can_read_review,
)


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
    def say(text, key):
        return actions.comment(revision=revision, text=text, section_key=key, by=request.user)

    return take_comment(request, say=say, refused=lambda form: _page(request, revision, form, status=422))


@require_POST
@with_revision
def done(request, revision):
    review = get_object_or_404(revision.reviews, person=request.user)
    actions.finish_review(review=review, by=request.user)
    messages.success(request, _("Thank you. The authors see that you have read it."))
    return redirect("playbooks:review", slug=revision.playbook.slug, number=revision.number)
