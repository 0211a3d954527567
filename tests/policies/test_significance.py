"""How far-reaching a change is: proposed from the texts, corrected by the editor, never below what the text allows."""

import pytest

from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.significance import highest
from hub.text.redline import ClauseText, compare_clauses
from policies import actions
from policies.significance import proposal
from policies.workflow import Status
from tests.policies.factories import clause, make_approved, make_draft, make_policy, make_published, submit, write

RULE = "Ask the press office before you answer a journalist, and write down when you asked."


def text(body=RULE, *, key="press", number="1", heading="Journalists", force="must"):
    return ClauseText(key, number, heading, force, body)


def judge(old, new, language="en"):
    change = next(change for change in compare_clauses(old, new) if change.kind != "same")
    found = proposal(change, language=language)
    return str(found.significance), str(found.floor), found.reason


@pytest.mark.parametrize(
    ("old", "new", "language", "expected"),
    [
        ([], [text()], "en", ("material", "clarifying")),
        ([], [text(force="should")], "en", ("clarifying", "clarifying")),
        ([text()], [], "en", ("material", "clarifying")),
        ([text(force="may")], [], "en", ("clarifying", "clarifying")),
        ([text(force="should")], [text(force="must")], "en", ("material", "clarifying")),
        ([text(force="must")], [text(force="may")], "en", ("material", "clarifying")),
        ([text()], [text(RULE.replace("journalist", "reporter"))], "en", ("editorial", "editorial")),
        (
            [text()],
            [text(RULE + " Their number is on the intranet page of the press office.")],
            "en",
            ("clarifying", "editorial"),
        ),
        (
            [text("A job, a gift or a fee.")],
            [text("A job, a gift, a fee or a family tie.")],
            "en",
            ("clarifying", "editorial"),
        ),
        ([text()], [text(RULE.replace("before", "after"))], "en", ("material", "clarifying")),
        ([text()], [text("Never " + RULE)], "en", ("material", "clarifying")),
        ([text(force="should")], [text("Never " + RULE, force="should")], "en", ("clarifying", "clarifying")),
        (
            [text("Answer within 2 days, please.")],
            [text("Answer within 4 days, please.")],
            "en",
            ("material", "clarifying"),
        ),
        (
            [text("Demandez au service de presse.")],
            [text("Ne demandez pas au service de presse.")],
            "fr-CA",
            ("material", "clarifying"),
        ),
        (
            [text("記者には広報が答えてください。")],
            [text("記者には広報が答えなければならない。")],
            "ja",
            ("material", "clarifying"),
        ),
        ([text("اتصل بالمكتب أولا.")], [text("لا يجوز الرد.")], "ar", ("material", "clarifying")),
    ],
)
def test_a_proposal_follows_from_size_and_kind(old, new, language, expected):
    assert judge(old, new, language)[:2] == expected


def test_a_moved_clause_is_editorial():
    one, two = text(), text(key="two", number="2", heading="Two")
    assert judge([one, two], [two, one])[:2] == ("editorial", "editorial")


def test_the_reason_is_a_sentence():
    assert "“should” and says “must”" in judge([text(force="should")], [text()])[2]
    assert "after, before" in judge([text()], [text(RULE.replace("before", "after"))])[2]


def test_the_highest_of_none_is_editorial():
    assert highest([]) == "editorial"
    assert highest(["clarifying", "material", "editorial"]) == "material"


# --- In a version -----------------------------------------------------------------------------------------------------


@pytest.fixture
def policy(cast):
    old = make_published(
        cast=cast,
        clauses=[clause("Press", key="press", body=RULE), clause("Tone", key="tone", force="should", body="Be kind.")],
    )
    return old.policy


def draft(cast, policy, *, press=RULE, tone="Be kind.", note="Why.", **more):
    clauses = [clause("Press", key="press", body=press), clause("Tone", key="tone", force="should", body=tone)]
    return make_draft(cast=cast, policy=policy, clauses=clauses, note=note, **more)


def rows(version):
    return {row.key: (row.kind, str(row.proposed), str(row.significance)) for row in version.clause_changes.all()}


def choose(version, by, **choices):
    return actions.set_significance(version=version, choices=choices, lock=version.lock, by=by)


def test_a_save_proposes_and_the_version_counts_as_its_highest(cast, policy):
    version = draft(cast, policy, press="Never " + RULE, tone="Be kind, also to trolls and to your own colleagues.")
    assert rows(version) == {
        "press": ("changed", "material", "material"),
        "tone": ("changed", "clarifying", "clarifying"),
    }
    assert version.significance == "material"
    version = write(version=version, clauses=[clause("Press", key="press", body=RULE)], by=cast.paul)
    assert rows(version) == {"tone": ("removed", "clarifying", "clarifying")}
    assert version.significance == "clarifying"


def test_a_first_version_is_material_and_has_nothing_to_compare(cast):
    version = make_draft(cast=cast)
    assert (version.significance, rows(version)) == ("material", {})


def test_the_editors_choice_stays_as_long_as_the_text_she_judged(cast, policy):
    version = draft(cast, policy, tone="Be kind, also to trolls and to your own colleagues.")
    version = choose(version, cast.paul, tone="material")
    assert version.significance == "material"
    version = draft(cast, policy, press="Never " + RULE, tone="Be kind, also to trolls and to your own colleagues.")
    assert rows(version)["tone"] == ("changed", "clarifying", "material")
    version = draft(cast, policy, tone="Be kind, also to trolls, and to your own colleagues at work.")
    assert rows(version) == {"tone": ("changed", "clarifying", "clarifying")}
    assert version.significance == "clarifying"


def test_should_to_must_is_never_editorial(cast, policy):
    clauses = [clause("Press", key="press", body=RULE), clause("Tone", key="tone", force="must", body="Be kind.")]
    version = make_draft(cast=cast, policy=policy, clauses=clauses)
    with pytest.raises(Invalid, match="“Tone” says something else") as refused:
        choose(version, cast.paul, tone="editorial")
    assert refused.value.field == "significance-tone"
    assert choose(version, cast.paul, tone="clarifying").significance == "clarifying"


@pytest.mark.parametrize("stated", ["editorial", "clarifying", "material"])
def test_a_stated_significance_fits_the_texts(cast, policy, stated):
    version = draft(cast, policy, press="Never " + RULE, tone="Be very kind.", significance=stated)
    assert version.significance == {"editorial": "clarifying"}.get(stated, stated)


def test_what_was_approved_before_clauses_had_a_significance_is_published_as_it_was_approved(cast, policy):
    version = submit(draft(cast, policy, tone="Be kind today."), by=cast.paul)
    version = actions.approve(version=version, lock=version.lock, by=cast.hana)
    version.clause_changes.all().delete()
    policy.versions.filter(pk=version.pk).update(significance="material")
    version = actions.publish(version=version, by=cast.hana)
    assert (version.significance, version.material_number) == ("material", version.number)
    assert [row.significance for row in version.clause_changes.all()] == ["material"]


def test_a_choice_that_is_none_is_refused(cast, policy):
    version = draft(cast, policy, tone="Be kind today.")
    with pytest.raises(Invalid, match="Choose how far"):
        choose(version, cast.paul, tone="huge")


def test_only_staff_choose_and_nobody_after_somebody_else(cast, policy):
    version = draft(cast, policy, tone="Be kind today.")
    with pytest.raises(NotAllowed):
        choose(version, cast.rita, tone="material")
    with pytest.raises(Conflict):
        actions.set_significance(version=version, choices={"tone": "material"}, lock=version.lock - 1, by=cast.paul)


def test_a_choice_voids_an_approval_and_the_same_choice_changes_nothing(cast, policy):
    version = submit(draft(cast, policy, tone="Be kind today."), by=cast.paul)
    version = actions.approve(version=version, lock=version.lock, by=cast.hana)
    same = choose(version, cast.paul, tone=version.clause_changes.get().significance)
    assert (same.status, same.lock) == (Status.APPROVED, version.lock)
    changed = choose(version, cast.paul, tone="material")
    assert (changed.status, changed.approved_by) == (Status.DRAFT, None)


def test_a_published_version_keeps_its_significance(cast, policy):
    draft(cast, policy, tone="Be kind today.")
    version = make_approved(cast=cast, policy=policy, clauses=None)
    version = actions.publish(version=version, by=cast.hana)
    with pytest.raises(NotAllowed, match="never changes"):
        choose(version, cast.paul, tone="material")


def test_a_merely_editorial_version_needs_no_note(cast, policy):
    version = submit(draft(cast, policy, press=RULE.replace("journalist", "reporter"), note=""), by=cast.paul)
    assert (version.significance, version.status) == ("editorial", Status.IN_REVIEW)


def test_any_other_version_needs_a_note(cast, policy):
    version = draft(cast, policy, press="Never " + RULE, note="")
    with pytest.raises(Invalid, match="Say in plain words") as refused:
        submit(version, by=cast.paul)
    assert refused.value.field == "change_note"
    first = write(version=make_policy(cast=cast).versions.get(), note="", by=cast.paul)
    with pytest.raises(Invalid, match="Say in plain words"):
        submit(first, by=cast.paul)


# --- On the page ------------------------------------------------------------------------------------------------------


def page(version, step="changes"):
    return f"/admin/policies/policy/{version.policy_id}/{step}/"


def test_each_change_is_judged_beside_its_reason(cast, policy, client):
    version = draft(cast, policy, press="Never " + RULE, tone="Be kind today.")
    client.force_login(cast.paul)
    words = client.get(page(version)).content.decode()
    assert "Words that carry the rule changed: never." in words
    sent = {"lock": version.lock, "significance-press": "clarifying", "significance-tone": "material"}
    answer = client.post(page(version, "significance"), sent, follow=True)
    assert "Saved." in answer.content.decode()
    assert "Proposed: Material" in answer.content.decode()
    version.refresh_from_db()
    assert rows(version)["press"] == ("changed", "material", "clarifying")
    assert version.significance == "material"


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        ({"significance-press": "editorial"}, 422, "Select a valid choice"),
        ({"lock": 99}, 200, "The text changed while you were looking"),
    ],
)
def test_what_cannot_be_is_refused_on_the_page(cast, policy, client, sent, status, words):
    version = draft(cast, policy, press="Never " + RULE)
    client.force_login(cast.paul)
    data = {"lock": version.lock, "significance-press": "material", **sent}
    answer = client.post(page(version, "significance"), data, follow=True)
    assert answer.status_code == status
    assert words in answer.content.decode()


def test_a_choice_on_what_others_look_at_makes_it_a_draft_again(cast, policy, client):
    version = submit(draft(cast, policy, tone="Be kind today."), by=cast.paul)
    client.force_login(cast.paul)
    answer = client.post(
        page(version, "significance"), {"lock": version.lock, "significance-tone": "material"}, follow=True
    )
    assert "is a draft again" in answer.content.decode()


def test_a_first_version_has_no_changes_to_judge(cast, client):
    version = make_draft(cast=cast)
    client.force_login(cast.paul)
    assert client.post(page(version, "significance"), {"lock": version.lock})["Location"] == page(version, "look")
    assert "A first version is material" in client.get(page(version, "edit")).content.decode()


def test_auditors_read_the_judgement_and_change_nothing(cast, policy, client):
    version = draft(cast, policy, tone="Be kind today.")
    client.force_login(cast.audra)
    words = client.get(page(version)).content.decode()
    assert "Save how far-reaching" not in words
    assert (
        client.post(page(version, "significance"), {"lock": version.lock, "significance-tone": "material"}).status_code
        == 403
    )
    version.refresh_from_db()
    assert rows(version)["tone"][2] == "clarifying"
