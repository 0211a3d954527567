"""Case studies in the admin: what stands beside the text, tables in and out. Texts are written on the portal."""

from django import forms
from django.contrib import admin, messages
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from hub.exceptions import HubError
from hub.stewards import TableAdmin
from playbooks import actions
from playbooks.models import CaseStudy
from playbooks.permissions import can_curate_cases
from playbooks.resources import CaseStudyResource
from spokes.models import Platform

FIELDS = "title slug summary topic year language spoke organisation source_url licence author".split()


def nobody(user):
    """Case studies are told on the portal's own page."""
    return False


class CaseAdminForm(forms.ModelForm):
    platforms = forms.MultipleChoiceField(
        label=gettext_lazy("Channels"),
        required=False,
        choices=Platform.choices,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["platforms"] = sorted(self.instance.channels.values_list("platform", flat=True))


@admin.register(CaseStudy)
class CaseStudyAdmin(TableAdmin):
    form = CaseAdminForm
    resource_classes = [CaseStudyResource]
    import_export_change_list_template = "admin/playbooks/case_change_list.html"
    change_form_template = "admin/playbooks/case_change_form.html"
    list_display = ["title", "status", "topic", "year", "whose", "published_at", "text"]
    list_filter = ["status", "topic", "year", "language"]
    list_select_related = ["topic", "spoke"]
    search_fields = ["title", "slug", "organisation"]
    fields = [*FIELDS, "platforms", "playbooks", "audiences"]
    filter_horizontal = ["playbooks", "audiences"]
    actions = ["publish_chosen"]
    can_change = staticmethod(can_curate_cases)
    can_add = staticmethod(nobody)

    @admin.display(description=gettext_lazy("channels"))
    def platforms(self, case):
        """For whoever only looks; others have them in the form."""
        return ", ".join(map(str, case.channels.all()))

    @admin.display(description=gettext_lazy("whose"))
    def whose(self, case):
        return case.origin

    @admin.display(description=gettext_lazy("text"))
    def text(self, case):
        # Its page leads on to the form, for those who may write.
        return format_html('<a href="{}">{}</a>', case.get_absolute_url(), _("Read"))

    @admin.action(description=gettext_lazy("Publish the chosen ones"), permissions=["change"])
    def publish_chosen(self, request, queryset):
        """What somebody else proposed; what this person may not publish stays, and says why."""
        done, refused = 0, {}
        for case in queryset.order_by("pk"):
            try:
                actions.publish_case(case=case, lock=case.lock, by=request.user)
                done += 1
            except HubError as error:
                refused.setdefault(error.sentence, []).append(case.title)
        if done:
            words = ngettext("One case study was published.", "%(n)d case studies were published.", done)
            messages.success(request, words % {"n": done})
        for sentence, titles in refused.items():
            more = len(titles) - 3
            named = ", ".join(titles[:3]) + (_(" and %(n)d more") % {"n": more} if more > 0 else "")
            messages.error(request, f"{named}: {sentence}")

    def store(self, request, obj, form, change):
        return actions.change_case(case=obj, by=request.user, **form.cleaned_data)

    def view_on_site(self, case):
        return case.get_absolute_url()
