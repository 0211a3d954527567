from django.db import migrations


def take_along(apps, schema_editor):
    Playbook = apps.get_model("playbooks", "Playbook")
    for goal in apps.get_model("playbooks", "Goal").objects.all():
        Playbook.objects.filter(goal=goal.slug).update(kept_goal=goal)


def bring_back(apps, schema_editor):
    """A goal that staff added since has an address of at most ten signs, or is lost."""
    Playbook = apps.get_model("playbooks", "Playbook")
    for goal in apps.get_model("playbooks", "Goal").objects.all():
        Playbook.objects.filter(kept_goal=goal).update(goal=goal.slug if len(goal.slug) <= 10 else "")


class Migration(migrations.Migration):
    dependencies = [("playbooks", "0012_goals_are_a_list")]

    operations = [migrations.RunPython(take_along, bring_back)]
