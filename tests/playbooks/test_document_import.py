"""A document from outside as the first draft of a playbook."""

import pytest

from hub.documents import read
from hub.documents.parts import as_stored
from hub.exceptions import Invalid, NotAllowed
from playbooks import imports
from playbooks.models import Playbook
from tests.factories import make_topic


def stored(text):
    return as_stored(read(text.encode(), "how.md"))


def test_a_text_about_doing_looks_more_like_a_playbook_than_a_text_of_rules():
    doing = stored("# How to plan a party\n\n## One\n\nFirst choose a day.\n\n## Two\n\nThen tell us.")
    rules = stored("# Conduct\n\n## One\n\nYou must be kind.\n\n## Two\n\nYou must not lie.")
    assert imports.likeness(doing) > imports.likeness(rules)


def create(*, cast, **fields):
    body = "Read first.\n\n- [ ] Ask the owner\n- [ ] Tell the desk\n\n" + "word " * 2000
    values = {
        "title": "How we do it",
        "slug": "how-we-do-it",
        "summary": "For all.",
        "language": "en",
        "topic": make_topic(),
        "owner": cast.hana,
        "parts": [{"key": "one", "heading": "One", "body": body, "force": "", "level": 2}],
        "change_note": "From a file.",
        "by": cast.paul,
        **fields,
    }
    return imports.create(**values)


def test_a_playbook_is_made_with_its_first_draft_and_its_checklist(cast):
    playbook = create(cast=cast)
    revision = playbook.revisions.get()
    section = revision.sections.get()
    assert (playbook.owner, playbook.current, playbook.minutes) == (cast.hana, None, 10)
    assert (revision.status, revision.change_note) == ("draft", "From a file.")
    assert section.key == "one"
    assert [step.text for step in section.steps.all()] == ["Ask the owner", "Tell the desk"]


def test_a_second_of_the_same_name_has_another_address(cast):
    assert [create(cast=cast).slug, create(cast=cast).slug] == ["how-we-do-it", "how-we-do-it-2"]


def test_only_staff_make_one(cast):
    with pytest.raises(NotAllowed):
        create(cast=cast, by=cast.rita)


def test_nothing_is_left_of_a_draft_that_cannot_be_written(cast):
    with pytest.raises(Invalid):
        create(cast=cast, parts=[{"key": "a", "heading": "", "body": "B"}])
    assert not Playbook.objects.exists()
