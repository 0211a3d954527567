from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from hub.stewards import TableAdmin
from spokes import actions
from spokes.forms import PeopleField, PersonField
from spokes.models import SocialAccount, Spoke
from spokes.reports import review_limit
from spokes.resources import SocialAccountResource


class Attention(admin.SimpleListFilter):
    title = _("attention")
    parameter_name = "attention"

    def lookups(self, request, model_admin):
        return [
            ("stale", _("Not looked at for six months")),
            ("no-deputy", _("Without deputy")),
            ("owner-left", _("Without owner, or owner left")),
        ]

    def queryset(self, request, queryset):
        chosen = {
            "stale": lambda: queryset.stale(review_limit()),
            "no-deputy": queryset.without_deputy,
            "owner-left": queryset.owner_left,
        }.get(self.value())
        return chosen() if chosen else queryset


class SocialAccountForm(forms.ModelForm):
    """People by their address: a list of thousands is no use to choose from."""

    owner = PersonField(label=_("Owner"), required=False, help_text=_("Their work e-mail address."))
    deputy = PersonField(label=_("Deputy"), required=False, help_text=_("Their work e-mail address."))
    admins = PeopleField(label=_("Administrators"), required=False, help_text=_("Their e-mail addresses, one a line."))
    spoke = forms.ModelChoiceField(label=_("Department"), queryset=Spoke.objects.open().in_tree_order())

    class Meta:
        model = SocialAccount
        fields = ["spoke"]  # the admin below adds the others

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial.update(
                owner=self.instance.owner, deputy=self.instance.deputy, admins=list(self.instance.admins.all())
            )


@admin.register(SocialAccount)
class SocialAccountAdmin(TableAdmin):
    form = SocialAccountForm
    fields = [
        "platform",
        "handle",
        "url",
        "spoke",
        "owner",
        "deputy",
        "admins",
        "purpose",
        "audience",
        "language",
        "mfa_checked_on",
        "last_reviewed_on",
        "note",
        "status",
    ]
    resource_classes = [SocialAccountResource]
    list_display = ["handle", "platform", "spoke", "status", "owner", "deputy", "last_reviewed_on"]
    list_filter = ["status", Attention, "platform"]
    list_select_related = ["spoke", "owner", "deputy"]
    search_fields = ["handle", "url", "purpose", "spoke__name"]
    readonly_fields = ["status"]

    def store(self, request, obj, form, change):
        if change:
            return actions.change_account(account=SocialAccount(pk=obj.pk), by=request.user, **form.cleaned_data)
        return actions.add_account(by=request.user, **form.cleaned_data)
