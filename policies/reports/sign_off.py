"""Who is asked to sign, who has, by department and day by day."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Case, Count, DateField, Exists, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest, TruncDate

from hub.charts import percent
from hub.models import User
from policies import clock
from policies.models import Campaign, ClauseAudience, Reach, RollEntry
from policies.querysets import IS_EXEMPT, asked_since, holding_signatures
from policies.workflow import CampaignStatus
from spokes.models import Membership, Spoke
from spokes.querysets import within


def addressed(people, policy):
    """Of these people those a policy is meant for."""
    groups = [group.pk for group in policy.audiences.all()]
    if not groups:
        return people
    return people.filter(Exists(User.groups.through.objects.filter(user=OuterRef("pk"), group__in=groups)))


def people_asked(version):
    """Active people whom a version asks to sign, or has: by its policy or by a campaign that runs; none exempt.

    Adds `roll_due_on`, the day to sign of those whom a campaign asks. The same rule as `VersionQuerySet.to_sign`, seen
    from the version. One or two small statements, then lazy.
    """
    people = addressed(User.objects.active(), version.policy)
    campaigns = list(Campaign.objects.deciding(version))
    if not campaigns:
        return people.annotate(roll_due_on=Value(None, DateField())) if version.policy.must_sign else people.none()
    entries = RollEntry.objects.filter(person=OuterRef("pk"), left_on=None, asked_on__lte=clock.today())
    entries = entries.filter(campaign__in=campaigns).last_started_first()
    if any(campaign.is_partial for campaign in campaigns):
        entries = entries.reaching(version.pk)
    people = people.annotate(
        roll_due_on=Subquery(entries.values("due_on")[:1]),
        is_exempt=Coalesce(Subquery(entries.values(is_exempt=IS_EXEMPT)[:1]), False),
    ).filter(is_exempt=False)
    if not version.policy.must_sign:
        people = people.filter(Exists(entries.filter(campaign__status=CampaignStatus.RUNNING)))
    return people


def people_to_sign(version):
    """Of the people a version asks those who have no signature that holds."""
    return people_asked(version).filter(~Exists(holding_signatures(OuterRef("pk"), version.pk)))


def with_days(people, version):
    """Adds what the day to sign of each of these people follows from: `asked_since`, and `home_since` where her home
    decides whether something is meant for her, else None."""
    home = Membership.objects.filter(person=OuterRef("pk"), ends_on=None).values("starts_on")[:1]
    narrowed = ClauseAudience.objects.filter(clause__version=version)
    reaches = Reach.objects.filter(version=version, signed__number__lte=version.number).annotate(
        is_partial=Exists(Reach.asks_again.through.objects.filter(reach=OuterRef("pk"))),
        is_for_some=Exists(version.policy.audiences.all()),
        is_narrowed=Exists(narrowed),
    )
    # A version's own signature always reaches it, so there is a row.
    reaches = list(reaches.select_related("signed").order_by("signed__number"))
    if reaches[0].is_for_some:
        home_since = Subquery(home)
    elif reaches[0].is_narrowed:
        home_since = Case(When(Exists(narrowed.filter(group__user=OuterRef("pk"))), then=Subquery(home)))
    else:
        home_since = Value(None, DateField())
    # Most often the day is the same for all; then no person's row is asked for it.
    standing = [reach for reach in reaches if reach.signed.withdrawn_on is None]
    if any(reach.is_partial for reach in standing):
        since = Subquery(asked_since(OuterRef(OuterRef("pk")), version.pk, version.number))
    else:
        since = Value(standing[0].signed.effective_on if standing else None)
    return people.annotate(
        home_since=home_since, asked_since=Coalesce(since, Value(version.effective_on), output_field=DateField())
    )


def roll_of(campaign):
    """Whom a campaign asks, one row a person, with `signed_at` (None: not yet) and `home` (a spoke's id or None)."""
    return _with_signature_and_home(campaign.roll.asked(), "person", campaign.version)


def people_of(version, paths=None):
    """Whom a version asks, one row a person, like `roll_of`; with `paths` only those at home there or below."""
    people = _with_signature_and_home(people_asked(version), "pk", version)
    if paths is None:
        return people
    homes = Membership.objects.filter(within(paths, field="spoke__path"), person=OuterRef("pk"), ends_on=None)
    return people.filter(Exists(homes))


def _with_signature_and_home(rows, person, version):
    signatures = holding_signatures(OuterRef(person), version.pk).order_by("at")
    homes = Membership.objects.filter(person=OuterRef(person), ends_on=None)
    return rows.annotate(
        signed_at=Subquery(signatures.values("at")[:1]),
        home=Subquery(homes.values("spoke")[:1]),
    )


@dataclass
class DepartmentRate:
    """A department's figures: its own people, and with all below it. `spoke` is None for people without a home."""

    spoke: object
    depth: int = 0
    asked: int = 0
    signed: int = 0
    all_asked: int = 0
    all_signed: int = 0

    @property
    def rate(self):
        return percent(self.signed, self.asked)

    @property
    def all_rate(self):
        return percent(self.all_signed, self.all_asked)

    @property
    def missing(self):
        return self.all_asked - self.all_signed


@dataclass
class Figures:
    """How many are asked and have signed: in all, by department in the order of the tree, and day by day.

    `days` holds (day, asked by then, signed by then) of the people asked now.
    """

    asked: int = 0
    signed: int = 0
    departments: list = field(default_factory=list)
    days: list = field(default_factory=list)

    @property
    def rate(self):
        return percent(self.signed, self.asked)

    @property
    def missing(self):
        return self.asked - self.signed


def roll_figures(campaign):
    """A campaign's figures, from one grouped statement over its roll and one over the departments."""
    return _figures(roll_of(campaign), campaign.starts_on)


def sign_off_figures(version, since, paths=None):
    """The figures of a version, by whatever rule it asks, `since` when it binds; with `paths` those of these
    departments and below."""
    asked_on = Greatest("joined_on", Value(since, DateField()))
    return _figures(people_of(version, paths).annotate(asked_on=asked_on), since, paths)


def _figures(rows, first_day, paths=None):
    """From rows with `home`, `signed_at` and `asked_on`."""
    signed_on = TruncDate("signed_at", tzinfo=clock.hub_zone())
    groups = rows.annotate(signed_on=signed_on).order_by()
    figures, homes, asked_by, signed_by = Figures(), defaultdict(lambda: [0, 0]), Counter(), Counter()
    for row in groups.values("home", "signed_on", "asked_on").annotate(n=Count("pk")):
        figures.asked += row["n"]
        homes[row["home"]][0] += row["n"]
        asked_by[row["asked_on"]] += row["n"]
        if row["signed_on"]:
            figures.signed += row["n"]
            homes[row["home"]][1] += row["n"]
            signed_by[max(row["signed_on"], first_day)] += row["n"]
    figures.departments = _departments(homes, paths)
    if figures.asked:
        figures.days = list(_days(first_day, asked_by, signed_by))
    return figures


def _departments(homes, paths):
    spokes = Spoke.objects.defer("purpose")
    spokes = spokes.filter(within(paths)) if paths is not None else spokes
    rates = {spoke.pk: DepartmentRate(spoke, spoke.depth) for spoke in spokes}
    if None in homes:
        rates[None] = DepartmentRate(None)
    for home, (asked, signed) in homes.items():
        rates[home].asked, rates[home].signed = asked, signed
        for pk in [*rates[home].spoke.ancestor_ids, home] if home else [None]:
            if pk in rates:
                rates[pk].all_asked += asked
                rates[pk].all_signed += signed
    names = {pk: rate.spoke.name.casefold() for pk, rate in rates.items() if pk}
    places = {pk: [names.get(one, "") for one in [*rate.spoke.ancestor_ids, pk]] for pk, rate in rates.items() if pk}
    top = min((rate.depth for rate in rates.values() if rate.spoke), default=0)
    for rate in rates.values():
        rate.depth = max(0, rate.depth - top)
    # Each below what it belongs to, in the order of names; whoever has no home comes last.
    in_order = sorted(rates, key=lambda pk: (pk is None, places.get(pk, []), pk or 0))
    return [rates[pk] for pk in in_order if rates[pk].all_asked]


def _days(first_day, asked_by, signed_by):
    """Day by day until today, or until nothing changed any more."""
    last = min(clock.today(), max([first_day, *asked_by, *signed_by]) + timedelta(days=1))
    asked = sum(n for day, n in asked_by.items() if day < first_day)
    signed, day = 0, first_day
    while day <= max(last, first_day):
        asked += asked_by[day]
        signed += signed_by[day]
        yield day, asked, min(signed, asked)
        day += timedelta(days=1)
