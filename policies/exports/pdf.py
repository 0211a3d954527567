"""PDF, where the machine has what it takes: WeasyPrint and the system's Pango are no part of the usual installation."""

from functools import cache
from pathlib import Path

from django.template.loader import render_to_string
from django.utils.translation import get_language_info

STYLE = Path(__file__).parent / "print.css"


@cache
def _engine():
    """The library, or None: it is missing, or what it needs of the system is."""
    try:
        import weasyprint
    except (ImportError, OSError):
        return None
    return weasyprint


def is_available():
    return _engine() is not None


def written(stamp, clauses):
    """The file as bytes. Ask `is_available` first."""
    library = _engine()
    style = library.CSS(string=STYLE.read_text(encoding="utf-8"), url_fetcher=_nothing)
    # UA: with tags, so that a screen reader finds headings, lists and tables.
    return library.HTML(string=page(stamp, clauses), url_fetcher=_nothing).write_pdf(
        stylesheets=[style], pdf_variant="pdf/ua-1"
    )


def page(stamp, clauses):
    """The page that is printed."""
    return render_to_string(
        "policies/print.html",
        {"stamp": stamp, "clauses": clauses, "direction": direction_of(stamp.language)},
    )


def direction_of(language):
    try:
        return "rtl" if get_language_info(language)["bidi"] else "ltr"
    except KeyError:
        return "ltr"


def _nothing(url, *args, **kwargs):
    """Making a file fetches nothing from anywhere."""
    raise ValueError(f"not fetched: {url}")
