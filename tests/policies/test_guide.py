"""Guides: written, checked, published, counted; and the gaps they have."""

import json

import pytest
from django.db import IntegrityError

from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.models import AuditEvent, SearchEntry
from policies import actions
from policies.actions.guide import stored
from policies.actions.guide_table import (
    LONGEST_HELP,
    LONGEST_LABEL,
    LONGEST_REASON,
    LONGEST_TEXT,
    MOST_CITES,
    MOST_FINDINGS,
    MOST_OPTIONS,
    MOST_QUESTIONS,
    MOST_ROWS,
    as_dicts,
    findings,
)
from policies.models import Guide, GuideCount, GuideGap
from policies.permissions import can_be_counted
from policies.tasks import guide_document, guide_documents, reindex_guide
from tests.factories import make_service, make_topic
from tests.policies.factories import (
    clause,
    guide_text,
    make_guide,
    make_published,
    make_published_guide,
)


@pytest.fixture
def cited(cast):
    version = make_published(cast=cast, slug="pictures", clauses=[clause("Ask first", key="ask-first")])
    return f"{version.policy.slug}:ask-first"


def save(guide, questions, rows, *, by, lock=None):
    return actions.save_guide(
        guide=guide, questions=questions, rows=rows, lock=guide.lock if lock is None else lock, by=by
    )


def changed(cited, **parts):
    """The usual text with the first question or the first row changed."""
    questions, rows = guide_text([cited])
    questions[0] = {**questions[0], **parts.get("question", {})}
    questions[1] = {**questions[1], **parts.get("choice", {})}
    rows[0] = {**rows[0], **parts.get("row", {})}
    return questions, rows


def verbs(guide):
    lines = AuditEvent.objects.filter(object_type="policies.guide", object_id=guide.pk)
    return list(lines.order_by("pk").values_list("verb", flat=True))


# --- Its plain fields ------------------------------------------------------------------------------------------------


def test_a_guide_is_made_with_its_address_and_changed(cast):
    guide = actions.create_guide(title=" May I? ", intro="For pictures.", topic=make_topic(), by=cast.paul)
    assert (guide.title, guide.slug, guide.is_published) == ("May I?", "may-i", False)
    service = make_service()
    actions.change_guide(guide=guide, title="May we?", service=service, audiences=[cast.care.group], by=cast.hana)
    guide.refresh_from_db()
    assert (guide.title, guide.service, list(guide.audiences.all())) == ("May we?", service, [cast.care.group])
    line = AuditEvent.objects.get(object_type="policies.guide", verb="changed")
    assert line.details["title"] == ["May I?", "May we?"]
    assert line.details["audiences"] == [[], [cast.care.group.name]]
    actions.change_guide(guide=guide, title="May we?", audiences=[cast.care.group], by=cast.hana)
    assert verbs(guide) == ["created", "changed"]
    actions.change_guide(guide=guide, intro="For films.", by=cast.hana)
    assert list(guide.audiences.all()) == [cast.care.group]


def test_a_fault_of_the_database_is_not_taken_for_a_taken_address(cast, monkeypatch):
    def fail(self):
        raise IntegrityError

    monkeypatch.setattr(Guide, "save", fail)
    with pytest.raises(IntegrityError):
        actions.create_guide(title="May I?", intro="X.", topic=make_topic(), by=cast.paul)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": " "}, "title"),
        ({"intro": ""}, "intro"),
        ({"slug": "Not an address"}, "slug"),
        ({"slug": "taken"}, "slug"),
    ],
)
def test_a_guide_needs_a_title_an_introduction_and_an_address_of_its_own(cast, fields, field):
    make_guide(cast=cast, slug="taken")
    with pytest.raises(Invalid) as refused:
        actions.create_guide(**{"title": "May I?", "intro": "X.", "topic": make_topic(), **fields}, by=cast.paul)
    assert refused.value.field == field


def test_a_field_that_there_is_not_is_a_mistake_of_ours(cast):
    with pytest.raises(TypeError):
        actions.create_guide(title="May I?", intro="X.", topic=make_topic(), colour="red", by=cast.paul)


@pytest.mark.parametrize("who", ["emma", "rita", "audra", "sam"])
def test_only_staff_write_and_publish_guides(cast, who):
    person = getattr(cast, who)
    guide = make_guide(cast=cast)
    acts = [
        lambda: actions.create_guide(title="May I?", intro="X.", topic=make_topic(), by=person),
        lambda: actions.change_guide(guide=guide, title="Ours", by=person),
        lambda: save(guide, *guide_text(), by=person),
        lambda: actions.publish_guide(guide=guide, lock=guide.lock, by=person),
        lambda: actions.take_back_guide(guide=guide, by=person),
    ]
    for act in acts:
        with pytest.raises(NotAllowed):
            act()


# --- Its text --------------------------------------------------------------------------------------------------------


def test_a_text_is_stored_with_permanent_keys_and_rendered(cast, cited):
    guide = make_guide(cast=cast, cites=[cited])
    questions, rows, cites = stored(guide)
    assert [(one.number, one.key, one.kind) for one in questions] == [(1, "people", "yes_no"), (2, "music", "choice")]
    assert [row.key for row in rows] == ["row-1", "row-2", "row-3"]
    assert "<strong>them</strong>" in rows[1].reason_html
    assert [(cite.row, cite.clause_key) for cite in cites] == [(row, "ask-first") for row in rows]
    assert (guide.lock, verbs(guide)) == (1, ["created", "saved"])


def test_a_row_keeps_its_key_when_it_moves_and_a_new_one_never_gets_an_old_one(cast, cited):
    guide = make_guide(cast=cast, cites=[cited])
    text = as_dicts(*stored(guide))
    first, second, third = text["rows"]
    guide = save(guide, text["questions"], [third, first], by=cast.paul)
    guide = save(guide, text["questions"], [third, {**second, "key": ""}, first], by=cast.paul)
    assert [row.key for row in guide.rows.all()] == ["row-3", "row-4", "row-1"]
    # Two rows of one key, as only a made-up form sends them, become two.
    guide = save(guide, text["questions"], [third, third], by=cast.paul)
    assert [row.key for row in guide.rows.all()] == ["row-3", "row-5"]


def test_keys_are_made_from_words_in_any_script(cast, cited):
    questions = [
        {"text": "Are there people in it?"},
        {"text": "Are there people in it?"},
        {"text": "写真に人がいますか"},
        {"text": "Change"},
        {"text": "Where?", "kind": "choice", "options": [{"label": "At work"}, {"label": "家"}, {"label": "At work!"}]},
    ]
    guide = save(make_guide(cast=cast, cites=[cited]), questions, [], by=cast.paul)
    made = list(guide.questions.all())
    assert [one.key for one in made] == [
        "are-there-people-in-it", "are-there-people-in-it-2", "question", "change-2", "where",
    ]  # fmt: skip
    assert [option["key"] for option in made[-1].options] == ["at-work", "answer", "at-work-2"]
    assert str(made[0]) == "Are there people in it?"


OPTIONS = [{"key": "a", "label": "A"}, {"key": "b", "label": "B"}]


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"question": {"text": " "}}, "question-1-text"),
        ({"question": {"text": "x" * (LONGEST_TEXT + 1)}}, "question-1-text"),
        ({"question": {"help": "x" * (LONGEST_HELP + 1)}}, "question-1-help"),
        ({"question": {"kind": "essay"}}, "question-1-kind"),
        ({"question": {"key": "Not a key"}}, None),
        ({"question": {"key": "change"}}, None),
        ({"question": {"key": "music"}}, None),
        ({"choice": {"options": OPTIONS[:1]}}, "question-2-options"),
        ({"choice": {"options": [OPTIONS[0], OPTIONS[0]]}}, "question-2-options"),
        ({"choice": {"options": [OPTIONS[0], {"key": "b", "label": ""}]}}, "question-2-options"),
        ({"choice": {"options": [OPTIONS[0], {"key": "b", "label": "x" * (LONGEST_LABEL + 1)}]}}, "question-2-options"),
        ({"choice": {"options": [OPTIONS[0], {"key": "Not a key", "label": "B"}]}}, "question-2-options"),
        (
            {"choice": {"options": [{"key": f"o{n}", "label": "X"} for n in range(MOST_OPTIONS + 1)]}},
            "question-2-options",
        ),
        ({"row": {"verdict": ""}}, "row-1-verdict"),
        ({"row": {"reason": "x" * (LONGEST_REASON + 1)}}, "row-1-reason"),
        ({"row": {"wording": "x" * (LONGEST_REASON + 1)}}, "row-1-wording"),
        ({"row": {"conditions": {"music": ["polka"]}}}, "row-1-conditions"),
        ({"row": {"cites": ["pictures:no-such-clause"]}}, "row-1-cites"),
        ({"row": {"cites": ["no-such-policy:ask-first"]}}, "row-1-cites"),
        ({"row": {"cites": ["nul\0:ask-first"]}}, "row-1-cites"),
        ({"row": {"cites": [f"pictures:c{n}" for n in range(MOST_CITES + 1)]}}, "row-1-cites"),
        ({"row": {"service": "no-such-service"}}, None),
    ],
)
def test_what_cannot_be_stored_is_named_at_its_place(cast, cited, parts, field):
    guide = make_guide(cast=cast, cites=[cited])
    with pytest.raises(Invalid) as refused:
        save(guide, *changed(cited, **parts), by=cast.paul)
    assert refused.value.field == field
    guide.refresh_from_db()
    assert (guide.lock, guide.rows.count()) == (1, 3)


def test_a_guide_stays_small_enough_to_be_understood(cast, cited):
    guide = make_guide(cast=cast, cites=[cited])
    questions, rows = guide_text([cited])
    with pytest.raises(Invalid):
        save(guide, [{"text": f"Question {n}?"} for n in range(MOST_QUESTIONS + 1)], rows, by=cast.paul)
    with pytest.raises(Invalid):
        save(guide, questions, rows[:1] * (MOST_ROWS + 1), by=cast.paul)


def test_a_row_forgets_questions_that_are_gone_and_answers_that_are_all_there(cast, cited):
    guide = make_guide(cast=cast, cites=[cited])
    row = {"conditions": {"colour": ["red"], "people": ["yes", "no"], "music": ["song", "polka"]}}
    guide = save(guide, *changed(cited, row=row), by=cast.paul)
    assert guide.rows.first().conditions == {"music": ["song"]}


def test_the_second_of_two_editors_gets_both_texts(cast, cited):
    guide = make_guide(cast=cast, cites=[cited])
    save(guide, *changed(cited, row={"reason": "Theirs."}), by=cast.hana)
    with pytest.raises(Conflict) as refused:
        save(guide, *changed(cited, row={"reason": "Mine."}), by=cast.paul)
    theirs = refused.value.theirs
    assert (theirs["lock"], theirs["rows"][0]["reason"], theirs["rows"][0]["cites"]) == (2, "Theirs.", [cited])
    save(guide, *changed(cited, row={"reason": "Mine."}), lock=theirs["lock"], by=cast.paul)


# --- What is wrong with it -------------------------------------------------------------------------------------------


def found(guide):
    return findings(*stored(guide))


def test_missing_answers_are_named_with_an_example(cast, cited):
    missing = [finding for finding in found(make_guide(cast=cast, cites=[cited])) if finding.gap is not None]
    assert [finding.gap for finding in missing] == [{"people": ["no"], "music": ["song"]}]
    assert missing[0].answers == (("Are there people in it?", "No"), ("Is there music in it?", "A song"))
    assert "1 of 6 combinations" in missing[0].sentence
    assert not missing[0].blocks


def test_several_gaps_are_each_shown(cast, cited):
    questions, rows = guide_text([cited])
    guide = save(make_guide(cast=cast, cites=[cited]), questions, rows[1:2], by=cast.paul)
    gaps = [finding for finding in found(guide) if finding.gap is not None]
    assert [finding.gap for finding in gaps] == [{"people": ["yes"], "music": ["song"]}, {"people": ["no"]}]
    assert "4 of 6" in gaps[0].sentence and "of 6" not in gaps[1].sentence


def test_contradictions_are_named_with_an_example_and_block(cast, cited):
    questions, rows = guide_text([cited])
    rows.append({**rows[0], "conditions": {"people": ["no"]}, "verdict": "red"})
    clash, *others = [
        finding for finding in found(save(make_guide(cast=cast), questions, rows, by=cast.paul)) if finding.blocks
    ]
    assert not others
    assert "Rows 1 and 4" in clash.sentence
    assert clash.answers == (("Are there people in it?", "No"), ("Is there music in it?", "No music"))
    assert clash.field == "row-4-conditions"


def test_many_contradictions_are_counted(cast, cited):
    questions, rows = guide_text([cited])
    rows = [{**rows[0], "conditions": {}}] + [{**rows[2], "conditions": {"people": ["no"]}}] * (MOST_FINDINGS + 1)
    clashes = [
        finding for finding in found(save(make_guide(cast=cast), questions, rows, by=cast.paul)) if finding.blocks
    ]
    assert len(clashes) == MOST_FINDINGS + 1
    assert clashes[-1].sentence == "One more pair of rows contradicts itself."


def test_unreachable_rows_idle_questions_and_old_clauses_are_said(cast, cited):
    questions, rows = guide_text([cited])
    questions.append({"key": "colour", "text": "Is it in colour?"})
    rows.append({**rows[0], "conditions": {"people": ["no"], "music": ["ours"]}})
    policy = make_published(cast=cast, slug="later", clauses=[clause(key="gone"), clause("Other", key="new")]).policy
    make_published(cast=cast, policy=policy, clauses=[clause("Other", key="new")])
    rows[0]["cites"] = ["later:gone", "later:new"]
    said = found(save(make_guide(cast=cast), questions, rows, by=cast.paul))
    sentences = " ".join(finding.sentence for finding in said)
    assert "Row 4 is never reached" in sentences and "row 1 does at:" in sentences
    assert "No row depends on question 3" in sentences
    assert "Row 1 rests on “Say where you work” of “Policy" in sentences and "is no longer in force." in sentences
    assert "“Other”" not in sentences
    assert not [finding for finding in said if finding.blocks]


def test_an_empty_guide_says_what_to_do(cast):
    guide = save(make_guide(cast=cast), [], [], by=cast.paul)
    assert [finding.sentence for finding in found(guide)] == [
        "There is no question yet.",
        "There is no row yet, so nobody gets an answer.",
    ]


def test_a_complete_guide_has_nothing_to_say(cast, cited):
    questions, rows = guide_text([cited])
    rows[2]["conditions"] = {"music": ["song"]}
    assert found(save(make_guide(cast=cast), questions, rows, by=cast.paul)) == []


# --- Publishing ------------------------------------------------------------------------------------------------------


def test_staff_publish_and_take_back(cast):
    guide = make_published_guide(cast=cast)
    assert list(Guide.objects.published()) == [guide]
    with pytest.raises(NotAllowed):
        actions.publish_guide(guide=guide, lock=guide.lock, by=cast.paul)
    guide = actions.take_back_guide(guide=guide, by=cast.hana)
    assert not guide.is_published
    with pytest.raises(NotAllowed):
        actions.take_back_guide(guide=guide, by=cast.hana)
    assert verbs(guide) == ["created", "saved", "published", "took back"]


def test_nothing_is_published_unseen(cast, cited):
    guide = make_guide(cast=cast, cites=[cited])
    save(guide, *guide_text([cited]), by=cast.hana)
    with pytest.raises(Conflict):
        actions.publish_guide(guide=guide, lock=guide.lock, by=cast.paul)


@pytest.mark.parametrize(
    "row",
    [{"verdict": "red", "conditions": {"people": ["yes"]}}, {"reason": ""}, {"cites": []}],
    ids=["contradiction", "no reason", "no clause"],
)
def test_what_readers_must_not_get_may_be_a_draft_and_is_not_published(cast, cited, row):
    guide = make_guide(cast=cast, cites=[cited])
    guide = save(guide, *changed(cited, row=row), by=cast.paul)
    with pytest.raises(Invalid):
        actions.publish_guide(guide=guide, lock=guide.lock, by=cast.paul)
    # Nor does it get there by a save of what is published.
    guide = save(guide, *guide_text([cited]), by=cast.paul)
    guide = actions.publish_guide(guide=guide, lock=guide.lock, by=cast.paul)
    with pytest.raises(Invalid):
        save(guide, *changed(cited, row=row), by=cast.paul)
    guide.refresh_from_db()
    assert guide.rows.first().reason == "Nobody is in it."


def test_a_refused_contradiction_says_where(cast, cited):
    guide = make_published_guide(cast=cast, cites=[cited])
    with pytest.raises(Invalid, match="Rows 1 and 2 fit the same answers") as refused:
        save(guide, *changed(cited, row={"conditions": {}}), by=cast.paul)
    assert refused.value.field == "row-2-conditions"
    assert "Are there people in it? Yes" in refused.value.sentence


# --- Counting --------------------------------------------------------------------------------------------------------


def test_answers_are_counted_by_row_and_day_and_nobody_is_named(cast):
    guide = make_published_guide(cast=cast)
    before = AuditEvent.objects.count()
    row = guide.rows.first()
    for person in (cast.emma, cast.rita):
        actions.count_answer(guide=guide, path={"people": "no", "music": "none"}, row=row, by=person)
    count = GuideCount.objects.get()
    assert (count.row_key, count.verdict, count.number) == ("row-1", "green", 2)
    assert AuditEvent.objects.count() == before
    assert not GuideGap.objects.exists()
    names = {field.name for model in (GuideCount, GuideGap) for field in model._meta.get_fields()}
    assert not names & {"by", "person", "user"}
    assert str(count).endswith(": 2") and str(row).endswith("row-1") and str(row.citations.get()).endswith(":ask-first")


def test_a_path_without_a_row_is_a_gap_until_somebody_writes_one(cast, cited):
    guide = make_published_guide(cast=cast, cites=[cited])
    path = {"people": "no", "music": "song"}
    for _n in range(2):
        actions.count_answer(guide=guide, path=path, by=cast.emma)
    gap = GuideGap.objects.get()
    assert (gap.path, gap.number, gap.is_open) == (path, 2, True)
    assert GuideCount.objects.get().row_key == ""
    assert json.dumps(path) and str(gap).startswith(guide.title)

    questions, rows = guide_text([cited])
    rows[2]["conditions"] = {"music": ["song"]}
    guide = save(guide, questions, rows, by=cast.paul)
    assert not GuideGap.objects.open().exists()
    for _n in range(2):
        guide = save(guide, *guide_text([cited]), by=cast.paul)
        assert list(GuideGap.objects.open()) == [gap]
    # A new question makes it a case of which not all is known.
    questions, rows = guide_text([cited])
    questions.append({"key": "old", "text": "Is it old?"})
    rows.append({**rows[0], "conditions": {"people": ["no"], "music": ["song"], "old": ["yes"]}})
    save(guide, questions, rows, by=cast.paul)
    assert not GuideGap.objects.open().exists()


def test_the_auditor_is_not_counted(cast):
    guide = make_published_guide(cast=cast)
    assert not can_be_counted(cast.audra) and can_be_counted(cast.emma) and can_be_counted(cast.root)
    with pytest.raises(NotAllowed):
        actions.count_answer(guide=guide, path={}, by=cast.audra)


# --- Search ----------------------------------------------------------------------------------------------------------


def test_search_knows_published_guides_by_their_questions(cast):
    guide = make_guide(cast=cast, title="May I post this film?", audiences=[cast.care.group])
    assert guide_document(guide.pk) is None and list(guide_documents()) == []
    guide = actions.publish_guide(guide=guide, lock=guide.lock, by=cast.paul)
    document = guide_document(guide.pk)
    assert document.audience_ids == (cast.care.group.pk,)
    assert [passage.heading for passage in document.passages] == ["Are there people in it?", "Is there music in it?"]
    assert document.passages[0].body == "Look at the background. Yes · No"
    reindex_guide(guide.pk)
    assert SearchEntry.objects.filter(kind="guide").exists()
    actions.take_back_guide(guide=guide, by=cast.paul)
    reindex_guide(guide.pk)
    assert not SearchEntry.objects.filter(kind="guide").exists()
