"""What a file is, by its content. The ending of its name decides only between kinds of plain text."""

import io
import re
import zipfile
from pathlib import PurePath

from django.utils.translation import gettext as _

from hub.documents.errors import UnreadableDocument

LARGEST_FILE = 5 * 1024 * 1024  # bytes
LARGEST_UNPACKED = 60 * 1024 * 1024  # bytes
LARGEST_PART = 25 * 1024 * 1024  # bytes, of the parts that are read
MOST_ENTRIES = 3000
HIGHEST_RATIO = 300  # unpacked to packed, for parts over 1 MB

_MARKDOWN = {"", ".md", ".markdown", ".mdown", ".mkd", ".mdx", ".txt", ".text"}
_HTML = {".html", ".htm", ".xhtml"}
_RST = {".rst", ".rest"}
_TABLES = {".csv", ".tsv"}


def kind_of(data: bytes, filename: str) -> str:
    """'docx', 'html', 'rst' or 'markdown'. Raises UnreadableDocument with the way to go on."""
    if not data.strip():
        raise UnreadableDocument(_("This file is empty. Choose the file again, or check that it was saved."))
    if len(data) > LARGEST_FILE:
        raise UnreadableDocument(
            _("This file is larger than 5 MB. Take out the pictures, or split it into parts, and upload it again.")
        )
    head = data[:1024]
    if b"%PDF-" in head:
        raise UnreadableDocument(
            _("PDF files cannot be read reliably. Open the original document and save it as .docx, then upload that.")
        )
    if head.lstrip().startswith(b"{\\rtf"):
        raise UnreadableDocument(
            _("This is a rich text file (RTF). Open it in your word processor, save it as .docx and upload that.")
        )
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise UnreadableDocument(
                _("This file is protected with a password. Remove the password, save it as .docx and upload it again.")
            )
        raise UnreadableDocument(
            _("This is a file from an older version of Office. Open it, save it as .docx and upload that.")
        )
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        _check_zip(data)
        return "docx"
    return _kind_of_text(data, PurePath(filename.replace("\\", "/")).suffix.lower())


def _kind_of_text(data: bytes, ending: str) -> str:
    sample = data[:4096].removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").lstrip().lower()
    if sample.startswith((b"<svg", b"<?xml")) and b"<html" not in sample:
        raise UnreadableDocument(
            _("This file holds a drawing or data, not a text. Save the text as .docx or Markdown and upload that.")
        )
    if ending in _HTML or sample.startswith((b"<!doctype html", b"<html", b"<?xml")):
        return "html"
    if ending in _RST:
        return "rst"
    if ending in _MARKDOWN:
        return "markdown"
    if ending in _TABLES:
        raise UnreadableDocument(
            _("This is a table, not a text. Save the text around it as .docx or Markdown and upload that.")
        )
    if ending == ".docx":
        raise UnreadableDocument(
            _("This file is called .docx but is no Word document. Open it, save it as .docx and upload that.")
        )
    raise UnreadableDocument(
        _("Files ending in “%(ending)s” cannot be read here. Save it as .docx, .md, .html or .rst and upload that.")
        % {"ending": ending[:12]}
    )


def _check_zip(data: bytes) -> None:
    """Reads the directory only; nothing is unpacked here."""
    broken = _("This Word file is damaged. Open it in your word processor, save it again as .docx and upload that.")
    bomb = _("This file unpacks to far more than a document needs. Save it again as a new .docx and upload that.")
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError) as error:
        raise UnreadableDocument(broken) from error
    names = {entry.filename for entry in entries}
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > LARGEST_UNPACKED:
        raise UnreadableDocument(bomb)
    for entry in entries:
        if entry.file_size > 1_000_000 and entry.file_size > HIGHEST_RATIO * max(1, entry.compress_size):
            raise UnreadableDocument(bomb)
        if entry.filename.endswith((".xml", ".rels")) and entry.file_size > LARGEST_PART:
            raise UnreadableDocument(bomb)
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise UnreadableDocument(
            _("This file is protected with a password. Remove the password, save it as .docx and upload it again.")
        )
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise UnreadableDocument(
            _("This file contains macros. Save it as .docx, which leaves them out, and upload that.")
        )
    if "word/document.xml" not in names or "[Content_Types].xml" not in names:
        if any(name.startswith(("xl/", "ppt/")) for name in names):
            raise UnreadableDocument(
                _("This is a workbook or a presentation. Copy its text into a Word document (.docx) and upload that.")
            )
        if "content.xml" in names:
            raise UnreadableDocument(_("This is an OpenDocument file. Open it, save it as .docx and upload that."))
        raise UnreadableDocument(
            _("This is a packed folder, not a Word document. Unpack it and upload the documents one by one.")
        )


def text_of(data: bytes) -> tuple[str, list[str]]:
    """The text of a file and what to tell about its encoding."""
    not_text = _("This file does not hold text. Save the document as .docx or Markdown and upload that.")
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16"), []
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError as error:
            raise UnreadableDocument(not_text) from error
        if _binary(text):
            raise UnreadableDocument(not_text) from None
        return text, [_("The file is not in UTF-8; it was read as Western European. Check accents and quotes.")]
    if _binary(text):
        raise UnreadableDocument(not_text)
    return text, []


def _binary(text: str) -> bool:
    sample = text[:20_000]
    return "\0" in sample or len(re.findall(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]", sample)) > len(sample) / 100
