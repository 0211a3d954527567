import functools
from collections import defaultdict
from datetime import date

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hub import slots
from hub.conditional import unless_unchanged
from hub.models import OldSlug, User
from hub.prepared import prepared
from policies import actions, clock, exports
from policies.actions.text import redline_between
from policies.forms import ComparePicker
from policies.models import Clause, ClauseAudience, ClausePlatform, Coverage, Policy, PolicyVersion, Waiver, group_name
from policies.permissions import can_curate_policies, can_say_still_true, can_waive
from policies.querysets import guides_of
from policies.reports import Standing, accounts_by_clause, signing
from policies.tasks import GUIDE, KIND
from spokes.models import Term
from spokes.querysets import active_on


def with_policy(view):
    """Gives the view what this person may read of a policy. A former address leads to the new one; all else is 404.

    One query: the policy comes with its visible versions, and they with the reader's signatures.
    """

    @functools.wraps(view)
    def found(request, slug, **kwargs):
        standing = _standing(request.user, slug)
        if standing is not None:
            return view(request, standing.policy, standing=standing, **kwargs)
        old = get_object_or_404(OldSlug, kind=KIND, slug=slug)
        slug = Policy.objects.filter(pk=old.object_id).values_list("slug", flat=True).first()
        standing = _standing(request.user, slug) if slug else None
        if standing is None:
            raise Http404
        address = reverse(request.resolver_match.view_name, kwargs={"slug": standing.policy.slug, **kwargs})
        query = request.META.get("QUERY_STRING")
        return redirect(
            f"{address}?{query}" if query else address, permanent=True, preserve_request=request.method == "POST"
        )

    return found


@prepared(shape=lambda slug, user, day: user.reads_all)
def _visible_versions(slug, user, day):
    versions = PolicyVersion.objects.filter(policy__slug=slug).visible_on(day).with_signing_of(user)
    waivers = Waiver.objects.filter(policy=OuterRef("policy")).holding_on(day).concerning(user)
    terms = Term.objects.filter(active_on(day), person=user)
    platforms = ClausePlatform.objects.filter(policy=OuterRef("policy"))
    narrowed = ClauseAudience.objects.filter(clause__version=OuterRef("pk"))
    versions = versions.annotate(
        has_waivers=Exists(waivers),
        has_platforms=Exists(platforms),
        has_narrowed=Exists(narrowed),
        reader_represents=Exists(terms),
    )
    if not user.reads_all:
        versions = versions.filter(policy__in=Policy.objects.for_audience_of(user))
    return versions.select_related("policy__topic", "policy__owner", "withdrawn_into").newest_first()


def _standing(user, slug):
    day = clock.today()
    standing = Standing(_visible_versions(slug=slug, user=user, day=day), day)
    return standing.settle_for_reading() if standing.versions else None


@prepared(shape=lambda version, user: user.reads_all)
def _clauses(version, user):
    return Clause.objects.filter(version=version).with_guides_for(user).defer("body").order_by("number")


def clauses_of(version, user):
    """A version's clauses with what uses each of them, whom it is for, and whether it binds this reader."""
    uses = defaultdict(list)
    for use in slots.where_used.gather(version.policy, user):
        uses[use.part].append(use)
    accounts = accounts_by_clause(version.policy) if version.has_platforms else {}
    clauses = _clauses(version=version, user=user)
    for clause in clauses:
        guides = [slots.Use(GUIDE, title, f"/may-i-post/{slug}/") for title, slug in guides_of(clause)]
        clause.uses = guides + uses.pop(clause.key, []) + accounts.get(clause.key, [])
        clause.binds_reader = version.is_addressed
    if version.has_narrowed:
        _say_whom_they_are_for(clauses, version, user)
    return clauses, uses.get("", [])


@prepared()
def _audiences(version, user):
    rows = ClauseAudience.objects.filter(clause__version=version).select_related("group__spoke")
    members = User.groups.through.objects.filter(group=OuterRef("group"), user=user)
    return rows.annotate(is_reader_in=Exists(members)).order_by("clause", "group")


def _say_whom_they_are_for(clauses, version, user):
    named = defaultdict(list)
    for row in _audiences(version=version, user=user):
        named[row.clause_id].append(row)
    for clause in clauses:
        rows = named[clause.pk]
        clause.applies_to = sorted(group_name(row.group) for row in rows)
        clause.binds_reader = version.is_addressed and (not rows or any(row.is_reader_in for row in rows))


@prepared()
def _waivers(policy, user, day):
    waivers = Waiver.objects.filter(policy=policy).holding_on(day).concerning(user)
    return waivers.select_related("spoke").order_by("spoke__path")


@prepared()
def _coverage(policy):
    coverage = Coverage.objects.filter(policy=policy, obligation__retired_on=None).select_related("obligation")
    return coverage.order_by("obligation__title")


@require_safe
@unless_unchanged
@with_policy
def policy(request, policy, standing):
    """What readers get today. A policy that was merged leads to the one it was merged into, where she may read that."""
    shown = standing.shown
    into = shown.withdrawn_into
    if into and Policy.objects.filter(pk=into.pk).readable().for_audience_of(request.user).exists():
        return redirect(f"{into.get_absolute_url()}?merged={policy.slug}")
    return _read(request, policy, standing, shown, merged=_merged_here(request, policy))


def _merged_here(request, policy):
    """The policy whose address led here because it was merged into this one; None for any other address."""
    slug = request.GET.get("merged", "")
    if not slug or "\0" in slug:
        return None
    merged = PolicyVersion.objects.filter(policy__slug=slug[:120], withdrawn_into=policy)
    if not request.user.reads_all:
        merged = merged.filter(policy__in=Policy.objects.for_audience_of(request.user))
    return merged.select_related("policy").newest_first().first()


@require_safe
@with_policy
def version(request, policy, standing, number):
    chosen = standing.numbered(number)
    if chosen is None:
        raise Http404
    return _read(request, policy, standing, chosen, is_dated=chosen != standing.shown)


@require_safe
@with_policy
def on_day(request, policy, standing, day):
    """What was, is or will be in force on a day."""
    try:
        day = date.fromisoformat(day)
    except ValueError as error:
        raise Http404 from error
    chosen = Standing(standing.versions, day).binding
    context = {"policy": policy, "asked_day": day, "first": standing.versions[-1]}
    if chosen is None:
        return render(request, "policies/nothing_in_force.html", context)
    return _read(request, policy, standing, chosen, asked_day=day, is_dated=chosen != standing.shown)


def _read(request, policy, standing, version, **context):
    clauses, uses = clauses_of(version, request.user)
    announced = standing.announced
    day = context.get("asked_day", standing.day)
    if version.has_waivers or day != standing.day:
        waived = defaultdict(list)
        if version in (Standing(standing.versions, day).binding, announced):
            for waiver in _waivers(policy=policy, user=request.user, day=day):
                waived[waiver.clause_key].append(waiver)
        for clause in clauses:
            clause.waivers = waived[clause.key]
    if request.user.reads_all:
        # For those who curate and check; others come for the rule, and a contract may not be theirs to know.
        obligations = defaultdict(list)
        for row in _coverage(policy=policy):
            obligations[row.clause_key].append(row.obligation)
        for clause in clauses:
            clause.obligations = obligations[clause.key]
    mine = signing(version, policy, request.user)
    is_current = version == standing.shown
    return render(
        request,
        "policies/policy.html",
        {
            "policy": policy,
            "version": version,
            "clauses": clauses,
            "uses": uses,
            "versions": standing.versions,
            "before": standing.numbered(version.baseline_number),
            "binding": standing.binding,
            "newer": announced if announced and announced != version else None,
            "can_sign_newer": announced is not None and signing(announced, policy, request.user).is_asked,
            "mine": mine,
            "is_to_sign": mine.is_asked and version in (standing.binding, announced),
            "is_early": version == announced,
            "is_current": is_current,
            "can_say_still_true": is_current
            and policy.is_review_near
            and version.withdrawn_on is None
            and can_say_still_true(request.user, policy),
            "can_curate": can_curate_policies(request.user),
            "can_waive": can_waive(request.user) and version in (standing.binding, announced),
            "ask": _ask(request.user, version),
            "downloads": exports.choices(),
            **context,
        },
    )


def _ask(user, version):
    """Where whoever reads a clause asks about it: a representative for a service, anybody else the hub."""
    if user.only_reads:
        return None
    if version.reader_represents:
        return {"url": "/services/?clause=", "label": _("Ask for a service")}
    return {"url": "/questions/ask/?policy=", "label": _("Ask the hub")}


@require_POST
@with_policy
def still_true(request, policy, standing):
    """The owner has read it again and it still holds."""
    policy = actions.still_true(policy=policy, by=request.user)
    messages.success(
        request, _("Noted. The next look is due on %(day)s.") % {"day": date_format(policy.review_on, "j F Y")}
    )
    return redirect(policy)


@require_safe
@with_policy
def versions(request, policy, standing):
    """The policy's history, and the choice of two versions to compare."""
    picker = ComparePicker(request.GET if "newer" in request.GET else None, versions=standing.versions)
    if picker.is_bound and picker.is_valid():
        return redirect(
            "policies:compare", slug=policy.slug, older=picker.cleaned_data["older"], newer=picker.cleaned_data["newer"]
        )
    numbers = [version.number for version in standing.versions]
    picker.initial = {"older": numbers[1] if len(numbers) > 1 else numbers[0], "newer": numbers[0]}
    return render(
        request,
        "policies/versions.html",
        {"policy": policy, "versions": standing.versions, "picker": picker, "downloads": exports.choices()},
    )


@require_safe
@unless_unchanged
@with_policy
def compare(request, policy, standing, older, newer):
    """What changed from one version to another; made at publication."""
    if older > newer:
        return redirect("policies:compare", slug=policy.slug, older=newer, newer=older)
    ends = {version.number: version for version in standing.versions}
    if older not in ends or newer not in ends:
        raise Http404
    if older == newer:
        return redirect("policies:version", slug=policy.slug, number=newer)
    side_by_side = request.GET.get("view") == "sides"
    return render(
        request,
        "policies/compare.html",
        {
            "policy": policy,
            "older": ends[older],
            "newer": ends[newer],
            "redline": redline_between(ends[older], ends[newer], side_by_side=side_by_side),
            "side_by_side": side_by_side,
            "between": standing.between(ends[older], ends[newer]),
            "picker": ComparePicker(None, versions=standing.versions, initial={"older": older, "newer": newer}),
            "title": _("What changed from version %(older)d to %(newer)d") % {"older": older, "newer": newer},
        },
    )
