"""How far-reaching a section's change is: proposed, corrected, kept; the redlines that follow; the history page."""

import pytest

from hub.audit import history
from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.text.redline import ClauseText, compare_clauses
from playbooks import actions
from playbooks.models import Redline
from playbooks.significance import proposal
from tests.playbooks.factories import make_draft, make_published, section, submit, write

ASK = "Ask the owner of the account first, by phone or in person, and write down what was said."
ADVICE = "Answer in the tone of the person who writes, thank her, and say what happens next."


def text(body=ADVICE):
    return ClauseText("answer", "1", "Answer", "", body)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([], [text()], ("clarifying", "clarifying")),
        ([], [text("- [ ] Answered")], ("material", "clarifying")),
        ([text("- [ ] Answered")], [], ("material", "clarifying")),
        ([text()], [], ("clarifying", "clarifying")),
        ([text()], [text(ADVICE.replace("thank", "praise"))], ("editorial", "editorial")),
        ([text()], [text(ADVICE + " Keep a copy where the next shift finds it again.")], ("clarifying", "editorial")),
        ([text(ADVICE * 9)], [text(ADVICE * 9 + " Keep a copy where others find it.")], ("clarifying", "editorial")),
        ([text()], [text(ADVICE + "\n\n- [ ] Thanked")], ("material", "clarifying")),
        ([text("Wait 2 hours, then answer.")], [text("Wait 4 hours, then answer.")], ("material", "editorial")),
        ([text()], [text("Never " + ADVICE)], ("material", "editorial")),
    ],
)
def test_what_is_proposed(old, new, expected):
    change = next(change for change in compare_clauses(old, new) if change.kind != "same")
    found = proposal(change, language="en")
    assert (found.significance, found.floor) == expected
    assert found.reason


@pytest.fixture
def published(cast):
    sections = [section("Ask", key="ask", body=ASK), section("Answer", key="answer", body=ADVICE)]
    return make_published(cast=cast, sections=sections).playbook


def changed(cast, playbook, *, ask=ASK, answer=ADVICE, note="What changed."):
    sections = [section("Ask", key="ask", body=ask), section("Answer", key="answer", body=answer)]
    return make_draft(cast=cast, playbook=playbook, sections=sections, note=note)


def judged(revision):
    return {row.key: str(row.significance) for row in revision.section_changes.all()}


def test_the_most_far_reaching_change_is_the_revisions(cast, published):
    revision = changed(cast, published, ask=ASK.replace("owner", "keeper"), answer="Never " + ADVICE)
    assert judged(revision) == {"ask": "editorial", "answer": "material"}
    assert revision.significance == "material"


def test_the_editors_word_counts_as_long_as_the_text_stays(cast, published):
    revision = changed(cast, published, answer="Never " + ADVICE)
    revision = actions.set_significance(
        revision=revision, choices={"answer": "clarifying"}, lock=revision.lock, by=cast.paul
    )
    assert (revision.significance, judged(revision)) == ("clarifying", {"answer": "clarifying"})
    revision = changed(cast, published, ask=ASK.replace("owner", "keeper"), answer="Never " + ADVICE)
    assert judged(revision) == {"ask": "editorial", "answer": "clarifying"}
    revision = changed(cast, published, answer="Never ever " + ADVICE)
    assert judged(revision) == {"answer": "material"}


def test_a_checklist_that_grew_is_never_editorial(cast, published):
    revision = changed(cast, published, answer=ADVICE + "\n\n- [ ] Thanked")
    with pytest.raises(Invalid, match="“Answer” says something else") as refused:
        actions.set_significance(revision=revision, choices={"answer": "editorial"}, lock=revision.lock, by=cast.paul)
    assert refused.value.field == "significance-answer"


def test_the_word_that_stands_already_changes_nothing(cast, published):
    revision = submit(changed(cast, published, answer="Never " + ADVICE), by=cast.paul)
    lines = history(revision).count()
    again = actions.set_significance(
        revision=revision, choices={"answer": "material"}, lock=revision.lock, by=cast.hana
    )
    assert (again.status, again.lock, history(revision).count()) == ("in_review", revision.lock, lines)
    assert cast.hana not in again.contributors.all()


def test_a_word_on_significance_takes_back_what_was_submitted(cast, published):
    revision = submit(changed(cast, published, answer="Never " + ADVICE), by=cast.paul)
    revision = actions.set_significance(
        revision=revision, choices={"answer": "editorial"}, lock=revision.lock, by=cast.hana
    )
    assert (revision.status, revision.significance) == ("draft", "editorial")
    assert cast.hana in revision.contributors.all()


def test_only_an_editorial_revision_needs_no_note(cast, published):
    revision = changed(cast, published, ask=ASK.replace("owner", "keeper"), note="")
    assert submit(revision, by=cast.paul).status == "in_review"
    revision = changed(cast, published, answer="Never " + ADVICE, note="")
    with pytest.raises(Invalid) as refused:
        submit(revision, by=cast.paul)
    assert refused.value.field == "change_note"


def test_two_editors_neither_text_nor_judgement_is_lost(cast, published):
    stale = changed(cast, published, answer="Never " + ADVICE)
    actions.set_significance(revision=stale, choices={"answer": "editorial"}, lock=stale.lock, by=cast.hana)
    with pytest.raises(Conflict) as refused:
        write(revision=stale, sections=[section("Ask", key="ask", body="Mine.")], by=cast.paul)
    assert [one["key"] for one in refused.value.theirs["sections"]] == ["ask", "answer"]
    with pytest.raises(Conflict):
        actions.set_significance(revision=stale, choices={"answer": "material"}, lock=stale.lock, by=cast.paul)
    stale.refresh_from_db()
    assert judged(stale) == {"answer": "editorial"}


def test_employees_do_not_judge(cast, published):
    revision = changed(cast, published, answer="Never " + ADVICE)
    with pytest.raises(NotAllowed):
        actions.set_significance(revision=revision, choices={}, lock=revision.lock, by=cast.emma)


def test_redlines_are_made_at_publication(cast, published):
    sections = [section("Ask", key="ask", body=ASK.replace("owner", "deputy"))]
    make_published(cast=cast, playbook=published, sections=sections)
    make_published(cast=cast, playbook=published, sections=[section("Ask", key="ask", body="Ask nobody.")])
    pairs = Redline.objects.order_by("older__number", "newer__number").values_list("older__number", "newer__number")
    assert list(pairs) == [(1, 2), (1, 3), (2, 3)]
    first = Redline.objects.get(older__number=1, newer__number=2)
    assert "owner </del>" in first.html and "deputy </ins>" in first.html and "Clarifying" in first.html
    assert 'data-side="old"' in first.side_html


def test_the_editors_page_asks_how_far_reaching_each_change_is(cast, as_, published):
    revision = changed(cast, published, answer="Never " + ADVICE)
    client = as_(cast.paul)
    address = f"/admin/playbooks/playbook/{published.pk}/changes/"
    page = client.get(address).content.decode()
    assert "Words that carry the advice changed: never." in page
    lock = {"lock": revision.lock}
    act = f"/admin/playbooks/playbook/{published.pk}/significance/"
    assert client.post(act, {**lock, "significance-answer": "huge"}).status_code == 422
    assert client.post(act, {**lock, "significance-answer": "editorial"})["Location"] == address
    assert judged(revision) == {"answer": "editorial"}
    late = client.post(act, {**lock, "significance-answer": "material"}, follow=True)
    assert "Please look again" in late.content.decode()


def test_the_history_says_who_wrote_and_approved_what(cast, as_, published):
    sections = [section("Ask", key="ask", body="Ask them.")]
    make_published(cast=cast, playbook=published, sections=sections, note="Now them.")
    page = as_(cast.emma).get(f"/playbooks/{published.slug}/history/").content.decode()
    assert "Now them." in page and "Material" in page
    assert "<bdi>Paul</bdi>" in page and "<bdi>Hana</bdi>" in page
    assert f"/playbooks/{published.slug}/compare/1/2/" in page


def test_the_page_thanks_those_who_made_it(cast, as_, published):
    actions.verify(playbook=published, by=cast.emma)
    page = as_(cast.sam).get(published.get_absolute_url()).content.decode()
    thanks = page[page.index("Thanks to") :]
    assert [word for word in ("Written by", "Approved by", "Verified by", "Suggested by") if word in thanks] == [
        "Written by",
        "Approved by",
        "Verified by",
    ]
    assert thanks.index("Paul") < thanks.index("Hana") < thanks.index("Emma")
