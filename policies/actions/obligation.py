"""What others demand of the company, and which clauses answer it."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from hub import audit
from hub.exceptions import Invalid
from hub.text.markdown import clean
from policies import clock
from policies.models import Clause, Coverage, Obligation, Policy
from policies.permissions import check_can_curate_policies
from policies.workflow import READABLE

PLAIN_FIELDS = {"title", "kind", "source", "demands", "url", "look_on"}


@transaction.atomic
def save_obligation(*, obligation=None, clauses, by, **fields):
    """A new obligation, or another state of one. `clauses` are (policy, key) pairs: all that cover it.

    A pair must name a clause that readers have, or have had: what is withdrawn later stays linked, and shows as a gap.
    """
    check_can_curate_policies(by)
    if fields.keys() - PLAIN_FIELDS:
        raise TypeError(f"An obligation has no field {sorted(fields.keys() - PLAIN_FIELDS)}")
    is_new = obligation is None
    obligation = Obligation() if is_new else Obligation.objects.select_for_update().get(pk=obligation.pk)
    before = {name: str(getattr(obligation, name)) for name in fields}
    for name, value in fields.items():
        setattr(obligation, name, clean(value).strip() if isinstance(value, str) else value)
    for name, sentence in [
        ("title", _("Give it a title.")),
        ("source", _("Say whose demand it is, and where it stands.")),
        ("demands", _("Say in plain words what it demands.")),
    ]:
        if not getattr(obligation, name):
            raise Invalid(sentence, field=name)
    if obligation.kind not in Obligation.Kind.values:
        raise Invalid(_("Choose what kind of demand it is."), field="kind")
    try:
        with transaction.atomic():
            obligation.save()
    except IntegrityError as error:
        if Obligation.objects.filter(title=obligation.title).exclude(pk=obligation.pk).exists():
            raise Invalid(_("There is one with this title already."), field="title") from error
        raise
    added, removed = _cover(obligation, clauses)
    details = {name: [was, str(getattr(obligation, name))] for name, was in before.items()}
    details = {name: pair for name, pair in details.items() if pair[0] != pair[1]}
    if is_new:
        audit.record("created", obligation, by=by, covered_by=added)
    elif details or added or removed:
        audit.record("changed", obligation, by=by, **details, added=added, removed=removed)
    return obligation


def _cover(obligation, clauses):
    """Stores the pairs; returns (added, removed) as "address#key"."""
    wanted = {(policy.pk, key) for policy, key in clauses}
    stored = {(row.policy_id, row.clause_key): row for row in obligation.coverage.select_for_update()}
    new = wanted - stored.keys()
    for policy_id, key in new:
        if not Clause.objects.filter(version__policy=policy_id, key=key, version__status__in=READABLE).exists():
            raise Invalid(_("There is no such clause in a published text."), field="clauses")
    gone = stored.keys() - wanted
    slugs = dict(Policy.objects.filter(pk__in={pk for pk, _key in new | gone}).values_list("pk", "slug"))
    Coverage.objects.bulk_create(Coverage(obligation=obligation, policy_id=pk, clause_key=key) for pk, key in new)
    obligation.coverage.filter(pk__in=[stored[pair].pk for pair in gone]).delete()
    return tuple(sorted(f"{slugs[pk]}#{key}" for pk, key in pairs) for pairs in (new, gone))


@transaction.atomic
def retire_obligation(*, obligation, by):
    """It is no longer asked of the company; it stays readable and no longer counts as a gap."""
    check_can_curate_policies(by)
    obligation = Obligation.objects.select_for_update().get(pk=obligation.pk)
    if obligation.retired_on is None:
        obligation.retired_on = clock.today()
        obligation.save(update_fields=["retired_on"])
        audit.record("retired", obligation, by=by)
    return obligation


@transaction.atomic
def revive_obligation(*, obligation, by):
    """It is asked of the company again."""
    check_can_curate_policies(by)
    obligation = Obligation.objects.select_for_update().get(pk=obligation.pk)
    if obligation.retired_on is not None:
        obligation.retired_on = None
        obligation.save(update_fields=["retired_on"])
        audit.record("revived", obligation, by=by)
    return obligation
