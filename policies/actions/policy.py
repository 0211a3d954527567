"""Verbs of the policy as a whole."""

from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from hub import audit, slots
from hub.actions.common import differing, fill, put_anew, refused_as
from hub.exceptions import Invalid
from hub.models import OldSlug
from hub.wake import wake
from policies import clock
from policies.models import Policy, PolicyVersion, Significance
from policies.permissions import check_can_curate_policies, check_can_say_still_true
from policies.tasks import KIND, reindex

from .common import locked

PLAIN_FIELDS = {
    "title",
    "summary",
    "language",
    "topic",
    "owner",
    "must_sign",
    "sign_within_days",
    "review_months",
    "review_on",
}
LONGEST_REVIEW_MONTHS = 60


@transaction.atomic
def create_policy(*, title, summary, topic, owner, slug="", audiences=(), by, **fields):
    """A new policy with an empty first draft. `fields` are further plain fields of Policy.

    Raises Invalid when the address is taken, or is the former address of another policy.
    """
    check_can_curate_policies(by)
    policy = Policy(slug=slug or slugify(title)[:120].strip("-"))
    _fill(policy, {"title": title, "summary": summary, "topic": topic, "owner": owner, **fields})
    _check_address(policy, policy.slug)
    _save(policy)
    policy.audiences.set(audiences)
    version = PolicyVersion.objects.create(
        policy=policy,
        number=1,
        significance=Significance.MATERIAL,
        created_by=by,
        created_at=timezone.now(),
    )
    version.contributors.add(by)
    audit.record("created", policy, by=by)
    return policy


@transaction.atomic
def change_policy(*, policy, by, **changes):
    """Changes what is known about a policy, not its text. A renamed address goes on leading here."""
    check_can_curate_policies(by)
    audiences = changes.pop("audiences", None)
    slug = changes.pop("slug", None)
    policy = locked(policy.pk)
    before = {name: getattr(policy, name) for name in changes}
    _fill(policy, changes)
    if policy.must_sign and before.get("must_sign") is False:
        policy.asked_from = clock.today()
    details = differing(policy, before)
    if slug and slug != policy.slug:
        _check_address(policy, slug)
        OldSlug.objects.filter(kind=KIND, slug=slug).delete()
        OldSlug.objects.create(kind=KIND, slug=policy.slug, object_id=policy.pk)
        details["slug"] = [policy.slug, slug]
        policy.slug = slug
    _save(policy)
    if audiences is not None and (names := put_anew(policy.audiences, partial(policy.audiences.set, audiences))):
        details["audiences"] = names
        was, now = map(set, names)
        # Whoever is addressed from today on has the usual time, and with her everybody who has not signed yet.
        if policy.must_sign and (now - was or not now) and policy.current_id:
            policy.asked_from = clock.today()
            policy.save(update_fields=["asked_from"])
    if details:
        audit.record("changed", policy, by=by, **details)
        wake(reindex, policy.pk)
    if "audiences" in details:
        for task, *args in slots.audience_changed.gather(policy):
            wake(task, *args)
    return policy


def _fill(policy, fields):
    owner_before = policy.owner_id
    fill(policy, fields, known=PLAIN_FIELDS)
    if not policy.title:
        raise Invalid(_("Give the policy a title."), field="title")
    if not policy.summary:
        raise Invalid(_("Say in a sentence or two whom it concerns and what it asks."), field="summary")
    if not 1 <= policy.review_months <= LONGEST_REVIEW_MONTHS:
        raise Invalid(_("Somebody should look again within 1 to 60 months."), field="review_months")
    if not policy.owner.is_active:
        raise Invalid(_("The owner has left. Choose somebody who can answer questions."), field="owner")
    # Whoever owns it already may have another role by now; she goes on until somebody else is chosen.
    if policy.owner_id != owner_before and not policy.owner.is_coe_staff:
        raise Invalid(
            _("%(name)s does not work for the Center of Excellence. Choose an owner who does.")
            % {"name": policy.owner.name},
            field="owner",
        )


def _save(policy):
    """Stores it; whoever takes an address at the same moment as somebody else reads that it is taken."""
    with refused_as(lambda: _check_address(policy, policy.slug)):
        policy.save()


def _check_address(policy, slug):
    if not slug or slug != slugify(slug):
        raise Invalid(_("An address holds small letters, figures and hyphens only."), field="slug")
    taken = Policy.objects.filter(slug=slug).exclude(pk=policy.pk).exists()
    if taken or OldSlug.objects.filter(kind=KIND, slug=slug).exclude(object_id=policy.pk or 0).exists():
        raise Invalid(_("Another policy has, or had, this address. Choose another."), field="slug")


@transaction.atomic
def still_true(*, policy, review_on=None, by):
    """Somebody has looked and the text still holds; the next look is due after the usual time, or on `review_on`."""
    policy = locked(policy.pk)
    check_can_say_still_true(by, policy)
    day = clock.today()
    review_on = review_on or clock.add_months(day, policy.review_months)
    if review_on <= day:
        raise Invalid(_("The next look must be on a day to come."), field="review_on")
    policy.review_on = review_on
    policy.save(update_fields=["review_on"])
    audit.record("said still true", policy, by=by, review_on=review_on.isoformat())
    wake(reindex, policy.pk)
    return policy
