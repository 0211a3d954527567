"""Case studies of the sample, and its links to other organisations' rules."""

from coe_portal.sample.reading import check_keys, loading, read
from playbooks import actions
from playbooks.models import CaseStudy, ExternalDocument

TEXTS = ("title", "summary", "challenge", "approach", "results", "measures")


def load_cases(sample):
    for row in read("cases.yaml", root=sample.root):
        with loading("cases.yaml", row.get("slug")):
            check_keys(
                row,
                needs={"slug", "topic", "channels", "playbooks", "author", *TEXTS},
                may={"spoke", "years_before", "year", "organisation", "source_url", "licence", "credit"}
                | {"approver", "published_in", "proposed_in"},
            )
            if not CaseStudy.objects.filter(slug=row["slug"]).exists():
                _case(sample, row)
                sample.made("case studies")
    for row in read("others.yaml", root=sample.root):
        with loading("others.yaml", row.get("title")):
            check_keys(row, needs={"title", "organisation", "kind", "url", "licence", "summary", "topics", "tags"})
            if not ExternalDocument.objects.filter(url=row["url"]).exists():
                topics = [sample.topics[slug] for slug in row.pop("topics")]
                actions.save_external(topics=topics, by=sample.lead, **row)
                sample.made("documents of others")


def _case(sample, row):
    told_on = sample.dates.day(row["published_in"] if "published_in" in row else row["proposed_in"])
    values = {
        **{name: row[name] for name in TEXTS},
        **{name: row.get(name) or "" for name in ("organisation", "source_url", "licence")},
        "author": row.get("credit") or "",
        "slug": row["slug"],
        "topic": sample.topics[row["topic"]],
        "spoke": sample.spokes[row["spoke"]] if row.get("spoke") else None,
        "year": row["year"] if "year" in row else told_on.year - row["years_before"],
        "platforms": row["channels"],
        "playbooks": [sample.playbooks[slug] for slug in row["playbooks"]],
    }
    author = sample.people[row["author"]]
    if "approver" not in row:
        at = sample.dates.instant(row["proposed_in"])
        case = actions.create_case(by=author, propose=True, **values)
        sample.told(
            kind="approval_waiting",
            about=f"playbooks.casestudy:{case.pk}",
            period=case.proposed_at.isoformat(timespec="seconds"),
            at=at,
        )
        CaseStudy.objects.filter(pk=case.pk).update(created_at=at, proposed_at=at)
        return
    actions.record_case(
        written_by=author,
        published_by=sample.people[row["approver"]],
        published_at=sample.dates.morning(row["published_in"]),
        by=sample.lead,
        **values,
    )
