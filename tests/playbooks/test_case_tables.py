"""Case studies and others' documents as tables, and case studies from documents."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from hub import actions as hub_actions
from hub.documents import read
from hub.documents.parts import as_stored
from hub.exceptions import NotAllowed
from playbooks import actions, imports
from playbooks.models import CaseStudy, ExternalDocument
from playbooks.resources import CaseStudyResource, ExternalDocumentResource
from tests.factories import make_topic
from tests.playbooks.case_factories import make_case, make_external, make_proposed, make_published, measure
from tests.playbooks.factories import make_published as make_playbook

CASES, OTHERS = "/admin/playbooks/casestudy/", "/admin/playbooks/externaldocument/"
HEAD = (
    "title,summary,topic,year,language,department,organisation,source_url,licence,channels,playbooks,"
    "challenge,approach,results,measures"
)


def table_of(*rows):
    """CSV of rows, dicts by column; what a row does not say is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HEAD.split(","), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def row(**values):
    return {
        "title": "Réponses à Zürich",
        "summary": "Court et bon.",
        "topic": "care",
        "year": "2024",
        "language": "fr",
        "department": "retail",
        "challenge": "Personne ne répondait.",
        "approach": "- un\n- deux",
        "results": "Mieux.",
        "measures": "Réponses | 40 | 75 | % | par mois",
        **values,
    }


def looked(client, data, where=CASES, format="0"):
    """The dry run's answer."""
    file = SimpleUploadedFile("table.csv", data)
    return client.post(f"{where}import/", {"format": format, "import_file": file, "resource": "0"})


def bring(client, data, where=CASES, format="0"):
    answer = looked(client, data, where, format)
    return client.post(f"{where}process_import/", answer.context["confirm_form"].initial, follow=True)


def kinds(answer):
    return [one.import_type for one in answer.context["result"].rows]


def sentences(answer):
    result = answer.context["result"]
    return [line for one in result.invalid_rows for line in one.error.messages]


def test_rows_become_case_studies_that_somebody_else_publishes(as_, cast):
    make_topic(name="Care")
    playbook = make_playbook(cast=cast, title="Hold statement").playbook
    client = as_(cast.paul)
    data = table_of(row(channels="X, instagram", playbooks="hold-statement"), row(title="Zwei", measures=""))
    assert kinds(looked(client, data)) == ["new", "new"]
    assert not CaseStudy.objects.exists()
    bring(client, data)
    case = CaseStudy.objects.get(slug="reponses-a-zurich")
    assert (case.title, case.spoke, case.status, case.approach) == (
        "Réponses à Zürich",
        cast.retail,
        "proposed",
        "- un\n- deux",
    )
    assert [channel.platform for channel in case.channels.all()] == ["instagram", "x"]
    assert case.playbooks.get() == playbook
    assert str(case.measures.get()) == "Réponses: 40 → 75"
    # The same again changes nothing.
    assert kinds(looked(client, data)) == ["skip", "skip"]
    chosen = {"action": "publish_chosen", "_selected_action": list(CaseStudy.objects.values_list("pk", flat=True))}
    page = client.post(CASES, chosen, follow=True).content.decode()
    assert "somebody else has to publish it" in page
    page = as_(cast.hana).post(CASES, chosen, follow=True).content.decode()
    assert "2 case studies were published." in page
    assert {case.status for case in CaseStudy.objects.all()} == {"published"}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"topic": "nowhere"}, "There is no topic with the address “nowhere”."),
        ({"department": "nowhere"}, "There is no department with the address “nowhere”."),
        ({"channels": "x, telex"}, "There is no channel “telex”."),
        ({"playbooks": "not-here"}, "There is no playbook with the address “not-here”."),
        ({"measures": "Replies: 12"}, "“Replies: 12” is no measure. Write: what | before | after | unit | period."),
        ({"measures": " | 1 | 2"}, "Say what was measured."),
        ({"results": ""}, "Say what came of it, also if it did not work."),
        ({"organisation": "A city"}, "Name a department of ours, or another organisation: not both."),
        ({"year": "1850"}, "Choose a year from 1990 to 2026."),
    ],
)
def test_a_bad_row_says_why_and_nothing_is_stored(as_, cast, values, sentence):
    make_topic(name="Care")
    answer = looked(as_(cast.paul), table_of(row(title="Good"), row(**values)))
    assert sentence in sentences(answer)
    assert not CaseStudy.objects.exists()


@pytest.mark.parametrize("format", ["0", "1"])  # CSV, XLSX
def test_the_table_goes_out_and_comes_in_again_unchanged(as_, cast, format):
    make_published(
        cast=cast, title="=1+1", summary="@home", results="- eins\n- zwei", measures=[measure("=Reach", "-4")]
    )
    make_proposed(
        cast=cast, title="Theirs", organisation="A city", source_url="https://c.example/", licence="link only"
    )
    client = as_(cast.paul)
    columns = {f"casestudyresource_{name}": "on" for name in CaseStudyResource._meta.fields}
    table = client.post(f"{CASES}export/", {"format": format, "resource": "0", **columns}).content
    if format == "0":
        assert "\n=1" not in table.decode() and ",=1" not in table.decode()
    assert kinds(looked(client, table, format=format)) == ["skip", "skip"]


def test_a_published_text_does_not_change_by_table_and_what_stands_beside_it_does(as_, cast):
    make_topic(name="Care")
    published = make_published(cast=cast, title="There", topic=make_topic(name="Other"))
    base = row(title="There", language="en", measures="", summary="s")
    same = {name: getattr(published, name) for name in ("challenge", "approach", "results")}
    client = as_(cast.paul)
    assert (
        "Readers see this case study" in sentences(looked(client, table_of({**base, **same, "results": "Other."})))[0]
    )
    bring(client, table_of({**base, **same}))
    published.refresh_from_db()
    assert (published.topic.slug, published.summary, published.status) == ("care", "s", "published")


def test_a_proposed_text_changes_by_table_and_is_proposed_again_by_who_brought_it(as_, cast):
    make_topic(name="Care")
    case = make_proposed(cast=cast, title="There", by=cast.hana)
    bring(as_(cast.paul), table_of(row(title="There")))
    case.refresh_from_db()
    assert (case.results, case.status, case.proposed_by) == ("Mieux.", "proposed", cast.paul)
    with pytest.raises(NotAllowed):
        actions.publish_case(case=case, lock=case.lock, by=cast.paul)


def test_only_staff_bring_tables(as_, cast):
    for person, status in [(cast.rita, 302), (cast.audra, 403), (cast.paul, 200)]:
        assert as_(person).get(f"{CASES}import/").status_code == status
        assert as_(person).get(f"{OTHERS}import/").status_code == status


def test_others_documents_come_in_by_their_address(as_, cast):
    make_topic(name="Care")
    make_topic(name="Crisis")
    client = as_(cast.paul)
    text = (
        "title,organisation,url,topics,tags,licence\n"
        'Règles,Ville de Genève,https://ge.example/r,"care, crisis","Moderation, ads",CC BY 4.0\n'
    ).encode()
    assert kinds(looked(client, text, OTHERS)) == ["new"]
    bring(client, text, OTHERS)
    document = ExternalDocument.objects.get()
    assert (document.title, document.slug, document.kind, document.is_shown, document.may_keep_text) == (
        "Règles",
        "ville-de-geneve-regles",
        "policy",
        True,
        False,
    )
    assert sorted(topic.slug for topic in document.topics.all()) == ["care", "crisis"]
    assert [tag.name for tag in document.tags.all()] == ["ads", "moderation"]
    bring(client, text.replace(b"CC BY 4.0", b"CC BY-SA 4.0"), OTHERS)
    document.refresh_from_db()
    assert document.licence == "CC BY-SA 4.0"


def test_the_table_of_others_goes_out_and_comes_in_again_unchanged(as_, cast):
    make_external(cast=cast, text="## One\n\nText.", may_keep_text=True, licence="CC0", tags=["a b", "c"])
    make_external(cast=cast, title="=2")
    client = as_(cast.paul)
    columns = {f"externaldocumentresource_{name}": "on" for name in ExternalDocumentResource._meta.fields}
    table = client.post(f"{OTHERS}export/", {"format": "0", "resource": "0", **columns}).content
    assert kinds(looked(client, table, OTHERS)) == ["skip", "skip"]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("T,O,ftp://x.example/,care,", "An address begins with https://."),
        ("T,O,https://x.example/,,", "Choose at least one topic, so that it can be compared with ours."),
        (
            "T,O,https://x.example/,care,Words of theirs",
            "Keep a text only where its licence allows it: name it and tick the box, or keep only the link.",
        ),
    ],
)
def test_a_bad_row_of_others_says_why(as_, cast, row, sentence):
    make_topic(name="Care")
    answer = looked(as_(cast.paul), f"title,organisation,url,topics,text\n{row}\n".encode(), OTHERS)
    assert sentence in " ".join(sentences(answer))
    assert not ExternalDocument.objects.exists()


# --- Documents --------------------------------------------------------------------------------------------------------


def stored(text, name="case.md"):
    return as_stored(read(text.encode(), name))


STORY = """# How we answered: a case study

## Background

It was slow.

## Who was involved

Three people.

## Our approach

We shared the work.

### On Sundays

A rota.

## What we learned and measured

It got faster.

## Next year

More of it.
"""


def test_headings_say_which_part_is_which_and_nothing_is_lost():
    texts = imports.texts_of_case(stored(STORY)["parts"])
    assert texts == {
        "challenge": "It was slow.\n\n### Who was involved\n\nThree people.",
        "approach": "We shared the work.\n\n### On Sundays\n\nA rota.",
        "results": "### What we learned and measured\n\nIt got faster.\n\n### Next year\n\nMore of it.",
    }


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        (["Contexte", "Démarche", "Résultats"], ["challenge", "approach", "results"]),
        (["Ausgangslage", "Vorgehen", "Ergebnisse"], ["challenge", "approach", "results"]),
        (["課題", "取り組み", "結果"], ["challenge", "approach", "results"]),
        (["التحدي", "الحل", "النتائج"], ["challenge", "approach", "results"]),
        (["The team", "Weather"], ["", ""]),
    ],
)
def test_headings_are_known_in_several_languages(headings, expected):
    assert [imports.part_of_case(heading) for heading in headings] == expected


@pytest.mark.parametrize(("number", "expected"), [(1, (1, 0, 0)), (2, (1, 0, 1)), (3, (1, 1, 1)), (5, (1, 3, 1))])
def test_without_such_headings_the_order_tells(number, expected):
    parts = [{"heading": f"Part {n}", "body": "word"} for n in range(number)]
    texts = imports.texts_of_case(parts)
    assert tuple(text.count("### Part") for text in texts.values()) == expected


def test_a_story_looks_more_like_a_case_study_than_like_a_playbook():
    document = stored(STORY)
    assert imports.likeness_to_case(document) > imports.likeness(document)
    how = stored("# How to plan a party\n\n## One\n\nFirst choose a day.\n\n## Two\n\nThen tell us.")
    assert imports.likeness_to_case(how) < imports.likeness(how)


def test_a_document_becomes_a_draft_that_its_bringer_does_not_publish(as_, cast):
    topic = make_topic(name="Care")
    document = hub_actions.upload_document(
        filename="story.md", data=STORY.encode(), owner=cast.paul, target="case", topic=topic, by=cast.paul
    )
    client = as_(cast.lena)
    page = client.get(f"/admin/hub/importeddocument/{document.pk}/")
    case = hub_actions.make_draft(
        document=document,
        target="case",
        title="How we answered",
        summary="s",
        topic=topic,
        owner=cast.paul,
        parts=document.document["parts"],
        by=cast.lena,
    )
    assert page.status_code in {200, 302}
    assert (case.status, case.year, case.spoke) == ("draft", None, None)
    assert {one.name for one in case.contributors.all()} == {"Lena", "Paul"}
    assert client.get(f"/cases/{case.pk}/edit/").status_code == 200


def test_staff_change_what_stands_beside_the_text_in_the_admin(as_, cast):
    case = make_case(cast=cast, title="Before", platforms=["x"])
    client = as_(cast.paul)
    page = client.get(f"{CASES}{case.pk}/change/")
    form = page.context["adminform"].form
    data = {name: value for name, value in form.initial.items() if value not in (None, "", [])}
    data = {
        name: [one.pk for one in value] if isinstance(value, list) and hasattr(value[0], "pk") else value
        for name, value in data.items()
    }
    answer = client.post(f"{CASES}{case.pk}/change/", data | {"title": "After", "platforms": ["x", "blog"]})
    assert answer.status_code == 302
    case.refresh_from_db()
    assert (case.title, [c.platform for c in case.channels.all()], case.results) == (
        "After",
        ["blog", "x"],
        "They were glad.",
    )
