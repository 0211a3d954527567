import re

from django.db import migrations, models

from hub.search.synonyms import starting_set

# "token:0,4h,7" said where a token is; now "token:0a,4A,7a" says how often too.
OLD_PLACE = re.compile(r"(?<=[:,])([0-9]+)(h?)(?=[, ])")


def start(apps, schema_editor):
    synonym = apps.get_model("hub", "SearchSynonym")
    synonym.objects.bulk_create(synonym(words=words, also_finds=also) for words, also in starting_set())


def with_letters(apps, schema_editor):
    """Until the next `rebuild_search` counts anew, each word is taken as said once in a passage."""
    entry = apps.get_model("hub", "SearchEntry")
    for pk, places in entry.objects.filter(part_key="").values_list("pk", "places").iterator(chunk_size=500):
        sizes, _, tokens = places.strip().partition(" ")
        tokens = OLD_PLACE.sub(lambda found: found[1] + ("B" if found[2] else "a"), f"{tokens} ")
        entry.objects.filter(pk=pk).update(places=f" {sizes} {tokens}")


class Migration(migrations.Migration):
    dependencies = [("hub", "0009_look_again_and_faded")]

    operations = [
        migrations.CreateModel(
            name="SearchSynonym",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "words",
                    models.CharField(
                        help_text="Words and phrases of up to three words, with commas between them: dm, direct message",
                        max_length=500,
                        verbose_name="words",
                    ),
                ),
                (
                    "also_finds",
                    models.CharField(
                        blank=True,
                        help_text="Leave it empty where all the words mean about the same. Otherwise: hurricane also finds crisis.",
                        max_length=500,
                        verbose_name="only in this direction, also find",
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            ],
            options={"verbose_name": "synonym", "verbose_name_plural": "synonyms", "ordering": ["words"]},
        ),
        migrations.RunPython(start, migrations.RunPython.noop),
        migrations.RunPython(with_letters, migrations.RunPython.noop),
    ]
