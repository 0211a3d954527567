from django.urls import path

from hub.views import announcements, feeds, following, gaps, jobs, outbox, settings

app_name = "hub"

urlpatterns = [
    path("settings/", settings.settings, name="settings"),
    path("settings/reminders/", settings.reminders, name="reminders"),
    path("settings/appearance/", settings.appearance, name="appearance"),
    path("settings/following/", following.following, name="following"),
    path("settings/following/<slug:kind>/<int:pk>/", following.choose, name="follow"),
    path("settings/feeds/", feeds.feeds, name="feeds"),
    path("settings/feeds/renew/", feeds.renew, name="feeds_renew"),
    path("settings/feeds/end/", feeds.end, name="feeds_end"),
    path("announcements/", announcements.announcements, name="announcements"),
    path("desk/outbox/", outbox.outbox, name="outbox"),
    path("desk/outbox/<int:pk>/", outbox.message, name="message"),
    path("desk/outbox/<int:pk>/html/", outbox.message_html, name="message_html"),
    path("desk/outbox/<int:pk>/again/", outbox.message_again, name="message_again"),
    path("desk/gaps/", gaps.gaps, name="gaps"),
    path("desk/gaps/merge/", gaps.merge, name="gaps_merge"),
    path("desk/gaps/<int:pk>/", gaps.gap, name="gap"),
    path("desk/gaps/<int:pk>/answer/", gaps.answer, name="gap_answer"),
    path("desk/gaps/<int:pk>/set-aside/", gaps.set_aside, name="gap_set_aside"),
    path("desk/gaps/<int:pk>/reopen/", gaps.reopen, name="gap_reopen"),
    path("desk/jobs/", jobs.jobs, name="jobs"),
    path("desk/jobs/<str:name>/run/", jobs.run_now, name="job_run"),
]
