"""Word: headings, lists, tables and links as Word's own, the stamp in the foot of every page.

The keys of the clauses are bookmarks on their headings; which bookmark is which key stands in a part of the file that
Word keeps and does not show.
"""

import io
import re
from datetime import datetime, time
from html.parser import HTMLParser
from xml.sax.saxutils import quoteattr

from django.conf import settings
from django.utils.translation import gettext as _
from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from hub.text.markdown import safe_html
from policies.exports.pdf import direction_of
from policies.models import Force

NAMESPACE = "urn:coe-portal:policy"
DEEPEST = 4
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONTINUED = ["List Continue", "List Continue 2", "List Continue 3"]
# Word wants the properties of a paragraph in their order.
_AFTER_BIDI = [
    f"w:{name}"
    for name in """adjustRightInd snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc
    textDirection textAlignment textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange""".split()
]
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_STRONG = re.compile(r"[^\W\d_]")


def written(stamp, clauses):
    """The file as bytes."""
    document = Document()
    _styles(document)
    bookmarks = {clause.key: f"_clause_{clause.number}" for clause in clauses}
    writer = _Writer(document, bookmarks)
    writer.line(stamp.title, "Title")
    writer.line(stamp.summary, "Policy summary")
    for clause in clauses:
        heading = writer.line(clause.heading, "Heading 1")
        _bookmark(heading, clause.number, bookmarks[clause.key])
        _numbered(heading, writer.headings, 0)
        writer.line(str(clause.get_force_display()), "Clause force")
        if clause.audience_names:
            # In the style of what an import leaves out: a file does not say whom a clause is for.
            writer.line(_("Applies to: %(names)s") % {"names": "; ".join(clause.audience_names)}, "Clause force")
        writer.feed_body(clause.body)
    _stamp(document, stamp, bookmarks)
    packed = io.BytesIO()
    document.save(packed)
    return packed.getvalue()


def _styles(document):
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(11)
    normal.paragraph_format.space_after = Pt(6)
    for name in [*(f"Heading {n}" for n in range(1, 7)), "Title"]:
        document.styles[name].font.color.rgb = RGBColor(0x1A, 0x1A, 0x1A)
    for name, base in (
        ("Policy summary", "Subtitle"),
        ("Clause force", "Normal"),
        ("Code block", "Normal"),
        ("Table heading", "Normal"),
    ):
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = document.styles[base]
    document.styles["Clause force"].font.bold = document.styles["Table heading"].font.bold = True
    document.styles["Clause force"].font.color.rgb = RGBColor(0x55, 0x55, 0x55)
    document.styles["Code block"].font.name = "Consolas"
    code = document.styles.add_style("Code", WD_STYLE_TYPE.CHARACTER)
    code.font.name = "Consolas"


def _stamp(document, stamp, bookmarks):
    properties = document.core_properties
    properties.title, properties.subject = (_NOT_XML.sub("", text)[:255] for text in (stamp.title, stamp.summary))
    properties.author, properties.comments = "", _NOT_XML.sub("", stamp.line())[:255]
    properties.identifier, properties.language = stamp.content_hash, stamp.language
    properties.created = properties.modified = datetime.combine(stamp.exported_on, time())
    properties.last_modified_by, properties.revision = "", 1
    foot = document.sections[0].footer.paragraphs[0]
    foot.text = _NOT_XML.sub("", stamp.line())
    foot.runs[0].font.size = Pt(8)
    language = document.styles.element.find(f".//{qn('w:lang')}")
    if language is not None:
        language.set(qn("w:val"), stamp.language)
    if direction_of(stamp.language) == "rtl":
        for paragraph in [*document.paragraphs, foot]:
            paragraph._p.get_or_add_pPr().insert_element_before(OxmlElement("w:bidi"), *_AFTER_BIDI)
    clauses = "".join(f"<clause bookmark={quoteattr(name)} key={quoteattr(key)}/>" for key, name in bookmarks.items())
    forces = "".join(
        f"<force word={quoteattr(str(label), {chr(34): '&quot;'})} is={quoteattr(value)}/>"
        for value, label in Force.choices
    )
    xml = (
        f'<?xml version="1.0" encoding="UTF-8"?><policy xmlns="{NAMESPACE}" slug={quoteattr(stamp.slug)} '
        f'version="{stamp.number}" hash="{stamp.content_hash}">{clauses}{forces}</policy>'
    )
    package = document.part.package
    part = Part(package.next_partname("/customXml/item%d.xml"), "application/xml", xml.encode(), package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.CUSTOM_XML)


def _bookmark(paragraph, number, name):
    for tag in ("start", "end"):
        mark = OxmlElement(f"w:bookmark{tag.capitalize()}")
        mark.set(qn("w:id"), str(number))
        if tag == "start":
            mark.set(qn("w:name"), name)
            first = paragraph._p.find(qn("w:r"))
            first.addprevious(mark)
        else:
            paragraph._p.append(mark)


def _numbered(paragraph, number_id, level):
    numbering = paragraph._p.get_or_add_pPr().get_or_add_numPr()
    numbering.get_or_add_ilvl().val = level
    numbering.get_or_add_numId().val = number_id


class _Numbers:
    """Word's lists: one way of counting for bullets, one for figures, a list of its own for each list of figures."""

    BULLETS, FIGURES, HEADINGS = "90", "91", "92"
    SIGNS = "•◦▪"

    def __init__(self, document):
        self.element = document.part.numbering_part.element
        first = self.element.find(qn("w:num"))
        for key in (self.BULLETS, self.FIGURES, self.HEADINGS):
            first.addprevious(self._abstract(key))

    def _abstract(self, key):
        abstract = OxmlElement("w:abstractNum")
        abstract.set(qn("w:abstractNumId"), key)
        for level in range(9):
            sign = self.SIGNS[level % 3] if key == self.BULLETS else f"%{level + 1}."
            one = OxmlElement("w:lvl")
            one.set(qn("w:ilvl"), str(level))
            for tag, value in (
                ("w:start", "1"),
                ("w:numFmt", "bullet" if key == self.BULLETS else "decimal"),
                ("w:lvlText", sign),
                ("w:lvlJc", "left"),
            ):
                child = OxmlElement(tag)
                child.set(qn("w:val"), value)
                one.append(child)
            properties, indent = OxmlElement("w:pPr"), OxmlElement("w:ind")
            inset = 432 if key == self.HEADINGS else 360 * (level + 1)
            indent.set(qn("w:left"), str(inset))
            indent.set(qn("w:hanging"), "432" if key == self.HEADINGS else "360")
            properties.append(indent)
            one.append(properties)
            abstract.append(one)
        return abstract

    def new(self, abstract, start=1):
        number = self.element.add_num(int(abstract))
        if abstract == self.FIGURES:
            for level in range(9):
                number.add_lvlOverride(level).add_startOverride(start if level == 0 else 1)
        return number.numId


class _Writer(HTMLParser):
    """Our safe HTML as Word's paragraphs."""

    def __init__(self, document, bookmarks):
        super().__init__(convert_charrefs=True)
        self.document, self.bookmarks = document, bookmarks
        self.numbers = _Numbers(document)
        self.headings = self.numbers.new(_Numbers.HEADINGS)
        self.reset_body()

    def reset_body(self):
        self.paragraph = None
        self.marks = []
        self.lists = []  # [numbering id, has the item its number yet]
        self.quotes = 0
        self.preformatted = False
        self.href = ""
        self.rows = None
        self.cell = None

    def line(self, text, style):
        return self.document.add_paragraph(_NOT_XML.sub("", text), style)

    def feed_body(self, markdown):
        self.reset_body()
        self.feed(safe_html(markdown))
        self.close()
        self.reset()
        self.paragraph = None

    # What the parser calls.

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag in {"strong", "b", "em", "i", "code", "kbd", "samp", "del", "s", "u", "ins", "sub", "sup"}:
            self.marks.append(tag)
        elif tag == "a":
            self.href = attributes.get("href") or ""
        elif tag == "br":
            if self.paragraph is not None:
                self.paragraph.add_run().add_break()
        elif tag == "img":
            self.handle_data(attributes.get("alt") or _("Picture"))
        elif tag in {"ul", "ol"}:
            start = attributes.get("start") or "1"
            kind = _Numbers.BULLETS if tag == "ul" else _Numbers.FIGURES
            self.paragraph = None
            self.lists.append([self.numbers.new(kind, int(start) if start.isdecimal() else 1), True])
        elif tag == "li":
            self.paragraph = None
            if self.lists:
                self.lists[-1][1] = False
            if "task" in (attributes.get("class") or "").split():
                self.handle_data("☐ ")
            elif "task-done" in (attributes.get("class") or "").split():
                self.handle_data("☑ ")
        elif tag == "blockquote":
            self.paragraph = None
            self.quotes += 1
        elif tag == "table":
            self.rows = []
        elif tag == "tr" and self.rows is not None:
            self.rows.append([])
        elif tag in {"td", "th"} and self.rows is not None:
            self.cell = []
            if self.rows:
                self.rows[-1].append((tag, self.cell))
        elif re.fullmatch("h[1-6]", tag):
            self.paragraph = None if self.cell is not None else self.document.add_paragraph(style=self.level(tag))
        elif tag == "hr":
            self.paragraph = None
        elif tag in {"p", "pre", "div", "dt", "dd", "summary", "details", "figcaption", "caption", "figure", "dl"}:
            self.paragraph = None
            self.preformatted = self.preformatted or tag == "pre"

    def handle_endtag(self, tag):
        if tag in self.marks:
            del self.marks[len(self.marks) - 1 - self.marks[::-1].index(tag)]
        elif tag == "a":
            self.href = ""
        elif tag in {"ul", "ol"} and self.lists:
            self.lists.pop()
            self.paragraph = None
        elif tag == "blockquote":
            self.quotes -= 1
            self.paragraph = None
        elif tag in {"td", "th"}:
            self.cell = None
        elif tag == "table" and self.rows is not None:
            rows, self.rows, self.cell = self.rows, None, None
            self.table(rows)
        elif tag in {"p", "li", "pre", "div", "dt", "dd", "summary", "figcaption", "caption"} or tag[0] == "h":
            self.paragraph = None
            if tag == "pre":
                self.preformatted = False

    def handle_data(self, data):
        data = _NOT_XML.sub("", data)
        if self.preformatted:
            for number, line in enumerate(data.removesuffix("\n").split("\n")):
                if number:
                    self.paragraph = None
                self.run(line)
            return
        data = re.sub(r"[ \t\n]+", " ", data)
        if self.cell is not None:
            if data.strip() or self.cell:
                self.cell.append((data, tuple(self.marks), self.href))
            return
        if self.rows is not None or (self.paragraph is None and not data.strip()):
            return
        if self.paragraph is None or self.paragraph._p.find(f".//{qn('w:t')}") is None:
            data = data.lstrip(" ")
        self.run(data)

    # What comes of it.

    def run(self, text):
        if self.paragraph is None:
            self.paragraph = self.begin()
        _add_run(self.paragraph, text, self.marks, self.link())

    def link(self):
        """(bookmark, address) that the words lead to; both empty for plain words."""
        if self.href.startswith("#"):
            return self.bookmarks.get(self.href.removeprefix("#c-"), ""), ""
        if self.href.startswith("/") and not self.href.startswith("//"):
            return "", settings.SITE_URL.rstrip("/") + self.href
        return "", self.href

    def level(self, tag):
        """Headings inside a clause stand below its own; which of them is outermost does not matter here."""
        return f"Heading {min(6, max(2, int(tag[1])))}"

    def begin(self):
        if self.preformatted:
            return self.document.add_paragraph(style="Code block")
        if self.lists:
            number, is_numbered = self.lists[-1]
            depth = min(len(self.lists), DEEPEST) - 1
            if is_numbered:
                return self.document.add_paragraph(style=_CONTINUED[min(depth, 2)])
            paragraph = self.document.add_paragraph(style="List Paragraph")
            _numbered(paragraph, number, depth)
            self.lists[-1][1] = True
            return paragraph
        return self.document.add_paragraph(style="Quote" if self.quotes else None)

    def table(self, rows):
        rows = [row for row in rows if row]
        if not rows:
            return
        table = self.document.add_table(len(rows), max(len(row) for row in rows))
        table.style = "Table Grid"
        for row, cells in zip(table.rows, rows, strict=True):
            for cell, (tag, pieces) in zip(row.cells, cells, strict=False):
                paragraph = cell.paragraphs[0]
                for position, (text, marks, href) in enumerate(pieces):
                    if position == len(pieces) - 1:
                        text = text.rstrip(" ")
                    self.href = href
                    _add_run(paragraph, text.lstrip(" ") if position == 0 else text, marks, self.link())
                self.href = ""
                if tag == "th":
                    paragraph.style = "Table heading"
        if all(tag == "th" for tag, _pieces in rows[0]):
            header = OxmlElement("w:tblHeader")
            table.rows[0]._tr.get_or_add_trPr().append(header)
        spacer = self.document.add_paragraph()
        spacer.paragraph_format.space_after = Pt(0)
        spacer.paragraph_format.left_indent = Cm(0)


def _add_run(paragraph, text, marks, link):
    if not text:
        return
    bookmark, address = link
    run = paragraph.add_run(text)
    if {"strong", "b"} & set(marks):
        run.bold = True
    if {"em", "i"} & set(marks):
        run.italic = True
    if {"del", "s"} & set(marks):
        run.font.strike = True
    if {"u", "ins"} & set(marks):
        run.font.underline = True
    if "sub" in marks:
        run.font.subscript = True
    if "sup" in marks:
        run.font.superscript = True
    if {"code", "kbd", "samp"} & set(marks):
        run.style = "Code"
    if _RIGHT_TO_LEFT.search(text) and not re.search("[A-Za-z]", "".join(_STRONG.findall(text)[:1])):
        run._r.get_or_add_rPr().append(OxmlElement("w:rtl"))
    if bookmark or address:
        _as_link(paragraph, run, bookmark, address)


def _as_link(paragraph, run, bookmark, address):
    link = OxmlElement("w:hyperlink")
    if bookmark:
        link.set(qn("w:anchor"), bookmark)
    else:
        link.set(qn("r:id"), paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    run.font.color.rgb = RGBColor(0x0B, 0x57, 0xA4)
    run.font.underline = True
    run._r.addprevious(link)
    link.append(run._r)
