"""The table of playbooks as CSV and XLSX: plain fields only. Texts are written in the editor."""

from hub.resources import SafeResource, person_field, topic_field
from playbooks import actions
from playbooks.models import Playbook


class PlaybookResource(SafeResource):
    topic = topic_field()
    owner = person_field("owner")
    deputy = person_field("deputy")

    class Meta(SafeResource.Meta):
        model = Playbook
        import_id_fields = ["slug"]
        fields = [
            "slug",
            "title",
            "summary",
            "language",
            "topic",
            "goal",
            "owner",
            "deputy",
            "minutes",
            "difficulty",
            "verify_months",
        ]
        export_order = fields

    def get_queryset(self):
        return super().get_queryset().select_related("topic", "owner", "deputy")

    def store(self, instance, is_create, by):
        values = {name: getattr(instance, name) for name in self._meta.fields if name != "slug"}
        if is_create:
            return actions.create_playbook(slug=instance.slug, by=by, **values)
        return actions.change_playbook(playbook=instance, by=by, **values)
