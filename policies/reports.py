"""What a reader is told about policies that no single row knows."""

from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from hub import slots
from hub.models import User
from policies import clock, workflow
from policies.models import Acknowledgement, ClauseChange, Guide, GuideCitation, Significance, table_of
from spokes.models import Membership, SocialAccount, Spoke
from spokes.querysets import within


@dataclass(frozen=True)
class Signing:
    """One person and one version. `due_on` is None when she is not asked."""

    is_asked: bool
    can_sign: bool
    is_signed: bool
    signed_number: int | None
    signed_at: datetime | None
    due_on: date | None

    @property
    def is_overdue(self):
        return self.due_on is not None and self.due_on < clock.today()


def signing(version, policy, person):
    """From a version annotated by `with_signing_of(person)`."""
    can_sign = policy.must_sign and version.is_addressed
    is_asked = can_sign and not version.is_signed
    return Signing(
        is_asked=is_asked,
        can_sign=can_sign,
        is_signed=version.is_signed,
        signed_number=version.signed_number,
        signed_at=version.signed_at,
        due_on=sign_by(version, policy, person) if is_asked else None,
    )


def sign_by(version, policy, person):
    """The last day to sign: counted from when the rule began to bind this person."""
    since = [version.asked_since or version.effective_on, person.joined_on]
    if policy.asked_from:
        since.append(policy.asked_from)
    if version.has_audience and version.home_since:
        since.append(version.home_since)
    return max(since) + policy.sign_period


def comments_by_clause(version):
    """(the version's clauses, each with its `comments`; what is about the whole, or about a clause that is gone)."""
    clauses = list(version.clauses.all())
    by_key = {clause.key: clause for clause in clauses}
    for clause in clauses:
        clause.comments = []
    general = []
    for comment in version.comments.select_related("author", "answered_by"):
        clause = by_key.get(comment.clause_key)
        (clause.comments if clause else general).append(comment)
    return clauses, general


@dataclass(frozen=True)
class Standing:
    """All visible versions of a policy, newest first, and what holds on a day. Made of at least one version."""

    versions: list
    day: date

    @property
    def policy(self):
        return self.versions[0].policy

    @property
    def binding(self):
        return workflow.binding(self.versions, self.day)

    @property
    def announced(self):
        return workflow.announced(self.versions, self.day)

    @property
    def shown(self):
        return workflow.shown(self.versions, self.day)

    def numbered(self, number):
        return next((version for version in self.versions if version.number == number), None)

    def settle_for_reading(self):
        """Gives each version the state that its dates say; nothing is stored."""
        for version in self.versions:
            version.policy = self.policy
        states = [workflow.status_on(version, self.versions, self.day) for version in self.versions]
        for version, state in zip(self.versions, states, strict=True):
            version.status = state
            version.published_at = version.published_at or clock.midnight(version.publish_on)
        return self


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
    keys = [change.key for change in changes]
    things = [*_guides(policy, keys), *slots.touched.gather(policy, keys)] if keys else []
    touched = {}
    for thing in things:
        touched.setdefault(thing.kind, []).append(thing)
    groups = list(policy.audiences.all())
    return Impact(
        changes=changes,
        asks=asks,
        why=_why(policy, version, before),
        departments=_asked(policy, groups) if asks else [],
        accounts=_accounts(groups),
        touched=touched,
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


def _why(policy, version, before):
    if not policy.must_sign:
        return _("People do not sign this policy.")
    if before is None:
        return _("It is the first version, so everybody it is meant for is asked.")
    if version.significance == Significance.MATERIAL:
        return _("A clause changed materially, so earlier signatures do not hold for this version.")
    return _("No change is material, so earlier signatures hold for this version too.")


def _addressed(groups):
    people = User.objects.active()
    if groups:
        people = people.filter(Exists(User.groups.through.objects.filter(user=OuterRef("pk"), group__in=groups)))
    return people


def _asked(policy, groups):
    """One row for each top branch of the tree, largest first; people without a home come last."""
    signed = Exists(Acknowledgement.objects.filter(person=OuterRef("person"), version__policy=policy))
    homes = Membership.objects.filter(ends_on=None, person__in=_addressed(groups)).annotate(has_signed=signed)
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
    homeless = _addressed(groups).filter(~Exists(Membership.objects.filter(person=OuterRef("pk"), ends_on=None)))
    without = homeless.count()
    branches = sorted(found.values(), key=lambda one: (-one.people, one.name))
    return [*branches, Asked(_("No department yet"), first_time=without)] if without else branches


def _accounts(groups):
    """Social accounts in use of the departments it is addressed to; of all where it is for everybody."""
    accounts = SocialAccount.objects.live()
    paths = list(Spoke.objects.filter(group__in=groups).values_list("path", flat=True))
    return (accounts.filter(within(paths, field="spoke__path")) if groups else accounts).count()


@dataclass(frozen=True)
class Told:
    """What somebody was asked and told by a guide, in words to go on with."""

    title: str
    text: str
    topic: str


def answers_text(path):
    """Answers as they stand in an address: "people:yes,music:none"."""
    return ",".join(f"{key}:{option}" for key, option in path.items())


def told_by_guide(user, slug, answers):
    """A Told for a guide this person may use and answers as `answers_text` writes them; None if there is no such guide.

    For pages where she goes on, with a question or a request.
    """
    if not slug or "\0" in slug:
        return None
    guide = Guide.objects.published().for_audience_of(user).select_related("topic").filter(slug=slug).first()
    if guide is None:
        return None
    questions, rows = list(guide.questions.all()), list(guide.rows.all())
    given = dict(pair.partition(":")[::2] for pair in answers[:2000].split(","))
    walk = table_of(questions, rows).walk(given)
    lines = [_("I answered the questions of “%(title)s”:") % {"title": guide.title}, ""]
    lines += [f"- {one.text} {one.label_of(walk.path[one.key])}" for one in questions if one.key in walk.path]
    if walk.question is None:
        verdict = rows[walk.rule].get_verdict_display() if walk.rule is not None else _("nobody has written an answer")
        lines += ["", _("The guide says: %(verdict)s.") % {"verdict": verdict}]
    lines += ["", _("What I want to post, where and when:"), ""]
    return Told(title=guide.title, text="\n".join(lines), topic=guide.topic.slug)
