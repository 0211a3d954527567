from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from policies import clock
from policies.querysets import PolicyQuerySet

REVIEW_OVERDUE = timedelta(days=30)


class Policy(models.Model):
    """A rule the company has, over all its versions.

    `current` points at the version that readers get: the one in force, else the announced one, else the withdrawn one.
    It is kept by `policies.actions`; what binds on a given day is computed from the versions' dates.
    """

    title = models.CharField(_("title"), max_length=160)
    slug = models.SlugField(_("address"), max_length=120, unique=True)
    summary = models.CharField(
        _("summary"), max_length=400, help_text=_("One or two sentences: whom it concerns, and what it asks.")
    )
    language = models.CharField(_("language"), max_length=12, default="en")
    topic = models.ForeignKey("hub.Topic", models.PROTECT, related_name="policies", verbose_name=_("topic"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="owned_policies", verbose_name=_("owner")
    )
    audiences = models.ManyToManyField(
        "auth.Group",
        blank=True,
        related_name="policies",
        verbose_name=_("audience"),
        help_text=_("Nobody chosen means everybody."),
    )
    must_sign = models.BooleanField(_("people sign it"), default=False)
    asked_from = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text=_("When signing was switched on, if that was later than its text."),
    )
    sign_within_days = models.PositiveSmallIntegerField(_("days to sign"), default=14)
    review_months = models.PositiveSmallIntegerField(_("look again every (months)"), default=12)
    review_on = models.DateField(_("look again on"), null=True, blank=True)
    current = models.ForeignKey(
        "policies.PolicyVersion", models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        ordering = ["title"]
        indexes = [models.Index(fields=["title", "id"], name="policies_policy_by_title")]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return f"/policies/{self.slug}/"

    def clause_url(self, key):
        """The permanent address of a clause, whatever version is shown there."""
        return f"{self.get_absolute_url()}#c-{key}"

    @property
    def sign_period(self):
        return timedelta(days=self.sign_within_days)

    @property
    def is_review_near(self):
        """Within a month, or past: the time to say whether it still holds."""
        return self.review_on is not None and self.review_on <= clock.today() + timedelta(days=30)

    @property
    def is_review_overdue(self):
        return self.review_on is not None and self.review_on < clock.today()

    @property
    def is_review_with_leads(self):
        """Overdue for so long, or without an owner who could still look, that the leads hear of it."""
        if not self.is_review_overdue:
            return False
        return not self.owner.is_active or self.review_on + REVIEW_OVERDUE <= clock.today()
