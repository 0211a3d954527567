from django.apps import apps
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils import timezone

from hub.querysets import AudienceQuerySet

from .workflow import OPEN, PUBLISHED, READABLE, Status


class PolicyQuerySet(AudienceQuerySet):
    def published(self):
        """Readers have something to read: a version announced or in force."""
        return self.filter(current__status__in=PUBLISHED)

    def readable(self):
        """Published, or withdrawn and still readable under a notice."""
        return self.filter(current__status__in=READABLE)

    def in_force(self):
        return self.filter(current__status=Status.IN_FORCE)

    def awaiting_signature_of(self, user):
        """Policies meant for this person whose text she has not signed since the last material change.

        A signature of version n holds for version v exactly if no version between them was material, that is
        if n >= v's `material_number`. One query.
        """
        acknowledgements = apps.get_model("policies", "Acknowledgement").objects
        signed = acknowledgements.filter(
            person=user, version__policy=OuterRef("pk"), version__number__gte=OuterRef("current__material_number")
        )
        personally = self if not user.reads_all else self._addressed_to(user)
        return personally.in_force().filter(Q(must_sign=True) & ~Exists(signed)).for_audience_of(user)

    def _addressed_to(self, user):
        """Whoever reads all signs only what is addressed to her like to anybody else."""
        rows = self.model.audiences.through.objects.filter(policy=OuterRef("pk"))
        return self.filter(~Exists(rows) | Exists(rows.filter(group__user=user)))

    def with_my_signature(self, user):
        """Adds `signed_number` and `signed_at`: this person's latest signature, or None."""
        mine = (
            apps.get_model("policies", "Acknowledgement")
            .objects.filter(person=user, version__policy=OuterRef("pk"))
            .order_by("-version__number")
        )
        return self.annotate(
            signed_number=Subquery(mine.values("version__number")[:1]), signed_at=Subquery(mine.values("at")[:1])
        )

    def review_due(self, on):
        return self.published().filter(review_on__lte=on)


class VersionQuerySet(models.QuerySet):
    def open(self):
        """Being worked on, not yet seen by readers."""
        return self.filter(status__in=OPEN)

    def published(self):
        return self.filter(status__in=PUBLISHED)

    def readable(self):
        return self.filter(status__in=READABLE)

    def newest_first(self):
        return self.order_by(F("number").desc())

    def in_review(self):
        return self.filter(status=Status.IN_REVIEW)

    def due_to_publish(self, at):
        return self.filter(status=Status.SCHEDULED, publish_on__lte=timezone.localdate(at))

    def due_to_bind(self, at):
        return self.filter(status=Status.ANNOUNCED, effective_on__lte=timezone.localdate(at))

    def awaiting(self, user):
        """Versions whose next step is this person's: approvals for a lead who wrote no part of them."""
        if not user.is_lead:
            return self.none()
        return self.in_review().exclude(contributors=user).exclude(submitted_by=user)
