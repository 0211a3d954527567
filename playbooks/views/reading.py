"""A playbook's page, its older revisions, what changed between two, and the two small acts on it."""

from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import CharField, F, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Coalesce
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hub import slots
from hub.conditional import unless_unchanged
from hub.exceptions import Invalid
from hub.models import OldSlug, Service
from hub.permissions import refusal
from hub.prepared import prepared
from playbooks import actions
from playbooks.forms import WhyNotForm
from playbooks.models import (
    Adaptation,
    Answer,
    CaseStudy,
    Citation,
    LinkHere,
    Playbook,
    PlaybookPlatform,
    Revision,
    Section,
    Suggestion,
    Tag,
    WhyNot,
)
from playbooks.permissions import (
    can_curate_playbooks,
    can_see_reasons,
    can_suggest,
    can_verify,
    check_can_take_part,
)
from playbooks.reports import figures_of, runs_of
from playbooks.tasks import PLAYBOOK
from playbooks.workflow import RunStatus
from policies.models import Clause, Policy
from spokes.models import Platform

MOST_UNDER_WAY = 3
MOST_DEPARTMENTS = 8
MOST_CASES = 12


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
    adaptations: list = field(default_factory=list)
    cases: list = field(default_factory=list)
    cites: dict = field(default_factory=dict)
    related: list = field(default_factory=list)
    links: list = field(default_factory=list)
    tags: list = field(default_factory=list)
    platforms: list = field(default_factory=list)
    people: dict = field(default_factory=dict)

    def credit(self, playbook, runs=()):
        """[(words, names)] for each thing that people did for a playbook, in the order in which it is done.

        Whoever suggested part of a text counts among its writers, so she may not approve it; here she is named once.
        """
        suggested = self.people.get("suggested", [])
        found = [
            (_("Written by"), [name for name in self.people.get("wrote", []) if name not in suggested]),
            (_("Suggested by"), suggested),
            (_("Approved by"), self.people.get("approved", [])),
            (_("Verified by"), [playbook.verified_by.name] if playbook.verified_by else []),
            (_("Run by"), self._departments(runs)),
            (_("Questions answered by"), self.people.get("answered", [])),
        ]
        return [(words, names) for words, names in found if names]

    @staticmethod
    def _departments(runs):
        """Those that have finished a run, the most often first; who did its steps is the department's own affair."""
        counts = Counter(run.spoke.name for run in runs if run.status == RunStatus.FINISHED)
        return sorted(counts, key=lambda name: (-counts[name], name.casefold()))[:MOST_DEPARTMENTS]


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
        .saying_who_follows(user)
        .select_related(
            "playbook__topic", "playbook__goal", "playbook__owner", "playbook__deputy", "playbook__verified_by"
        )
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


EMPTY = Value("", CharField())
COLUMNS = ("what", "part", "title", "slug", "key", "heading", "force")


def _rows(queryset, what, **columns):
    """The rows of a queryset as COLUMNS of text, blank where nothing is given."""
    given = dict.fromkeys(COLUMNS, EMPTY) | {"what": Value(what, CharField())}
    given |= {name: F(value) if isinstance(value, str) else value for name, value in columns.items()}
    # Named apart from the models' own fields, which an annotation may not hide.
    return (
        queryset.order_by()
        .annotate(**{f"as_{name}": value for name, value in given.items()})
        .values_list(*(f"as_{name}" for name in COLUMNS))
    )


@prepared(shape=lambda playbook, user: user.reads_all)
def _beside(playbook, user):
    policies = Policy.objects.readable().for_audience_of(user)
    playbooks = Playbook.objects.published().for_audience_of(user)
    clauses = Clause.objects.filter(version=OuterRef("policy__current"))
    cited = clauses.filter(key=OuterRef("clause_key"))
    linking = LinkHere.objects.filter(target=playbook)
    revisions = Revision.objects.readable().filter(playbook=playbook)
    return _rows(
        Citation.objects.filter(playbook=playbook, policy__in=policies),
        "cite",
        part="section_key",
        title="policy__title",
        slug="policy__slug",
        key="clause_key",
        heading=Subquery(cited.values("heading")[:1]),
        force=Subquery(cited.values("force")[:1]),
    ).union(
        _rows(Service.objects.offered().filter(playbooks=playbook), "service", title="title", slug="slug"),
        _rows(playbooks.filter(related=playbook), "related", title="title", slug="slug"),
        _rows(
            linking.filter(playbook__in=playbooks),
            "link",
            part="part_key",
            title="playbook__title",
            slug="playbook__slug",
        ),
        _rows(
            linking.filter(policy__in=policies),
            "clause",
            part="part_key",
            title="policy__title",
            slug="policy__slug",
            heading=Subquery(clauses.filter(key=OuterRef("part_key")).values("heading")[:1]),
        ),
        _rows(Tag.objects.filter(playbooks=playbook), "tag", title="name", slug="slug"),
        _rows(PlaybookPlatform.objects.filter(playbook=playbook), "platform", slug="platform"),
        _rows(revisions.exclude(contributors=None), "wrote", title="contributors__name"),
        _rows(Suggestion.objects.filter(accepted_into__in=revisions), "suggested", title="suggested_by__name"),
        _rows(revisions.exclude(approved_by=None), "approved", title="approved_by__name"),
        _rows(
            Answer.objects.shown().filter(question__playbook=playbook, question__hidden_at=None),
            "answered",
            title="answered_by__name",
        ),
        _rows(
            CaseStudy.objects.published().for_audience_of(user).filter(playbooks=playbook),
            "case",
            part=Cast("year", CharField()),
            title="title",
            slug="slug",
            key="organisation",
            heading=Coalesce("spoke__name", EMPTY),
        ),
        _rows(
            Adaptation.objects.published().filter(playbook=playbook),
            "adaptation",
            title="spoke__name",
            slug="spoke__slug",
        ),
        all=True,
    )


def around(playbook, user):
    """All that stands beside a playbook's text, as far as the reader may see it."""
    found = Around()
    rows = dict.fromkeys(tuple(cell or "" for cell in row) for row in _beside(playbook=playbook, user=user))
    for what, part, title, slug, key, heading, force in sorted(rows):
        if what == "service":
            found.services.append({"title": title, "url": f"/services/{slug}/request/?playbook={playbook.slug}"})
        elif what == "cite":
            address = reverse("policies:policy", args=[slug])
            url = f"{address}#c-{key}" if heading else address
            found.cites.setdefault(part, []).append(Cited(title, url, heading, force))
        elif what == "clause":
            url = f"{reverse('policies:policy', args=[slug])}#c-{part}"
            found.links.append({"title": f"{title}: {heading}" if heading else title, "url": url})
        elif what == "link":
            found.links.append({"title": title, "url": f"/playbooks/{slug}/#s-{part}"})
        elif what == "related":
            found.related.append({"title": title, "url": f"/playbooks/{slug}/"})
        elif what == "adaptation":
            found.adaptations.append({"title": title, "url": f"/playbooks/{playbook.slug}/for/{slug}/"})
        elif what == "case":
            # Here `part` is the year, `key` another organisation, `heading` a department of ours.
            url = reverse("playbooks:case", args=[slug])
            found.cases.append({"title": title, "url": url, "note": f"{key or heading}, {part}"})
        elif what == "tag":
            found.tags.append({"name": title, "url": f"/playbooks/?{urlencode({'tag': slug})}"})
        elif what == "platform":
            found.platforms.append({"name": Platform(slug).label, "url": f"/playbooks/?platform={slug}"})
        else:
            found.people.setdefault(what, []).append(title)
    # A text that leads here from several places is named once.
    found.links = list({one["title"]: one for one in reversed(found.links)}.values())[::-1]
    # They are sorted by year; the newest come first.
    found.cases = list(reversed(found.cases[-MOST_CASES:]))
    return found


@require_safe
@unless_unchanged
def playbook(request, slug):
    playbook, revisions, moved = found_or_moved(request, slug)
    if moved:
        return moved
    return _shown(request, playbook, revisions)


def _shown(request, playbook, revisions, why=None, status=200):
    """The page of what readers get now; `why` is the form that asks why not, as it was sent and refused."""
    current = next(revision for revision in revisions if revision.pk == playbook.current_id)
    runs = runs_of(playbook=playbook, user=request.user)
    context = _page(request, playbook, current, revisions, why, runs) | _runs(request.user, current, runs)
    return render(request, "playbooks/playbook.html", context, status=status)


def _runs(user, current, runs):
    """What use has been made of it, those under way that the reader may open, and whether she may start one."""
    speaks = (current.represents_some and not user.only_reads) or user.is_coe_staff
    return {
        "runs": figures_of(runs),
        "runs_under_way": [run for run in runs if run.is_visible and run.is_active][:MOST_UNDER_WAY],
        "can_start_run": speaks,
    }


def _page(request, playbook, revision, revisions, why=None, runs=()):
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
        "beside": beside,
        "uses": slots.where_used.gather(playbook, request.user) if is_current else [],
        **(_vote_of_mine(revisions[0], why) if is_current else {}),
        "vote_refusal": refusal(check_can_take_part, request.user),
        "can_verify": is_current and can_verify(request.user, playbook),
        "can_see_reasons": is_current and can_see_reasons(request.user, playbook),
        "counts_reads": is_current and not request.user.only_reads,
        "can_curate": can_curate_playbooks(request.user),
        "is_current": is_current,
        "can_suggest": is_current and can_suggest(request.user),
        "credit": beside.credit(playbook, runs) if is_current else [],
    }


def _vote_of_mine(revision, why):
    """What the reader said, and the form that asks why not; `why` is that form as it was sent and refused."""
    vote = getattr(revision, "my_vote", None)
    if vote is None:
        return {"my_vote": None}
    if why is None and not vote:
        why = WhyNotForm(initial={"reason": revision.my_reason, "sentence": revision.my_sentence})
    reason = dict(WhyNot.choices).get(revision.my_reason, "")
    return {"my_vote": vote, "my_reason": reason, "my_sentence": revision.my_sentence, "why": why}


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
        "playbook__topic", "playbook__goal", "playbook__owner", "playbook__deputy", "playbook__verified_by"
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
        "no": _("Noted, thank you. If you say why, the owner can put it right."),
        "undo": _("Taken back."),
    }
    messages.success(request, thanks[answer])
    return redirect(f"{playbook.get_absolute_url()}#helpful")


@require_POST
def why(request, slug):
    """Why it did not help, asked after the vote, which stands whatever is answered here."""
    playbook = _published(request, slug)
    form = WhyNotForm(request.POST)
    if form.is_valid():
        try:
            actions.say_why_not(playbook=playbook, by=request.user, **form.cleaned_data)
        except Invalid as error:
            form.add_error(error.field, error.sentence)
        else:
            messages.success(request, _("Thank you. The owner reads it without your name."))
            return redirect(f"{playbook.get_absolute_url()}#helpful")
    playbook, revisions, _moved = found_or_moved(request, slug)
    return _shown(request, playbook, revisions, form, status=422)


@require_POST
def verify(request, slug):
    playbook = actions.verify(playbook=_published(request, slug), by=request.user)
    messages.success(
        request,
        _("Thank you. Readers now see that “%(title)s” is still true.") % {"title": playbook.title},
    )
    back = request.POST.get("next", "")
    return redirect(back if back.startswith(reverse("playbooks:to_verify")) else playbook)
