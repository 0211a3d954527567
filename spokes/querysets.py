from django.apps import apps
from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q

from hub.clock import today
from hub.prepared import prepared


def active_on(day, *, start="starts_on", end="ends_on"):
    """Rows whose dates include `day`; a last day counts as in."""
    return Q(**{f"{start}__lte": day}) & (Q(**{f"{end}": None}) | Q(**{f"{end}__gte": day}))


def within(paths, *, field="path"):
    """Rows of the spokes at these paths or below them; no path means no row."""
    condition = Q(pk__in=[])
    for path in paths:
        condition |= Q(**{f"{field}__startswith": path})
    return condition


class SpokeQuerySet(models.QuerySet):
    def open(self):
        return self.filter(closed_on=None)

    def in_tree_order(self):
        return self.order_by("path")

    def within(self, paths):
        return self.filter(within(paths))

    def represented_by(self, user):
        """The spokes a person represents today, and those below them."""
        return self.within(user_paths(user))


def user_paths(user):
    """Paths of the spokes for which this person holds a term today, whatever its kind. One query, once a request.

    None for an auditor: a term she holds besides gives her nothing to do.
    """
    if user.only_reads:
        return ()
    if not hasattr(user, "_represented_paths"):
        user._represented_paths = tuple(_paths_of(person=user, day=today()))
    return user._represented_paths


@prepared()
def _paths_of(person, day):
    terms = apps.get_model("spokes", "Term").objects.filter(active_on(day), person=person)
    return terms.values_list("spoke__path", flat=True)


def representing(user, *, field):
    """Whether a person represents the spoke whose path stands in `field`, or one above it.

    Asked of each row, inside the query: for a handful of rows, where asking first what she represents costs more.
    """
    terms = apps.get_model("spokes", "Term").objects.filter(active_on(today()), person=user)
    path = ExpressionWrapper(OuterRef(field), output_field=models.CharField())
    return Exists(terms.annotate(asked_path=path).filter(asked_path__startswith=F("spoke__path")))


class MembershipQuerySet(models.QuerySet):
    def current(self):
        return self.filter(active_on(today()))


class TermQuerySet(models.QuerySet):
    def current(self):
        """Terms running today. A term ends by its date as it is read; no job has to run."""
        return self.filter(active_on(today()))


class SocialAccountQuerySet(models.QuerySet):
    def live(self):
        return self.exclude(status="archived")

    def stale(self, before):
        """In use, but not looked at since that day."""
        return self.filter(status="active").filter(Q(last_reviewed_on=None) | Q(last_reviewed_on__lt=before))

    def without_deputy(self):
        return self.live().filter(Q(deputy=None) | Q(deputy__is_active=False))

    def owner_left(self):
        """Accounts in use that nobody owns any more."""
        return self.live().filter(Q(owner=None) | Q(owner__is_active=False))

    def needing_attention(self, before):
        return self.stale(before) | self.without_deputy() | self.owner_left()

    def awaiting(self, user, before):
        """What this person should look at: her own stale accounts; as a representative those nobody owns any more."""
        mine = self.stale(before).filter(owner=user)
        orphans = Q(owner=None) | Q(owner__is_active=False)
        return (mine | self.live().filter(orphans, representing(user, field="spoke__path"))).order_by(
            "platform", "handle"
        )
