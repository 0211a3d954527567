"""Does search stay quick and good as the library grows? `python -m bench.search_growth --sizes 2000,20000,200000`

Fills the migrated database of DATABASE_URL (which must hold nothing that can be found) with documents of five
sections of some 150 words, and asks at each size: common words, rare words, and for one known document its title, two
words of the title, three rare words of its text, three of them in another form. `--words FILE` takes a list of real
words, commonest first, instead of made ones: only real ones have other forms. Prints, for each size, the median of
our CPU and the database's in milliseconds (and of the clock), the mean reciprocal rank of the known documents, and
what typing costs (suggestions). The 200,000 take about half an hour to write.
"""

import argparse
import os
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
django.setup()

from django.db import connection  # noqa: E402

from bench import words  # noqa: E402
from bench.run import database_cpu  # noqa: E402
from hub import search  # noqa: E402
from hub.models.search import SearchEntry  # noqa: E402
from hub.search import Document, Passage, vocabulary  # noqa: E402

NEWEST = datetime(2026, 1, 1, tzinfo=UTC)
KNOWN = ("title", "two of title", "body", "inflected")
GOALS = (1, 0.95, 0.78, 0.85)


def document(n):
    draw = words.random_for("growth", n)
    sections = [words.section(draw, 150) for _ in range(5)]
    return Document(
        kind="playbook", object_id=n + 1, title=words.title(draw), url=f"/playbooks/growth-{n}/",
        summary=words.sentence(draw), topic_slug=f"topic-{n % 12}", verified=n % 3 > 0, popularity=n % 40,
        updated_at=NEWEST - timedelta(minutes=draw.randrange(1_000_000)),
        passages=tuple(
            Passage(f"part-{at}", heading, body, f"/playbooks/growth-{n}/#part-{at}")
            for at, (heading, body) in enumerate(sections)
        ),
    )  # fmt: skip


def grow(size):
    def said(number):
        if number % 1000 == 0:
            print(f"\r{number} of {size}", end="", file=sys.stderr, flush=True)

    search.rebuild((document(n) for n in range(size)), progress=said)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    vocabulary.forget()


def known(size, number):
    """[(question, object_id, kind)]"""
    rank = {word: at for at, word in enumerate(words.WORDS)}
    for q in range(number):
        draw = words.random_for("known", q)
        n, kind = draw.randrange(size), KNOWN[q % len(KNOWN)]
        one = document(n)
        title = [word for word in one.title.lower().split() if len(word) > 3]
        if kind == "title":
            chosen = title
        elif kind == "two of title":
            chosen = draw.sample(title, min(2, len(title)))
        else:
            body = " ".join(passage.body for passage in one.passages).lower()
            rare = sorted({word.strip(".,-") for word in body.split()}, key=lambda word: -rank.get(word, 0))[:16]
            if kind == "inflected":
                rare = [
                    w for w in rare if not w.endswith(("s", "ed", "ing", "ly", "er", "est", "y", "ch", "x"))
                ] or rare
            chosen = draw.sample(rare, min(3, len(rare)))
            chosen = [word + "s" for word in chosen] if kind == "inflected" else chosen
        yield " ".join(chosen), n + 1, kind


def common():
    return [" ".join(pair) for pair in zip(words.WORDS[24:48], words.WORDS[50:74], strict=True)]


def measured(ask, questions):
    """Medians of (CPU of both, clock) in ms, each question asked twice and the second counted."""
    cpu, clock = [], []
    for question in questions:
        ask(question)
        before, began = time.process_time_ns() + database_cpu(), time.perf_counter_ns()
        ask(question)
        clock.append(time.perf_counter_ns() - began)
        cpu.append(time.process_time_ns() + database_cpu() - before)
    return statistics.median(cpu) / 1e6, statistics.median(clock) / 1e6


def report(size, first):
    vocabulary.current()
    asked = list(known(size, 100))
    found = {}
    for question, wanted, kind in asked:
        order = [hit.object_id for hit in search.search(question, group_ids=(1, 2), limit=10).hits]
        found.setdefault(kind, []).append(1 / (order.index(wanted) + 1) if wanted in order else 0)
    rare = measured(lambda q: search.search(q, group_ids=(1, 2)), [question for question, _, _ in asked])
    usual = measured(lambda q: search.search(q, group_ids=(1, 2)), common())
    typing = [question[:end] for question, _, kind in asked if kind == "title" for end in (2, 4, len(question) - 2)]
    typed = measured(lambda q: search.suggest(q, group_ids=(1, 2)), typing)
    first = first or (rare, usual)
    print(
        f"{size:7} rare {rare[0]:6.1f} ({rare[1]:6.1f}) x{rare[0] / first[0][0]:4.1f}"
        f"  common {usual[0]:6.1f} ({usual[1]:6.1f}) x{usual[0] / first[1][0]:4.1f}"
        f"  typing {typed[0]:5.1f} ({typed[1]:5.1f})  MRR "
        + " ".join(
            f"{kind} {statistics.mean(found[kind]):.2f}/{goal}" for kind, goal in zip(KNOWN, GOALS, strict=True)
        ),
        flush=True,
    )
    return first


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="2000,20000,200000")
    parser.add_argument("--words", type=Path, help="real words, one a line or with blanks between, commonest first")
    parser.add_argument("--again", action="store_true", help="the documents are there: ask only, at the last size")
    chosen = parser.parse_args()
    if chosen.words:
        words.WORDS[:] = chosen.words.read_text().split()[: words.SIZE]
    if not chosen.again and SearchEntry.objects.exists():
        sys.exit("This index has documents in it already. Give an empty, migrated database in DATABASE_URL.")
    first = None
    for size in map(int, chosen.sizes.split(",")):
        if not chosen.again:
            grow(size)
        first = report(size, first)


if __name__ == "__main__":
    main()
