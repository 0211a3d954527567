from django.contrib import admin

from hub.stewards import LookOnlyAdmin
from playbooks.models import Question


@admin.register(Question)
class QuestionAdmin(LookOnlyAdmin):
    list_display = ["title", "status", "topic", "asked_by", "asked_for", "asked_at"]
    list_filter = ["status", "topic"]
    list_select_related = ["topic", "asked_by", "asked_for"]
    search_fields = ["title"]
    fields = ["title", "body", "status", "topic", "asked_by", "asked_for", "asked_at"]

    def view_on_site(self, question):
        return question.get_absolute_url()
