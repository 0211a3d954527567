from django.core.paginator import Paginator
from django.shortcuts import render
from django.views.decorators.http import require_safe

from playbooks.forms import LibraryFilter
from playbooks.models import Playbook

PER_PAGE = 25


@require_safe
def library(request):
    form = LibraryFilter(request.GET)
    playbooks = form.apply(Playbook.objects.published().for_audience_of(request.user))
    page = Paginator(playbooks.select_related("topic"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "playbooks/library.html", {"form": form, "page": page})
