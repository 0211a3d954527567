"""A Markdown text cut at its headings."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from html import unescape

from hub.text.markdown import blocks, plain

LONGEST_KEY = 50
MANY = 5

_HTML_HEADING = re.compile(r"\s*<h([1-6])(?:\s[^>]*)?>(.*?)</h\1>\s*", re.S | re.I)
# The key a heading brings along, and what a clause's force is, as our own exports write them: {#c-some-key .must}
_CARRIED = re.compile(r"\s*\{#c-([\w-]{1,80})(?:[ ]+\.(must|should|may))?[ ]*\}\s*$")
_HEADING_ID = re.compile(r"\s*\{:?\s*#([\w-]+)[^{}]*\}\s*$|\s*\{:[^{}]*\}\s*$")
_TRANSLATED = re.compile(r"""\{%-?\s*(?:translate|trans|_)\s+(["'])(.{1,300}?)\1[^%]{0,100}%\}""")
_TEMPLATE_TAG = re.compile(r"\{%.{0,300}?%\}")
_PERMALINK = re.compile(r"\s+[¶#]$")
_MARKUP_ONLY = re.compile(r"(?:</?[a-zA-Z][^<>]*>|<!--.*?-->|\s)*", re.S)


@dataclass(frozen=True)
class Heading:
    level: int
    text: str
    start: int  # first line
    end: int  # line after
    key: str = ""  # that it brought along
    force: str = ""


@dataclass(frozen=True)
class Part:
    """`level` is 0 for what stands before the first heading. `key` and `force` are what its heading brought along.

    `start` is its first line in the text that was cut.
    """

    level: int
    heading: str
    body: str
    key: str = ""
    force: str = ""
    start: int = 0


def scan(markdown: str) -> tuple[list[Heading], dict[str, dict]]:
    """Outermost headings with their lines, and the link definitions of the text."""
    env: dict = {}
    tokens = blocks(markdown, env)
    headings = []
    for index, token in enumerate(tokens):
        if token.level or token.map is None:
            continue
        if token.type == "heading_open":
            source = tokens[index + 1].content
            text, key, force = carried(source) or (heading_text(source), "", "")
            headings.append(Heading(int(token.tag[1]), text, token.map[0], token.map[1], key, force))
        elif token.type == "html_block" and (match := _HTML_HEADING.fullmatch(token.content)):
            headings.append(Heading(int(match.group(1)), heading_text(match.group(2)), token.map[0], token.map[1]))
    return [heading for heading in headings if heading.text], env.get("references", {})


def carried(markdown: str) -> tuple[str, str, str] | None:
    """(text, key, force) of a heading that brings a permanent key along, as our own exports write it; else None."""
    match = _CARRIED.search(markdown)
    if match is None:
        return None
    return " ".join(plain(markdown[: match.start()]).split()), match[1], match[2] or ""


def heading_text(markdown: str) -> str:
    """A heading as one plain line: without ids, permalink signs and template tags around its words."""
    text = plain(_HEADING_ID.sub("", markdown))
    return label(_PERMALINK.sub("", " ".join(text.split())))


def label(text: str) -> str:
    """`{% translate "Who decides?" %}` is a title in quotes; where a tag holds no words, it leaves the title."""
    words = _TEMPLATE_TAG.sub(" ", _TRANSLATED.sub(r" \2 ", text)) if "{%" in text else text
    return " ".join(words.split()) or text


def split(markdown: str, headings: list[Heading], references: dict[str, dict]) -> list[Part]:
    """Parts at the highest level that occurs more than once (and at anything above it); deeper headings stay inside.
    Where headings bring keys along, those tell the level.

    Every part gets the link definitions it uses, wherever they stood; one with a key holds its own.
    """
    lines = markdown.split("\n")
    level = max((heading.level for heading in headings if heading.key), default=0) or split_level(headings)
    cuts = [heading for heading in headings if heading.level <= level]
    parts = []
    first = cuts[0].start if cuts else len(lines)
    preamble = "\n".join(lines[:first]).strip()
    if has_words(preamble):
        parts.append(Part(0, "", preamble))
    for index, heading in enumerate(cuts):
        end = cuts[index + 1].start if index + 1 < len(cuts) else len(lines)
        body = "\n".join(lines[heading.end : end]).strip()
        parts.append(Part(heading.level, heading.text, body, heading.key, heading.force, heading.start))
    return [part if part.key else replace(part, body=with_references(part.body, references)) for part in parts]


def split_level(headings: list[Heading]) -> int:
    if not headings:
        return 0
    times = Counter(heading.level for heading in headings)
    repeated = sorted(level for level, count in times.items() if count > 1)
    if not repeated:
        return max(times)
    halves = sum(times[level] for level in times if level <= repeated[0]) <= 2
    if halves and len(repeated) > 1 and times[repeated[1]] >= MANY:  # two halves of a document are no sections
        return repeated[1]
    return repeated[0]


def has_words(markdown: str) -> bool:
    """Whether a reader would see anything. The beginning nearly always tells."""
    if _MARKUP_ONLY.fullmatch(markdown):
        return False
    return bool(plain(markdown[:2000])) or (len(markdown) > 2000 and bool(plain(markdown)))


def with_references(body: str, references: dict[str, dict]) -> str:
    if not references or "[" not in body:
        return body
    used = {" ".join(label.split()).casefold() for label in re.findall(r"\[([^\[\]]{1,300})\]", body)}
    defined = {" ".join(label.split()).casefold() for label in re.findall(r"(?m)^ {0,3}\[([^\[\]]+)\]:", body)}
    missing = []
    for label, target in references.items():
        name = " ".join(label.split()).casefold()
        if name in used and name not in defined:
            title = f' "{target["title"]}"' if target.get("title") and '"' not in target["title"] else ""
            missing.append(f"[{label.lower()}]: <{target['href']}>{title}")
    return body + "\n\n" + "\n".join(missing) if missing else body


def key_of(heading: str, taken: set[str], fallback: str) -> str:
    """A key of Latin letters, digits and hyphens, at most 50 characters, not in `taken`; it is added there."""
    folded = unicodedata.normalize("NFKD", unescape(heading)).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", folded).strip("-")
    if len(base) > LONGEST_KEY - 6:
        base = base[: LONGEST_KEY - 6].rpartition("-")[0] or base[: LONGEST_KEY - 6]
    base = base.strip("-") or fallback
    key, number = base, 2
    while key in taken:
        key, number = f"{base}-{number}", number + 1
    taken.add(key)
    return key
