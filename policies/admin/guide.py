from datetime import timedelta

from django.contrib import admin
from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from hub.models import Service
from hub.stewards import StewardAdmin
from policies import actions, clock
from policies.models import Guide, GuideCount
from policies.permissions import can_curate_policies

from . import guide_editor


@admin.register(Guide)
class GuideAdmin(StewardAdmin):
    """What is known about a guide; its questions and rows are written in its editor."""

    can_change = staticmethod(can_curate_policies)
    can_add = staticmethod(can_curate_policies)
    list_display = ["title", "text", "is_published", "figures", "open_gaps", "updated_at"]
    list_filter = ["is_published", "topic"]
    search_fields = ["title", "slug", "intro"]
    fields = ["title", "slug", "intro", "topic", "service", "audiences", "language"]
    filter_horizontal = ["audiences"]
    prepopulated_fields = {"slug": ["title"]}
    change_form_template = "admin/policies/guide_change_form.html"

    def get_queryset(self, request):
        since = clock.today() - timedelta(days=30)
        counts = GuideCount.objects.filter(guide=OuterRef("pk"), day__gt=since).order_by().values("guide")
        return (
            super()
            .get_queryset(request)
            .annotate(
                answered=Subquery(counts.annotate(total=Sum("number")).values("total")),
                gap_count=Count("gaps", filter=Q(gaps__is_open=True)),
            )
        )

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else self.prepopulated_fields

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "service":
            kwargs["queryset"] = Service.objects.offered().in_catalogue_order()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=_("questions and rows"))
    def text(self, guide):
        return format_html('<a href="{}">{}</a>', reverse("admin:policies_guide_edit", args=[guide.pk]), _("Write"))

    @admin.display(description=_("answers in 30 days"), ordering="answered")
    def figures(self, guide):
        url = reverse("admin:policies_guide_figures", args=[guide.pk])
        return format_html('<a href="{}">{}</a>', url, guide.answered or 0)

    @admin.display(description=_("answers nobody wrote"), ordering="gap_count")
    def open_gaps(self, guide):
        return guide.gap_count

    def store(self, request, obj, form, change):
        if change:
            return actions.change_guide(guide=Guide(pk=obj.pk), by=request.user, **form.cleaned_data)
        return actions.create_guide(by=request.user, **form.cleaned_data)

    def response_add(self, request, obj, post_url_continue=None):
        return redirect("admin:policies_guide_edit", obj.pk)

    def get_urls(self):
        def door(name, view):
            return path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"policies_guide_{name}")

        return [
            door("edit", guide_editor.edit),
            door("preview", guide_editor.preview),
            door("figures", guide_editor.figures),
            door("publish", guide_editor.publish),
            path(
                "<int:pk>/take-back/",
                self.admin_site.admin_view(guide_editor.take_back),
                name="policies_guide_take_back",
            ),
            *super().get_urls(),
        ]
