"""What people wrote in the margin of a Word file comes along, each remark with the part that it stands on."""

import io
import zipfile
from html import escape

import pytest

from hub.documents import Document, SectionDraft, UnreadableDocument, read
from hub.documents.parts import LONGEST_BODY, as_stored, folded
from tests.hub.documents.test_read import W, paragraph, word_file

W14 = 'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
W15 = 'xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml"'


def run(text):
    return f"<w:r><w:t xml:space='preserve'>{text}</w:t></w:r>"


def begin(number):
    return f"<w:commentRangeStart w:id='{number}'/>"


def end(number):
    return f"<w:commentRangeEnd w:id='{number}'/>" + point(number)


def point(number):
    return f"<w:r><w:commentReference w:id='{number}'/></w:r>"


def on(number, text):
    return begin(number) + run(text) + end(number)


def comment(number, text="Is this legal?", *, name="Ada", at="2024-05-01T10:30:00Z", paragraph_id=""):
    lines = text.split("\n")
    ids = [""] * (len(lines) - 1) + [f' w14:paraId="{paragraph_id}"' if paragraph_id else ""]
    body = "".join(f"<w:p{id}>{run(escape(line))}</w:p>" for id, line in zip(ids, lines, strict=True))
    date = f" w:date='{at}'" if at else ""
    return f"<w:comment w:id='{number}' w:author='{escape(name)}'{date}>{body}</w:comment>"


def comments(*found):
    return f"<w:comments {W} {W14}>{''.join(found)}</w:comments>"


def threads(*rows):
    """(paragraph, the paragraph that it answers, whether it is resolved)"""
    answers = {True: "w15:paraIdParent='{}'", False: ""}
    written = "".join(
        f"<w15:commentEx w15:paraId='{own}' {answers[bool(of)].format(of)} w15:done='{int(done)}'/>"
        for own, of, done in rows
    )
    return f"<w15:commentsEx {W15}>{written}</w15:commentsEx>"


def heading(inside):
    return f"<w:p><w:pPr><w:pStyle w:val='Titre1'/></w:pPr>{inside}</w:p>"


def stored(body, found, *, title=None, **more):
    extra = {"word/comments.xml": comments(*found), **more.pop("extra", {})}
    title = paragraph("Rules", style="T") if title is None else title
    return as_stored(read(word_file(body=title + body, extra=extra, **more), "rules.docx"))


def where(document):
    """{text of a comment: the heading of its part, or None}"""
    placed = {one["text"]: part["heading"] for part in document["parts"] for one in part.get("comments", [])}
    return placed | {one["text"]: None for one in document.get("comments", [])}


TWO = paragraph("Two", style="Titre1") + paragraph("Be kind.")


def test_a_comment_comes_along_with_its_words_its_author_and_its_part():
    document = stored(
        paragraph("One", style="Titre1") + f"<w:p>{run('You ')}{on(7, 'must ask &amp; wait')}{run('.')}</w:p>" + TWO,
        [comment(7, "Is this legal?\nAsk them.")],
    )
    assert [part["body"] for part in document["parts"]] == ["You must ask & wait.", "Be kind."]
    assert document["parts"][0]["comments"] == [
        {
            "name": "Ada",
            "at": "2024-05-01T10:30:00+02:00",
            "text": "Is this legal?\nAsk them.",
            "quote": "must ask & wait",
            "is_done": False,
            "replies": [],
        }
    ]
    assert "comments" not in document["parts"][1]
    assert "comments" not in document


def test_replies_belong_to_what_they_answer_and_a_resolved_thread_is_done():
    document = stored(
        heading(on(1, "One")) + f"<w:p>{on(2, 'Ask.')}{point(3)}{point(4)}</w:p>" + TWO,
        [
            comment(1, "Settled.", paragraph_id="0A"),
            comment(2, "Whom?", paragraph_id="0B"),
            comment(3, "Legal.", name="Bo", paragraph_id="0C"),
            comment(4, "Thanks.", paragraph_id="0D"),
        ],
        extra={
            "word/commentsExtended.xml": threads(
                ("0A", "", True), ("0B", "", False), ("0C", "0B", True), ("0D", "0C", 0)
            )
        },
    )
    found = document["parts"][0]["comments"]
    assert [(one["text"], one["is_done"], len(one["replies"])) for one in found] == [
        ("Settled.", True, 0),
        ("Whom?", False, 2),
    ]
    assert [(reply["name"], reply["text"]) for reply in found[1]["replies"]] == [("Bo", "Legal."), ("Ada", "Thanks.")]


def test_threads_that_answer_each_other_in_a_circle_are_comments_of_their_own():
    document = stored(
        heading(run("One")) + f"<w:p>{on(1, 'Ask.')}{on(2, 'Wait.')}</w:p>" + TWO,
        [comment(1, "a", paragraph_id="0A"), comment(2, "b", paragraph_id="0B")],
        extra={"word/commentsExtended.xml": threads(("0A", "0B", False), ("0B", "0A", False))},
    )
    assert where(document) == {"a": "One", "b": "One"}


def test_the_text_reads_as_if_there_were_no_comments():
    link = '<w:hyperlink w:anchor="x">%s</w:hyperlink>'
    bold = "<w:r><w:rPr><w:b/></w:rPr><w:t xml:space='preserve'> bold </w:t></w:r>"
    lines = ["1. not a list", "# no heading", "- no bullet", "a_b_ c", "&#233;t&#233;", "{{ tag }}", "x@y.example"]

    def body(wrap):
        texts = "".join(f"<w:p>{wrap(number, run(line))}</w:p>" for number, line in enumerate(lines))
        more = f"<w:p>{run('a')}{wrap(8, bold)}{run('b')}{wrap(9, link % run('linked'))}</w:p>"
        return heading(wrap(7, run("One"))) + texts + more + TWO

    plain = stored(body(lambda number, inside: inside), [])
    marked = stored(
        body(lambda number, inside: begin(number) + inside + end(number)), [comment(n, f"c{n}") for n in range(10)]
    )
    assert [part["body"] for part in marked["parts"]] == [part["body"] for part in plain["parts"]]
    assert [part["heading"] for part in marked["parts"]] == ["One", "Two"]
    assert where(marked) == {f"c{n}": "One" for n in range(10)}


def test_where_comments_stand():
    document = stored(
        heading(run("One"))
        + f"<w:p>{run('First')}{point(1)}{run(' second')}</w:p>"
        + begin(2)
        + f"<w:p>{run('Begins here')}</w:p>"
        + heading(run("Two"))
        + f"<w:p>{run('and ends here.')}{end(2)}{on(3, '12.')}</w:p>"
        + f"<w:p>{begin(4)}{run('never ended')}{point(4)}</w:p>"
        + f"<w:p>{begin(6)}<w:moveFrom w:id='9'>{run('gone')}{point(6)}</w:moveFrom></w:p>",
        [
            comment(number, text)
            for number, text in enumerate(["point", "range", "number", "open", "nowhere", "moved away"], 1)
        ],
    )
    assert where(document) == {
        "point": "One",
        "range": "One",
        "number": "Two",
        "open": "Two",
        "nowhere": None,
        "moved away": None,
    }
    quotes = {one["text"]: one["quote"] for part in document["parts"] for one in part["comments"]}
    assert quotes == {
        "point": "",
        "range": "Begins here Two and ends here.",
        "number": "12.",
        "open": "never ended",
    }


def test_what_is_said_of_the_title_is_about_the_whole():
    title = f"<w:p><w:pPr><w:pStyle w:val='T'/></w:pPr>{on(1, 'Rules')}</w:p>"
    document = stored(heading(run("One")) + paragraph("Ask.") + TWO, [comment(1, "Dull.")], title=title)
    assert (document["title"], where(document)) == ("Rules", {"Dull.": None})
    document = stored(heading(on(1, "Rules")) + heading(run("")) + paragraph("Ask."), [comment(1, "Dull.")], title="")
    assert (document["title"], where(document)) == ("Rules", {"Dull.": None})


def test_a_heading_that_groups_gives_its_comments_to_the_part_that_follows():
    said = {"text": "Why?", "quote": ""}
    drafts = [
        SectionDraft("Group", 1, "", "group", comments=(said,)),
        SectionDraft("One", 2, "Ask.", "one"),
        SectionDraft("Own", 1, "Ours.", "own", carried_key="own", comments=({"text": "Ours?", "quote": ""},)),
    ]
    document = as_stored(Document(title="T", summary="", language="en", kind="docx", sections=drafts))
    assert where(document) == {"Why?": "Group: One", "Ours?": "Own"}


def test_comments_go_where_a_part_is_cut_or_folded():
    long = "word " * (LONGEST_BODY // 8)
    document = stored(
        heading(run("One"))
        + paragraph(long)
        + f"<w:p>{run(long)}{on(1, 'needle')}</w:p>"
        + f"<w:p>{on(2, ' ')}</w:p>"
        + TWO,
        [comment(1, "sharp"), comment(2, "blank")],
    )
    assert where(document) == {"sharp": "One (2)", "blank": "One"}
    parts = [
        {"key": "a", "heading": "A", "body": "x", "level": 1, "comments": [{"text": "one"}]},
        {"key": "b", "heading": "B", "body": "y", "level": 2, "comments": [{"text": "two"}]},
    ]
    assert folded(parts, 1)[0]["comments"] == [{"text": "one"}, {"text": "two"}]


def test_names_texts_and_times_that_are_odd():
    text = "<script>alert('x')</script> & \u202e"
    long = "w" * 10_500
    document = stored(
        heading(run("One")) + f"<w:p>{''.join(on(n, 'Ask.') for n in range(7))}</w:p>" + TWO,
        [
            comment(0, text, name="", at=""),
            comment(1, "", name="N" * 300, at="9999-12-31T23:59:59Z"),
            comment(2, long, at="yesterday"),
            comment(3, "c", at="2024-02-31T10:00:00"),
            comment(4, "d", at="0001-01-01T00:00"),
            comment(5, "e", at="2024-02-03T10:00"),
            comment(6, "f\tg", name="A\nB"),
        ],
    )
    found = document["parts"][0]["comments"]
    assert found[0]["text"].startswith("<script>alert('x')</script> &")
    assert [one["name"] for one in found][::6] == ["Somebody unnamed", "A B"]
    assert (len(found[1]["name"]), found[1]["text"]) == (120, "(no words, perhaps a picture)")
    assert len(found[2]["text"]) == 10_000
    assert [one["at"][:16] for one in found[:6]] == ["", "", "", "", "", "2024-02-03T10:00"]
    assert [warning for warning in document["warnings"] if "10,000" in warning]


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"word/comments.xml": "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>"}, "outside itself"),
        # Beyond what is looked at of each part before any is read.
        ({"word/comments.xml": " " * 5000 + "<!DOCTYPE x [<!ENTITY a 'ha'>]><x>&a;</x>"}, "outside itself"),
        (
            {
                "word/comments.xml": comments(comment(1)),
                "word/commentsExtended.xml": " " * 5000 + "<!DOCTYPE x><x/>",
            },
            "outside itself",
        ),
        ({"word/comments.xml": "<w:comments"}, "damaged"),
        ({"word/comments.xml": comments(*(comment(n) for n in range(1001)))}, "more than 1,000 comments"),
        ({"word/comments.xml": b"<x>" + b" " * 30_000_000 + b"</x>"}, "far more"),
    ],
)
def test_hostile_comments_are_refused(parts, sentence):
    data = word_file(body=heading(run("One")) + f"<w:p>{on(1, 'Ask.')}</w:p>", extra=parts)
    with pytest.raises(UnreadableDocument, match=sentence):
        read(data, "rules.docx")


@pytest.mark.parametrize(("encoding", "words"), [("latin-1", "Straße"), ("us-ascii", "Street")])
def test_a_text_in_another_encoding_keeps_its_comments_about_the_whole(encoding, words):
    body = heading(run("One")) + f"<w:p>{on(1, words)}{point(2)}</w:p>" + TWO
    data = word_file(body="", extra={"word/comments.xml": comments(comment(1, "a"), comment(2, "b"))})
    anew = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(anew, "w") as new:
        for name in old.namelist():
            text = f"<?xml version='1.0' encoding='{encoding}'?><w:document {W}><w:body>{body}</w:body></w:document>"
            new.writestr(name, text.encode(encoding) if name == "word/document.xml" else old.read(name))
    document = as_stored(read(anew.getvalue(), "rules.docx"))
    assert where(document) == {"a": None, "b": None}
    assert document["comments"][0]["quote"] == words


def test_a_thousand_comments_on_a_long_text_are_read_soon():
    body = "".join(f"<w:p>{begin(n)}{run('word ' * 40)}{end(n)}</w:p>" for n in range(1000))
    document = stored(heading(run("One")) + body + TWO, [comment(n, f"c{n}") for n in range(1000)])
    assert len(where(document)) == 1000
