from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from hub.exceptions import Conflict, Invalid
from policies import actions
from policies.actions.text import judged_between, redline_between
from policies.forms import QuizForm
from policies.models import Acknowledgement, Policy, Significance
from policies.permissions import check_can_sign
from policies.reports import quiz_for, signing

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
    form = QuizForm(request.POST, questions=quiz_for(version, request.user))
    if not form.is_valid():
        return _page(request, policy, standing, status=422, form=form)
    try:
        actions.sign(
            version=version,
            content_hash=request.POST.get("text", ""),
            answers=form.answers(),
            missed=form.missed,
            by=request.user,
        )
    except Invalid as error:  # the questions changed at this moment
        form.add_error(None, error.sentence)
        return _page(request, policy, standing, status=422, form=form)
    except Conflict as error:
        messages.warning(request, error.sentence)
        return _page(request, policy, standing, status=409)
    return redirect("policies:sign", policy.slug)


def _page(request, policy, standing, status=200, form=None):
    candidates = [version for version in (standing.binding, standing.announced) if version]
    version = next((one for one in candidates if signing(one, policy, request.user).is_asked), None)
    if version is None:
        return _thanks(request, policy, standing)
    mine = signing(version, policy, request.user)
    before = standing.numbered(mine.signed_number) if mine.signed_number else None
    if form is None or str(version.number) != request.POST.get("version"):
        form = QuizForm(questions=quiz_for(version, request.user))
    context = {"policy": policy, "version": version, "mine": mine, "is_early": version != standing.binding}
    context["quiz"] = form
    clauses = clauses_of(version, request.user)[0]
    mine_of = [clause for clause in clauses if clause.binds_reader]
    if before and before.number < version.number:
        judged = judged_between(before, version)
        newly = _newly_bound(request.user, before)
        context |= {
            "before": before,
            "redline": redline_between(before, version),
            "between": standing.between(before, version),
            "asking": [
                clause for clause in mine_of if judged.get(clause.key) == Significance.MATERIAL or clause.key in newly
            ],
        }
    elif before and before.number == version.number:
        newly = _newly_bound(request.user, before)
        context |= {"is_newly_bound": True, "clauses": [clause for clause in mine_of if clause.key in newly]}
    else:
        # What binds her comes first; a first text is in the order it was written where all of it does.
        context |= {"clauses": mine_of, "for_others": [one for one in clauses if not one.binds_reader]}
    return render(request, "policies/sign.html", context, status=status)


def _newly_bound(user, version):
    """Keys of the clauses that were for others when she signed that version last."""
    signatures = Acknowledgement.objects.filter(person=user, version=version)
    return set((signatures.order_by("-at").values_list("unbound", flat=True).first() or "").split())


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
