"""What was typed, as groups of tokens: one group a word, each with the other ways to say it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from . import stopwords, synonyms, weights
from .tokens import clean, fold, is_unspaced, pairs, stem, surfaces, words
from .vocabulary import Vocabulary

MOST_OTHERS = 20
# A last word that so many documents hold is taken as finished.
FAMILIAR = 3


@dataclass(frozen=True)
class Group:
    """One word of the question. `tokens` are its stems, one a language; `others` other words for it.

    Each of `others` is a phrase (all its tokens must be there) and has its weight in `others_weights`. Weights
    already hold the rarity; `others_weight` is what the others are worth by and large.
    """

    word: str
    tokens: tuple[str, ...]
    weight: float
    others: tuple[tuple[str, ...], ...]
    others_weights: tuple[float, ...]
    others_weight: float
    # About how many documents hold the word itself; and it or one of the others.
    own_frequency: int
    frequency: int


@dataclass(frozen=True)
class Question:
    groups: tuple[Group, ...]
    did_you_mean: str | None
    documents: int
    # The stems of every word typed, where little ones were left out of the groups; else nothing.
    in_full: tuple[tuple[str, ...], ...] = ()

    @property
    def tokens(self) -> frozenset[str]:
        """Every token that makes a word of a text a marked one."""
        return frozenset(
            token
            for group in self.groups
            for token in (*group.tokens, *(token for phrase in group.others for token in phrase))
        )

    @property
    def expected_with_all(self) -> float:
        """About how many documents hold every word, as if words came independently (they rather come together)."""
        return self.documents * math.prod(group.frequency / self.documents for group in self.groups)

    @property
    def whole_weight(self) -> float:
        return sum(group.weight for group in self.groups)


def tidy(text: str) -> str:
    """What was typed, safe and bounded."""
    return clean(text[: weights.QUERY_CHARACTERS * 2])[: weights.QUERY_CHARACTERS].strip()


def parse(text: str, vocabulary: Vocabulary) -> Question:
    text = tidy(text)
    typed = list(dict.fromkeys(surfaces(text)))
    left_out = stopwords.of(_language(typed, vocabulary.languages))
    telling = [word for word in typed if word not in left_out]
    chosen = telling or typed
    last = _unfinished_word(text)
    groups = [_group(word, vocabulary, is_last=word == last) for word in chosen[: weights.QUERY_WORDS * 3]]
    groups = _with_synonyms(groups, text, vocabulary)
    groups = _bounded(groups)
    return Question(
        groups=tuple(groups),
        did_you_mean=_put_right(text, vocabulary),
        documents=vocabulary.documents,
        in_full=tuple(stems(word, vocabulary.languages) for word in typed) if len(chosen) < len(typed) else (),
    )


def _bounded(groups: list[Group]) -> list[Group]:
    """The words that tell most: known before unknown, rare before common. In the order typed."""
    most = weights.QUERY_PAIRS if all(is_unspaced(group.word) for group in groups) else weights.QUERY_WORDS
    if len(groups) <= most:
        return groups
    kept = sorted(groups, key=lambda group: (group.frequency == 0, -group.weight))[:most]
    return [group for group in groups if group in kept]


def stems(word: str, languages: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(stem(word, language) for language in languages))


def _language(typed: Sequence[str], languages: Sequence[str]) -> str:
    """Whose stop words to leave out: most documents' language, unless clearly another one was typed."""
    usual = languages[0]
    hits = {language: sum(word in stopwords.of(language) for word in typed) for language in languages}
    other = max(languages, key=lambda language: (hits[language], language == usual))
    return other if hits[other] >= 2 and hits[other] > hits[usual] else usual


def _unfinished_word(text: str) -> str:
    """The folded last word, if the text ends in it."""
    last = None
    for last in words(text):  # noqa: B007 - the last one is wanted
        pass
    if last is None or last.end != len(text):
        return ""
    folded = fold(last.text)
    return pairs(folded)[-1] if folded and is_unspaced(last.text) else folded


def _group(word: str, vocabulary: Vocabulary, *, is_last: bool) -> Group:
    tokens = stems(word, vocabulary.languages)
    frequency = vocabulary.frequency(tokens)
    others: list[str] = []
    factor = weights.FINISHED
    if is_last and len(word) >= 2 and frequency < FAMILIAR:
        others += [vocabulary.token_of[finished] for finished in vocabulary.finish(word)]
    if not others and _looks_mistyped(word, vocabulary):
        others += [vocabulary.token_of[right] for right, _ in vocabulary.correct(word)]
        factor = weights.CORRECTED
    others = [token for token in dict.fromkeys(others) if token not in tokens]
    if not frequency and others:
        # The word itself is nowhere, so it weighs what it was most likely meant to be.
        rarity = vocabulary.rarity(vocabulary.frequency(others[:1]))
    else:
        rarity = vocabulary.rarity(frequency)
    if not frequency and not others:
        # Nobody may have written it: the other words should still find something.
        rarity *= weights.UNKNOWN_PAIR if is_unspaced(word) else weights.UNKNOWN
    return Group(
        word=word,
        tokens=tokens,
        weight=rarity * weights.TYPED,
        others=tuple((token,) for token in others),
        others_weights=(rarity * factor,) * len(others),
        others_weight=rarity * factor,
        own_frequency=vocabulary.frequency(tokens),
        frequency=vocabulary.frequency([*tokens, *others]),
    )


def _looks_mistyped(word: str, vocabulary: Vocabulary) -> bool:
    """Unknown, or in one document only while a close word is in many (the error is in the texts too)."""
    tokens = stems(word, vocabulary.languages)
    frequency = vocabulary.frequency(tokens)
    if frequency == 0:
        return True
    if frequency > 1 or vocabulary.documents < 20:
        return False
    right = vocabulary.correct(word)
    return bool(right) and right[0][1] == 1 and vocabulary.count[right[0][0]] >= 5


def _with_synonyms(groups: list[Group], text: str, vocabulary: Vocabulary) -> list[Group]:
    """Each group with what else its word may be called; a phrase of the table gives its synonyms to all its words."""
    table = synonyms.table(vocabulary.languages)
    sequence = list(surfaces(text))
    extra: dict[str, list[tuple[str, ...]]] = {}
    for language in vocabulary.languages:
        stemmed = [stem(word, language) for word in sequence]
        for start in range(len(sequence)):
            for length in range(min(synonyms.LONGEST, len(sequence) - start), 0, -1):
                for word in sequence[start : start + length]:
                    extra.setdefault(word, []).extend(table.get(tuple(stemmed[start : start + length]), ()))
    widened = []
    for group in groups:
        phrases = [
            phrase
            for phrase in dict.fromkeys(extra.get(group.word, ()))
            if phrase[0] not in group.tokens and all(vocabulary.document_count.get(token) for token in phrase)
        ]
        if not phrases:
            widened.append(group)
            continue
        # A synonym is worth what it would be as a typed word at the most, so a common one does not outshine.
        rarities = [vocabulary.rarity(min(vocabulary.frequency([token]) for token in phrase)) for phrase in phrases]
        unknown = group.frequency == 0
        rarity = group.weight / weights.TYPED
        worths = [min(rarity, one) * weights.SYNONYM for one in rarities]
        worth = sum(worths) / len(worths)
        widened.append(
            Group(
                word=group.word,
                tokens=group.tokens,
                weight=(max(rarities) if unknown else rarity) * weights.TYPED,
                others=(*group.others, *phrases)[:MOST_OTHERS],
                others_weights=(*group.others_weights, *worths)[:MOST_OTHERS],
                others_weight=max(group.others_weight if group.others else 0.0, worth),
                own_frequency=group.own_frequency,
                frequency=min(
                    vocabulary.documents,
                    group.frequency + sum(vocabulary.frequency(phrase[:1]) for phrase in phrases),
                ),
            )
        )
    return widened


def _put_right(text: str, vocabulary: Vocabulary) -> str | None:
    """The text with each unknown word replaced by its likeliest correction; None if nothing changes."""
    out = []
    end = 0
    last = _unfinished_word(text)
    known_synonyms = synonyms.table(vocabulary.languages)
    for word in words(text):
        folded = fold(word.text)
        if (
            not folded
            or vocabulary.knows(folded)
            or any(folded in stopwords.of(language) for language in vocabulary.languages)
            or vocabulary.frequency(stems(folded, vocabulary.languages))
            or any((token,) in known_synonyms for token in stems(folded, vocabulary.languages))
            or (folded == last and vocabulary.finish(folded, 1))
        ):
            continue
        right = vocabulary.correct(folded)
        if right:
            out += [text[end : word.start], right[0][0]]
            end = word.end
    return "".join([*out, text[end:]]) if out else None
