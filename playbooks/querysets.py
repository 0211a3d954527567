from django.db import models
from django.db.models import F, Q

from hub.querysets import AudienceQuerySet

from .workflow import OPEN, QuestionStatus, RevisionStatus


class PlaybookQuerySet(AudienceQuerySet):
    def published(self):
        return self.exclude(current=None)

    def verification_due(self, on):
        """The owner's word that it is still true ends on that day or has ended."""
        return self.published().filter(Q(verified_until__lte=on) | Q(verified_until=None))

    def looked_after_by(self, user):
        return self.filter(Q(owner=user) | Q(deputy=user))


class RevisionQuerySet(models.QuerySet):
    def open(self):
        return self.filter(status__in=OPEN)

    def in_review(self):
        return self.filter(status=RevisionStatus.IN_REVIEW)

    def newest_first(self):
        return self.order_by(F("number").desc())

    def awaiting(self, user):
        """Revisions in review that this person may approve: staff who wrote no part of them."""
        if not user.is_coe_staff:
            return self.none()
        return self.in_review().exclude(contributors=user).exclude(submitted_by=user)


class QuestionQuerySet(AudienceQuerySet):
    def open(self):
        return self.filter(status=QuestionStatus.OPEN)

    def newest_first(self):
        return self.order_by("-asked_at", "-pk")
