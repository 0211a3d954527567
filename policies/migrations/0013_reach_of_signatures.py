from collections import defaultdict

from django.db import migrations

READABLE = {"announced", "in_force", "superseded", "withdrawn"}


def tell_reach(apps, schema_editor):
    """Until here a signature held as long as no version in between was material; that is what is written down."""
    PolicyVersion = apps.get_model("policies", "PolicyVersion")
    Reach = apps.get_model("policies", "Reach")
    by_policy = defaultdict(list)
    fields = ["pk", "policy", "number", "status", "significance", "material_number", "content_hash"]
    for row in PolicyVersion.objects.order_by("policy", "number").values(*fields).iterator():
        by_policy[row["policy"]].append(row)
    for versions in by_policy.values():
        before = None
        for row in versions:
            if before:
                PolicyVersion.objects.filter(pk=row["pk"]).update(baseline_number=before["number"])
                if not row["content_hash"]:
                    # Of a draft it was not known until it was published.
                    is_material = row["significance"] == "material"
                    row["material_number"] = row["number"] if is_material else before["material_number"]
                    PolicyVersion.objects.filter(pk=row["pk"]).update(material_number=row["material_number"])
            if row["status"] in READABLE:
                before = row
        rows = []
        for one in versions:
            for other in versions:
                is_published = one is other or (one["content_hash"] or other["content_hash"])
                holds = (
                    other["number"] >= one["material_number"] and other["material_number"] <= one["number"]
                )
                if one is other or (is_published and holds):
                    rows.append(Reach(version_id=one["pk"], signed_id=other["pk"]))
        Reach.objects.bulk_create(rows, batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [("policies", "0012_clauses_for_some")]

    operations = [migrations.RunPython(tell_reach, migrations.RunPython.noop)]
