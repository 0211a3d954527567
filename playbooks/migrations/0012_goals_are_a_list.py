import django.db.models.deletion
from django.db import migrations, models

# Until now these were the goals there were; a new portal begins with them.
GOALS = {
    "reach": "Reach people",
    "help": "Help customers",
    "community": "Build a community",
    "voices": "Let colleagues speak",
    "include": "Leave nobody out",
    "protect": "Protect people and the name",
    "learn": "Learn what works",
    "order": "Keep the house in order",
}


def begin(apps, schema_editor):
    Goal = apps.get_model("playbooks", "Goal")
    for order, (slug, name) in enumerate(GOALS.items(), start=1):
        Goal.objects.get_or_create(slug=slug, defaults={"name": name, "order": order})


class Migration(migrations.Migration):
    dependencies = [("playbooks", "0011_points_become_suggestions")]

    operations = [
        migrations.CreateModel(
            name="Goal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, unique=True, verbose_name="name")),
                ("slug", models.SlugField(max_length=40, unique=True, verbose_name="address")),
                ("order", models.PositiveSmallIntegerField(default=0, verbose_name="order")),
            ],
            options={"verbose_name": "goal", "verbose_name_plural": "goals", "ordering": ["order", "name"]},
        ),
        migrations.RunPython(begin, migrations.RunPython.noop),
        migrations.AddField(
            model_name="playbook",
            name="kept_goal",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="playbooks",
                to="playbooks.goal",
                verbose_name="goal",
            ),
        ),
    ]
