"""The table behind the cache: sign-in limits count in it, so it must be there from the first request on."""

from django.core.management import call_command
from django.db import migrations


def make(apps, schema_editor):
    call_command("createcachetable", "portal_cache", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("hub", "0004_letters")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop, elidable=False)]
