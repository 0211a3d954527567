from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from spokes.querysets import representing, user_paths, within

from .workflow import FILED, OPEN, WITH_HUB, Status

STAFF_ROLES = ("staff", "lead")


def nobodys():
    """Without somebody of the hub's staff, as `User.is_coe_staff` means it; a join by key, no query of its own."""
    works_there = Q(assignee__role__in=STAFF_ROLES) | Q(assignee__is_superuser=True)
    return Q(assignee=None) | Q(assignee__is_active=False) | ~works_there


class RequestQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Requests of the departments she represents and below; staff and auditors see every filed one.

        A draft is its author's alone. A request stays with its department when the author moves: it is the term that
        opens it, and authorship only while the author's home is still in that department.
        """
        return self._visible(user, Q() if user.reads_all else within(user_paths(user), field="spoke__path"))

    def few_visible_to(self, user):
        """The same for a handful of requests, in one query instead of two."""
        return self._visible(user, representing(user, field="spoke__path"))

    def _visible(self, user, represented):
        filed = Q(status__in=FILED)
        own_draft = Q(status=Status.DRAFT, requester=user)
        if user.reads_all:
            return self.filter(filed | own_draft)
        home = user.groups.through.objects.filter(user=user, group=OuterRef("spoke__group"))
        return self.filter((filed & (represented | (Q(requester=user) & Exists(home)))) | own_draft)

    def of_departments_of(self, user):
        """Filed requests of the departments a person represents, and those below."""
        return self.filed().filter(within(user_paths(user), field="spoke__path"))

    def filed(self):
        return self.filter(status__in=FILED)

    def drafts_of(self, user):
        return self.filter(status=Status.DRAFT, requester=user)

    def open(self):
        return self.filter(status__in=OPEN)

    def with_hub(self):
        return self.filter(status__in=WITH_HUB)

    def unassigned(self):
        """Nobody's: given to nobody, or to somebody who has left the hub since."""
        return self.filter(nobodys())

    def at_risk(self, at):
        """The next promise is at risk or missed."""
        return self.filter(next_risk_at__lte=at)

    def missed(self, at):
        return self.filter(next_due_at__lte=at)

    def with_everything(self):
        """With all the people and places that a row or a page of it names."""
        return self.select_related("service", "spoke", "requester", "assignee")

    def snoozed(self, at):
        return self.filter(snoozed_until__gt=at)

    def not_snoozed(self, at):
        return self.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=at))

    def awaiting(self, user):
        """Requests whose next step is this person's: hers to answer, or assigned to her while the hub owns them.

        Only while she may read them: what she asked stays with the department that she has left.
        """
        mine = Q(requester=user, status__in=[Status.WAITING, Status.DELIVERED])
        assigned = Q(assignee=user, status__in=WITH_HUB)
        return self.few_visible_to(user).filter(mine | assigned)

    def queue_order(self):
        """Urgent first, then by what is promised next."""
        return self.order_by(F("is_urgent").desc(), F("next_due_at").asc(nulls_last=True), "pk")

    def newest_first(self):
        return self.order_by("-submitted_at", "-pk")
