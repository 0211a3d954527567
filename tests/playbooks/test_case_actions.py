"""The life of a case study: kept as a draft, proposed, read by other eyes, published, retired."""

import uuid

import pytest
from django.db import IntegrityError, transaction

from hub import audit
from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.models import OldSlug, OutboxMessage
from hub.search import search
from playbooks import actions, tasks
from playbooks.models import CaseStudy
from playbooks.workflow import CASE_TRANSITIONS, CaseStatus
from tests.factories import make_person
from tests.playbooks.case_factories import make_case, make_proposed, make_published, measure
from tests.playbooks.factories import make_published as make_playbook


def test_a_title_is_enough_to_keep_a_draft(cast):
    case = actions.create_case(title="  Menus \n in pictures ", by=cast.emma)
    assert (case.title, case.slug, case.status) == ("Menus in pictures", "menus-in-pictures", "draft")
    assert list(case.contributors.all()) == [cast.emma]
    with pytest.raises(Invalid) as refused:
        actions.propose_case(case=case, lock=case.lock, by=cast.emma)
    assert refused.value.field == "summary"


@pytest.mark.parametrize(
    ("field", "empty"),
    [
        ("summary", ""),
        ("topic", None),
        ("year", None),
        ("spoke", None),
        ("challenge", ""),
        ("approach", ""),
        ("results", ""),
    ],
)
def test_what_is_missing_is_named_before_others_read_it(cast, field, empty):
    case = make_case(cast=cast, **{field: empty})
    with pytest.raises(Invalid) as refused:
        actions.propose_case(case=case, lock=case.lock, by=cast.rita)
    assert refused.value.field == field


@pytest.mark.parametrize("field", ["source_url", "licence"])
def test_what_others_did_names_its_source_and_licence(cast, field):
    fields = {"organisation": "A city", "source_url": "https://city.example/", "licence": "link only", field: ""}
    case = make_case(cast=cast, **fields)
    with pytest.raises(Invalid) as refused:
        actions.propose_case(case=case, lock=case.lock, by=cast.rita)
    assert refused.value.field == field


def test_it_is_ours_or_theirs_and_not_both(cast):
    with pytest.raises(Invalid) as refused:
        make_case(cast=cast, spoke=cast.retail, organisation="A city")
    assert refused.value.field == "organisation"
    case = make_case(cast=cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        CaseStudy.objects.filter(pk=case.pk).update(organisation="A city")


def test_texts_become_html_when_they_are_written_and_no_script_comes_through(cast):
    case = make_case(cast=cast, results="**Good**<script>alert(1)</script> {{ secret }}")
    assert "<strong>Good</strong>" in case.results_html
    assert "<script" not in case.results_html
    assert "{{ secret }}" in case.results_html


def test_the_same_form_twice_is_one_draft_and_keeps_the_later_words(cast):
    token = uuid.uuid4()
    first = make_case(cast=cast, title="Once", form_token=token)
    again = make_case(cast=cast, title="Once, more exactly", form_token=token)
    assert first.pk == again.pk
    assert CaseStudy.objects.get().title == "Once, more exactly"


def test_somebody_elses_form_token_gives_nothing_away(cast):
    token = uuid.uuid4()
    make_case(cast=cast, title="Rita's", form_token=token)
    with pytest.raises(IntegrityError, match="form_token"), transaction.atomic():
        make_case(cast=cast, title="Rita's", form_token=token, by=cast.paul)
    assert CaseStudy.objects.get().created_by == cast.rita


def test_whoever_is_later_by_a_moment_gets_the_next_address(cast, monkeypatch):
    make_case(cast=cast, title="Same")
    asked = iter(["same", "same-2"])  # the first was free when we looked
    monkeypatch.setattr("hub.actions.documents.free_address", lambda *_args, **_named: next(asked))
    assert make_case(cast=cast, title="Same").slug == "same-2"


def test_an_address_that_is_or_was_anothers_is_refused(cast):
    case, other = make_case(cast=cast, title="One"), make_case(cast=cast, title="Two")
    actions.change_case(case=case, slug="first", by=cast.paul)
    for slug, sentence in {
        "Two Words": "small letters",
        "new": "small letters",
        "first": "Another case study",
        "one": "Another case study",
    }.items():
        for act in (
            lambda: actions.change_case(case=other, slug=slug, by=cast.paul),  # noqa: B023
            lambda: make_case(cast=cast, slug=slug),  # noqa: B023
        ):
            with pytest.raises(Invalid, match=sentence) as refused:
                act()
            assert refused.value.field == "slug"
    assert set(CaseStudy.objects.values_list("slug", flat=True)) == {"first", "two"}
    # Its own former address it may have again.
    assert actions.change_case(case=case, slug="one", by=cast.paul).slug == "one"


def test_an_address_that_a_page_uses_is_not_given_away(cast):
    assert make_case(cast=cast, title="New").slug == "new-case"
    assert [make_case(cast=cast, title="Same").slug for _time in range(2)] == ["same", "same-2"]


def test_measures_are_whole_rows_in_their_order(cast):
    case = make_case(cast=cast, measures=[measure("Reach"), {"what": "", "after": " "}, measure("Cost", before="")])
    assert list(case.measures.values_list("number", "what", "before")) == [(1, "Reach", "40"), (2, "Cost", "")]
    for row, field in [
        (measure(what=""), "measure-1-what"),
        (measure(after=""), "measure-1-after"),
        (measure(unit="x" * 41), "measure-1-unit"),
    ]:
        with pytest.raises(Invalid) as refused:
            actions.save_case(case=case, lock=case.lock, measures=[row], by=cast.rita)
        assert refused.value.field == field
    with pytest.raises(Invalid):
        actions.save_case(case=case, lock=case.lock, measures=[measure()] * 13, by=cast.rita)
    assert case.measures.count() == 2


def test_of_two_who_write_at_once_nobody_loses_anything(cast):
    case = make_case(cast=cast)
    actions.save_case(case=case, lock=case.lock, results="Paul's words.", by=cast.paul)
    with pytest.raises(Conflict) as conflict:
        actions.save_case(case=case, lock=case.lock, results="Rita's words.", by=cast.rita)
    assert conflict.value.theirs.results == "Paul's words."
    case.refresh_from_db()
    assert case.results == "Paul's words."


def test_who_tells_for_which_department(cast):
    make_case(cast=cast, spoke=cast.stores, by=cast.rita)
    make_case(cast=cast, spoke=cast.care, by=cast.emma)
    make_case(cast=cast, spoke=cast.operations, by=cast.paul)
    for person, spoke in [(cast.rita, cast.operations), (cast.emma, cast.retail), (cast.otto, cast.company)]:
        with pytest.raises(NotAllowed):
            make_case(cast=cast, spoke=spoke, by=person)
    with pytest.raises(NotAllowed):
        make_case(cast=cast, by=cast.audra)
    newcomer = make_person(name="Nia", by=cast.root)
    with pytest.raises(NotAllowed, match="Choose your department first"):
        make_case(cast=cast, spoke=None, by=newcomer)
    assert not newcomer.created_cases.exists()


def test_a_draft_is_handed_to_another_department_only_by_those_who_tell_for_it(cast):
    case = make_case(cast=cast)
    with pytest.raises(NotAllowed, match="one that you represent"):
        actions.save_case(case=case, lock=case.lock, spoke=cast.operations, by=cast.rita)
    case = actions.save_case(case=case, lock=case.lock, spoke=cast.stores, by=cast.rita)
    case = actions.save_case(case=case, lock=case.lock, spoke=cast.operations, by=cast.paul)
    assert case.spoke == cast.operations


def test_for_whom_it_is_the_hub_decides(cast):
    case = make_case(cast=cast)
    with pytest.raises(NotAllowed, match="own staff"):
        actions.save_case(case=case, lock=case.lock, audiences=[cast.retail.group], by=cast.rita)
    assert not case.audiences.exists()
    case = actions.save_case(case=case, lock=case.lock, audiences=[cast.retail.group], by=cast.paul)
    assert list(case.audiences.all()) == [cast.retail.group]


def test_only_authors_and_staff_write_and_only_until_it_is_read(cast):
    case = make_case(cast=cast)
    for person in [cast.dora, cast.emma, cast.audra, cast.sam]:
        with pytest.raises(NotAllowed):
            actions.save_case(case=case, lock=case.lock, summary="x", by=person)
    published = make_published(cast=cast)
    for person in [cast.rita, cast.paul, cast.hana]:
        with pytest.raises(NotAllowed):
            actions.save_case(case=published, lock=published.lock, summary="x", by=person)


def test_nobody_publishes_what_she_wrote_or_proposed(cast):
    case = actions.save_case(case=(draft := make_case(cast=cast)), lock=draft.lock, summary="By Paul.", by=cast.paul)
    case = actions.propose_case(case=case, lock=case.lock, by=cast.rita)
    for person in [cast.paul, cast.rita, cast.emma, cast.audra]:
        with pytest.raises(NotAllowed):
            actions.publish_case(case=case, lock=case.lock, by=person)
    case = actions.publish_case(case=case, lock=case.lock, by=cast.hana)
    assert (case.status, case.published_by) == ("published", cast.hana)
    with pytest.raises(IntegrityError), transaction.atomic():
        CaseStudy.objects.filter(pk=case.pk).update(published_by=case.created_by)


def test_what_is_published_is_what_was_read(cast):
    case = make_proposed(cast=cast)
    seen = case.lock
    changed = actions.save_case(case=case, lock=seen, results="Other words.", by=cast.rita)
    assert changed.status == "draft"
    again = actions.propose_case(case=changed, lock=changed.lock, by=cast.rita)
    with pytest.raises(Conflict):
        actions.publish_case(case=again, lock=seen, by=cast.hana)


def test_the_table_of_states_is_what_the_verbs_do(cast):
    """From each state, each verb either moves as the table says or refuses."""
    make = {
        "draft": make_case,
        "proposed": make_proposed,
        "published": make_published,
        "retired": lambda cast: actions.retire_case(case=make_published(cast=cast), reason="Old.", by=cast.paul),
    }
    verbs = {
        "propose": lambda case: actions.propose_case(case=case, lock=case.lock, by=cast.rita),
        "return": lambda case: actions.return_case(case=case, comment="More.", by=cast.lena),
        "publish": lambda case: actions.publish_case(case=case, lock=case.lock, by=cast.lena),
        "retire": lambda case: actions.retire_case(case=case, reason="Old.", by=cast.lena),
        "bring back": lambda case: actions.bring_back_case(case=case, by=cast.lena),
        "rewrite": lambda case: actions.rewrite_case(case=case, by=cast.lena),
    }
    moves = {status: set() for status in CaseStatus.values}
    for status, made in make.items():
        for act in verbs.values():
            case = made(cast=cast)
            assert case.status == status
            try:
                moves[status].add(act(case).status)
            except NotAllowed:
                case.refresh_from_db()
                assert case.status == status
    assert moves == {status.value: {one.value for one in targets} for status, targets in CASE_TRANSITIONS.items()}


def test_a_reason_is_given_for_giving_back_and_for_retiring(cast):
    with pytest.raises(Invalid):
        actions.return_case(case=make_proposed(cast=cast), comment=" ", by=cast.hana)
    with pytest.raises(Invalid):
        actions.retire_case(case=make_published(cast=cast), reason=" ", by=cast.hana)


def test_those_who_may_publish_get_one_message(cast):
    case = make_proposed(cast=cast, by=cast.paul, spoke=cast.operations)
    messages = OutboxMessage.objects.filter(kind="approval_waiting")
    assert {one.recipient.name for one in messages} == {"Hana", "Lena"}
    assert f"/cases/{case.slug}/" in messages.first().text


def test_search_follows_what_readers_may_find(cast):
    def found(person):
        return [hit.kind for hit in search("zeppelin", group_ids=person.audience_group_ids()).hits]

    case = make_published(cast=cast, title="A zeppelin over the shops", audiences=[cast.retail.group])
    tasks.reindex_case(case.pk)
    assert (found(cast.rita), found(cast.emma)) == (["case"], [])
    actions.change_case(case=case, audiences=[], by=cast.paul)
    tasks.reindex_case(case.pk)
    assert found(cast.emma) == ["case"]
    actions.retire_case(case=case, reason="Old.", by=cast.paul)
    tasks.reindex_case(case.pk)
    assert found(cast.emma) == []


def test_staff_put_right_what_stands_beside_a_published_text(cast):
    case = make_published(cast=cast, title="Before")
    playbook = make_playbook(cast=cast).playbook
    case = actions.change_case(
        case=case, title="After", slug="after", playbooks=[playbook], platforms=["x"], by=cast.paul
    )
    assert (case.title, case.status, case.playbooks.get(), case.channels.get().platform) == (
        "After",
        "published",
        playbook,
        "x",
    )
    assert OldSlug.objects.filter(kind="case", slug="before", object_id=case.pk).exists()
    line = audit.history(case)[0]
    assert (line.verb, line.details["slug"]) == ("changed", ["before", "after"])
    with pytest.raises(Invalid):
        actions.change_case(case=case, topic=None, by=cast.paul)
    with pytest.raises(TypeError):
        actions.change_case(case=case, results="Other words.", by=cast.paul)
    with pytest.raises(TypeError):
        make_case(cast=cast, colour="red")
    with pytest.raises(NotAllowed):
        actions.change_case(case=case, title="x", by=cast.rita)


def test_putting_nothing_right_leaves_no_line(cast):
    case = make_published(cast=cast, title="Before")
    lines = audit.history(case).count()
    actions.change_case(case=case, title=" Before ", slug=case.slug, by=cast.paul)
    assert audit.history(case).count() == lines


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("year", 1850),
        ("year", 2999),
        ("source_url", "javascript:alert(1)"),
        ("title", "x" * 161),
        ("title", " \n"),
        ("language", ""),
        ("results", "x" * 20_001),
        ("platforms", ["x", "orkut"]),
    ],
)
def test_odd_values_are_refused_beside_their_field(cast, field, value):
    with pytest.raises(Invalid) as refused:
        make_case(cast=cast, **{field: value})
    assert refused.value.field == field
    assert not CaseStudy.objects.exists()
