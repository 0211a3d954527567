"""Playbooks as Markdown files, one or many in a ZIP, and read back: what goes out comes in again unchanged.

A file is a block of keys (YAML), the title, and a heading `## Heading {#s-key}` for each section with its text as it
was written. A line of a text that looks like such a heading gets a backslash before it, and loses it on the way back.
"""

import json
import re
import zipfile
from dataclasses import dataclass, field
from io import BytesIO

from django.conf import settings
from django.utils.translation import gettext as _

from hub.documents import front_matter
from hub.exceptions import Invalid
from policies.exports.markdown import abroad

MOST_FILES = 2_500
LARGEST_FILE = 4 * 1024 * 1024
LARGEST_TOTAL = 64 * 1024 * 1024

_HEADING = re.compile(r"^## (?P<heading>.*\S)[ ]+\{#s-(?P<key>[a-z0-9_-]{1,80})\}$")
_LOOKS_LIKE_ONE = re.compile(r"^\\*## .*\S[ ]+\{#s-[a-z0-9_-]{1,80}\}$")
_CITE = re.compile(r"^(?P<section>[a-z0-9_-]+) (?P<policy>[a-z0-9_-]+)#(?P<clause>[a-z0-9_-]+)$")
# The facts that are read back; the others are for whoever reads the file.
FACTS = ("title", "summary", "language", "topic", "goal", "minutes", "difficulty", "verify_months")
# And the lists of them: services by address, audiences by the names of their groups.
LISTS = ("platforms", "tags", "audiences", "services")


@dataclass
class Sheet:
    """One playbook of a bundle: `facts` by name, `sections` as the editor sends them, `cites` as
    (section key, policy's address, clause key), `lists` those of LISTS that it names; `revision` is the number it was
    written from. `cites` is None, and a list is not there, where the file does not speak of them.
    """

    name: str
    slug: str
    facts: dict = field(default_factory=dict)
    sections: list = field(default_factory=list)
    cites: list | None = None
    lists: dict = field(default_factory=dict)
    revision: int = 0


def as_markdown(playbook, *, sections, cites, lists, today):
    """The file of a published playbook. `cites` and `lists`, by the names in LISTS, are those the reader may see."""
    keys = {
        "playbook": playbook.slug,
        "title": playbook.title,
        "summary": playbook.summary,
        "language": playbook.language,
        "topic": playbook.topic.slug,
        "goal": playbook.goal.slug if playbook.goal else "",
        "minutes": playbook.minutes,
        "difficulty": playbook.difficulty,
        "verify_months": playbook.verify_months or "",
        **{name: sorted(lists[name]) for name in LISTS},
        "rests_on": [f"{section} {policy}#{clause}" for section, policy, clause in sorted(cites)],
        "owner": playbook.owner.name,
        "revision": playbook.current.number,
        "verified_until": playbook.verified_until.isoformat() if playbook.verified_until else "",
        "address": settings.SITE_URL.rstrip("/") + playbook.get_absolute_url(),
        "exported_on": today.isoformat(),
    }
    head = "\n".join(f"{name}: {_value(value)}" for name, value in keys.items() if value is not None)
    parts = [f"---\n{head}\n---", f"# {playbook.title}"]
    for section in sections:
        parts += [f"## {section.heading} {{#s-{section.key}}}", _kept_apart(abroad(section.body))]
    return "\n\n".join(parts) + "\n"


def at_home(body):
    """Links to the portal without its name: what `abroad` was given."""
    site = settings.SITE_URL.rstrip("/")
    return body.replace(f"]({site}/", "](/").replace(f"](<{site}/", "](</")


def _value(value):
    """A value of the block of keys: JSON is YAML too, but for signs that YAML does not take as they are."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in text)


def _kept_apart(body):
    return "\n".join("\\" + line if _LOOKS_LIKE_ONE.match(line) else line for line in body.split("\n"))


def _joined(lines):
    return "\n".join(line[1:] if line.startswith("\\") and _LOOKS_LIKE_ONE.match(line) else line for line in lines)


def read(name, data):
    """(sheets, {file: why it was not read}) of a file or a ZIP of files. Raises Invalid for what is neither."""
    if len(data) > LARGEST_TOTAL:
        raise Invalid(too_large())
    sheets, refused = [], {}
    for member, content in _members(name, data):
        try:
            sheets.append(read_sheet(member, content() if callable(content) else content))
        except Invalid as error:
            refused[member] = error.sentence
    seen = set()
    for sheet in list(sheets):
        if sheet.slug in seen:
            sheets.remove(sheet)
            refused[sheet.name] = _("Another file of the same ZIP is the playbook “%(slug)s” too.") % {
                "slug": sheet.slug
            }
        seen.add(sheet.slug)
    if not sheets and not refused:
        raise Invalid(_("There is no Markdown file (.md) in this ZIP."))
    return sheets, refused


def too_large():
    return _("The file is larger than %(n)d MB. Send it in parts.") % {"n": LARGEST_TOTAL // 2**20}


def _members(name, data):
    if not data.startswith(b"PK"):
        return [(name, data)]
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Invalid(_("This ZIP is damaged. Export it again, or send single .md files.")) from error
    files = [info for info in archive.infolist() if info.filename.lower().endswith(".md") and not info.is_dir()]
    if len(files) > MOST_FILES:
        raise Invalid(_("A ZIP may hold %(n)d playbooks at most.") % {"n": MOST_FILES})
    if sum(info.file_size for info in files) > LARGEST_TOTAL:
        raise Invalid(_("Unpacked it would be larger than %(n)d MB.") % {"n": LARGEST_TOTAL // 2**20})
    return [(info.filename, lambda info=info: _unpacked(archive, info)) for info in files]


def _unpacked(archive, info):
    # What a ZIP says about the size of a file need not be true.
    try:
        with archive.open(info) as file:
            return file.read(LARGEST_FILE + 1)
    except Exception as error:
        # Each way of packing raises errors of its own for damaged data, a password is a RuntimeError.
        raise Invalid(_("This file in the ZIP is damaged or locked with a password.")) from error


def read_sheet(name, data):
    """A Sheet. Raises Invalid with what is wrong with the file."""
    if len(data) > LARGEST_FILE:
        raise Invalid(_("The file is larger than %(n)d MB.") % {"n": LARGEST_FILE // 2**20})
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(_("The file is not UTF-8. Save it as UTF-8 and try again.")) from error
    keys, rest, understood = front_matter.take(text.replace("\r\n", "\n").replace("\r", "\n"))
    slug = keys.get("playbook", "")
    if not isinstance(slug, str) or not slug:
        raise Invalid(
            _("This is no export of a playbook: its block of keys does not say “playbook:”. Use “Import a document”.")
        )
    if not understood:
        raise Invalid(_("The block of keys at the top cannot be read. Put texts with a colon into quotes."))
    sheet = Sheet(name=name, slug=slug, revision=_number(keys, "revision") if keys.get("revision") else 0)
    sheet.facts = {fact: keys[fact] for fact in FACTS if fact in keys}
    for fact, value in sheet.facts.items():
        if not isinstance(value, str):
            raise Invalid(_("“%(key)s” at the top must be one text.") % {"key": fact})
    for fact in {"minutes", "verify_months"} & sheet.facts.keys():
        # A playbook without an interval of its own has its topic's.
        sheet.facts[fact] = _number(keys, fact) if keys[fact] or fact != "verify_months" else None
    sheet.lists = {name: _texts(keys, name) for name in LISTS if name in keys}
    sheet.cites = [] if "rests_on" in keys else None
    for line in _texts(keys, "rests_on"):
        found = _CITE.match(line)
        if not found:
            raise Invalid(_("“%(line)s” below “rests_on” is not “section policy#clause”.") % {"line": line})
        sheet.cites.append((found["section"], found["policy"], found["clause"]))
    sheet.sections = _sections(rest)
    if not sheet.sections:
        raise Invalid(_("No section was found. A section begins with “## Heading {#s-key}”."))
    return sheet


def _number(keys, name):
    value = keys[name]
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 6:
        raise Invalid(_("“%(key)s” at the top must be a number.") % {"key": name})
    return int(value)


def _texts(keys, name):
    values = keys.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise Invalid(_("“%(key)s” at the top must be a list of texts.") % {"key": name})
    return values


def _sections(text):
    sections, lines = [], []
    for line in text.split("\n"):
        found = _HEADING.match(line)
        if found:
            lines = []
            sections.append(({"key": found["key"], "heading": found["heading"]}, lines))
        else:
            lines.append(line)
    return [{**section, "body": at_home(_joined(lines).strip())} for section, lines in sections]
