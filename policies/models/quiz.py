from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from policies.querysets import QuizQuestionQuerySet

# Fewer answers would tell who gave which: staff see who has signed.
FEWEST_ANSWERS = 5


class QuizQuestion(models.Model):
    """A question that may be asked before somebody signs a policy, about what one of its clauses says.

    `choices` are two to five texts, `right` the place of the right one among them. Nothing is kept of who answered
    what: `answered` counts the people who were asked it and signed, `right_at_first` those of them whose first answer
    was right, so that a clause that many misread can be found, once it is known of enough people (`is_told`). Both
    begin anew when its words change.
    """

    policy = models.ForeignKey("policies.Policy", models.CASCADE, related_name="quiz_questions")
    clause_key = models.CharField(_("clause"), max_length=80)
    text = models.CharField(_("question"), max_length=300)
    choices = models.JSONField(_("answers"))
    right = models.PositiveSmallIntegerField(_("right answer"))
    is_on = models.BooleanField(_("is asked"), default=True)
    answered = models.PositiveIntegerField(default=0, editable=False)
    right_at_first = models.PositiveIntegerField(default=0, editable=False)

    objects = QuizQuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("quiz question")
        verbose_name_plural = _("quiz questions")
        ordering = ["policy", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(right_at_first__lte=F("answered")), name="policies_right_at_first_is_among_the_answered"
            ),
            models.CheckConstraint(condition=Q(right__lt=5), name="policies_the_right_answer_is_one_of_five"),
        ]

    def __str__(self):
        return self.text

    @property
    def is_told(self):
        return self.answered >= FEWEST_ANSWERS
