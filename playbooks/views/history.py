"""All revisions of a playbook, who is to be thanked for them, and what changed from one to another."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hub.conditional import unless_unchanged
from playbooks.actions.text import redline_between
from playbooks.forms import ChooseComparison
from playbooks.models import Revision

from .reading import found_or_moved


@require_safe
@unless_unchanged
def history(request, slug):
    playbook, _revisions, moved = found_or_moved(request, slug)
    if moved:
        return moved
    people = Revision.objects.filter(playbook=playbook).readable().newest_first()
    people = people.select_related("approved_by").prefetch_related("contributors", "suggestions__suggested_by")
    before = None
    rows = list(people)
    for one in reversed(rows):
        one.playbook, one.previous_number, before = playbook, before, one.number
        suggesters = {suggestion.suggested_by for suggestion in one.suggestions.all()}
        one.suggesters = sorted(person.name for person in suggesters)
        one.writers = sorted(person.name for person in one.contributors.all() if person not in suggesters)
    picker = ChooseComparison(revisions=rows, initial=_neighbours(rows))
    return render(request, "playbooks/history.html", {"playbook": playbook, "revisions": rows, "picker": picker})


def _neighbours(revisions):
    """The newest revision and the one before it, newest first given."""
    numbers = [one.number for one in revisions[:2]]
    return {"older": numbers[-1], "newer": numbers[0]} if numbers else {}


@require_safe
def choose_comparison(request, slug):
    """The form that picks two revisions leads here and on to their comparison."""
    _playbook, revisions, moved = found_or_moved(request, slug)
    if moved:
        return moved
    form = ChooseComparison(request.GET or None, revisions=revisions)
    if not form.is_valid():
        messages.error(request, _("Choose two revisions to compare."))
        return redirect("playbooks:history", slug)
    return redirect("playbooks:compare", slug, form.cleaned_data["older"], form.cleaned_data["newer"])


@require_safe
def compare(request, slug, older, newer):
    """What changed from one revision to another: made at publication, or now where one is still being written."""
    revisions = Revision.objects.filter(playbook__slug=slug).for_audience_of(request.user)
    if not request.user.reads_all:
        revisions = revisions.readable()
    every = list(revisions.select_related("playbook").newest_first())
    ends = {revision.number: revision for revision in every}
    if older not in ends or newer not in ends:
        _playbook, _revisions, moved = found_or_moved(request, slug, older=older, newer=newer)
        if moved:
            return moved
        raise Http404
    if older > newer:
        return redirect("playbooks:compare", slug=slug, older=newer, newer=older)
    side_by_side = request.GET.get("view") == "sides"
    redline = redline_between(ends[older], ends[newer], side_by_side=side_by_side)
    return render(
        request,
        "playbooks/compare.html",
        {
            "playbook": ends[newer].playbook,
            "older": ends[older],
            "newer": ends[newer],
            "redline": redline,
            "side_by_side": side_by_side,
            "is_same": not (redline.changed or redline.added or redline.removed or redline.moved),
            "between": [one for one in every if older < one.number <= newer],
            "picker": ChooseComparison(revisions=every, initial={"older": older, "newer": newer}),
            "title": _("What changed from revision %(older)d to %(newer)d") % {"older": older, "newer": newer},
        },
    )
