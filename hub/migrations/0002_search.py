from django.db import migrations, models

from hub.search import schema


class Migration(migrations.Migration):
    dependencies = [("hub", "0001_initial")]

    operations = [
        migrations.AddField("searchentry", "places", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.RunPython(schema.create, schema.drop),
    ]
