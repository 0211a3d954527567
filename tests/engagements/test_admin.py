"""Services with their forms, and requests as a table, in the stewards' admin."""

import csv
import io

import pytest
from pytest_django.asserts import assertContains

from engagements.workflow import Status
from hub.actions import save_service
from hub.exceptions import Invalid
from hub.models import Service
from tests.engagements.factories import make_draft, make_in, make_offer, make_request
from tests.factories import make_service

LIST = "/admin/engagements/engagementrequest/"


def posted(service, questions):
    """The change form of a service as a browser would send it."""
    data = {
        name: getattr(service, name)
        for name in ["title", "slug", "summary", "description", "mode", "first_answer_hours", "delivery_hours", "order"]
    }
    data |= {"topic": service.topic_id, "owner": service.owner_id, "calendar": service.calendar_id, "is_offered": "on"}
    stored = {question.key: question.pk for question in service.questions.all()}
    data |= {
        "questions-TOTAL_FORMS": len(questions),
        "questions-INITIAL_FORMS": sum(each["key"] in stored for each in questions),
        "questions-MIN_NUM_FORMS": 0,
        "questions-MAX_NUM_FORMS": 1000,
    }
    for number, question in enumerate(sorted(questions, key=lambda each: each["key"] not in stored)):
        values = {"order": number + 1, "label": "Words", "type": "short_text", "choice_lines": "", **question}
        data |= {f"questions-{number}-{name}": value for name, value in values.items()}
        data[f"questions-{number}-id"] = stored.get(question["key"], "")
        data[f"questions-{number}-service"] = service.pk
    return data


def url_of(service):
    return f"/admin/hub/service/{service.pk}/change/"


@pytest.fixture
def service(cast):
    return make_offer(cast=cast)


def test_questions_are_written_with_choices_as_lines(service, cast, as_):
    client = as_(cast.hana)
    assertContains(client.get(url_of(service)), "Which claims?")
    questions = [
        {"key": "goal", "label": "Why?", "required": "on", "order": 2},
        {"key": "where", "type": "choice", "choice_lines": "x | X\n\ninstagram|Instagram\nblog", "order": 1},
        {"key": "more", "type": "long_text", "shown_after": "where", "shown_at": "x, blog", "order": 3},
        {"key": "claims", "DELETE": "on", "order": 4},
    ]
    response = client.post(url_of(service), posted(service, questions))
    assert response.status_code == 302, response.context["errors"]
    assert list(service.questions.values_list("key", "label")) == [
        ("where", "Words"),
        ("goal", "Why?"),
        ("more", "Words"),
    ]
    where, _goal, more = service.questions.all()
    assert where.choices == [
        {"value": "x", "label": "X"},
        {"value": "instagram", "label": "Instagram"},
        {"value": "blog", "label": "blog"},
    ]
    assert more.shown_if == {"question": "where", "is": ["x", "blog"]}
    page = client.get(url_of(service))
    assertContains(page, "instagram | Instagram")
    assertContains(page, "x, blog")


def test_a_form_that_does_not_hold_is_refused_whole(service, cast, as_):
    questions = [{"key": "where", "type": "choice", "choice_lines": "x | X", "label": "Canary 4410"}]
    data = posted(service, questions) | {"title": "New title"}
    response = as_(cast.hana).post(url_of(service), data)
    assert response.status_code == 200
    assertContains(response, "needs at least two choices")
    assertContains(response, "Canary 4410")
    service.refresh_from_db()
    assert service.title == "Campaign review"
    assert service.questions.count() == 3


def test_a_new_service_comes_with_its_form(service, cast, as_):
    data = posted(service, []) | {"title": "Training", "slug": "training"}
    data |= {
        "questions-TOTAL_FORMS": 1,
        "questions-0-key": "who",
        "questions-0-label": "Who?",
        "questions-0-type": "short_text",
        "questions-0-order": 1,
    }
    response = as_(cast.hana).post("/admin/hub/service/add/", data)
    assert response.status_code == 302, response.context["errors"]
    assert Service.objects.get(slug="training").questions.get().key == "who"


def test_questions_without_a_place_come_last_as_they_were_added(service, cast, as_):
    data = posted(service, []) | {"title": "Training", "slug": "training", "questions-TOTAL_FORMS": 3}
    for number, (key, order) in enumerate([("who", ""), ("when", ""), ("what", "1")]):
        values = {"key": key, "label": key, "type": "short_text", "order": order}
        data |= {f"questions-{number}-{name}": value for name, value in values.items()}
    response = as_(cast.hana).post("/admin/hub/service/add/", data)
    assert response.status_code == 302, response.context["errors"]
    questions = Service.objects.get(slug="training").questions.order_by("order")
    assert list(questions.values_list("key", flat=True)) == ["what", "who", "when"]


def test_the_preview_is_the_form_as_people_see_it(service, cast, as_):
    for person in (cast.hana, cast.audra):
        assertContains(as_(person).get(f"/admin/hub/service/{service.pk}/preview/"), "data-shown-if")
    service.questions.filter(key="claims").delete()
    assertContains(as_(cast.hana).get(f"/admin/hub/service/{service.pk}/preview/"), "no earlier question has that key")
    service.questions.all().delete()
    assertContains(as_(cast.hana).get(f"/admin/hub/service/{service.pk}/preview/"), "No questions yet")


@pytest.mark.parametrize("who", ["rita", "emma", "sam"])
def test_the_admin_is_not_for_them(service, cast, as_, who):
    client = as_(getattr(cast, who))
    for url in [LIST, f"{LIST}export/", url_of(service), f"/admin/hub/service/{service.pk}/preview/"]:
        assert client.get(url).status_code in {302, 403, 404}


def test_the_auditor_looks_and_changes_nothing(service, cast, as_):
    client = as_(cast.audra)
    assert client.get(url_of(service)).status_code == 200
    assert client.post(url_of(service), posted(service, [])).status_code == 403
    assert service.questions.count() == 3


def test_requests_are_looked_at_and_not_changed(cast, as_):
    request = make_in(Status.DELIVERED, cast=cast)
    make_draft(cast=cast, title="Canary 3321")
    client = as_(cast.hana)
    page = client.get(LIST)
    assertContains(page, "Spring shears")
    assert b"Canary 3321" not in page.content
    assertContains(client.get(f"{LIST}{request.pk}/change/"), request.get_absolute_url())
    assert client.post(f"{LIST}{request.pk}/change/", {"title": "x"}).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{request.pk}/delete/", {"post": "yes"}).status_code == 403


def exported(client, kind):
    page = client.get(f"{LIST}export/")
    names = [name for name in page.context["form"].fields if name.startswith("requestresource_")]
    data = {"format": kind, "resource": "", **dict.fromkeys(names, "on")}
    return client.post(f"{LIST}export/", data)


def test_the_table_has_every_request_and_no_formula(cast, as_):
    make_request(cast=cast, title="=1+1", answers={})
    make_in(Status.CLOSED, cast=cast)
    make_draft(cast=cast, title="Draft")
    response = exported(as_(cast.hana), "0")
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert sorted((row["title"], row["department"], row["requester"], row["state"]) for row in rows) == [
        ("'=1+1", "retail", "rita@larkfield.example", "submitted"),
        ("Spring shears", "retail", "rita@larkfield.example", "closed"),
    ]
    assert exported(as_(cast.audra), "1").content[:2] == b"PK"


def test_what_a_kind_of_answer_has_no_use_for_is_let_go(service, cast, as_):
    """Fields out of sight still hold what was typed before the kind was changed."""
    kept = {"max_length": "80", "choice_lines": "x | X\ny | Y"}
    questions = [{"key": key, "type": key, **kept} for key in ("short_text", "several", "date")]
    assert as_(cast.hana).post(url_of(service), posted(service, questions)).status_code == 302
    found = {question.key: (question.max_length, len(question.choices)) for question in service.questions.all()}
    assert found == {"short_text": (80, 0), "several": (None, 2), "date": (None, 0)}


def test_a_question_is_added_without_javascript(service, cast, as_):
    """The form has a blank row at its end, and one left blank is no question."""
    page = as_(cast.hana).get(url_of(service))
    assertContains(page, "One more question")
    there = service.questions.count()
    assertContains(page, f'name="questions-{there}-key"')
    keys = list(service.questions.values_list("key", flat=True))
    data = posted(service, [{"key": key, "type": "long_text"} for key in keys])
    data |= {"questions-TOTAL_FORMS": there + 1, f"questions-{there}-key": "", f"questions-{there}-label": ""}
    assert as_(cast.hana).post(url_of(service), data).status_code == 302
    assert list(service.questions.values_list("key", flat=True)) == keys


def test_a_service_whose_owner_has_another_role_keeps_her(service, cast, as_):
    Service.objects.filter(pk=service.pk).update(owner=cast.audra)
    form = as_(cast.paul).get(url_of(service)).context["adminform"].form
    names = {person.name for person in form.fields["owner"].queryset}
    assert names == {"Hana", "Lena", "Paul", "Root", "Audra"}


def test_a_renamed_service_is_found_at_its_former_address(service, cast, as_):
    save_service(service=service, slug="plan-check", by=cast.paul)
    client = as_(cast.rita)
    for rest in ("", "request/?title=Spring"):
        answer = client.get(f"/services/campaign-review/{rest}")
        assert (answer.status_code, answer["Location"]) == (301, f"/services/plan-check/{rest}")
    answer = client.post("/services/campaign-review/request/", {"title": "x"})
    assert (answer.status_code, answer["Location"]) == (308, "/services/plan-check/request/")
    assert client.get("/services/never-there/").status_code == 404

    with pytest.raises(Invalid, match="had this address"):
        save_service(service=make_service(title="Other"), slug="campaign-review", by=cast.paul)

    save_service(service=service, slug="campaign-review", by=cast.paul)
    assert client.get("/services/campaign-review/").status_code == 200
    assert client.get("/services/plan-check/").status_code == 301
    Service.objects.filter(pk=service.pk).update(is_offered=False)
    assert client.get("/services/plan-check/").status_code == 404
