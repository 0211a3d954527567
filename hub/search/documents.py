"""What goes into search and what comes out. Plain data: no models here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Passage:
    """One clause, section or answer. `url` is an absolute path with its #anchor; `body` is plain text."""

    part_key: str
    heading: str
    body: str
    url: str


@dataclass(frozen=True)
class Document:
    """One thing that can be found, with its passages in reading order.

    `audience_ids` are the groups that may find it: None means every signed-in person, an empty tuple nobody but
    those who see all. `faded` is what nobody has vouched for in a long time. `summary` and the passages are plain
    text. `language` is a code such as "en" or "pt-br". `popularity` is any count that grows with use; `updated_at` is
    an aware instant.
    """

    kind: str
    object_id: int
    title: str
    url: str
    updated_at: datetime
    summary: str = ""
    language: str = "en"
    topic_slug: str = ""
    verified: bool = False
    faded: bool = False
    popularity: float = 0.0
    audience_ids: tuple[int, ...] | None = None
    passages: tuple[Passage, ...] = ()


@dataclass(frozen=True)
class Hit:
    """One document found, at its best passage. The three `_html` texts are escaped and carry `<mark>`.

    `url` leads to the passage (to the document when its title is what was asked for, and then `heading_html` is
    blank). `passages_more` counts the further passages that answer about as well.
    """

    kind: str
    object_id: int
    title_html: str
    heading_html: str
    snippet_html: str
    url: str
    document_url: str
    passages_more: int
    topic_slug: str
    updated_at: datetime
    verified: bool
    language: str
    score: float


@dataclass(frozen=True)
class Results:
    """`facets` is {"kind": {"policy": 3}, "topic": {"crisis": 2}}: each counted with the other's filter on.

    `total` is exact unless `total_is_floor` (then there are at least so many). `did_you_mean` is the whole query
    with its unknown words put right, or None. `is_sure` is false when no passage holds enough of the question to
    answer it: what is there then is only near.
    """

    hits: list[Hit] = field(default_factory=list)
    total: int = 0
    facets: dict[str, dict[str, int]] = field(default_factory=lambda: {"kind": {}, "topic": {}})
    did_you_mean: str | None = None
    total_is_floor: bool = False
    is_sure: bool = False
    took_ms: float = 0.0


@dataclass(frozen=True)
class Suggestion:
    """A document whose title goes on from what was typed."""

    kind: str
    object_id: int
    title: str
    title_html: str
    url: str
    language: str
