"""Proof packs: chosen, made by a worker, downloaded."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from hub.exceptions import Invalid
from hub.wake import wake
from policies import actions, clock
from policies.actions.proof import KEEP_PACKS, stored_file
from policies.forms import ProofForm
from policies.jobs import make_pack
from policies.models import ProofPack
from policies.permissions import check_can_prove

from .editor import with_policy

PER_PAGE = 25


@require_http_methods(["GET", "HEAD", "POST"])
@with_policy
def of_policy(request, policy):
    """The packs of a policy, and a new one."""
    return _choose(request, policy)


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request):
    """All packs, and a new one of any policy."""
    return _choose(request, None)


def _choose(request, policy):
    check_can_prove(request.user)
    form = ProofForm(request.POST or None, policy=policy, initial={"day": clock.today()})
    if request.method == "POST" and form.is_valid():
        try:
            pack = actions.ask_for_pack(
                policy=policy or form.cleaned_data["policy"], day=form.cleaned_data["day"], by=request.user
            )
        except Invalid as error:
            form.add_error(error.field, error.sentence)
        else:
            wake(make_pack, pack.pk)
            return redirect("admin:policies_policy_pack", pack.policy_id, pack.pk)
    packs = ProofPack.objects.select_related("policy", "asked_by")
    page = Paginator(packs.filter(policy=policy) if policy else packs, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "admin/policies/proof.html",
        {"policy": policy, "form": form, "page": page, "days": KEEP_PACKS.days},
        status=422 if form.errors else 200,
    )


def _pack_or_404(pk, number):
    return get_object_or_404(
        ProofPack.objects.select_related("policy", "asked_by", "signed_with"), policy=pk, pk=number
    )


@require_safe
def pack(request, pk, number):
    """How far a pack is; once it is made, its checksum and the door to it."""
    check_can_prove(request.user)
    row = _pack_or_404(pk, number)
    return render(
        request,
        "admin/policies/pack.html",
        {
            "policy": row.policy,
            "pack": row,
            "is_there": stored_file(row) is not None,
            "key": row.signed_with,
            "kept_until": row.finished_at and row.finished_at + KEEP_PACKS,
        },
    )


@require_safe
def download(request, pk, number):
    """The file, for those who may see who signed; never to be opened in the portal's own name."""
    check_can_prove(request.user)
    row = _pack_or_404(pk, number)
    path = stored_file(row)
    if path is None:
        if row.is_at_work:
            raise Http404
        messages.info(request, _("This pack has been deleted. Make another one; the same day gives the same proof."))
        return redirect("admin:policies_policy_proof", pk)
    response = FileResponse(path.open("rb"), as_attachment=True, filename=row.filename, content_type="application/zip")
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
