"""What was read, brought into parts that a person can take or leave: none too long, none but a bare heading.

Stored, a document is plain JSON: title, summary, language, kind, front_matter, warnings and parts, each part a dict
with key, heading, body and level. A part that brought a permanent key along from an export of ours has it as
`carried_key`, and its `force`; it is left as it is. Comments of the file (see `hub.documents.comments`) are in the
`comments` of the part they stand on, or of the document where none holds their place; most files have none.
"""

import re
from dataclasses import dataclass, replace

from django.utils.text import slugify
from django.utils.translation import gettext as _

from hub.documents import sections
from hub.documents.reader import Document
from hub.text.markdown import attributes_of, blocks, excerpt, plain

LONGEST_TITLE = 160
LONGEST_SUMMARY = 400
LONGEST_HEADING = 250
LONGEST_BODY = 30_000  # characters; a longer part is cut at its own headings
LONGEST_HEADING_WORDS = 20
_TOPIC_KEYS = ("topics", "topic", "tags", "tag", "categories", "category", "keywords")
# Pictures on other sites are not shown here (nobody shall learn there who reads what), so they become links.
_LINKED_PICTURE = re.compile(r"\[!\[([^\[\]]*)\]\((?:[^()\s]+)[^()]*\)\](?=\()")
_PICTURE = re.compile(r"!\[([^\[\]]*)\]\((https://[^()\s]+)[^()]*\)")
_PICTURE_TAG = re.compile(r"<img\b[^<>]*>", re.I)
# The name of what stands before the first heading, in the language of the text.
_INTRODUCTIONS = {
    "ar": "مقدمة",
    "de": "Einleitung",
    "en": "Introduction",
    "es": "Introducción",
    "fr": "Introduction",
    "it": "Introduzione",
    "ja": "はじめに",
    "ko": "소개",
    "nl": "Inleiding",
    "pt": "Introdução",
    "ru": "Введение",
    "zh": "引言",
}
_SENTENCE = re.compile(r"[.!?。؟]$")


@dataclass(frozen=True)
class _Piece:
    """A part on its way: `brought` is what its heading brought along."""

    level: int
    heading: str
    body: str
    brought: dict
    comments: tuple[dict, ...] = ()


def as_stored(document: Document) -> dict:
    warnings = list(document.warnings)
    found = []
    for part in document.sections:
        body = part.body_markdown.strip()
        if part.carried_key:
            brought = {"carried_key": part.carried_key, "force": part.force}
            found.append(_Piece(part.level, part.heading, body, brought, part.comments))
        else:
            heading = _named(part, document.language)
            found += _in_pieces(_Piece(part.level, heading, _with_linked_pictures(body), {}, part.comments))
    taken: set[str] = set()
    parts = []
    for number, piece in enumerate(_without_bare_headings(found), 1):
        key = sections.key_of(piece.heading, taken, f"section-{number}")
        part = {"key": key, "heading": piece.heading, "body": piece.body, "level": piece.level, **piece.brought}
        parts.append(part | _with_comments(piece.comments))
    if len(document.title) > LONGEST_TITLE:
        warnings.append(_("The title was too long and was cut: %s") % document.title)
    title = shortened(document.title, LONGEST_TITLE)
    return {
        "title": title,
        "summary": shortened(_without_title(document.summary, title) or title, LONGEST_SUMMARY),
        "language": document.language,
        "kind": document.kind,
        "front_matter": document.front_matter,
        "warnings": warnings,
        "parts": parts,
    } | _with_comments(document.comments)


def _with_comments(comments):
    return {"comments": list(comments)} if comments else {}


def _named(part, language):
    return _INTRODUCTIONS.get(language, part.heading) if part.heading == _("Introduction") else part.heading


def _without_title(summary, title):
    """A text that begins by saying its title again is no summary until it goes on."""
    rest = summary.removeprefix(title).lstrip(" .:;,–—-")
    while title and rest != summary and rest and not rest[0].islower():
        summary, rest = rest, rest.removeprefix(title).lstrip(" .:;,–—-")
    return summary


def _with_linked_pictures(body):
    if "![" not in body and "<img" not in body.lower():
        return body
    body = _LINKED_PICTURE.sub(lambda match: f"[{match[1].strip() or _('Picture')}]", body)
    body = _PICTURE.sub(lambda match: _picture_link(match[1], match[2]), body)
    return _PICTURE_TAG.sub(_tag_as_link, body)


def _tag_as_link(match):
    attributes = attributes_of(match.group())
    source = attributes.get("src", "")
    if not source.startswith("https://") or re.search(r"[\s()<>]", source):
        return match.group()
    return _picture_link(re.sub(r"[\[\]<>]", "", attributes.get("alt", "")), source)


def _picture_link(alt, source):
    alt = " ".join(alt.split())
    return f"[{_('Picture: %s') % alt if alt else _('Picture')}]({source})"


def shortened(text: str, most: int) -> str:
    """The text on one line in at most this many characters, cut between words where there are any."""
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    head = text[: most - 1]
    return (head.rpartition(" ")[0] if " " in head[most // 2 :] else head).rstrip(" ,;:.") + "…"


def _in_pieces(piece):
    """A part that is too long, at its own headings; without any, between its blocks."""
    if len(piece.body) <= LONGEST_BODY:
        return [piece]
    return _with_those_of(piece.comments, list(_cut(piece)))


def _cut(piece):
    headings, references = sections.scan(piece.body)
    inner = sections.split(piece.body, headings, references)
    if len(inner) > 1:
        if inner[0].level:
            yield replace(piece, body="", comments=())
        for part in inner:
            level, heading = piece.level, piece.heading
            if part.level:
                level, heading = max(part.level, level + 1), shortened(part.heading, LONGEST_HEADING)
            yield from _in_pieces(_Piece(level, heading, part.body, {}))
        return
    for number, body in enumerate(_by_blocks(piece.body), 1):
        yield _Piece(piece.level, piece.heading if number == 1 else f"{piece.heading} ({number})", body, {})


def _with_those_of(comments, pieces):
    """Each comment goes to the first piece that holds the words it stands on, else to the first of all."""
    if not comments:
        return pieces
    texts = [" ".join(plain(f"{piece.heading}\n\n{piece.body}").split()) for piece in pieces]
    kept = [[] for _piece in pieces]
    for comment in comments:
        quote = comment["quote"].rstrip("…")
        kept[next((at for at, text in enumerate(texts) if quote and quote in text), 0)].append(comment)
    return [replace(piece, comments=tuple(found)) for piece, found in zip(pieces, kept, strict=True)]


def _by_blocks(body):
    lines, start, end = body.split("\n"), 0, 0
    starts = [token.map[0] for token in blocks(body, {}) if token.level == 0 and token.map and token.nesting >= 0]
    for line in [*starts[1:], len(lines)]:
        if len("\n".join(lines[start:line])) > LONGEST_BODY and end > start:
            yield "\n".join(lines[start:end]).strip()
            start = end
        end = line
    yield from _by_length("\n".join(lines[start:]).strip())


def _by_length(text):
    """The last resort, for one block without end."""
    while len(text) > LONGEST_BODY:
        cut = max(text.rfind("\n", 0, LONGEST_BODY), text.rfind(" ", 0, LONGEST_BODY))
        cut = cut if cut > LONGEST_BODY // 2 else LONGEST_BODY
        yield text[:cut].rstrip()
        text = text[cut:].lstrip()
    if text:
        yield text


def _without_bare_headings(pieces):
    """A heading that only groups those below it goes before their headings; a sentence set as a heading is text.

    A bare heading with nothing below it stays, and is not proposed for taking.
    """
    groups, kept, waiting = [], [], ()  # `waiting` are comments on headings that group
    for index, piece in enumerate(pieces):
        level, heading, body = piece.level, piece.heading, piece.body
        groups = [(at, name) for at, name in groups if at < level]
        comments, waiting = waiting + piece.comments, ()
        if piece.brought:
            kept.append(replace(piece, comments=comments))
            continue
        if not sections.has_words(body):
            if len(heading.split()) > LONGEST_HEADING_WORDS or (_SENTENCE.search(heading) and " " in heading):
                heading, body = shortened(excerpt(heading, 10), LONGEST_HEADING), f"{heading}\n\n{body}".strip()
            elif level and index + 1 < len(pieces) and pieces[index + 1].level > level:
                groups.append((level, heading))
                waiting = comments
                continue
        named = ": ".join([*(name.rstrip(": ") for _at, name in groups), heading])
        kept.append(_Piece(level, named if len(named) <= LONGEST_HEADING else heading, body, {}, comments))
    return kept


def is_bare(part: dict) -> bool:
    """A heading and nothing to read below it."""
    return not sections.has_words(part["body"])


def folded(parts: list[dict], most: int) -> list[dict]:
    """At most this many parts where that can be had: the deepest go, with their headings, into those before them."""
    while len(parts) > most:
        deepest, shallowest = max(part["level"] for part in parts), min(part["level"] for part in parts)
        if deepest == shallowest:
            break
        shorter = []
        for part in parts:
            if part["level"] == deepest and shorter and shorter[-1]["level"] < deepest:
                into = dict(shorter[-1])
                into["body"] = f"{into['body']}\n\n### {_escaped(part['heading'])}\n\n{part['body']}".strip()
                if len(into["body"]) <= LONGEST_BODY:
                    shorter[-1] = into | _with_comments([*into.get("comments", []), *part.get("comments", [])])
                    continue
            shorter.append(part)
        if len(shorter) == len(parts):
            break
        parts = shorter
    return parts


def _escaped(heading):
    return re.sub(r"([\\`*_\[\]<#])", r"\\\1", heading)


def topic_named(front_matter: dict, topics) -> object | None:
    """The first of these topics that the file's own keys name."""
    lower = {str(key).lower(): value for key, value in front_matter.items()}
    by_word = {word: topic for topic in topics for word in (topic.slug, slugify(topic.name))}
    for key in _TOPIC_KEYS:
        value = lower.get(key)
        words = value if isinstance(value, list) else re.split("[,;]", value) if isinstance(value, str) else []
        for word in words:
            if isinstance(word, str) and slugify(word) in by_word:
                return by_word[slugify(word)]
    return None


def address_wanted(document: dict, filename: str) -> str:
    """The address a document asks for: its own, else its title's, else its file's name."""
    own = next((value for key, value in document["front_matter"].items() if str(key).lower() == "slug"), "")
    stem = filename.rpartition(".")[0] or filename
    for text in (own if isinstance(own, str) else "", document["title"], stem):
        if found := slugify(text)[:100].strip("-_"):
            return found.replace("_", "-")
    return "document"


def words_of(document: dict) -> str:
    """The beginning of every part as plain words, for a first look at what kind of text it is."""
    return "\n".join(f"{part['heading']}\n{plain(part['body'][:1500])}" for part in document["parts"][:40])
