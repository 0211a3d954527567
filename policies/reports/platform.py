"""Clauses and the accounts of the platforms that they are about."""

from collections import defaultdict

from django.db.models import Count, F, OuterRef, Subquery
from django.utils.translation import ngettext

from hub import slots
from hub.prepared import prepared
from policies.models import Clause, ClausePlatform, Policy
from spokes.models import SocialAccount


@prepared()
def _platforms(policy):
    live = SocialAccount.objects.live().filter(platform=OuterRef("platform")).order_by().values("platform")
    accounts = Subquery(live.annotate(total=Count("pk")).values("total"))
    return ClausePlatform.objects.filter(policy=policy).annotate(accounts=accounts).order_by("platform")


def accounts_by_clause(policy):
    """{clause key: [Use]}: of each platform that a clause is about how many accounts there are. One statement."""
    found = defaultdict(list)
    for row in _platforms(policy=policy):
        number = row.accounts or 0
        words = ngettext("%(n)d account on %(platform)s", "%(n)d accounts on %(platform)s", number)
        title = words % {"n": number, "platform": row.get_platform_display()}
        found[row.clause_key].append(
            slots.Use("account", title, f"/register/?platform={row.platform}", part=row.clause_key)
        )
    return found


@prepared(shape=lambda platform, user: user.reads_all)
def _clauses(platform, user):
    clauses = Clause.objects.filter(version=OuterRef("policy__current"), key=OuterRef("clause_key"))
    rows = ClausePlatform.objects.filter(platform=platform)
    readable = Policy.objects.readable().filter(current__withdrawn_on=None)
    rows = rows.filter(policy__in=readable.for_audience_of(user))
    rows = rows.annotate(heading=Subquery(clauses.values("heading")[:1]), force=Subquery(clauses.values("force")[:1]))
    rows = rows.annotate(title=F("policy__title"), slug=F("policy__slug")).exclude(heading=None)
    return rows.order_by("policy__title", "clause_key").values_list("title", "slug", "clause_key", "heading", "force")


def clauses_for(platform, user):
    """(policy, address, heading, force) of the clauses about a platform that are for this reader. One statement."""
    return [
        (title, f"/policies/{slug}/#c-{key}", heading, force)
        for title, slug, key, heading, force in _clauses(platform=platform, user=user)
    ]
