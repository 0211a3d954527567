"""What proves who read what: a chain of hashes, the keys that sign its head, and the packs made of it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from policies.proof import grouped
from policies.workflow import PACK_AT_WORK, PACK_TONE, PackStatus


class ProofLink(models.Model):
    """One link of the chain, never changed. Written by a job, never by the act it is about.

    `text` is the canonical JSON of what happened, with a salt, and `entry` its SHA-256; `own_hash` is over the link's
    place, the hash before it, kind, policy and `entry`. So a pack about one policy can hold the whole chain and say
    nothing of the others. `about_id` is the key of the acknowledgement, version or other thing of that kind.
    """

    position = models.PositiveBigIntegerField(primary_key=True)
    follows = models.OneToOneField("self", models.PROTECT, null=True, related_name="followed_by")
    previous_hash = models.CharField(max_length=64)
    own_hash = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=16)
    about_id = models.PositiveBigIntegerField()
    policy = models.ForeignKey("policies.Policy", models.PROTECT, related_name="proof_links")
    entry = models.CharField(max_length=64)
    text = models.TextField()
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "about_id"], name="policies_each_act_is_in_the_chain_once"),
            # With the foreign key, no place is left out and none has two successors.
            models.CheckConstraint(
                condition=Q(position=1, follows=None) | Q(position__gt=1, follows=F("position") - 1),
                name="policies_proof_chain_has_no_gap",
            ),
        ]
        indexes = [models.Index(fields=["policy", "position"], name="policies_proof_of_a_policy")]

    def __str__(self):
        return f"{self.position} {self.own_hash[:12]}"


class ProofKey(models.Model):
    """The public half of a key the portal has signed with. Old ones stay known, for the packs they signed."""

    public_key = models.CharField(max_length=64, unique=True)
    fingerprint = models.CharField(max_length=64, unique=True)
    first_used_at = models.DateTimeField()
    last_used_at = models.DateTimeField()

    class Meta:
        ordering = ["-last_used_at", "-pk"]

    def __str__(self):
        return self.fingerprint

    @property
    def in_groups(self):
        return grouped(self.fingerprint)


class ProofPack(models.Model):
    """A ZIP about one policy and a day: asked for, made by a worker, kept for some days as a file of random name.

    A worker that makes it holds it as `lease` until `leased_until`; one that dies is followed by another, which begins
    anew. `done` of `total` are links of the chain written.
    """

    policy = models.ForeignKey("policies.Policy", models.PROTECT, related_name="proof_packs", verbose_name=_("policy"))
    day = models.DateField(_("as of"))
    status = models.CharField(_("state"), max_length=8, choices=PackStatus.choices, default=PackStatus.WAITING)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="proof_packs")
    asked_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    lease = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    head = models.PositiveBigIntegerField(default=0)
    signed_with = models.ForeignKey(ProofKey, models.PROTECT, null=True, related_name="packs")
    stored_as = models.CharField(max_length=40, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("proof pack")
        verbose_name_plural = _("proof packs")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "day"],
                condition=Q(status__in=sorted(PACK_AT_WORK)),
                name="policies_one_proof_pack_at_work_per_day",
            ),
            models.CheckConstraint(
                condition=~Q(status=PackStatus.READY) | (~Q(stored_as="") & ~Q(sha256="")),
                name="policies_ready_proof_pack_has_its_file",
            ),
        ]

    def __str__(self):
        return f"{self.policy}, {self.day.isoformat()}"

    @property
    def tone(self):
        return PACK_TONE[self.status]

    @property
    def is_at_work(self):
        return self.status in PACK_AT_WORK

    @property
    def is_signed(self):
        return self.signed_with_id is not None

    @property
    def filename(self):
        return f"proof-{self.policy.slug}-{self.day.isoformat()}.zip"
