"""Small files of every kind, for tests of imports."""

import io
import zipfile

FRONT_MATTER = """---
title: Comments on our pages
summary: How we deal with what people write below our posts.
slug: comments
tags: [conduct]
---

Everybody is welcome.

## Answer

You must answer within a day. Write to <care@larkfield.example>.

## Hide

You may hide {{ spam }} and <script>alert(1)</script>.

## Contact
"""
HTML = b"<html lang=en><h1>Our tone</h1><h2>Warm</h2><p>You should be kind.</p><h2>Short</h2><p>One thought.</p></html>"
RST = b"Our style\n=========\n\nWarm\n----\n\nBe kind.\n\nShort\n-----\n\nOne thought.\n"
PDF = b"%PDF-1.7\n1 0 obj\n"
RTF = b"{\\rtf1\\ansi hello}"

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Target="word/document.xml" Type='
    '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>'
)
_STYLES = (
    f'<w:styles {_W}><w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="H2"><w:name w:val="heading 2"/></w:style></w:styles>'
)


def word_file(*paragraphs):
    """A .docx of (style, text) pairs; the styles are "H1", "H2" and ""."""
    body = "".join(
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>'
        for style, text in paragraphs
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _RELS)
        archive.writestr("word/styles.xml", _STYLES)
        archive.writestr("word/document.xml", f"<w:document {_W}><w:body>{body}</w:body></w:document>")
    return packed.getvalue()


WORD = word_file(("H1", "Our accounts"), ("H2", "Open"), ("", "Ask first."), ("H2", "Close"), ("", "Tell us."))
