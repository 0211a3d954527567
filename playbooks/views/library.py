from django.core.paginator import Paginator
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hub.models import Topic
from playbooks import reports
from playbooks.forms import LibraryFilter
from playbooks.models import Goal, Playbook, Tag

PER_PAGE = 25


def selected(request):
    """(form, facets, playbooks in order) as the filters in the address leave them for this reader."""
    form = LibraryFilter(request.GET)
    asked = form.asked()
    facets = reports.facets(request.user, asked)
    if not facets.total and (gone := _names_nobody_knows(asked)):
        asked |= gone
        facets = reports.facets(request.user, asked)
    form.offer(facets.choices)
    rows = Playbook.objects.published().for_audience_of(request.user).asked_for(asked)
    return form, facets, rows.in_order(asked["sort"])


@require_safe
def library(request):
    """Filters with counts; how many are left comes from the same statement."""
    form, facets, rows = selected(request)
    paginator = Paginator(rows.select_related("topic"), PER_PAGE)
    paginator.count = facets.total
    page = paginator.get_page(request.GET.get("page"))
    return render(
        request,
        "playbooks/library.html",
        {"form": form, "page": page, "facets": facets, "with_faded": _with_faded(request)},
    )


def _names_nobody_knows(asked):
    """Filters whose value there is not, as not given: an old address should still show something."""
    known = {"topic": Topic, "tag": Tag, "goal": Goal}
    return {
        name: "" for name, model in known.items() if asked[name] and not model.objects.filter(slug=asked[name]).exists()
    }


def _with_faded(request):
    """This list's address with those that nobody has verified for long."""
    query = request.GET.copy()
    query["verified"] = "all"
    query.pop("page", None)
    return f"?{query.urlencode()}"
