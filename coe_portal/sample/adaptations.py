"""Playbooks as departments do them, each through its actions; then they get their own days."""

from coe_portal.sample.reading import check_keys, loading, read
from playbooks import actions
from playbooks.models import Adaptation, AdaptedSection, Section


def load_adaptations(sample):
    for row in read("adaptations.yaml", root=sample.root):
        with loading("adaptations.yaml", f"{row.get('playbook')} {row.get('spoke')}"):
            check_keys(row, needs={"playbook", "spoke", "by", "started_in", "intro", "sections"}, may=set())
            playbook, spoke = sample.playbooks[row["playbook"]], sample.spokes[row["spoke"]]
            if not Adaptation.objects.filter(playbook=playbook, spoke=spoke).exists():
                _adaptation(sample, row, playbook, spoke)
                sample.made("adaptations")


def _adaptation(sample, row, playbook, spoke):
    by = sample.people[row["by"]]
    made = actions.start_adaptation(playbook=playbook, spoke=spoke, by=by)
    actions.introduce(adaptation=made, intro=row["intro"], by=by)
    for one in row["sections"]:
        check_keys(one, needs=set(), may={"key", "after", "heading", "body", "leave_out", "from", "written_in"})
        section = _section(made, one, by)
        at = sample.dates.instant(one.get("written_in", row["started_in"]))
        AdaptedSection.objects.filter(pk=section.pk).update(written_at=at)
        if "from" in one:
            # As if the playbook had changed here afterwards, and nobody had decided yet.
            base = playbook.revisions.get(number=one["from"])
            AdaptedSection.objects.filter(pk=section.pk).update(base=base, is_behind=True)
    actions.publish_adaptation(adaptation=made, by=by)
    at = sample.dates.instant(row["started_in"])
    Adaptation.objects.filter(pk=made.pk).update(started_at=at, published_at=at)


def _section(made, one, by):
    if "leave_out" in one:
        return actions.leave_out(
            adaptation=made, key=one["key"], reason=one["leave_out"], seen=made.playbook.current.number, lock=0, by=by
        )
    if "after" in one:
        words = {name: one[name] for name in ("after", "heading", "body")}
        return actions.add_section(adaptation=made, by=by, **words)
    upstream = Section.objects.get(revision=made.playbook.current_id, key=one["key"])
    return actions.adapt_section(
        adaptation=made,
        key=one["key"],
        heading=upstream.heading,
        body=one["body"],
        seen=made.playbook.current.number,
        lock=0,
        by=by,
    )
