"""A playbook's plain fields; its text is written in the editor."""

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.models import User
from hub.stewards import StewardAdmin, TableAdmin
from playbooks import actions
from playbooks.models import Goal, Playbook, PlaybookTemplate
from playbooks.permissions import can_curate_playbooks
from playbooks.resources import PlaybookResource
from playbooks.views.exporting import zipped
from spokes.models import Platform

from . import bundle, editor, review


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


class TagsField(forms.CharField):
    """Tags as one line of names with commas between."""

    def prepare_value(self, value):
        if isinstance(value, list | tuple | QuerySet):
            return ", ".join(str(tag) for tag in value)
        return value

    def to_python(self, value):
        return [name.strip() for name in (super().to_python(value) or "").split(",") if name.strip()]

    def has_changed(self, initial, data):
        return super().has_changed(self.prepare_value(initial), data)


class PlaybookForm(forms.ModelForm):
    tags = TagsField(
        label=gettext_lazy("Tags"),
        required=False,
        widget=forms.TextInput({"class": "vTextField"}),
        help_text=gettext_lazy("A few words with commas between, such as: checklist, launch."),
    )
    platforms = forms.MultipleChoiceField(
        label=gettext_lazy("Platforms"),
        required=False,
        choices=Platform.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("It shows on the pages of their accounts. None: it holds everywhere."),
    )

    def __init__(self, *args, instance=None, initial=None, **kwargs):
        if instance is not None and instance.pk:
            platforms = list(instance.platforms.values_list("platform", flat=True))
            initial = {"platforms": platforms, **(initial or {})}
        super().__init__(*args, instance=instance, initial=initial, **kwargs)
        if instance is not None and "related" in self.fields:
            self.fields["related"].queryset = Playbook.objects.exclude(pk=instance.pk)


class NewPlaybookForm(PlaybookForm):
    template = forms.ModelChoiceField(
        label=gettext_lazy("Begin with"),
        required=False,
        queryset=PlaybookTemplate.objects.filter(is_offered=True),
        empty_label=gettext_lazy("An empty draft"),
        help_text=gettext_lazy("A template gives the draft its sections."),
    )


@admin.register(PlaybookTemplate)
class TemplateAdmin(StewardAdmin):
    can_change = staticmethod(can_curate_playbooks)
    can_add = staticmethod(can_curate_playbooks)
    list_display = ["name", "summary", "is_offered"]
    fields = ["name", "summary", "text", "is_offered"]

    def store(self, request, obj, form, change):
        return actions.save_template(template=obj if change else None, by=request.user, **form.cleaned_data)


@admin.register(Goal)
class GoalAdmin(StewardAdmin):
    can_change = staticmethod(can_curate_playbooks)
    can_add = staticmethod(can_curate_playbooks)
    list_display = ["name", "slug", "order"]
    fields = ["name", "slug", "order"]
    prepopulated_fields = {"slug": ["name"]}

    def store(self, request, obj, form, change):
        return actions.save_goal(goal=obj if change else None, by=request.user, **form.cleaned_data)


@admin.register(Playbook)
class PlaybookAdmin(TableAdmin):
    resource_classes = [PlaybookResource]
    import_export_change_list_template = "admin/playbooks/change_list.html"
    list_display = ["title", "topic", "owner", "verified_until", "shown", "text"]
    list_filter = ["topic", "goal", "difficulty", "verified_until"]
    list_select_related = ["topic", "owner", "current"]
    search_fields = ["title", "slug"]
    fields = [
        "title",
        "slug",
        "summary",
        "topic",
        "goal",
        "owner",
        "deputy",
        "minutes",
        "difficulty",
        "verify_months",
        "language",
        "platforms",
        "tags",
        "related",
        "audiences",
        "services",
    ]
    form = PlaybookForm
    prepopulated_fields = {"slug": ["title"]}
    filter_horizontal = ["related", "audiences", "services"]
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

    @admin.display(description=gettext_lazy("Platforms"))
    def platforms(self, playbook):
        """For those who only look."""
        return ", ".join(one.get_platform_display() for one in playbook.platforms.all()) or _("none")

    def get_fields(self, request, obj=None):
        return self.fields if obj else ["template", *self.fields]

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is None:
            kwargs.setdefault("form", NewPlaybookForm)
        return super().get_form(request, obj, change=change, **kwargs)

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
            address("<int:pk>/changes/", editor.changes, "changes"),
            address("<int:pk>/significance/", editor.significance, "significance"),
            address("<int:pk>/review/", review.review, "review"),
            address("<int:pk>/review/ask/", review.ask, "review_ask"),
            address("<int:pk>/review/<int:review>/stop/", review.stop, "review_stop"),
            address("<int:pk>/review/comments/<int:comment>/answer/", review.answer, "review_answer"),
            address("<int:pk>/start/", editor.start, "start"),
            address("<int:pk>/submit/", editor.submit, "submit"),
            address("<int:pk>/return/", editor.return_to_draft, "return"),
            address("<int:pk>/publish/", editor.publish, "publish"),
            *super().get_urls(),
        ]
