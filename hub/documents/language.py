"""The language of a text, well enough to choose word stems, fonts and direction."""

import re
from collections import Counter

_SCRIPTS = {
    "ja": "[\u3040-\u30ff]",
    "zh": "[\u4e00-\u9fff]",
    "ko": "[\uac00-\ud7af]",
    "ar": "[\u0621-\u064a]",
    "he": "[\u05d0-\u05ea]",
    "th": "[\u0e01-\u0e2e]",
    "hi": "[\u0904-\u0939]",
    "ru": "[\u0430-\u044f]",
    "el": "[\u03b1-\u03c9]",
}
_COMMON_WORDS = {
    "en": "the and of to in is for you that with are on be this your or not it as",
    "fr": "le la les des et est dans pour vous que une un sur avec pas ne au aux du ce",
    "de": "der die das und ist nicht ein eine mit für auf den dem sie zu von werden oder im",
    "es": "el los las que una para por con es en del se su no como más al lo",
    "it": "il che di per una con non sono è del della gli nel più si da come alla",
    "pt": "o os que uma para com não é do da em se por mais dos das ao como",
    "nl": "de het een en van is dat niet voor op met zijn te je aan ook als bij",
}
_WORDS = {code: frozenset(words.split()) for code, words in _COMMON_WORDS.items()}


def language_of(text: str, *, said: str = "", trusted: bool = True) -> str:
    """A two-letter code. What the file says counts where it is `trusted` or the text does not tell; default 'en'."""
    code = said.strip().lower().replace("_", "-").partition("-")[0]
    code = code if re.fullmatch("[a-z]{2,3}", code) else ""
    if code and trusted:
        return code
    return _guess(text[:40_000]) or code or "en"


def _guess(text: str) -> str:
    letters = sum(character.isalpha() for character in text)
    if not letters:
        return ""
    for script, pattern in _SCRIPTS.items():
        if len(re.findall(pattern, text)) > letters * (0.15 if script == "ja" else 0.4):
            return script
    words = Counter(re.findall(r"[^\W\d_]+", text.lower()))
    scores = {code: sum(words[word] for word in common) for code, common in _WORDS.items()}
    best = max(scores, key=scores.get)
    return best if scores[best] >= 3 else ""
