"""Policies and guidelines of other organisations, and ours beside them."""

from dataclasses import dataclass

from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from hub.conditional import unless_unchanged
from hub.models import Topic
from hub.paging import key_page
from playbooks.forms import ExternalFilter
from playbooks.models import ExternalDocument
from playbooks.permissions import can_curate_cases
from playbooks.reports import EXTERNAL_FACETS, asked_externals, external_facets
from policies import clock
from policies.models import Clause, Policy, PolicyVersion

PER_PAGE = 25
MOST_DOCUMENTS = 30
MOST_CLAUSES = 200


@dataclass
class Ours:
    """A policy of ours with its clauses in force."""

    policy: Policy
    clauses: list


@require_safe
@unless_unchanged
def others(request):
    asked = {name: request.GET.get(name, "").replace("\0", "")[:120] for name in EXTERNAL_FACETS}
    facets, total = external_facets(asked)
    found = asked_externals(ExternalDocument.objects.shown(), asked).prefetch_related("topics", "tags").defer("text")
    topic = next((one for one in facets["topic"] if one.value == asked["topic"]), None)
    return render(
        request,
        "playbooks/others.html",
        {
            "form": ExternalFilter(request.GET, facets=facets),
            "page": key_page(found, request.GET, keys=["organisation", "title", "pk"], size=PER_PAGE),
            "total": total,
            "topic": topic,
            "topics": facets["topic"],
            "is_filtered": any(asked.values()),
            "can_curate": can_curate_cases(request.user),
        },
    )


@require_safe
@unless_unchanged
def external(request, slug):
    """One of them: where it is, why to look at it, and its text where we may keep it."""
    documents = ExternalDocument.objects if request.user.reads_all else ExternalDocument.objects.shown()
    documents = documents.defer("text").prefetch_related("topics", "tags", "sections")
    document = get_object_or_404(documents, slug=slug)
    return render(
        request, "playbooks/external.html", {"document": document, "can_curate": can_curate_cases(request.user)}
    )


@require_safe
@unless_unchanged
def compare_with_ours(request, topic):
    """What we say on a topic beside what others say: our clauses in force, and their passages or the way to them."""
    topic = get_object_or_404(Topic, slug=topic)
    organisation = request.GET.get("organisation", "").replace("\0", "")[:120]
    theirs = ExternalDocument.objects.shown().filter(topics=topic)
    organisations = sorted(set(theirs.values_list("organisation", flat=True)), key=str.casefold)
    if organisation in organisations:
        theirs = theirs.filter(organisation=organisation)
    theirs = theirs.defer("text").prefetch_related("sections")
    return render(
        request,
        "playbooks/compare_with_ours.html",
        {
            "topic": topic,
            "ours": _ours(request.user, topic),
            "theirs": theirs.order_by("organisation", "title", "pk")[:MOST_DOCUMENTS],
            "organisations": organisations if len(organisations) > 1 else [],
            "organisation": organisation,
        },
    )


def _ours(user, topic):
    """Our policies on a topic that this person may read, each with what binds today. Two queries."""
    readable = Policy.objects.for_audience_of(user).filter(topic=topic)
    versions = PolicyVersion.objects.in_force_on(clock.today()).filter(policy__in=readable)
    versions = list(versions.select_related("policy").order_by("policy__title", "pk"))
    clauses = {}
    for clause in (
        Clause.objects.filter(version__in=versions).defer("body").order_by("version", "number")[:MOST_CLAUSES]
    ):
        clauses.setdefault(clause.version_id, []).append(clause)
    found = [Ours(version.policy, clauses.get(version.pk, [])) for version in versions]
    for one in found:
        for clause in one.clauses:
            clause.url = one.policy.clause_url(clause.key)
    return found
