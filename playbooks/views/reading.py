"""A playbook's page, its older revisions, what changed between two, and the two small acts on it."""

from dataclasses import dataclass, field

from django.contrib import messages
from django.db.models import F, OuterRef, Subquery, Value
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hub import slots
from hub.conditional import unless_unchanged
from hub.models import OldSlug, Service
from hub.permissions import refusal
from hub.prepared import prepared
from playbooks import actions
from playbooks.actions.text import compare as compared
from playbooks.forms import ChooseComparison
from playbooks.models import Citation, Playbook, Revision, Section
from playbooks.permissions import can_curate_playbooks, can_verify, check_can_take_part
from playbooks.reports import figures_of, runs_of
from playbooks.tasks import PLAYBOOK
from policies.models import Clause, Policy

MOST_UNDER_WAY = 3


@dataclass
class Cited:
    """A clause that a section rests on, as the reader may see it. `heading` is blank when it is no longer in force."""

    policy: str
    url: str
    heading: str
    force: str


@dataclass
class Around:
    """What stands beside a playbook's text, from one query."""

    services: list = field(default_factory=list)
    cites: dict = field(default_factory=dict)


@prepared(shape=lambda slug, user: user.reads_all)
def revisions_of(slug, user):
    """The playbook's readable revisions, newest first, each with its playbook; [] if there is none for this person.

    One query: a playbook's page shows them all, and the playbook comes with any of them.
    """
    return (
        Revision.objects.readable()
        .for_audience_of(user)
        .filter(playbook__slug=slug)
        .with_vote_of(user)
        .saying_who_represents(user)
        .select_related("playbook__topic", "playbook__owner", "playbook__deputy")
        .newest_first()
    )


@prepared()
def sections_of(revision):
    return Section.objects.filter(revision=revision).defer("body").order_by("number")


def found_or_moved(request, slug, **kwargs):
    """(playbook, its readable revisions, None), or (None, [], a redirect) for a former address; else 404."""
    revisions = revisions_of(slug=slug, user=request.user)
    if revisions:
        return revisions[0].playbook, revisions, None
    old = get_object_or_404(OldSlug, kind=PLAYBOOK, slug=slug)
    playbook = get_object_or_404(Playbook.objects.published().for_audience_of(request.user), pk=old.object_id)
    target = reverse(request.resolver_match.view_name, kwargs={"slug": playbook.slug, **kwargs})
    return None, [], redirect(target, permanent=True)


@prepared(shape=lambda playbook, user: user.reads_all)
def _beside(playbook, user):
    clauses = Clause.objects.filter(version=OuterRef("policy__current"), key=OuterRef("clause_key"))
    cites = (
        Citation.objects.filter(playbook=playbook, policy__in=Policy.objects.readable().for_audience_of(user))
        .annotate(what=Value("cite"), heading=Subquery(clauses.values("heading")[:1]))
        .annotate(force=Subquery(clauses.values("force")[:1]))
        .order_by()
        .values_list("what", "section_key", "policy__title", "policy__slug", "clause_key", "heading", "force")
    )
    empty = Value("")
    services = (
        Service.objects.offered()
        .filter(playbooks=playbook)
        .order_by()
        .annotate(what=Value("service"), a=empty, b=F("title"), c=F("slug"), d=empty, e=empty, f=empty)
        .values_list("what", "a", "b", "c", "d", "e", "f")
    )
    return cites.union(services, all=True)


def around(playbook, user):
    """Services that go with a playbook and the clauses its sections cite, of policies that the reader may see."""
    found = Around()
    for what, section, title, slug, key, heading, force in sorted(_beside(playbook=playbook, user=user), key=str):
        if what == "service":
            found.services.append({"title": title, "url": f"/services/{slug}/request/?playbook={playbook.slug}"})
            continue
        address = reverse("policies:policy", args=[slug])
        url = f"{address}#c-{key}" if heading else address
        found.cites.setdefault(section, []).append(Cited(title, url, heading or "", force or ""))
    return found


@require_safe
@unless_unchanged
def playbook(request, slug):
    playbook, revisions, moved = found_or_moved(request, slug)
    if moved:
        return moved
    current = next(revision for revision in revisions if revision.pk == playbook.current_id)
    context = _page(request, playbook, current, revisions) | _runs(request.user, playbook, current)
    return render(request, "playbooks/playbook.html", context)


def _runs(user, playbook, current):
    """What use has been made of it, those under way that the reader may open, and whether she may start one."""
    runs = runs_of(playbook=playbook, user=user)
    speaks = (current.represents_some and not user.only_reads) or user.is_coe_staff
    return {
        "runs": figures_of(runs),
        "runs_under_way": [run for run in runs if run.is_visible and run.is_active][:MOST_UNDER_WAY],
        "can_start_run": speaks,
    }


def _page(request, playbook, revision, revisions):
    is_current = revision.pk == playbook.current_id
    before = None
    for one in reversed(revisions):
        one.previous_number, before = before, one.number
    beside = around(playbook, request.user) if is_current else Around()
    sections = sections_of(revision=revision)
    for section in sections:
        section.cites = beside.cites.get(section.key, [])
    return {
        "playbook": playbook,
        "revision": revision,
        "sections": sections,
        "revisions": revisions,
        "services": beside.services,
        "uses": slots.where_used.gather(playbook, request.user) if is_current else [],
        "my_vote": getattr(revisions[0], "my_vote", None) if revisions else None,
        "vote_refusal": refusal(check_can_take_part, request.user),
        "can_verify": is_current and can_verify(request.user, playbook),
        "can_curate": can_curate_playbooks(request.user),
        "is_current": is_current,
    }


@require_safe
def revision(request, slug, number):
    """An older revision; for whoever reads all also one that is being written."""
    shown = _every_revision(slug).filter(number=number).first() if request.user.reads_all else None
    if shown:
        playbook, revisions = shown.playbook, list(shown.playbook.revisions.readable().newest_first())
    else:
        playbook, revisions, moved = found_or_moved(request, slug, number=number)
        if moved:
            return moved
        shown = next((one for one in revisions if one.number == number), None)
        if shown is None:
            raise Http404
    return render(request, "playbooks/revision.html", _page(request, playbook, shown, revisions))


def _every_revision(slug):
    return Revision.objects.filter(playbook__slug=slug).select_related(
        "playbook__topic", "playbook__owner", "playbook__deputy"
    )


@require_safe
def choose_comparison(request, slug):
    """The form that picks two revisions leads here and on to their comparison."""
    playbook, revisions, moved = found_or_moved(request, slug)
    if moved:
        return moved
    form = ChooseComparison(request.GET or None, revisions=revisions)
    if not form.is_valid():
        messages.error(request, _("Choose two revisions to compare."))
        return redirect(playbook)
    return redirect("playbooks:compare", slug, form.cleaned_data["older"], form.cleaned_data["newer"])


@require_safe
def compare(request, slug, older, newer):
    revisions = _every_revision(slug).filter(number__in=[older, newer]).for_audience_of(request.user)
    if not request.user.reads_all:
        revisions = revisions.readable()
    by_number = {revision.number: revision for revision in revisions.prefetch_related("sections")}
    if older not in by_number or newer not in by_number:
        _playbook, _revisions, moved = found_or_moved(request, slug, older=older, newer=newer)
        if moved:
            return moved
        raise Http404
    old, new = by_number[older], by_number[newer]
    changes = compared(list(old.sections.all()), list(new.sections.all()))
    return render(
        request,
        "playbooks/compare.html",
        {
            "playbook": new.playbook,
            "old": old,
            "new": new,
            "changes": changes,
            "count": sum(change.kind != "same" for change in changes),
        },
    )


def _published(request, slug):
    return get_object_or_404(Playbook.objects.published().for_audience_of(request.user), slug=slug)


VOTES = {"yes": True, "no": False, "undo": None}


@require_POST
def vote(request, slug):
    playbook = _published(request, slug)
    answer = request.POST.get("helpful")
    if answer not in VOTES:
        raise Http404
    actions.vote(playbook=playbook, helpful=VOTES[answer], by=request.user)
    thanks = {
        "yes": _("Thank you. Good to know that it helped."),
        "no": _("Thank you. Tell us what was missing, and the owner can put it right."),
        "undo": _("Taken back."),
    }
    messages.success(request, thanks[answer])
    return redirect(f"{playbook.get_absolute_url()}#helpful")


@require_POST
def verify(request, slug):
    playbook = actions.verify(playbook=_published(request, slug), by=request.user)
    messages.success(
        request,
        _("Thank you. Readers now see that “%(title)s” is still true.") % {"title": playbook.title},
    )
    return redirect(playbook)
