"""How good is search? `python -m bench.search_quality FOLDER` scores questions over real documents, by style.

FOLDER holds docs/, documents.json (id, file) and a file of questions (id, question, style, relevance {id: 2 or 1};
an empty relevance means that nothing answers it). The documents are read as an upload is, cut into the same parts and
indexed into a throw-away database, on DATABASE_URL's server or SQLite. Nothing of them is kept.

    --part tune|held      only the questions about one half of the documents; tune on one, report the other
    --misspelt 5          besides, each keyword question five times with typing errors made at random
    --show                the questions that failed, with what came first instead
"""

import argparse
import contextlib
import json
import os
import random
import sys
import time
import zlib
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.db import connection  # noqa: E402
from django.test.utils import setup_databases, teardown_databases  # noqa: E402

from hub import search  # noqa: E402
from hub.documents import UnreadableDocument, read  # noqa: E402
from hub.documents.parts import as_stored  # noqa: E402
from hub.search import Document, Passage, vocabulary  # noqa: E402
from hub.text.markdown import plain  # noqa: E402

# All as old as each other: what the priors say about age and use is not what is measured.
WHEN = datetime(2026, 1, 1, tzinfo=UTC)
STYLES = ("keyword", "natural", "typo", "synonym", "misspelt")


def documents(folder):
    for number, entry in enumerate(json.loads((folder / "documents.json").read_text()), 1):
        path = folder / entry["file"]
        try:
            stored = as_stored(read(path.read_bytes(), path.name))
        except UnreadableDocument as refusal:
            print(f"not read: {entry['id']}: {refusal}", file=sys.stderr)
            continue
        yield entry["id"], Document(
            kind="playbook", object_id=number, title=stored["title"], url=f"/{entry['id']}/", updated_at=WHEN,
            summary=stored["summary"], language=stored["language"],
            passages=tuple(
                Passage(part["key"], part["heading"], plain(part["body"]), f"/{entry['id']}/#{part['key']}")
                for part in stored["parts"]
            ),
        )  # fmt: skip


def part_of(question):
    """By the document that answers, so that no document is in both parts."""
    answers = sorted(question["relevance"], key=lambda one: (-question["relevance"][one], one))
    return "tune" if zlib.crc32((answers[0] if answers else question["id"]).encode()) % 2 else "held"


def misspelt(question, times):
    for at in range(times):
        draw = random.Random(f"{question['id']} {at}")
        words = [_mistyped(word, draw) if len(word) > 4 else word for word in question["question"].split()]
        yield {**question, "id": f"{question['id']}.{at}", "question": " ".join(words), "style": "misspelt"}


def _mistyped(word, draw):
    """A letter left out, doubled, swapped with the next or another one: never the first."""
    at = draw.randrange(1, len(word) - 1)
    letter = draw.choice("abcdefghijklmnopqrstuvwxyz")
    return draw.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + letter + word[at + 1 :],
        ]
    )


def score(questions, names, show):
    """{style: [(rank of the first that answers or 0, whether search was sure)]}"""
    found = defaultdict(list)
    for question in questions:
        results = search.search(question["question"], group_ids=None, limit=20)
        order = [names[hit.object_id] for hit in results.hits]
        rank = next((at for at, name in enumerate(order, 1) if question["relevance"].get(name)), 0)
        style = question["style"] if question["relevance"] else "nothing answers"
        found[style].append((rank, results.is_sure))
        failed = results.is_sure if style == "nothing answers" else not (0 < rank < 6 and results.is_sure)
        if show and failed:
            print(f"{style:9} rank {rank:2} sure {results.is_sure!s:5} {question['question']}\n{'':22}"
                  f"wanted {question['relevance']}, got {order[:4]}")  # fmt: skip
    return found


def report(found):
    every = []
    print(f"{'style':16} {'n':>4} {'hit@5':>12} {'hit@1':>6} {'MRR':>6}   sure")
    for style in (*STYLES, "all", "nothing answers"):
        rows = every if style == "all" else found.get(style, [])
        if style not in ("misspelt", "all", "nothing answers"):
            every = every + rows
        if not rows:
            continue
        number, sure = len(rows), sum(sure for _, sure in rows)
        if style == "nothing answers":
            print(f"{style:16} {number:4} {'':27}  {sure}/{number}")
            continue
        five, first = (sum(0 < rank <= most for rank, _ in rows) for most in (5, 1))
        mrr = sum(1 / rank for rank, _ in rows if rank) / number
        hits = f"{five:3}/{number:<3} {five / number:4.2f} {first / number:6.2f}"
        print(f"{style:16} {number:4} {hits} {mrr:6.3f}   {sure}/{number}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", default="questions-dev.json", help="a file in the folder, or a path")
    parser.add_argument("--part", choices=("tune", "held"))
    parser.add_argument("--misspelt", type=int, default=0, metavar="TIMES")
    parser.add_argument("--show", action="store_true")
    chosen = parser.parse_args()
    questions = json.loads((chosen.folder / chosen.questions).read_text())["questions"]
    if chosen.part:
        questions = [one for one in questions if part_of(one) == chosen.part]
    for one in list(questions):
        if one["style"] == "keyword" and one["relevance"] and one["question"].isascii():
            questions += misspelt(one, chosen.misspelt)

    with contextlib.redirect_stdout(sys.stderr):
        made = setup_databases(verbosity=0, interactive=False)
    try:
        began = time.monotonic()
        by_name = dict(documents(chosen.folder))
        search.rebuild(by_name.values())
        vocabulary.forget()
        names = {document.object_id: name for name, document in by_name.items()}
        print(f"{connection.vendor}: {len(by_name)} documents read and indexed in {time.monotonic() - began:.0f} s, "
              f"{len(questions)} questions")  # fmt: skip
        report(score(questions, names, chosen.show))
    finally:
        teardown_databases(made, verbosity=0)


if __name__ == "__main__":
    main()
