"""Case studies as people see them: the list with its facets, a page, the form."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub import slots
from hub.models import OldSlug
from playbooks import actions, fillers
from playbooks.models import CaseStudy
from playbooks.reports import case_facets
from tests.factories import make_spoke, make_topic
from tests.playbooks.case_factories import make_case, make_proposed, make_published, measure
from tests.playbooks.factories import make_published as make_playbook


def titles(client, query=""):
    page = client.get(f"/cases/{query}").context["page"]
    return [case.title for case in page.rows]


@pytest.fixture
def shelf(cast):
    """Three of ours and one of another organisation."""
    crisis, care = make_topic(name="Crisis"), make_topic(name="Care")
    playbook = make_playbook(cast=cast, title="Hold statement").playbook
    make_published(
        cast=cast,
        title="A",
        topic=crisis,
        year=2023,
        spoke=cast.retail,
        platforms=["x", "facebook"],
        playbooks=[playbook],
    )
    make_published(cast=cast, title="B", topic=care, year=2025, spoke=cast.stores, platforms=["x"])
    make_published(cast=cast, title="C", topic=care, year=2024, spoke=cast.operations, by=cast.paul, language="fr")
    make_published(
        cast=cast,
        title="D",
        topic=crisis,
        year=2022,
        organisation="A city",
        source_url="https://city.example/",
        licence="link only",
    )
    return playbook


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["B", "C", "A", "D"]),
        ("?sort=title", ["A", "B", "C", "D"]),
        ("?sort=published", ["D", "C", "B", "A"]),
        ("?topic=crisis", ["A", "D"]),
        ("?channel=x", ["B", "A"]),
        ("?channel=facebook&topic=crisis", ["A"]),
        ("?department=retail", ["B", "A"]),
        ("?department=stores", ["B"]),
        ("?department=nowhere", []),
        ("?year=2024", ["C"]),
        ("?year=x", ["B", "C", "A", "D"]),
        ("?origin=external", ["D"]),
        ("?origin=internal&topic=crisis", ["A"]),
        ("?playbook=hold-statement", ["A"]),
        ("?language=fr", ["C"]),
        ("?topic=%00", ["B", "C", "A", "D"]),
    ],
)
def test_the_list_is_narrowed_by_its_address(as_, cast, shelf, query, expected):
    assert titles(as_(cast.emma), query) == expected


def counts(user, **asked):
    facets, total = case_facets(user, asked)
    return {name: {one.value: one.number for one in found} for name, found in facets.items()}, total


def test_each_facet_counts_what_is_left_with_the_others_as_they_are(cast, shelf):
    every, total = counts(cast.emma)
    assert total == 4
    assert every == {
        "topic": {"care": 2, "crisis": 2},
        "channel": {"facebook": 1, "x": 2},
        "department": {"operations": 1, "retail": 2, "stores": 1},
        "year": {"2025": 1, "2024": 1, "2023": 1, "2022": 1},
        "origin": {"internal": 3, "external": 1},
        "playbook": {"hold-statement": 1},
        "language": {"en": 3, "fr": 1},
    }
    narrowed, total = counts(cast.emma, topic="crisis", channel="x")
    assert total == 1
    assert narrowed["topic"] == {"care": 1, "crisis": 1}
    assert narrowed["channel"] == {"facebook": 1, "x": 1}
    assert narrowed["year"] == {"2023": 1}


def test_facets_and_lists_tell_nobody_of_what_is_not_meant_for_her(as_, cast, shelf):
    secret = make_playbook(cast=cast, title="Secret playbook", audiences=[cast.retail.group]).playbook
    open_case = CaseStudy.objects.get(title="B")
    actions.change_case(case=open_case, playbooks=[secret], by=cast.paul)
    make_published(cast=cast, title="For Retail", year=1999, audiences=[cast.retail.group])
    make_proposed(cast=cast, title="Not yet", year=1998)
    facets, total = counts(cast.emma)
    assert total == 4
    assert not {"1998", "1999"} & set(facets["year"])
    assert "secret-playbook" not in facets["playbook"]
    emma = as_(cast.emma)
    assert "For Retail" not in titles(emma)
    assert "Secret playbook" not in emma.get(f"/cases/{open_case.slug}/").content.decode()
    facets, total = counts(cast.rita)
    assert (total, facets["year"]["1999"], facets["playbook"]["secret-playbook"]) == (5, 1, 1)


def test_pages_by_key_go_on_where_the_last_one_ended(as_, cast, monkeypatch, shelf):
    monkeypatch.setattr("playbooks.views.cases.PER_PAGE", 2)
    client = as_(cast.emma)
    page = client.get("/cases/?sort=title").context["page"]
    assert [case.title for case in page] == ["A", "B"]
    page = client.get(f"/cases/{page.next_url}").context["page"]
    assert ([case.title for case in page], page.next_url) == (["C", "D"], "")
    page = client.get(f"/cases/{page.previous_url}").context["page"]
    assert [case.title for case in page] == ["A", "B"]


def test_drafts_are_seen_by_their_authors_and_the_hub(as_, cast):
    case = make_case(cast=cast)
    for name, person in cast.everybody().items():
        expected = 200 if name in {"rita", "paul", "hana", "lena", "audra"} else 404
        assert as_(person).get(f"/cases/{case.slug}/").status_code == expected, name


def test_a_retired_one_still_answers_at_its_address_and_stands_in_no_list(as_, cast):
    case = actions.retire_case(
        case=make_published(cast=cast, title="Gone"), reason="The tool is no more.", by=cast.paul
    )
    client = as_(cast.emma)
    assert "The tool is no more." in client.get(f"/cases/{case.slug}/").content.decode()
    assert titles(client) == []


def test_a_former_address_leads_to_the_new_one(as_, cast):
    case = make_published(cast=cast, title="Before")
    actions.change_case(case=case, slug="after", by=cast.paul)
    answer = as_(cast.emma).get("/cases/before/")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/cases/after/")
    hidden = make_case(cast=cast, title="Hidden")
    OldSlug.objects.create(kind="case", slug="was-hidden", object_id=hidden.pk)
    assert as_(cast.emma).get("/cases/was-hidden/").status_code == 404


def test_the_page_shows_a_real_table_the_source_and_how_to_name_it(as_, cast):
    case = make_published(
        cast=cast,
        title="Told elsewhere",
        organisation="A city",
        source_url="https://city.example/story",
        licence="CC BY 4.0",
        author="Ada Ash",
        measures=[measure("Replies <b>", before="")],
    )
    page = as_(cast.emma).get(f"/cases/{case.slug}/").content.decode()
    assert '<th scope="row">Replies &lt;b&gt;</th><td class="num"><bdi>75</bdi></td>' in page
    assert '<a href="https://city.example/story" rel="noopener noreferrer">Read the original</a>' in page
    assert "Ada Ash (2025). <cite>Told elsewhere</cite>. A city. https://city.example/story (CC BY 4.0)" in page


def test_playbooks_and_departments_show_their_cases(as_, cast):
    playbook = make_playbook(cast=cast, title="Hold statement").playbook
    case = make_published(cast=cast, title="In Stores", spoke=cast.stores, playbooks=[playbook])
    make_published(cast=cast, title="Only for Retail", playbooks=[playbook], audiences=[cast.retail.group])
    emma = as_(cast.emma)
    for address in (f"/playbooks/{playbook.slug}/", "/departments/retail/", "/departments/stores/"):
        page = emma.get(address).content.decode()
        assert f"/cases/{case.slug}/" in page
        assert "Only for Retail" not in page
    assert playbook.get_absolute_url() in emma.get(f"/cases/{case.slug}/").content.decode()
    assert [
        one.anchor for one in slots.department_panels.gather(cast.operations, cast.emma) if one.anchor == "cases"
    ] == []


def test_a_page_costs_the_same_with_many(as_, cast, shelf):
    client = as_(cast.emma)
    addresses = ["/cases/", "/cases/?topic=crisis&department=retail"]

    def cost():
        found = []
        for address in addresses:
            client.get(address)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                client.get(address)
            found.append(len(queries))
        return found

    before = cost()
    for number in range(12):
        spoke = make_spoke(name=f"Shop {number}", parent=cast.retail)
        make_published(cast=cast, topic=make_topic(), spoke=spoke, year=2000 + number, platforms=["x", "blog"])
    assert cost() == before


# --- The form


def form_of(page):
    """What a browser would send back from the form on this page."""
    form, measures = page.context["form"], page.context["measures"]
    data = {bound.html_name: bound.value() for bound in form if bound.value() not in (None, "")}
    data |= {bound.html_name: bound.value() for bound in measures.management_form}
    for row in measures:
        data |= {bound.html_name: bound.value() or "" for bound in row}
    return data


def test_somebody_tells_a_case_and_it_reaches_readers(as_, cast):
    topic = make_topic(name="Care")
    client = as_(cast.emma)
    data = form_of(client.get("/cases/new/")) | {"title": "Answering on Sunday"}
    assert data["spoke"] == cast.care.pk
    answer = client.post("/cases/new/", data)
    case = CaseStudy.objects.get()
    assert answer.headers["Location"] == f"/cases/{case.pk}/edit/"
    data = form_of(client.get(f"/cases/{case.pk}/edit/"))
    data |= {"challenge": "c", "do": "propose", "measure-0-what": "Replies", "measure-0-after": "12"}
    answer = client.post(f"/cases/{case.pk}/edit/", data)
    # Not whole yet: what she typed is kept all the same.
    case.refresh_from_db()
    assert (answer.status_code, case.challenge, case.measures.get().after) == (422, "c", "12")
    data = form_of(answer) | {"summary": "s", "approach": "a", "results": "r", "topic": topic.pk, "do": "propose"}
    answer = client.post(f"/cases/{case.pk}/edit/", data)
    assert answer.headers["Location"] == f"/cases/{case.slug}/"
    case.refresh_from_db()
    assert case.status == "proposed"
    as_(cast.hana).post(f"/cases/{case.pk}/publish/", {"lock": case.lock})
    assert titles(as_(cast.otto)) == ["Answering on Sunday"]


def test_a_preview_stores_nothing_and_loses_nothing(as_, cast):
    client = as_(cast.emma)
    data = form_of(client.get("/cases/new/")) | {"title": "Try", "results": "**Good**", "do": "preview"}
    answer = client.post("/cases/new/", data)
    page = answer.content.decode()
    assert "<strong>Good</strong>" in page
    assert form_of(answer)["results"] == "**Good**"
    assert not CaseStudy.objects.exists()


def test_one_more_measure_keeps_what_was_typed(as_, cast):
    client = as_(cast.emma)
    data = form_of(client.get("/cases/new/")) | {"title": "", "results": "r", "measure-2-what": "Reach", "do": "add"}
    answer = client.post("/cases/new/", data)
    again = form_of(answer)
    assert (answer.status_code, again["results"], again["measure-2-what"]) == (200, "r", "Reach")
    assert len(answer.context["measures"].forms) == 6
    assert "There is a problem" not in answer.content.decode()


@pytest.mark.parametrize("number", ["x", "-1", "99999", ""])
def test_a_number_of_rows_that_somebody_made_up_harms_nothing(as_, cast, number):
    data = {"title": "T", "language": "en", "measure-TOTAL_FORMS": number, "measure-INITIAL_FORMS": "7"}
    for act in ("save", "add"):
        assert as_(cast.emma).post("/cases/new/", {**data, "do": act}).status_code in {200, 302, 422}


def test_whoever_saves_second_sees_both_texts(as_, cast):
    case = make_case(cast=cast)
    client = as_(cast.rita)
    data = form_of(client.get(f"/cases/{case.pk}/edit/")) | {"results": "Mine."}
    actions.save_case(case=case, lock=case.lock, results="Theirs.", by=cast.paul)
    answer = client.post(f"/cases/{case.pk}/edit/", data)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "<pre>Theirs.</pre>" in page
    data = form_of(answer)
    assert data["results"] == "Mine."
    assert client.post(f"/cases/{case.pk}/edit/", data).status_code == 302
    case.refresh_from_db()
    assert case.results == "Mine."


def test_an_author_keeps_the_playbooks_that_only_others_may_read(as_, cast):
    secret = make_playbook(cast=cast, audiences=[cast.care.group]).playbook
    case = make_case(cast=cast)
    actions.change_case(case=case, playbooks=[secret], by=cast.paul)
    client = as_(cast.rita)
    page = client.get(f"/cases/{case.pk}/edit/")
    assert secret.title not in page.content.decode()
    client.post(f"/cases/{case.pk}/edit/", form_of(page) | {"summary": "Other."})
    case.refresh_from_db()
    assert (case.summary, case.playbooks.get()) == ("Other.", secret)


# --- What waits, and what is new


def test_a_proposed_one_waits_for_those_who_may_publish_it(cast):
    make_proposed(cast=cast, title="Wait", by=cast.paul, spoke=cast.retail)
    found = {name: [item.title for item in fillers.waiting(one)] for name, one in cast.everybody().items()}
    assert {name for name, items in found.items() if items == ["Wait"]} == {"hana", "lena"}
    assert all(items in ([], ["Wait"]) for items in found.values())


def test_one_given_back_waits_for_its_authors_with_the_comment(cast):
    case = make_proposed(cast=cast, title="Mine")
    actions.return_case(case=case, comment="Figures, please.", by=cast.paul)
    (item,) = fillers.waiting(cast.rita)
    assert (item.title, item.detail, item.url) == ("Given back: Mine", "Figures, please.", f"/cases/{case.pk}/edit/")
    assert list(fillers.waiting(cast.dora)) == []
    case.refresh_from_db()
    actions.propose_case(case=case, lock=case.lock, by=cast.rita)
    assert list(fillers.waiting(cast.rita)) == []


def test_the_letter_tells_of_new_ones_that_are_meant_for_her(cast):
    make_published(cast=cast, title="For all")
    make_published(cast=cast, title="For Retail", audiences=[cast.retail.group])
    make_proposed(cast=cast, title="Not yet")

    def told(person, days):
        return [item.title for item in fillers.new_cases(person, timezone.now() - timedelta(days=days))]

    assert told(cast.emma, 1) == ["New case study: For all"]
    assert told(cast.rita, 1) == ["New case study: For Retail", "New case study: For all"]
    assert told(cast.emma, -1) == []
