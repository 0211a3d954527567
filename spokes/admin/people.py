from django import forms
from django.contrib import admin
from django.db.models import Prefetch
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hub import actions as hub_actions
from hub.models import Role, User
from hub.permissions import can_lead, can_let_go
from hub.stewards import ExportAdmin
from spokes import actions
from spokes.models import Membership, Spoke, TableImport
from spokes.permissions import can_import
from spokes.resources import PersonResource

from .buttons import act


class PersonForm(forms.ModelForm):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, help_text=_("Only a lead hands out roles."))
    home = forms.ModelChoiceField(
        label=_("Home department"),
        queryset=Spoke.objects.open().in_tree_order(),
        required=False,
        empty_label=_("not chosen yet"),
    )

    class Meta:
        model = User
        fields = ["name", "email", "staff_number", "title", "bio", "joined_on", "time_zone", "language"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["role"] = self.instance.role
            membership = self.instance.memberships.filter(ends_on=None).first()
            self.initial["home"] = membership.spoke_id if membership else None

    def clean_staff_number(self):
        # Nobody's number is no number: two people without one are not the same.
        return self.cleaned_data["staff_number"] or None


class WithHome(admin.SimpleListFilter):
    title = _("home")
    parameter_name = "home"

    def lookups(self, request, model_admin):
        return [("none", _("Without a home department"))]

    def queryset(self, request, queryset):
        if self.value() == "none":
            return queryset.exclude(memberships__in=Membership.objects.filter(ends_on=None))
        return queryset


@admin.register(User)
class PersonAdmin(ExportAdmin):
    """People come from the staff list, by sign-up, or one by one here. They are deactivated, never deleted."""

    form = PersonForm
    resource_classes = [PersonResource]
    list_display = ["name", "email", "home", "role", "is_active", "staff_number"]
    list_filter = ["is_active", "role", WithHome]
    search_fields = ["name", "email", "staff_number"]
    ordering = ["name", "pk"]
    fields = [
        "name",
        "email",
        "staff_number",
        "title",
        "home",
        "role",
        "joined_on",
        "left_on",
        "time_zone",
        "language",
        "bio",
    ]
    readonly_fields = ["left_on"]
    change_form_template = "admin/spokes/person.html"
    change_list_template = "admin/spokes/people.html"

    def get_queryset(self, request):
        homes = Prefetch("memberships", Membership.objects.filter(ends_on=None).select_related("spoke"), "homes")
        return super().get_queryset(request).prefetch_related(homes)

    @admin.display(description=_("home department"))
    def home(self, person):
        return person.homes[0].spoke if person.homes else "–"

    def changelist_view(self, request, extra_context=None):
        may = {"may_import": can_import(request.user, TableImport.Kind.PEOPLE)}
        return super().changelist_view(request, {**(extra_context or {}), **may})

    def lock(self, pk):
        """With every lead, as the actions lock a person: two who change each other would wait for ever."""
        hub_actions.lock_person(pk)

    def store(self, request, obj, form, change):
        values = dict(form.cleaned_data)
        role, home = Role(values.pop("role")), values.pop("home")
        if change:
            person = hub_actions.change_person(person=User(pk=obj.pk), by=request.user, **values)
            if role != person.role:
                person = hub_actions.set_role(person=person, role=role, by=request.user)
        else:
            person = hub_actions.add_person(role=role, by=request.user, **values)
        if home is not None:
            actions.move_home(person=person, spoke=home, by=request.user)
        return person

    def change_view(self, request, object_id, form_url="", extra_context=None):
        person = self.get_object(request, object_id)
        extra_context = {
            **(extra_context or {}),
            "may_act": person is not None and can_let_go(request.user, person),
            "may_lead": can_lead(request.user),
        }
        if person is not None:
            extra_context["terms"] = person.terms.select_related("spoke")
            extra_context["leave_url"] = reverse("admin:hub_user_leave", args=[person.pk])
            extra_context["return_url"] = reverse("admin:hub_user_return", args=[person.pk])
        return super().change_view(request, object_id, form_url, extra_context)

    def get_urls(self):
        return [
            path("<int:pk>/leave/", act(self, self._leave), name="hub_user_leave"),
            path("<int:pk>/return/", act(self, self._return), name="hub_user_return"),
            *super().get_urls(),
        ]

    @staticmethod
    def _leave(person, request):
        actions.say_goodbye(person=person, by=request.user)
        return gettext("%(name)s can no longer sign in. What they did stays.") % {"name": person.name}

    @staticmethod
    def _return(person, request):
        hub_actions.reactivate_person(person=person, by=request.user)
        return gettext("%(name)s can sign in again. Choose a home department.") % {"name": person.name}
