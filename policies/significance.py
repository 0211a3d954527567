"""How far-reaching the change of a clause is: a proposal from its size and kind, which the editor may correct.

    proposal(change, language="en").significance      # what the portal proposes
    proposal(change, language="en").floor             # what the editor may not go below

`change` is a `hub.text.redline.ClauseChange`.
"""

import re
from collections import Counter
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.text.markdown import plain
from hub.text.redline import count_words


class Significance(models.TextChoices):
    EDITORIAL = "editorial", gettext_lazy("Editorial: the same rule in better words")
    CLARIFYING = "clarifying", gettext_lazy("Clarifying: the same rule, easier to follow")
    MATERIAL = "material", gettext_lazy("Material: the rule changed, people sign again")


def first_word(significance):
    """The first word of its label: "Material"."""
    return str(Significance(significance).label).partition(":")[0]


WEIGHT = {Significance.EDITORIAL: 0, Significance.CLARIFYING: 1, Significance.MATERIAL: 2}
# Up to this share of changed words a text without a change of its rule words counts as better words for the same rule.
SMALL_SHARE = 0.12

# Words that carry the force, the scope or the exceptions of a rule. One more or less of them is never mere wording.
RULE_WORDS = {
    "en": "must shall should may can cannot need required mandatory recommended optional allowed permitted forbidden "
    "prohibited never always not no nobody only unless except without before after within immediately all any every",
    "fr": "doit doivent devez dois devrait devraient devriez peut peuvent pouvez faut obligatoire recommandé "
    "facultatif autorisé permis interdit défendu jamais toujours pas ne non aucun seulement uniquement "
    "sauf sans avant après immédiatement tous toutes tout chaque",
    "de": "muss müssen musst müsst soll sollen sollte sollten darf dürfen kann können verpflichtend empfohlen erlaubt "
    "verboten untersagt nie niemals immer nicht kein keine nur außer ohne vor nach innerhalb sofort alle jede jeder",
    "es": "debe deben debería deberían puede pueden hay obligatorio recomendado opcional permitido prohibido nunca "
    "siempre no ningún ninguna solo sólo únicamente salvo excepto sin antes después inmediatamente todos todas cada",
}
RULE_WORDS = {language: frozenset(words.split()) for language, words in RULE_WORDS.items()}
# Where the language is not in the table: parts of words that mean must, must not, may and should.
RULE_PARTS = {
    "ja": "なければならない てはならない べき 禁止 必ず 許可 できる ない",
    "zh": "必须 必須 不得 应当 應當 可以 禁止 不",
    "ar": "يجب ينبغي يمكن يجوز ممنوع محظور لا",
}
RULE_PARTS = {language: tuple(parts.split()) for language, parts in RULE_PARTS.items()}

_WORD = re.compile(r"\w+(?:['’.\-]\w+)*")


@dataclass(frozen=True)
class Proposal:
    """`reason` says in a sentence what it follows from."""

    significance: str
    floor: str
    reason: str


def highest(significances):
    """The most far-reaching of several; editorial for none."""
    return max(significances, key=WEIGHT.__getitem__, default=Significance.EDITORIAL)


def proposal(change, *, language):
    """What the change of one clause amounts to. `change.kind` is not "same"."""
    if change.kind == "added":
        binds = change.new.force == "must"
        return Proposal(
            Significance.MATERIAL if binds else Significance.CLARIFYING,
            Significance.CLARIFYING,
            _("A new rule that must be followed.") if binds else _("A new clause that advises or allows."),
        )
    if change.kind == "removed":
        bound = change.old.force == "must"
        return Proposal(
            Significance.MATERIAL if bound else Significance.CLARIFYING,
            Significance.CLARIFYING,
            _("A rule that had to be followed is gone.") if bound else _("A clause that advised or allowed is gone."),
        )
    if change.kind == "moved":
        return Proposal(Significance.EDITORIAL, Significance.EDITORIAL, _("The same words in another place."))
    if change.force_change:
        old, new = change.force_change
        return Proposal(
            Significance.MATERIAL,
            Significance.CLARIFYING,
            _("It said “%(old)s” and says “%(new)s” now.") % {"old": old, "new": new},
        )
    return _of_words(change, language.partition("-")[0].lower())


def _of_words(change, language):
    old, new = _text(change.old), _text(change.new)
    carriers = _rule_words(old, new, language)
    if carriers:
        binds = change.new.force == "must"
        return Proposal(
            Significance.MATERIAL if binds else Significance.CLARIFYING,
            Significance.CLARIFYING,
            _("Words that carry the rule changed: %(words)s.") % {"words": ", ".join(carriers[:4])},
        )
    if change.new.force == "must" and change.words_added != change.words_removed:
        return Proposal(
            Significance.CLARIFYING,
            Significance.EDITORIAL,
            _("Words came to, or left, a rule that must be followed. Does it reach further now?"),
        )
    share = _share(change, old, new)
    if share <= SMALL_SHARE:
        return Proposal(Significance.EDITORIAL, Significance.EDITORIAL, _("A few words, none that carries the rule."))
    return Proposal(
        Significance.CLARIFYING,
        Significance.EDITORIAL,
        _("%(n)d %% of the words changed, none that carries the rule.") % {"n": round(100 * share)},
    )


def _text(clause):
    return f"{clause.heading}\n{plain(clause.body)}".casefold()


def _rule_words(old, new, language):
    """The words of either text that carry the rule, or figures, and occur more often in one than in the other."""
    parts = RULE_PARTS.get(language)
    known = RULE_WORDS.get(language, RULE_WORDS["en"])
    before, after = (
        Counter(word for word in _WORD.findall(text) if word in known or any(sign.isdigit() for sign in word))
        for text in (old, new)
    )
    if parts:
        before.update({part: old.count(part) for part in parts})
        after.update({part: new.count(part) for part in parts})
    changed = (before - after) + (after - before)
    return sorted(changed, key=lambda word: (-changed[word], word))


def _share(change, old, new):
    """The share of words (of signs, in scripts without spaces) that a reader sees marked."""
    return max(change.words_added, change.words_removed) / max(count_words(old), count_words(new), 1)
