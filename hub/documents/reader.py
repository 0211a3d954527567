"""From an uploaded file to a document in sections."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path, PurePath

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub.documents import comments, front_matter, sections
from hub.documents.errors import UnreadableDocument
from hub.documents.language import language_of
from hub.documents.sniff import kind_of, text_of
from hub.text.markdown import TEMPLATE_TAG, clean, excerpt, plain

CHILD = Path(__file__).with_name("_child.py")
LONGEST_CONVERSION = 20  # seconds
LONGEST_TITLE = 200
LONGEST_SUMMARY = 400
LONGEST_TEXT = 250_000  # characters, some 40,000 words
MOST_SECTIONS = 1000
MOST_HEADINGS = 2000

_SUMMARY_KEYS = ("summary", "description", "deck", "excerpt", "abstract", "subtitle")
_TITLE_KEYS = ("title", "linktitle", "menutitle", "name")
_LANGUAGE_KEYS = ("language", "lang", "locale")
_LOCAL_LINK = re.compile(r"(?<!!)\[[^\[\]]+\]\((?!https?:|mailto:|tel:|#|/|<|\{)([^()\s]+)")
_PICTURE = re.compile(r"!\[[^\[\]]*\]\((?!https:)[^()]*\)|<img\b(?![^>]*\bsrc=[\"']?https:)", re.I)
_BOLD_LINE = re.compile(r"\s*\*\*([^*\n]{3,120})\*\*[ \t]*(?:\n|\Z)")
_TIGHT_HEADING = re.compile(r"^( {0,3}#{2,6})(?=[^\s#])", re.M)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_FRAME = re.compile(r"<iframe\b", re.I)


@dataclass(frozen=True)
class SectionDraft:
    """One section as it was found. `level` is its heading's level in the file, 0 for the words before any heading.

    `carried_key` and `force` are what its heading brought along from an export of ours; `comments` stand on its words.
    """

    heading: str
    level: int
    body_markdown: str
    key: str
    carried_key: str = ""
    force: str = ""
    comments: tuple[dict, ...] = ()


@dataclass(frozen=True)
class Document:
    """A file that was read. `kind` is 'markdown', 'html', 'docx' or 'rst'; `language` a code such as 'en'.

    `front_matter` holds the file's own keys as text, lists and dictionaries of text. `warnings` are sentences.
    `comments` are those on its title, or on words that no section holds (see `hub.documents.comments`).
    """

    title: str
    summary: str
    language: str
    kind: str
    front_matter: dict = field(default_factory=dict)
    sections: list[SectionDraft] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    comments: list[dict] = field(default_factory=list)


@dataclass
class _Source:
    """What every format comes down to before it is cut."""

    markdown: str
    title: str = ""  # said by the file outside its text, trusted
    weak_title: str = ""  # said by the file's properties, often wrong
    summary: str = ""
    language: str = ""
    front_matter: dict = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    pictures: int = 0
    frames: int = 0
    comments: list[dict] = field(default_factory=list)  # with `line`, None where the text does not hold the place


def read(data: bytes, filename: str) -> Document:
    """Reads a file of at most 5 MB. Raises UnreadableDocument; nothing is ever half read."""
    kind = kind_of(data, filename)
    source = _from_markdown(data) if kind == "markdown" else _from_child(kind, data)
    source.markdown = clean(source.markdown)
    if len(source.markdown) > LONGEST_TEXT:
        raise UnreadableDocument(_("This document is too long. Split it into parts and upload them one by one."))
    document = _assemble(source, kind, filename)
    if not document.sections:
        raise UnreadableDocument(
            _("There is no text in this file, only pictures or layout. Type the text into a .docx and upload that.")
        )
    return document


def _from_markdown(data: bytes) -> _Source:
    text, warnings = text_of(data)
    text = clean(text)
    keys, body, understood = front_matter.take(text)
    if not understood:
        warnings.append(_("The keys at the top of the file are not quite valid; they were read line by line."))
    lower = {key.lower(): value for key, value in keys.items()}
    if lower.get("draft") == "true" or lower.get("status") == "draft":
        warnings.append(_("The file says that it is a draft."))
    if lower.get("redirectto"):
        warnings.append(_("The file says that another page replaces it: %s") % lower["redirectto"])
    return _Source(
        markdown=_with_spaced_headings(body),
        title=_first_text(lower, _TITLE_KEYS),
        summary=_first_text(lower, _SUMMARY_KEYS),
        language=_first_text(lower, _LANGUAGE_KEYS),
        front_matter=keys,
        warnings=warnings,
        pictures=len(_PICTURE.findall(body)),
        frames=len(_FRAME.findall(body)),
    )


def _with_spaced_headings(text: str) -> str:
    """`##Like this` was a heading before CommonMark. A single `#` may be a hashtag and stays what it is."""
    if not _TIGHT_HEADING.search(text):
        return text
    lines, fence = text.split("\n"), ""
    for number, line in enumerate(lines):
        if match := _FENCE.match(line):
            fence = "" if fence and match[1].startswith(fence) else fence or match[1]
        elif not fence:
            lines[number] = _TIGHT_HEADING.sub(r"\1 ", line)
    return "\n".join(lines)


def _first_text(keys: dict, names: tuple[str, ...]) -> str:
    for name in names:
        value = keys.get(name)
        if isinstance(value, str) and value.strip():
            return " ".join(unescape(value).split())
    return ""


def _from_child(kind: str, data: bytes) -> _Source:
    warnings: list[str] = []
    if kind != "docx":
        text, warnings = text_of(data)
        data = clean(text).encode()
    answer = _convert(kind, data)
    if "refused" in answer:
        raise UnreadableDocument(_refusal(answer["refused"], kind))
    if "tracked" in answer["warnings"]:
        warnings.append(_("The file has tracked changes; they were read as if all were accepted."))
    if "directives" in answer["warnings"]:
        warnings.append(_("Some instructions in the file are not known here; they are shown as text."))
    return _Source(
        markdown=answer["markdown"],
        # A page's <title> often ends in the name of its site: the first heading is the better title.
        title=answer["title"] if kind in ("docx", "rst") else "",
        weak_title=sections.label(answer.get("property_title") or answer["title"]),
        summary=answer.get("description") or "",
        language=answer.get("language") or "",
        warnings=warnings,
        pictures=answer["dropped"].get("pictures", 0),
        frames=answer["dropped"].get("frames", 0),
        comments=answer.get("comments", []),
    )


def _convert(kind: str, data: bytes) -> dict:
    command = [sys.executable, "-I", str(CHILD), kind]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=LONGEST_CONVERSION, check=False)
    except subprocess.TimeoutExpired:
        return {"refused": "time"}
    try:
        return json.loads(done.stdout)
    except ValueError:  # killed by a limit before it could answer
        return {"refused": "memory"}


def _refusal(reason: str, kind: str) -> str:
    if reason == "entities":
        return _("This Word file refers to things outside itself. Save it again as a new .docx and upload that.")
    if reason == "comments":
        return _("This Word file holds more than 1,000 comments. Delete those that are settled, and upload it again.")
    if reason in ("time", "memory", "complex"):
        return _("This document is too large or too intricate to read. Split it into parts and upload them one by one.")
    if kind == "docx":
        return _("This Word file is damaged. Open it in your word processor, save it again as .docx and upload that.")
    return _("This file could not be read. Copy its text into a .docx or Markdown file and upload that.")


# --- Title, summary, sections --------------------------------------------------------------------------------------


def _same_words(one: str, other: str) -> bool:
    return re.sub(r"[\W_]+", "", one).casefold() == re.sub(r"[\W_]+", "", other).casefold()


def _assemble(source: _Source, kind: str, filename: str) -> Document:
    warnings = source.warnings
    headings, references = sections.scan(source.markdown)
    if len(headings) > MOST_HEADINGS:
        raise UnreadableDocument(_("This document has too many headings. Split it into parts and upload them."))
    title, own_heading = _title(source, [heading for heading in headings if not heading.key])
    lines = source.markdown.split("\n")
    if own_heading is not None:
        lines[own_heading.start : own_heading.end] = [""] * (own_heading.end - own_heading.start)
        headings = [heading for heading in headings if heading is not own_heading]
    if not title and (match := _BOLD_LINE.match(source.markdown)):
        title = plain(match.group(1))
        warnings.append(_("No title was found in the file; its first line was used instead."))
    if not title:
        title = _from_filename(filename)
        warnings.append(_("No title was found in the file; its name was used instead."))
    title = excerpt(title, 40)[:LONGEST_TITLE].strip()
    parts = sections.split("\n".join(lines), headings, references)
    if len(parts) > MOST_SECTIONS:
        raise UnreadableDocument(_("This document has too many headings. Split it into parts and upload them."))
    title_lines = range(own_heading.start, own_heading.end) if own_heading else range(0)
    on_parts, general = comments.placed(source.comments, [part.start for part in parts], title_lines)
    drafts, taken = [], set()
    for number, part in enumerate(parts, 1):
        heading = part.heading or (title if len(parts) == 1 else _("Introduction"))
        body = part.body
        if len(heading) > LONGEST_TITLE and not part.key:  # a paragraph set as a heading: nothing of it may be lost
            body = f"{heading}\n\n{body}".strip()
            heading = excerpt(heading, 12)[:LONGEST_TITLE]
        key = sections.key_of(heading, taken, f"section-{number}")
        drafts.append(SectionDraft(heading, part.level, body, key, part.key, part.force, on_parts[number - 1]))
    _add_warnings(source, parts, warnings)
    text = "\n".join(plain(part.body[:4000]) for part in parts[:12])
    # A summary that the file gives is taken as it is, unless it is a whole text.
    summary = " ".join(plain(source.summary).split())
    if not summary or len(summary) > LONGEST_SUMMARY:
        summary = excerpt(summary or sections.label(text), 45)
    return Document(
        title=title,
        summary=summary,
        language=language_of(title + "\n" + text, said=source.language, trusted=kind in ("markdown", "html")),
        kind=kind,
        front_matter=source.front_matter,
        sections=drafts if any(sections.has_words(part.body) for part in parts) else [],
        warnings=warnings,
        comments=general,
    )


def _title(source: _Source, headings: list) -> tuple[str, object]:
    """The title, and the heading that says the same and therefore leaves the text."""
    lines = source.markdown.split("\n")
    first = headings[0] if headings else None
    leads = first is not None and not sections.has_words("\n".join(lines[: first.start]))
    tops = [heading for heading in headings if heading.level == 1]
    if source.title:
        title = sections.heading_text(source.title)
        if first is not None and _same_words(title, first.text):
            return title, first
        if leads and first.text[:1].islower():  # one title set in two lines: "Good practice" / "for e-mail"
            return f"{title} {first.text}", first
        if leads and tops == [first] and len(headings) > 1:
            source.warnings.append(
                _("The text has a title of its own, “%(other)s”; “%(title)s” was kept.")
                % {"other": first.text, "title": title}
            )
            return title, first
        return title, None
    if len(tops) == 1 and (tops[0] is first or leads is False):
        return tops[0].text, tops[0]
    if leads:
        alone = [heading for heading in headings if heading.level <= first.level] == [first]
        # Of two equals the first is a section; before several it is how people write a title without knowing.
        return first.text, first if alone or len(headings) > 2 else None
    return (source.weak_title if _looks_like_title(source.weak_title) else ""), None


def _looks_like_title(text: str) -> bool:
    return bool(text) and not re.search(r"\.\w{2,4}$|^(microsoft word|document|untitled|template)\b", text, re.I)


def _from_filename(filename: str) -> str:
    stem = PurePath(clean(filename).replace("\\", "/")).stem
    words = " ".join(re.sub(r"[\W_]+", " ", stem).split())
    return words[:1].upper() + words[1:] if words else _("Untitled document")


def _add_warnings(source: _Source, parts: list, warnings: list[str]) -> None:
    if source.pictures:
        warnings.append(
            ngettext(
                "One picture is not in the file you sent; its description is shown instead.",
                "%(count)d pictures are not in the file you sent; their descriptions are shown instead.",
                source.pictures,
            )
            % {"count": source.pictures}
        )
    if source.frames:
        warnings.append(
            ngettext(
                "One embedded page (such as a video) was left out or turned into its address.",
                "%(count)d embedded pages (such as videos) were left out or turned into their addresses.",
                source.frames,
            )
            % {"count": source.frames}
        )
    if links := len(_LOCAL_LINK.findall(source.markdown)):
        warnings.append(
            ngettext(
                "One link leads to a place beside the original file and will not work here.",
                "%(count)d links lead to places beside the original file and will not work here.",
                links,
            )
            % {"count": links}
        )
    if tags := len(TEMPLATE_TAG.findall(source.markdown)) + source.markdown.count("{:"):
        warnings.append(
            ngettext(
                "One instruction of another website's software is shown as text. Take it out while editing.",
                "%(count)d instructions of another website's software are shown as text. Take them out while editing.",
                tags,
            )
            % {"count": tags}
        )
    if any(comment["is_cut"] for comment in source.comments):
        warnings.append(_("A comment, or an answer to one, was too long and was cut after 10,000 characters."))
    empty = [part.heading for part in parts if part.heading and not sections.has_words(part.body)]
    if empty:
        warnings.append(_("These headings have no text below them: %s") % ", ".join(f"“{name}”" for name in empty[:8]))
