"""What people of the sample follow."""

from coe_portal.sample.reading import check_keys, loading, read
from hub import actions
from hub.models import Follow

KINDS = {"topics": "topic", "playbooks": "playbook", "departments": "department"}


def load_following(sample):
    things = {"topics": sample.topics, "playbooks": sample.playbooks, "departments": sample.spokes}
    for name, chosen in read("following.yaml", root=sample.root).items():
        with loading("following.yaml", name):
            check_keys(chosen, needs=set(), may=set(KINDS))
            by = sample.people[name]
            before = by.follows.count()
            for group, slugs in chosen.items():
                for slug in slugs:
                    actions.follow(kind=KINDS[group], object_id=things[group][slug].pk, by=by)
            sample.made("follows", Follow.objects.filter(person=by).count() - before)
