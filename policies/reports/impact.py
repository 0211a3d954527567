"""What publishing a version will touch, from the data as they are now."""

from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub import slots
from hub.models import User
from policies import clock
from policies.models import Acknowledgement, Campaign, ClauseChange, GuideCitation, Significance
from policies.querysets import holding_signatures
from spokes.models import Membership, SocialAccount, Spoke
from spokes.querysets import within

from .platform import accounts_by_clause
from .sign_off import addressed


@dataclass
class Asked:
    """How many people of one department, and of those below it, a version will ask to sign."""

    name: str
    again: int = 0
    first_time: int = 0

    @property
    def people(self):
        return self.again + self.first_time


@dataclass(frozen=True)
class Impact:
    """What publishing a version will touch, from the data as they are now."""

    changes: list[ClauseChange]
    asks: bool
    why: str
    departments: list[Asked]
    accounts: int
    campaign: Campaign | None
    ends_campaign: bool
    touched: dict = field(default_factory=dict)

    @property
    def again(self):
        return sum(one.again for one in self.departments)

    @property
    def first_time(self):
        return sum(one.first_time for one in self.departments)

    @property
    def to_tell(self):
        return {person for things in self.touched.values() for thing in things for person in thing.people}


def impact(version, before):
    """An `Impact` of an open version; `before` is the text readers have, or None. Some ten statements."""
    policy = version.policy
    changes = list(version.clause_changes.all())
    asks = policy.must_sign and version.significance == Significance.MATERIAL
    touched = {}
    for thing in resting_on(policy, [change.key for change in changes]):
        touched.setdefault(thing.kind, []).append(thing)
    groups = list(policy.audiences.all())
    return Impact(
        changes=changes,
        asks=asks,
        why=_why(policy, version, before),
        departments=_asked(version) if asks else [],
        accounts=_accounts(groups),
        campaign=policy.campaigns.running().first(),
        # A material change leaves a campaign behind, whether or not the policy asks by itself.
        ends_campaign=version.significance == Significance.MATERIAL,
        touched=touched,
    )


def resting_on(policy, keys):
    """Everything that rests on one of these clauses, as `hub.slots.Touched`; what of it has people is followed up."""
    return (
        [
            *_waivers(policy, keys),
            *_guides(policy, keys),
            *_questions(policy, keys),
            *_platforms(policy, keys),
            *slots.touched.gather(policy, keys),
        ]
        if keys
        else []
    )


def _waivers(policy, keys):
    """Departments that are released from one of these clauses; whoever granted it should look."""
    for waiver in (
        policy.waivers.holding_on(clock.today()).filter(clause_key__in=keys).select_related("spoke", "granted_by")
    ):
        yield slots.Touched(
            kind="waiver",
            title=_("%(department)s is released until %(day)s")
            % {"department": waiver.spoke.name, "day": date_format(waiver.ends_on, "j F Y")},
            url=waiver.get_absolute_url(),
            about=f"policies.waiver:{waiver.pk}",
            parts=(waiver.clause_key,),
            people=(waiver.granted_by,) if waiver.granted_by.is_active else (),
        )


def _guides(policy, keys):
    """Published guides with a row that rests on one of these clauses; they answer in the hub's name."""
    cites = GuideCitation.objects.filter(policy=policy, clause_key__in=keys, row__guide__is_published=True)
    found = {}
    for cite in cites.select_related("row__guide").order_by("row__guide__title", "clause_key"):
        found.setdefault(cite.row.guide, []).append(cite.clause_key)
    for guide, parts in found.items():
        yield slots.Touched(
            kind="guide",
            title=guide.title,
            url=reverse("admin:policies_guide_edit", args=[guide.pk]),
            about=f"policies.guide:{guide.pk}",
            parts=tuple(dict.fromkeys(parts)),
        )


def _questions(policy, keys):
    """Questions at signing that one of these clauses answers: what was the right answer may be the wrong one now."""
    for question in policy.quiz_questions.filter(is_on=True, clause_key__in=keys):
        yield slots.Touched(
            kind="question",
            title=question.text,
            url=reverse("admin:policies_policy_quiz_question", args=[policy.pk, question.pk]),
            about="",
            parts=(question.clause_key,),
        )


def _platforms(policy, keys):
    """The accounts of the platforms that these clauses are about; who looks after them is told as a reader of it."""
    found = {}
    for key, uses in accounts_by_clause(policy).items():
        for use in uses if key in keys else ():
            found.setdefault((use.title, use.url), []).append(key)
    for (title, url), parts in sorted(found.items()):
        yield slots.Touched(kind="account", title=title, url=url, about="", parts=tuple(parts))


def _why(policy, version, before):
    if not policy.must_sign:
        return _("The policy itself asks nobody to sign.")
    if before is None:
        return _("It is the first version, so everybody it is meant for is asked.")
    if version.significance == Significance.MATERIAL:
        count = version.clause_changes.filter(Q(significance=Significance.MATERIAL) | Q(binds_more=True)).count()
        if not count:
            return _("The rule is said to change as a whole, so earlier signatures do not hold for this version.")
        if version.reached_by.filter(asks_again__isnull=False).exists():
            return ngettext(
                "The rule changes in %(n)d clause, for some only: they sign again, the others' signatures hold.",
                "The rule changes in %(n)d clauses, for some only: they sign again, the others' signatures hold.",
                count,
            ) % {"n": count}
        return ngettext(
            "The rule changes in %(n)d clause, so earlier signatures do not hold for this version.",
            "The rule changes in %(n)d clauses, so earlier signatures do not hold for this version.",
            count,
        ) % {"n": count}
    return _("The rule changes in no clause, so earlier signatures hold for this version too.")


def _asked(version):
    """One row for each top branch of the tree, largest first; people without a home come last.

    Those whose signature will hold for the version, because nothing that binds them changes, are not among them.
    """
    policy = version.policy
    people = addressed(User.objects.active(), policy)
    people = people.filter(~Exists(holding_signatures(OuterRef("pk"), version.pk)))
    signed = Exists(Acknowledgement.objects.filter(person=OuterRef("person"), version__policy=policy))
    homes = Membership.objects.filter(ends_on=None, person__in=people).annotate(has_signed=signed)
    counted = homes.values("spoke__path").annotate(
        again=Count("pk", filter=Q(has_signed=True)), first_time=Count("pk", filter=Q(has_signed=False))
    )
    rows = list(counted.order_by())
    names = dict(Spoke.objects.values_list("pk", "name"))
    found = {}
    for row in rows:
        line = [int(part) for part in row["spoke__path"].strip("/").split("/")]
        top = line[min(1, len(line) - 1)]
        branch = found.setdefault(top, Asked(names[top]))
        branch.again += row["again"]
        branch.first_time += row["first_time"]
    homeless = people.filter(~Exists(Membership.objects.filter(person=OuterRef("pk"), ends_on=None)))
    without = homeless.count()
    branches = sorted(found.values(), key=lambda one: (-one.people, one.name))
    return [*branches, Asked(_("No department yet"), first_time=without)] if without else branches


def _accounts(groups):
    """Social accounts in use of the departments it is addressed to; of all where it is for everybody."""
    accounts = SocialAccount.objects.live()
    paths = list(Spoke.objects.filter(group__in=groups).values_list("path", flat=True))
    return (accounts.filter(within(paths, field="spoke__path")) if groups else accounts).count()
