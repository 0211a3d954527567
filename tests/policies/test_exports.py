"""Versions as files: the stamp, who gets them, and that bringing them back changes nothing."""

import io
import zipfile
from datetime import date

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from coe_portal.sample.loader import CONTENT
from coe_portal.sample.texts import headed
from hub.documents import read
from hub.documents.parts import as_stored
from hub.text.markdown import clean
from policies import actions
from policies.actions.text import content_hash, written_clauses
from policies.exports import FORMATS, Stamp, choices, markdown, pdf, word
from policies.models import Clause, PolicyVersion
from policies.proposals import Proposal
from tests.policies.factories import clause, days, make_draft, make_published, make_superseded

STAMP = Stamp(
    title="Rules: a “start” & more",
    summary='For all, "now".',
    language="en",
    slug="rules",
    number=3,
    state="In force",
    in_force=True,
    effective_on=date(2026, 1, 31),
    content_hash="ab" * 32,
    address="https://portal.example/policies/rules/versions/3/",
    exported_on=date(2026, 11, 24),
)
WRITTEN = {"md": markdown.written, "docx": word.written}
EVERY = sorted(CONTENT.glob("policies/*/v*.md"))
NEWEST = [sorted(folder.glob("v*.md"))[-1] for folder in sorted((CONTENT / "policies").iterdir())]

HARD = """First *words* with **bold _and_ italic**, `code`, ~~gone~~ and [a link](/policies/x/#c-y "t").

- one
- two
  with more

  and a second paragraph
  1. deep
  2. deeper
- three

3. third
4. fourth

> A quotation.

| a | b |
|---|:-:|
| `x` | [y](https://example.org/?a=1&b=2) |
| **z** |  |

```
code  with   spaces
## and no heading
```

See [another clause](#c-second) and <mail@example.org>.
"""


def clauses_of(*pairs):
    return [
        Clause(number=number, key=f"key-{number}", force="should", heading=heading, body=body)
        for number, (heading, body) in enumerate(pairs, 1)
    ]


def sample(path):
    found = headed(str(path.relative_to(CONTENT)), root=CONTENT)
    return [Clause(number=number, **{**one, "force": one["force"]}) for number, one in enumerate(found, 1)]


def brought_back(clauses, kind, stamp=STAMP):
    stored = as_stored(read(WRITTEN[kind](stamp, clauses), f"rules.{kind}"))
    return stored, Proposal.of(clauses, stored)


def hashes(clauses):
    return content_hash(written_clauses_of(clauses))


def written_clauses_of(drafts):
    return [Clause(**{name: draft[name] for name in ("key", "force", "heading", "body")}) for draft in drafts]


def same(clauses, proposal):
    assert [row.kind for row in proposal.rows] == ["same"] * len(clauses)
    assert proposal.changes_nothing
    assert hashes(proposal.drafts()) == content_hash(clauses)


@pytest.mark.parametrize("path", EVERY, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_sample_text_comes_back_from_markdown_as_it_was(path):
    clauses = sample(path)
    same(clauses, brought_back(clauses, "md")[1])


@pytest.mark.parametrize("path", NEWEST, ids=lambda path: path.parent.name)
def test_every_sample_policy_comes_back_from_word_as_it_was(path):
    clauses = sample(path)
    stored, proposal = brought_back(clauses, "docx")
    same(clauses, proposal)
    assert (stored["title"], stored["summary"], stored["language"]) == (STAMP.title, STAMP.summary, "en")


@pytest.mark.parametrize("kind", ["md", "docx"])
def test_a_text_with_everything_comes_back(kind):
    clauses = clauses_of(
        ("Everything at once", HARD), ("Second", "Short."), ("Third", "### Inside\n\nText.\n\n#### Deeper\n\nMore.")
    )
    clauses[0].body, clauses[1].key = HARD.strip(), "second"
    same(clauses, brought_back(clauses, kind)[1])


@pytest.mark.parametrize("kind", ["md", "docx"])
def test_right_to_left_and_scripts_without_spaces_come_back(kind):
    clauses = clauses_of(
        ("قواعد السلوك", "يجب أن تقول **من أنت**. انظر [CNCF](https://example.org/).\n\n- واحد\n- اثنان"),
        ("投稿する前に", "広報部へ確認してください。\n\n1. 一\n2. 二"),
    )
    stamp = Stamp(**{**STAMP.__dict__, "language": "ar", "title": "قواعد", "summary": "للجميع."})
    stored, proposal = brought_back(clauses, kind, stamp)
    same(clauses, proposal)
    assert stored["language"] == "ar"


@pytest.mark.parametrize(
    "body",
    [
        "```\nnever closed",
        "~~~~\nnever closed\n```",
        "<!-- never closed",
        "<pre>never closed",
        "# A big heading\n\ntext",
        "Underlined\n===\n\ntext\n\nAnd this\n---\n\nmore",
        "## Closed ##\n\ntext",
        "[a][b]\n\n[b]: https://example.org/",
        "text {#c-other .must}",
        "{{ foreign }} {% tags %}",
    ],
)
def test_a_text_never_runs_into_the_next_clause(body):
    clauses = clauses_of(("First", body), ("Second", "The end, [b]."))
    _stored, proposal = brought_back(clauses, "md")
    assert [(row.heading, row.chosen) for row in proposal.rows] == [("First", "key-1"), ("Second", "key-2")]
    assert proposal.rows[1].kind == "same"


@settings(max_examples=80, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60))
def test_any_heading_comes_back_from_markdown(heading):
    heading = " ".join(clean(heading).split())
    if not heading:
        return
    clauses = clauses_of((heading, "Text."), ("End", "End."))
    stored = as_stored(read(markdown.written(STAMP, clauses), "x.md"))
    assert stored["parts"][0]["carried_key"] == "key-1"
    assert [row.kind for row in Proposal.of(clauses, stored).rows] == ["same", "same"]


def test_the_force_that_somebody_changed_in_word_counts():
    clauses = clauses_of(("First", "Text of the first."), ("Second", "Text of the second."))
    file = io.BytesIO(word.written(STAMP, clauses))
    document = Document(file)
    next(line for line in document.paragraphs if line.text == "Should").runs[0].text = "Must"
    changed = io.BytesIO()
    document.save(changed)
    stored = as_stored(read(changed.getvalue(), "rules.docx"))
    assert [part["force"] for part in stored["parts"]] == ["must", "should"]
    assert not Proposal.of(clauses, stored).changes_nothing


def test_a_heading_that_somebody_rewrote_in_word_keeps_its_key():
    clauses = clauses_of(("First", "Text of the first."), ("Second", "Text of the second."))
    document = Document(io.BytesIO(word.written(STAMP, clauses)))
    heading = next(line for line in document.paragraphs if line.text == "First")
    heading.runs[0].text = "Quite another"
    changed = io.BytesIO()
    document.save(changed)
    rows = Proposal.of(clauses, as_stored(read(changed.getvalue(), "rules.docx"))).rows
    assert [(row.heading, row.chosen, row.kind) for row in rows] == [
        ("Quite another", "key-1", "renamed"),
        ("Second", "key-2", "same"),
    ]


def test_every_file_says_what_it_is():
    clauses = clauses_of(("First", "Text."), ("Second", "Text."))
    text = markdown.as_text(STAMP, clauses)
    for words in [
        "version: 3",
        'state: "In force"',
        'in_force_since: "2026-01-31"',
        "ab" * 32,
        STAMP.address,
        "2026-11-24",
    ]:
        assert words in text
    packed = word.written(STAMP, clauses)
    foot = "".join(line.text for line in Document(io.BytesIO(packed)).sections[0].footer.paragraphs)
    page = pdf.page(STAMP, clauses)
    for said in (foot, page):
        for words in ["version 3", "In force", "31 January 2026", "24 November 2026", STAMP.address, "ab" * 32]:
            assert words in said
    assert "First" in page
    assert len(zipfile.ZipFile(io.BytesIO(packed)).namelist()) == len(
        set(zipfile.ZipFile(io.BytesIO(packed)).namelist())
    )


def test_pdf_is_offered_only_where_it_can_be_made(monkeypatch):
    monkeypatch.setattr(pdf, "is_available", lambda: False)
    assert [kind for kind, _label in choices()] == ["docx", "md"]
    monkeypatch.setattr(pdf, "is_available", lambda: True)
    assert [kind for kind, _label in choices()] == ["docx", "md", "pdf"]


def test_the_pdf_engine_is_given_the_page_and_fetches_nothing(monkeypatch):
    class Engine:
        @staticmethod
        def HTML(*, string, url_fetcher):
            with pytest.raises(ValueError, match="not fetched"):
                url_fetcher("https://example.org/")
            return type("Page", (), {"write_pdf": staticmethod(lambda **how: b"%PDF" + string.encode())})

        @staticmethod
        def CSS(*, string, url_fetcher):
            assert "@page" in string

    monkeypatch.setattr(pdf, "_engine", lambda: Engine)
    assert pdf.is_available()
    assert pdf.written(STAMP, []).startswith(b"%PDF")
    assert pdf.direction_of("ar") == "rtl"
    assert pdf.direction_of("xx") == "ltr"


def test_a_machine_without_the_library_has_no_engine(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "weasyprint", None)
    pdf._engine.cache_clear()
    assert not pdf.is_available()
    pdf._engine.cache_clear()


# --- Through the pages -----------------------------------------------------------------------------------------------


@pytest.fixture
def as_(client):
    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


def address(version, kind):
    return f"{version.get_absolute_url()}download/{kind}/"


@pytest.mark.parametrize(
    ("kind", "sort"), [("md", "text/markdown; charset=utf-8"), ("docx", "application/vnd.openxmlformats")]
)
def test_whoever_may_read_a_version_may_have_it(cast, as_, kind, sort):
    version = make_published(cast=cast, title="Rules", audiences=[cast.retail.group])
    answer = as_(cast.rita).get(address(version, kind))
    assert answer["Content-Type"].startswith(sort)
    assert answer["Content-Disposition"] == f'attachment; filename="rules-v1.{kind}"'
    assert as_(cast.otto).get(address(version, kind)).status_code == 404
    assert as_(cast.rita).get(address(version, "odt")).status_code == 404


def test_drafts_are_nobodys_download(cast, as_):
    assert as_(cast.hana).get(address(make_draft(cast=cast), "md")).status_code == 404


def test_old_and_announced_versions_say_so(cast, as_):
    old = make_superseded(cast=cast, title="Rules")
    assert 'state: "Superseded"' in as_(cast.emma).get(address(old, "md")).content.decode()
    soon = make_published(cast=cast, effective_on=days(5))
    text = as_(cast.emma).get(address(soon, "md")).content.decode()
    assert f'binds_from: "{days(5).isoformat()}"' in text
    assert "in_force_since" not in text


def test_without_the_software_the_address_of_the_pdf_says_why(cast, as_, monkeypatch):
    monkeypatch.setattr(pdf, "is_available", lambda: False)
    version = make_published(cast=cast)
    answer = as_(cast.emma).get(address(version, "pdf"))
    assert answer.status_code == 404
    assert "cannot make PDF" in answer.content.decode()
    page = as_(cast.emma).get(version.policy.get_absolute_url()).content.decode()
    assert address(version, "docx") in page
    assert address(version, "pdf") not in page
    monkeypatch.setattr(pdf, "is_available", lambda: True)
    monkeypatch.setitem(FORMATS, "pdf", ("application/pdf", lambda stamp, clauses: b"%PDF"))
    assert as_(cast.emma).get(address(version, "pdf"))["Content-Type"] == "application/pdf"
    assert (
        address(version, "pdf") in as_(cast.emma).get(f"{version.policy.get_absolute_url()}versions/").content.decode()
    )


@pytest.mark.parametrize("kind", ["md", "docx"])
def test_our_own_file_as_a_version_has_the_same_hash(cast, as_, kind):
    texts = [
        clause("Say who you are", key="who", body="Say so [here](/policies/).", force="should"),
        clause("Be kind", key="kind", body="- a\n- b", force="may"),
    ]
    version = make_published(cast=cast, title="Rules", clauses=texts)
    data = as_(cast.emma).get(address(version, kind)).content
    proposal = Proposal.of(list(version.clauses.all()), as_stored(read(data, f"rules.{kind}")))
    assert proposal.changes_nothing
    draft = actions.start_version(policy=version.policy, by=cast.paul)
    draft = actions.save_draft(version=draft, clauses=proposal.drafts(), lock=draft.lock, by=cast.paul)
    assert content_hash(draft.clauses.all()) == PolicyVersion.objects.get(pk=version.pk).content_hash
    assert [one.content_hash for one in written_clauses(draft, proposal.drafts())] == [
        one.content_hash for one in version.clauses.all()
    ]
