"""A version of a policy as a file to keep, to print or to work on: Markdown, Word and, where the machine can, PDF.

Every file carries a stamp (what it is, and on what day it was made) and the permanent keys of its clauses, so that
importing it again changes nothing.
"""

from django.utils.translation import gettext as _

from policies.exports import markdown, pdf, word
from policies.exports.stamp import Stamp

FORMATS = {
    "md": ("text/markdown; charset=utf-8", markdown.written),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", word.written),
    "pdf": ("application/pdf", pdf.written),
}


def choices():
    """(format, label) of what this machine can make."""
    return [
        ("docx", _("Word")),
        ("md", _("Markdown")),
        *([("pdf", _("PDF"))] if pdf.is_available() else []),
    ]


__all__ = ["FORMATS", "Stamp", "choices", "pdf"]
