"""Writes the first sheet of a workbook as lines of JSON, in a process of its own, with little memory and little time.

The workbook on standard input; on standard output `[row number, [cells as text]]` for each row that is not empty, and
"end" as the last line. Ends with 3 for a workbook that cannot be read. It imports nothing of the portal: a hostile
file can break this process and nothing else.
"""

import datetime as dt
import io
import json
import sys
import zipfile

MEMORY = 250 * 1024 * 1024  # bytes of private memory
SECONDS = 60  # of processor time


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


def declares_entities(data):
    """Whether a part declares a document type: spreadsheet programs never do."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                with archive.open(name) as part:
                    if b"<!" in part.read(4096).replace(b"\0", b"").replace(b"<!--", b""):
                        return True
    return False


def as_text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def main(most_rows, most_columns):
    limit_resources()
    data = sys.stdin.buffer.read()
    try:
        from openpyxl import load_workbook

        if declares_entities(data):
            return 3
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its size is not to be trusted
        written = 0
        for number, row in enumerate(sheet.iter_rows(values_only=True, max_col=most_columns + 1), 1):
            cells = [as_text(value) for value in row]
            if any(cells):
                sys.stdout.write(json.dumps([number, cells]) + "\n")
                written += 1
            if written > most_rows + 1:
                break
        sys.stdout.write('"end"\n')
    except MemoryError:
        return 4
    except Exception:  # whatever a broken file provokes: the parent has one sentence for it
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
