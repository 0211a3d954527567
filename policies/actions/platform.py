"""Which clauses are about which platforms of the account register."""

from django.db import transaction
from django.utils.translation import gettext as _

from hub import audit
from hub.exceptions import Invalid
from policies.models import Clause, ClausePlatform, Policy
from policies.permissions import check_can_curate_policies
from policies.workflow import READABLE
from spokes.models import Platform


@transaction.atomic
def set_platforms(*, policy, clause_key, platforms, by):
    """These platforms, and no others, are what a clause is about; none takes it off the list.

    The clause must be one that readers have, or have had: what goes out of force stays linked by its permanent key.
    """
    check_can_curate_policies(by)
    policy = Policy.objects.select_for_update().get(pk=policy.pk)
    wanted = set(platforms)
    if wanted - set(Platform.values):
        raise Invalid(_("Choose platforms of the account register."), field="platforms")
    if not Clause.objects.filter(version__policy=policy, key=clause_key, version__status__in=READABLE).exists():
        raise Invalid(_("There is no such clause in a published text."), field="clause")
    rows = policy.clause_platforms.filter(clause_key=clause_key)
    stored = set(rows.values_list("platform", flat=True))
    if stored == wanted:
        return
    rows.exclude(platform__in=wanted).delete()
    ClausePlatform.objects.bulk_create(
        ClausePlatform(policy=policy, clause_key=clause_key, platform=platform) for platform in sorted(wanted - stored)
    )
    audit.record("linked", policy, by=by, clause=clause_key, platforms=sorted(wanted), before=sorted(stored))
