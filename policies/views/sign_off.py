"""How far signing has come: the hub's campaigns, and for a representative her own people."""

from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hub.cells import csv_response
from hub.paging import key_page
from hub.wake import wake
from policies import actions, clock, reports
from policies.jobs import keep_campaigns
from policies.models import Campaign, Policy, PolicyVersion
from policies.permissions import (
    can_plan_campaigns,
    can_see_signers,
    check_can_see_rates,
    check_can_see_sign_off,
    check_can_see_signers,
)
from spokes.models import Spoke
from spokes.querysets import user_paths, within

from .reading import with_policy

PER_PAGE = 25
PEOPLE = 50
MOST_POLICIES = 100


# --- The hub's campaigns ---------------------------------------------------------------------------------------------


@require_safe
def campaigns(request):
    """All campaigns, and the policies that everybody they are for signs. Figures are those counted last."""
    check_can_see_rates(request.user)
    day = clock.today()
    rows = _campaigns(request.user).defer("policy__summary", "version__change_note")
    page = key_page(rows, request.GET, keys=["-pk"], size=PER_PAGE)
    for row in page:
        row.rate = reports.percent(row.signed, row.asked)
    standing = PolicyVersion.objects.shown_on(day).binding_on(day).filter(policy__must_sign=True)
    standing = standing.filter(policy__in=Policy.objects.for_audience_of(request.user))
    return render(
        request,
        "policies/campaigns.html",
        {
            "page": page,
            "standing": standing.select_related("policy").order_by("policy__title", "policy")[:MOST_POLICIES],
            "can_plan": can_plan_campaigns(request.user),
            "can_see_names": can_see_signers(request.user),
        },
    )


def _campaigns(user):
    """Those for policies that this person may read."""
    rows = Campaign.objects.select_related("policy", "version", "created_by", "started_by")
    return rows if user.reads_all else rows.filter(policy__in=Policy.objects.for_audience_of(user))


def _campaign(request, pk):
    return get_object_or_404(_campaigns(request.user), pk=pk)


@require_safe
def campaign(request, pk):
    """One campaign: the rate by department and over time, and who has not signed."""
    check_can_see_rates(request.user)
    campaign = _campaign(request, pk)
    figures = reports.roll_figures(campaign)
    can_see_names = can_see_signers(request.user)
    department = _department(request)
    context = {
        "campaign": campaign,
        "policy": campaign.policy,
        "figures": figures,
        "chart": reports.chart(figures.days),
        "department": department,
        "can_see_names": can_see_names,
        "can_plan": can_plan_campaigns(request.user),
        "can_remind": campaign.is_running and campaign.starts_on <= clock.today() and figures.missing,
        "exempt": campaign.roll.exempt().count() if can_see_names else 0,
    }
    if can_see_names:
        rows = reports.roll_of(campaign).filter(signed_at=None).select_related("person")
        rows = _below(rows, department)
        context["page"] = key_page(_named_home(rows), request.GET, keys=["person__name", "pk"], size=PEOPLE)
    return render(request, "policies/campaign.html", context)


def _department(request):
    """The department that `?department=` names, or None."""
    slug = request.GET.get("department", "")
    return Spoke.objects.filter(slug=slug).first() if slug else None


def _below(rows, department):
    if department is None:
        return rows
    return rows.filter(home__in=Spoke.objects.filter(within([department.path])).values("pk"))


def _named_home(rows):
    return rows.annotate(
        home_name=Subquery(Spoke.objects.filter(pk=OuterRef("home")).values("name")[:1]),
    )


@require_safe
def campaign_export(request, pk):
    """Everybody it asks, as CSV; no cell can run as a formula."""
    check_can_see_signers(request.user)
    campaign = _campaign(request, pk)
    department = _department(request)
    rows = _below(reports.roll_of(campaign), department)
    rows = _named_home(rows).select_related("person").order_by("person__name", "pk")

    def lines():
        for entry in rows.iterator(chunk_size=2000):
            yield entry.person, entry.home_name, entry.asked_on, entry.due_on, entry.signed_at

    return _table(f"sign-off-{campaign.policy.slug}-{campaign.pk}.csv", lines())


@require_POST
def remind(request, pk):
    """A reminder to everybody who has not signed, at most once a day."""
    campaign = get_object_or_404(Campaign, pk=pk)
    actions.remind_now(campaign=campaign, by=request.user)
    wake(keep_campaigns)
    messages.success(request, _("Everybody who has not signed gets a reminder within minutes."))
    return redirect(campaign)


# --- One policy, for those who speak for a department ----------------------------------------------------------------


@require_safe
@with_policy
def policy(request, policy, standing):
    """Who of a representative's own departments has signed the text in force; for whoever reads all, everywhere."""
    version, paths = _asked_of(request, standing)
    context = {"policy": policy, "version": version, "is_everywhere": paths is None}
    if version is not None:
        rows = _policy_rows(version, paths)
        since = version.asked_since or version.effective_on
        figures = reports.sign_off_figures(version, since, paths)
        context |= {
            "figures": figures,
            "chart": reports.chart(figures.days),
            "page": key_page(rows.filter(signed_at=None), request.GET, keys=["name", "pk"], size=PEOPLE),
        }
        for person in context["page"]:
            person.due_on = _due_on(person, version)
    return render(request, "policies/sign_off.html", context)


@require_safe
@with_policy
def policy_export(request, policy, standing):
    """The same people, signed or not, as CSV."""
    version, paths = _asked_of(request, standing)

    def lines():
        rows = _policy_rows(version, paths).order_by("name", "pk")
        for person in rows.iterator(chunk_size=2000):
            yield person, person.home_name, "", _due_on(person, version), person.signed_at

    return _table(f"sign-off-{policy.slug}.csv", lines() if version else [])


def _asked_of(request, standing):
    """(the version in force, the paths whose people may be seen or None for all)."""
    check_can_see_sign_off(request.user)
    return standing.binding, None if request.user.reads_all else user_paths(request.user)


def _policy_rows(version, paths):
    return reports.with_days(_named_home(reports.people_of(version, paths)), version)


def _due_on(person, version):
    if person.roll_due_on:
        return person.roll_due_on
    return reports.standing_due_on(
        version.policy, asked_since=person.asked_since, joined_on=person.joined_on, home_since=person.home_since
    )


# --- The table -------------------------------------------------------------------------------------------------------


def _table(filename, rows):
    """`rows` are (person, department's name, asked on, due on, signed at)."""

    def cells():
        for person, home, asked_on, due_on, signed_at in rows:
            at = signed_at.astimezone(clock.hub_zone()).isoformat(timespec="seconds") if signed_at else ""
            yield [person.name, person.email, home or "", asked_on, due_on, at]

    return csv_response(filename, ["name", "email", "department", "asked_on", "due_on", "signed_at"], cells())
