from django.contrib import admin
from django.db.models import Prefetch
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from hub.models import User
from hub.stewards import LookOnlyAdmin, TableAdmin
from policies import actions
from policies.models import Acknowledgement, Policy, PolicyVersion
from policies.permissions import can_curate_policies
from policies.resources import PolicyResource
from policies.workflow import OPEN

from . import due, editor, impact, importing, platform, proof, quiz, review


@admin.register(Policy)
class PolicyAdmin(TableAdmin):
    can_change = staticmethod(can_curate_policies)
    can_add = staticmethod(can_curate_policies)
    resource_classes = [PolicyResource]
    import_export_change_list_template = "admin/policies/change_list.html"
    list_display = ["title", "text", "readers_get", "owner", "review_on"]
    list_filter = ["current__status", "topic", "must_sign"]
    list_select_related = ["owner", "current"]
    search_fields = ["title", "slug", "summary"]
    date_hierarchy = None
    fields = [
        "title",
        "slug",
        "summary",
        "topic",
        "owner",
        "audiences",
        "must_sign",
        "sign_within_days",
        "review_months",
        "review_on",
        "language",
    ]
    filter_horizontal = ["audiences"]
    prepopulated_fields = {"slug": ["title"]}
    change_form_template = "admin/policies/change_form.html"

    def get_queryset(self, request):
        open_versions = Prefetch("versions", PolicyVersion.objects.filter(status__in=OPEN), to_attr="open_versions")
        return super().get_queryset(request).prefetch_related(open_versions)

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else self.prepopulated_fields

    def get_changeform_initial_data(self, request):
        return {"owner": request.user.pk, **super().get_changeform_initial_data(request)}

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "owner":
            policy = request.resolver_match.kwargs.get("object_id")
            now = User.objects.filter(owned_policies=policy).values("pk") if policy else ()
            kwargs["queryset"] = User.objects.may_own(now=now)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=_("text"))
    def text(self, policy):
        version = policy.open_versions[0] if policy.open_versions else None
        label = f"v{version.number}: {version.get_status_display()}" if version else _("All versions")
        return format_html('<a href="{}">{}</a>', reverse("admin:policies_policy_edit", args=[policy.pk]), label)

    @admin.display(description=_("readers get"), ordering="current__status")
    def readers_get(self, policy):
        current = policy.current
        return f"v{current.number}: {current.get_status_display()}" if current else _("nothing yet")

    def store(self, request, obj, form, change):
        if change:
            return actions.change_policy(policy=Policy(pk=obj.pk), by=request.user, **form.cleaned_data)
        return actions.create_policy(by=request.user, **form.cleaned_data)

    def response_add(self, request, obj, post_url_continue=None):
        return redirect("admin:policies_policy_edit", obj.pk)

    def get_urls(self):
        def door(view):
            return self.admin_site.admin_view(view)

        return [
            path("due/", door(due.due), name="policies_policy_due"),
            path("platforms/", door(platform.platforms), name="policies_policy_platforms"),
            path("<int:pk>/still-true/", door(due.still_true), name="policies_policy_still_true"),
            path("preview/", door(editor.preview), name="policies_policy_preview"),
            path("<int:pk>/edit/", door(editor.edit), name="policies_policy_edit"),
            path("<int:pk>/look/", door(editor.look), name="policies_policy_look"),
            path("<int:pk>/changes/", door(editor.changes), name="policies_policy_changes"),
            path("<int:pk>/significance/", door(editor.significance), name="policies_policy_significance"),
            path("<int:pk>/review/", door(review.review), name="policies_policy_review"),
            path("<int:pk>/review/ask/", door(review.ask), name="policies_policy_review_ask"),
            path("<int:pk>/review/stop/<int:review>/", door(review.stop), name="policies_policy_review_stop"),
            path("<int:pk>/review/outside/", door(review.invite), name="policies_policy_outside"),
            path("<int:pk>/review/outside/<int:invitation>/end/", door(review.end), name="policies_policy_outside_end"),
            path("<int:pk>/review/answer/<int:comment>/", door(review.answer), name="policies_policy_review_answer"),
            path("<int:pk>/quiz/", door(quiz.quiz), name="policies_policy_quiz"),
            path("<int:pk>/quiz/<int:question>/", door(quiz.quiz), name="policies_policy_quiz_question"),
            path("<int:pk>/quiz/<int:question>/switch/", door(quiz.switch), name="policies_policy_quiz_switch"),
            path("<int:pk>/impact/", door(impact.impact), name="policies_policy_impact"),
            path("<int:pk>/follow-ups/", door(impact.follow_ups), name="policies_policy_follow_ups"),
            path("<int:pk>/versions/", door(editor.versions), name="policies_policy_versions"),
            path("<int:pk>/import/<int:document>/", door(importing.bring), name="policies_policy_import_version"),
            path("<int:pk>/start/", door(editor.start), name="policies_policy_start"),
            path("<int:pk>/submit/", door(editor.submit), name="policies_policy_submit"),
            path("<int:pk>/return/", door(editor.give_back), name="policies_policy_return"),
            path("<int:pk>/approve/", door(editor.approve), name="policies_policy_approve"),
            path("<int:pk>/publish/", door(editor.publish), name="policies_policy_publish"),
            path("<int:pk>/publish-now/", door(editor.publish_now), name="policies_policy_publish_now"),
            path("<int:pk>/look-at/<int:number>/", door(editor.look_at), name="policies_policy_look_at"),
            path("<int:pk>/withdraw/<int:number>/", door(editor.withdraw), name="policies_policy_withdraw"),
            path("<int:pk>/proof/", door(proof.of_policy), name="policies_policy_proof"),
            path("<int:pk>/proof/<int:number>/", door(proof.pack), name="policies_policy_pack"),
            path("<int:pk>/proof/<int:number>/download/", door(proof.download), name="policies_policy_pack_download"),
            *super().get_urls(),
        ]


@admin.register(Acknowledgement)
class AcknowledgementAdmin(LookOnlyAdmin):
    list_display = ["at", "person", "version"]
    list_select_related = ["person", "version__policy"]
    list_filter = ["version__policy"]
    search_fields = ["person__name", "person__email"]
    fields = ["person", "version", "at", "clause_hashes"]
    change_list_template = "admin/policies/signatures.html"

    def get_urls(self):
        door = self.admin_site.admin_view(proof.choose)
        return [path("proof/", door, name="policies_acknowledgement_proof"), *super().get_urls()]
