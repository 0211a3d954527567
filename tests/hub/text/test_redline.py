import random
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.text.markdown import plain
from hub.text.redline import ClauseText, changes, compare_clauses, redline, redline_line

VOICE = re.compile(r'<span class="visually-hidden">[^<]*</span>')


def bare(html):
    return VOICE.sub("", html)


def words_of(html, *, without):
    """The words one side reads, from the redline alone."""
    html = re.sub(rf"<{without}>.*?</{without}>", "", bare(html), flags=re.S)
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", html))


def clause(*, key="a", number="1", heading="Be clear", force="must", body="Say who you are."):
    return ClauseText(key, number, heading, force, body)


def test_a_changed_word_is_marked_where_it_stands():
    html = bare(redline("Answer within two days.", "Answer within three days."))
    assert html == '<p dir="auto">Answer within <del>two </del><ins>three </ins>days.</p>'


def test_marks_can_be_heard():
    html = redline("Answer within two days.", "Answer within three days.")
    assert '<del><span class="visually-hidden">[removed] </span>two' in html
    assert '<ins><span class="visually-hidden">[added] </span>three' in html


def test_equal_texts_have_no_marks_even_when_the_lines_break_elsewhere():
    html = redline("One two three\nfour five.", "One two\nthree four   five.")
    assert "<ins" not in html
    assert "<del" not in html


def test_lists_stay_lists_and_an_item_changes_inside():
    html = bare(redline("- one apple\n- two\n- three", "- one red apple\n- three\n- four"))
    assert html.count("<ul>") == 1
    assert '<li dir="auto">one <ins>red </ins>apple</li>' in html
    assert '<li dir="auto"><del>two</del></li>' in html
    assert '<li dir="auto"><ins>four</ins></li>' in html


def test_nested_lists_keep_their_depth():
    html = bare(redline("- a\n  - b one\n  - c\n- d", "- a\n  - b two\n  - c\n- d"))
    assert html.count("<ul>") == 2
    assert html.index("</ul></li>") > html.index("<del>one</del>")


def test_tables_stay_tables():
    html = bare(redline("| a | b |\n|-|-|\n| x | y z |", "| a | b |\n|-|-|\n| x | y k |\n| n | m |"))
    assert html.count("<table>") == 1
    assert '<td dir="auto">y <del>z</del><ins>k</ins></td>' in html
    assert '<tr><td dir="auto"><ins>n</ins></td><td dir="auto"><ins>m</ins></td></tr>' in html


def test_a_new_address_behind_the_same_words_shows():
    html = bare(redline("See [here](https://a.example/x) now.", "See [here](https://b.example/x) now."))
    assert "<del> (https://a.example/x) </del><ins> (https://b.example/x) </ins>now" in html
    assert '<a href="https://b.example/x" rel="noopener noreferrer">here</a>' in html


def test_headings_stay_headings_at_the_level_of_the_page():
    html = bare(redline("# Old name here", "# New name here", heading_level=4))
    assert html == '<h4 dir="auto"><del>Old </del><ins>New </ins>name here</h4>'


def test_scripts_without_spaces_compare_by_character():
    html = bare(redline("私たちは年齢を問わず歓迎します。", "私たちは性別を問わず歓迎します。"))
    assert "私たちは<del>年齢</del><ins>性別</ins>を問わず" in html


def test_right_to_left_text_keeps_its_direction():
    html = redline("نلتزم بجعل المشاركة تجربة", "نلتزم بجعل هذه المشاركة تجربة")
    assert html.startswith('<p dir="auto">')
    assert "<ins>" in html


def test_markup_in_the_text_is_never_live():
    html = redline("a <script>x</script> <b>b</b>", "a &lt;img src=x onerror=alert(1)&gt; [x](javascript:alert(1))")
    assert "<script" not in html
    assert "<img" not in html
    assert "href" not in html


def test_a_rewritten_paragraph_is_not_chopped_into_syllables():
    html = bare(redline("Never post alone at night.", "Colleagues in every region review campaigns together."))
    assert html.count("<ins>") == 1
    assert html.count("<del>") == 1


def test_one_edit_in_a_long_text_marks_one_place():
    paragraphs = [f"Paragraph {n} says what people in team {n} do when a post goes wrong." for n in range(300)]
    other = list(paragraphs)
    other[150] = other[150].replace("goes wrong", "goes very wrong")
    other.insert(20, "A wholly new thought arrives here.")
    html = bare(redline("\n\n".join(paragraphs), "\n\n".join(other)))
    assert re.findall(r"<ins>(.*?)</ins>", html) == ["A wholly new thought arrives here.", "very "]
    assert "<del>" not in html


def test_a_paragraph_that_grows_long_is_still_the_same_paragraph():
    sentences = [f"Sentence number {n} says what team {n} does when things go wrong." for n in range(12)]
    old, new = " ".join(sentences[:9]), " ".join(sentences).replace("team 4 does", "team 4 must do")
    html = bare(redline(old, new))
    assert re.findall(r"<del>(.*?)</del>", html) == ["does "]
    assert html.count("<ins>") == 2


def test_changes_are_whole_blocks_with_counts():
    found = changes("Same.\n\nGone away now.\n\nOne two three.", "Same.\n\nOne two four.")
    assert [change.kind for change in found] == ["same", "removed", "changed"]
    assert (found[1].words_removed, found[2].words_added, found[2].words_removed) == (3, 1, 1)


BLOCKS = """
Alpha beta gamma.
Alpha beta delta.
- one|- two
- one|- three
- one|  - deep|- two
# Head
## Other
> said *so*
1. x|2. y
¦ a ¦ b ¦|¦-¦-¦|¦ c ¦ d ¦
`code` & [l](https://e.org)
---
```|x|```
"""
MARKDOWN = st.lists(
    st.sampled_from([line.replace("|", "\n").replace("¦", "|") for line in BLOCKS.strip().split("\n")]), max_size=6
).map("\n\n".join)


@given(MARKDOWN, MARKDOWN)
@settings(max_examples=200, deadline=None)
def test_either_side_can_be_read_back_and_the_tags_balance(old, new):
    html = re.sub(r" \(https://e\.org\)", "", redline(old, new))
    assert words_of(html, without="del").replace("&amp;", "&") == re.sub(r"\s+", "", plain(new))
    assert words_of(html, without="ins").replace("&amp;", "&") == re.sub(r"\s+", "", plain(old))
    stack = []
    for closing, tag in re.findall(r"<(/?)([a-z0-9]+)", html):
        if tag in ("br", "hr"):
            continue
        if closing:
            assert stack.pop() == tag
        else:
            stack.append(tag)
    assert stack == []


def test_a_line_of_plain_text():
    assert bare(redline_line("Be kind", "Be very kind")) == "Be <ins>very </ins>kind"
    assert bare(redline_line("", "New")) == "<ins>New</ins>"
    assert bare(redline_line("Old", "")) == "<del>Old</del>"
    assert redline_line("", "") == ""
    assert redline_line("a < b", "a < b") == "a &lt; b"


def test_clauses_are_matched_by_key_and_not_by_number_or_place():
    old = [clause(key="a"), clause(key="b", number="2"), clause(key="c", number="3", body="Short.")]
    new = [clause(key="x", body="New."), clause(key="a", number="2"), clause(key="c", number="3", body="Shorter.")]
    found = compare_clauses(old, new)
    assert [(change.kind, change.key) for change in found] == [
        ("added", "x"),
        ("same", "a"),
        ("removed", "b"),
        ("changed", "c"),
    ]
    assert found[0].old is None
    assert found[2].new is None
    assert found[3].words_added == 1
    assert found[3].words_removed == 1


def test_only_the_clause_that_was_moved_counts_as_moved():
    old = [clause(key=key) for key in "abcdef"]
    new = [clause(key=key) for key in "fabcde"]
    assert [(change.key, change.kind) for change in compare_clauses(old, new) if change.kind != "same"] == [
        ("f", "moved")
    ]


def test_a_changed_force_is_a_change_and_is_named():
    (found,) = compare_clauses([clause(force="should")], [clause(force="must")])
    assert found.kind == "changed"
    assert found.force_change == ("should", "must")
    assert found.words_added == 0


def test_a_changed_heading_is_a_change():
    (found,) = compare_clauses([clause(heading="Be clear")], [clause(heading="Be quick")])
    assert found.kind == "changed"
    assert bare(found.heading_html) == "Be <del>clear</del><ins>quick</ins>"


def text_of(count, seed):
    pool = [f"word{n}" for n in range(2000)]
    chooser = random.Random(seed)
    return "\n\n".join(" ".join(chooser.choices(pool, k=45)) for _ in range(count // 45))


def least_seconds(work):
    """The CPU of the quickest of three runs: what other work on the machine adds, it does not add to all of them."""
    spent = []
    for _run in range(3):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent)


@pytest.mark.no_cover  # tracing costs more than the work that is timed
def test_a_rewritten_book_costs_little_time():
    old, new = text_of(20_000, 1), text_of(20_000, 2)
    # 0.09 s on a quiet machine; the naive comparison takes minutes
    assert least_seconds(lambda: redline(old, new)) < 0.5


@pytest.mark.no_cover  # tracing costs more than the work that is timed
def test_five_hundred_changed_clauses_cost_little_time():
    old = [clause(key=str(n), body=text_of(90, n)) for n in range(500)]
    new = [clause(key=str(n), body=text_of(90, n) + " more") for n in range(500)]
    assert sum(change.words_added for change in compare_clauses(old, new)) == 500
    assert least_seconds(lambda: sum(change.words_added for change in compare_clauses(old, new))) < 1


def test_what_stands_in_one_text_alone_can_be_left_out_of_the_other():
    found = changes("- a\n- b\n\nKept.", "- a\n- c\n- d e f\n\nKept now.", mark_sides=True)
    html = "".join(change.html for change in found)
    assert re.search(r'<li dir="auto" data-only="new"><ins>.{,60}d e f</ins></li>', html)
    assert html.count("data-only") == html.count('data-only="new"') + html.count('data-only="old"')
    assert "data-only" not in html[html.index("Kept") - 20 :]
    table = "| a | b |\n|---|---|\n| 1 | 2 |\n"
    rows = "".join(change.html for change in changes(table + "| 3 | 4 |", table, mark_sides=True))
    assert '<tr data-only="old">' in rows
    assert "data-only" not in "".join(change.html for change in changes("- a\n- b", "- a"))
