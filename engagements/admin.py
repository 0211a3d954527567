"""The stewards' view of services with their forms, and of requests."""

from django import forms
from django.contrib import admin
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from engagements import actions, answers
from engagements.forms import sources_for
from engagements.models import EngagementRequest, FormQuestion, QuestionType
from engagements.resources import RequestResource
from hub.actions import save_service
from hub.models import Service, User
from hub.permissions import can_curate, can_see_the_desk, check_can_see_the_desk
from hub.stewards import ExportAdmin, StewardAdmin


class QuestionForm(forms.ModelForm):
    """One question, with its choices as lines and its condition in words instead of JSON."""

    choice_lines = forms.CharField(
        label=_("Choices"),
        required=False,
        help_text=_("One a line: a short permanent name, then what people read. Example: uk | United Kingdom"),
        widget=forms.Textarea({"rows": 4, "class": "vLargeTextField"}),
    )
    shown_after = forms.CharField(
        label=_("Shown only after question"),
        required=False,
        help_text=_("The permanent key of an earlier question."),
    )
    shown_at = forms.CharField(
        label=_("… when its answer is"),
        required=False,
        help_text=_("Names of its choices with commas between; yes or no for a yes-or-no question."),
    )

    class Meta:
        model = FormQuestion
        fields = ["order", "key", "label", "help", "example", "type", "required", "max_length"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["order"].required = False
        self.fields["order"].help_text = _("Empty means last.")
        question = self.instance
        if question.pk:
            lines = [f"{choice['value']} | {choice['label']}" for choice in question.choices]
            condition = question.shown_if or {}
            self.initial |= {
                "choice_lines": "\n".join(lines),
                "shown_after": condition.get("question", ""),
                "shown_at": ", ".join(condition.get("is", [])),
            }

    def validate_unique(self):
        """Keys are compared over the whole form, where two may also have been swapped."""

    def as_question(self):
        """The question as `engagements.answers` takes it."""
        values = self.cleaned_data
        choices = []
        for line in values["choice_lines"].splitlines():
            value, _bar, label = line.partition("|")
            if line.strip():
                choices.append({"value": value.strip(), "label": label.strip() or value.strip()})
        condition = None
        if values["shown_after"].strip() or values["shown_at"].strip():
            shown_at = [value.strip() for value in values["shown_at"].split(",") if value.strip()]
            condition = {"question": values["shown_after"].strip(), "is": shown_at}
        # What its kind of answer has no use for is out of sight on the form, and is not stored either.
        kind = values["type"]
        return {
            **{name: values[name] for name in ["key", "label", "help", "example", "type", "required"]},
            "max_length": values["max_length"] if kind in {QuestionType.SHORT_TEXT, QuestionType.LONG_TEXT} else None,
            "choices": choices if kind in {QuestionType.CHOICE, QuestionType.SEVERAL} else [],
            "shown_if": condition,
        }


class QuestionInline(admin.StackedInline):
    model = FormQuestion
    form = QuestionForm
    template = "admin/engagements/questions.html"
    # One to write without JavaScript, which adds as many as one likes.
    extra = 1
    fields = [
        ("order", "key"),
        "label",
        ("type", "required"),
        "max_length",
        "choice_lines",
        "help",
        "example",
        ("shown_after", "shown_at"),
    ]
    ordering = ["order"]

    def has_view_permission(self, request, obj=None):
        return can_see_the_desk(request.user)

    def has_change_permission(self, request, obj=None):
        return can_curate(request.user)

    has_add_permission = has_delete_permission = has_change_permission


@admin.register(Service)
class ServiceAdmin(StewardAdmin):
    """A service with its promise and its form. Requests keep the questions they were sent with."""

    list_display = ["title", "topic", "first_answer_hours", "delivery_hours", "owner", "is_offered", "form_preview"]
    list_filter = ["is_offered", "mode", "topic"]
    list_select_related = ["topic", "owner"]
    search_fields = ["title", "summary"]
    prepopulated_fields = {"slug": ["title"]}
    fields = [
        "title",
        "slug",
        "summary",
        "description",
        "mode",
        "topic",
        "owner",
        "calendar",
        ("first_answer_hours", "delivery_hours"),
        ("order", "is_offered"),
    ]
    inlines = [QuestionInline]

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "owner":
            service = request.resolver_match.kwargs.get("object_id")
            now = User.objects.filter(owned_services=service).values("pk") if service else ()
            kwargs["queryset"] = User.objects.may_own(now=now)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=_("the form"))
    def form_preview(self, service):
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:hub_service_preview", args=[service.pk]), _("As people see it")
        )

    def store(self, request, obj, form, change):
        return save_service(service=obj if change else None, by=request.user, **form.cleaned_data)

    def store_inlines(self, request, obj, formsets):
        """The questions in the order of their numbers; what is ticked for deletion is left out."""
        for formset in formsets:
            kept = [
                form
                for form in formset.forms
                if form.cleaned_data and not form.cleaned_data.get("DELETE") and form.cleaned_data.get("key")
            ]
            kept.sort(key=lambda form: (form.cleaned_data["order"] is None, form.cleaned_data["order"]))
            actions.save_form(service=obj, definition=[form.as_question() for form in kept], by=request.user)
            formset.new_objects = formset.changed_objects = formset.deleted_objects = []

    def get_urls(self):
        preview = self.admin_site.admin_view(self.preview)
        return [path("<int:number>/preview/", preview, name="hub_service_preview"), *super().get_urls()]

    def preview(self, request, number):
        """The form as the requester sees it; nothing can be sent from here."""
        check_can_see_the_desk(request.user)
        service = get_object_or_404(Service, pk=number)
        definition = answers.snapshot(service.questions.all())
        form = answers.AnswersForm(definition, sources=sources_for(definition, None))
        return render(
            request,
            "admin/engagements/preview.html",
            {"service": service, "rows": list(form.rows()), "problems": answers.validate_definition(definition)},
        )


@admin.register(EngagementRequest)
class RequestAdmin(ExportAdmin):
    """Requests to look at and to take away as a table; work on them happens on the desk."""

    resource_classes = [RequestResource]
    list_display = ["number", "title", "service", "spoke", "status", "outcome", "assignee", "submitted_at"]
    list_display_links = ["number", "title"]
    list_filter = ["status", "outcome", "is_urgent", "service"]
    list_select_related = ["service", "spoke", "assignee"]
    search_fields = ["title", "spoke__name"]
    fields = [
        "on_the_desk",
        "title",
        "service",
        "spoke",
        "requester",
        "assignee",
        "status",
        "outcome",
        "outcome_summary",
        "mode",
        "exit_criterion",
        "is_urgent",
        "urgent_reason",
        "submitted_at",
        "first_answer_due_at",
        "first_answered_at",
        "delivery_due_at",
        "delivered_at",
        "closed_at",
    ]
    readonly_fields = ["on_the_desk"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user).filed().defer("form", "answers")

    @admin.display(description=_("no."), ordering="pk")
    def number(self, row):
        return row.pk

    @admin.display(description=_("conversation"))
    def on_the_desk(self, row):
        return format_html('<a href="{}">{}</a>', row.get_absolute_url(), _("Open the request"))
