from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from hub.models import DraftComment, DraftReview
from playbooks.querysets import RevisionCommentQuerySet, RevisionReviewQuerySet


class RevisionReview(DraftReview):
    """Somebody named is asked to read a revision."""

    revision = models.ForeignKey("playbooks.Revision", models.CASCADE, related_name="reviews")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="revision_reviews", verbose_name=_("person")
    )
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="revision_reviews_asked")

    objects = RevisionReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review of a revision")
        verbose_name_plural = _("reviews of revisions")
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "person"], name="playbooks_a_person_is_asked_once_for_a_revision"
            )
        ]
        indexes = [models.Index(fields=["done_at", "due_on"], name="playbooks_review_due")]

    def __str__(self):
        return f"{self.person} reads {self.revision}"


class RevisionComment(DraftComment):
    """What a reader of a revision says about a section, or about the whole."""

    revision = models.ForeignKey("playbooks.Revision", models.CASCADE, related_name="comments")
    section_key = models.CharField(_("section"), max_length=80, blank=True)
    heading = models.CharField(max_length=250, blank=True, help_text=_("The section's heading when this was said."))
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="revision_comments")
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="revision_comment_answers"
    )

    objects = RevisionCommentQuerySet.as_manager()

    class Meta(DraftComment.Meta):
        verbose_name = _("comment on a revision")
        verbose_name_plural = _("comments on revisions")

    def __str__(self):
        return f"{self.author} on {self.revision}"
