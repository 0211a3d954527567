"""Files that are not what they say: kept as what they are or refused with a sentence, soon, and never run."""

import io
import time
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from hub.models import ImportedDocument
from tests.access import table

pytestmark = pytest.mark.once

SECONDS = 2  # of the processor: how busy the machine is says nothing about us


def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return out.getvalue()


XXE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><w:document>&e;</w:document>'
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "{0}">]><x>&b;</x>'.replace("{0}", "&a;" * 10_000)
SCRIPT = b"<h1>Rules</h1><script>alert('hostile')</script><p onclick=\"alert('hostile')\">Text</p>"
FILES = {
    "picture.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert('hostile')</script></svg>",
    "page.html": SCRIPT,
    "page.html.docx": SCRIPT,
    "rules.md.exe": b"MZ\x90\x00" + b"\0" * 500,
    "polyglot.md": b"%PDF-1.4\n" + SCRIPT,
    "bomb.docx": zipped(word__document_dot_xml=b"<w:document>" + b" " * 60_000_000),
    "xxe.docx": zipped(word__document_dot_xml=XXE, _rels="x"),
    "laughs.docx": zipped(word__document_dot_xml=LAUGHS),
    "macro.docm": zipped(word__vbaProject_dot_bin=b"x", word__document_dot_xml="<x/>"),
    "half.docx": zipped(word__document_dot_xml="<x/>")[:60],
    "empty.md": b"",
    "nul.md": b"# a\0b\n\ntext\0",
    "latin.md": "# Größe\n\nTäxt".encode("latin-1"),
    "../../etc/passwd.md": b"# Up\n\nText.",
    "very-long" * 40 + ".md": b"# Long\n\nText.",
    "<img src=x onerror=alert('hostile')>.md": b"# Name\n\nText.",
}


@pytest.mark.parametrize("name", FILES)
def test_documents(world, name):
    person = table.Person(world, "hana")
    person.client.raise_request_exception = True
    person.client.cookies.load(person.cookies)
    data = {"files": [SimpleUploadedFile(name, FILES[name])], "owner": world.cast.paul.pk, "target": "policy"}
    started = time.process_time()
    answer = person.client.post("/admin/hub/importeddocument/upload/", data)
    assert answer.status_code in {302, 422}
    assert time.process_time() - started < SECONDS
    if answer.status_code == 302:
        page = person.client.get(answer.headers["Location"])
        assert page.status_code == 200
        text = page.content.decode()
        for unsafe in ("<script>alert", "onclick=", "<img src=x", "root:x:0", "ha" * 1000):
            assert unsafe not in text
        assert "/" not in ImportedDocument.objects.latest("pk").filename


@pytest.mark.parametrize("name", FILES)
def test_tables(world, name):
    person = table.Person(world, "hana")
    for kind in ("people", "departments", "accounts"):
        data = {"kind": kind, "file": SimpleUploadedFile(name, FILES[name])}
        started = time.process_time()
        letter, body, _wrote = person.ask("post", "/admin/spokes/tableimport/upload/", data)
        assert letter in "+u", f"{kind}: {letter}"
        assert time.process_time() - started < SECONDS
        assert "<img src=x" not in body


def test_a_file_over_the_limit_is_refused(world):
    large = SimpleUploadedFile("large.md", b"# Large\n\n" + b"word " * 1_200_000)
    person = table.Person(world, "hana")
    letter, _body, _wrote = person.ask(
        "post", "/admin/hub/importeddocument/upload/", {"files": [large], "owner": world.cast.paul.pk}
    )
    assert letter in "+u"
