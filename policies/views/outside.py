"""One draft, for whoever was sent a link to it: no account, and nothing else of the portal."""

import functools

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hub import signed_links
from hub.exceptions import NotAllowed
from hub.forms import with_comment_forms
from hub.permissions import refusal
from hub.views.reviews import take_comment
from policies import actions
from policies.emails import OUTSIDE
from policies.models import OutsideReview
from policies.permissions import check_invitation_holds
from policies.reports import comments_by_clause

# Whoever reads presses Back and Reload; whoever tries tokens, or fills the authors' list, does more.
LIMITS = {"reader": "60/m/key", "writer": "40/h/key", "stranger": "60/m/ip"}


def with_invitation(view):
    """Gives a view the invitation that its link stands for; a link that is over says so and shows nothing."""

    @login_not_required
    @functools.wraps(view)
    def found(request, token):
        about = signed_links.about_of(OUTSIDE, token)
        invitations = OutsideReview.objects.select_related("version__policy__topic", "invited_by")
        invitation = invitations.filter(pk=about).first() if about is not None else None
        refused = ratelimit.consume_or_429(
            request,
            app="policies.outside",
            action="stranger" if invitation is None else "writer" if request.method == "POST" else "reader",
            config=LIMITS,
            key=None if invitation is None else f"{invitation.pk}",
            limit_get=True,
        )
        if refused:
            return private(refused)
        if invitation is None:
            raise Http404
        if request.user.is_authenticated:
            raise NotAllowed(_("This link is for somebody outside. Who works here reads drafts by name."))
        if over := refusal(check_invitation_holds, invitation):
            return private(_over(request, over))
        try:
            return private(view(request, invitation))
        except NotAllowed as error:  # it ended while she wrote
            return private(_over(request, error.sentence))

    return found


def private(response):
    """Kept nowhere, found by nobody, and its address told to nobody that it links to."""
    add_never_cache_headers(response)
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    # Not "no-referrer": a form's origin would be null then, and refused.
    response["Referrer-Policy"] = "strict-origin"
    return response


def _over(request, sentence):
    """What was typed when the link ended is given back, to be copied."""
    typed = request.POST.get("text", "")[:20_000] if request.method == "POST" else ""
    return render(request, "policies/outside_over.html", {"sentence": sentence, "typed": typed}, status=410)


@require_safe
@with_invitation
def read(request, invitation):
    return _page(request, invitation)


def _page(request, invitation, form=None, status=200):
    version = invitation.version
    clauses, general = comments_by_clause(version, outside=invitation)
    return render(
        request,
        "policies/outside.html",
        {
            "invitation": invitation,
            "policy": version.policy,
            "version": version,
            "clauses": clauses,
            "general": general,
            "form": with_comment_forms(clauses, form),
            "refused": form,
            "comment_url": f"{request.path.removesuffix('comment/')}comment/",
            "done_url": f"{request.path.removesuffix('comment/')}done/",
        },
        status=status,
    )


@require_POST
@with_invitation
def comment(request, invitation):
    def say(text, key):
        return actions.comment_outside(invitation=invitation, text=text, clause_key=key)

    return take_comment(request, say=say, refused=lambda form: _page(request, invitation, form, status=422))


@require_POST
@with_invitation
def done(request, invitation):
    actions.finish_outside(invitation=invitation)
    messages.success(request, _("Thank you. The authors see that you have read it."))
    return redirect(request.path.removesuffix("done/"))
