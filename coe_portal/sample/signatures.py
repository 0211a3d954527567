"""Who of the sample has signed what: some people by name, the others by a rate."""

from datetime import timedelta

from coe_portal.sample.reading import SampleError, check_keys, loading, read
from hub.models import AuditEvent
from policies import actions
from policies.models import Acknowledgement, Policy, PolicyVersion
from policies.workflow import READABLE, Status

# Of those who have not signed the newest version, so many have signed the one before.
SIGNED_BEFORE = 0.8


def load_signatures(sample):
    rows = read("signatures.yaml", root=sample.root)
    check_keys(rows, needs={"default_rate", "policies", "explicit"})
    policies = {policy.slug: policy for policy in sample.fresh_policies() if policy.must_sign}
    versions = {
        (version.policy_id, version.number): version
        for version in PolicyVersion.objects.filter(policy__in=policies.values(), status__in=READABLE)
        .order_by("policy", "number")
        .prefetch_related("clauses__audiences__user_set")
    }
    unknown = set(rows["policies"]) - {policy.slug for policy in Policy.objects.filter(must_sign=True)}
    if unknown:
        raise SampleError(f"signatures.yaml gives a rate for what nobody signs: {', '.join(sorted(unknown))}")
    found = _explicit(sample, rows["explicit"], policies, versions)
    named = {row["person"] for row in rows["explicit"]}
    for slug, policy in policies.items():
        rate = rows["policies"].get(slug, rows["default_rate"])
        mine = [version for (policy_id, _number), version in versions.items() if policy_id == policy.pk]
        found += _by_rate(sample, policy, mine, rate, named)
    Acknowledgement.objects.bulk_create(found)
    AuditEvent.objects.bulk_create(
        AuditEvent(
            at=one.at,
            by=one.person,
            verb="signed",
            object_type="policies.policyversion",
            object_id=str(one.version_id),
            object_label=f"{one.version.policy.title} v{one.version.number}"[:200],
        )
        for one in found
    )
    sample.made("signatures", len(found))


def extend_chain(sample):
    """What the job would do within minutes, so that the first look finds it done."""
    actions.know_key()
    sample.made("links in the chain of proof", actions.extend_fully())
    actions.record_head()


def _explicit(sample, rows, policies, versions):
    found = []
    for row in rows:
        with loading("signatures.yaml", f"{row.get('person')}, {row.get('policy')}"):
            check_keys(row, needs={"person", "policy", "version", "at"})
            policy = policies.get(row["policy"])
            if policy is None:
                if row["policy"] not in sample.policies:
                    raise SampleError("there is no such policy")
                continue
            version = versions.get((policy.pk, row["version"]))
            if version is None:
                raise SampleError(f"has no version {row['version']} that can be signed")
            person = sample.people[row["person"]]
            at = sample.dates.instant(row["at"])
            if at < version.published_at:
                raise SampleError("was signed before it was published")
            found.append(_signature(policy, version, person, at))
    return found


def _by_rate(sample, policy, versions, rate, named):
    """The share `rate` of everybody else has signed the newest version, most of the others the one before."""
    addressed = _addressed(policy)
    found = []
    for person in sample.shuffled(f"signs {policy.slug}"):
        local = person.email.partition("@")[0]
        if local in named or (addressed is not None and person.pk not in addressed):
            continue
        luck = sample.chance(f"{policy.slug} {local}")
        newest, before = versions[-1], versions[-2] if len(versions) > 1 else None
        if luck < rate:
            found += _signed(sample, policy, newest, person)
            if newest.status == Status.ANNOUNCED and luck < rate * SIGNED_BEFORE:
                # Signed early; until it binds, the signature of the one before is what counts.
                found += _signed(sample, policy, before, person, until=newest.published_at)
        elif before is not None and (luck - rate) / (1 - rate) < SIGNED_BEFORE:
            found += _signed(sample, policy, before, person, until=newest.published_at)
    return found


def _addressed(policy):
    """Ids of the people a policy is for, or None for everybody."""
    groups = list(policy.audiences.prefetch_related("user_set"))
    return {person.pk for group in groups for person in group.user_set.all()} if groups else None


def _signed(sample, policy, version, person, *, until=None):
    """A signature some days after the person could first see the version; none if she came too late for it."""
    first = max(version.published_at, sample.dates.morning((person.joined_on - sample.dates.today).days))
    last = until or sample.dates.now
    days = (last - first) / timedelta(days=1)
    if days <= 0:
        return []
    wait = sample.chance(f"wait {policy.slug} {version.number} {person.email}") ** 2 * min(days, 30)
    offset = (first - sample.dates.now) / timedelta(days=1) + wait
    at = max(sample.dates.instant(offset), first + timedelta(minutes=1))
    return [_signature(policy, version, person, min(at, last))]


def _signature(policy, version, person, at):
    version.policy = policy
    hashes = {clause.key: clause.content_hash for clause in version.clauses.all()}
    others = [clause.key for clause in version.clauses.all() if _is_for_others(clause, person)]
    unbound = f" {' '.join(others)} " if others else ""
    return Acknowledgement(person=person, version=version, clause_hashes=hashes, unbound=unbound, at=at)


def _is_for_others(clause, person):
    groups = clause.audiences.all()
    return bool(groups) and not any(person in group.user_set.all() for group in groups)
