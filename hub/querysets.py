"""Reads shared by everything that has an audience, and what the audit tells queries."""

from django.apps import apps
from django.db import models
from django.db.models import CharField, Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Cast, Coalesce


class AudienceQuerySet(models.QuerySet):
    """For models with `audiences`, a many-to-many to groups; none named means everybody."""

    def for_audience_of(self, user):
        """What is meant for this person; staff, leads and auditors read all."""
        if user.reads_all:
            return self
        through = self.model.audiences.through
        source = self.model._meta.get_field("audiences").m2m_field_name()
        rows = through.objects.filter(**{source: OuterRef("pk")})
        return self.filter(~Exists(rows) | Exists(rows.filter(group__user=user)))


def audit_lines(model, verbs):
    """For a subquery on things of this model: the lines of their history with these verbs, newest first."""
    lines = apps.get_model("hub", "AuditEvent").objects.filter(
        object_type=model._meta.label_lower, object_id=Cast(OuterRef("pk"), CharField()), verb__in=verbs
    )
    return lines.order_by("-at", "-pk")


def saying_who_follows(rows, kind, user, *, field="pk"):
    """Adds `is_followed`, whether this person follows the thing of that kind in `field`, and its number of `followers`.

    Whoever has left is not counted.
    """
    follows = apps.get_model("hub", "Follow").objects.filter(kind=kind, object_id=OuterRef(field)).order_by()
    here = follows.filter(person__is_active=True).values("object_id").annotate(number=Count("pk")).values("number")
    return rows.annotate(is_followed=Exists(follows.filter(person=user)), followers=Coalesce(Subquery(here), 0))


class AnnouncementQuerySet(AudienceQuerySet):
    def current(self, at):
        return self.filter(published_at__lte=at).filter(Q(ends_at=None) | Q(ends_at__gt=at))

    def newest_first(self):
        return self.order_by("-published_at", "-pk")


class OutboxQuerySet(models.QuerySet):
    def due(self, at):
        """Waiting rows whose time has come, and rows whose sender died holding the lease."""
        return self.filter(
            Q(state="waiting", not_before__lte=at) | Q(state="sending", leased_until__lt=at),
        )

    def newest_first(self):
        return self.order_by("-created_at", "-pk")


class ServiceQuerySet(models.QuerySet):
    def offered(self):
        return self.filter(is_offered=True)

    def in_catalogue_order(self):
        return self.order_by("order", "title")
