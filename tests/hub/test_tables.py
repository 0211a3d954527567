"""Uploaded tables: what is read, and what is refused before anything is unpacked."""

import datetime as dt
import io
import zipfile

import pytest
from openpyxl import Workbook

from hub import tables


def workbook(rows, **sheets):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def repacked(data, *, add=(), drop=(), replace=None):
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename not in drop:
                new.writestr(entry.filename, (replace or {}).get(entry.filename, old.read(entry.filename)))
        for name, content in add:
            new.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        "name,city\nZoë,Köln\n".encode(),
        "\ufeffname,city\r\nZoë,Köln\r\n".encode(),
        "name;city\nZoë;Köln\n".encode("cp1252"),
        "name\tcity\nZoë\tKöln".encode("utf-16"),
        '"name" ;"city"\n " Zoë " ; Köln ;;\n'.replace(' " Zoë " ', '" Zoë "').encode(),
        "name,city\n'Zoë,Köln\n".replace("'Zoë", "Zoë").encode(),
    ],
)
def test_encodings_and_signs_between_cells(data):
    table = tables.read(data)
    assert table.columns == ("name", "city")
    assert table.rows == [(2, ("Zoë", "Köln"))]


def test_rows_are_numbered_as_in_the_spreadsheet(data=b'a,b\n\n1,"two\nlines"\n,,\n3,4,\n5,6,7\n'):
    table = tables.read(data)
    assert [number for number, _cells in table.rows] == [3, 5]
    assert [(error.row, error.column) for error in table.errors] == [(6, "")]


def test_an_exported_guard_comes_off_again():
    assert tables.read(b"name\n'=1+1\n").rows == [(2, ("=1+1",))]


def test_a_workbook_gives_the_same_rows():
    data = workbook([["name", "joined_on", "number", "yes"], ["Zoë", dt.datetime(2026, 3, 1), 7.0, True], [None] * 4])
    table = tables.read(data)
    assert table.rows == [(2, ("Zoë", "2026-03-01", "7", "yes"))]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "older Excel"),
        (b"a,b\n1,\x00\n", "no table"),
        (b"\x81\x8d\x8f", "no table"),
        (b"<html><table></table></html>", "no table"),
        (b"{\\rtf1}", "no table"),
        (b"a,A\n1,2\n", "Two columns"),
        (b"a\n" + b"x" * (20 * 1024 * 1024), "20 MB"),
        (b",".join(b"c%d" % n for n in range(61)), "too many columns"),
        (b",,\n", "no headings"),
        (b"PK\x03\x04 broken", "damaged"),
    ],
)
def test_what_is_no_table_says_what_to_do(data, sentence):
    with pytest.raises(tables.UnreadableTable, match=sentence):
        tables.read(data)


def hostile():
    good = workbook([["name"], ["Zoë"]])
    sheet = "xl/worksheets/sheet1.xml"
    content = zipfile.ZipFile(io.BytesIO(good)).read(sheet)
    entity = b'<!DOCTYPE x [<!ENTITY e "boom">]>' + content
    return {
        "not a workbook": (repacked(good, drop=["xl/workbook.xml"]), "not an Excel workbook"),
        "macros": (repacked(good, add=[("xl/vbaProject.bin", b"x")]), "macros"),
        "a bomb": (repacked(good, add=[("xl/media/zero.bin", b"\0" * 30_000_000)]), "unpacks to far more"),
        "many parts": (repacked(good, add=[(f"xl/p{n}.xml", b"x") for n in range(600)]), "unpacks to far more"),
        "entities": (repacked(good, replace={sheet: entity}), "damaged"),
        "broken xml": (repacked(good, replace={sheet: content[: len(content) // 2]}), "damaged"),
    }


@pytest.mark.parametrize("name", hostile())
def test_a_hostile_workbook_is_refused(name):
    data, sentence = hostile()[name]
    with pytest.raises(tables.UnreadableTable, match=sentence):
        tables.read(data)


def test_a_workbook_that_lies_about_its_size_is_read_as_it_is():
    good = workbook([["name"], ["Zoë"]])
    sheet = "xl/worksheets/sheet1.xml"
    content = zipfile.ZipFile(io.BytesIO(good)).read(sheet).replace(b'ref="A1:A2"', b'ref="A1:XFD1048576"')
    assert b"XFD" in content
    assert tables.read(repacked(good, replace={sheet: content})).rows == [(2, ("Zoë",))]


def test_too_many_rows(monkeypatch):
    monkeypatch.setattr("hub.tables.reader.MOST_ROWS", 3)
    with pytest.raises(tables.UnreadableTable, match="more than 3 rows"):
        tables.read(b"a\n1\n2\n3\n4\n")
    with pytest.raises(tables.UnreadableTable, match="more than 3 rows"):
        tables.read(workbook([["a"], [1], [2], [3], [4], [5]]))


def test_a_workbook_that_takes_too_long(monkeypatch):
    monkeypatch.setattr("hub.tables.reader.LONGEST_CONVERSION", 0.01)
    with pytest.raises(tables.UnreadableTable, match="too large or too intricate"):
        tables.read(workbook([["a"], [1]]))
