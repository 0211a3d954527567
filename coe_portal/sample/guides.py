"""Guides of the sample ("May I post this?"), and how often they were used in the last weeks."""

from datetime import timedelta

from coe_portal.sample.reading import check_keys, loading, read
from policies import actions
from policies.models import Guide, GuideCount

DAYS = 42


def load_guides(sample):
    for path in sorted((sample.root / "guides").glob("*.yaml")):
        with loading(f"guides/{path.name}"):
            row = read(f"guides/{path.name}", root=sample.root)
            plain = {"title", "intro", "topic", "service", "audiences", "answered", "questions", "rows"}
            check_keys(row, needs=plain)
            if not Guide.objects.filter(slug=path.stem).exists():
                _count(sample, _guide(sample, path.stem, row), row["answered"])
                sample.made("guides")


def _guide(sample, slug, row):
    guide = actions.create_guide(
        slug=slug,
        title=row["title"],
        intro=row["intro"],
        topic=sample.topics[row["topic"]],
        service=sample.services[row["service"]],
        audiences=sample.groups(row["audiences"]),
        by=sample.lead,
    )
    for number, one in enumerate(row["questions"], start=1):
        with loading(f"question {number}"):
            check_keys(one, needs={"key", "text", "kind"}, may={"help", "options"})
    for number, one in enumerate(row["rows"], start=1):
        with loading(f"row {number}"):
            check_keys(one, needs={"conditions", "verdict", "reason", "cites"}, may={"wording", "service"})
    guide = actions.save_guide(
        guide=guide, questions=row["questions"], rows=row["rows"], lock=guide.lock, by=sample.lead
    )
    return actions.publish_guide(guide=guide, lock=guide.lock, by=sample.lead)


def _count(sample, guide, answered):
    """So many answers, over the last weeks; each row has its share."""
    rows = list(guide.rows.all())
    chosen = {}
    for number in range(answered):
        row = rows[int(sample.chance(f"{guide.slug} row {number}") * len(rows))]
        day = sample.dates.day(0) - timedelta(days=int(sample.chance(f"{guide.slug} day {number}") * DAYS))
        chosen[row.key, row.verdict, day] = chosen.get((row.key, row.verdict, day), 0) + 1
    GuideCount.objects.bulk_create(
        GuideCount(guide=guide, row_key=key, verdict=verdict, day=day, number=number)
        for (key, verdict, day), number in chosen.items()
    )
