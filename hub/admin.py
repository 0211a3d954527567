"""The stewards' view of the hub's own tables."""

from django import forms
from django.contrib import admin
from django.db import models
from django.forms.fields import InvalidJSONInput
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from hub import actions
from hub.models import Announcement, AuditEvent, ImportedDocument, JobRun, OutboxMessage, Topic, WorkCalendar
from hub.permissions import can_lead, check_can_read_message, refusal
from hub.stewards import LookOnlyAdmin, StewardAdmin
from hub.views import documents


@admin.register(Topic)
class TopicAdmin(StewardAdmin):
    list_display = ["name", "slug", "parent", "order"]
    list_editable = []
    prepopulated_fields = {"slug": ["name"]}
    search_fields = ["name"]

    def store(self, request, obj, form, change):
        return actions.save_topic(topic=obj if change else None, by=request.user, **form.cleaned_data)


@admin.register(Announcement)
class AnnouncementAdmin(StewardAdmin):
    list_display = ["title", "published_at", "ends_at", "published_by"]
    fields = ["title", "body", "published_at", "ends_at", "audiences"]
    list_filter = ["published_at"]
    filter_horizontal = ["audiences"]

    def store(self, request, obj, form, change):
        return actions.publish_announcement(announcement=obj if change else None, by=request.user, **form.cleaned_data)


class PatientJSONField(forms.JSONField):
    """Numbers of thousands of digits and brackets without end are mistakes of whoever typed them, not ours."""

    def to_python(self, value):
        try:
            return super().to_python(value)
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error

    def bound_data(self, data, initial):
        try:
            return super().bound_data(data, initial)
        except (ValueError, RecursionError):
            return InvalidJSONInput(data)


@admin.register(WorkCalendar)
class WorkCalendarAdmin(StewardAdmin):
    formfield_overrides = {models.JSONField: {"form_class": PatientJSONField}}
    list_display = ["name", "time_zone", "country", "always_open"]
    can_change = staticmethod(can_lead)
    can_add = staticmethod(can_lead)

    def store(self, request, obj, form, change):
        return actions.save_calendar(calendar=obj if change else None, by=request.user, **form.cleaned_data)


@admin.register(AuditEvent)
class AuditEventAdmin(LookOnlyAdmin):
    list_display = ["at", "by", "verb", "object_label", "object_type"]
    list_filter = ["verb", "object_type"]
    search_fields = ["object_label", "by__name"]
    list_select_related = ["by"]


@admin.register(OutboxMessage)
class OutboxMessageAdmin(LookOnlyAdmin):
    list_display = ["created_at", "to_address", "kind", "subject", "state"]
    list_filter = ["state", "kind"]
    search_fields = ["to_address", "subject"]
    fields = ["to_address", "kind", "about", "period", "subject", "words", "state", "attempts", "error", "sent_at"]
    readonly_fields = ["words"]

    def get_object(self, request, object_id, from_field=None):
        message = super().get_object(request, object_id, from_field)
        if message is not None:
            message.why_hidden = refusal(check_can_read_message, request.user, message)
        return message

    @admin.display(description=_("text"))
    def words(self, message):
        return message.why_hidden or message.text


@admin.register(JobRun)
class JobRunAdmin(LookOnlyAdmin):
    list_display = ["job", "started_at", "finished_at", "made", "error"]
    list_filter = ["job"]


@admin.register(ImportedDocument)
class ImportedDocumentAdmin(LookOnlyAdmin):
    list_display = ["file", "title", "status", "uploaded_by", "uploaded_at"]
    list_display_links = None
    list_filter = ["status"]
    list_select_related = ["uploaded_by"]
    search_fields = ["filename", "made_title"]
    fields = ["filename", "size", "status", "refusal", "made_title", "uploaded_by", "uploaded_at", "finished_at"]
    change_list_template = "admin/documents/change_list.html"

    def get_queryset(self, request):
        return super().get_queryset(request).defer("content")

    @admin.display(description=_("file"), ordering="filename")
    def file(self, document):
        url = reverse("admin:hub_importeddocument_batch", args=[document.batch])
        return format_html('<a href="{}">{}</a>', url, document.filename)

    @admin.display(description=_("title"))
    def title(self, document):
        return document.title

    def get_urls(self):
        def address(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"hub_importeddocument_{name}")

        return [
            address("upload/", documents.upload, "upload"),
            address("upload/<uuid:batch>/", documents.batch, "batch"),
            address("upload/<uuid:batch>/create/", documents.create_all, "create_all"),
            address("<int:pk>/choose/", documents.choose, "choose"),
            address("<int:pk>/discard/", documents.discard, "discard"),
            *super().get_urls(),
        ]
