"""The collection of other organisations' rules, and ours beside them."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from hub.exceptions import Invalid, NotAllowed
from hub.search import search
from playbooks import actions, tasks
from playbooks.models import ExternalDocument
from playbooks.reports import external_facets
from policies import clock
from tests.factories import make_topic
from tests.playbooks.case_factories import make_external
from tests.policies.factories import clause
from tests.policies.factories import make_draft as make_policy_draft
from tests.policies.factories import make_published as make_policy

TEXT = "Read this first.\n\n## Say who you are\n\nAlways.<script>x</script>\n\n## Be kind\n\nToo."


def test_a_text_is_kept_only_where_its_licence_allows_it(cast):
    for fields in [{"licence": "CC0"}, {"may_keep_text": True}]:
        with pytest.raises(Invalid) as refused:
            make_external(cast=cast, text=TEXT, **fields)
        assert refused.value.field == "text"
    document = make_external(cast=cast, title="Theirs", text=TEXT, licence="CC0", may_keep_text=True)
    with pytest.raises(Invalid):
        actions.save_external(document=document, may_keep_text=False, by=cast.paul)
    with pytest.raises(IntegrityError), transaction.atomic():
        ExternalDocument.objects.filter(pk=document.pk).update(may_keep_text=False)


def test_its_passages_stand_under_their_headings(as_, cast):
    document = make_external(cast=cast, title="Theirs", text=TEXT, licence="CC0", may_keep_text=True)
    sections = document.sections.all()
    assert [(one.heading, one.key) for one in sections] == [
        ("Theirs", "theirs"),
        ("Say who you are", "say-who-you-are"),
        ("Be kind", "be-kind"),
    ]
    assert not any("<script" in one.html for one in sections)
    page = as_(cast.emma).get(document.get_absolute_url()).content.decode()
    assert 'id="s-be-kind"' in page
    actions.save_external(document=document, text="", by=cast.paul)
    assert not document.sections.exists()
    assert "We keep no copy of its text." in as_(cast.emma).get(document.get_absolute_url()).content.decode()


def test_an_address_stands_in_the_collection_once(cast):
    make_external(cast=cast, url="https://a.example/")
    with pytest.raises(Invalid) as refused:
        make_external(cast=cast, url="https://a.example/")
    assert refused.value.field == "url"


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("title", {"title": " "}),
        ("title", {"title": "x" * 201}),
        ("organisation", {"organisation": " "}),
        ("url", {"url": "ftp://nowhere.example/"}),
        ("text", {"text": "x" * 400_001, "licence": "CC0", "may_keep_text": True}),
        ("topics", {"topics": []}),
        ("tags", {"tags": [f"tag {n}" for n in range(13)]}),
        ("tags", {"tags": ["x" * 41]}),
    ],
)
def test_what_is_refused_stands_beside_its_field_and_nothing_is_kept(cast, field, values):
    with pytest.raises(Invalid) as refused:
        make_external(cast=cast, **values)
    assert refused.value.field == field
    assert not ExternalDocument.objects.exists()


def test_a_field_that_no_document_has_is_our_mistake(cast):
    with pytest.raises(TypeError, match="colour"):
        make_external(cast=cast, colour="red")


def test_a_heading_without_words_is_no_passage(cast):
    text = "## Empty\n\n## Be kind\n\nAlways."
    document = make_external(cast=cast, text=text, licence="CC0", may_keep_text=True)
    assert [(one.number, one.heading) for one in document.sections.all()] == [(1, "Be kind")]


def test_staff_alone_keep_it(cast):
    document = make_external(cast=cast)
    for person in [cast.rita, cast.emma, cast.audra]:
        with pytest.raises(NotAllowed):
            actions.save_external(document=document, title="x", by=person)
        with pytest.raises(NotAllowed):
            actions.check_links(documents=[document], by=person)


def test_links_that_were_opened_today_say_so(as_, cast):
    document = make_external(cast=cast)
    chosen = {"action": "links_checked", "_selected_action": [document.pk]}
    page = as_(cast.paul).post("/admin/playbooks/externaldocument/", chosen, follow=True).content.decode()
    assert "One link counts as checked today." in page
    document.refresh_from_db()
    assert document.checked_on == clock.today()


def test_what_is_not_shown_is_found_by_nobody_but_staff(as_, cast):
    document = make_external(cast=cast, title="Zeppelin rules", is_shown=False)
    tasks.reindex_external(document.pk)
    assert [as_(one).get(document.get_absolute_url()).status_code for one in (cast.emma, cast.paul)] == [404, 200]
    assert document.title not in as_(cast.emma).get("/others/").content.decode()
    assert not search("zeppelin", group_ids=cast.emma.audience_group_ids()).hits
    actions.save_external(document=document, is_shown=True, by=cast.paul)
    tasks.reindex_external(document.pk)
    (hit,) = search("zeppelin", group_ids=cast.emma.audience_group_ids()).hits
    assert (hit.kind, hit.url) == ("external", document.get_absolute_url())


def test_the_collection_is_narrowed_by_its_address_and_counts(as_, cast):
    care, crisis = make_topic(name="Care"), make_topic(name="Crisis")
    make_external(cast=cast, title="A", organisation="X", topics=[care, crisis], tags=["ads"])
    make_external(cast=cast, title="B", organisation="Y", topics=[care], kind="guideline")
    client = as_(cast.emma)

    def titles(query):
        return [one.title for one in client.get(f"/others/{query}").context["page"].rows]

    assert titles("") == ["A", "B"]
    assert titles("?topic=crisis") == ["A"]
    assert titles("?kind=guideline") == ["B"]
    assert titles("?tag=ads") == ["A"]
    assert titles("?organisation=Y") == ["B"]
    facets, total = external_facets({"topic": "care", "kind": "policy"})
    assert total == 1
    assert {one.value: one.number for one in facets["topic"]} == {"care": 1, "crisis": 1}
    assert {one.value: one.number for one in facets["kind"]} == {"guideline": 1, "policy": 1}


@pytest.fixture
def compared(cast):
    """A topic on which we and they say something."""
    topic = make_topic(name="Care")

    def ours(title, make=make_policy, **fields):
        rule = clause(heading=f"Rule of {title}", body=f"Text of {title}.", key="rule")
        return make(cast=cast, title=title, topic=topic, clauses=[rule], **fields)

    ours("Ours")
    ours("For Care", audiences=[cast.care.group])
    ours("Being written", make=make_policy_draft)
    make_external(cast=cast, title="Theirs", topics=[topic], text=TEXT, licence="CC0", may_keep_text=True)
    make_external(cast=cast, title="Only a link", organisation="Z", topics=[topic])
    make_external(cast=cast, title="On something else", topics=[make_topic(name="Other")])
    return topic


def test_ours_stand_beside_theirs_as_far_as_she_may_read(as_, cast, compared):
    page = as_(cast.otto).get("/others/compare/care/").content.decode()
    for words in ["Rule of Ours", "Text of Ours.", "/policies/ours/#c-rule", "Say who you are", "Only a link"]:
        assert words in page
    for words in ["For Care", "Being written", "On something else"]:
        assert words not in page
    assert "Rule of For Care" in as_(cast.emma).get("/others/compare/care/").content.decode()
    narrowed = as_(cast.otto).get("/others/compare/care/?organisation=Z").content.decode()
    assert "Say who you are" not in narrowed
    assert as_(cast.otto).get("/others/compare/nowhere/").status_code == 404


def test_it_costs_the_same_with_many(as_, cast, compared):
    client = as_(cast.emma)
    addresses = ["/others/", "/others/compare/care/"]

    def cost():
        found = []
        for address in addresses:
            client.get(address)
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            found.append(len(queries))
        return found

    before = cost()
    for number in range(3):
        make_policy(cast=cast, title=f"Rule {number}", topic=compared)
        make_external(cast=cast, topics=[compared], tags=["a", "b"], text=TEXT, licence="CC0", may_keep_text=True)
    assert cost() == before
