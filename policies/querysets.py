from collections import defaultdict

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, ExpressionWrapper, F, OuterRef, Q, Subquery, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Concat

from hub.prepared import prepared
from hub.querysets import AudienceQuerySet, audit_lines
from spokes.querysets import active_on

from . import workflow
from .clock import today
from .workflow import OPEN, PUBLISHED, READABLE, CampaignStatus, Status


def visible_on(day):
    """Versions that readers can see on a day, whether or not the job has settled their state."""
    return Q(status__in=READABLE) | Q(status=Status.SCHEDULED, publish_on__lte=day)


def due_on(day):
    """Versions whose stored state is behind their dates."""
    return Q(status=Status.SCHEDULED, publish_on__lte=day) | Q(status=Status.ANNOUNCED, effective_on__lte=day)


def _signatures():
    return apps.get_model("policies", "Acknowledgement").objects


def reach_for(person):
    """What of one version holds for another, be it a signature, a day or a campaign, as far as this person is
    concerned: no change in between that must be signed applies to her. An `OuterRef` counts from one query further in.
    """
    reach = apps.get_model("policies", "Reach")
    changed_for = reach.asks_again.through.objects.filter(reach=OuterRef("pk"), group__user=person)
    return reach.objects.filter(~Exists(changed_for))


def bound_by(person):
    """Clauses that bind this person (or an `OuterRef`), of versions of policies that are meant for her."""
    named = apps.get_model("policies", "ClauseAudience").objects.filter(clause=OuterRef("pk"))
    clauses = apps.get_model("policies", "Clause").objects
    return clauses.filter(~Exists(named) | Exists(named.filter(group__user=person)))


def asked_since(person, version, number):
    """The day from which on the rule of a version that this person must sign has bound: that of the first version,
    not taken back, whose signature would hold. For a subquery; the version's key and number or their `OuterRef`s."""
    first = reach_for(person).filter(version=version, signed__number__lte=number, signed__withdrawn_on=None)
    return first.order_by("signed__number").values("signed__effective_on")[:1]


def holding_signatures(person, version):
    """Signatures of this person (or `OuterRef`) that hold for a version (or its `OuterRef`); for a subquery.

    A signature holds if it reaches the version (`reach_for`) and nothing that must be followed there binds her which
    was for others when she signed: whoever moves, or is newly addressed by a clause, is asked.
    """
    # One subquery further in, where the signature itself is what encloses.
    inner = version if isinstance(version, int) else OuterRef(version)
    signer = OuterRef(OuterRef("person"))
    newly = (
        bound_by(signer)
        .filter(version=inner, force="must")
        .alias(unbound=ExpressionWrapper(OuterRef("unbound"), output_field=models.TextField()))
        .filter(unbound__contains=Concat(Value(" "), F("key"), Value(" "), output_field=models.TextField()))
    )
    return _signatures().filter(
        Exists(reach_for(signer).filter(version=inner, signed=OuterRef("version"))),
        Q(unbound="") | ~Exists(newly),
        person=person,
    )


def _roll():
    return apps.get_model("policies", "RollEntry").objects


IS_EXEMPT = ExpressionWrapper(~Q(exempt_reason=""), output_field=models.BooleanField())


@prepared()
def _late(day):
    return apps.get_model("policies", "PolicyVersion").objects.due(day).order_by().values_list("policy", flat=True)


class PolicyQuerySet(AudienceQuerySet):
    def _versions(self):
        return apps.get_model("policies", "PolicyVersion").objects

    def readable(self):
        """Readers have something to read: published, or withdrawn and still readable under a notice."""
        versions = self._versions().filter(policy=OuterRef("pk"))
        return self.filter(Exists(versions.filter(visible_on(today()))))

    def published(self):
        """A version is announced or in force."""
        return self.filter(pk__in=self._versions().shown_on(today()).published().values("policy"))

    def in_force(self):
        return self.filter(pk__in=self._versions().shown_on(today()).binding_on(today()).values("policy"))

    def addressed_to(self, user):
        """What is meant for this person herself: whoever reads all signs only what addresses her."""
        rows = self.model.audiences.through.objects.filter(policy=OuterRef("pk"))
        return self.filter(~Exists(rows) | Exists(rows.filter(group__user=user)))

    def awaiting_signature_of(self, user):
        """Policies whose text in force asks this person for a signature that she has not given."""
        day = today()
        asking = self._versions().shown_on(day).binding_on(day).with_signing_of(user).to_sign()
        return self.filter(pk__in=asking.values("policy"))

    def review_due(self, on):
        return self.filter(current__status__in=PUBLISHED, review_on__lte=on)


class VersionQuerySet(models.QuerySet):
    def open(self):
        """Being worked on, not yet seen by readers."""
        return self.filter(status__in=OPEN)

    def visible_on(self, day):
        return self.filter(visible_on(day))

    def published(self):
        """Seen by readers and not taken back. After `shown_on`, where a scheduled one is one whose day has come."""
        return self.filter(status__in=[*PUBLISHED, Status.SCHEDULED])

    def published_on(self, day):
        """Texts that bind on a day or are announced then: per policy one, or two."""
        superseded = Q(superseded_on=None) | Q(superseded_on__gt=day)
        return self.filter(visible_on(day), superseded, withdrawn_on=None).exclude(status=Status.SUPERSEDED)

    def newest_first(self):
        return self.order_by(F("number").desc())

    def baseline(self):
        """Of one policy's versions the one that the next is compared with: the newest that readers have had and that
        was not withdrawn as published in error; where all were, the newest of those."""
        had = self.filter(status__in=READABLE)
        in_error = Q(withdrawal_reason="in_error")
        return (
            had.annotate(in_error=models.Case(models.When(in_error, then=1), default=0))
            .order_by("in_error", "-number")
            .first()
        )

    def in_review(self):
        return self.filter(status=Status.IN_REVIEW)

    def due(self, day):
        """Versions the job has to settle."""
        return self.filter(due_on(day))

    def binding_on(self, day):
        """Of versions already narrowed by `shown_on`: those that bind and are not merely announced or withdrawn."""
        return self.filter(effective_on__lte=day, withdrawn_on=None).exclude(status=Status.SUPERSEDED)

    def in_force_on(self, day):
        """The one version of each policy that binds on any day, past or to come, as `workflow.binding` has it."""
        binding = (
            visible_on(day)
            & Q(effective_on__lte=day)
            & (Q(superseded_on=None) | Q(superseded_on__gt=day))
            & (Q(withdrawn_on=None) | Q(withdrawn_on__gt=day))
        )
        newer = self.model.objects.filter(binding, policy=OuterRef("policy"), number__gt=OuterRef("number"))
        return self.filter(binding).filter(~Exists(newer))

    def shown_on(self, day, late=None):
        """The one version of each policy that readers get.

        `Policy.current` says it, except for the few policies whose job is late: those are computed from the dates.
        One small query more, then lazy; none where the caller brings `shown_although_late(day)`.
        """
        late = dict(self.shown_although_late(day) if late is None else late)
        condition = Q(pk=F("policy__current"))
        if late:
            condition = condition & ~Q(policy__in=late.keys()) | Q(pk__in=late.values())
        return self.filter(condition)

    def shown_although_late(self, day):
        """(policy id, version id) of what readers get where the stored state is behind; nearly always ()."""
        late = _late(day=day)
        if not late:
            return ()
        versions = defaultdict(list)
        for version in self.model.objects.filter(policy__in=late).visible_on(day).defer("change_note"):
            versions[version.policy_id].append(version)
        return tuple(sorted((policy, workflow.shown(rows, day).pk) for policy, rows in versions.items()))

    def with_signing_of(self, user):
        """Adds all there is to know about this person's signature of each version, in the same query.

        `is_addressed` (the policy is meant for her), `is_signed` (a signature of hers holds), `signed_number` and
        `signed_at` (her latest signature of this policy), and what the day to sign by follows from: `asked_since`,
        `home_counts`, `home_since`, or her place on the roll of a campaign: `roll_due_on`, `is_on_roll` (of one that
        runs), `is_exempt`. Read with `policies.reports.signing`.
        """
        on_rolls = _roll().deciding_for(user)
        rows = apps.get_model("policies", "Policy").audiences.through.objects.filter(policy=OuterRef("policy"))
        mine = _signatures().filter(person=user, version__policy=OuterRef("policy")).order_by("-version__number")
        home = apps.get_model("spokes", "Membership").objects.filter(person=user, ends_on=None)
        narrowed = apps.get_model("policies", "ClauseAudience").objects.filter(clause__version=OuterRef("pk"))
        return self.annotate(
            asked_since=Subquery(asked_since(user, OuterRef("pk"), OuterRef("number"))),
            home_counts=Exists(rows) | Exists(narrowed.filter(group__user=user)),
            is_addressed=~Exists(rows) | Exists(rows.filter(group__user=user)),
            is_signed=Exists(holding_signatures(user, OuterRef("pk"))),
            signed_number=Subquery(mine.values("version__number")[:1]),
            signed_at=Subquery(mine.values("at")[:1]),
            home_since=Subquery(home.values("starts_on")[:1]),
            roll_due_on=Subquery(on_rolls.values("due_on")[:1]),
            is_on_roll=Exists(on_rolls.filter(campaign__status=CampaignStatus.RUNNING)),
            is_exempt=Coalesce(Subquery(on_rolls.values(is_exempt=IS_EXEMPT)[:1]), False),
        )

    def to_sign(self):
        """After `with_signing_of`: what this person is asked to sign, by the policy or by a campaign. The one rule."""
        asking = Q(policy__must_sign=True) | Q(is_on_roll=True)
        return self.filter(asking, is_addressed=True, is_signed=False, is_exempt=False)

    def asking(self):
        """Versions that ask anybody: their policy is signed by all it is for, or a campaign for their rule runs."""
        campaigns = (
            apps.get_model("policies", "Campaign").objects.running().filter(version__reaches__version=OuterRef("pk"))
        )
        return self.filter(Q(policy__must_sign=True) | Exists(campaigns))

    def awaiting(self, user):
        """Versions whose next step is this person's: approvals for a lead who wrote no part of them."""
        if not user.is_lead:
            return self.none()
        return self.in_review().exclude(contributors=user).exclude(submitted_by=user).exclude(created_by=user)

    def returned_to(self, user):
        """Drafts this person wrote part of that were given back and not submitted again."""
        if not user.is_coe_staff:
            return self.none()
        last_step = audit_lines(self.model, ["submitted", "returned"]).values("verb")[:1]
        return (
            self.filter(status=Status.DRAFT, contributors=user)
            .alias(last_step=Subquery(last_step))
            .filter(last_step="returned")
        )

    def waiting_for(self, user):
        """What is hers to approve, and, with its `returned_comment`, what was given back to her; in one query."""
        mine = Q(pk__in=self.awaiting(user).values("pk")) | Q(pk__in=self.returned_to(user).values("pk"))
        comment = audit_lines(self.model, ["submitted", "returned"]).values(comment=KT("details__comment"))[:1]
        return self.filter(mine).annotate(returned_comment=Subquery(comment))

    def to_look_at(self, user):
        """Published without a second pair of eyes, and nobody else has looked since."""
        if not user.is_coe_staff:
            return self.none()
        return (
            self.filter(status__in=READABLE, looked_at_by=None)
            .exclude(unapproved_reason="")
            .exclude(contributors=user)
            .exclude(published_by=user)
        )


class ReviewQuerySet(models.QuerySet):
    def running(self):
        """Asked for, not done yet, of a version that is still being worked on."""
        return self.filter(done_at=None, version__status__in=OPEN)

    def awaiting(self, user):
        return self.running().filter(person=user)


class QuizQuestionQuerySet(models.QuerySet):
    def asked(self, policy):
        return self.filter(policy=policy, is_on=True)


class OutsideReviewQuerySet(models.QuerySet):
    def running(self, day):
        """Whose link still opens its draft."""
        return self.filter(ended_at=None, until__gte=day, version__status__in=OPEN)


class CommentQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state="open")

    def up_to(self, version):
        """On this version and those before it."""
        return self.filter(version__policy=version.policy_id, version__number__lte=version.number)

    def late(self):
        """Still open although their version is published; they are answered before the next one is approved."""
        return self.open().exclude(version__status__in=OPEN)

    def awaiting(self, user):
        """Comments on versions that this person wrote part of, still to be answered."""
        if not user.is_coe_staff:
            return self.none()
        return self.open().filter(version__contributors=user)


class Joined(models.Aggregate):
    """All texts of a group in one, each ended by a record separator but the last; in no order."""

    function = "GROUP_CONCAT"
    output_field = models.TextField()

    def __init__(self, expression, **extra):
        super().__init__(expression, Value(RECORD), **extra)

    def as_postgresql(self, compiler, connection, **extra):
        return self.as_sql(compiler, connection, function="STRING_AGG", **extra)


# Control characters, which no title holds.
RECORD, UNIT = "\x1e", "\x1f"


class ClauseQuerySet(models.QuerySet):
    def with_groups(self):
        """With whom each clause is addressed to, and their names; one statement more."""
        groups = apps.get_model("auth", "Group").objects.select_related("spoke")
        return self.prefetch_related(models.Prefetch("audiences", groups))

    def with_guides_for(self, user):
        """Adds, in the same query, what `guides_of` reads: this reader's guides that cite each clause."""
        guides = apps.get_model("policies", "Guide").objects.published().for_audience_of(user)
        cites = _citations().filter(
            policy=OuterRef("version__policy"), clause_key=OuterRef("key"), row__guide__in=guides
        )
        named = Concat("row__guide__title", Value(UNIT), "row__guide__slug", output_field=models.TextField())
        joined = cites.order_by().values("policy").annotate(joined=Joined(named)).values("joined")
        return self.annotate(cited_by=Subquery(joined))


def guides_of(clause):
    """(title, address) of each guide that cites a clause annotated by `with_guides_for`, in the order of titles."""
    return sorted({tuple(one.split(UNIT)) for one in (clause.cited_by or "").split(RECORD) if one})


class GuideQuerySet(AudienceQuerySet):
    def published(self):
        return self.filter(is_published=True)

    def outdated(self, day):
        """A row of it rests on a clause that stands in no text that binds on that day or is announced."""
        return self.filter(pk__in=_citations().outdated(day).values("row__guide"))


def _citations():
    return apps.get_model("policies", "GuideCitation").objects


class GuideCitationQuerySet(models.QuerySet):
    def outdated(self, day):
        """The clause stands in no text that binds on that day or is announced."""
        versions = apps.get_model("policies", "PolicyVersion").objects.published_on(day)
        clauses = apps.get_model("policies", "Clause").objects.filter(version__in=versions)
        return self.filter(~Exists(clauses.filter(version__policy=OuterRef("policy"), key=OuterRef("clause_key"))))


class GuideGapQuerySet(models.QuerySet):
    def open(self):
        """Nobody has written a row for these answers since."""
        return self.filter(is_open=True)

    def newest_first(self):
        return self.order_by("-last_on", "-number", "pk")


class CampaignQuerySet(models.QuerySet):
    def running(self):
        return self.filter(status=CampaignStatus.RUNNING)

    def begun(self, day):
        """Running, and their first day has come."""
        return self.running().filter(starts_on__lte=day)

    def deciding(self, version):
        """Campaigns for the rule that this version states, the last started first: running ones, and closed ones for
        what they settled (a person's day to sign, her exemption). A material change leaves them behind: for all, or,
        where a campaign `is_partial`, for those it applies to."""
        groups = apps.get_model("policies", "Reach").asks_again.through.objects
        partial = groups.filter(reach__version=version.pk, reach__signed=OuterRef("version"))
        return (
            self.filter(
                version__reaches__version=version.pk,
                status__in=[CampaignStatus.RUNNING, CampaignStatus.CLOSED],
                started_at__isnull=False,
            )
            .annotate(is_partial=Exists(partial))
            .order_by("-started_at", "-pk")
        )


class RollQuerySet(models.QuerySet):
    def deciding_for(self, person):
        """For a subquery on versions: this person's entries of the campaigns for each version's rule, as `deciding`."""
        return (
            self.filter(
                person=person,
                left_on=None,
                asked_on__lte=today(),
                campaign__policy=OuterRef("policy"),
                campaign__status__in=[CampaignStatus.RUNNING, CampaignStatus.CLOSED],
                campaign__started_at__isnull=False,
            )
            .reaching(OuterRef(OuterRef("pk")))
            .last_started_first()
        )

    def reaching(self, version):
        """Entries of campaigns whose word holds for a version too (its key, or an `OuterRef` from one query further
        in), for the person of the entry."""
        reach = reach_for(OuterRef(OuterRef("person"))).filter(version=version, signed=OuterRef("campaign__version"))
        return self.filter(Exists(reach))

    def last_started_first(self):
        """In the order of `CampaignQuerySet.deciding`: of several campaigns the first entry decides."""
        return self.order_by("-campaign__started_at", "-campaign_id")

    def present(self):
        """Who is on the roll now: in the audience, and still here."""
        return self.filter(left_on=None, person__is_active=True)

    def asked(self):
        return self.present().filter(exempt_reason="")

    def exempt(self):
        return self.exclude(exempt_reason="")


class WaiverQuerySet(models.QuerySet):
    def holding_on(self, day):
        return self.filter(starts_on__lte=day, ends_on__gte=day).filter(Q(ended_on=None) | Q(ended_on__gt=day))

    def planned(self, day):
        return self.filter(starts_on__gt=day, ended_on=None)

    def over(self, day):
        return self.filter(Q(ends_on__lt=day) | Q(ended_on__lte=day))

    def concerning(self, user):
        """Those this person may see: of the department she calls home or one above it, and of those she represents,
        above or below; whoever reads all sees all. Asked inside the query."""
        if user.reads_all:
            return self
        home = apps.get_model("spokes", "Membership").objects.filter(person=user, ends_on=None)
        represented = apps.get_model("spokes", "Term").objects.filter(active_on(today()), person=user)
        path = ExpressionWrapper(OuterRef("spoke__path"), output_field=models.CharField())
        return self.filter(
            Exists(home.filter(spoke__path__startswith=OuterRef("spoke__path")))
            | Exists(represented.filter(spoke__path__startswith=OuterRef("spoke__path")))
            | Exists(represented.annotate(asked_path=path).filter(asked_path__startswith=F("spoke__path")))
        )


class ObligationQuerySet(models.QuerySet):
    def current(self):
        return self.filter(retired_on=None)

    def with_coverage(self, day):
        """Adds `links`, how many clauses are said to cover it, and `in_force`, how many of them bind on that day."""
        coverage = apps.get_model("policies", "Coverage").objects.filter(obligation=OuterRef("pk")).order_by()
        return self.annotate(links=_number(coverage), in_force=_number(coverage.filter(binds_on(day))))

    def uncovered(self, day):
        """No clause in force answers it."""
        coverage = apps.get_model("policies", "Coverage").objects.filter(obligation=OuterRef("pk"))
        return self.filter(~Exists(coverage.filter(binds_on(day))))


def binds_on(day):
    """Of coverage: its clause stands in the text that binds on that day."""
    versions = apps.get_model("policies", "PolicyVersion").objects.shown_on(day).binding_on(day)
    clauses = apps.get_model("policies", "Clause").objects.filter(version__in=versions)
    return Exists(clauses.filter(version__policy=OuterRef("policy"), key=OuterRef("clause_key")))


def _number(rows):
    counted = rows.values("obligation").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)
