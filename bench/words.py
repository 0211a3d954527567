"""Text that reads like none and behaves like text: the same every time, with few common words and many rare ones."""

import itertools
import random

SEED = 20
COMMON = (
    "the of to and a in is for that with on as are be this by it or from your we post account policy review team "
    "people company campaign content channel brand agree answer before after when who what never always ask must "
    "should may approve publish comment reply photo video name customer partner employee disclosure consent record "
    "crisis escalate measure audience language translation archive owner deputy department region service request "
    "guideline playbook example checklist promise calendar launch budget agency influencer raffle prize"
).split()
SYLLABLES = [c + v for c in "b d f g k l m n p r s t v z br st tr pl".split() for v in ("a", "e", "i", "o", "u", "ai")]
SIZE = 8000


def _vocabulary():
    draw = random.Random(SEED)
    made = dict.fromkeys(COMMON)
    while len(made) < SIZE:
        made["".join(draw.choices(SYLLABLES, k=draw.randint(2, 4)))] = None
    return list(made)


WORDS = _vocabulary()
# The n-th word is used 1/n as often as the first (Zipf), as in any language.
_WEIGHTS = list(itertools.accumulate(1 / (rank + 8) for rank in range(SIZE)))


def random_for(*key):
    """A source of chance for one thing, independent of what else is made, and in which order."""
    return random.Random(":".join(map(str, (SEED, *key))))


def words(draw, number):
    return draw.choices(WORDS, cum_weights=_WEIGHTS, k=number)


def title(draw):
    return " ".join([*draw.choices(WORDS[200:], k=2), draw.choice(COMMON[20:]), draw.choice(WORDS[200:])]).capitalize()


def sentence(draw):
    return " ".join(words(draw, draw.randint(8, 19))).capitalize() + "."


def paragraph(draw, sentences=4):
    return " ".join(sentence(draw) for _ in range(sentences))


def section(draw, length):
    """(heading, Markdown of about `length` words)."""
    parts, total = [], 0
    while total < length:
        text = paragraph(draw, draw.randint(3, 5))
        if draw.random() < 0.3:
            text = "\n".join(f"- {sentence(draw)}" for _ in range(4))
        parts.append(text)
        total += text.count(" ") + 1
    return title(draw), "\n\n".join(parts)


def edited(draw, text):
    """About an eighth of the paragraphs changed: some anew, some by a few words."""
    parts = text.split("\n\n")
    for at, part in enumerate(parts):
        chance = draw.random()
        if chance < 0.05:
            parts[at] = paragraph(draw)
        elif chance < 0.13:
            inside = part.split(" ")
            for _ in range(6):
                inside[draw.randrange(2, len(inside))] = words(draw, 1)[0]
            parts[at] = " ".join(inside)
    return "\n\n".join(parts)
