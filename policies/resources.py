from import_export.fields import Field

from hub.resources import SafeResource, person_field, topic_field
from policies import actions
from policies.models import Policy


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
