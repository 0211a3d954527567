"""Cells of exported tables: none may start as a formula, and re-import gives the same value."""

import csv

from django.http import StreamingHttpResponse

# What a spreadsheet program takes for the start of a formula, or strips and then takes for one.
TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "%", "|")


def guard(value):
    """The value with an apostrophe before it if a spreadsheet could run it; other types than text pass."""
    if isinstance(value, str) and _is_risky(value):
        return "'" + value
    return value


def unguard(value):
    """The value without the apostrophe that `guard` put there."""
    if isinstance(value, str) and value.startswith("'") and _is_risky(value[1:]):
        return value[1:]
    return value


def _is_risky(value):
    return value.lstrip("' ").startswith(TRIGGERS)


class _Echo:
    """A file for `csv` that gives back what is written to it."""

    def write(self, line):
        return line


def csv_response(filename, heading, rows):
    """A table as a CSV download, line by line as `rows` come; no cell can run as a formula."""

    def lines():
        writer = csv.writer(_Echo())
        yield "\ufeff" + writer.writerow(heading)
        for cells in rows:
            yield writer.writerow([guard(cell) for cell in cells])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
