"""From an uploaded file to rows of text.

What a file is, is told by its content. A workbook is unpacked in a process of its own with little memory and little
time; before that its directory alone is read.
"""

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext as _

from hub.cells import unguard
from hub.exceptions import HubError

CHILD = Path(__file__).with_name("_child.py")
LARGEST_FILE = 20 * 1024 * 1024  # bytes
LARGEST_UNPACKED = 150 * 1024 * 1024  # bytes
MOST_ENTRIES = 500
HIGHEST_RATIO = 200  # unpacked to packed, for parts over 1 MB
MOST_ROWS = 200_000
MOST_COLUMNS = 60
LONGEST_CONVERSION = 90  # seconds


class UnreadableTable(HubError):
    """The sentence says what is wrong with the file and how to go on."""


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row cannot be taken. `row` counts as the spreadsheet program does: the headings are row 1."""

    row: int
    column: str
    reason: str


@dataclass(frozen=True)
class Table:
    """`rows` holds (row number, cells) with as many cells as columns; blanks around cells are gone."""

    columns: tuple[str, ...]
    rows: list[tuple[int, tuple[str, ...]]]
    errors: list[RowError] = field(default_factory=list)


def read(data: bytes) -> Table:
    """Raises UnreadableTable; what cannot be taken of single rows is in the table's `errors`."""
    records = _from_workbook(data) if kind_of(data) == "xlsx" else _from_text(data)
    return _table(records)


def kind_of(data: bytes) -> str:
    """'xlsx' or 'csv'. Raises UnreadableTable for everything else."""
    if not data.strip():
        raise UnreadableTable(_("This file is empty. Choose the file again, or check that it was saved."))
    if len(data) > LARGEST_FILE:
        raise UnreadableTable(_("This file is larger than 20 MB. Split it into parts and upload them one by one."))
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        _check_zip(data)
        return "xlsx"
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise UnreadableTable(
            _("This is an older Excel file, or one with a password. Save it as .xlsx or .csv without a password.")
        )
    if b"%PDF-" in data[:1024]:
        raise UnreadableTable(_("This is a PDF. Save the table itself as .xlsx or .csv and upload that."))
    return "csv"


def _check_zip(data: bytes) -> None:
    """Reads the directory only; nothing is unpacked here."""
    broken = _("This workbook is damaged. Open it in your spreadsheet program, save it again and upload that.")
    bomb = _("This workbook unpacks to far more than a table needs. Save the sheet as .csv and upload that.")
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError) as error:
        raise UnreadableTable(broken) from error
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" not in names or "[Content_Types].xml" not in names:
        raise UnreadableTable(_("This is not an Excel workbook. Save the table as .xlsx or .csv and upload that."))
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise UnreadableTable(_("This workbook contains macros. Save it as .xlsx, which leaves them out."))
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise UnreadableTable(_("This workbook is protected with a password. Save it without one and upload that."))
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > LARGEST_UNPACKED:
        raise UnreadableTable(bomb)
    for entry in entries:
        if entry.file_size > 1_000_000 and entry.file_size > HIGHEST_RATIO * max(1, entry.compress_size):
            raise UnreadableTable(bomb)


def _from_workbook(data: bytes):
    command = [sys.executable, "-I", str(CHILD), str(MOST_ROWS), str(MOST_COLUMNS)]
    too_much = _("This workbook is too large or too intricate to read. Save the sheet as .csv and upload that.")
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=LONGEST_CONVERSION, check=False)
    except subprocess.TimeoutExpired as error:
        raise UnreadableTable(too_much) from error
    lines = done.stdout.splitlines()
    if done.returncode != 0 or not lines or json.loads(lines[-1]) != "end":
        if done.returncode == 3:
            raise UnreadableTable(
                _("This workbook is damaged. Open it in your spreadsheet program, save it again and upload that.")
            )
        raise UnreadableTable(too_much)
    for line in lines[:-1]:
        number, cells = json.loads(line)
        yield number, cells


def _from_text(data: bytes):
    text = _text(data)
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        yield from enumerate(reader, 1)
    except csv.Error as error:
        raise UnreadableTable(
            _("The file breaks off after line %(line)d: a cell that opens with a quotation mark never closes, perhaps.")
            % {"line": reader.line_num}
        ) from error


def _text(data: bytes) -> str:
    not_text = _("This file holds no table that can be read. Save the table as .xlsx or .csv and upload that.")
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            text = data.decode("utf-16")
        else:
            text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError as error:
            raise UnreadableTable(not_text) from error
    if re.search(r"[\x00-\x08\x0e-\x1f\x7f]", text):
        raise UnreadableTable(not_text)
    if text.lstrip()[:200].lower().startswith(("<!doctype", "<html", "<svg", "<?xml", "{\\rtf")):
        raise UnreadableTable(not_text)
    return text


def _delimiter(text: str) -> str:
    """The sign between cells, told from the headings outside quotation marks."""
    first = re.sub(r'"[^"]*"', "", next((line for line in text.splitlines() if line.strip()), ""))
    return max(",;\t", key=first.count)


def _table(records) -> Table:
    columns, rows, errors = None, [], []
    for number, cells in records:
        cells = [_clean(cell) for cell in cells]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if columns is None:
            columns = _columns(cells)
            continue
        if len(rows) >= MOST_ROWS:
            raise UnreadableTable(
                _("The table has more than %(most)d rows. Split it and upload the parts.") % {"most": MOST_ROWS}
            )
        if len(cells) > len(columns):
            errors.append(RowError(number, "", _("The row has more cells than there are headings.")))
            continue
        rows.append((number, tuple(cells) + ("",) * (len(columns) - len(cells))))
    if columns is None:
        raise UnreadableTable(_("The file has no headings. Its first row must name the columns."))
    return Table(columns, rows, errors)


def _columns(cells) -> tuple[str, ...]:
    if len(cells) > MOST_COLUMNS:
        raise UnreadableTable(_("The table has too many columns. Keep only those that are needed."))
    names = [cell.lower() for cell in cells if cell]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise UnreadableTable(_("Two columns are called “%(name)s”. Rename or remove one.") % {"name": twice})
    return tuple(cells)


def _clean(cell: str) -> str:
    return unguard(cell.strip().strip("\u200b\ufeff\u00a0").strip())
