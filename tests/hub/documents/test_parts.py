import pytest

from hub.documents import Document, SectionDraft, read
from hub.documents.parts import (
    LONGEST_BODY,
    LONGEST_HEADING,
    LONGEST_SUMMARY,
    LONGEST_TITLE,
    address_wanted,
    as_stored,
    folded,
    is_bare,
    shortened,
    topic_named,
)


class Topic:
    def __init__(self, slug, name):
        self.slug, self.name = slug, name


def stored(text, filename="rules.md"):
    return as_stored(read(text.encode(), filename))


def headings(text):
    return [part["heading"] for part in stored(text)["parts"]]


def headings_of(*sections):
    """Of a document with these (level, heading, body)."""
    drafts = [SectionDraft(heading, level, body, heading.lower()) for level, heading, body in sections]
    document = Document(title="Rules", summary="Rules.", language="en", kind="markdown", sections=drafts)
    return [part["heading"] for part in as_stored(document)["parts"]]


def test_a_heading_without_text_goes_before_those_below_it():
    do, do_not = (2, "Do", ""), (2, "Do not:", "")
    found = headings_of(do, (3, "Answer", "Soon."), (3, "Thank", "Always."), do_not, (3, "Argue", "Never."))
    assert found == ["Do: Answer", "Do: Thank", "Do not: Argue"]


def test_a_group_ends_where_its_level_comes_again():
    found = headings_of((2, "Do", ""), (3, "Answer", "Soon."), (2, "About", "Words."), (3, "Who", "We."))
    assert found == ["Do: Answer", "About", "Who"]


def test_a_group_whose_name_would_make_headings_too_long_is_left_out():
    words = " ".join(["many words"] * 10)
    assert headings_of((1, words, ""), (2, words, ""), (3, words, "Text."))[0] == words


def test_a_sentence_set_as_a_heading_is_text():
    sentence = "This page answers what people ask us most often about our rules for comments."
    parts = stored(f"# Rules\n\n## {sentence}\n\n## Comments\n\nBe kind.")["parts"]
    assert parts[0]["body"] == sentence
    assert len(parts[0]["heading"]) < len(sentence)


def test_a_bare_heading_at_the_end_stays_and_is_known_as_bare():
    parts = stored("# Rules\n\n## Comments\n\nBe kind.\n\n## Contact")["parts"]
    assert [is_bare(part) for part in parts] == [False, True]


def test_a_long_part_is_cut_at_its_own_headings():
    inner = "\n\n".join(f"### Step {n}\n\n" + "word " * 2000 for n in range(1, 5))
    parts = stored(f"# Rules\n\n## First\n\nBegin here.\n\n{inner}\n\n## Second\n\nShort.")["parts"]
    assert [part["heading"] for part in parts] == ["First", "Step 1", "Step 2", "Step 3", "Step 4", "Second"]
    assert parts[0]["body"] == "Begin here."


@pytest.mark.parametrize("unit", ["Words and words.\n\n", "word ", "字"])
def test_a_long_part_without_headings_is_cut_and_loses_nothing(unit):
    body = unit * (LONGEST_BODY * 2 // len(unit))
    parts = stored(f"# Rules\n\n## First\n\n{body}\n\n## Second\n\nShort.")["parts"]
    assert max(len(part["body"]) for part in parts) <= LONGEST_BODY
    assert "".join("".join(part["body"] for part in parts[:-1]).split()) == "".join(body.split())
    assert [part["heading"] for part in parts[:2]] == ["First", "First (2)"]
    assert len({part["key"] for part in parts}) == len(parts)


def test_folding_puts_the_deepest_into_those_before_them():
    parts = [
        {"key": "a", "heading": "A", "body": "one", "level": 2},
        {"key": "b", "heading": "B [x]", "body": "two", "level": 3},
        {"key": "c", "heading": "C", "body": "three", "level": 2},
    ]
    assert [part["body"] for part in folded(parts, 2)] == ["one\n\n### B \\[x\\]\n\ntwo", "three"]
    assert folded(parts, 3) == parts


def test_folding_never_makes_a_part_too_long_and_stops_where_all_are_equal():
    long = {"key": "a", "heading": "A", "body": "x" * LONGEST_BODY, "level": 2}
    assert len(folded([long, {**long, "level": 3}], 1)) == 2
    assert len(folded([{**long, "body": "x"}] * 5, 2)) == 5


def test_titles_and_summaries_are_shortened_between_words():
    found = stored(f"---\ntitle: {'long ' * 36}\nsummary: {'word ' * 200}\n---\n\n## One\n\nText.")
    assert len(found["title"]) <= LONGEST_TITLE
    assert found["title"].endswith("long…")
    assert len(found["summary"]) <= LONGEST_SUMMARY
    assert any("too long" in warning for warning in found["warnings"])
    assert shortened("字" * 300, 10) == "字" * 9 + "…"


def test_long_headings_fit():
    found = stored("# Rules\n\n## " + "heading " * 60 + "\n\nText.\n\n## Two\n\nText.")
    assert all(0 < len(part["heading"]) <= LONGEST_HEADING for part in found["parts"])


def test_the_summary_does_not_begin_by_saying_the_title_again():
    assert (
        stored("---\ntitle: Rules\nsummary: Rules. Rules for comments.\n---\n\nText.")["summary"]
        == "Rules for comments."
    )
    assert stored("---\ntitle: The hub\nsummary: The hub is here for you.\n---\n\nText.")["summary"].startswith(
        "The hub is"
    )
    assert stored("---\ntitle: Rules\nsummary: Rules\n---\n\nText.")["summary"] == "Rules"


def test_what_stands_before_the_first_heading_is_named_in_the_language_of_the_text():
    arabic = "---\nlang: ar\n---\n\n# قواعد\n\nنتعهد باحترام كل الأفراد.\n\n## النطاق\n\nهنا.\n\n## الإبلاغ\n\nهناك."
    assert headings(arabic)[0] == "مقدمة"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("![A chart](https://pictures.example/a.png)", "[Picture: A chart](https://pictures.example/a.png)"),
        ("![](https://pictures.example/a.png 'x')", "[Picture](https://pictures.example/a.png)"),
        ("[![A chart](https://pictures.example/a.png)](https://go.example)", "[A chart](https://go.example)"),
        ('<img src="https://p.example/a.png" alt="A [chart]">', "[Picture: A chart](https://p.example/a.png)"),
        ('Words <img src="a.png" alt="A chart">', 'Words <img src="a.png" alt="A chart">'),
        ('Words <img src="https://p.example/(a.png" alt="x">', 'Words <img src="https://p.example/(a.png" alt="x">'),
    ],
)
def test_pictures_on_other_sites_become_links(text, expected):
    assert expected in stored(f"# Rules\n\n{text} and words.")["parts"][0]["body"]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"tags": ["nothing", "Crisis response"]}, "crisis"),
        ({"Topics": "none, conduct"}, "conduct"),
        ({"category": {"a": "b"}}, None),
        ({"tags": [["conduct"]]}, None),
        ({}, None),
    ],
)
def test_the_topic_is_what_the_file_names(keys, expected):
    topics = [Topic("conduct", "Conduct"), Topic("crisis", "Crisis response")]
    found = topic_named(keys, topics)
    assert (found.slug if found else None) == expected


@pytest.mark.parametrize(
    ("text", "filename", "expected"),
    [
        ("---\nslug: our_rules\ntitle: Rules\n---\n\nText.", "a.md", "our-rules"),
        ("---\nslug: [a, b]\ntitle: Rules for all\n---\n\nText.", "a.md", "rules-for-all"),
        ("# 行動規範\n\nText of the rules.", "conduct-ja.md", "conduct-ja"),
        ("# 行動規範\n\nText of the rules.", "規範.md", "document"),
    ],
)
def test_the_address_is_the_files_own_or_its_titles_or_its_names(text, filename, expected):
    assert address_wanted(stored(text, filename), filename) == expected
