"""Requests as a table, out only."""

from import_export.fields import Field

from engagements.models import EngagementRequest
from hub.resources import SafeResource

INSTANTS = ["submitted_at", "first_answer_due_at", "first_answered_at", "delivery_due_at", "delivered_at", "closed_at"]


class RequestResource(SafeResource):
    number = Field(attribute="pk", column_name="number")
    service = Field(attribute="service__slug", column_name="service")
    department = Field(attribute="spoke__slug", column_name="department")
    requester = Field(attribute="requester__email", column_name="requester")
    assignee = Field(attribute="assignee__email", column_name="assignee", default="")
    state = Field(attribute="status", column_name="state")

    class Meta(SafeResource.Meta):
        model = EngagementRequest
        fields = [
            "number",
            "title",
            "service",
            "department",
            "requester",
            "assignee",
            "state",
            "outcome",
            "mode",
            "is_urgent",
            *INSTANTS,
        ]
        export_order = fields
        widgets = {name: {"format": "%Y-%m-%d %H:%M"} for name in INSTANTS}

    def get_queryset(self):
        return super().get_queryset().filed().select_related("service", "spoke", "requester", "assignee")
