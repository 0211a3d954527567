from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from playbooks.querysets import ExternalQuerySet


class ExternalKind(models.TextChoices):
    POLICY = "policy", _("Policy")
    GUIDELINE = "guideline", _("Guideline")


class ExternalDocument(models.Model):
    """A policy or guideline of another organisation, to compare ours with.

    It is a link first of all. Its `text` (Markdown) is kept only where `may_keep_text` says that the licence allows it;
    its sections are cut from the text when it is written.
    """

    title = models.CharField(_("title"), max_length=200)
    slug = models.SlugField(_("address here"), max_length=120, unique=True, blank=True, editable=False)
    organisation = models.CharField(_("organisation"), max_length=120)
    kind = models.CharField(_("kind"), max_length=9, choices=ExternalKind.choices, default=ExternalKind.POLICY)
    summary = models.CharField(
        _("why look at it"), max_length=400, blank=True, help_text=_("In our own words: what it is good for.")
    )
    url = models.URLField(_("address"), max_length=400, unique=True)
    licence = models.CharField(
        _("licence"), max_length=120, blank=True, help_text=_("As the source says it, such as CC BY 4.0.")
    )
    may_keep_text = models.BooleanField(
        _("the licence allows us to keep the text"), default=False, help_text=_("If in doubt, keep only the link.")
    )
    text = models.TextField(_("text"), blank=True, help_text=_("Markdown; each heading begins a section."))
    language = models.CharField(_("language"), max_length=12, default="en")
    topics = models.ManyToManyField("hub.Topic", related_name="external_documents", verbose_name=_("topics"))
    retrieved_on = models.DateField(_("retrieved"), null=True, blank=True)
    checked_on = models.DateField(_("link checked"), null=True, blank=True)
    is_shown = models.BooleanField(_("readers see it"), default=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ExternalQuerySet.as_manager()

    class Meta:
        verbose_name = _("document of others")
        verbose_name_plural = _("documents of others")
        ordering = ["organisation", "title"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(text="") | models.Q(may_keep_text=True) & ~models.Q(licence=""),
                name="playbooks_foreign_text_has_its_licence",
                violation_error_message=_(
                    "Keep a text only where its licence allows it: name it and tick the box, or keep only the link."
                ),
            )
        ]
        indexes = [models.Index(fields=["organisation", "title", "id"], name="playbooks_external_by_name")]

    def __str__(self):
        return f"{self.organisation}: {self.title}"

    def get_absolute_url(self):
        return reverse("playbooks:external", args=[self.slug])


class ExternalTag(models.Model):
    document = models.ForeignKey("playbooks.ExternalDocument", models.CASCADE, related_name="tags")
    name = models.CharField(_("tag"), max_length=40)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["document", "name"], name="playbooks_external_tagged_once")]
        indexes = [models.Index(fields=["name", "document"], name="playbooks_external_by_tag")]

    def __str__(self):
        return self.name


class ExternalSection(models.Model):
    """A passage of a text of others, under its own heading."""

    document = models.ForeignKey("playbooks.ExternalDocument", models.CASCADE, related_name="sections")
    number = models.PositiveSmallIntegerField()
    key = models.SlugField(max_length=80)
    heading = models.CharField(max_length=250)
    html = models.TextField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["document", "key"], name="playbooks_external_section_key")]

    def __str__(self):
        return self.heading

    @property
    def anchor(self):
        return f"s-{self.key}"
