import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.text import markdown
from hub.text.markdown import clean, excerpt, plain, render


def test_addresses_in_angle_brackets_survive():
    html = render("Write to <conduct@example.org> or see <https://example.org/a?b=1&c=2>.")
    assert '<a href="mailto:conduct@example.org">conduct@example.org</a>' in html
    assert 'href="https://example.org/a?b=1&amp;c=2" rel="noopener noreferrer"' in html


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "<a href=' jav&#x09;ascript:alert(1)'>x</a>",
        "![a](data:text/html;base64,PHNjcmlwdD4=)",
        "<svg><animate onbegin=alert(1)></svg>",
        "<iframe src=https://evil.example></iframe>",
        "<p style='position:fixed'>x</p>",
        "<form action=/x><input name=y></form>",
        "<div id=main class=flash>x</div>",
        "<math><mtext></table><mglyph><style><img src=x onerror=alert(1)>",
        "| a |\n|---|\n| <b onclick=x()>b</b> |",
    ],
)
def test_nothing_active_gets_through(hostile):
    html = render("before\n\n" + hostile + "\n\nafter")
    for sign in (
        "<script",
        " onerror=",
        " onclick=",
        " onbegin=",
        'href="jav',
        'src="data',
        "<iframe",
        "<form",
        "<svg",
    ):
        assert sign not in html.lower()
    for sign in (' style="', ' id="main"', ' class="flash"'):
        assert sign not in html
    assert "before" in html
    assert "after" in html


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{{ site.name }}", "{{ site.name }}"),
        ("{% if a < b %}*x*{% endif %}", "{% if a &lt; b %}<em>x</em>{% endif %}"),
        ('{{< img src="/a_b_c.png" alt="*A*" >}}', '{{&lt; img src="/a_b_c.png" alt="*A*" &gt;}}'),
        ("{{<note>}}", "{{&lt;note&gt;}}"),
        ("Text\n{:.lead}", "Text\n{:.lead}"),
        ("[x]({{ site.url }}/a)", "[x]({{ site.url }}/a)"),
        ("[x]({{site.url}}/a)", "[x]({{site.url}}/a)"),
    ],
)
def test_the_template_language_of_others_stays_text(text, shown):
    assert shown in render(text)


def test_a_placeholder_in_angle_brackets_is_shown():
    assert "Dear &lt;name&gt;," in render("Dear <name>,")


def test_headings_nest_under_the_page_without_gaps_and_have_their_own_anchors():
    html = render("# One\n\n#### Deep\n\n# One\n\n<h2>Raw</h2>\n\n[up](#one)", heading_level=3, anchor_prefix="a")
    assert '<h3 id="a-one" dir="auto">One</h3>' in html
    assert '<h4 id="a-deep" dir="auto">Deep</h4>' in html
    assert '<h3 id="a-one-2" dir="auto">' in html
    assert '<h4 id="a-raw" dir="auto">Raw</h4>' in html
    assert 'href="#a-one"' in html


def test_headings_in_other_scripts_have_anchors():
    assert 'id="مدونة"' in render("## مدونة")
    assert 'id="適用範囲"' in render("## 適用範囲")


def test_tables_scroll_align_by_class_and_drop_empty_heads():
    html = render("| a | b |\n|---|--:|\n| 1 | 2 |")
    assert '<div class="table-scroll" tabindex="0" role="region" aria-label="Table"><table>' in html
    assert html.count("</table></div>") == 1
    assert '<td class="align-right" dir="auto">2</td>' in html
    assert "<thead>" not in render("|  |  |\n|--|--|\n| 1 | 2 |")
    assert "<th" not in render("|  |  |\n|--|--|\n| 1 | 2 |")


def test_pictures_from_elsewhere_become_their_description():
    html = render("![A chart](images/chart.png) ![Logo](/media/logo.png) ![Far](https://example.org/x.png)")
    assert "A chart" in html
    assert "chart.png" not in html
    assert '<img src="/media/logo.png" alt="Logo"' in html
    assert '<a href="https://example.org/x.png" rel="noopener noreferrer">Far</a>' in html
    assert "<img" not in render("![x](//example.org/x.png) ![x](http://example.org/x.png)")


def test_task_lists_are_plain_items():
    html = render("- [ ] open\n- [x] closed")
    assert '<li class="task" dir="auto">open</li>' in html
    assert 'class="task task-done"' in html
    assert "done: </span>closed" in html
    assert "<input" not in html


def test_details_keep_markdown_inside():
    html = render("<details><summary>More</summary>\n\nInner **words**\n\n</details>")
    assert "<details><summary" in html
    assert "Inner <strong>words</strong>" in html


def least_seconds(text):
    """The CPU of the quickest of three renderings: what else the machine does, it does not do in all of them."""
    spent = []
    for _run in range(3):
        started = time.process_time()
        render(text)
        spent.append(time.process_time() - started)
    return min(spent)


@pytest.mark.no_cover  # tracing costs more than the work that is timed
@pytest.mark.parametrize(
    "pattern", ["[", "![", "> ", "{{", "a\n", "<div>", "**a ", "`", "# a\n", "&", "a@b.co ", '[{"a":', "\u0315\u0300"]
)
def test_hostile_repetition_costs_as_much_as_it_is_long(pattern):
    """Four times the text is at most eight times the work, on any machine; in squares it would be sixteen."""
    short, long = (least_seconds(pattern * (length // len(pattern))) for length in (12_500, 50_000))
    # What takes no hundredth of a second is measured too coarsely to be compared.
    assert long < 8 * max(short, 0.01)


@given(st.text(max_size=300))
def test_any_text_renders_and_reads(text):
    html = render(text)
    assert "<script" not in html.lower()
    plain(text)


@given(st.text(alphabet=list("ab 1.)-,:!?'\"(é„“”\n語。_*#"), max_size=80))
def test_plain_paragraphs_render_as_the_parser_would(text):
    """The short cut for paragraphs without markup gives what the parser gives."""
    assert markdown.safe_html(text).strip() == markdown._sanitised(clean(text)).strip()


def test_clean_drops_what_cannot_be_stored():
    assert clean("a\x00b\ud800c\r\nd\re\ufeff") == "abc\nd\ne"
    assert clean("e\u0301") == "é"
    assert len(clean("e" + "\u0301" * 5000)) < 50


def test_plain_has_the_words_only():
    text = plain(
        "# Title\n\nSee [the *rules*](https://x.org) & <a@b.org>.\n\n| a | b |\n|--|--|\n| c | d |\n\n- x\n- y"
    )
    assert text.split() == "Title See the rules & a@b.org. a b c d x y".split()
    assert plain("![A chart](x.png)") == "A chart"
    assert plain("<script>no</script>yes") == "yes"


def test_excerpt_ends_at_a_word_and_counts_characters_where_there_are_no_spaces():
    assert excerpt("one two three", 2) == "one two…"
    assert excerpt("one two", 2) == "one two"
    assert len(excerpt("私たちは年齢や身体の大きさを問わず" * 20, 10)) <= 25
