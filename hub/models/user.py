import zoneinfo

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from hub.clock import today
from hub.prepared import prepared


class Role(models.TextChoices):
    """What a person may do everywhere. Representing a department is not a role but a term (`spokes.Term`)."""

    EMPLOYEE = "employee", _("Employee")
    STAFF = "staff", _("CoE staff")
    LEAD = "lead", _("CoE lead")
    AUDITOR = "auditor", _("Auditor")
    SPONSOR = "sponsor", _("Executive sponsor")


class UserQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)

    def staff(self):
        """People who work the queue."""
        return self.active().filter(role__in=[Role.STAFF, Role.LEAD])

    def may_own(self, *, now=()):
        """People who work for the hub, so may answer for what it publishes; and those who do `now` (their ids)."""
        works = models.Q(role__in=[Role.STAFF, Role.LEAD]) | models.Q(is_superuser=True)
        return self.filter(models.Q(works, is_active=True) | models.Q(pk__in=now))

    def addressed_by(self, group_ids):
        """Who may read what is meant for these groups: their members, and whoever reads all."""
        reads_all = models.Q(role__in=[Role.STAFF, Role.LEAD, Role.AUDITOR]) | models.Q(is_superuser=True)
        members = User.groups.through.objects.filter(user=models.OuterRef("pk"), group__in=group_ids)
        return self.active().filter(reads_all | models.Exists(members))

    def leads(self):
        return self.active().filter(role=Role.LEAD)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    use_in_migrations = False

    def get_by_natural_key(self, username):
        return self.get(email__iexact=username)

    def create_user(self, email, password=None, **fields):
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, is_superuser=True, **{"name": email.split("@")[0], **fields})


class Scheme(models.TextChoices):
    AUTO = "auto", _("Like my device")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Everything in the portal points at people; they are deactivated, never deleted."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    staff_number = models.CharField(_("staff number"), max_length=40, null=True, blank=True, unique=True)
    title = models.CharField(_("job title"), max_length=120, blank=True)
    bio = models.CharField(_("what to ask them about"), max_length=300, blank=True)
    role = models.CharField(_("role"), max_length=12, choices=Role.choices, default=Role.EMPLOYEE)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    language = models.CharField(_("language"), max_length=12, default="en-gb")
    scheme = models.CharField(_("colours"), max_length=8, choices=Scheme.choices, default=Scheme.AUTO)
    is_active = models.BooleanField(_("active"), default=True)
    joined_on = models.DateField(_("joined"), default=today)
    left_on = models.DateField(_("left"), null=True, blank=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    # What decides which statement reads for her (see hub.prepared).
    STANDING = ("role", "is_active", "is_superuser")

    objects = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["role"], condition=~models.Q(role="employee"), name="hub_user_with_role")]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="hub_user_email_is_unique"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="hub_user_role_is_known"),
        ]

    def __str__(self):
        return self.name

    def get_full_name(self):
        return self.name

    @property
    def is_lead(self):
        return self.is_active and (self.role == Role.LEAD or self.is_superuser)

    @property
    def is_coe_staff(self):
        """Works the queue and curates: staff, leads, superusers."""
        return self.is_active and (self.role in {Role.STAFF, Role.LEAD} or self.is_superuser)

    @property
    def reads_all(self):
        """Sees what every department sees: staff, leads, auditors."""
        return self.is_coe_staff or (self.is_active and self.role == Role.AUDITOR)

    @property
    def only_reads(self):
        """An auditor: reads all, changes nothing, whatever she owns or represents besides."""
        return self.role == Role.AUDITOR and not self.is_superuser

    @property
    def is_staff(self):
        """Django's word for who may open `/admin/`; auditors look, and change nothing."""
        return self.reads_all

    @property
    def sees_figures(self):
        return self.reads_all or (self.is_active and self.role == Role.SPONSOR)

    @property
    def zone(self):
        return zoneinfo.ZoneInfo(self.time_zone or settings.HUB_TIME_ZONE)

    def audience_group_ids(self):
        """Ids of the groups that address this person, or None for somebody who reads all. One query at most."""
        if self.reads_all:
            return None
        if not hasattr(self, "_audience_group_ids"):
            self._audience_group_ids = tuple(_groups_of(person=self))
        return self._audience_group_ids


@prepared()
def _groups_of(person):
    return User.groups.through.objects.filter(user=person).values_list("group_id", flat=True)
