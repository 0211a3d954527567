import io
import zipfile

import pytest

from hub.documents import UnreadableDocument, read, reader
from hub.exceptions import HubError
from hub.text.markdown import render

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
RELS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Target="word/document.xml" Type='
    '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>'
)
STYLES = (
    f"<w:styles {W}>"
    '<w:style w:type="paragraph" w:styleId="Titre1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="H2"><w:name w:val="Titre 2"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style></w:styles>'
)


def paragraph(text, *, style=""):
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>"


def table(*rows):
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def word_file(*, body, head="<?xml version='1.0'?>", extra=None):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("_rels/.rels", RELS)
        archive.writestr("word/styles.xml", STYLES)
        archive.writestr("word/document.xml", f"{head}<w:document {W}><w:body>{body}</w:body></w:document>")
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return packed.getvalue()


def markdown_file(text):
    return read(text.encode(), "our-rules.md")


def headings(document):
    return [section.heading for section in document.sections]


def refusal(data, filename="file.docx"):
    with pytest.raises(UnreadableDocument) as caught:
        read(data, filename)
    assert isinstance(caught.value, HubError)
    assert len(str(caught.value).split()) > 6
    return str(caught.value)


# --- Markdown


def test_front_matter_gives_title_summary_and_keys():
    document = markdown_file(
        "---\ntitle: 'Twitter&#8217;s rules: a start'\ndeck: In short\ndate: 2014-06-30 9:18:30 -0400\n"
        "topics:\n  - safety\n---\nHello there.\n\n## Who\n\nAll.\n\n## When\n\nNow.\n"
    )
    assert document.title == "Twitter’s rules: a start"
    assert document.summary == "In short"
    assert document.front_matter["date"] == "2014-06-30 9:18:30 -0400"
    assert document.front_matter["topics"] == ["safety"]
    assert headings(document) == ["Introduction", "Who", "When"]
    assert document.kind == "markdown"
    assert document.language == "en"


def test_toml_front_matter():
    document = markdown_file('+++\ntitle = "Rules"\ndraft = true\n+++\nText.\n')
    assert document.title == "Rules"
    assert any("draft" in warning for warning in document.warnings)


def test_broken_front_matter_is_read_line_by_line_with_a_word_about_it():
    document = markdown_file("---\ntitle: Rules: the long way: [x\nslug: a\n---\nText.\n")
    assert document.title == "Rules: the long way: [x"
    assert document.warnings


def test_front_matter_with_aliases_is_not_expanded():
    bomb = "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\ntitle: T"
    document = markdown_file(f"---\n{bomb}\n---\nText.\n")
    assert document.title == "T"
    assert isinstance(document.front_matter["c"], str)


def test_a_rule_at_the_top_is_no_front_matter():
    assert "first thought" in markdown_file("---\nfirst thought\n\n---\n\nmore\n").sections[0].body_markdown


def test_the_only_first_level_heading_is_the_title_and_leaves_the_text():
    document = markdown_file("# Rules &amp; *habits*\n\nWhy.\n\n## One\n\na\n\n### Deep\n\nb\n\n## Two\n\nc\n")
    assert document.title == "Rules & habits"
    assert headings(document) == ["Introduction", "One", "Two"]
    assert "### Deep" in document.sections[1].body_markdown


def test_keys_are_unique_and_fit_a_web_address():
    document = markdown_file(
        "# T\n\n## Über uns\n\na\n\n## Über uns\n\nb\n\n## 適用範囲\n\nc\n\n## " + "long " * 30 + "\n\nd\n"
    )
    keys = [section.key for section in document.sections]
    assert keys[:3] == ["uber-uns", "uber-uns-2", "section-3"]
    assert len(set(keys)) == 4
    assert max(map(len, keys)) <= 50


def test_headings_in_code_and_quotes_do_not_cut():
    document = markdown_file("# T\n\n## A\n\n```\n## not\n```\n\n> ## nor this\n\n## B\n\nx\n")
    assert headings(document) == ["A", "B"]


def test_link_definitions_follow_the_sections_that_use_them():
    document = markdown_file("# T\n\n## A\n\nSee [the rules][r].\n\n## B\n\nx\n\n[r]: https://example.org/r\n")
    assert 'href="https://example.org/r"' in render(document.sections[0].body_markdown)
    assert "example.org" not in render(document.sections[1].body_markdown)


def test_a_text_without_headings_is_one_section_named_after_the_file():
    document = read(b"Only words here.", "our_social-rules.txt")
    assert document.title == "Our social rules"
    assert headings(document) == ["Our social rules"]
    assert document.warnings


def test_two_halves_give_way_to_the_headings_inside_them():
    inner = "".join(f"## Step {n}\n\nDo it.\n\n" for n in range(6))
    document = markdown_file(f"---\ntitle: T\n---\n# Before\n\nx\n\n# Event\n\n{inner}")
    assert headings(document)[:3] == ["Before", "Event", "Step 0"]


def test_addresses_and_template_language_survive_to_the_page():
    document = markdown_file("# T\n\nReport to <conduct@example.org>. {% include x.html %}\n{:.lead}\n")
    html = render(document.sections[0].body_markdown)
    assert "mailto:conduct@example.org" in html
    assert "{% include x.html %}" in html
    assert "{:.lead}" in html
    assert any("software" in warning for warning in document.warnings)


def test_what_will_be_missing_is_said():
    document = markdown_file("# T\n\n![A map](map.png) [more](../more.md) <iframe src='https://v.example'></iframe>\n")
    assert len(document.warnings) == 3


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("# مدونة\n\nنلتزم بجعل المشاركة تجربة خالية من المضايقات للجميع.", "ar"),
        ("# 行動規範\n\n私たちは年齢を問わず歓迎します。", "ja"),
        ("# Règles\n\nLes comptes de la maison sont pour vous et pas pour les autres dans une équipe.", "fr"),
        ("---\nlang: pt-BR\n---\n# Regras\n\nOi.", "pt"),
    ],
)
def test_language(text, language):
    assert markdown_file(text).language == language


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(encoding):
    document = read("# Règles\r\n\r\nÀ vous.".encode(encoding), "x.md")
    assert document.title == "Règles"
    assert document.sections[0].body_markdown == "À vous."


def test_western_european_is_read_with_a_word_about_it():
    document = read("# Règles\n\n“À vous”.".encode("cp1252"), "x.md")
    assert document.sections[0].body_markdown == "“À vous”."
    assert any("Western European" in warning for warning in document.warnings)


# --- HTML


def test_html_gives_its_main_content_only():
    page = """<!doctype html><html lang="fr"><head><title>Règles - Le site</title><style>p{}</style></head><body>
    <nav>Menu</nav><main><h1>Règles</h1><p>Bonjour <b>vous</b>, écrivez à <a href="mailto:a@b.org">a@b.org</a>.</p>
    <script>evil()</script><h2>Un</h2><ul><li>x</li><li>2. y_z_</li></ul><h2>Deux</h2><p>5 &lt; 6 &amp;amp; *a*</p>
    <table><tr><th>A</th><th>B</th></tr><tr><td>1<br>2</td><td>a|b</td></tr></table></main><footer>F</footer></body>"""
    document = read(page.encode(), "page.html")
    assert (document.title, document.language, document.kind) == ("Règles", "fr", "html")
    assert headings(document) == ["Introduction", "Un", "Deux"]
    html = "".join(render(section.body_markdown) for section in document.sections)
    assert "mailto:a@b.org" in html
    assert "5 &lt; 6 &amp;amp; *a*" in html
    assert "2. y_z_" in html
    assert "1<br>2" in html.replace("<br/>", "<br>")
    assert ">a|b</td>" in html
    for absent in ("evil", "Menu", ">F<"):
        assert absent not in html


def test_html_shown_as_text_stays_text():
    document = read(b"<h1>T</h1><p>Never write &lt;script&gt;alert(1)&lt;/script&gt; here</p>", "x.html")
    assert "&lt;script&gt;alert(1)" in render(document.sections[0].body_markdown)


def test_django_template_pages_are_text_with_readable_titles():
    page = (
        b'{% extends "x" %}<h1>{% translate "Our rules" %}</h1><p><a href="{% url \'home\' %}">Home</a> {{ user }}</p>'
    )
    document = read(page, "x.html")
    assert document.title == "Our rules"
    html = "".join(render(section.body_markdown) for section in document.sections)
    assert "[Home]({% url 'home' %})" in html
    assert "{{ user }}" in html


# --- reStructuredText


def test_rst():
    text = (
        "Style guide\n===========\n\n.. vale off\n\nBe **kind**. See :ref:`the rules <r>`.\n\nOne\n---\n\n* a\n* b\n\n"
        ".. sphinxthing:: x\n\n   Kept words\n\nTwo\n---\n\n.. include:: /etc/passwd\n\n"
        ".. raw:: html\n\n   <b>raw</b>\n\nEnd.\n"
    )
    document = read(text.encode(), "guide.rst")
    assert document.title == "Style guide"
    assert headings(document) == ["Introduction", "One", "Two"]
    body = "\n".join(section.body_markdown for section in document.sections)
    assert "See the rules." in body
    assert "Kept words" in body
    assert "root:" not in body
    assert "<b>" not in "".join(render(section.body_markdown) for section in document.sections).replace("<b>raw", "")
    assert document.warnings


# --- Word


def test_word_with_french_style_names_tables_and_tracked_changes():
    body = (
        paragraph("Our guide", style="T")
        + paragraph("Premier", style="Titre1")
        + paragraph("Sous", style="H2")
        + "<w:p><w:r><w:t xml:space='preserve'>We </w:t></w:r><w:ins w:id='1' w:author='a'><w:r><w:t>always</w:t></w:r>"
        + "</w:ins><w:del w:id='2' w:author='a'><w:r><w:delText>never</w:delText></w:r></w:del>"
        + "<w:r><w:t> answer *kindly*.</w:t></w:r></w:p>"
        + table(("Word", "Use"), ("post", "a|b"))
        + paragraph("Second", style="Titre1")
        + paragraph("&lt;b&gt;End&lt;/b&gt;")
    )
    core = "<cp:coreProperties><dc:title>template_v3.docx</dc:title></cp:coreProperties>"
    document = read(word_file(body=body, extra={"docProps/core.xml": core}), "upload.docx")
    assert document.title == "Our guide"
    assert headings(document) == ["Premier", "Second"]
    first = document.sections[0].body_markdown
    assert "## Sous" in first
    html = render(first)
    assert "We always answer *kindly*." in html
    assert "never" not in html
    assert ">Use</th>" in html
    assert ">a|b</td>" in html
    assert "&lt;b&gt;End&lt;/b&gt;" in render(document.sections[1].body_markdown)
    assert any("tracked changes" in warning for warning in document.warnings)


def test_word_without_a_title_uses_its_name_and_not_a_file_name_in_its_properties():
    core = "<cp:coreProperties><dc:title>Microsoft Word - old.doc</dc:title></cp:coreProperties>"
    document = read(word_file(body=paragraph("Words."), extra={"docProps/core.xml": core}), "Team charter.docx")
    assert document.title == "Team charter"


def test_a_word_file_is_known_by_its_content():
    assert read(word_file(body=paragraph("Words.")), "renamed.md").kind == "docx"


# --- Refusals


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"", "x.md", "empty"),
        (b" \n ", "x.md", "empty"),
        (b"a" * (5 * 1024 * 1024 + 1), "x.md", "5 MB"),
        (b"%PDF-1.7 ...", "x.docx", ".docx"),
        (b"{\\rtf1 hello}", "x.doc", ".docx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "x.docx", ".docx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "x.docx", "password"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "x.md", "text"),
        (b"MZ\x90\0\x03\0\0\0", "x.txt", "text"),
        (b"<svg xmlns='x'><script/></svg>", "x.md", "drawing"),
        (b"a,b\n1,2\n", "x.csv", "table"),
        (b"print()", "x.py", ".md"),
        (b"PK\x03\x04 broken", "x.docx", "damaged"),
        (b"<html><body><img src=x></body></html>", "x.html", "no text"),
        (b"---\ntitle: T\n---\n", "x.md", "no text"),
    ],
)
def test_refused_with_the_way_to_go_on(data, name, says):
    assert says in refusal(data, name)


def test_macros_are_refused():
    assert "macros" in refusal(word_file(body=paragraph("x"), extra={"word/vbaProject.bin": b"x"}))


def test_outside_entities_are_refused():
    head = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    assert "outside itself" in refusal(word_file(body=paragraph("&amp;x;"), head=head))


def test_a_zip_bomb_is_refused_unopened():
    assert "unpacks" in refusal(word_file(body=paragraph("x"), extra={"word/media/a.bin": b"\0" * 70_000_000}))


def test_a_footnote_keeps_its_words_and_loses_its_arrow():
    rels = (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="f1" Target="footnotes.xml" Type='
        '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"/></Relationships>'
    )
    notes = f"<w:footnotes {W}><w:footnote w:id='2'>{paragraph('Since last spring.')}</w:footnote></w:footnotes>"
    body = paragraph("Ask first.") + "<w:p><w:r><w:footnoteReference w:id='2'/></w:r></w:p>"
    data = word_file(body=body, extra={"word/_rels/document.xml.rels": rels, "word/footnotes.xml": notes})
    text = "\n".join(section.body_markdown for section in read(data, "rules.docx").sections)
    assert "Since last spring." in text
    assert "↑" not in text


def test_other_archives_are_told_apart():
    def packed(name):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(name, "x")
        return file.getvalue()

    assert "workbook" in refusal(packed("xl/workbook.xml"))
    assert "OpenDocument" in refusal(packed("content.xml"))
    assert "Unpack" in refusal(packed("a.txt"))


def test_a_conversion_that_takes_too_long_is_stopped(monkeypatch):
    monkeypatch.setattr(reader, "LONGEST_CONVERSION", 0.01)
    assert "Split it" in refusal(word_file(body=paragraph("x")))


def test_a_file_that_needs_too_much_memory_is_refused_and_harms_nobody():
    deep = b"<div>" * 40_000 + b"x"
    assert refusal(deep, "x.html")
