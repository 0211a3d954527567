"""Waivers: the list with its states, and the pages where a lead grants, prolongs and ends them."""

from django.contrib import admin, messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub import audit
from hub.exceptions import Invalid
from hub.permissions import check_can_see_the_desk
from hub.stewards import ExportAdmin
from policies import actions, clock
from policies.forms import EndWaiverForm, ProlongForm, WaiverForm
from policies.models import Policy, Waiver
from policies.models.waiver import ENDING_SOON
from policies.permissions import can_waive, check_can_waive
from policies.reports import with_clauses
from policies.resources import WaiverResource
from spokes.models import Spoke


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("running", _("Running")), ("soon", _("Ending soon")), ("planned", _("Planned")), ("over", _("Ended"))]

    def queryset(self, request, queryset):
        day = clock.today()
        return {
            "running": lambda: queryset.holding_on(day),
            "soon": lambda: queryset.holding_on(day).filter(ends_on__lte=day + ENDING_SOON),
            "planned": lambda: queryset.planned(day),
            "over": lambda: queryset.over(day),
        }.get(self.value(), lambda: queryset)()


@admin.register(Waiver)
class WaiverAdmin(ExportAdmin):
    can_change = staticmethod(can_waive)
    can_add = staticmethod(can_waive)
    resource_classes = [WaiverResource]
    list_display = ["spoke", "policy", "clause", "state", "starts_on", "ends_on", "granted_by"]
    list_display_links = ["spoke"]
    list_filter = [StateFilter, "policy"]
    list_select_related = ["spoke", "policy", "granted_by"]
    search_fields = ["spoke__name", "policy__title", "clause_key", "reason"]

    def get_changelist_instance(self, request):
        shown = super().get_changelist_instance(request)
        shown.result_list = with_clauses(shown.result_list, clock.today())
        return shown

    @admin.display(description=gettext_lazy("clause"), ordering="clause_key")
    def clause(self, waiver):
        name = f"{waiver.clause.number} {waiver.clause.heading}"
        return f"{name} ({waiver.clause_state})" if waiver.clause_state else name

    @admin.display(description=gettext_lazy("state"), ordering="ends_on")
    def state(self, waiver):
        return waiver.state

    def add_view(self, request, form_url="", extra_context=None):
        return grant(request)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return look(request, object_id)

    def get_urls(self):
        def door(view):
            return self.admin_site.admin_view(view)

        return [
            path("<int:pk>/prolong/", door(prolong), name="policies_waiver_prolong"),
            path("<int:pk>/end/", door(end), name="policies_waiver_end"),
            *super().get_urls(),
        ]


def clause_of(text):
    """(policy, key) of a choice "address:key"; the policy is None if there is none."""
    slug, _colon, key = (text or "").partition(":")
    return Policy.objects.filter(slug=slug).first(), key


@require_http_methods(["GET", "HEAD", "POST"])
def grant(request):
    """One form: which clause, whom, why, what instead, until when. `?clause=address:key` fills in the first."""
    check_can_waive(request.user)
    wanted = request.GET.get("clause", "")
    about = clause_of(wanted)[0]
    form = WaiverForm(request.POST or None, policy=about, initial={"clause": wanted})
    if form.is_valid():
        values = dict(form.cleaned_data)
        policy, key = clause_of(values.pop("clause"))
        values["spoke"] = get_object_or_404(Spoke, pk=values["spoke"])
        try:
            waiver = actions.grant_waiver(policy=policy, clause_key=key, by=request.user, **values)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.sentence)
        else:
            messages.success(
                request,
                _("%(department)s is released. Its people see it on the clause.") % {"department": waiver.spoke},
            )
            return redirect("admin:policies_waiver_change", waiver.pk)
    return render(
        request, "admin/policies/waiver_grant.html", {"form": form, "policy": about}, status=422 if form.errors else 200
    )


@require_safe
def look(request, object_id):
    """One waiver with its history; a lead prolongs or ends it here."""
    check_can_see_the_desk(request.user)
    if not object_id.isdecimal():
        raise Http404
    return _look(request, object_id)


def _look(request, pk, status=200, **forms):
    rows = Waiver.objects.select_related("policy", "spoke", "granted_by", "ended_by")
    waiver = get_object_or_404(rows, pk=pk)
    with_clauses([waiver], clock.today())
    is_open = waiver.is_running or waiver.is_planned
    return render(
        request,
        "admin/policies/waiver.html",
        {
            "waiver": waiver,
            "history": list(audit.history(waiver).order_by("at", "pk")),
            "can_act": is_open and can_waive(request.user),
            "prolong_form": ProlongForm(),
            "end_form": EndWaiverForm(),
            **forms,
        },
        status=status,
    )


@require_POST
def prolong(request, pk):
    return _act(request, pk, ProlongForm(request.POST), "prolong_form", actions.prolong_waiver, _("Prolonged."))


@require_POST
def end(request, pk):
    said = _("Ended. From today the department keeps the clause again.")
    return _act(request, pk, EndWaiverForm(request.POST), "end_form", actions.end_waiver, said)


def _act(request, pk, form, name, action, said):
    check_can_waive(request.user)
    waiver = get_object_or_404(Waiver, pk=pk)
    if form.is_valid():
        try:
            action(waiver=waiver, by=request.user, **form.cleaned_data)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.sentence)
    if form.errors:
        return _look(request, pk, status=422, **{name: form})
    messages.success(request, said)
    return redirect("admin:policies_waiver_change", pk)
