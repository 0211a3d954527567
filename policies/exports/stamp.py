from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from policies import clock
from policies.workflow import Status


@dataclass(frozen=True)
class Stamp:
    """What a file says about itself. `exported_on` is the hub's day."""

    title: str
    summary: str
    language: str
    slug: str
    number: int
    state: str
    in_force: bool
    effective_on: date
    content_hash: str
    address: str
    exported_on: date

    @classmethod
    def of(cls, version, policy):
        """Of a version in the state that its dates say."""
        return cls(
            title=policy.title,
            summary=policy.summary,
            language=policy.language,
            slug=policy.slug,
            number=version.number,
            state=str(version.get_status_display()),
            in_force=version.status == Status.IN_FORCE,
            effective_on=version.effective_on,
            content_hash=version.content_hash,
            address=settings.SITE_URL.rstrip("/") + version.get_absolute_url(),
            exported_on=clock.today(),
        )

    @property
    def filename(self):
        return f"{self.slug}-v{self.number}"

    def line(self):
        """The whole stamp in a sentence or two, for the foot of a page."""
        since = _("in force since %(day)s") if self.in_force else _("binds from %(day)s")
        return _(
            "%(title)s, version %(number)d. State: %(state)s, %(since)s. Exported on %(today)s from %(address)s. "
            "Content hash %(hash)s."
        ) % {
            "title": self.title,
            "number": self.number,
            "state": self.state,
            "since": since % {"day": date_format(self.effective_on, "j F Y")},
            "today": date_format(self.exported_on, "j F Y"),
            "address": self.address,
            "hash": self.content_hash,
        }
