from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("playbooks", "0013_goals_of_playbooks")]

    operations = [
        migrations.RemoveField(model_name="playbook", name="goal"),
        migrations.RenameField(model_name="playbook", old_name="kept_goal", new_name="goal"),
    ]
