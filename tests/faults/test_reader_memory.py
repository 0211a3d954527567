"""A file made to fill the memory: the process that reads it stops short of 200 MB, whatever the file asks for."""

import io
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from hub.documents.reader import CHILD

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads from /proc how much memory is used"),
]

MOST = 200_000_000  # bytes
RUN = "import resource, runpy, sys; {before}; runpy.run_path(sys.argv[0], run_name='__main__')"
LIFTED = "resource.setrlimit = lambda *args: None"


def word(body):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" '
            'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
            'Target="word/document.xml"/></Relationships>',
        )
        archive.writestr(
            "word/document.xml",
            '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
            f"{body}</w:body></w:document>",
        )
    return out.getvalue()


HUNGRY = word("<w:p/>" * 1_000_000)


def most_used(tmp_path, *, before="pass"):
    """(bytes of memory at its peak, its answer); it is ended as soon as it has used too much."""
    file = tmp_path / "file"
    file.write_bytes(HUNGRY)
    code = RUN.format(before=f"sys.argv = sys.argv[1:]; {before}")
    with file.open("rb") as given:
        child = subprocess.Popen(
            [sys.executable, "-c", code, str(CHILD), "docx"],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    peak = 0
    try:
        while child.poll() is None and peak <= MOST:
            time.sleep(0.005)
            status = Path(f"/proc/{child.pid}/status").read_text()
            found = [line for line in status.splitlines() if line.startswith("VmHWM:")]
            peak = max(peak, int(found[0].split()[1]) * 1024 if found else 0)
    finally:
        child.kill()
        answer, _errors = child.communicate()
    return peak, answer


def test_reading_stops_short_of_too_much_memory(tmp_path):
    peak, answer = most_used(tmp_path)
    assert 150_000_000 < peak < MOST
    assert answer == b'{"refused": "memory"}'


def test_without_the_bound_it_would_take_more(tmp_path):
    peak, _answer = most_used(tmp_path, before=LIFTED)
    assert peak > MOST
