"""Converts one file to Markdown in a process of its own, with little memory and little time.

Run as a script: the kind as its argument, the file on standard input, JSON on standard output:
{"markdown", "title", "language", "description", "warnings", "dropped"}, of Word also "property_title" and "comments";
or {"refused": reason}.
It imports nothing of the portal: a hostile file can break this process and nothing else.
"""

import io
import json
import re
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))  # last, as the process is shut off from the folders it is started in

import _word_comments
from _word_comments import Hostile, without_marks

MEMORY = 180 * 1024 * 1024  # bytes of private memory; the libraries' code comes on top, and 200 MB hold both
SECONDS = 20  # of processor time
MOST_ELEMENTS = 200_000

TEMPLATE_TAG = re.compile(r"(\{\{.{0,2000}?\}\}|\{%.{0,2000}?%\})", re.S)


class Refused(Exception):
    """The argument is a reason that the parent has a sentence for."""


def limit_resources():
    try:
        import resource
    except ImportError:  # a system without limits: the parent's timeout remains
        return
    for kind, amount in ((resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_DATA, MEMORY), (resource.RLIMIT_CORE, 0)):
        try:
            resource.setrlimit(kind, (amount, amount))
        except (ValueError, OSError):
            continue


# --- HTML to Markdown --------------------------------------------------------------------------------------------

DROP = (
    "script style noscript template svg math object embed applet canvas audio video form input button select textarea "
    "nav link meta base dialog map area"
).split()
CELL_BREAK = "\x1e"  # stands for a line break until the cell is written
BLOCKS = "p div ul ol table blockquote pre h1 h2 h3 h4 h5 h6 section article dl figure".split()


def converter():
    from markdownify import ATX, MarkdownConverter

    class Converter(MarkdownConverter):
        def escape(self, text, parent_tags):
            """Signs that Markdown would read as markup. Foreign template tags stay as they are."""
            parts = TEMPLATE_TAG.split(text)
            parts[::2] = [escape_text(part, "td" in parent_tags or "th" in parent_tags) for part in parts[::2]]
            return "".join(parts)

        def convert_a(self, el, text, parent_tags):
            href = (el.get("href") or "").strip()
            if "{%" in href or "{{" in href:
                return f"[{text}]({href})" if text.strip() else ""
            if href and re.search(r"[\s()<>]", href):
                el["href"] = re.sub(r"[\s()<>]", lambda m: f"%{ord(m.group()):02X}", href)
            if href.startswith("mailto:") and without_marks(text) == href[7:]:
                return f"<{href[7:]}>{marks_of(text)}"
            if text != without_marks(text) == href:
                return f"<{href}>{marks_of(text)}"
            return super().convert_a(el, text, parent_tags)

        def convert_img(self, el, text, parent_tags):
            src, alt = el.get("src") or "", (el.get("alt") or "").strip()
            alt = self.escape(" ".join(alt.split()), parent_tags)
            if src.startswith("https://") and not re.search(r"[\s()<>]", src):
                return f"![{alt}]({src})"
            return f"[{alt}]" if alt else ""

    return Converter(heading_style=ATX, bullets="-", table_infer_header=True)


def marks_of(text):
    return "".join(match[0] for match in _word_comments.MARK.finditer(text))


def escape_text(text, in_cell):
    text = re.sub(r"([\\`*\[\]<])", r"\\\1", text)
    text = re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", text)
    text = re.sub(r"&(?=#?\w+;)", r"\\&", text)
    if in_cell:
        text = text.replace("|", r"\|")
    text = re.sub(r"(?m)^(\s*)(#{1,6}(?:\s|$)|[+>-](?:\s|$)|={2,}|-{2,}|~{3,})", r"\1\\\2", text)
    return re.sub(r"(?m)^(\s*\d{1,9})([.)](?:\s|$))", r"\1\\\2", text)


def soup_of(html):
    from bs4 import BeautifulSoup, Comment, Doctype, ProcessingInstruction

    soup = BeautifulSoup(html, "html.parser")
    nodes = list(soup.descendants)
    if len(nodes) > MOST_ELEMENTS:
        raise Refused("complex")
    for node in nodes:
        if isinstance(node, (Comment, Doctype, ProcessingInstruction)):
            node.extract()
    return soup


def tidy_table(table):
    """Markdown's cells hold one line. A table of one column is a frame around a text, not a table."""
    rows = table.find_all("tr")
    if all(len(row.find_all(["td", "th"])) <= 1 for row in rows) or table.find_parent("table") is not None:
        for wrapper in table.find_all(["thead", "tbody", "tfoot", "tr", "td", "th", "caption"]):
            wrapper.name = "div"
            wrapper.attrs = {}
        table.name = "div"
        return
    for cell in table.find_all(["td", "th"]):
        for item in cell.find_all("li"):
            item.insert(0, "• ")
        for line_break in cell.find_all("br"):
            line_break.replace_with(CELL_BREAK)
        for part in cell.find_all([*BLOCKS, "li"]):
            if part.find_previous_sibling() is not None or part.name == "li":
                part.insert_before(CELL_BREAK)
            part.insert_after(CELL_BREAK)
            part.unwrap()
        cell.smooth()
        texts = list(cell.find_all(string=True))
        if texts and texts[0].lstrip().startswith(CELL_BREAK):
            texts[0].replace_with(texts[0].lstrip(f" \n{CELL_BREAK}"))
        texts = list(cell.find_all(string=True))
        if texts and texts[-1].rstrip().endswith(CELL_BREAK):
            texts[-1].replace_with(texts[-1].rstrip(f" \n{CELL_BREAK}"))


def to_markdown(body, dropped):
    """`body` is changed. `dropped` counts what a reader will miss."""
    soup = body
    for frame in soup.find_all("iframe"):
        dropped["frames"] = dropped.get("frames", 0) + 1
        source = frame.get("src") or ""
        frame.name = "p"
        frame.clear()
        if source.startswith("https://"):
            frame.append(source)
        frame.attrs = {}
    for tag in soup.find_all(DROP):
        tag.decompose()
    for picture in soup.find_all("img"):
        if not (picture.get("src") or "").startswith("https://"):
            dropped["pictures"] = dropped.get("pictures", 0) + 1
    for table in reversed(soup.find_all("table")):  # the inner ones first
        tidy_table(table)
    for heading in soup.find_all(re.compile("^h[1-6]$")):
        if not heading.get_text(strip=True) and not heading.find("img"):
            heading.unwrap()
    markdown = converter().convert_soup(soup)
    markdown = re.sub(rf"(?:\s*{CELL_BREAK}\s*)+", "<br>", markdown).replace("\xad", "")
    return re.sub(r"\n{3,}", "\n\n", markdown).strip() + "\n"


def from_html(data):
    soup = soup_of(data.decode("utf-8"))
    dropped = {}
    language = soup.html.get("lang") if soup.html else None
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    meta = soup.find("meta", attrs={"name": re.compile("^description$", re.I)})
    description = (meta.get("content") or "") if meta else ""
    body = soup.find("main") or soup.find(attrs={"role": "main"})
    if body is None:
        articles = soup.find_all("article")
        body = articles[0] if len(articles) == 1 else soup.body or soup
    if soup.title:
        soup.title.decompose()
    for tag in body.find_all(["header", "footer", "aside"]):
        # The page's own furniture; the same tags inside an article belong to the text.
        if tag.find_parent(["article", "section"]) is None and tag.find("h1") is None:
            tag.decompose()
    markdown = to_markdown(body, dropped)
    return {
        "markdown": markdown,
        "title": title,
        "language": language,
        "description": description,
        "warnings": [],
        "dropped": dropped,
    }


# --- reStructuredText --------------------------------------------------------------------------------------------


def from_rst(data):
    from docutils import nodes
    from docutils.core import publish_doctree, publish_from_doctree
    from docutils.parsers.rst import roles

    def shown_as_text(name, rawtext, text, lineno, inliner, options=None, content=None):
        label = re.sub(r"(?s)\s*<[^<>]*>$", "", text).lstrip("~!")
        return [nodes.inline(rawtext, label)], []

    for role in "ref doc term guilabel menuselection kbd abbr file download option any command program xref".split():
        roles.register_local_role(role, shown_as_text)

    settings = {
        "file_insertion_enabled": False,
        "raw_enabled": False,
        "_disable_config": True,
        "report_level": 5,
        "halt_level": 5,
        "warning_stream": io.StringIO(),
        "input_encoding": "utf-8",
        "output_encoding": "unicode",
        "syntax_highlight": "none",
        "line_length_limit": 100_000,
        "embed_stylesheet": False,
        "stylesheet_path": "",
        "math_output": "LaTeX",
        "smart_quotes": False,
        "doctitle_xform": True,
        "initial_header_level": 2,
    }
    tree = publish_doctree(data.decode("utf-8"), settings_overrides=settings)
    warnings = set()
    for message in list(tree.findall(nodes.system_message)):
        source = [child for child in message.children if isinstance(child, nodes.literal_block)]
        if message.parent is None:
            continue
        if source:
            warnings.add("directives")
            message.parent.replace(message, [nodes.literal_block("", block.astext()) for block in source])
        else:
            message.parent.remove(message)
    for section in list(tree.findall(nodes.section)):
        if "system-messages" in section.get("classes", ()):
            section.parent.remove(section)
    for problem in list(tree.findall(nodes.problematic)):
        problem.parent.replace(problem, nodes.Text(problem.astext()))
    title = tree.next_node(nodes.title)
    language = None
    html = publish_from_doctree(tree, writer="html5", settings_overrides=settings)
    soup = soup_of(html)
    body = soup.find("main") or soup.body
    for tag in body.find_all(class_=["system-message", "docinfo", "topic contents"]):
        tag.decompose()
    dropped = {}
    return {
        "markdown": to_markdown(body, dropped),
        "title": title.astext() if title else "",
        "language": language,
        "description": "",
        "warnings": sorted(warnings),
        "dropped": dropped,
    }


# --- Word --------------------------------------------------------------------------------------------------------

OUR_NAMESPACE = "urn:coe-portal:policy"
HEADING_NAMES = ["heading", "Heading", "Titre", "titre", "Überschrift", "Título", "Titolo", "Kop", "Rubrik", "Nagłówek"]
HEADING_IDS = ["Titre", "berschrift", "Ttulo", "Titolo", "Kop"]


CONTINUED = ["List Continue", "List Continue 2", "List Continue 3"]


def style_map():
    lines = [f"p[style-name='{name} {n}'] => h{n}:fresh" for name in HEADING_NAMES for n in range(1, 7)]
    lines += [f"p.{name}{n} => h{n}:fresh" for name in HEADING_IDS for n in range(1, 7)]
    lines += [f"p[style-name='{name}'] => h1.title:fresh" for name in ("Title", "Titre", "Titel", "Título", "Titolo")]
    lines += [f"p[style-name='{name}'] => p.subtitle:fresh" for name in ("Subtitle", "Sous-titre", "Untertitel")]
    quotes = ("Quote", "Intense Quote", "Citation", "Citation intense", "Block Text", "Zitat")
    lines += [f"p[style-name='{name}'] => blockquote > p:fresh" for name in quotes]
    lines += [f"p[style-name='{name} {n}'] => !" for name in ("toc", "TOC", "TM") for n in range(1, 10)]
    lines += ["p[style-name='TOC Heading'] => !", "p[style-name='Caption'] => p:fresh"]
    # What our own exports use beside Word's own styles.
    lines += ["p[style-name='Clause force'] => p.force:fresh", "p[style-name='Policy summary'] => p.summary:fresh"]
    lines += ["r[style-name='Code'] => code", "p[style-name='Code block'] => pre:separator('\\n')"]
    item = "ul|ol > li"
    lines += [f"p[style-name='{name}'] => {' > '.join([item] * n)} > p:fresh" for n, name in enumerate(CONTINUED, 1)]
    return "\n".join(lines)


def check_parts(archive):
    """Refuses declarations that could reach outside the file or grow without end; returns True for tracked changes."""
    tracked = False
    for name in archive.namelist():
        if not name.endswith((".xml", ".rels")):
            continue
        with archive.open(name) as part:
            head = part.read(4096)
            sample = head.replace(b"\0", b"").lower()
            if b"<!doctype" in sample or b"<!entity" in sample:
                raise Refused("entities")
            if name == "word/document.xml":
                rest = part.read()
                if b"<!ENTITY" in rest:
                    raise Refused("entities")
                tracked = any(tag in head + rest for tag in (b"<w:ins ", b"<w:del ", b"<w:moveFrom "))
    return tracked


def core_properties(archive):
    found = {}
    try:
        xml = archive.read("docProps/core.xml").decode("utf-8", "replace")
    except KeyError:
        return found
    from html import unescape

    for name in ("title", "description", "subject", "language"):
        match = re.search(rf"<dc:{name}\b[^>]*>([^<]*)</dc:{name}>", xml)
        if match:
            found[name] = unescape(match.group(1)).strip()
    return found


def carried(archive):
    """What an export of ours keeps beside the text: {bookmark: key} and {word for a force: force}."""
    from html import unescape

    for name in archive.namelist():
        if re.fullmatch(r"customXml/item\d{1,3}\.xml", name):
            xml = archive.read(name)[:1_000_000].decode("utf-8", "replace")
            if OUR_NAMESPACE in xml:
                clauses = re.findall(r'<clause bookmark="(\w+)" key="([\w-]+)"/>', xml)
                forces = re.findall(r'<force word="([^"<>]*)" is="(must|should|may)"/>', xml)
                return dict(clauses), {unescape(word).casefold(): force for word, force in forces}
    return {}, {}


def bring_keys(soup, keys, forces):
    """Headings of an export of ours get their keys back as `{#c-key .force}`, and links to them their addresses."""
    places = dict(keys)
    for anchor in soup.find_all("a", id=True):
        heading = anchor.find_parent(re.compile("^h[1-6]$"))
        key = keys.pop(anchor["id"], None) if heading is not None and heading.get_text(strip=True) else None
        if key is None:
            continue
        after = heading.find_next_sibling()
        is_force = after is not None and after.name == "p" and "force" in after.get("class", ())
        force = forces.get(without_marks(after.get_text(strip=True)).casefold(), "") if is_force else ""
        heading["data-carried"] = f" {{#c-{key}{' .' + force if force else ''}}}"
    for heading in soup.find_all(attrs={"data-carried": True}):
        heading.append(heading["data-carried"])
    for mark in soup.find_all("p", class_="force"):
        mark.decompose()
    for link in soup.find_all("a", href=True):
        if link["href"][1:] in places:
            link["href"] = f"#c-{places[link['href'][1:]]}"


def from_docx(data):
    import zipfile

    import mammoth

    archive = zipfile.ZipFile(io.BytesIO(data))
    tracked = check_parts(archive)
    properties = core_properties(archive)
    styles = archive.read("word/styles.xml")[:200_000] if "word/styles.xml" in archive.namelist() else b""
    match = re.search(rb"<w:lang\b[^>]*w:val=\"([A-Za-z-]+)\"", styles)
    language = match.group(1).decode() if match else None
    no_picture = mammoth.images.img_element(lambda image: {"src": ""})
    comments = _word_comments.found_in(archive)
    if comments:
        data = _word_comments.with_marks(archive, comments)
    html = mammoth.convert_to_html(io.BytesIO(data), style_map=style_map(), convert_image=no_picture).value
    soup = soup_of(html)
    keys, forces = carried(archive)
    if keys:
        bring_keys(soup, keys, forces)
    summary = soup.find("p", class_="summary")
    if summary is not None:
        summary = without_marks(summary.extract().get_text(" ", strip=True))
    titles = [without_marks(tag.get_text(" ", strip=True)) for tag in soup.find_all("h1", class_="title")]
    for tag in soup.find_all("h1", class_="title"):
        if without_marks(tag.get_text(strip=True)) == (titles[0] if titles else ""):
            tag.decompose()
    subtitle = soup.find("p", class_="subtitle")
    subtitle = without_marks(subtitle.get_text(" ", strip=True)) if subtitle else ""
    for anchor in soup.find_all("a"):
        href = anchor.get("href") or ""
        if href.startswith("#") and anchor.get_text(strip=True) == "↑":  # back from a footnote to its place
            anchor.decompose()
        elif not href or (href.startswith("#") and not href.startswith("#c-")):  # Word's own bookmarks
            anchor.unwrap()
    dropped = {}
    markdown, lines = _word_comments.take_marks(to_markdown(soup, dropped))
    return {
        "markdown": markdown,
        "comments": [comment | {"line": lines.get(number)} for number, comment in enumerate(comments)],
        "title": " ".join(titles[0].split()) if titles else "",
        "property_title": properties.get("title", ""),
        "language": language,
        "description": summary or subtitle,
        "warnings": ["tracked"] if tracked else [],
        "dropped": dropped,
    }


def main(kind):
    limit_resources()
    sys.setrecursionlimit(3000)
    data = sys.stdin.buffer.read()
    try:
        answer = {"docx": from_docx, "html": from_html, "rst": from_rst}[kind](data)
    except (Refused, Hostile) as refused:
        answer = {"refused": str(refused)}
    except MemoryError:
        answer = {"refused": "memory"}
    except RecursionError:
        answer = {"refused": "complex"}
    except Exception as error:  # whatever a broken file provokes: the parent has one sentence for it
        answer = {"refused": "broken", "detail": type(error).__name__}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1])
