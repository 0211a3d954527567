"""Where guides are written: the editor and its warnings, two editors at once, figures, gaps."""

from datetime import timedelta

import pytest

from hub.models import Topic
from policies import actions, clock
from policies.actions.guide import stored
from policies.actions.guide_table import as_dicts
from policies.models import Guide, GuideCount, GuideGap
from tests.factories import make_service, make_topic
from tests.policies.factories import clause, guide_text, make_guide, make_published, make_published_guide


@pytest.fixture
def as_(client):
    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


@pytest.fixture
def cited(cast):
    make_published(cast=cast, slug="pictures", clauses=[clause("Ask first", key="ask-first")])
    return "pictures:ask-first"


@pytest.fixture
def guide(cast, cited):
    return make_guide(cast=cast, cites=[cited], title="May I post this?")


def desk(guide, step="edit"):
    return f"/admin/policies/guide/{guide.pk}/{step}/"


def words(answer):
    return " ".join(answer.content.decode().split())


def typed(guide, questions, rows, *, act="save", lock=None):
    """What the editor's form sends for a text."""
    data = {"lock": guide.lock if lock is None else lock, "act": act, "qcount": len(questions), "rcount": len(rows)}
    for index, one in enumerate(questions):
        lines = "\n".join(f"{o['key']} | {o['label']}" if o.get("key") else o["label"] for o in one.get("options", []))
        values = {"position": index + 1, "key": "", "help": "", "kind": "yes_no", **one, "options": lines}
        data |= {f"q-{index}-{name}": value for name, value in values.items()}
    for index, one in enumerate(rows):
        values = {"position": index + 1, "key": "", "wording": "", "service": "", **one}
        for key, wanted in values.pop("conditions").items():
            data[f"r-{index}-c-{key}"] = wanted
        values["cites"] = "\n".join(values["cites"])
        data |= {f"r-{index}-{name}": value for name, value in values.items()}
    return data


def text_of(guide):
    guide.refresh_from_db()
    text = as_dicts(*stored(guide))
    return text["questions"], text["rows"]


# --- Writing ---------------------------------------------------------------------------------------------------------


def test_a_guide_is_begun_in_the_admin_and_written_in_its_editor(cast, as_, cited):
    topic = Topic.objects.first() or make_topic()
    client = as_(cast.paul)
    begun = client.post(
        "/admin/policies/guide/add/",
        {"title": "May I film?", "slug": "film", "intro": "For films.", "topic": topic.pk, "language": "en"},
    )
    guide = Guide.objects.get()
    assert begun.url == desk(guide)
    assert "No questions yet" in words(client.get(begun.url))
    questions, rows = guide_text([cited])
    saved = client.post(desk(guide), typed(guide, questions, rows))
    assert (saved.status_code, saved.url) == (302, desk(guide))
    guide.refresh_from_db()
    assert (guide.questions.count(), guide.rows.count(), guide.lock) == (2, 3, 1)
    page = words(client.get(desk(guide)))
    assert "Saved. Employees do not see it yet." in page
    assert "people: <strong>no</strong> · music: <strong>none, ours</strong>" in page
    published = client.post(desk(guide, "publish"), {"lock": guide.lock}, follow=True)
    assert "Published." in words(published)
    client.post(desk(guide), typed(Guide.objects.get(), *text_of(guide)))
    assert "Saved. Employees have it now." in words(client.get(desk(guide)))
    assert "Taken back." in words(client.post(desk(guide, "take-back"), follow=True))


def test_the_plain_fields_are_changed_in_the_admin(cast, as_, guide):
    page = as_(cast.paul).get(f"/admin/policies/guide/{guide.pk}/change/")
    assert "Questions and rows" in words(page)
    values = {**page.context["adminform"].form.initial, "title": "May we?", "service": "", "audiences": []}
    as_(cast.paul).post(f"/admin/policies/guide/{guide.pk}/change/", values)
    guide.refresh_from_db()
    assert guide.title == "May we?"


def test_words_alone_make_keys_and_addresses_make_citations(cast, as_, guide, cited):
    questions, rows = guide_text(["https://portal.example/policies/pictures/#c-ask-first"])
    questions = [
        {"text": "Where was it?", "kind": "choice", "options": [{"label": "At work"}, {"label": "At home"}]},
    ]
    rows = [{**rows[0], "conditions": {"where-was-it": ["at-home"]}}]
    as_(cast.paul).post(desk(guide), typed(guide, questions, rows))
    questions, rows = text_of(guide)
    assert [option["key"] for option in questions[0]["options"]] == ["at-work", "at-home"]
    assert (rows[0]["conditions"], rows[0]["cites"]) == ({"where-was-it": ["at-home"]}, [cited])


def numbers(answer, part):
    return [one["key"] for one in answer.context[part]]


@pytest.mark.parametrize(
    ("act", "questions", "rows"),
    [
        ("question-add", ["people", "music", ""], ["row-1", "row-2", "row-3"]),
        ("question-remove-0", ["music"], ["row-1", "row-2", "row-3"]),
        ("question-down-0", ["music", "people"], ["row-1", "row-2", "row-3"]),
        ("row-up-0", ["people", "music"], ["row-1", "row-2", "row-3"]),
        ("row-up-2", ["people", "music"], ["row-1", "row-3", "row-2"]),
        ("row-add-0", ["people", "music"], ["row-1", "", "row-2", "row-3"]),
        ("row-add", ["people", "music"], ["row-1", "row-2", "row-3", ""]),
        ("row-remove-2", ["people", "music"], ["row-1", "row-2"]),
        ("row-remove-9", ["people", "music"], ["row-1", "row-2", "row-3"]),
        ("row-spin-1", ["people", "music"], ["row-1", "row-2", "row-3"]),
        ("check", ["people", "music"], ["row-1", "row-2", "row-3"]),
        ("fill-0", ["people", "music"], ["row-1", "row-2", "row-3", ""]),
        ("fill-7", ["people", "music"], ["row-1", "row-2", "row-3"]),
        ("fill-x", ["people", "music"], ["row-1", "row-2", "row-3"]),
    ],
)
def test_a_step_changes_the_page_and_stores_nothing(cast, as_, guide, act, questions, rows):
    answer = as_(cast.paul).post(desk(guide), typed(guide, *text_of(guide), act=act))
    assert answer.status_code == 200
    assert (numbers(answer, "questions"), numbers(answer, "rows")) == (questions, rows)
    assert "Not saved yet." in words(answer)
    guide.refresh_from_db()
    assert guide.lock == 1


def test_the_place_field_orders_without_javascript(cast, as_, guide):
    questions, rows = text_of(guide)
    rows = [{**row, "position": place} for row, place in zip(rows, ["9", "x", "1"], strict=True)]
    as_(cast.paul).post(desk(guide), typed(guide, questions, rows))
    assert [row["key"] for row in text_of(guide)[1]] == ["row-3", "row-2", "row-1"]


def test_a_refusal_loses_nothing_and_stands_at_its_place(cast, as_, guide):
    questions, rows = text_of(guide)
    questions[0]["text"] = ""
    answer = as_(cast.paul).post(desk(guide), typed(guide, questions, rows))
    assert answer.status_code == 422
    assert 'aria-describedby="q-0-text-error"' in words(answer) and "There is a problem" in words(answer)
    questions, rows = text_of(guide)
    rows[1]["reason"], rows[1]["cites"] = "Mine.", ["nowhere"]
    answer = as_(cast.paul).post(desk(guide), typed(guide, questions, rows))
    assert answer.status_code == 422 and "Mine." in words(answer)
    row = answer.context["rows"][1]
    assert row["is_open"] and row["errors"]["cites"]
    assert as_(cast.paul).post(desk(guide), typed(guide, *text_of(guide), lock="")).status_code == 422


def test_an_answer_taken_out_of_its_question_does_not_widen_a_row(cast, as_, guide):
    questions, rows = text_of(guide)
    questions[1]["options"] = [option for option in questions[1]["options"] if option["key"] != "song"]
    answer = as_(cast.paul).post(desk(guide), typed(guide, questions, rows))
    assert answer.status_code == 422
    assert "Row 3 asks for an answer that its question no longer has" in words(answer)
    assert "song (no longer an answer)" in words(answer)


@pytest.mark.parametrize("data", [{}, {"qcount": "x", "rcount": "99999999"}, {"qcount": "5"}, {"act": "fill-0"}])
def test_a_made_up_form_is_answered(cast, as_, guide, data):
    answer = as_(cast.paul).post(desk(guide), {"act": "check", **data})
    assert answer.status_code == 200


# --- Warnings --------------------------------------------------------------------------------------------------------


def test_the_editor_warns_with_examples(cast, as_, guide):
    questions, rows = text_of(guide)
    rows.append({**rows[0], "key": "", "conditions": {"people": ["no"], "music": ["ours"]}})
    page = words(as_(cast.paul).post(desk(guide), typed(guide, questions, rows, act="check")))
    assert "1 of 6 combinations of answers has no row" in page
    assert "<li>Is there music in it? <strong>A song</strong></li>" in page
    assert "Row 4 is never reached" in page and "Employees must not get this" not in page
    rows[3]["verdict"] = "red"
    page = words(as_(cast.paul).post(desk(guide), typed(guide, questions, rows, act="check")))
    assert "Rows 1 and 4 fit the same answers" in page and "You can save it as it is" in page
    questions[0]["text"] = ""
    page = words(as_(cast.paul).post(desk(guide), typed(guide, questions, rows, act="check")))
    assert "The check waits" in page and "Question 1 needs its words." in page


def test_a_published_guide_is_not_saved_with_a_contradiction(cast, as_, guide):
    actions.publish_guide(guide=guide, lock=guide.lock, by=cast.paul)
    questions, rows = text_of(guide)
    rows[0]["conditions"] = {}
    answer = as_(cast.paul).post(desk(guide), typed(guide, questions, rows))
    assert answer.status_code == 422
    assert "A published guide is not saved like this." in words(answer)
    assert text_of(guide)[1][0]["conditions"] == {"people": ["no"], "music": ["none", "ours"]}


def test_a_complete_table_is_praised_and_what_blocks_is_not_published(cast, as_, guide):
    questions, rows = text_of(guide)
    rows[2]["conditions"] = {"music": ["song"]}
    page = words(as_(cast.paul).post(desk(guide), typed(guide, questions, rows, act="check")))
    assert "Every combination of answers has exactly one verdict." in page
    rows[2]["cites"] = []
    guide = actions.save_guide(guide=guide, questions=questions, rows=rows, lock=guide.lock, by=cast.paul)
    refused = as_(cast.paul).post(desk(guide, "publish"), {"lock": guide.lock}, follow=True)
    assert "Row 3 cites no clause" in words(refused)
    refused = as_(cast.paul).post(desk(guide, "publish"), {"lock": "x"}, follow=True)
    assert "Please look again" in words(refused)


def test_a_service_that_is_no_longer_offered_stays_chosen(cast, as_, guide):
    service = make_service(title="Old", is_offered=False)
    questions, rows = text_of(guide)
    rows[0]["service"] = service.slug
    as_(cast.paul).post(desk(guide), typed(guide, questions, rows))
    page = as_(cast.paul).get(desk(guide))
    assert (service.slug, service.slug, True) in page.context["rows"][0]["services"]


# --- Two editors at once ---------------------------------------------------------------------------------------------


def test_the_second_to_save_sees_both_texts_and_can_save_again(cast, as_, guide):
    old = guide.lock
    questions, rows = text_of(guide)
    theirs = [{**rows[0], "reason": "Their reason."}, *rows[1:]]
    questions[1]["text"] = "Is there any music?"
    actions.save_guide(guide=guide, questions=questions, rows=theirs, lock=old, by=cast.hana)
    questions[1]["text"] = "Is there music in it?"
    mine = [{**rows[0], "reason": "My reason."}, *rows[1:], {**rows[0], "key": "", "conditions": {"music": ["song"]}}]
    answer = as_(cast.paul).post(desk(guide), typed(guide, questions, mine, lock=old))
    assert answer.status_code == 409
    page = words(answer)
    assert "Somebody else saved first" in page and "Their reason." in page and "My reason." in page
    assert len(answer.context["differences"]) == 3
    again = as_(cast.paul).post(desk(guide), typed(guide, questions, mine, lock=answer.context["form"]["lock"].value()))
    assert again.status_code == 302
    assert text_of(guide)[1][0]["reason"] == "My reason."


# --- Looking ---------------------------------------------------------------------------------------------------------


def test_the_preview_is_what_an_employee_sees_and_counts_nothing(cast, as_, guide):
    client = as_(cast.hana)
    page = words(client.get(desk(guide, "preview")))
    assert "Preview" in page and "<h1>Are there people in it?</h1>" in page
    step = client.post(desk(guide, "preview"), {"change": "music", "people": "no", "music": "song"})
    assert step.url == f"{desk(guide, 'preview')}?people=no&music=song"
    assert "Nobody has written an answer for this yet" in words(client.get(step.url))
    assert not GuideCount.objects.exists() and not GuideGap.objects.exists()


def test_auditors_look_and_employees_stay_outside(cast, as_, guide):
    assert as_(cast.audra).get(desk(guide)).url == desk(guide, "figures")
    assert as_(cast.audra).get(desk(guide, "figures")).status_code == 200
    assert as_(cast.audra).post(desk(guide), {}).status_code == 403
    assert as_(cast.audra).post(desk(guide, "publish"), {"lock": guide.lock}).status_code == 403
    assert as_(cast.emma).get(desk(guide, "figures")).status_code == 302


def test_figures_by_week_and_row(cast, as_, guide):
    guide = actions.publish_guide(guide=guide, lock=guide.lock, by=cast.paul)
    green, amber, _red = guide.rows.all()
    for row in (green, green, amber, None):
        actions.count_answer(guide=guide, path={"people": "no", "music": "song"}, row=row, by=cast.emma)
    day = clock.today() - timedelta(days=40)
    GuideCount.objects.create(guide=guide, row_key="row-1", verdict="green", day=day, number=5)
    GuideCount.objects.create(guide=guide, row_key="row-99", verdict="red", day=day, number=7)
    GuideCount.objects.create(guide=guide, row_key="row-1", verdict="green", day=day - timedelta(days=90), number=1)
    page = as_(cast.hana).get(desk(guide, "figures"))
    weeks = dict(page.context["weeks"])
    this_week = clock.today() - timedelta(days=clock.today().weekday())
    assert weeks[this_week] == [2, 1, 0, 1]
    assert weeks[day - timedelta(days=day.weekday())] == [5, 0, 7, 0]
    assert len(weeks) == 8
    lines = [(line.get("number"), line["recent"], line["ever"]) for line in page.context["by_row"]]
    assert lines == [(1, 2, 8), (2, 1, 1), (3, 0, 0), (None, 0, 7), (None, 1, 1)]
    assert "Rows that were taken out" in words(page)
    listed = words(as_(cast.hana).get("/admin/policies/guide/"))
    assert f'href="{desk(guide, "figures")}">4</a>' in listed and "Import a document" not in listed


def test_a_gap_opens_the_editor_with_its_row_filled_in(cast, as_, guide):
    guide = actions.publish_guide(guide=guide, lock=guide.lock, by=cast.paul)
    actions.count_answer(guide=guide, path={"people": "no", "music": "song"}, by=cast.emma)
    gap = GuideGap.objects.get()
    url = f"{desk(guide)}?gap={gap.pk}"
    page = words(as_(cast.paul).get(desk(guide, "figures")))
    assert f'href="{url}#row-new"' in page and "Asked once" in page
    editor = as_(cast.paul).get(url)
    assert editor.context["rows"][-1]["when"] == [("people", "no"), ("music", "song")]
    assert 'id="row-new" open' in words(editor)
    questions, rows = text_of(guide)
    rows.append({**rows[2], "key": "", "conditions": {"people": ["no"], "music": ["song"]}})
    as_(cast.paul).post(desk(guide), typed(guide, questions, rows))
    assert "No gap is open" in words(as_(cast.paul).get(desk(guide, "figures")))


def test_a_gap_of_questions_that_are_gone(cast, as_, guide):
    gap = GuideGap.objects.create(guide=guide, path={"colour": "red"}, path_hash="x", last_on=clock.today(), number=1)
    assert "no longer asked" in words(as_(cast.paul).get(desk(guide, "figures")))
    assert as_(cast.paul).get(f"{desk(guide)}?gap={gap.pk}").context["rows"][-1]["when"] == []
    for nothing in ("x", "999999"):
        assert len(as_(cast.paul).get(f"{desk(guide)}?gap={nothing}").context["rows"]) == 3


def test_a_gap_of_another_guide_is_not_filled_in_here(cast, as_, guide):
    other = make_published_guide(cast=cast)
    actions.count_answer(guide=other, path={"people": "no"}, by=cast.emma)
    gap = GuideGap.objects.get()
    assert len(as_(cast.paul).get(f"{desk(guide)}?gap={gap.pk}").context["rows"]) == 3
