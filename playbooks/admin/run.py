from django.contrib import admin

from hub.stewards import LookOnlyAdmin
from playbooks.models import Run


@admin.register(Run)
class RunAdmin(LookOnlyAdmin):
    list_display = ["name", "playbook", "spoke", "status", "done_count", "step_count", "starts_on", "started_by"]
    list_filter = ["status"]
    list_select_related = ["playbook", "spoke", "started_by"]
    search_fields = ["name", "playbook__title", "spoke__name"]
    fields = [
        "name",
        "goal",
        "playbook",
        "revision",
        "spoke",
        "status",
        "starts_on",
        "ends_on",
        "step_count",
        "done_count",
        "started_by",
        "closed_at",
        "closed_by",
        "helped",
        "hindered",
        "result",
        "abandon_reason",
    ]

    def view_on_site(self, run):
        return run.get_absolute_url()
