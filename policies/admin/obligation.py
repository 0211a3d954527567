"""Obligations: what covers what, and what nothing in force covers."""

from collections import defaultdict

from django.contrib import admin, messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub.exceptions import Invalid
from hub.paging import key_page
from hub.permissions import check_can_see_the_desk
from hub.stewards import ExportAdmin
from policies import actions, clock
from policies.forms import ObligationForm
from policies.models import Coverage, Obligation
from policies.permissions import can_curate_policies, check_can_curate_policies
from policies.reports import with_clauses
from policies.resources import ObligationResource

PER_PAGE = 50


class CoverageFilter(admin.SimpleListFilter):
    title = gettext_lazy("covered")
    parameter_name = "covered"

    def lookups(self, request, model_admin):
        return [("no", _("By nothing in force")), ("yes", _("By a clause in force"))]

    def queryset(self, request, queryset):
        uncovered = queryset.current().uncovered(clock.today())
        if self.value() == "no":
            return uncovered
        return queryset.exclude(pk__in=uncovered.values("pk")) if self.value() == "yes" else queryset


@admin.register(Obligation)
class ObligationAdmin(ExportAdmin):
    can_change = staticmethod(can_curate_policies)
    can_add = staticmethod(can_curate_policies)
    resource_classes = [ObligationResource]
    import_export_change_list_template = "admin/policies/obligation_list.html"
    list_display = ["title", "kind", "source", "covered_by", "look_on"]
    list_filter = [CoverageFilter, "kind"]
    search_fields = ["title", "source", "demands"]

    def get_queryset(self, request):
        return super().get_queryset(request).with_coverage(clock.today())

    @admin.display(description=gettext_lazy("clauses in force"), ordering="in_force")
    def covered_by(self, obligation):
        return obligation.in_force or _("none")

    def add_view(self, request, form_url="", extra_context=None):
        return save(request, None)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not object_id.isdecimal():
            raise Http404
        return save(request, get_object_or_404(Obligation, pk=object_id))

    def get_urls(self):
        def door(view):
            return self.admin_site.admin_view(view)

        return [
            path("coverage/", door(coverage), name="policies_obligation_coverage"),
            path("<int:pk>/retire/", door(retire), name="policies_obligation_retire"),
            path("<int:pk>/revive/", door(revive), name="policies_obligation_revive"),
            *super().get_urls(),
        ]


@require_safe
def coverage(request):
    """Each obligation with the clauses that answer it; those that nothing in force answers have a tab of their own."""
    check_can_see_the_desk(request.user)
    show, day = request.GET.get("show", ""), clock.today()
    rows = Obligation.objects.with_coverage(day)
    gaps = Obligation.objects.current().uncovered(day)
    shown = {
        "gaps": rows.filter(pk__in=gaps.values("pk")),
        "retired": rows.exclude(retired_on=None),
    }.get(show, rows.current())
    page = key_page(shown, request.GET, keys=["title", "pk"], size=PER_PAGE)
    _with_clauses(page.rows, day)
    return render(
        request,
        "admin/policies/obligations.html",
        {
            "page": page,
            "show": show if show in {"gaps", "retired"} else "all",
            "gaps": gaps.count(),
            "can_curate": can_curate_policies(request.user),
        },
    )


def _with_clauses(obligations, day):
    """Gives each its `answers`, clauses with heading and state."""
    rows = Coverage.objects.filter(obligation__in=obligations).select_related("policy").order_by("policy__title", "pk")
    answers = defaultdict(list)
    for row in with_clauses(rows, day):
        row.url = row.policy.clause_url(row.clause_key)
        answers[row.obligation_id].append(row)
    for obligation in obligations:
        obligation.answers = answers[obligation.pk]


@require_http_methods(["GET", "HEAD", "POST"])
def save(request, obligation):
    """The form for a new one, or for one that is there; auditors read it."""
    check_can_see_the_desk(request.user)
    may = can_curate_policies(request.user)
    if request.method == "POST" or obligation is None:
        check_can_curate_policies(request.user)
    form = ObligationForm(request.POST or None, obligation=obligation) if may else None
    if form is not None and form.is_valid():
        try:
            saved = actions.save_obligation(obligation=obligation, by=request.user, **form.values())
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.sentence)
        else:
            messages.success(request, _("Saved."))
            return redirect("admin:policies_obligation_change", saved.pk)
    if obligation is not None:
        _with_clauses([obligation], clock.today())
    is_refused = form is not None and bool(form.errors)
    return render(
        request,
        "admin/policies/obligation.html",
        {"form": form, "obligation": obligation},
        status=422 if is_refused else 200,
    )


@require_POST
def retire(request, pk):
    actions.retire_obligation(obligation=get_object_or_404(Obligation, pk=pk), by=request.user)
    messages.success(request, _("Retired. It stays readable and no longer counts as a gap."))
    return redirect("admin:policies_obligation_change", pk)


@require_POST
def revive(request, pk):
    actions.revive_obligation(obligation=get_object_or_404(Obligation, pk=pk), by=request.user)
    messages.success(request, _("It is asked of the company again."))
    return redirect("admin:policies_obligation_change", pk)
