"""What policies put into the hub's slots."""

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from hub import slots
from hub.prepared import prepared
from policies import clock
from policies.models import Clause, Policy, PolicyVersion, Waiver
from policies.reports import signing
from policies.tasks import KIND, search_document, search_documents
from policies.workflow import PUBLISHED, Status
from spokes.permissions import represents

MOST_NEWS = 20
MOST_WAIVERS = MOST_SIGN_OFFS = 50


def search_source():
    return [slots.SearchSource(kind=KIND, documents=search_documents, document=search_document)]


def waiting_items(person):
    """Policies to sign, for authors what was given back, and for leads what waits for approval or a second look."""
    day = clock.today()
    for version in _to_sign(person=person, day=day, late=PolicyVersion.objects.shown_although_late(day)):
        mine = signing(version, version.policy, person)
        yield slots.WaitingItem(
            kind="acknowledgement_due",
            title=_("Sign: %(title)s") % {"title": version.policy.title},
            url=reverse("policies:sign", args=[version.policy.slug]),
            detail=_("What changed since you last signed") if mine.signed_number else _("New for you"),
            due_on=mine.due_on,
            is_urgent=mine.is_overdue,
        )
    if not person.is_coe_staff:
        return
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
    elif message.kind == "approval_waiting" and model == "policies.policyversion":
        yield PolicyVersion.objects.in_review().filter(pk=pk).exists()


def fill_slots():
    slots.search_documents.fill(search_source)
    slots.waiting_items.fill(waiting_items)
    slots.news_items.fill(news_items)
    slots.department_panels.fill(department_panels)
    slots.still_true.fill(still_true)
