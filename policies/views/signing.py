from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from hub.exceptions import Conflict
from policies import actions
from policies.actions.text import redline_between
from policies.models import Policy
from policies.permissions import check_can_sign
from policies.reports import signing

from .reading import clauses_of, with_policy


@require_http_methods(["GET", "HEAD", "POST"])
@with_policy
def sign(request, policy, standing):
    """What is signed: the whole text, or what changed since the person's last signature. Then thanks, and the next."""
    check_can_sign(request.user, policy)
    if request.method == "POST":
        return _signed(request, policy, standing)
    return _page(request, policy, standing)


def _signed(request, policy, standing):
    number = request.POST.get("version", "")
    version = standing.numbered(int(number)) if number.isdecimal() and len(number) < 5 else None
    if version is None:
        return redirect("policies:sign", policy.slug)
    try:
        actions.sign(version=version, content_hash=request.POST.get("text", ""), by=request.user)
    except Conflict as error:
        messages.warning(request, error.sentence)
        return _page(request, policy, standing, status=409)
    return redirect("policies:sign", policy.slug)


def _page(request, policy, standing, status=200):
    candidates = [version for version in (standing.binding, standing.announced) if version]
    version = next((one for one in candidates if signing(one, policy, request.user).is_asked), None)
    if version is None:
        return _thanks(request, policy, standing)
    mine = signing(version, policy, request.user)
    before = standing.numbered(mine.signed_number) if mine.signed_number else None
    context = {"policy": policy, "version": version, "mine": mine, "is_early": version != standing.binding}
    if before and before.number < version.number:
        context |= {
            "before": before,
            "redline": redline_between(before, version),
            "between": [one for one in standing.versions if before.number < one.number <= version.number],
        }
    else:
        context["clauses"] = clauses_of(version, request.user)[0]
    return render(request, "policies/sign.html", context, status=status)


def _thanks(request, policy, standing):
    signed = standing.binding or standing.announced
    waiting = list(Policy.objects.awaiting_signature_of(request.user).order_by("title")[:6])
    return render(
        request,
        "policies/signed.html",
        {
            "policy": policy,
            "mine": signing(signed, policy, request.user) if signed else None,
            "next": waiting[0] if waiting else None,
            "more": waiting[1:],
        },
    )
