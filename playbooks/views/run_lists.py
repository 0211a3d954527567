"""Runs in lists, what they come to, and starting one. One run stands in `runs`."""

import uuid
from collections import Counter
from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from hub.cells import csv_response
from hub.exceptions import Invalid, NotAllowed
from hub.paging import key_page
from hub.permissions import check_can_see_the_desk, check_does_not_only_read
from hub.views.feeds import served
from playbooks import actions, feeds
from playbooks.forms import FiguresFilter, RunFilter, StartRunForm
from playbooks.models import Run, RunStep, Step
from playbooks.querysets import runs_visible_to
from playbooks.reports import figures_by_playbook, figures_of, runs_of
from playbooks.views.reading import found_or_moved
from policies import clock
from spokes.models import Spoke
from spokes.querysets import user_paths

PER_PAGE = 25
MOST_SHOWN = 25
ORDERS = {
    "started": ("starts_on", "pk"),
    "-started": ("-starts_on", "-pk"),
    "name": ("name", "pk"),
    "-name": ("-name", "-pk"),
    "due": ("ends_on", "pk"),
    "-due": ("-ends_on", "-pk"),
}

calendar = served("text/calendar; charset=utf-8")(feeds.calendar)


# --- Lists ------------------------------------------------------------------------------------------------------------


def _listed(request):
    """(form, tab, labels, runs in the order asked for, its keys) of a list's address."""
    user = request.user
    labels = {"mine": _("Mine"), "department": _("My department's"), "all": _("All")}
    if not user.reads_all:
        del labels["all"]
    tab = request.GET.get("tab")
    tab = tab if tab in labels else "mine"
    if tab == "mine":
        steps = RunStep.objects.filter(assignee=user).values("run")
        runs = Run.objects.visible_to(user).filter(Q(started_by=user) | Q(pk__in=steps))
    else:
        runs = Run.objects.all() if tab == "all" else Run.objects.filter(runs_visible_to(user))
    spokes = list(Spoke.objects.open().defer("purpose")) if tab == "all" else []
    form = RunFilter(request.GET, spokes=spokes)
    runs = form.apply(runs).select_related("playbook", "spoke", "started_by")
    return form, tab, labels, runs, ORDERS.get(request.GET.get("sort"), ORDERS["-started"])


@require_safe
def runs(request):
    """Hers, her department's, and for who reads all, every one."""
    form, tab, labels, found, keys = _listed(request)
    return render(
        request,
        "playbooks/runs.html",
        {
            "form": form,
            "tab": tab,
            "tabs": [{"label": label, "url": f"?tab={name}", "current": name == tab} for name, label in labels.items()],
            "page": key_page(found, request.GET, keys=keys, size=PER_PAGE),
            "kept": ("tab", "sort"),
            "query": request.GET.urlencode(),
            "is_filtered": any(form.cleaned_data.values()),
            "can_start": request.user.is_coe_staff or bool(user_paths(request.user)),
        },
    )


@require_safe
def export(request):
    """The same runs as the list, as CSV."""
    _form, _tab, _labels, found, keys = _listed(request)
    heading = ["run", "playbook", "department", "name", "goal", "state", "starts_on", "to_be_done_by", "ended_on"]
    heading += ["days", "steps", "done", "started_by", "result", "given_up_because"]

    def rows():
        for run in found.order_by(*keys).iterator(chunk_size=500):
            yield [
                run.pk,
                run.playbook.slug,
                run.spoke.slug,
                run.name,
                run.goal,
                run.status,
                run.starts_on.isoformat(),
                run.ends_on.isoformat() if run.ends_on else "",
                timezone.localdate(run.closed_at, clock.hub_zone()).isoformat() if run.closed_at else "",
                run.days or "",
                run.step_count,
                run.done_count,
                run.started_by.email,
                run.result,
                run.abandon_reason,
            ]

    return csv_response(f"runs-{timezone.localdate().isoformat()}.csv", heading, rows())


@require_safe
def of_playbook(request, slug):
    """How often a playbook was run, by whom, and what came of it; of other departments no more than their names."""
    playbook, _revisions, moved = found_or_moved(request, slug)
    if moved:
        return moved
    found = runs_of(playbook=playbook, user=request.user)
    told = [run for run in found if run.status != "abandoned"]
    others = Counter(run.spoke.name for run in told if not run.is_visible)
    return render(
        request,
        "playbooks/playbook_runs.html",
        {
            "playbook": playbook,
            "figures": figures_of(found),
            "visible": [run for run in found if run.is_visible][:MOST_SHOWN],
            "has_more": sum(run.is_visible for run in found) > MOST_SHOWN,
            "others": sorted(others.items(), key=lambda pair: (-pair[1], pair[0].casefold())),
            "can_start": request.user.is_coe_staff or bool(user_paths(request.user)),
        },
    )


@require_safe
def figures(request):
    """For the hub: what its playbooks come to in use."""
    check_can_see_the_desk(request.user)
    form = FiguresFilter(request.GET)
    days = form.cleaned_data.get("since") if form.is_valid() else ""
    lines = figures_by_playbook(clock.today() - timedelta(days=int(days)) if days else None)
    page = Paginator(lines, 50).get_page(request.GET.get("page"))
    return render(request, "playbooks/run_figures.html", {"form": form, "page": page, "is_filtered": bool(days)})


# --- Starting ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def start(request, slug):
    playbook, _revisions, moved = found_or_moved(request, slug)
    if moved:
        return moved
    spokes = _departments(request.user)
    initial = {
        "form_token": uuid.uuid4(),
        "name": playbook.title[:120],
        "starts_on": clock.today(),
        "spoke": request.GET.get("department", ""),
    }
    form = StartRunForm(request.POST or None, spokes=spokes, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            run = actions.start_run(playbook=playbook, by=request.user, **form.fields_for_action())
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.sentence)
        else:
            messages.success(request, _("The run is there. Now give its steps to people."))
            return redirect(run)
    under_way = Run.objects.active().filter(playbook=playbook, spoke__in=spokes).select_related("spoke")
    return render(
        request,
        "playbooks/run_form.html",
        {
            "form": form,
            "playbook": playbook,
            "department": spokes[0] if len(spokes) == 1 else None,
            "step_count": Step.objects.filter(section__revision=playbook.current_id).count(),
            "under_way": under_way.visible_to(request.user).order_by("-starts_on", "-pk")[:3],
        },
        status=422 if form.errors else 200,
    )


def _departments(user):
    """The open departments for which this person may start a run. Raises NotAllowed if there are none."""
    check_does_not_only_read(user)
    spokes = Spoke.objects.open().defer("purpose")
    if not user.is_coe_staff:
        spokes = spokes.represented_by(user) if user_paths(user) else spokes.none()
    spokes = list(spokes)
    if not spokes:
        raise NotAllowed(_("Representatives and their deputies start runs for their department. Ask yours."))
    return spokes
