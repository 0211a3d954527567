"""The stewards' view of the hub's own tables."""

from django.contrib import admin

from hub import actions
from hub.models import Announcement, AuditEvent, JobRun, OutboxMessage, Topic, WorkCalendar
from hub.permissions import can_lead
from hub.stewards import LookOnlyAdmin, StewardAdmin


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


@admin.register(WorkCalendar)
class WorkCalendarAdmin(StewardAdmin):
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
    fields = ["to_address", "kind", "about", "period", "subject", "text", "state", "attempts", "error", "sent_at"]


@admin.register(JobRun)
class JobRunAdmin(LookOnlyAdmin):
    list_display = ["job", "started_at", "finished_at", "made", "error"]
    list_filter = ["job"]
