from import_export.fields import Field

from hub.resources import SafeResource, person_field, topic_field
from policies import actions
from policies.models import Campaign, Obligation, Policy, Waiver


class PolicyResource(SafeResource):
    """The plain fields of policies as a table; texts and states have their own doors."""

    topic = topic_field()
    owner = person_field("owner")
    state = Field(attribute="current__status", column_name="state", readonly=True)

    class Meta(SafeResource.Meta):
        model = Policy
        import_id_fields = ["slug"]
        fields = [
            "slug",
            "title",
            "summary",
            "language",
            "topic",
            "owner",
            "must_sign",
            "sign_within_days",
            "review_months",
            "review_on",
            "state",
        ]
        export_order = fields

    def get_queryset(self):
        return super().get_queryset().select_related("topic", "owner", "current")

    def store(self, instance, is_create, by):
        names = ["title", "summary", "language", "topic", "owner", "must_sign", "sign_within_days", "review_months"]
        values = {name: getattr(instance, name) for name in [*names, "review_on"]}
        if is_create:
            return actions.create_policy(slug=instance.slug, by=by, **values)
        return actions.change_policy(policy=instance, by=by, **values)


class WaiverResource(SafeResource):
    """Waivers as a table, out only."""

    policy = Field(attribute="policy__slug", column_name="policy", readonly=True)
    spoke = Field(attribute="spoke__slug", column_name="department", readonly=True)
    granted_by = person_field("granted_by")
    ended_by = person_field("ended_by")
    state = Field(attribute="state", column_name="state", readonly=True)

    class Meta(SafeResource.Meta):
        model = Waiver
        fields = [
            "policy",
            "clause_key",
            "spoke",
            "state",
            "reason",
            "mitigation",
            "starts_on",
            "ends_on",
            "granted_by",
            "granted_at",
            "ended_on",
            "ended_by",
            "end_reason",
        ]
        export_order = fields

    def get_queryset(self):
        return super().get_queryset().select_related("policy", "spoke", "granted_by", "ended_by")


class CampaignResource(SafeResource):
    """Campaigns with their last figures as a table, out only."""

    policy = Field(attribute="policy__slug", column_name="policy", readonly=True)
    version = Field(attribute="version__number", column_name="version", readonly=True)

    class Meta(SafeResource.Meta):
        model = Campaign
        fields = ["name", "policy", "version", "status", "starts_on", "due_on", "asked", "signed", "close_reason"]
        export_order = fields

    def get_queryset(self):
        return super().get_queryset().select_related("policy", "version")


class ObligationResource(SafeResource):
    """Obligations with the clauses that are said to answer them as a table, out only."""

    clauses = Field(column_name="clauses", readonly=True)

    class Meta(SafeResource.Meta):
        model = Obligation
        fields = ["title", "kind", "source", "demands", "url", "look_on", "retired_on", "clauses"]
        export_order = fields

    def get_queryset(self):
        return super().get_queryset().prefetch_related("coverage__policy")

    def dehydrate_clauses(self, obligation):
        return ", ".join(f"{row.policy.slug}#{row.clause_key}" for row in obligation.coverage.all())
