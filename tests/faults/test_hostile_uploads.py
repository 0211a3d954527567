"""Files that are not what they say: kept as what they are or refused with a sentence, soon, and never run."""

import io
import os
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from hub.models import ImportedDocument, ImportStatus
from hub.tasks import read_document
from hub.text import markdown
from spokes.jobs import sweep_imports
from spokes.models import TableImport
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
    "script.md": b"# Rules\n\n" + SCRIPT,
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


# What can be read for what it is; everything else is refused.
READ = {
    "page.html",
    "script.md",
    "latin.md",
    "../../etc/passwd.md",
    "very-long" * 40 + ".md",
    "<img src=x onerror=alert('hostile')>.md",
}
UNSAFE = ("<script>alert", "<p onclick=", "<img src=x", "root:x:0", "ha" * 1000)


def spent():
    """Seconds of the processor, ours and of the processes that read files for us."""
    return sum(os.times()[:4])


@pytest.fixture
def client(world, client):
    client.force_login(world.person("hana"))
    return client


def page_of(world, client, name):
    """Uploads a file, has it read, and gives (what became of it, the page that shows it)."""
    data = {"files": [SimpleUploadedFile(name, FILES[name])], "owner": world.cast.paul.pk, "target": "policy"}
    last = ImportedDocument.objects.order_by("pk").last()
    answer = client.post("/admin/hub/importeddocument/upload/", data)
    if answer.status_code == 422:
        return None, answer.content.decode()
    document = ImportedDocument.objects.order_by("pk").last()
    assert answer.status_code == 302 and document != last
    read_document(document.pk)
    document.refresh_from_db()
    assert "/" not in document.filename
    page = client.get(f"/admin/hub/importeddocument/{document.pk}/choose/", follow=True)
    assert page.status_code == 200
    return document.status, page.content.decode()


@pytest.mark.parametrize("name", FILES)
def test_documents(world, client, name):
    started = spent()
    status, text = page_of(world, client, name)
    assert spent() - started < SECONDS
    assert status in ({ImportStatus.READ} if name in READ else {ImportStatus.REFUSED, None})
    assert [unsafe for unsafe in UNSAFE if unsafe in text] == []


def test_without_the_allow_list_a_document_would_run(world, client, monkeypatch):
    """The other half: the same look at a page whose text was let through as it is."""
    monkeypatch.setattr(markdown, "_sanitised", lambda text: text)
    _status, text = page_of(world, client, "script.md")
    assert [unsafe for unsafe in UNSAFE if unsafe in text] != []


@pytest.mark.parametrize("name", FILES)
def test_tables(client, name):
    TableImport.objects.all().delete()
    for kind in ("people", "departments", "accounts"):
        started = spent()
        data = {"kind": kind, "file": SimpleUploadedFile(name, FILES[name])}
        answer = client.post("/admin/spokes/tableimport/upload/", data)
        assert answer.status_code in {302, 422}
        sweep_imports()
        assert spent() - started < SECONDS
        for text in (answer, client.get(answer.headers.get("Location", "/admin/spokes/tableimport/"), follow=True)):
            assert [unsafe for unsafe in UNSAFE if unsafe in text.content.decode()] == []
    # All were read, and none could be stored.
    assert not TableImport.objects.exclude(status="refused").exists()


def test_a_file_over_the_limit_is_refused(world):
    large = SimpleUploadedFile("large.md", b"# Large\n\n" + b"word " * 1_200_000)
    person = table.Person(world, "hana")
    letter, _body, _wrote = person.ask(
        "post", "/admin/hub/importeddocument/upload/", {"files": [large], "owner": world.cast.paul.pk}
    )
    assert letter in "+u"
