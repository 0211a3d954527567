"""The collection of other organisations' policies and guidelines."""

from django import forms
from django.contrib import admin, messages
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from hub.stewards import TableAdmin
from playbooks import actions
from playbooks.models import ExternalDocument
from playbooks.permissions import can_curate_cases
from playbooks.resources import ExternalDocumentResource


class ExternalAdminForm(forms.ModelForm):
    tags = forms.CharField(
        label=gettext_lazy("Tags"), required=False, max_length=400, help_text=gettext_lazy("Words with commas between.")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["tags"] = ", ".join(self.instance.tags.values_list("name", flat=True))


@admin.register(ExternalDocument)
class ExternalDocumentAdmin(TableAdmin):
    form = ExternalAdminForm
    resource_classes = [ExternalDocumentResource]
    list_display = ["title", "organisation", "kind", "language", "checked_on", "is_shown", "address"]
    list_filter = ["kind", "topics", "language", "is_shown", "checked_on"]
    search_fields = ["title", "organisation", "url"]
    fields = [
        "title",
        "organisation",
        "kind",
        "url",
        "summary",
        "topics",
        "tags",
        "language",
        "licence",
        "may_keep_text",
        "text",
        "retrieved_on",
        "checked_on",
        "is_shown",
    ]
    filter_horizontal = ["topics"]
    actions = ["links_checked"]
    can_change = staticmethod(can_curate_cases)
    can_add = staticmethod(can_curate_cases)

    @admin.display(description=gettext_lazy("tags"))
    def tags(self, document):
        """For whoever only looks; others have them in the form."""
        return ", ".join(document.tags.values_list("name", flat=True))

    @admin.display(description=gettext_lazy("address"))
    def address(self, document):
        return format_html('<a href="{}" rel="noopener noreferrer">{}</a>', document.url, _("Open"))

    @admin.action(description=gettext_lazy("I opened these links today, and they work"), permissions=["change"])
    def links_checked(self, request, queryset):
        done = actions.check_links(documents=list(queryset.only("pk")), by=request.user)
        words = ngettext("One link counts as checked today.", "%(n)d links count as checked today.", done)
        messages.success(request, words % {"n": done})

    def store(self, request, obj, form, change):
        values = dict(form.cleaned_data)
        values["tags"] = values["tags"].split(",")
        return actions.save_external(document=obj if change else None, by=request.user, **values)

    def view_on_site(self, document):
        return document.get_absolute_url()
