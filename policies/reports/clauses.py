"""What stands behind a clause's permanent key on a day, for things that name clauses."""

from collections import defaultdict

from django.utils.translation import gettext as _

from policies.models import Clause, PolicyVersion


def with_clauses(links, day):
    """Gives each of these things (with `policy_id` and `clause_key`) the clause it names; two statements, or three.

    `clause` is as it binds on the day, else as it is announced, else as readers had it last, else None;
    `clause_state` and `clause_tone` say so in words unless it binds.
    """
    links = list(links)
    versions = PolicyVersion.objects.published_on(day).filter(policy__in={link.policy_id for link in links})
    clauses = Clause.objects.filter(version__in=versions, key__in={link.clause_key for link in links})
    there = defaultdict(list)
    for clause in clauses.defer("body", "html").select_related("version").order_by("-version__effective_on"):
        there[clause.version.policy_id, clause.key].append(clause)
    gone = [link for link in links if not there[link.policy_id, link.clause_key]]
    last = _last_texts(gone) if gone else {}
    for link in links:
        found = there[link.policy_id, link.clause_key]
        binding = next((one for one in found if one.version.effective_on <= day), None)
        before = last.get((link.policy_id, link.clause_key))
        link.clause = binding or (found[0] if found else before)
        link.clause_state = link.clause_tone = ""
        if binding is None:
            is_gone = not found and before is not None
            link.clause_state = _("no longer in force") if is_gone else _("not in force yet")
            link.clause_tone = "bad" if is_gone else "info"
    return links


def _last_texts(links):
    """{(policy, key): the clause as readers had it last} of clauses that are taken out or withdrawn."""
    clauses = Clause.objects.filter(
        version__policy__in={link.policy_id for link in links}, key__in={link.clause_key for link in links}
    ).exclude(version__published_at=None)
    clauses = clauses.defer("body", "html").select_related("version").order_by("version__number")
    return {(clause.version.policy_id, clause.key): clause for clause in clauses}
