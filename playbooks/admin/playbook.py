"""A playbook's plain fields; its text is written in the editor."""

from django import forms
from django.contrib import admin, messages
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.models import User
from hub.stewards import TableAdmin
from playbooks import actions
from playbooks.models import Playbook
from playbooks.permissions import can_curate_playbooks
from playbooks.resources import PlaybookResource
from playbooks.views.exporting import zipped

from . import bundle, editor


class PersonField(forms.ModelChoiceField):
    """A person by her e-mail address: a list of thousands of names helps nobody."""

    def __init__(self, **kwargs):
        super().__init__(
            queryset=User.objects.active(),
            to_field_name="email",
            widget=forms.EmailInput({"class": "vTextField", "autocomplete": "off"}),
            error_messages={"invalid_choice": gettext_lazy("Nobody who is active here has this address.")},
            **kwargs,
        )

    def prepare_value(self, value):
        if isinstance(value, int):
            return User.objects.filter(pk=value).values_list("email", flat=True).first()
        return super().prepare_value(value)

    def to_python(self, value):
        return super().to_python(value.strip().lower() if isinstance(value, str) else value)


@admin.register(Playbook)
class PlaybookAdmin(TableAdmin):
    resource_classes = [PlaybookResource]
    import_export_change_list_template = "admin/playbooks/change_list.html"
    list_display = ["title", "topic", "owner", "verified_until", "shown", "text"]
    list_filter = ["topic", "difficulty", "verified_until"]
    list_select_related = ["topic", "owner", "current"]
    search_fields = ["title", "slug"]
    fields = [
        "title",
        "slug",
        "summary",
        "topic",
        "owner",
        "deputy",
        "minutes",
        "difficulty",
        "verify_months",
        "language",
        "audiences",
        "services",
    ]
    prepopulated_fields = {"slug": ["title"]}
    filter_horizontal = ["audiences", "services"]
    change_form_template = "admin/playbooks/change_form.html"
    actions = ["as_files"]
    can_change = staticmethod(can_curate_playbooks)
    can_add = staticmethod(can_curate_playbooks)

    @admin.action(description=gettext_lazy("Export the chosen ones as Markdown (ZIP)"))
    def as_files(self, request, queryset):
        return zipped(queryset.published(), request.user)

    @admin.display(description=gettext_lazy("readers get"))
    def shown(self, playbook):
        return _("revision %(n)d") % {"n": playbook.current.number} if playbook.current else _("nothing yet")

    @admin.display(description=gettext_lazy("text"))
    def text(self, playbook):
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:playbooks_playbook_edit", args=[playbook.pk]), _("Text and steps")
        )

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else self.prepopulated_fields

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name in {"owner", "deputy"}:
            return PersonField(
                label=capfirst(db_field.verbose_name),
                required=not db_field.blank,
                help_text=_("The person's e-mail address."),
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def store(self, request, obj, form, change):
        if change:
            return actions.change_playbook(playbook=obj, by=request.user, **form.cleaned_data)
        return actions.create_playbook(by=request.user, **form.cleaned_data)

    def response_add(self, request, obj, post_url_continue=None):
        messages.success(request, _("The playbook is there. Now write its text."))
        return redirect("admin:playbooks_playbook_edit", obj.pk)

    def view_on_site(self, playbook):
        return playbook.get_absolute_url()

    def get_urls(self):
        def address(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"playbooks_playbook_{name}")

        return [
            address("bundle/", bundle.bring, "bundle"),
            address("preview/", editor.preview, "preview"),
            address("<int:pk>/edit/", editor.edit, "edit"),
            address("<int:pk>/start/", editor.start, "start"),
            address("<int:pk>/submit/", editor.submit, "submit"),
            address("<int:pk>/return/", editor.return_to_draft, "return"),
            address("<int:pk>/publish/", editor.publish, "publish"),
            *super().get_urls(),
        ]
