"""The messages policies send, one function each."""

from django.db.models import Exists, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from hub import mail, signed_links
from hub.models import OutboxMessage, User
from policies import clock
from policies.models import Acknowledgement, RollEntry
from policies.querysets import reach_for
from policies.reports import material_since, people_to_sign, standing_due_on, with_days
from spokes.models import Term

CHUNK = 1000
OUTSIDE = "policies.outside"


def about(thing):
    """How the outbox names a thing."""
    return f"{thing._meta.label_lower}:{thing.pk}"


def approval_waiting(version):
    """To every lead who may approve: a version waits for a second pair of eyes."""
    writers = set(version.contributors.values_list("pk", flat=True)) | {version.submitted_by_id, version.created_by_id}
    for lead in User.objects.leads().exclude(pk__in=writers):
        mail.post(
            kind="approval_waiting",
            to=lead,
            about=about(version),
            period=version.submitted_at.isoformat(timespec="seconds"),
            context={
                "title": version.policy.title,
                "what": f"v{version.number}",
                "by": version.submitted_by,
                "note": version.change_note,
                "path": f"/admin/policies/policy/{version.policy_id}/edit/",
            },
        )


def review_asked(review, *, stage):
    """To a named reader of a version; returns its row or None. `stage` is "asked", "soon" or "overdue".

    Each time she is asked is a message of its own.
    """
    version = review.version
    asked_at = f" {review.asked_at:%Y%m%d%H%M%S%f}" if stage == "asked" else ""
    return mail.post(
        kind="review_asked",
        to=review.person,
        about=about(version),
        period=f"{review.due_on.isoformat()} {stage}{asked_at}",
        context={
            "title": version.policy.title,
            "what": _("version %(n)d") % {"n": version.number},
            "note": version.change_note,
            "review": review,
            "stage": stage,
            "path": reverse("policies:review", args=[version.policy.slug, version.number]),
        },
    )


def outside_review(invitation):
    """To somebody outside the company: the link to a draft. Each time she is invited is a message of its own."""
    version = invitation.version
    return mail.post(
        kind="outside_review",
        to=None,
        address=invitation.email,
        about=about(invitation),
        period=f"{invitation.invited_at:%Y%m%d%H%M%S%f}",
        context={
            "title": version.policy.title,
            "invitation": invitation,
            "path": reverse("outside:read", args=[signed_links.open_token(OUTSIDE, about=invitation.pk)]),
        },
    )


def clause_changed(version, touched, clauses):
    """To whoever answers for something that rests on changed clauses; returns how many letters are new.

    `touched` is a `hub.slots.Touched`; `clauses` are the `ClauseChange` rows of its parts.
    """
    posted = [
        mail.post(
            kind="clause_changed",
            to=person,
            about=touched.about,
            period=about(version),
            context={
                "policy": version.policy,
                "version": version,
                "thing": touched,
                "clauses": clauses,
                "path": touched.url,
            },
        )
        for person in touched.people
    ]
    return sum(row is not None for row in posted)


def policy_review_due(policy, people, *, stage):
    """To whoever must look again; returns how many letters. `stage` is "soon", "due" or "overdue"."""
    posted = [
        mail.post(
            kind="policy_review_due",
            to=person,
            about=about(policy),
            period=f"{policy.review_on.isoformat()} {stage}",
            context={"policy": policy, "stage": stage, "path": policy.get_absolute_url()},
        )
        for person in people
    ]
    return sum(row is not None for row in posted)


def told_of_review(policies):
    """{policy's key: messages about its present review date that have left}: the last one each person got, in order.

    Told are those who answer for it now, its owner and the leads. Two statements, however many policies.
    """
    topics = {about(policy): policy for policy in policies}
    people = {policy.owner_id for policy in policies}.union(User.objects.leads().values_list("pk", flat=True))
    left = OutboxMessage.objects.filter(
        recipient__in=people, kind="policy_review_due", about__in=topics, sent_at__isnull=False
    )
    told = {policy.pk: {} for policy in policies}
    for message in left.select_related("recipient").defer("text", "html").order_by("sent_at", "pk"):
        policy = topics[message.about]
        is_asked = message.recipient_id == policy.owner_id or message.recipient.is_lead
        if is_asked and message.period.startswith(policy.review_on.isoformat()):
            told[policy.pk].pop(message.recipient_id, None)
            told[policy.pk][message.recipient_id] = message
    return {pk: list(messages.values()) for pk, messages in told.items()}


def waiver_expiring(waiver, *, stage):
    """To those who speak for the department and the lead who granted it, or all leads once she has left."""
    people = {person.pk: person for person in _representatives(waiver.spoke)}
    granter = waiver.granted_by
    for lead in [granter] if granter.is_active else User.objects.leads():
        people[lead.pk] = lead
    context = {"waiver": waiver, "policy": waiver.policy, "path": waiver.clause_url}
    period = f"{waiver.ends_on.isoformat()} {stage}"
    letters = [(person, about(waiver), period, context) for person in people.values()]
    return mail.post_many(kind="waiver_expiring", letters=letters)


def _representatives(spoke):
    """Of the department, or where it has none of the closest one above it."""
    terms = Term.objects.current().filter(spoke__in=[*spoke.ancestor_ids, spoke.pk], person__is_active=True)
    terms = list(terms.select_related("person", "spoke"))
    depth = max((term.spoke.depth for term in terms), default=0)
    return [term.person for term in terms if term.spoke.depth == depth]


def acknowledgement_due(version, *, first, last, stage):
    """To everybody whom the policy itself asks, who has not signed and whose day to sign lies from `first` to `last`;
    returns how many letters. Whom a campaign asks, it reminds.

    Each person gets each stage of each due date once. People are read a thousand at a time, in order.
    """
    policy = version.policy
    people = with_days(people_to_sign(version).filter(roll_due_on=None), version)
    context_of = {}

    def letters():
        for person in _in_chunks(people, version):
            due_on = standing_due_on(
                policy,
                asked_since=person.asked_since,
                joined_on=person.joined_on,
                home_since=person.home_since,
            )
            if not first <= due_on <= last:
                continue
            yield _to_sign(person, version, due_on, stage, context_of)

    # The days that can matter bound the reading: who joined after them is asked later.
    latest = last - policy.sign_period
    people = people.filter(joined_on__lte=latest)
    earliest = first - policy.sign_period
    if policy.asked_from is None or policy.asked_from < earliest:
        people = people.filter(Q(joined_on__gte=earliest) | Q(home_since__gte=earliest) | Q(asked_since__gte=earliest))
    return mail.post_many(kind="acknowledgement_due", letters=letters())


def campaign_due(version, *, campaign, newer, first, last, stage):
    """Like `acknowledgement_due`, to those whom this campaign has given a day to sign, and none of the `newer` ones."""
    roll = RollEntry.objects.present().filter(person=OuterRef("pk"))
    mine = roll.filter(campaign=campaign, due_on__gte=first, due_on__lte=last)
    people = people_to_sign(version).filter(Exists(mine), ~Exists(roll.filter(campaign__in=newer)))
    context_of = {}
    letters = (_to_sign(one, version, one.roll_due_on, stage, context_of) for one in _in_chunks(people, version))
    return mail.post_many(kind="acknowledgement_due", letters=letters)


def campaign_nudge(campaign):
    """To everybody on its roll who has not signed and got no reminder today; returns how many letters."""
    version, day = campaign.version, clock.today()
    policy = version.policy
    today_already = OutboxMessage.objects.filter(
        recipient=OuterRef("pk"), kind="acknowledgement_due", about=about(policy), created_at__gte=clock.midnight(day)
    )
    people = people_to_sign(version).filter(~Exists(today_already))
    # Who joins later stands on the roll already, with a day of her own to come.
    people = people.filter(Exists(campaign.roll.asked().filter(person=OuterRef("pk"), asked_on__lte=day)))
    context_of = {}

    def letters():
        for person in _in_chunks(people, version):
            stage = "soon" if person.roll_due_on > day else "due" if person.roll_due_on == day else "overdue"
            _person, topic, _period, context = _to_sign(person, version, person.roll_due_on, stage, context_of)
            yield person, topic, f"{day.isoformat()} by hand", context

    return mail.post_many(kind="acknowledgement_due", letters=letters())


def _to_sign(person, version, due_on, stage, context_of):
    """One letter; those that say the same share their wording through `context_of`."""
    policy, signed = version.policy, person.signed_number
    if signed and signed not in context_of:
        context_of[signed] = material_since(version, signed)
    context = context_of.setdefault(
        (due_on, stage, signed, person.is_reached),
        {
            "policy": policy,
            "version": version,
            "due_on": due_on,
            "stage": stage,
            "signed": signed,
            # Her signature reaches this text: what asks her is a clause that was for others when she signed.
            "is_newly_bound": person.is_reached,
            "steps": context_of.get(signed),
            "path": f"{policy.get_absolute_url()}sign/",
        },
    )
    return person, about(policy), f"{due_on.isoformat()} {stage}", context


def _in_chunks(people, version):
    """Each with `signed_number`, the last text up to this one that she signed or None, and whether that signature
    `is_reached`: nothing that bound her then has changed since."""
    mine = Acknowledgement.objects.filter(
        person=OuterRef("pk"), version__policy=version.policy_id, version__number__lte=version.number
    )
    last_signed = mine.order_by("-version__number").values("version__number")[:1]
    reach = reach_for(OuterRef(OuterRef("pk"))).filter(version=version, signed__number=OuterRef("signed_number"))
    people = people.annotate(signed_number=Subquery(last_signed)).annotate(is_reached=Exists(reach))
    last = 0
    while True:
        chunk = list(people.filter(pk__gt=last).order_by("pk")[:CHUNK])
        yield from chunk
        if len(chunk) < CHUNK:
            return
        last = chunk[-1].pk
