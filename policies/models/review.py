from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from hub.models import DraftComment, DraftReview
from policies.querysets import CommentQuerySet, ReviewQuerySet


class ReviewKind(models.TextChoices):
    REVIEW = "review", _("Review: somebody who knows the matter reads it")
    CONSULTATION = "consultation", _("Consultation: a representative says what it means for her department")


class Review(DraftReview):
    """Somebody named is asked to read a version."""

    version = models.ForeignKey("policies.PolicyVersion", models.CASCADE, related_name="reviews")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews", verbose_name=_("person")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=ReviewKind.choices, default=ReviewKind.REVIEW)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews_asked")

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["version", "person"], name="policies_a_person_is_asked_once_for_a_version")
        ]
        indexes = [models.Index(fields=["done_at", "due_on"], name="policies_review_due")]

    def __str__(self):
        return f"{self.person} reads {self.version}"

    @property
    def kind_word(self):
        return str(self.get_kind_display()).partition(":")[0]


class ReviewComment(DraftComment):
    """What a reader of a version says about a clause, or about the whole."""

    version = models.ForeignKey("policies.PolicyVersion", models.CASCADE, related_name="comments")
    clause_key = models.CharField(_("clause"), max_length=80, blank=True)
    heading = models.CharField(max_length=250, blank=True, help_text=_("The clause's heading when this was said."))
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="review_comments")
    outside = models.ForeignKey(
        "policies.OutsideReview", models.RESTRICT, null=True, blank=True, related_name="comments"
    )
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="review_answers"
    )

    objects = CommentQuerySet.as_manager()

    class Meta(DraftComment.Meta):
        verbose_name = _("review comment")
        verbose_name_plural = _("review comments")

    def __str__(self):
        return f"{self.author} on {self.version}"
