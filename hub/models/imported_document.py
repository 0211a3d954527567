import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportStatus(models.TextChoices):
    WAITING = "waiting", _("Being read")
    READ = "read", _("Ready to choose from")
    REFUSED = "refused", _("Not read")
    TAKEN = "taken", _("A draft")


IMPORT_TONE = {
    ImportStatus.WAITING: "info",
    ImportStatus.READ: "warn",
    ImportStatus.REFUSED: "bad",
    ImportStatus.TAKEN: "good",
}


class ImportedDocument(models.Model):
    """A file somebody brought along, kept here between upload and draft: never in a folder that a web server reads.

    `content` is the file until it has been read, `document` what was read (see `hub.documents.parts.as_stored`) until
    it became a draft. `target` is the kind of thing it shall become, `version_of` the thing whose new version it shall
    be. `sha256` with `made_kind` tells a file that is here already.
    """

    filename = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveIntegerField(_("bytes"))
    content = models.BinaryField(null=True)
    batch = models.UUIDField(default=uuid.uuid4, db_index=True)
    status = models.CharField(_("state"), max_length=8, choices=ImportStatus.choices, default=ImportStatus.WAITING)
    target = models.CharField(_("becomes"), max_length=20, blank=True)
    version_of = models.PositiveBigIntegerField(null=True, blank=True)
    topic = models.ForeignKey("hub.Topic", models.SET_NULL, null=True, blank=True, related_name="+")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="documents_to_own", verbose_name=_("owner")
    )
    document = models.JSONField(null=True)
    refusal = models.TextField(_("why it was not read"), blank=True)
    made_kind = models.CharField(max_length=20, blank=True)
    made_id = models.PositiveBigIntegerField(null=True, blank=True)
    made_title = models.CharField(_("became"), max_length=200, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="imported_documents", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("imported document")
        verbose_name_plural = _("imported documents")
        ordering = ["-uploaded_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(status="taken") | (~models.Q(made_kind="") & models.Q(made_id__isnull=False)),
                name="hub_taken_document_names_its_draft",
            )
        ]
        indexes = [models.Index(fields=["status", "uploaded_at"], name="hub_imported_by_age")]

    def __str__(self):
        return self.filename

    @property
    def tone(self):
        return IMPORT_TONE[self.status]

    @property
    def title(self):
        """What it became, else the title that was found in it."""
        return self.made_title or (self.document or {}).get("title", "")
