"""Playbooks in every state and questions, each reached by the path people take."""

import itertools
import uuid

from hub.models import Topic
from playbooks import actions
from playbooks.models import Goal
from tests.factories import make_topic

_numbers = itertools.count(1)


def section(heading="Ask first", *, key="", body="Ask the owner.\n\n- [ ] Owner asked"):
    return {"key": key, "heading": heading, "body": body}


def make_goal(slug):
    """One of those that a portal begins with, also after a test that emptied the tables."""
    name, order = {"reach": ("Reach people", 1), "protect": ("Protect people and the name", 6)}.get(
        slug, (slug.title(), 9)
    )
    return Goal.objects.get_or_create(slug=slug, defaults={"name": name, "order": order})[0]


def make_playbook(*, cast, title=None, **fields):
    """A playbook with its empty first draft, by Paul."""
    title = title or f"Playbook {next(_numbers)}"
    values = {"summary": "When to use it, and what you get.", "owner": cast.emma, "by": cast.paul, **fields}
    if isinstance(values.get("goal"), str):
        values["goal"] = make_goal(values["goal"])
    values.setdefault("topic", Topic.objects.first() or make_topic())
    return actions.create_playbook(title=title, **values)


def write(*, revision, sections=None, note="What changed.", by, **fields):
    return actions.save_draft(
        revision=revision, sections=sections or [section()], lock=revision.lock, change_note=note, by=by, **fields
    )


def make_draft(
    *, cast, playbook=None, sections=None, note="What changed.", significance=None, citations=None, **fields
):
    """A written draft by Paul: the first, or a new revision of a playbook that has one."""
    playbook = playbook or make_playbook(cast=cast, **fields)
    revision = playbook.revisions.open().first() or actions.start_revision(playbook=playbook, by=cast.paul)
    return write(
        revision=revision,
        sections=sections or [section(key="ask-first", body=f"Text {next(_numbers)}.\n\n- [ ] Owner asked")],
        note=note,
        significance=significance,
        citations=citations,
        by=cast.paul,
    )


def submit(revision, *, by):
    """By somebody who sees the text as it is now."""
    return actions.submit(revision=revision, lock=revision.lock, by=by)


def make_submitted(*, cast, **fields):
    return submit(make_draft(cast=cast, **fields), by=cast.paul)


def make_published(*, cast, **fields):
    revision = make_submitted(cast=cast, **fields)
    return actions.approve_and_publish(revision=revision, lock=revision.lock, by=cast.hana)


def make_suggestion(*, playbook, by, key="ask-first", body="Ask the owner by phone.", sent=True):
    """A better text for a section of what readers get; sent, or still being written."""
    playbook.refresh_from_db()
    suggestion = actions.save_suggestion(
        playbook=playbook,
        section_key=key,
        heading="Ask first",
        body=body,
        reason=body,
        base=playbook.current.number,
        form_token=uuid.uuid4(),
        by=by,
    )
    return actions.send_suggestion(suggestion=suggestion, by=by) if sent else suggestion


def make_question(*, cast, title=None, by=None, **fields):
    return actions.ask_question(title=title or f"May I post this? {next(_numbers)}", by=by or cast.emma, **fields)


def make_answer(*, cast, question=None, body="Yes.", by=None, **fields):
    question = question or make_question(cast=cast, **fields)
    return actions.answer_question(question=question, body=body, by=by or cast.paul)


def steps(*texts):
    """A section of the checklist with these steps, each with the key that its words give."""
    return section(key="do-it", heading="Do it", body="\n".join(f"- [ ] {text}" for text in texts))


def make_run(*, cast, playbook=None, spoke=None, name="Spring run", by=None, texts=("One", "Two", "Three"), **fields):
    """A run of Retail's, started by Rita."""
    if playbook is None:
        playbook = make_published(cast=cast, sections=[steps(*texts)]).playbook
    return actions.start_run(playbook=playbook, spoke=spoke or cast.retail, name=name, by=by or cast.rita, **fields)
