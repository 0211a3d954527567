"""Policies in every state, each reached by the path people take."""

import itertools
from datetime import timedelta

from hub.models import Topic
from policies import actions, clock, workflow
from tests.factories import make_topic

_numbers = itertools.count(1)


def clause(heading="Say where you work", *, key="", force="must", body="Say so in the post itself."):
    return {"key": key, "force": force, "heading": heading, "body": body}


def days(number):
    return clock.today() + timedelta(days=number)


def make_policy(*, cast, title=None, **fields):
    """A policy with its empty first draft, by Paul."""
    title = title or f"Policy {next(_numbers)}"
    values = {"summary": "Whom it concerns, and what it asks.", "owner": cast.paul, "by": cast.paul, **fields}
    values.setdefault("topic", Topic.objects.first() or make_topic())
    return actions.create_policy(title=title, **values)


def hand_to(person, policy):
    """Makes her the owner although she does not work for the hub (any more), whose own alone can be chosen."""
    type(policy).objects.filter(pk=policy.pk).update(owner=person)
    policy.refresh_from_db()
    return policy


def write(*, version, clauses=None, note="First version.", significance=None, by):
    return actions.save_draft(
        version=version,
        clauses=clauses or [clause()],
        lock=version.lock,
        change_note=note,
        significance=significance,
        by=by,
    )


def make_draft(*, cast, policy=None, clauses=None, significance=None, note="What changed.", **fields):
    """A written draft by Paul: the first, or a new version of a policy that has one."""
    policy = policy or make_policy(cast=cast, **fields)
    version = policy.versions.open().first() or actions.start_version(policy=policy, by=cast.paul)
    if clauses is None:
        clauses = [clause(body=f"Text {next(_numbers)}.", key="say-where-you-work")]
    return write(version=version, clauses=clauses, note=note, significance=significance, by=cast.paul)


def submit(version, *, by):
    """By somebody who sees the text as it is now."""
    return actions.submit(version=version, lock=version.lock, by=by)


def publish_now(version, *, reason="A recall.", by):
    return actions.publish_without_approval(version=version, reason=reason, lock=version.lock, by=by)


def make_submitted(*, cast, **fields):
    return submit(make_draft(cast=cast, **fields), by=cast.paul)


def make_approved(*, cast, **fields):
    version = make_submitted(cast=cast, **fields)
    return actions.approve(version=version, lock=version.lock, by=cast.lena)


def make_published(*, cast, publish_on=None, effective_on=None, **fields):
    """In force today, unless the dates say otherwise."""
    version = make_approved(cast=cast, **fields)
    return actions.publish(version=version, publish_on=publish_on, effective_on=effective_on, by=cast.hana)


def make_superseded(*, cast, **fields):
    old = make_published(cast=cast, **fields)
    make_published(cast=cast, policy=old.policy)
    old.refresh_from_db()
    return old


def make_withdrawn(*, cast, **fields):
    return actions.withdraw(version=make_published(cast=cast, **fields), reason="obsolete", by=cast.hana)


STATES = {
    "draft": make_draft,
    "in_review": make_submitted,
    "approved": make_approved,
    "scheduled": lambda *, cast, **fields: make_published(cast=cast, publish_on=days(5), **fields),
    "announced": lambda *, cast, **fields: make_published(cast=cast, effective_on=days(5), **fields),
    "in_force": make_published,
    "superseded": make_superseded,
    "withdrawn": make_withdrawn,
}


def make_in_state(state, *, cast, **fields):
    return STATES[state](cast=cast, **fields)


def in_force_on(policy, day):
    """The version that binds on a day, by the dates."""
    return workflow.binding(list(policy.versions.visible_on(day)), day)


def sign(*, person, version):
    return actions.sign(version=version, content_hash=version.content_hash, by=person)


# --- Guides ----------------------------------------------------------------------------------------------------------


def guide_text(cites=()):
    """Two questions and three rows that leave one case open: a song with nobody in the picture.

    `cites` are "policy:clause".
    """
    questions = [
        {"key": "people", "text": "Are there people in it?", "help": "Look at the background.", "kind": "yes_no"},
        {
            "key": "music",
            "text": "Is there music in it?",
            "kind": "choice",
            "options": [
                {"key": "none", "label": "No music"},
                {"key": "ours", "label": "From our library"},
                {"key": "song", "label": "A song"},
            ],
        },
    ]
    rows = [
        {"conditions": {"people": ["no"], "music": ["none", "ours"]}, "verdict": "green", "reason": "Nobody is in it."},
        {"conditions": {"people": ["yes"], "music": ["none", "ours"]}, "verdict": "amber", "reason": "Ask **them**."},
        {"conditions": {"people": ["yes"], "music": ["song"]}, "verdict": "red", "reason": "Songs are not ours."},
    ]
    return questions, [{**row, "cites": list(cites), "wording": "With thanks to @name."} for row in rows]


def make_guide(*, cast, title=None, cites=None, text=None, **fields):
    """A draft by Paul. Its rows cite a clause of a new policy unless `cites` says otherwise."""
    if cites is None:
        version = make_published(cast=cast, clauses=[clause("Ask first", key="ask-first")])
        cites = [f"{version.policy.slug}:ask-first"]
    title = title or f"May I post {next(_numbers)}?"
    values = {"intro": "For pictures.", "topic": Topic.objects.first() or make_topic(), **fields}
    guide = actions.create_guide(title=title, by=cast.paul, **values)
    questions, rows = text or guide_text(cites)
    return actions.save_guide(guide=guide, questions=questions, rows=rows, lock=guide.lock, by=cast.paul)


def make_published_guide(*, cast, **fields):
    guide = make_guide(cast=cast, **fields)
    return actions.publish_guide(guide=guide, lock=guide.lock, by=cast.paul)


def make_waiver(*, cast, version=None, key="say-where-you-work", spoke=None, by=None, **fields):
    """Retail is released for 60 days, by Hana, unless the fields say otherwise."""
    version = version or make_published(cast=cast)
    values = {
        "reason": "The till prints no hashtags.",
        "mitigation": "A sign at the till.",
        "ends_on": days(60),
        **fields,
    }
    return actions.grant_waiver(
        policy=version.policy, clause_key=key, spoke=spoke or cast.retail, by=by or cast.hana, **values
    )


def make_campaign(*, cast, version=None, by=None, **fields):
    """Planned by Paul for fourteen days from today, unless the fields say otherwise."""
    version = version or make_published(cast=cast)
    values = {"name": "Spring round", "starts_on": days(0), "due_on": days(14), **fields}
    return actions.plan_campaign(policy=version.policy, by=by or cast.paul, **values)


def make_running(*, cast, **fields):
    """Started by Hana, its roll written as far as its first day has come."""
    campaign = actions.start_campaign(campaign=make_campaign(cast=cast, **fields), by=cast.hana)
    actions.keep_roll(campaign.pk)
    campaign.refresh_from_db()
    return campaign


def make_obligation(*, cast, clauses=(), by=None, **fields):
    values = {
        "title": f"Obligation {next(_numbers)}",
        "kind": "law",
        "source": "An act of parliament",
        "demands": "Say that it is an advert.",
        "url": "https://law.example/act",
        "look_on": days(90),
        **fields,
    }
    return actions.save_obligation(clauses=clauses, by=by or cast.paul, **values)
