"""Writing the index. Nothing else writes its tables."""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from django.db import connection, models, transaction

from hub.models.search import SearchAudience, SearchEntry
from hub.models.searches import SearchCount, SearchGap

from . import stopwords, vocabulary, weights
from .documents import Document
from .places import place_mark
from .tokens import base_language, clean, column, stem, surfaces, telling_surfaces

Words = set[tuple[str, str]]


def index(document: Document) -> None:
    """Put a document into the index, in place of what was there. All or nothing."""
    with transaction.atomic():
        _lock(document.kind, document.object_id)
        before = _public_words(document.kind, document.object_id)
        _erase(SearchEntry.objects.filter(kind=document.kind, object_id=document.object_id))
        after = _write(document)
        vocabulary.change(_difference(before, after))
        transaction.on_commit(vocabulary.forget)


def remove(kind: str, object_id: int) -> None:
    """Take a document out. Nothing happens if it is not there."""
    with transaction.atomic():
        _lock(kind, object_id)
        before = _public_words(kind, object_id)
        _erase(SearchEntry.objects.filter(kind=kind, object_id=object_id))
        vocabulary.change(_difference(before, set()))
        transaction.on_commit(vocabulary.forget)


def refresh(kind: str, object_id: int, read: Callable[[int], Document | None]) -> None:
    """Put what `read(object_id)` gives into the index, or take it out if that is None.

    It is read when nobody else writes this document any more: of two that follow two changes, whichever comes last
    has seen both. A document read before could put back what has been withdrawn since.
    """
    with transaction.atomic():
        _lock(kind, object_id)
        document = read(object_id)
        if document is None:
            remove(kind, object_id)
        else:
            index(document)


def rename_topic(before: str, after: str) -> None:
    """A topic has another address: what is filed under the old one is found under the new one."""
    SearchEntry.objects.filter(topic_slug=before).update(topic_slug=after)


def rebuild(
    documents: Iterable[Document],
    *,
    kinds: Sequence[str] = (),
    again: Callable[[str, int], Document | None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write every document anew, one at a time, then drop what was not among them. Search goes on throughout.

    With `kinds` only these are dropped when missing, and words are counted on. What somebody else indexes
    meanwhile stays: its rows are younger than the rebuild. `again(kind, object_id)` reads a document once more when it
    is its turn, for what has been changed or withdrawn since `documents` began. `progress` gets the number done.
    Returns that number.
    """
    youngest = SearchEntry.objects.aggregate(last=models.Max("id"))["last"] or 0
    seen: dict[tuple[str, int], int | None] = {}
    counts: Counter = Counter()
    number = 0
    for document in documents:
        with transaction.atomic():
            _lock(document.kind, document.object_id)
            fresh = again(document.kind, document.object_id) if again else document
            before = _public_words(document.kind, document.object_id) if kinds else set()
            entries = SearchEntry.objects.filter(kind=document.kind, object_id=document.object_id)
            _erase(entries)
            after = _write(fresh) if fresh else set()
            if kinds:
                vocabulary.change(_difference(before, after))
            seen[document.kind, document.object_id] = entries.aggregate(whole=models.Min("id"))["whole"]
        counts.update(after)
        number += 1
        if progress:
            progress(number)

    old = SearchEntry.objects.filter(part_key="", id__lte=youngest)
    if kinds:
        old = old.filter(kind__in=kinds)
    for kind, object_id in list(old.values_list("kind", "object_id")):
        if (kind, object_id) not in seen:
            remove(kind, object_id)
    if not kinds:
        with transaction.atomic():
            _count_what_came_meanwhile(counts, seen, youngest)
            vocabulary.replace(counts)
    vocabulary.forget()
    return number


def _count_what_came_meanwhile(counts: Counter, seen: Mapping[tuple[str, int], int | None], youngest: int) -> None:
    """Somebody else indexed these since the rebuild began; their words must not be lost with the old counts."""
    rows = SearchEntry.objects.filter(part_key="", id__gt=youngest, is_public_to_all=True)
    for number, kind, object_id in list(rows.values_list("id", "kind", "object_id")):
        if (kind, object_id) not in seen:
            counts.update(_public_words(kind, object_id))
        elif seen[kind, object_id] != number:
            counts.update(_public_words(kind, object_id) - counts.keys())


def _lock(kind: str, object_id: int) -> None:
    # SQLite has one writer anyway. PostgreSQL: two writers of one document take turns, also the first time.
    if connection.vendor == "postgresql":
        key = zlib.crc32(f"search:{kind}:{object_id}".encode()) - 2**31
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [key, zlib.crc32(kind.encode()) - 2**31])


def _erase(entries: models.QuerySet) -> None:
    SearchAudience.objects.filter(entry__in=entries)._raw_delete(connection.alias)
    entries._raw_delete(connection.alias)


def _write(document: Document) -> Words:
    """Insert the rows of a document. Gives its (word, token) pairs if everybody may find it, else none."""
    language = base_language(document.language)
    title = clean(document.title).strip()
    summary = clean(document.summary).strip()
    parts = [
        (passage, clean(passage.heading).strip(), clean(passage.body).strip()[: weights.PASSAGE_CHARACTERS])
        for passage in document.passages
    ]
    common = {
        "kind": document.kind,
        "object_id": document.object_id,
        "document_title": title[:300],
        "language": document.language[:12],
        "topic_slug": document.topic_slug,
        "updated_at": document.updated_at,
        "verified": document.verified,
        "faded": document.faded,
        "popularity": document.popularity,
        "is_public_to_all": document.audience_ids is None,
    }

    left_out = stopwords.of(language)
    title_words = list(surfaces(title))
    body_words = telling_surfaces(summary, language)
    heading_words: list[str] = []
    # {token: {passage: [times in its text, whether in its heading]}}
    places: dict[str, dict[int, list]] = defaultdict(lambda: defaultdict(lambda: [0, False]))
    for word in body_words:
        places[stem(word, language)][0][0] += 1
    lengths = [len(body_words)]
    rows = []
    asked_words = _asked_words(document, language)
    for position, (passage, heading, body) in enumerate(parts, 1):
        heading_part = telling_surfaces(heading, language)
        body_part = telling_surfaces(body, language)
        if len(body_words) + len(body_part) > weights.DOCUMENT_TOKENS:
            body_part = body_part[: max(0, weights.DOCUMENT_TOKENS - len(body_words))]
        heading_words += heading_part
        body_words += body_part
        lengths.append(len(body_part))
        for word in body_part:
            places[stem(word, language)][position][0] += 1
        for word in heading_part:
            places[stem(word, language)][position][1] = True
        rows.append(
            SearchEntry(
                **common,
                part_key=passage.part_key,
                position=position,
                heading=heading[:300],
                body=body,
                url=passage.url,
            )
        )

    # What people typed when they looked for this finds it as its headings do, at the passage that answers them.
    for url, asked in asked_words:
        at = next((n for n, (passage, _, _) in enumerate(parts, 1) if passage.url == url), 0)
        for word in asked:
            places[stem(word, language)][at][1] = True
    title_tokens = [stem(word, language) for word in title_words]
    asked_for = [word for _, asked in asked_words for word in asked]
    heading_tokens = list(dict.fromkeys(stem(word, language) for word in [*heading_words, *asked_for]))
    often = Counter(stem(word, language) for word in body_words)
    key_tokens = [token for token, number in often.most_common(weights.KEY_WORDS) if number >= 3]
    body_tokens = list(dict.fromkeys([*title_tokens, *heading_tokens, *often]))
    # PostgreSQL searches the vectors, SQLite the tokens; neither keeps what only the other needs.
    on_sqlite = connection.vendor == "sqlite"
    whole = SearchEntry(
        **common,
        body=summary,
        url=document.url,
        title_tokens=column(title_tokens),
        heading_tokens=column(heading_tokens) if on_sqlite else "",
        key_tokens=column(key_tokens) if on_sqlite else "",
        body_tokens=column(body_tokens) if on_sqlite else "",
        places=_places(places, lengths),
        lead_vector=_lead_vector(title_tokens, heading_tokens, key_tokens),
        body_vector=" ".join(f"'{token}'" for token in body_tokens),
    )
    whole.save(force_insert=True)
    SearchEntry.objects.bulk_create(rows, batch_size=200)
    if document.audience_ids is not None:
        SearchAudience.objects.bulk_create(
            SearchAudience(entry=whole, group_id=group_id) for group_id in sorted(set(document.audience_ids))
        )
        return set()
    told = {word for word in title_words if word not in left_out} | set(heading_words) | set(body_words)
    return _pairs(told, language)


def _asked_words(document: Document, language: str) -> list[tuple[str, list[str]]]:
    """[(address, words)] of the searches that staff said this answers. They lend no words to the vocabulary."""
    answered = SearchCount.objects.filter(
        gap__state=SearchGap.State.ANSWERED, gap__answer_kind=document.kind, gap__answer_id=document.object_id
    )
    return [
        (url, telling_surfaces(clean(text), language)) for text, url in answered.values_list("text", "gap__answer_url")
    ]


def _pairs(told: Iterable[str], language: str) -> Words:
    """(word, token) for each word, and ("", token) once a token: how many documents hold it however written."""
    found = {(word, stem(word, language)) for word in told}
    return found | {("", token) for _, token in found}


def _places(places: Mapping[str, Mapping[int, list]], lengths: list[int]) -> str:
    sizes = f"#:{','.join(map(str, lengths))}"
    found = (
        f"{token}:{','.join(f'{at}{place_mark(*how)}' for at, how in sorted(where.items()))}"
        for token, where in places.items()
    )
    return column([sizes, *found])


def _lead_vector(title: list[str], headings: list[str], keys: list[str]) -> str:
    """The literal of a tsvector: title words weigh A, heading words B, key words C. Tokens need no escaping."""
    best = dict.fromkeys(keys, "C") | dict.fromkeys(headings, "B") | dict.fromkeys(title, "A")
    return " ".join(f"'{token}':1{weight}" for token, weight in best.items())


def _public_words(kind: str, object_id: int) -> Words:
    """The (word, token) pairs a document lends to the vocabulary now."""
    found: Words = set()
    rows = SearchEntry.objects.filter(kind=kind, object_id=object_id, is_public_to_all=True)
    for part_key, title, heading, body, code in rows.values_list(
        "part_key", "document_title", "heading", "body", "language"
    ):
        language = base_language(code)
        text = f"{body}\n{heading if part_key else title}"
        found |= _pairs(telling_surfaces(text, language), language)
    return found


def _difference(before: Words, after: Words) -> dict[tuple[str, str], int]:
    return dict.fromkeys(before - after, -1) | dict.fromkeys(after - before, 1)
