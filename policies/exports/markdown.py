"""Markdown: the texts as they were written, a heading for each clause with its key and force."""

import json
import re

from django.conf import settings

from hub.text.markdown import blocks

_SIGNS = re.compile(r"([\\`*_\[\]<>#~&{|!$])")
_OWN_LINK = re.compile(r"(\]\(<?)/(?!/)")
_UNDERLINE = re.compile(r"[ ]{0,3}(?:=+|-+)[ \t]*")
_UNCLOSED = {"<!--": "-->", "<?": "?>", "<![CDATA[": "]]>"}


def written(stamp, clauses):
    """The file as bytes."""
    return as_text(stamp, clauses).encode()


def as_text(stamp, clauses):
    keys = {
        "title": stamp.title,
        "summary": stamp.summary,
        "language": stamp.language,
        "policy": stamp.slug,
        "version": stamp.number,
        "state": stamp.state,
        "in_force_since" if stamp.in_force else "binds_from": stamp.effective_on.isoformat(),
        "content_hash": stamp.content_hash,
        "address": stamp.address,
        "exported_on": stamp.exported_on.isoformat(),
    }
    narrowed = {clause.key: clause.audience_names for clause in clauses if clause.audience_names}
    if narrowed:
        keys["applies_to"] = narrowed
    head = "\n".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in keys.items())
    parts = [f"---\n{head}\n---", f"# {escaped(stamp.title)}"]
    for clause in clauses:
        parts += [f"## {escaped(clause.heading)} {{#{clause.anchor} .{clause.force}}}", enclosed(abroad(clause.body))]
    return "\n\n".join(parts) + "\n"


def escaped(text):
    """A line of plain text that Markdown reads as just that."""
    return _SIGNS.sub(r"\\\1", text)


def abroad(body):
    """Links within the portal with its name, so that they lead somewhere from outside."""
    site = settings.SITE_URL.rstrip("/")
    return _OWN_LINK.sub(rf"\1{site}/", body)


def enclosed(body):
    """A text that can stand below a heading: its own headings are lower, and it leaves nothing open behind it."""
    lines = body.split("\n")
    found = [
        (token.map, int(token.tag[1]))
        for token in blocks(body, {})
        if token.type == "heading_open" and token.map and token.level == 0
    ]
    shift = max(0, 3 - min((level for _map, level in found), default=3))
    if shift:
        for (first, after), level in reversed(found):
            text = [line.strip() for line in lines[first:after]]
            if len(text) > 1 and _UNDERLINE.fullmatch(lines[after - 1]):
                text = [" ".join(text[:-1])]
            else:
                text = [re.sub(r"^#{1,6}\s*|\s+#+$", "", text[0])]
            lines[first:after] = [f"{'#' * min(6, level + shift)} {text[0]}", ""]
    body = "\n".join(lines).strip()
    for closing in ("", *_closings(body)):
        if _ends(body + closing):
            return body + closing
    return body


def _ends(body):
    """Whether a heading written after it would be one."""
    tokens = blocks(body + "\n\n## end", {})
    return len(tokens) > 2 and tokens[-3].type == "heading_open" and tokens[-2].content == "end"


def _closings(body):
    tokens = blocks(body, {})
    if tokens and tokens[-1].type == "fence":
        yield "\n" + tokens[-1].markup
    for opening, closing in _UNCLOSED.items():
        if opening in body:
            yield "\n" + closing
    for tag in ("pre", "script", "style", "textarea"):
        yield f"\n</{tag}>"
