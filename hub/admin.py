"""The stewards' view of the hub's own tables."""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db import models
from django.forms.fields import InvalidJSONInput
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_celery_beat import admin as library
from django_celery_beat.models import PeriodicTask

from hub import actions
from hub.models import (
    Announcement,
    AuditEvent,
    ImportedDocument,
    JobRun,
    OutboxMessage,
    SearchSynonym,
    Topic,
    WorkCalendar,
)
from hub.permissions import can_lead, can_work_the_desk, check_can_read_message, refusal
from hub.schedule import all_jobs
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


def in_units(interval):
    """An interval as a number and the largest unit of which it is so many: (5, "minutes")."""
    minutes = max(round(timedelta(**{interval.period: interval.every}) / timedelta(minutes=1)), 1)
    whole = {"days": 24 * 60, "hours": 60, "minutes": 1}
    unit = next(unit for unit, length in whole.items() if not minutes % length)
    return minutes // whole[unit], unit


class ScheduleForm(forms.ModelForm):
    """When a job runs: every so often, or at times written as for cron."""

    UNITS = {"minutes": _("minutes"), "hours": _("hours"), "days": _("days")}
    AT = ["minute", "hour", "day_of_week", "day_of_month", "month_of_year", "timezone"]

    every = forms.IntegerField(label=_("Every"), min_value=1, max_value=100_000, required=False)
    unit = forms.ChoiceField(label=_("Unit"), choices=UNITS.items(), required=False)
    minute = forms.CharField(label=_("Minute"), max_length=240, required=False, help_text=_("Such as 0, or 0,30."))
    hour = forms.CharField(label=_("Hour"), max_length=96, required=False, help_text=_("Such as 6, 8-17 or * for all."))
    day_of_week = forms.CharField(
        label=_("Day of the week"), max_length=64, required=False, help_text=_("Such as mon, mon-fri or * for all.")
    )
    day_of_month = forms.CharField(
        label=_("Day of the month"), max_length=124, required=False, help_text=_("Such as 1 or * for all.")
    )
    month_of_year = forms.CharField(
        label=_("Month"), max_length=64, required=False, help_text=_("Such as 1,4,7,10 or * for all.")
    )
    timezone = forms.ChoiceField(label=_("By the clock of"), required=False)

    class Meta:
        model = PeriodicTask
        fields = ["enabled"]
        labels = {"enabled": _("Switched on")}
        help_texts = {"enabled": "", "name": ""}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        zone, cron, interval = settings.HUB_TIME_ZONE, self.instance.crontab, self.instance.interval
        if cron is not None:
            self.initial |= {name: str(getattr(cron, name)) for name in self.AT}
        elif interval is not None:
            self.initial["every"], self.initial["unit"] = in_units(interval)
        zones = dict.fromkeys([zone, "UTC", self.initial.get("timezone", zone)])
        self.fields["timezone"].choices = [(one, one) for one in zones]

    def _post_clean(self):
        """The action checks; the library's own check would ask for its own fields."""

    def when(self):
        """The arguments of `actions.change_schedule` that say when."""
        typed = self.cleaned_data
        times = {name: typed[name] for name in self.AT if typed[name] and name != "timezone"}
        whole = dict.fromkeys(self.AT, "*") | {"minute": "0"} | times | {"timezone": typed["timezone"]}
        return {
            "every": timedelta(**{typed["unit"]: typed["every"]}) if typed["every"] else None,
            "at": whole if times else None,
        }


# Read before ours, so that ours replaces it.
admin.site.unregister(library.PeriodicTask)


@admin.register(PeriodicTask)
class ScheduleAdmin(StewardAdmin):
    """The times of jobs. What a job is and does stands in the code; the library's other tables are for superusers."""

    form = ScheduleForm
    list_display = ["says", "name", "runs", "enabled"]
    list_filter = ["enabled"]
    search_fields = ["name", "description"]
    ordering = ["description"]
    readonly_fields = ["name", "says", "runs"]
    fieldsets = [
        (None, {"fields": ["says", "name", "runs", "enabled"]}),
        (_("Every so often"), {"fields": [("every", "unit")]}),
        (
            _("Or at these times"),
            {
                "description": _("To use times, leave “Every” empty."),
                "fields": [("hour", "minute"), ("day_of_week", "day_of_month", "month_of_year"), "timezone"],
            },
        ),
    ]
    can_change = staticmethod(can_lead)

    def has_add_permission(self, request):
        return False

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"title": _("When jobs run"), **(extra_context or {})})

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        words = {"title": _("When a job runs"), **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, words)

    def get_queryset(self, request):
        tasks = super().get_queryset(request).filter(name__in=all_jobs())
        return tasks.select_related("interval", "crontab", "solar", "clocked")

    def get_fieldsets(self, request, obj=None):
        """Who may not change it reads one line that says when."""
        return self.fieldsets if self.has_change_permission(request, obj) else self.fieldsets[:1]

    @admin.display(description=_("job"), ordering="description")
    def says(self, task):
        return task.description

    @admin.display(description=_("runs"))
    def runs(self, task):
        if task.interval is None:
            return getattr(task.crontab, "human_readable", "")
        number, unit = in_units(task.interval)
        words = {
            "minutes": ngettext("every minute", "every %(number)s minutes", number),
            "hours": ngettext("every hour", "every %(number)s hours", number),
            "days": ngettext("every day", "every %(number)s days", number),
        }
        return words[unit] % {"number": number}

    def store(self, request, obj, form, change):
        return actions.change_schedule(task=obj, enabled=form.cleaned_data["enabled"], by=request.user, **form.when())


@admin.register(SearchSynonym)
class SynonymAdmin(StewardAdmin):
    """What search takes for the same. A line that turned out wrong is deleted, which the audit keeps."""

    list_display = ["words", "also_finds", "changed_at"]
    search_fields = ["words", "also_finds"]
    fields = ["words", "also_finds"]
    list_per_page = 100

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    def store(self, request, obj, form, change):
        return actions.save_synonym(synonym=obj if change else None, by=request.user, **form.cleaned_data)

    def delete_model(self, request, obj):
        actions.delete_synonym(synonym=obj, by=request.user)

    def delete_queryset(self, request, queryset):
        for synonym in queryset:
            actions.delete_synonym(synonym=synonym, by=request.user)


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

    def changelist_view(self, request, extra_context=None):
        may = {"may_upload": can_work_the_desk(request.user)}
        return super().changelist_view(request, {**(extra_context or {}), **may})

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
