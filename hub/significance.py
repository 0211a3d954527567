"""How far-reaching the change of a clause or a section is: what its texts say about that.

What the change of one amounts to is each app's to decide (`policies.significance`, `playbooks.significance`); the
words that carry a rule, the share of a text that changed and the order of the three levels are the same for all.
`change` is a `hub.text.redline.ClauseChange`.
"""

import re
from collections import Counter
from dataclasses import dataclass

from hub.text.markdown import plain
from hub.text.redline import count_words

EDITORIAL, CLARIFYING, MATERIAL = "editorial", "clarifying", "material"


def first_word(label):
    """The first word of a level's label: "Material"."""
    return str(label).partition(":")[0]


WEIGHT = {EDITORIAL: 0, CLARIFYING: 1, MATERIAL: 2}
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
    """What the portal proposes, below which the editor may not go (`floor`), and in a sentence what that rests on."""

    significance: str
    floor: str
    reason: str


def highest(significances):
    """The most far-reaching of several; editorial for none."""
    return max(significances, key=WEIGHT.__getitem__, default=EDITORIAL)


def rule_words(change, language):
    """The words that carry a rule, and figures, that occur more often in one of the two texts than in the other."""
    language = language.partition("-")[0].lower()
    parts = RULE_PARTS.get(language)
    known = RULE_WORDS.get(language, RULE_WORDS["en"])
    old, new = _text(change.old), _text(change.new)
    before, after = (
        Counter(word for word in _WORD.findall(text) if word in known or any(sign.isdigit() for sign in word))
        for text in (old, new)
    )
    if parts:
        before.update({part: old.count(part) for part in parts})
        after.update({part: new.count(part) for part in parts})
    changed = (before - after) + (after - before)
    return sorted(changed, key=lambda word: (-changed[word], word))


def share(change):
    """The share of words (of signs, in scripts without spaces) that a reader sees marked."""
    words = max(count_words(_text(change.old)), count_words(_text(change.new)), 1)
    return max(change.words_added, change.words_removed) / words


def _text(part):
    return f"{part.heading}\n{plain(part.body)}".casefold()
