from django import forms
from django.contrib import admin
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hub.exceptions import Invalid
from hub.models import User
from hub.stewards import StewardAdmin
from spokes import actions
from spokes.forms import PersonField
from spokes.models import Spoke, Term
from spokes.permissions import can_manage_spokes

from .buttons import act


class SpokeForm(forms.ModelForm):
    class Meta:
        model = Spoke
        fields = ["name", "slug", "parent", "formation", "purpose", "region", "partner"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "parent" in self.fields:
            parents = Spoke.objects.open().in_tree_order()
            if self.instance.pk:
                parents = parents.exclude(path__startswith=self.instance.path)
            self.fields["parent"].queryset = parents
            self.fields["parent"].label = _("Below")
            self.fields["partner"].queryset = User.objects.staff()


@admin.register(Spoke)
class SpokeAdmin(StewardAdmin):
    form = SpokeForm
    can_change = staticmethod(can_manage_spokes)
    can_add = staticmethod(can_manage_spokes)
    list_display = ["in_tree", "region", "formation", "partner", "closed_on"]
    list_display_links = ["in_tree"]
    list_filter = [("closed_on", admin.EmptyFieldListFilter), "formation", "region"]
    list_select_related = ["partner"]
    list_per_page = 200
    search_fields = ["name", "slug"]
    # Each department stands below its own.
    ordering = ["path"]
    prepopulated_fields = {"slug": ["name"]}
    change_form_template = "admin/spokes/spoke.html"

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else self.prepopulated_fields

    @admin.display(description=_("department"), ordering="path")
    def in_tree(self, spoke):
        return format_html("{}{}", "— " * spoke.depth, spoke.name)

    def store(self, request, obj, form, change):
        values = dict(form.cleaned_data)
        parent = values.pop("parent")
        if not change:
            return actions.create_spoke(parent=parent, by=request.user, **values)
        spoke = actions.change_spoke(spoke=Spoke(pk=obj.pk), by=request.user, **values)
        return actions.move_spoke(spoke=spoke, parent=parent, by=request.user)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        extra_context = {**(extra_context or {}), "may_act": can_manage_spokes(request.user)}
        if object_id.isdecimal():
            extra_context["close_url"] = reverse("admin:spokes_spoke_close", args=[object_id])
            extra_context["reopen_url"] = reverse("admin:spokes_spoke_reopen", args=[object_id])
        return super().change_view(request, object_id, form_url, extra_context)

    def get_urls(self):
        return [
            path("<int:pk>/close/", act(self, self._close), name="spokes_spoke_close"),
            path("<int:pk>/reopen/", act(self, self._reopen), name="spokes_spoke_reopen"),
            *super().get_urls(),
        ]

    @staticmethod
    def _close(spoke, request):
        actions.close_spoke(spoke=spoke, by=request.user)
        return gettext("%(department)s is closed. It stays readable.") % {"department": spoke.name}

    @staticmethod
    def _reopen(spoke, request):
        actions.reopen_spoke(spoke=spoke, by=request.user)
        return gettext("%(department)s is open again.") % {"department": spoke.name}


class RunningNow(admin.SimpleListFilter):
    title = _("running")
    parameter_name = "running"

    def lookups(self, request, model_admin):
        return [("now", _("Today"))]

    def queryset(self, request, queryset):
        return queryset.current() if self.value() == "now" else queryset


class TermForm(forms.ModelForm):
    person = PersonField(label=_("Person"), help_text=_("Their work e-mail address."))

    class Meta:
        model = Term
        fields = ["person", "spoke", "kind", "starts_on", "ends_on"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "spoke" in self.fields:
            self.fields["spoke"].queryset = Spoke.objects.open().in_tree_order()


@admin.register(Term)
class TermAdmin(StewardAdmin):
    """Who represents what. A term is not rewritten: it is ended, and another one begins."""

    form = TermForm

    can_change = staticmethod(can_manage_spokes)
    can_add = staticmethod(can_manage_spokes)
    list_display = ["person", "kind", "spoke", "starts_on", "ends_on"]
    list_filter = [RunningNow, "kind"]
    list_select_related = ["person", "spoke"]
    search_fields = ["person__name", "spoke__name"]
    fields = ["person", "spoke", "kind", "starts_on", "ends_on"]

    def get_readonly_fields(self, request, obj=None):
        return ["person", "spoke", "kind", "starts_on"] if obj else []

    def store(self, request, obj, form, change):
        if change:
            if form.cleaned_data["ends_on"] is None:
                raise Invalid(gettext("Give the last day. Without one the term goes on as it is."), field="ends_on")
            return actions.end_term(term=Term(pk=obj.pk), on=form.cleaned_data["ends_on"], by=request.user)
        return actions.start_term(by=request.user, **form.cleaned_data)
