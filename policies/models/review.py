from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from policies.querysets import CommentQuerySet, ReviewQuerySet


class ReviewKind(models.TextChoices):
    REVIEW = "review", _("Review: somebody who knows the matter reads it")
    CONSULTATION = "consultation", _("Consultation: a representative says what it means for her department")


class Review(models.Model):
    """Somebody named is asked to read a version, by a day, before it is approved."""

    version = models.ForeignKey("policies.PolicyVersion", models.CASCADE, related_name="reviews")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews", verbose_name=_("person")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=ReviewKind.choices, default=ReviewKind.REVIEW)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews_asked")
    asked_at = models.DateTimeField()
    due_on = models.DateField(_("due"))
    done_at = models.DateTimeField(_("read"), null=True, blank=True)

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


class CommentState(models.TextChoices):
    OPEN = "open", _("To be answered")
    DONE = "done", _("Done")
    NOT_DONE = "not_done", _("Not done")


class ReviewComment(models.Model):
    """What a reader says about a clause, or about the whole (no key). Each is answered before approval."""

    version = models.ForeignKey("policies.PolicyVersion", models.CASCADE, related_name="comments")
    clause_key = models.CharField(_("clause"), max_length=80, blank=True)
    heading = models.CharField(max_length=250, blank=True, help_text=_("The clause's heading when this was said."))
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="review_comments")
    text = models.TextField(_("comment"))
    at = models.DateTimeField()
    state = models.CharField(_("state"), max_length=8, choices=CommentState.choices, default=CommentState.OPEN)
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="review_answers"
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = _("review comment")
        verbose_name_plural = _("review comments")
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=CommentState.OPEN, answered_by=None, answered_at=None)
                | (~Q(state=CommentState.OPEN) & Q(answered_by__isnull=False, answered_at__isnull=False)),
                name="policies_an_answered_comment_says_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(state=CommentState.NOT_DONE) | ~Q(answer=""),
                name="policies_not_done_says_because",
            ),
        ]

    def __str__(self):
        return f"{self.author} on {self.version}"

    @property
    def is_open(self):
        return self.state == CommentState.OPEN
