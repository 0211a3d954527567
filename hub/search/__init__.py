"""Search over policies, playbooks, services and questions: one small interface, two engines.

`index`, `remove`, `rename_topic` and `rebuild` write; `search` and `suggest` read, and apply the reader's groups in the
query.
"""

from .documents import Document, Hit, Passage, Results, Suggestion
from .indexing import index, rebuild, remove, rename_topic
from .searching import search, suggest

__all__ = [
    "Document",
    "Hit",
    "Passage",
    "Results",
    "Suggestion",
    "index",
    "rebuild",
    "remove",
    "rename_topic",
    "search",
    "suggest",
]
