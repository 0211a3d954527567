"""A document from outside as the first draft of a policy."""

import pytest

from hub.documents import read
from hub.documents.parts import as_stored
from hub.exceptions import Invalid, NotAllowed
from policies import imports
from policies.models import Policy
from policies.workflow import Status
from tests.factories import make_topic


@pytest.mark.parametrize(
    ("text", "force"),
    [
        ("You must say who you are.", "must"),
        ("You may not share this, though you may read it.", "must"),
        ("Never argue. You can leave.", "must"),
        ("You should answer; you may wait a day.", "should"),
        ("Avoid jokes.", "should"),
        ("You can use a picture.", "may"),
        ("The team meets on Monday.", "should"),
        ("The musty mayor cannily shouldered it.", "should"),
        ("Chacun doit signer.", "must"),
        ("Il est interdit de publier.", "must"),
        ("Das dürfen Sie.", "may"),
        ("يجب عليك أن تقول من أنت.", "must"),
        ("共有してはならない。禁止です。", "must"),
        ("共有することができます。", "may"),
        ("", "should"),
    ],
)
def test_the_force_is_proposed_from_the_words(text, force):
    assert imports.force_of(text) == force


def stored(text):
    return as_stored(read(text.encode(), "rules.md"))


def test_a_text_of_rules_looks_more_like_a_policy_than_a_text_about_doing():
    rules = stored("# Code of conduct\n\n## One\n\nYou must be kind.\n\n## Two\n\nYou must not lie.")
    doing = stored("# Summer party\n\n## One\n\nFirst choose a day.\n\n## Two\n\nThen tell us.")
    assert imports.likeness(rules) > imports.likeness(doing)


def create(*, cast, **fields):
    values = {
        "title": "Our rules",
        "slug": "our-rules",
        "summary": "For all.",
        "language": "ar",
        "topic": make_topic(),
        "owner": cast.hana,
        "parts": [{"key": "one", "heading": "One", "body": "Write to <conduct@larkfield.example>.", "force": "must"}],
        "change_note": "From a file.",
        "by": cast.paul,
        **fields,
    }
    return imports.create(**values)


def test_a_policy_is_made_with_its_first_draft(cast):
    policy = create(cast=cast)
    version = policy.versions.get()
    clause = version.clauses.get()
    assert (policy.language, policy.owner, policy.current) == ("ar", cast.hana, None)
    assert (version.status, version.change_note) == (Status.DRAFT, "From a file.")
    assert (clause.key, clause.force, clause.heading) == ("one", "must", "One")
    assert 'href="mailto:conduct@larkfield.example"' in clause.html


def test_only_staff_make_one(cast):
    with pytest.raises(NotAllowed):
        create(cast=cast, by=cast.rita)


def test_nothing_is_left_of_a_draft_that_cannot_be_written(cast):
    with pytest.raises(Invalid):
        create(cast=cast, parts=[{"key": "a", "heading": "H", "body": "B", "force": "perhaps"}])
    assert not Policy.objects.exists()
