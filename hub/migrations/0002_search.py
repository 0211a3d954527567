from django.db import migrations, models

from hub.search import schema


class Migration(migrations.Migration):
    dependencies = [("hub", "0001_initial")]

    operations = [
        migrations.AddField("searchentry", "places", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.AddIndex(
            "searchentry",
            models.Index(
                fields=[
                    "id",
                    "is_public_to_all",
                    "kind",
                    "topic_slug",
                    "verified",
                    "popularity",
                    "document_title",
                ],
                condition=models.Q(part_key=""),
                name="hub_searchentry_narrow",
            ),
        ),
        migrations.RunPython(schema.create, schema.drop),
    ]
