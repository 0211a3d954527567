"""Search over everything that can be found: one small interface, two engines.

`index`, `remove`, `refresh`, `rename_topic` and `rebuild` write; `search` and `suggest` read, and apply the reader's
groups in the query.
"""

from .documents import Document, Hit, Passage, Results, Suggestion
from .indexing import index, rebuild, refresh, remove, rename_topic
from .searching import search, suggest

__all__ = [
    "Document",
    "Hit",
    "Passage",
    "Results",
    "Suggestion",
    "index",
    "rebuild",
    "refresh",
    "remove",
    "rename_topic",
    "search",
    "suggest",
]
