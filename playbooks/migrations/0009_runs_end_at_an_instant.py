from datetime import datetime, time

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q
from django.utils import timezone

NAME = "playbooks_run_that_ended_says_when_and_by_whom"


def keep_the_day(apps, schema_editor):
    """Noon of the hub's day on which it ended."""
    zone = timezone.get_default_timezone()
    for run in apps.get_model("playbooks", "Run").objects.exclude(closed_on=None).only("closed_on"):
        run.closed_at = datetime.combine(run.closed_on, time(12), zone)
        run.save(update_fields=["closed_at"])


def keep_the_instant(apps, schema_editor):
    zone = timezone.get_default_timezone()
    for run in apps.get_model("playbooks", "Run").objects.exclude(closed_at=None).only("closed_at"):
        run.closed_on = timezone.localdate(run.closed_at, zone)
        run.save(update_fields=["closed_on"])


class Migration(migrations.Migration):
    dependencies = [
        ("playbooks", "0008_suggestions_reviews_and_redlines"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="run", name=NAME),
        migrations.AddField(
            model_name="run",
            name="closed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="ended"),
        ),
        migrations.RunPython(keep_the_day, keep_the_instant),
        migrations.RemoveField(model_name="run", name="closed_on"),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=Q(status="active", closed_at=None, closed_by=None)
                | (~Q(status="active") & Q(closed_at__isnull=False, closed_by__isnull=False)),
                name=NAME,
            ),
        ),
    ]
