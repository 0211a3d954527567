"""Campaigns: planned by staff, started by a lead; whom they do not ask, and why."""

from django.contrib import admin, messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from hub.exceptions import Invalid
from hub.models import User
from hub.paging import key_page
from hub.permissions import check_can_see_the_desk, refusal
from hub.stewards import ExportAdmin
from hub.wake import wake
from policies import actions
from policies.forms import CampaignForm, CloseForm, ExemptForm, group_name
from policies.jobs import keep_campaigns
from policies.models import Campaign
from policies.permissions import can_plan_campaigns, check_can_plan_campaigns, check_can_start_campaigns
from policies.resources import CampaignResource

EXEMPT_PER_PAGE = 50


@admin.register(Campaign)
class CampaignAdmin(ExportAdmin):
    can_change = staticmethod(can_plan_campaigns)
    can_add = staticmethod(can_plan_campaigns)
    resource_classes = [CampaignResource]
    list_display = ["name", "policy", "status", "starts_on", "due_on", "progress"]
    list_filter = ["status", "policy"]
    list_select_related = ["policy"]
    search_fields = ["name", "policy__title"]

    @admin.display(description=gettext_lazy("signed"))
    def progress(self, campaign):
        address = reverse("sign_off:campaign", args=[campaign.pk])
        words = _("%(signed)s of %(asked)s") % {"signed": campaign.signed, "asked": campaign.asked}
        return format_html('<a href="{}">{}</a>', address, words)

    def add_view(self, request, form_url="", extra_context=None):
        return plan(request)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return change(request, object_id)

    def get_urls(self):
        def door(view):
            return self.admin_site.admin_view(view)

        return [
            path("<int:pk>/start/", door(start), name="policies_campaign_start"),
            path("<int:pk>/close/", door(close), name="policies_campaign_close"),
            path("<int:pk>/exempt/", door(exempt), name="policies_campaign_exempt"),
            path("<int:pk>/exempt/<int:person>/end/", door(end_exemption), name="policies_campaign_end_exemption"),
            *super().get_urls(),
        ]


def _refused(form, error):
    form.add_error(error.field if error.field in form.fields else None, error.sentence)


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request):
    check_can_plan_campaigns(request.user)
    initial = {"remind_before": 7, "remind_on_due": True, "remind_after": 7, "policy": request.GET.get("policy")}
    form = CampaignForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            campaign = actions.plan_campaign(by=request.user, **form.cleaned_data)
        except Invalid as error:
            _refused(form, error)
        else:
            messages.success(request, _("Planned. It asks nobody until a lead starts it."))
            return redirect("admin:policies_campaign_change", campaign.pk)
    status = 422 if form.errors else 200
    return render(request, "admin/policies/campaign_plan.html", {"form": form}, status=status)


def _found(pk):
    if not str(pk).isdecimal():
        raise Http404
    rows = Campaign.objects.select_related("policy", "version", "created_by", "started_by", "closed_by")
    return get_object_or_404(rows, pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request, object_id):
    """The plan, who is exempt, and the next step."""
    check_can_see_the_desk(request.user)
    campaign = _found(object_id)
    if request.method != "POST":
        return _page(request, campaign)
    check_can_plan_campaigns(request.user)
    form = CampaignForm(request.POST, campaign=campaign)
    if form.is_valid():
        try:
            actions.change_campaign(campaign=campaign, by=request.user, **form.cleaned_data)
        except Invalid as error:
            _refused(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("admin:policies_campaign_change", campaign.pk)
    return _page(request, _found(object_id), status=422, form=form)


def _page(request, campaign, status=200, **forms):
    exempt = campaign.roll.exempt().select_related("person", "exempted_by")
    can_plan = can_plan_campaigns(request.user)
    return render(
        request,
        "admin/policies/campaign.html",
        {
            "campaign": campaign,
            "can_plan": can_plan and not campaign.is_closed,
            "why_not_start": refusal(check_can_start_campaigns, request.user),
            "form": CampaignForm(campaign=campaign) if can_plan and not campaign.is_closed else None,
            "exempt_form": ExemptForm(),
            "close_form": CloseForm(),
            "audiences": [group_name(group) for group in campaign.audiences.select_related("spoke")],
            "exempt": key_page(exempt, request.GET, keys=["person__name", "pk"], size=EXEMPT_PER_PAGE),
            **forms,
        },
        status=status,
    )


@require_POST
def start(request, pk):
    campaign = get_object_or_404(Campaign, pk=pk)
    try:
        campaign = actions.start_campaign(campaign=campaign, by=request.user)
    except Invalid as error:
        messages.error(request, error.sentence)
        return redirect("admin:policies_campaign_change", pk)
    wake(keep_campaigns)
    messages.success(request, _("Started. From its first day on, people are asked within minutes."))
    return redirect(campaign)


@require_POST
def close(request, pk):
    check_can_plan_campaigns(request.user)
    campaign, form = get_object_or_404(Campaign, pk=pk), CloseForm(request.POST)
    if not form.is_valid():
        return _page(request, _found(pk), status=422, close_form=form)
    actions.close_campaign(campaign=campaign, reason=form.cleaned_data["reason"], by=request.user)
    messages.success(request, _("Closed. It asks nobody any more."))
    return redirect("admin:policies_campaign_change", pk)


@require_POST
def exempt(request, pk):
    check_can_plan_campaigns(request.user)
    campaign, form = get_object_or_404(Campaign, pk=pk), ExemptForm(request.POST)
    if form.is_valid():
        try:
            entry = actions.exempt_person(campaign=campaign, by=request.user, **form.cleaned_data)
        except Invalid as error:
            _refused(form, error)
        else:
            messages.success(request, _("%(name)s is not asked.") % {"name": entry.person.name})
            return redirect("admin:policies_campaign_change", pk)
    return _page(request, _found(pk), status=422, exempt_form=form)


@require_POST
def end_exemption(request, pk, person):
    campaign, person = get_object_or_404(Campaign, pk=pk), get_object_or_404(User, pk=person)
    actions.end_exemption(campaign=campaign, person=person, by=request.user)
    messages.success(request, _("%(name)s is asked again.") % {"name": person.name})
    return redirect("admin:policies_campaign_change", pk)
