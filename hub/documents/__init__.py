"""Documents that people bring along: Word, Markdown, HTML and reStructuredText, read into sections.

    document = read(data, filename)      # raises UnreadableDocument with a sentence for the person

Nothing here writes anything; what becomes of the sections is for the caller to decide.
"""

from hub.documents.errors import UnreadableDocument
from hub.documents.reader import Document, SectionDraft, read

__all__ = ["Document", "SectionDraft", "UnreadableDocument", "read"]
