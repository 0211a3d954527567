"""Markdown as people write it, rendered to HTML that is safe to store and to show.

The order matters: Markdown first, the allow-list last. The other way round an address such as
`<conduct@example.org>` looks like an unknown tag and disappears, and with it the address to report to.
"""

import re
import unicodedata
from functools import cache
from html import escape, unescape
from urllib.parse import urlsplit

import nh3
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

# The whole of HTML's vocabulary. A tag with any other name is a person's placeholder ("Dear <name>,")
# and is shown as text; a known name is markup and meets the allow-list.
HTML_TAGS = frozenset(
    """a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote
    body br button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt
    em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i
    iframe img input ins kbd label legend li link main map mark marquee math menu meta meter nav nobr noembed noframes
    noscript object ol optgroup option output p param picture plaintext portal pre progress q rp rt ruby s samp script
    search section select slot small source span strike strong style sub summary sup svg table tbody td template
    textarea tfoot th thead time title tr track tt u ul var video wbr xmp""".split()
)
ALLOWED_TAGS = set(
    """a abbr b blockquote br caption cite code dd del details dfn div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i
    img ins kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td tfoot th thead time tr u ul
    var wbr""".split()
)
ALLOWED_ATTRIBUTES = {
    "*": {"dir", "lang"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "details": {"open"},
    "dfn": {"title"},
    "img": {"src", "alt", "title"},
    "ol": {"start", "reversed"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
ALLOWED_CLASSES = {
    "li": {"task", "task-done"},
    "td": {"align-left", "align-center", "align-right"},
    "th": {"align-left", "align-center", "align-right"},
}
# Their content is code or a fallback for machines, never words for a reader.
DROPPED_WITH_CONTENT = set(
    "script style iframe object embed applet noscript noembed noframes template svg math title xmp plaintext".split()
)
LINK_SCHEMES = {"http", "https", "mailto", "tel"}

# Raw tags are rare in honest text. Past this many, the rest is shown as text: closing tens of thousands
# of open elements costs a parser seconds.
MOST_RAW_TAGS = 4000
# A template tag of a foreign site generator is at most this long; a bound keeps the scan linear.
LONGEST_TEMPLATE_TAG = 2000

TEMPLATE_TAG = re.compile(r"\{\{.{0,2000}?\}\}|\{%.{0,2000}?%\}", re.S)
_TAG_NAME = re.compile(r"</?([a-zA-Z][^\s/>]*)")
# Tags in the *sanitizer's* output, which is well formed: text carries no "<", values are always in double quotes.
_TAG = re.compile(r"""<(/?)([a-z][a-z0-9]*)((?:\s+[^\s="<>]+="[^"]*")*)\s*>""")
_ATTRIBUTE = re.compile(r"""([^\s="<>]+)="([^"]*)\"""")
_AUTO_DIRECTION = frozenset("p li td th h1 h2 h3 h4 h5 h6 dt dd summary caption figcaption".split())
_EMPTY_HEAD = re.compile(r"<thead>\s*<tr>\s*(?:<th[^>]*></th>\s*)+</tr>\s*</thead>\s*")
_EMPTY_HEADER_CELL = re.compile(r"<th([^>]*)></th>")
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_BLOCKS = frozenset(
    """blockquote br caption dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre summary table tbody
    td tfoot th thead tr ul""".split()
)

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0e-\x1f\ufeff\ufffe\uffff\ud800-\udfff]")
_NEWLINES = re.compile("\r\n?|[\x0c\x85\u2028\u2029]")
_MARK_RUN = re.compile(r"[^\w\s\x00-\x7f]{40,}")
_MOST_MARKS = 30


def clean(text: str) -> str:
    """Text as we store it: NFC, newlines as \\n, without NUL, other control characters and lone surrogates.

    Runs of more than 30 combining marks are cut: no script needs them and composing them takes quadratic time.
    """
    text = _FORBIDDEN.sub("", _NEWLINES.sub("\n", text))
    return unicodedata.normalize("NFC", _MARK_RUN.sub(_cut_marks, text))


def _cut_marks(match: re.Match) -> str:
    kept, run = [], 0
    for character in match.group():
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def slug(text: str) -> str:
    """An anchor from a heading. Letters of every script stay, so that Arabic and Japanese headings have one."""
    return re.sub(r"[\W_]+", "-", text.lower()).strip("-")[:80].strip("-")


def is_safe_link(url: str) -> bool:
    """True for web, mail and phone addresses and for addresses without a scheme."""
    try:
        scheme = urlsplit(re.sub(r"[\x00-\x20]", "", url)).scheme.lower()
    except ValueError:
        return False
    return not scheme or scheme in LINK_SCHEMES


def _is_template(url: str) -> bool:
    return any(mark in url for mark in ("{{", "{%", "%7B%7B", "%7B%25", "%7b%7b", "%7b%25"))


def _valid_link(url: str) -> bool:
    return is_safe_link(url) and not _is_template(url)


# Most of what people write is plain paragraphs, and nothing in them needs a parser. These signs may reach over blank
# lines (fences, raw HTML, link definitions); where one occurs, the whole text goes through the parser.
_REACHES_FURTHER = ("```", "~~~", "<", "]:")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
_PLAIN_LINE = r"""(?!\d+[.)])(?:[^\W_]|[“‘(«「"'])(?:[^\W_]| (?!\n)|[-,.;:?!'"()%$€£/’‘“”«»–—…、。「」（）？！・،؟])*"""
_PLAIN_PARAGRAPH = re.compile(rf"{_PLAIN_LINE}(?:\n{_PLAIN_LINE})*\n?")


# --- Markdown to HTML ------------------------------------------------------------------------------------------


def _template_rule(state: StateInline, silent: bool) -> bool:
    """`{{ ... }}` and `{% ... %}` are another system's language: shown as they are, nothing inside is Markdown."""
    start = state.pos
    opening = state.src[start : start + 2]
    if opening not in ("{{", "{%"):
        return False
    limit = min(state.posMax, start + LONGEST_TEMPLATE_TAG)
    end = state.src.find("}}" if opening == "{{" else "%}", start + 2, limit)
    if end < 0:
        return False
    if not silent:
        state.pending += state.src[start : end + 2]
    state.pos = end + 2
    return True


def _show_unknown_tags(html: str, budget: list[int]) -> str:
    """Escape what looks like a tag and is none of HTML's, and every tag once the budget is spent."""

    def shown(match: re.Match) -> str:
        budget[0] -= 1
        known = match.group(1).lower() in HTML_TAGS and budget[0] > 0
        return match.group() if known else "&lt;" + match.group()[1:]

    if html.startswith(("<!--", "<?", "<!")):
        return html
    return _TAG_NAME.sub(shown, html)


def _raw_html_rule(state: StateCore) -> None:
    budget = [MOST_RAW_TAGS]
    for token in state.tokens:
        if token.type == "html_block":
            token.content = _show_unknown_tags(token.content, budget)
        for child in token.children or ():
            if child.type == "html_inline":
                child.content = _show_unknown_tags(child.content, budget)


def _task_rule(state: StateCore) -> None:
    tokens = state.tokens
    for position in range(2, len(tokens)):
        token = tokens[position]
        if token.type != "inline" or tokens[position - 2].type != "list_item_open":
            continue
        match = re.match(r"\[([ xX])\]\s+", token.content)
        if not match or not token.children or token.children[0].type != "text":
            continue
        first = token.children[0]
        first.content = re.sub(r"^\[[ xX]\]\s*", "", first.content)
        tokens[position - 2].attrSet("class", "task" if match.group(1) == " " else "task task-done")


def _table_class_rule(state: StateCore) -> None:
    """Column alignment as a class: the content security policy forbids inline styles."""
    for token in state.tokens:
        if token.type in ("td_open", "th_open") and (style := token.attrs.pop("style", None)):
            token.attrSet("class", "align-" + str(style).partition(":")[2].strip())


@cache
def parser() -> MarkdownIt:
    """The one Markdown dialect of the portal: CommonMark, tables, strikethrough, bare links, task lists."""
    engine = MarkdownIt("commonmark", {"html": True, "linkify": True, "maxNesting": 60})
    # Inline nesting is bounded lower: time on "[[[[[..." grows with it.
    inline = MarkdownIt("commonmark", {"html": True, "linkify": True, "maxNesting": 6})
    for one in (engine, inline):
        one.enable(["table", "strikethrough", "linkify"])
        one.linkify.set({"fuzzy_link": False, "fuzzy_email": True})  # "readme.md" is a file, not a site in Moldova
        one.inline.ruler.before("escape", "template", _template_rule)
        one.validateLink = _valid_link

    def parse_inline(state: StateCore) -> None:
        for token in state.tokens:
            if token.type == "inline":
                token.children = token.children if token.children is not None else []
                inline.inline.parse(token.content, inline, state.env, token.children)

    engine.core.ruler.at("inline", parse_inline)
    engine.core.ruler.push("raw_html", _raw_html_rule)
    engine.core.ruler.push("tasks", _task_rule)
    engine.core.ruler.push("table_classes", _table_class_rule)
    return engine


def blocks(markdown: str, env: dict) -> list[Token]:
    """The block tokens of a text, for those who split it: `token.map` gives its lines, inline tokens keep their source.

    `env["references"]` receives the link definitions.
    """
    tokens: list[Token] = []
    engine = parser()
    engine.block.parse(markdown, engine, env, tokens)
    return tokens


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    if name == "href" and (_is_template(value) or not is_safe_link(value)):
        return None
    if name == "src":
        local = value.startswith("/") and not value.startswith(("//", "/\\"))
        return value if (local or value.lower().startswith("https://")) and not _is_template(value) else None
    if name == "dir":
        return value if value.lower() in ("ltr", "rtl", "auto") else None
    if name in ("colspan", "rowspan", "start"):
        return value if re.fullmatch(r"-?\d{1,4}", value) else None
    return value


def safe_html(markdown: str) -> str:
    """Sanitised, well-formed HTML without our own dressing (anchors, scroll regions). Most callers want `render`."""
    text = clean(markdown)
    if any(sign in text for sign in _REACHES_FURTHER):
        return _sanitised(text)
    out: list[str] = []
    waiting: list[str] = []
    for chunk in _BLANK_LINES.split(text):
        if _PLAIN_PARAGRAPH.fullmatch(chunk) and "//" not in chunk and "mailto:" not in chunk:
            if waiting:
                out.append(_sanitised("\n\n".join(waiting)))
                waiting = []
            out.append(f"<p>{chunk.rstrip()}</p>\n")
        else:
            waiting.append(chunk)
    if waiting:
        out.append(_sanitised("\n\n".join(waiting)))
    return "".join(out)


def _sanitised(text: str) -> str:
    return nh3.clean(
        parser().render(text),
        tags=ALLOWED_TAGS,
        clean_content_tags=DROPPED_WITH_CONTENT,
        attributes=ALLOWED_ATTRIBUTES,
        allowed_classes=ALLOWED_CLASSES,
        attribute_filter=_filter_attribute,
        url_schemes=LINK_SCHEMES,
        link_rel=None,
    )


def attributes_of(raw: str) -> dict[str, str]:
    """Attributes of one tag of `safe_html`, values still escaped as they stand there."""
    return dict(_ATTRIBUTE.findall(raw)) if raw else {}


def is_external(url: str) -> bool:
    return url.startswith(("//", "/\\")) or url[:8].lower().startswith(("http://", "https://"))


def render(markdown: str, *, heading_level: int = 3, anchor_prefix: str = "") -> str:
    """Safe HTML of a text.

    `heading_level` is the level that the text's outermost headings get; deeper ones follow without gaps.
    `anchor_prefix` goes before every heading's id, so that several texts can share one page. Links inside the text
    to one of its own headings (`#some-heading`) follow the prefix.
    """
    return _dress(safe_html(markdown), heading_level, anchor_prefix)


def _heading_levels(html: str, heading_level: int) -> list[int]:
    """New levels for the headings in order: the outermost becomes `heading_level`, no level is skipped."""
    found = [int(level) for level in re.findall(r"<h([1-6])[ >]", html)]
    levels, open_levels = [], []
    for level in found:
        while open_levels and open_levels[-1] >= level:
            open_levels.pop()
        open_levels.append(level)
        levels.append(min(6, heading_level + len(open_levels) - 1))
    return levels


def _anchors(html: str, prefix: str) -> tuple[list[str], dict[str, str]]:
    ids, by_slug, times = [], {}, {}
    for inner in re.findall(r"<h[1-6](?: [^>]*)?>(.*?)</h[1-6]>", html, re.S):
        base = slug(strip_tags(inner)) or "section"
        name = base
        while name in by_slug:
            times[base] = times.get(base, 1) + 1
            name = f"{base}-{times[base]}"
        ids.append(prefix + name)
        by_slug[name] = prefix + name
    return ids, by_slug


def _dress(html: str, heading_level: int, anchor_prefix: str) -> str:
    if anchor_prefix and not anchor_prefix.endswith("-"):
        anchor_prefix += "-"
    if "<th" in html:  # a table without headers has none; an empty header cell only confuses a screen reader
        html = _EMPTY_HEADER_CELL.sub(r"<td\1></td>", _EMPTY_HEAD.sub("", html))
    has_headings = "<h" in html
    levels = iter(_heading_levels(html, heading_level) if has_headings else ())
    ids, by_slug = _anchors(html, anchor_prefix) if has_headings else ([], {})
    next_id = iter(ids)
    open_headings: list[int] = []
    table_depth = 0
    in_link = False
    table_label = escape(_("Table"))
    done_label = escape(_("done:"))

    def dressed(match: re.Match) -> str:
        nonlocal table_depth, in_link
        closing, tag, raw = match.groups()
        if closing:
            if tag == "a":
                in_link = False
            if tag in _HEADINGS:
                return f"</h{open_headings.pop()}>" if open_headings else match.group()
            if tag == "table":
                table_depth -= 1
                return "</table></div>" if table_depth == 0 else "</table>"
            return match.group()
        attributes = attributes_of(raw)
        if tag == "a":
            in_link = True
            return _dress_link(attributes, by_slug)
        if tag == "img":
            return _dress_image(attributes, in_link=in_link)
        if tag in _HEADINGS:
            level = next(levels, min(6, heading_level))
            open_headings.append(level)
            tag = f"h{level}"
            attributes["id"] = escape(next(next_id, anchor_prefix + "section"))
        if tag in _AUTO_DIRECTION:
            attributes.setdefault("dir", "auto")
        before = after = ""
        if tag == "table":
            table_depth += 1
            if table_depth == 1:
                before = f'<div class="table-scroll" tabindex="0" role="region" aria-label="{table_label}">'
        elif tag == "li" and attributes.get("class") == "task task-done":
            after = f'<span class="visually-hidden">{done_label} </span>'
        return before + _open(tag, attributes) + after

    return _TAG.sub(dressed, html)


def _open(tag: str, attributes: dict[str, str]) -> str:
    return f"<{tag}" + "".join(f' {name}="{value}"' for name, value in attributes.items()) + ">"


def _dress_link(attributes: dict[str, str], by_slug: dict[str, str]) -> str:
    href = attributes.get("href")
    if href is None:
        return "<a>"
    if href.startswith("#") and (target := by_slug.get(unescape(href[1:]))):
        attributes["href"] = "#" + escape(target)
    elif is_external(href):
        attributes["rel"] = "noopener noreferrer"
    return _open("a", attributes)


def _dress_image(attributes: dict[str, str], *, in_link: bool) -> str:
    """A picture of ours; of one elsewhere, which our security policy does not load, its words as a link to it."""
    alt, src = attributes.get("alt", ""), attributes.get("src", "")
    if src.startswith("/") and not src.startswith("//"):
        return _open("img", {"src": src, "alt": alt, "loading": "lazy"})
    if src and not in_link:
        words = alt if alt.strip() else escape(_("Picture on another site"))
        return _open("a", {"href": src, "rel": "noopener noreferrer"}) + f"{words}</a>"
    return f'<span class="missing-image">{alt}</span>' if alt.strip() else ""


# --- Plain text ------------------------------------------------------------------------------------------------


def strip_tags(html: str, block_break: str = " ") -> str:
    """Text of sanitised HTML: characters unescaped, a picture's alt text kept, blocks apart by `block_break`."""

    def text_of(match: re.Match) -> str:
        tag = match.group(2)
        if tag == "img":
            return attributes_of(match.group(3)).get("alt", "")
        return block_break if tag in _BLOCKS else ""

    return unescape(_TAG.sub(text_of, html))


def plain(markdown: str) -> str:
    """The words of a text without markup, one block a line (for search, mail and summaries)."""
    lines = (" ".join(line.split()) for line in strip_tags(safe_html(markdown), "\n").split("\n"))
    return "\n".join(line for line in lines if line)


_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def excerpt(text: str, words: int = 40) -> str:
    """The first words of a plain text on one line, with an ellipsis where something was left out.

    Where a script has no spaces, two characters count as one word.
    """
    parts = text.split()
    kept, left = [], words
    for part in parts:
        cost = max(1, len(_UNSPACED.findall(part)) // 2)
        if cost > left:
            if not kept or cost > 4:
                kept.append(part[: left * 2])
            return " ".join(kept).rstrip(" ,;:.、。") + "…"
        kept.append(part)
        left -= cost
    return " ".join(kept)
