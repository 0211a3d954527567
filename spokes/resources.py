"""People and accounts as tables."""

from import_export.fields import Field

from hub.models import User
from hub.resources import SafeResource, SlugWidget, person_field
from spokes import actions
from spokes.models import SocialAccount, Spoke


class SocialAccountResource(SafeResource):
    """The plain fields of accounts; their state moves on the account's own page."""

    department = Field(attribute="spoke", column_name="department", widget=SlugWidget(Spoke))
    owner = person_field("owner")
    deputy = person_field("deputy")
    state = Field(attribute="status", column_name="state", readonly=True)

    PLAIN = ["url", "purpose", "audience", "language", "mfa_checked_on", "last_reviewed_on", "note"]

    class Meta(SafeResource.Meta):
        model = SocialAccount
        import_id_fields = ["platform", "handle"]
        fields = [
            "platform",
            "handle",
            "url",
            "department",
            "owner",
            "deputy",
            "purpose",
            "audience",
            "language",
            "mfa_checked_on",
            "last_reviewed_on",
            "note",
            "state",
        ]
        export_order = fields

    def get_queryset(self):
        return super().get_queryset().select_related("spoke", "owner", "deputy")

    def store(self, instance, is_create, by):
        values = {name: getattr(instance, name) for name in [*self.PLAIN, "spoke", "owner", "deputy"]}
        if is_create:
            return actions.add_account(platform=instance.platform, handle=instance.handle, by=by, **values)
        return actions.change_account(account=instance, by=by, **values)


class PersonResource(SafeResource):
    """People, out only: in they come as a staff list (see docs/imports.md), with the columns of this table."""

    department = Field(column_name="department", readonly=True)

    class Meta(SafeResource.Meta):
        model = User
        import_id_fields = ["email"]
        fields = [
            "staff_number",
            "email",
            "name",
            "title",
            "joined_on",
            "left_on",
            "time_zone",
            "language",
            "department",
        ]
        export_order = fields

    def dehydrate_department(self, person):
        return person.homes[0].spoke.slug if getattr(person, "homes", None) else ""
