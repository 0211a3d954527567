from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class WhyNot(models.TextChoices):
    """Why a playbook did not help."""

    OUTDATED = "outdated", _("Something in it is no longer true")
    MISSING = "missing", _("What I needed is not in it")
    UNCLEAR = "unclear", _("I did not understand it")
    NOT_MINE = "not-mine", _("It does not fit what I have to do")
    FAILED = "failed", _("I did as it says, and it did not work")


class Vote(models.Model):
    """Was this playbook helpful? One answer a person, which she may change; why not, if she says so.

    Who voted what is shown to nobody: not to the owner, and not in the audit.
    """

    playbook = models.ForeignKey("playbooks.Playbook", models.CASCADE, related_name="votes")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="playbook_votes")
    helpful = models.BooleanField()
    reason = models.CharField(_("why not"), max_length=8, choices=WhyNot.choices, blank=True)
    sentence = models.CharField(_("in a sentence"), max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["playbook", "person"], name="playbooks_one_vote_per_person"),
            models.CheckConstraint(
                condition=Q(helpful=False) | Q(reason="", sentence=""), name="playbooks_only_a_no_has_reasons"
            ),
            models.CheckConstraint(
                condition=Q(sentence="") | ~Q(reason=""), name="playbooks_sentence_goes_with_reason"
            ),
        ]

    def __str__(self):
        return f"{self.person}: {'helpful' if self.helpful else 'not helpful'}"
