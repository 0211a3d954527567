from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from spokes.workflow import IMPORT_AT_WORK, IMPORT_TONE, ImportStatus


class TableImport(models.Model):
    """An uploaded table on its way in: the file, what it would do, what is wrong with it, how far it has come.

    `counts` is {verb: number}; `lines` the first things it would do, [row, verb, name, detail]; `errors` the rows that
    cannot be taken, [row, column, reason]; `options` how to read it (see `spokes.imports`). The file's bytes are kept
    until it is stored or discarded. A worker that takes it holds it until `leased_until`.
    """

    class Kind(models.TextChoices):
        PEOPLE = "people", _("People")
        DEPARTMENTS = "departments", _("Departments")
        ACCOUNTS = "accounts", _("Social accounts")

    kind = models.CharField(_("what"), max_length=12, choices=Kind.choices)
    filename = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField(null=True)
    options = models.JSONField(default=dict)
    status = models.CharField(
        _("state"), max_length=12, choices=ImportStatus.choices, default=ImportStatus.UPLOADED, editable=False
    )
    counts = models.JSONField(default=dict)
    lines = models.JSONField(default=list)
    errors = models.JSONField(default=list)
    error_count = models.PositiveIntegerField(default=0)
    question = models.TextField(_("to confirm"), blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="table_imports", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded"))
    finished_at = models.DateTimeField(_("finished"), null=True)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-uploaded_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=ImportStatus.values), name="spokes_import_status_known"
            )
        ]
        indexes = [
            models.Index(
                fields=["status"],
                condition=models.Q(status__in=sorted(IMPORT_AT_WORK)),
                name="spokes_import_at_work",
            )
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.filename}"

    @property
    def tone(self):
        return IMPORT_TONE[self.status]

    @property
    def is_at_work(self):
        return self.status in IMPORT_AT_WORK
