"""A playbook as a department does it: its own words, and what becomes of them when the playbook changes."""

import pytest

from hub import slots
from hub.exceptions import Conflict, Invalid, NotAllowed
from playbooks import actions
from playbooks.models import Adaptation, AdaptedKind, AdaptedSection
from playbooks.models import Significance as Of
from playbooks.workflow import ADAPTATION_TRANSITIONS, AdaptationStatus
from spokes import actions as spoke_actions
from tests.playbooks.factories import make_draft, make_published, section, submit

pytestmark = pytest.mark.django_db

A, B = section("First", key="first", body="One.\n\nTwo."), section("Then", key="then", body="Three.")


@pytest.fixture
def playbook(cast):
    return make_published(cast=cast, sections=[A, B]).playbook


@pytest.fixture
def ours(cast, playbook):
    """Retail does the first section in its own words, and has published that."""
    found = actions.start_adaptation(playbook=playbook, spoke=cast.retail, by=cast.rita)
    adapt(found, by=cast.rita)
    return actions.publish_adaptation(adaptation=found, by=cast.rita)


def adapt(adaptation, *, key="first", heading="First", body="One for shops.\n\nTwo.", seen=None, lock=0, by):
    words = {"heading": heading, "body": body, "seen": seen or seen_now(adaptation), "lock": lock}
    return actions.adapt_section(adaptation=adaptation, key=key, by=by, **words)


def seen_now(adaptation):
    """The revision that stands on a page opened now."""
    adaptation.playbook.refresh_from_db()
    return adaptation.playbook.current.number


def keep(adaptation, *, key="first", seen=None, by):
    return actions.keep_ours(adaptation=adaptation, key=key, seen=seen or seen_now(adaptation), by=by)


def leave_out(adaptation, *, key="then", reason="Not here.", lock=0, by):
    values = {"key": key, "reason": reason, "seen": seen_now(adaptation), "lock": lock}
    return actions.leave_out(adaptation=adaptation, by=by, **values)


def revise(cast, playbook, *sections, significance=Of.CLARIFYING):
    draft = make_draft(cast=cast, playbook=playbook, sections=list(sections), significance=significance)
    revision = submit(draft, by=cast.paul)
    return actions.approve_and_publish(revision=revision, lock=revision.lock, by=cast.hana)


def page(client, person, adaptation, tail=""):
    client.force_login(person)
    return client.get(f"{adaptation.get_absolute_url()}{tail}")


def test_a_section_in_own_words_stands_among_those_that_follow_the_playbook(cast, client, playbook, ours):
    html = page(client, cast.emma, ours).content.decode()
    assert "One for shops." in html
    assert "Three." in html
    revise(cast, playbook, A, {**B, "body": "Three and a half."})
    html = page(client, cast.emma, ours).content.decode()
    assert "One for shops." in html
    assert "Three and a half." in html


def test_when_the_playbook_changes_there_the_department_is_asked(cast, client, playbook, ours):
    revise(cast, playbook, {**A, "body": "One.\n\nTwo, and look twice."}, B)
    row = ours.sections.get()
    assert row.is_behind
    assert row.body == "One for shops.\n\nTwo."
    [item] = [one for one in slots.waiting_items.gather(cast.rita) if one.url == ours.get_absolute_url()]
    assert item.detail.startswith("1 section of Retail's version")
    assert not [one for one in slots.waiting_items.gather(cast.otto) if one.url == ours.get_absolute_url()]
    html = page(client, cast.rita, ours, "sections/first/").content.decode()
    assert "look twice" in html
    # Both changes together, ready to save.
    assert "One for shops.\n\nTwo, and look twice.</textarea>" in html


@pytest.mark.parametrize(
    ("significance", "sections"),
    [(Of.EDITORIAL, [{**A, "body": "One.\n\nTwo!"}, B]), (Of.MATERIAL, [A, {**B, "body": "Another."}])],
)
def test_editorial_changes_and_changes_elsewhere_ask_nobody(cast, playbook, ours, significance, sections):
    revise(cast, playbook, *sections, significance=significance)
    assert not ours.sections.get().is_behind


def test_taking_theirs_keeping_ours_and_merging_settle_it(cast, playbook, ours):
    newer = revise(cast, playbook, {**A, "body": "One.\n\nTwo, and look twice."}, B)
    kept = keep(ours, key="first", by=cast.rita)
    assert (kept.is_behind, kept.base, kept.body) == (False, newer, "One for shops.\n\nTwo.")
    newest = revise(cast, playbook, {**A, "body": "One.\n\nTwo, three times."}, B)
    merged = adapt(ours, body="One for shops.\n\nTwo, three times.", lock=1, by=cast.dora)
    assert (merged.is_behind, merged.base, merged.written_by) == (False, newest, cast.dora)
    revise(cast, playbook, {**A, "body": "Only one."}, B)
    with pytest.raises(Conflict):
        actions.follow_again(adaptation=ours, key="first", lock=1, by=cast.rita)
    assert ours.sections.get().body == merged.body
    actions.follow_again(adaptation=ours, key="first", lock=merged.lock, by=cast.rita)
    assert not ours.sections.exists()
    assert actions.follow_again(adaptation=ours, key="first", lock=merged.lock, by=cast.rita) is None


def test_a_section_that_the_playbook_drops_stays_until_the_department_decides(cast, client, playbook, ours):
    revise(cast, playbook, B, significance=Of.MATERIAL)
    assert ours.sections.get().is_behind
    html = page(client, cast.rita, ours, "sections/first/").content.decode()
    assert "this section no more" in html
    assert "One for shops." in page(client, cast.emma, ours).content.decode()
    keep(ours, key="first", by=cast.rita)
    assert "One for shops." in page(client, cast.emma, ours).content.decode()


def test_left_out_and_added_sections_stand_where_they_belong(cast, client, playbook, ours):
    leave_out(ours, key="then", reason="Shops have no legal team.", by=cast.rita)
    added = actions.add_section(adaptation=ours, after="first", heading="Ring the shop", body="Ring.", by=cast.rita)
    top = actions.add_section(adaptation=ours, after="", heading="Read this first", body="Read.", by=cast.rita)
    lines = page(client, cast.emma, ours).context["lines"]
    assert [line.key for line in lines] == [top.key, "first", added.key, "then"]
    html = page(client, cast.emma, ours).content.decode()
    assert "Shops have no legal team." in html
    revise(cast, playbook, B, significance=Of.MATERIAL)
    lines = page(client, cast.emma, ours).context["lines"]
    # What stood behind a section that is gone comes last; nothing is lost.
    assert [line.key for line in lines] == [top.key, "then", added.key, "first"]


def test_a_key_of_its_own_is_never_one_the_playbook_may_come_to_use(cast, ours):
    added = actions.add_section(adaptation=ours, after="", heading="Then", body="Ours.", by=cast.rita)
    assert added.key == "retail-then"


def test_the_second_to_save_sees_both_texts_and_loses_nothing(cast, client, ours):
    adapt(ours, body="Dora's words.", lock=1, by=cast.dora)
    with pytest.raises(Conflict):
        adapt(ours, body="Rita's words.", lock=1, by=cast.rita)
    client.force_login(cast.rita)
    url = f"{ours.get_absolute_url()}sections/first/"
    answer = client.post(url, {"lock": 1, "seen": 1, "heading": "First", "body": "Rita's words."})
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "Dora&#x27;s words." in html
    assert "Rita&#x27;s words.</textarea>" in html
    again = client.post(
        url, {"lock": answer.context["form"]["lock"].value(), "seen": 1, "heading": "First", "body": "Both."}
    )
    assert again.status_code == 302
    assert ours.sections.get().body == "Both."


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"heading": " "}, "heading"),
        ({"heading": "x" * 251}, "heading"),
        ({"body": " "}, "body"),
        ({"body": "x" * 50_001}, "body"),
        ({"body": "One.\n\nTwo."}, None),
    ],
)
def test_what_cannot_be_saved_is_said(cast, ours, values, field):
    with pytest.raises(Invalid) as error:
        adapt(ours, lock=1, by=cast.rita, **values)
    assert error.value.field == field
    client_text = AdaptedSection.objects.get().body
    assert client_text == "One for shops.\n\nTwo."


def test_refusals(cast, playbook, ours):
    for who in (cast.otto, cast.emma, cast.audra):
        with pytest.raises(NotAllowed):
            adapt(ours, lock=1, by=who)
        with pytest.raises(NotAllowed):
            actions.start_adaptation(playbook=playbook, spoke=cast.care, by=who)
    hidden = make_published(cast=cast, audiences=[cast.operations.group]).playbook
    with pytest.raises(NotAllowed):
        actions.start_adaptation(playbook=hidden, spoke=cast.retail, by=cast.rita)
    with pytest.raises(NotAllowed):
        adapt(ours, key="nothing", by=cast.rita)
    with pytest.raises(NotAllowed):
        leave_out(ours, key="nothing", reason="x", by=cast.rita)
    with pytest.raises(Invalid):
        leave_out(ours, key="then", reason="", by=cast.rita)
    with pytest.raises(Invalid):
        leave_out(ours, key="then", reason="x" * 401, by=cast.rita)
    with pytest.raises(NotAllowed):
        keep(ours, key="then", by=cast.rita)
    with pytest.raises(Invalid):
        actions.add_section(adaptation=ours, after="nothing", heading="x", body="x", by=cast.rita)
    with pytest.raises(Invalid):
        actions.introduce(adaptation=ours, intro="x" * 401, by=cast.rita)
    actions.follow_again(adaptation=ours, key="then", lock=0, by=cast.rita)
    assert ours.sections.count() == 1


def test_an_empty_version_is_not_published_and_a_draft_is_not_retired_away(cast, playbook):
    draft = actions.start_adaptation(playbook=playbook, spoke=cast.retail, by=cast.rita)
    assert actions.start_adaptation(playbook=playbook, spoke=cast.retail, by=cast.dora) == draft
    with pytest.raises(Invalid):
        actions.publish_adaptation(adaptation=draft, by=cast.rita)
    assert actions.retire_adaptation(adaptation=draft, by=cast.rita).status == AdaptationStatus.RETIRED
    with pytest.raises(Invalid):
        actions.publish_adaptation(adaptation=draft, by=cast.rita)


def test_a_retired_version_is_for_its_department_and_can_come_back(cast, client, ours):
    actions.retire_adaptation(adaptation=ours, by=cast.rita)
    assert actions.retire_adaptation(adaptation=ours, by=cast.rita).status == AdaptationStatus.RETIRED
    assert page(client, cast.emma, ours).status_code == 404
    assert page(client, cast.rita, ours).status_code == 200
    actions.publish_adaptation(adaptation=ours, by=cast.rita)
    assert page(client, cast.emma, ours).status_code == 200


def test_its_verbs_do_what_the_table_of_states_says(cast, playbook):
    verbs = {
        AdaptationStatus.PUBLISHED: actions.publish_adaptation,
        AdaptationStatus.RETIRED: actions.retire_adaptation,
    }
    adaptation = actions.start_adaptation(playbook=playbook, spoke=cast.retail, by=cast.rita)
    adapt(adaptation, by=cast.rita)
    moves = {status: set() for status in AdaptationStatus}
    for status in AdaptationStatus:
        for act in verbs.values():
            Adaptation.objects.update(status=status)
            moves[status].add(act(adaptation=adaptation, by=cast.rita).status)
    assert {status: found - {status} for status, found in moves.items()} == ADAPTATION_TRANSITIONS


def test_a_section_of_its_own_stays_one_when_it_is_written_again(cast, ours):
    added = actions.add_section(adaptation=ours, after="first", heading="Ring", body="Ring.", by=cast.rita)
    again = adapt(ours, key=added.key, heading="Ring twice", body="Twice.", lock=1, by=cast.dora)
    assert (again.pk, again.kind, again.heading, again.after) == (added.pk, AdaptedKind.ADDED, "Ring twice", "first")
    assert not again.is_behind


def test_a_department_that_closed_has_no_version_of_its_own(cast, playbook):
    spoke_actions.close_spoke(spoke=cast.stores, by=cast.root)
    cast.stores.refresh_from_db()
    for person in (cast.rita, cast.paul):
        with pytest.raises(NotAllowed, match="Stores is closed"):
            actions.start_adaptation(playbook=playbook, spoke=cast.stores, by=person)
    assert not Adaptation.objects.exists()


def test_at_most_twenty_sections_of_its_own(cast, ours):
    for n in range(20):
        actions.add_section(adaptation=ours, after="", heading=f"S {n}", body="x", by=cast.rita)
    with pytest.raises(Invalid):
        actions.add_section(adaptation=ours, after="", heading="One more", body="x", by=cast.rita)


def test_the_hub_takes_words_into_the_playbook_with_credit(cast, client, playbook, ours):
    client.force_login(cast.paul)
    answer = client.post(f"{ours.get_absolute_url()}sections/first/take/")
    assert answer.status_code == 302
    draft = playbook.revisions.open().get()
    assert [one.body for one in draft.sections.all()] == ["One for shops.\n\nTwo.", "Three."]
    assert set(draft.contributors.all()) == {cast.paul, cast.rita}
    assert ours.sections.get().taken_up_in == draft
    with pytest.raises(NotAllowed):
        actions.take_upstream(section=ours.sections.get(), by=cast.rita)


def test_taking_words_keeps_what_the_open_revision_changed(cast, client, playbook, ours):
    draft = make_draft(cast=cast, playbook=playbook, sections=[{**A, "body": "One.\n\nTwo, and look twice."}, B])
    actions.take_upstream(section=ours.sections.get(), by=cast.hana)
    assert draft.sections.get(key="first").body == "One for shops.\n\nTwo, and look twice."


def test_words_that_clash_with_the_open_revision_are_brought_together_by_a_person(cast, client, playbook, ours):
    draft = make_draft(cast=cast, playbook=playbook, sections=[{**A, "body": "One for all.\n\nTwo."}, B])
    client.force_login(cast.hana)
    answer = client.post(f"{ours.get_absolute_url()}sections/first/take/", follow=True)
    assert "changed the same lines of “First”" in answer.content.decode()
    assert draft.sections.get(key="first").body == "One for all.\n\nTwo."
    assert ours.sections.get().taken_up_in is None


def test_a_section_is_not_left_out_over_what_a_colleague_wrote(cast, ours):
    with pytest.raises(Conflict):
        leave_out(ours, key="first", by=cast.dora)
    assert ours.sections.get().kind == AdaptedKind.CHANGED
    assert leave_out(ours, key="first", lock=1, by=cast.dora).kind == AdaptedKind.LEFT_OUT


def test_whoever_writes_while_a_colleague_drops_the_words_is_told_and_keeps_hers(cast, client, ours):
    actions.follow_again(adaptation=ours, key="first", lock=1, by=cast.dora)
    client.force_login(cast.rita)
    words = {"lock": 1, "seen": 1, "heading": "First", "body": "Mine."}
    answer = client.post(f"{ours.get_absolute_url()}sections/first/", words)
    assert answer.status_code == 409
    assert "changed this section meanwhile" in answer.content.decode()
    assert "Mine.</textarea>" in answer.content.decode()
    assert client.post(f"{ours.get_absolute_url()}sections/first/", words | {"lock": 0}).status_code == 302


@pytest.mark.parametrize(("after", "place"), [("", 0), ("first", 1), ("then", 2)])
def test_an_added_section_is_taken_to_its_place(cast, playbook, ours, after, place):
    added = actions.add_section(adaptation=ours, after=after, heading="Ring", body="Ring.", by=cast.rita)
    draft = actions.take_upstream(section=added, by=cast.paul)
    assert list(draft.sections.all())[place].heading == "Ring"


def test_what_is_left_out_has_no_words_to_take(cast, ours):
    row = leave_out(ours, key="then", reason="Not here.", by=cast.rita)
    assert row.kind == AdaptedKind.LEFT_OUT
    with pytest.raises(NotAllowed):
        actions.take_upstream(section=row, by=cast.paul)


def test_the_pages_of_a_department_from_beginning_to_end(cast, client, playbook):
    client.force_login(cast.rita)
    listed = client.get(f"{playbook.get_absolute_url()}adaptations/")
    assert [spoke.slug for spoke in listed.context["spokes"]] == ["retail", "stores"]
    begun = client.post(f"{playbook.get_absolute_url()}adaptations/start/", {"spoke": "retail"}, follow=True)
    url = begun.redirect_chain[-1][0]
    shown = client.get(f"{url}sections/first/")
    assert "One.\n\nTwo.</textarea>" in shown.content.decode()
    wrong = client.post(f"{url}sections/first/", {"lock": 0, "seen": 1, "heading": "", "body": "Kept while wrong."})
    assert wrong.status_code == 422
    assert "Kept while wrong." in wrong.content.decode()
    same = client.post(f"{url}sections/first/", {"lock": 0, "seen": 1, "heading": "First", "body": "One.\n\nTwo."})
    assert "own words" in same.content.decode()
    client.post(f"{url}sections/first/", {"lock": 0, "seen": 1, "heading": "First", "body": "Shops."})
    assert client.get(f"{url}sections/nothing/").status_code == 404
    bad = client.post(f"{url}add/", {"after": "first", "heading": "x", "body": ""})
    assert bad.status_code == 422
    client.post(f"{url}add/", {"after": "first", "heading": "Ring", "body": "Ring."})
    client.post(f"{url}sections/then/leave-out/", {"reason": "No legal team.", "seen": 1, "lock": 0})
    client.post(f"{url}introduce/", {"intro": "For shops."})
    client.post(f"{url}publish/")
    client.force_login(cast.emma)
    html = client.get(url).content.decode()
    assert all(words in html for words in ("Shops.", "Ring.", "No legal team.", "For shops."))
    assert "Retail" in client.get(playbook.get_absolute_url()).content.decode()
    client.force_login(cast.rita)
    unread = client.post(f"{url}sections/then/follow/", follow=True)
    assert "Please read it again" in unread.content.decode()
    client.post(f"{url}sections/then/follow/", {"lock": 1})
    assert "Three." in client.get(url).content.decode()


def test_the_section_of_a_playbook_for_others_is_not_there(cast, client, playbook, ours):
    actions.change_playbook(playbook=playbook, audiences=[cast.retail.group], by=cast.paul)
    assert page(client, cast.emma, ours).status_code == 404
    client.force_login(cast.emma)
    assert client.get(f"{playbook.get_absolute_url()}adaptations/").status_code == 404


def test_what_the_playbook_changed_while_one_was_writing_still_waits(cast, playbook, ours):
    """She saw revision 1 beside her words; revision 2 came before she saved."""
    revise(cast, playbook, {**A, "body": "One.\n\nTwo, and look twice."}, B)
    row = adapt(ours, body="Other words.", seen=1, lock=1, by=cast.rita)
    assert (row.is_behind, row.base.number) == (True, 1)
    assert keep(ours, seen=1, by=cast.rita).is_behind
    assert not keep(ours, by=cast.rita).is_behind


def test_a_page_that_does_not_say_what_was_read_decides_nothing(cast, client, playbook, ours):
    revise(cast, playbook, {**A, "body": "One.\n\nTwo, and look twice."}, B)
    client.force_login(cast.rita)
    answer = client.post(f"{ours.get_absolute_url()}sections/first/keep/", follow=True)
    assert "open it again" in answer.content.decode()
    assert ours.sections.get().is_behind


def test_what_a_department_leaves_out_and_the_playbook_drops_waits_for_nobody(cast, client, playbook, ours):
    leave_out(ours, key="then", by=cast.rita)
    revise(cast, playbook, A, significance=Of.MATERIAL)
    assert [row.key for row in ours.sections.all()] == ["first"]
    assert not [one for one in slots.waiting_items.gather(cast.rita) if one.url == ours.get_absolute_url()]
    assert page(client, cast.rita, ours, "sections/then/").status_code == 404
