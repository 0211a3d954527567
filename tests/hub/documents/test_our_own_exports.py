"""What files bring along from our own exports, and what Word keeps of a text's history."""

import pytest

from hub.documents import read
from hub.documents.parts import as_stored
from tests.hub.documents.test_read import markdown_file, paragraph, table, word_file

CARRIED = """---
title: Rules
summary: For all.
---

# Rules

## Say \\*who\\* you are {#c-who .must}

### Inside

One.

## Be kind {#c-kind}

[Ask][x] us.

[x]: https://example.org/a

## A new one

[Ask][x] them.
"""


def parts(text):
    return as_stored(markdown_file(text))["parts"]


def test_headings_bring_keys_and_forces():
    found = parts(CARRIED)
    assert [(part["heading"], part.get("carried_key"), part.get("force")) for part in found] == [
        ("Say *who* you are", "who", "must"),
        ("Be kind", "kind", ""),
        ("A new one", None, None),
    ]
    assert found[0]["body"] == "### Inside\n\nOne."


def test_one_clause_with_headings_inside_stays_one():
    found = parts("# T\n\n## Only {#c-only .may}\n\n### a\n\nb\n\n### c\n\nd\n")
    assert [part["heading"] for part in found] == ["Only"]


def test_a_part_with_a_key_is_left_as_it_is():
    long = "word " * 7000
    found = parts(f"# T\n\n## A {{#c-a .must}}\n\n### In\n\n{long}\n\n### Out\n\n{long}\n\n## B {{#c-b .may}}\n\nx\n")
    assert [part["heading"] for part in found] == ["A", "B"]
    assert (
        parts("# T\n\n## Bare {#c-bare .must}\n\n### x\n\ny\n\n## Empty {#c-empty .may}\n")[1]["carried_key"] == "empty"
    )


def test_other_attributes_are_not_keys():
    found = parts("# T\n\n## One {#one}\n\na\n\n## Two {: .x }\n\nb\n")
    assert [(part["heading"], "carried_key" in part) for part in found] == [("One", False), ("Two", False)]


def test_two_parts_alike_keep_their_own_keys():
    found = parts("# T\n\n## A {#c-a .must}\n\nx\n\n## A {#c-b .may}\n\nx\n")
    assert [part["carried_key"] for part in found] == ["a", "b"]


def test_a_summary_of_a_file_is_taken_whole():
    summary = "word " * 70
    assert as_stored(markdown_file(f"---\ntitle: T\nsummary: {summary}\n---\n\nText.\n"))["summary"] == summary.strip()


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        ("# T\n\n##One\n\na\n\n##Two\n\nb\n", ["One", "Two"]),
        ("# T\n\n## One\n\n```\n##not this\n```\n\n## Two\n\n~~~\n##nor this\n```\n##nor this\n~~~\n", ["One", "Two"]),
        ("# T\n\n## One\n\n#hashtag first\n\n## Two\n\nb\n", ["One", "Two"]),
    ],
)
def test_headings_without_a_space(text, headings):
    assert [part["heading"] for part in parts(text)] == headings


# --- Word: tracked changes -------------------------------------------------------------------------------------------


def run(text, tag="w:t"):
    return f"<w:r><{tag} xml:space='preserve'>{text}</{tag}></w:r>"


MARK = "w:id='1' w:author='A' w:date='2026-01-01T00:00:00Z'"


def tracked(body, **fields):
    data = word_file(body=paragraph("Rules", style="T") + body, **fields)
    return read(data, "rules.docx")


def test_insertions_are_in_and_deletions_are_out():
    document = tracked(
        paragraph("One", style="Titre1")
        + f"<w:p>{run('You ')}<w:del {MARK}>{run('may', 'w:delText')}</w:del>"
        + f"<w:ins {MARK}>{run('must')}</w:ins>{run(' ask.')}</w:p>"
        + paragraph("Two", style="Titre1")
        + f"<w:p><w:pPr><w:rPr><w:del {MARK}/></w:rPr></w:pPr>{run('First half, ')}</w:p>"
        + paragraph("second half.")
    )
    assert [part.body_markdown for part in document.sections] == ["You must ask.", "First half, second half."]
    assert any("as if all were accepted" in warning for warning in document.warnings)


def test_what_was_moved_stands_where_it_was_moved_to():
    document = tracked(
        paragraph("One", style="Titre1")
        + f"<w:p><w:moveFrom {MARK}>{run('Moved.')}</w:moveFrom>{run('Stays.')}</w:p>"
        + paragraph("Two", style="Titre1")
        + f"<w:p><w:moveTo {MARK}>{run('Moved.')}</w:moveTo></w:p>"
    )
    assert [part.body_markdown for part in document.sections] == ["Stays.", "Moved."]


def test_a_deleted_row_of_a_table_is_out():
    rows = table(("a", "b"), ("gone", "gone"), ("c", "d")).replace(
        "<w:tr><w:tc><w:p><w:r><w:t xml:space='preserve'>gone",
        f"<w:tr><w:trPr><w:del {MARK}/></w:trPr><w:tc><w:p><w:r><w:t>gone",
        1,
    )
    document = tracked(paragraph("One", style="Titre1") + rows + paragraph("Two", style="Titre1") + paragraph("x"))
    assert "gone" not in document.sections[0].body_markdown
    assert "| c | d |" in document.sections[0].body_markdown
