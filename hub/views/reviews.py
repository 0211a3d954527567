"""What the review pages of all kinds of drafts do alike."""

import functools

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from hub.exceptions import Invalid
from hub.forms import CommentForm
from hub.models import OldSlug


def for_review(texts, *, of, kind, can_read):
    """Gives a view the text at its address (slug and number), for whoever may read it for review; else 404.

    `texts` are versions or revisions with what they are `of` ("policy", of that `kind`) joined. A former address, as
    in a message sent before, leads to the new one.
    """

    def decorate(view):
        @functools.wraps(view)
        def found(request, slug, number):
            text = texts.filter(**{f"{of}__slug": slug, "number": number}).first()
            if text is None:
                old = get_object_or_404(OldSlug, kind=kind, slug=slug)
                text = get_object_or_404(texts.filter(**{of: old.object_id, "number": number}))
            if not can_read(request.user, text):
                raise Http404
            if getattr(text, of).slug != slug:
                address = reverse(request.resolver_match.view_name, args=[getattr(text, of).slug, number])
                return redirect(address, permanent=True, preserve_request=request.method == "POST")
            return view(request, text)

        return found

    return decorate


def take_comment(request, *, say, refused):
    """Stores what was sent by `say(text, key of the part)`; `refused(form)` answers what cannot be stored."""
    form = CommentForm(request.POST, part=request.POST.get("part", ""))
    if form.is_valid():
        try:
            said = say(form.cleaned_data["text"], form.part)
        except Invalid as error:
            form.add_error("text", error.sentence)
        else:
            messages.success(request, _("Your comment is with the authors."))
            return redirect(f"{request.path.removesuffix('comment/')}#comment-{said.pk}")
    return refused(form)
