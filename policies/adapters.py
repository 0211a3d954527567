"""What policies put into the hub's slots."""

from datetime import timedelta

from django.db.models import Count, OuterRef, Subquery
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub import slots
from hub.prepared import prepared
from hub.presence import may_have
from policies import clock
from policies.models import Clause, Force, OutsideReview, Policy, PolicyVersion, Review, ReviewComment, Waiver
from policies.reports import clauses_for, signing
from policies.tasks import GUIDE, KIND, guide_document, guide_documents, search_document, search_documents
from policies.workflow import PUBLISHED, Status
from spokes.models import SocialAccount
from spokes.permissions import represents

MOST_NEWS = 20
REVIEW_SOON = timedelta(days=14)
MOST_WAIVERS = MOST_SIGN_OFFS = 50


def search_source():
    return [
        slots.SearchSource(kind=KIND, documents=search_documents, document=search_document),
        slots.SearchSource(kind=GUIDE, documents=guide_documents, document=guide_document),
    ]


def present(person):
    yield slots.Presence("late", PolicyVersion.objects.due(clock.today()))
    yield slots.Presence("reviews", Review.objects.awaiting(person))


def waiting_items(person):
    """Policies to sign, for authors what was given back, and for leads what waits for approval or a second look."""
    day = clock.today()
    late = PolicyVersion.objects.shown_although_late(day) if may_have(person, "late") else ()
    for version in _to_sign(person=person, day=day, late=late):
        mine = signing(version, version.policy, person)
        yield slots.WaitingItem(
            kind="acknowledgement_due",
            title=_("Sign: %(title)s") % {"title": version.policy.title},
            url=f"{version.policy.get_absolute_url()}sign/",
            detail=_("What changed since you last signed") if mine.signed_number else _("New for you"),
            due_on=mine.due_on,
            is_urgent=mine.is_overdue,
        )
    for review in _to_read(person=person) if may_have(person, "reviews") else ():
        about = {"title": review.version.policy.title, "number": review.version.number}
        yield slots.WaitingItem(
            kind="review_asked",
            title=_("Read and comment: %(title)s, version %(number)d") % about,
            url=reverse("policies:review", args=[review.version.policy.slug, review.version.number]),
            detail=_("Asked by %(name)s") % {"name": review.asked_by.name},
            due_on=review.due_on,
            is_urgent=review.due_on < day,
        )
    if not person.is_coe_staff:
        return
    to_answer = ReviewComment.objects.awaiting(person).values("version__policy", "version__policy__title")
    for row in to_answer.annotate(count=Count("pk")).order_by("version__policy__title"):
        yield slots.WaitingItem(
            kind="comments",
            title=_("Answer what readers say about %(title)s") % {"title": row["version__policy__title"]},
            url=reverse("admin:policies_policy_review", args=[row["version__policy"]]),
            detail=ngettext("%(n)d comment", "%(n)d comments", row["count"]) % {"n": row["count"]},
        )
    for version in PolicyVersion.objects.waiting_for(person).select_related("policy", "submitted_by"):
        about = {"title": version.policy.title, "number": version.number}
        if version.status == Status.DRAFT:
            yield slots.WaitingItem(
                kind="returned",
                title=_("Given back: %(title)s, version %(number)d") % about,
                url=reverse("admin:policies_policy_edit", args=[version.policy_id]),
                detail=version.returned_comment,
            )
            continue
        yield slots.WaitingItem(
            kind="approval_waiting",
            title=_("Approve: %(title)s, version %(number)d") % about,
            url=reverse("admin:policies_policy_edit", args=[version.policy_id]),
            detail=_("Submitted by %(name)s") % {"name": version.submitted_by.name},
        )
    for policy in Policy.objects.review_due(day + REVIEW_SOON).filter(owner=person).order_by("review_on"):
        yield slots.WaitingItem(
            kind="policy_review_due",
            title=_("Look at it again: %(title)s") % {"title": policy.title},
            url=policy.get_absolute_url(),
            detail=_("If it still holds, say so; if not, start a new version."),
            due_on=policy.review_on,
            is_urgent=policy.review_on < day,
        )
    for version in PolicyVersion.objects.to_look_at(person).select_related("policy"):
        yield slots.WaitingItem(
            kind="approval_waiting",
            title=_("Look at what was published without approval: %(title)s") % {"title": version.policy.title},
            url=reverse("admin:policies_policy_versions", args=[version.policy_id]),
            detail=version.unapproved_reason,
        )


@prepared()
def _to_sign(person, day, late):
    to_sign = PolicyVersion.objects.shown_on(day, late).binding_on(day).with_signing_of(person).to_sign()
    return to_sign.select_related("policy").defer("change_note", "policy__summary")


@prepared()
def _to_read(person):
    asked = Review.objects.awaiting(person).select_related("version__policy", "asked_by")
    return asked.defer("version__change_note", "version__policy__summary")


@prepared(shape=lambda person, since: person.reads_all)
def _newest(person, since):
    versions = PolicyVersion.objects.filter(status__in=PUBLISHED, published_at__gte=since)
    versions = versions.filter(policy__in=Policy.objects.for_audience_of(person)).select_related("policy")
    return versions.order_by("-published_at")[:MOST_NEWS]


def news_items(person, since):
    """The newest versions published since an instant, with their change notes."""
    for version in _newest(person=person, since=since):
        is_new = version.number == 1
        title = _("New policy: %(title)s") if is_new else _("New version of “%(title)s”")
        yield slots.NewsItem(
            kind=KIND,
            title=title % {"title": version.policy.title},
            url=version.policy.get_absolute_url() if version.status == Status.IN_FORCE else version.get_absolute_url(),
            at=version.published_at,
            detail=version.policy.summary if is_new else version.change_note,
        )


def department_panels(spoke, reader):
    """For those it concerns: from which clauses the department is released; for who speaks for it, what it signs."""
    lines = tuple(_waiver_line(waiver) for waiver in _waivers(spoke, reader))
    if lines:
        yield slots.Panel(title=_("Released from"), anchor="waivers", lines=lines)
    if not represents(reader, spoke):
        return
    asking = PolicyVersion.objects.shown_on(clock.today()).binding_on(clock.today()).asking()
    asking = asking.filter(policy__in=Policy.objects.for_audience_of(reader)).select_related("policy")
    lines = tuple(
        slots.Use(
            kind="policy",
            title=version.policy.title,
            url=reverse("policies:sign_off", args=[version.policy.slug]),
        )
        for version in asking.order_by("policy__title")[:MOST_SIGN_OFFS]
    )
    if lines:
        yield slots.Panel(title=_("Who has signed"), anchor="signatures", lines=lines)


def _waivers(spoke, reader):
    waivers = Waiver.objects.holding_on(clock.today()).filter(spoke__in=[*spoke.ancestor_ids, spoke.pk])
    heading = Clause.objects.filter(version=OuterRef("policy__current"), key=OuterRef("clause_key"))
    return (
        waivers.concerning(reader)
        .filter(policy__in=Policy.objects.for_audience_of(reader))
        .annotate(heading=Subquery(heading.values("heading")[:1]))
        .select_related("policy", "spoke")
        .order_by("ends_on", "pk")[:MOST_WAIVERS]
    )


def _waiver_line(waiver):
    note = _("until %(day)s; instead: %(mitigation)s")
    return slots.Use(
        kind="waiver",
        title=f"{waiver.policy.title}: {waiver.heading or waiver.clause_key}",
        url=waiver.clause_url,
        note=note % {"day": date_format(waiver.ends_on, "j F Y"), "mitigation": waiver.mitigation},
    )


def still_true(message):
    """Whether a reminder about a policy still has its cause."""
    model, _separator, pk = message.about.partition(":")
    if message.kind == "waiver_expiring":
        day = message.period.partition(" ")[0]
        yield Waiver.objects.holding_on(clock.today()).filter(pk=pk, ends_on=day, ended_on=None).exists()
        return
    if message.kind == "acknowledgement_due" and model == "policies.policy":
        yield Policy.objects.filter(pk=pk).awaiting_signature_of(message.recipient).exists()
    elif message.kind == "policy_review_due" and model == "policies.policy":
        day = message.period.partition(" ")[0]
        yield Policy.objects.filter(pk=pk, current__status__in=PUBLISHED, review_on=day).exists()
    elif message.kind == "review_asked" and model == "policies.policyversion":
        day = message.period.partition(" ")[0]
        yield Review.objects.awaiting(message.recipient).filter(version=pk, due_on=day).exists()
    elif message.kind == "outside_review":
        yield OutsideReview.objects.running(clock.today()).filter(pk=pk).exists()
    elif message.kind == "approval_waiting" and model == "policies.policyversion":
        yield PolicyVersion.objects.in_review().filter(pk=pk).exists()


def clauses_about(thing, reader):
    """The clauses about an account's platform that are for the reader."""
    if isinstance(thing, SocialAccount):
        for policy, url, heading, force in clauses_for(thing.platform, reader):
            yield slots.Use("policy", heading, url, note=f"{Force(force).label}, {policy}")


def feeds(token):
    yield slots.Feed(
        label=_("Policy dates in your calendar"),
        how=_(
            "Paste this address where your calendar adds one from the internet (Outlook: Add calendar, Subscribe from "
            "web; Google: Other calendars, From URL; Apple: New calendar subscription)."
        ),
        path=reverse("policies:calendar", args=[token]),
    )
    yield slots.Feed(
        label=_("New versions in your feed reader"),
        how=_("Paste this address where your reader, or Outlook's folder of RSS feeds, adds a new feed (Atom)."),
        path=reverse("policies:atom", args=[token]),
    )
    yield slots.Feed(
        label=_("New versions for programs"),
        how=_("For readers and programs that prefer JSON Feed: add it there as you would any feed."),
        path=reverse("policies:json_feed", args=[token]),
    )


def fill_slots():
    slots.presence.fill(present)
    slots.where_used.fill(clauses_about)
    slots.search_documents.fill(search_source)
    slots.waiting_items.fill(waiting_items)
    slots.news_items.fill(news_items)
    slots.department_panels.fill(department_panels)
    slots.still_true.fill(still_true)
    slots.feeds.fill(feeds)
