"""Which texts lead to a playbook, kept when a playbook is published and when a policy has another text in force."""

import re

from django.db import transaction
from django.db.models import F

from playbooks.models import LinkHere, Playbook
from policies.models import Clause

ADDRESS = re.compile(r'href="(?:https?://[^/"]+)?/playbooks/(?P<slug>[a-z0-9_-]+)/[^"]*"')


def keep_links_of(playbook, sections):
    """Puts what these sections of a playbook lead to in the place of what was kept of it."""
    wanted = {(slug, section.key) for section in sections for slug in ADDRESS.findall(section.html)}
    targets = dict(Playbook.objects.filter(slug__in={slug for slug, _key in wanted}).values_list("slug", "pk"))
    LinkHere.objects.filter(playbook=playbook).delete()
    LinkHere.objects.bulk_create(
        LinkHere(target_id=targets[slug], playbook=playbook, part_key=key)
        for slug, key in sorted(wanted)
        if slug in targets and targets[slug] != playbook.pk
    )


@transaction.atomic
def keep_links_of_playbooks(playbooks):
    """The same for several that were brought in at once, when a text could come before what it leads to."""
    for playbook in playbooks:
        playbook.refresh_from_db(fields=["current"])
        if playbook.current_id:
            keep_links_of(playbook, playbook.current.sections.all())


@transaction.atomic
def keep_links_of_policies():
    """The same for the clauses of the policies that readers get; returns how many links are new or gone.

    Policies do not know that there are playbooks, so a job asks.
    """
    targets = dict(Playbook.objects.values_list("slug", "pk"))
    clauses = Clause.objects.filter(version=F("version__policy__current"), html__contains="/playbooks/")
    wanted = {
        (targets[slug], policy, key)
        for policy, key, html in clauses.values_list("version__policy", "key", "html").iterator(chunk_size=500)
        for slug in ADDRESS.findall(html)
        if slug in targets
    }
    stored = {
        (link.target_id, link.policy_id, link.part_key): link.pk for link in LinkHere.objects.exclude(policy=None)
    }
    gone = [pk for key, pk in stored.items() if key not in wanted]
    LinkHere.objects.filter(pk__in=gone).delete()
    fresh = sorted(wanted - stored.keys())
    LinkHere.objects.bulk_create(
        [LinkHere(target_id=target, policy_id=policy, part_key=key) for target, policy, key in fresh],
        ignore_conflicts=True,
    )
    return len(gone) + len(fresh)
