from datetime import timedelta

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Sum,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

from hub.querysets import AudienceQuerySet, audit_lines, saying_who_follows
from policies import clock
from spokes.querysets import representing, user_paths, within

from .workflow import (
    CASE_OPEN,
    CASE_READABLE,
    OPEN,
    READABLE,
    AdaptationStatus,
    CaseStatus,
    QuestionStatus,
    RevisionStatus,
    RunStatus,
    SuggestionStatus,
)


class PlaybookQuerySet(AudienceQuerySet):
    def published(self):
        return self.exclude(current=None)

    def verified(self):
        """The owner's word that it is still true holds today."""
        return self.filter(verified_until__gte=clock.today())

    def not_verified(self):
        return self.filter(Q(verified_until__lt=clock.today()) | Q(verified_until=None))

    def trusted(self):
        """What the usual lists hold: verified, or not for so long that nobody should rely on it."""
        return self.filter(verified_until__gte=faded_before())

    def faded(self):
        """Nobody has said for long that it is still true."""
        return self.filter(Q(verified_until__lt=faded_before()) | Q(verified_until=None))

    def verification_due(self, on):
        """The owner's word that it is still true ends on that day or has ended."""
        return self.published().filter(Q(verified_until__lte=on) | Q(verified_until=None))

    def on_topic(self, slug):
        """On a topic, or on one that stands right below it."""
        return self.filter(Q(topic__slug=slug) | Q(topic__parent__slug=slug))

    def asked_for(self, asked, *, but=""):
        """Those that the library's filters leave: {name: value}, the filter called `but` not counted."""
        asked = {name: value for name, value in asked.items() if value and name != but}
        rows = self
        if "topic" in asked:
            rows = rows.on_topic(asked["topic"])
        if "goal" in asked:
            rows = rows.filter(goal__slug=asked["goal"])
        if "platform" in asked:
            rows = rows.filter(Exists(self._platforms().filter(platform=asked["platform"])))
        if "tag" in asked:
            through = self.model.tags.through.objects.filter(playbook=OuterRef("pk"))
            rows = rows.filter(Exists(through.filter(tag__slug=asked["tag"])))
        if "difficulty" in asked:
            rows = rows.filter(difficulty=asked["difficulty"])
        if "time" in asked:
            rows = (
                rows.filter(minutes__gt=60) if asked["time"] == "more" else rows.filter(minutes__lte=int(asked["time"]))
            )
        verified = asked.get("verified")
        if verified == "yes":
            return rows.verified()
        if verified == "no":
            return rows.not_verified()
        return rows if verified == "all" or but == "verified" else rows.trusted()

    @staticmethod
    def _platforms():
        return apps.get_model("playbooks", "PlaybookPlatform").objects.filter(playbook=OuterRef("pk"))

    def in_order(self, sort):
        if sort == "newest":
            return self.newest_first()
        return self.most_helpful_first() if sort == "helpful" else self.order_by("title", "pk")

    def looked_after_by(self, user):
        return self.filter(Q(owner=user) | Q(deputy=user))

    def in_care_of(self, user):
        """Those whose upkeep this person sees: all for whoever reads all, else her own."""
        return self if user.reads_all else self.looked_after_by(user)

    def owner_left(self):
        return self.filter(owner__is_active=False)

    def with_open_questions(self):
        questions = apps.get_model("playbooks", "Question").objects.open().filter(playbook=OuterRef("pk"))
        return self.annotate(open_questions=_number(questions))

    def with_open_suggestions(self):
        suggestions = apps.get_model("playbooks", "Suggestion").objects.waiting().filter(playbook=OuterRef("pk"))
        return self.annotate(open_suggestions=_number(suggestions))

    def with_changed_clauses(self):
        """Adds how many of its citations lead to a clause that changed, not merely in words, since it was verified."""
        changes = apps.get_model("policies", "ClauseChange").objects.exclude(significance="editorial")
        changes = changes.filter(
            version__policy=OuterRef("policy"),
            key=OuterRef("clause_key"),
            version__published_at__gt=OuterRef("playbook__verified_at"),
        )
        cites = apps.get_model("playbooks", "Citation").objects.filter(Exists(changes), playbook=OuterRef("pk"))
        return self.annotate(changed_clauses=_number(cites))

    def with_reads_since(self, day):
        counts = apps.get_model("playbooks", "ReadCount").objects.filter(playbook=OuterRef("pk"), day__gte=day)
        total = counts.order_by().values("playbook").annotate(total=Sum("number")).values("total")
        return self.annotate(reads=Coalesce(Subquery(total), 0))

    def most_unhelpful_first(self):
        """By how many it did not help, weighed by how large a share they are of all who said."""
        no = ExpressionWrapper(F("unhelpful") * 1.0, output_field=FloatField())
        worth = ExpressionWrapper(no * no / (no + F("helpful")), output_field=FloatField())
        return self.filter(unhelpful__gt=0).order_by(worth.desc(), "title", "pk")

    def most_helpful_first(self):
        balance = ExpressionWrapper(F("helpful") - F("unhelpful"), output_field=IntegerField())
        return self.order_by(balance.desc(), "title", "pk")

    def newest_first(self):
        return self.order_by("-current__published_at", "pk")


def faded_before():
    """The last word must have held on this day or later for a playbook to stand in the usual lists."""
    return clock.today() - timedelta(days=settings.UNVERIFIED_HIDE_DAYS)


def _number(rows):
    """How many of these rows, which all belong to one playbook, as a subquery."""
    total = rows.order_by().values("playbook").annotate(total=Count("pk")).values("total")
    return Coalesce(Subquery(total), 0)


class RevisionQuerySet(models.QuerySet):
    def open(self):
        return self.filter(status__in=OPEN)

    def readable(self):
        """What readers can see: the revision that holds and those before it."""
        return self.filter(status__in=READABLE)

    def in_review(self):
        return self.filter(status=RevisionStatus.IN_REVIEW)

    def newest_first(self):
        return self.order_by(F("number").desc())

    def for_audience_of(self, user):
        """Revisions of playbooks that are meant for this person."""
        if user.reads_all:
            return self
        through = apps.get_model("playbooks", "Playbook").audiences.through.objects.filter(
            playbook=OuterRef("playbook")
        )
        return self.filter(~Exists(through) | Exists(through.filter(group__user=user)))

    def with_vote_of(self, user):
        """Adds `my_vote`: whether the person found the playbook helpful, or None; and why not, if she said so."""
        votes = apps.get_model("playbooks", "Vote").objects.filter(playbook=OuterRef("playbook"), person=user)
        return self.annotate(
            my_vote=Subquery(votes.values("helpful")[:1]),
            my_reason=Subquery(votes.values("reason")[:1]),
            my_sentence=Subquery(votes.values("sentence")[:1]),
        )

    def saying_who_follows(self, user):
        """Adds whether the person follows the playbook, and how many do."""
        return saying_who_follows(self, "playbook", user, field="playbook")

    def saying_who_represents(self, user):
        """Adds `represents_some`: whether the person speaks for a department today."""
        terms = apps.get_model("spokes", "Term").objects.current().filter(person=user)
        return self.annotate(represents_some=Exists(terms))

    def awaiting(self, user):
        """Revisions in review that this person may approve: staff who wrote no part of them."""
        if not user.is_coe_staff:
            return self.none()
        return (
            self.in_review().exclude(contributors=user).exclude(created_by=user).exclude(submitted_by=user)
        )  # fmt: skip

    def returned_to(self, user):
        """Drafts this person wrote part of that were given back and not submitted again."""
        if not user.is_coe_staff:
            return self.none()
        last_step = audit_lines(self.model, ["submitted", "returned"]).values("verb")[:1]
        return (
            self.filter(status=RevisionStatus.DRAFT, contributors=user)
            .alias(last_step=Subquery(last_step))
            .filter(last_step="returned")
        )

    def waiting_for(self, user):
        """What is hers to approve, and, with its `returned_comment`, what was given back to her; in one query."""
        mine = Q(pk__in=self.awaiting(user).values("pk")) | Q(pk__in=self.returned_to(user).values("pk"))
        comment = audit_lines(self.model, ["submitted", "returned"]).values(comment=KT("details__comment"))[:1]
        return self.filter(mine).annotate(returned_comment=Subquery(comment))


class RevisionReviewQuerySet(models.QuerySet):
    def running(self):
        """Asked for, not done yet, of a revision that is still being worked on."""
        return self.filter(done_at=None, revision__status__in=OPEN)

    def awaiting(self, user):
        return self.running().filter(person=user)


class RevisionCommentQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state="open")

    def awaiting(self, user):
        """Comments on open revisions that this person wrote part of, still to be answered."""
        if not user.is_coe_staff:
            return self.none()
        return self.open().filter(revision__status__in=OPEN, revision__contributors=user)


class SuggestionQuerySet(models.QuerySet):
    def by(self, user):
        """Her own, those she withdrew left out."""
        return self.filter(suggested_by=user).exclude(status=SuggestionStatus.WITHDRAWN)

    def waiting(self):
        return self.filter(status=SuggestionStatus.WAITING)

    def visible_to(self, user):
        """Her own; those that were sent also to who looks after the playbook, and to whoever reads all."""
        sent = ~Q(status=SuggestionStatus.DRAFT) & ~Q(sent_at=None)
        if user.reads_all:
            return self.filter(sent | Q(suggested_by=user))
        return self.filter(Q(suggested_by=user) | sent & (Q(playbook__owner=user) | Q(playbook__deputy=user)))

    def to_decide(self, user):
        """Those this person may answer: of playbooks she looks after, of all where she is staff; not her own."""
        if user.only_reads:
            return self.none()
        waiting = self.waiting().exclude(suggested_by=user)
        return waiting if user.is_coe_staff else waiting.filter(Q(playbook__owner=user) | Q(playbook__deputy=user))

    def awaiting(self, user):
        """Those that wait for this person: of playbooks she looks after; for a lead also those nobody looks after."""
        mine = Q(playbook__owner=user) | Q(playbook__deputy=user)
        if user.is_lead:
            gone = Q(playbook__owner__is_active=False)
            mine |= gone & (Q(playbook__deputy=None) | Q(playbook__deputy__is_active=False))
            mine |= Q(playbook__owner=F("suggested_by"), playbook__deputy=None)
        return self.to_decide(user).filter(mine)


class QuestionQuerySet(AudienceQuerySet):
    def shown(self):
        """What nobody has hidden or taken back."""
        return self.filter(hidden_at=None)

    def open(self):
        return self.shown().filter(status=QuestionStatus.OPEN)

    def answered(self):
        return self.shown().filter(status=QuestionStatus.ANSWERED)

    def for_audience_of(self, user):
        """What is meant for this person, and is about something that is still meant for her."""
        asked = super().for_audience_of(user)
        if user.reads_all:
            return asked
        return asked.filter(_about_for(user, "policies", "Policy"), _about_for(user, "playbooks", "Playbook"))

    def visible_to(self, user):
        """For its audience, for who asked, for who may answer, and for whoever reads all.

        What is hidden stays for who asked and for whoever reads all.
        """
        if user.reads_all:
            return self
        shown = Q(hidden_at=None) | Q(asked_by=user)
        mine = Q(asked_by=user) | within(user_paths(user), field="asked_for__path") | _looked_after_by(user)
        return self.filter(shown, mine | Q(pk__in=self.model.objects.for_audience_of(user).values("pk")))

    def awaiting(self, user):
        """Open questions that this person may answer; her own is not hers to answer."""
        if user.is_coe_staff:
            return self.open().exclude(asked_by=user)
        mine = representing(user, field="asked_for__path") | _looked_after_by(user)
        return self.open().filter(mine).exclude(asked_by=user)

    def newest_first(self):
        return self.order_by("-asked_at", "-pk")


class AnswerQuerySet(models.QuerySet):
    def shown(self):
        """What nobody has hidden or taken back."""
        return self.filter(hidden_at=None)

    def visible_to(self, user):
        """Of a question that this person may read. What is hidden stays for its author and for whoever reads all."""
        return self if user.reads_all else self.filter(Q(hidden_at=None) | Q(answered_by=user))


class ReportQuerySet(models.QuerySet):
    def open(self):
        return self.filter(outcome="")

    def settled(self):
        return self.exclude(outcome="")

    def first_of_each(self):
        """Of the open ones the oldest about each text, with how many there are, `number`."""
        same = apps.get_model("playbooks", "Report").objects.open().filter(about=OuterRef("about")).order_by()
        number = same.values("about").annotate(number=Count("pk")).values("number")
        return self.open().filter(~Exists(same.filter(pk__lt=OuterRef("pk")))).annotate(number=Subquery(number))

    def awaiting(self, user):
        """For staff, but not about what she wrote herself."""
        if not user.is_coe_staff:
            return self.none()
        return self.open().exclude(Q(answer=None, question__asked_by=user) | Q(answer__answered_by=user))


class AdaptationQuerySet(models.QuerySet):
    def published(self):
        return self.filter(status=AdaptationStatus.PUBLISHED)

    def visible_to(self, user):
        """Published ones for whoever may read the playbook; drafts and retired ones for who may write them."""
        if user.reads_all:
            return self
        readable = apps.get_model("playbooks", "Playbook").objects.published().for_audience_of(user)
        mine = within(user_paths(user), field="spoke__path")
        return self.filter(Q(status=AdaptationStatus.PUBLISHED) | mine, playbook__in=readable)

    def with_behind(self):
        """Adds `behind`: how many sections wait for the department's word because the playbook changed."""
        return self.annotate(behind=Count("sections", filter=Q(sections__is_behind=True)))

    def awaiting(self, user):
        """Those of a department that this person speaks for herself, in which something waits for its word."""
        here = self.visible_to(user).exclude(status=AdaptationStatus.RETIRED).kept_by(user)
        return here.with_behind().filter(behind__gt=0)

    def kept_by(self, user):
        """Those of the department that this person speaks for herself."""
        terms = apps.get_model("spokes", "Term").objects.current().filter(person=user, spoke=OuterRef("spoke"))
        return self.filter(Exists(terms))


class RunQuerySet(models.QuerySet):
    def active(self):
        return self.filter(status=RunStatus.ACTIVE)

    def finished(self):
        return self.filter(status=RunStatus.FINISHED)

    def visible_to(self, user):
        """For colleagues: whose home is in the department or below it, or who represents it; and whoever reads all.

        Nobody sees a run of a playbook that is not meant for her.
        """
        return self if user.reads_all else self.filter(runs_visible_to(user))

    def saying_whether_visible_to(self, user):
        """Adds `is_visible`."""
        visible = Q(pk__isnull=False) if user.reads_all else runs_visible_to(user)
        return self.annotate(is_visible=ExpressionWrapper(visible, output_field=BooleanField()))

    def kept_by(self, user):
        """Those this person looks after: she started them, or the department is the one she represents herself."""
        terms = apps.get_model("spokes", "Term").objects.current().filter(person=user, spoke=OuterRef("spoke"))
        return self.filter(Q(started_by=user) | Exists(terms))

    def awaiting(self, user):
        """Those she looks after whose last day has passed, or in which every step is done."""
        is_over = Q(ends_on__lt=clock.today()) | Q(step_count__gt=0, done_count=F("step_count"))
        return self.visible_to(user).active().kept_by(user).filter(is_over)


class RunStepQuerySet(models.QuerySet):
    def open(self):
        return self.filter(done_at=None)

    def in_active_runs(self):
        return self.filter(run__status=RunStatus.ACTIVE, is_dropped=False)

    def saying_who_is_here(self):
        """Adds `is_here`: whether who the step is assigned to still works in the department, or speaks for it, and may
        still read the playbook."""
        return self.annotate(is_here=ExpressionWrapper(_assignee_is_here(), output_field=BooleanField()))

    def of_people_who_are_here(self):
        return self.filter(_assignee_is_here())

    def awaiting(self, user, until):
        """Her open steps in runs that have begun and that she can see, due by that day or on no day."""
        runs = apps.get_model("playbooks", "Run").objects.visible_to(user).filter(starts_on__lte=clock.today())
        due = Q(due_on=None) | Q(due_on__lte=until)
        return self.open().in_active_runs().filter(due, assignee=user, run__in=runs)


class RunPointQuerySet(models.QuerySet):
    def sent(self):
        """Put to the playbook's owner once, also where it was taken back again."""
        return self.exclude(question=None, suggestion=None)

    def unsent(self):
        return self.filter(question=None, suggestion=None)


def runs_visible_to(user):
    groups = apps.get_model("hub", "User").groups.through.objects.filter(user=user, group=OuterRef("spoke__group"))
    return (Exists(groups) | representing(user, field="spoke__path")) & _about_for(user, "playbooks", "Playbook")


def _assignee_is_here():
    person = apps.get_model("hub", "User")
    groups = person.groups.through.objects.filter(user=OuterRef("assignee"), group=OuterRef("run__spoke__group"))
    path = ExpressionWrapper(OuterRef("run__spoke__path"), output_field=models.CharField())
    terms = apps.get_model("spokes", "Term").objects.current().filter(person=OuterRef("assignee"))
    terms = terms.annotate(asked_path=path).filter(asked_path__startswith=F("spoke__path"))
    return Q(assignee__is_active=True) & (Q(Exists(groups)) | Q(Exists(terms))) & _assignee_may_read()


def _assignee_may_read():
    """Whoever the step is assigned to belongs to the playbook's audience today, or reads all."""
    through = apps.get_model("playbooks", "Playbook").audiences.through
    audiences = through.objects.filter(playbook=OuterRef("run__playbook"))
    reached = Exists(audiences.filter(group__user=OuterRef("assignee")))
    reads_all = Q(assignee__role__in=["staff", "lead"]) | Q(assignee__is_superuser=True)
    return reads_all | ~Q(Exists(audiences)) | Q(reached)


class CaseQuerySet(AudienceQuerySet):
    def published(self):
        return self.filter(status=CaseStatus.PUBLISHED)

    def proposed(self):
        return self.filter(status=CaseStatus.PROPOSED)

    def open(self):
        """Not for readers yet."""
        return self.filter(status__in=CASE_OPEN)

    def visible_to(self, user):
        """What is published and meant for her (or was, until it was retired), what she wrote, and all for the hub."""
        if user.reads_all:
            return self
        rows = self.model.audiences.through.objects.filter(casestudy=OuterRef("pk"))
        wrote = self.model.contributors.through.objects.filter(casestudy=OuterRef("pk"), user=user)
        meant = ~Exists(rows) | Exists(rows.filter(group__user=user))
        return self.filter((Q(status__in=CASE_READABLE) & meant) | Exists(wrote))

    def awaiting(self, user):
        """Proposed, and hers to read: staff who wrote no part of it."""
        if not user.is_coe_staff:
            return self.none()
        wrote = self.model.contributors.through.objects.filter(casestudy=OuterRef("pk"), user=user)
        return self.proposed().filter(~Exists(wrote))

    def returned_to(self, user):
        """Drafts this person wrote part of that were given back to their authors, with the `returned_comment`."""
        lines = audit_lines(self.model, ["proposed", "returned"])
        mine = self.filter(status=CaseStatus.DRAFT, contributors=user)
        mine = mine.alias(last_step=Subquery(lines.values("verb")[:1])).filter(last_step="returned")
        return mine.annotate(returned_comment=Subquery(lines.values(comment=KT("details__comment"))[:1]))


class ExternalQuerySet(models.QuerySet):
    def shown(self):
        return self.filter(is_shown=True)


def _about_for(user, app, model):
    """Questions not about such a thing, or about one whose audience today includes this person."""
    name = model.lower()
    rows = apps.get_model(app, model).audiences.through.objects.filter(**{name: OuterRef(name)})
    return ~Exists(rows) | Exists(rows.filter(group__user=user))


def _looked_after_by(user):
    """Questions about something this person looks after."""
    return Q(policy__owner=user) | Q(playbook__owner=user) | Q(playbook__deputy=user) | Q(service__owner=user)
