from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hub", "0005_cache_table")]

    operations = [
        migrations.AddField(
            model_name="importeddocument",
            name="version_of",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
    ]
