"""Writes to the words that search takes for each other."""

from django.db import transaction
from django.utils.translation import gettext as _

from hub import audit
from hub.exceptions import Invalid
from hub.models import SearchSynonym
from hub.permissions import check_can_curate
from hub.search import synonyms


@transaction.atomic
def save_synonym(*, by, synonym=None, words, also_finds=""):
    """A new line of synonyms, or new words for one; in force within seconds, in every process.

    Raises Invalid unless it says at least two things, and for a phrase that search could not recognise.
    """
    check_can_curate(by)
    typed, also = synonyms.phrases(words), synonyms.phrases(also_finds)
    for field, phrases in (("words", typed), ("also_finds", also)):
        for phrase in phrases:
            if not 0 < len(synonyms.stems(phrase, "en")) <= synonyms.LONGEST:
                raise Invalid(_("“%s” is not a phrase of one to three words.") % phrase, field=field)
    if not typed or len(typed) + len(also) < 2:
        raise Invalid(_("Give at least two words or phrases, with a comma between them."), field="words")
    synonym = synonym or SearchSynonym()
    synonym.words, synonym.also_finds = ", ".join(typed), ", ".join(also)
    synonym.save()
    audit.record("saved", synonym, by=by)
    transaction.on_commit(synonyms.forget)
    return synonym


@transaction.atomic
def delete_synonym(*, synonym, by):
    check_can_curate(by)
    audit.record("deleted", synonym, by=by)
    synonym.delete()
    transaction.on_commit(synonyms.forget)
