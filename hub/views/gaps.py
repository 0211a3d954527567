"""What people searched for and did not find: the hub's inbox of gaps."""

from django import forms
from django.contrib import messages
from django.db.models import Count, Max, Q, Sum
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from hub import actions, search
from hub.exceptions import HubError
from hub.models import SearchCount, SearchGap
from hub.paging import key_page
from hub.permissions import can_work_the_desk, check_can_see_the_desk, check_can_work_the_desk, refusal

PER_PAGE = 50
NEAR = 5
TONES = {SearchGap.State.OPEN: "info", SearchGap.State.ANSWERED: "good", SearchGap.State.SET_ASIDE: "neutral"}


class AnswerForm(forms.Form):
    address = forms.CharField(
        label=gettext_lazy("What answers it"),
        help_text=gettext_lazy(
            "The address of a policy, clause, playbook, section, service or question of the portal."
        ),
        max_length=600,
    )


@require_safe
def gaps(request):
    check_can_see_the_desk(request.user)
    is_settled = request.GET.get("show") == "settled"
    rows = SearchGap.objects.filter(state=SearchGap.State.OPEN)
    if is_settled:
        rows = SearchGap.objects.exclude(state=SearchGap.State.OPEN)
    rows = rows.annotate(
        times=Coalesce(Sum("wordings__not_found"), 0), number=Count("wordings"), last_on=Max("wordings__last_on")
    )
    page = key_page(rows, request.GET, keys=["-times", "-pk"], size=PER_PAGE)
    for gap in page:
        gap.tone = TONES[gap.state]
    counts = SearchCount.objects.aggregate(asked=Sum("asked"), not_found=Sum("not_found"), opened=Sum("opened"))
    context = {
        "page": page,
        "is_open": not is_settled,
        "is_settled": is_settled,
        "can_merge": not is_settled and len(page) > 1 and can_work_the_desk(request.user),
        "counts": {name: number or 0 for name, number in counts.items()},
    }
    return render(request, "hub/gaps.html", context)


def _gap(request, pk):
    check_can_see_the_desk(request.user)
    return get_object_or_404(SearchGap.objects.select_related("settled_by"), pk=pk)


def _page(request, gap, form, status=200):
    gap.tone = TONES[gap.state]
    waiting = gap.wishes.aggregate(all=Count("pk"), told=Count("pk", filter=Q(told_at__isnull=False)))
    near = []
    if gap.state == SearchGap.State.OPEN:
        near = search.search(gap.title, group_ids=request.user.audience_group_ids(), limit=NEAR).hits
    context = {
        "gap": gap,
        "wordings": gap.wordings.order_by("-not_found", "text"),
        "waiting": waiting,
        "near": near,
        "form": form,
        "is_open": gap.state == SearchGap.State.OPEN,
        "why_not": refusal(check_can_work_the_desk, request.user),
    }
    return render(request, "hub/gap.html", context, status=status)


@require_safe
def gap(request, pk):
    return _page(request, _gap(request, pk), AnswerForm())


@require_POST
def answer(request, pk):
    gap = _gap(request, pk)
    form = AnswerForm(request.POST)
    if form.is_valid():
        try:
            actions.answer_gap(gap=gap, address=form.cleaned_data["address"], by=request.user)
        except HubError as error:
            if getattr(error, "field", None) is None:
                raise
            form.add_error("address", str(error))
        else:
            messages.success(request, _("Search finds it by these words from now on. Whoever asked is told."))
            return redirect("hub:gaps")
    return _page(request, gap, form, status=422)


@require_POST
def set_aside(request, pk):
    actions.set_gap_aside(gap=_gap(request, pk), by=request.user)
    messages.success(request, _("Set aside."))
    return redirect("hub:gaps")


@require_POST
def reopen(request, pk):
    actions.reopen_gap(gap=_gap(request, pk), by=request.user)
    messages.success(request, _("Open again."))
    return redirect("hub:gap", pk=pk)


@require_POST
def merge(request):
    check_can_see_the_desk(request.user)
    chosen = [pk for pk in request.POST.getlist("gap") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    kept = actions.merge_gaps(gaps=SearchGap.objects.filter(pk__in=chosen), by=request.user)
    messages.success(request, _("Put together."))
    return redirect("hub:gap", pk=kept.pk)
