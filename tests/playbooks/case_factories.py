"""Case studies in every state, and documents of other organisations."""

import itertools

from hub.models import Topic
from playbooks import actions
from tests.factories import make_topic

_numbers = itertools.count(1)


def measure(what="Answers within an hour", before="40", after="75", unit="%", period="per month"):
    return {"what": what, "before": before, "after": after, "unit": unit, "period": period}


def make_case(*, cast, title=None, **fields):
    """A whole draft by Rita about Retail."""
    values = {
        "summary": "What was tried, and what came of it.",
        "challenge": "Nobody answered.",
        "approach": "We answered.",
        "results": "They were glad.",
        "spoke": None if fields.get("organisation") else cast.retail,
        "year": 2025,
        "by": cast.rita,
        **fields,
    }
    values.setdefault("topic", Topic.objects.first() or make_topic())
    return actions.create_case(title=title or f"Case {next(_numbers)}", **values)


def make_proposed(*, cast, **fields):
    case = make_case(cast=cast, **fields)
    return actions.propose_case(case=case, lock=case.lock, by=fields.get("by") or cast.rita)


def make_published(*, cast, audiences=(), **fields):
    case = make_proposed(cast=cast, **fields)
    if audiences:
        case = actions.change_case(case=case, audiences=audiences, by=cast.paul)
    return actions.publish_case(case=case, lock=case.lock, by=cast.hana)


def make_external(*, cast, title=None, **fields):
    number = next(_numbers)
    values = {
        "organisation": "City of Nowhere",
        "url": f"https://nowhere.example/policy-{number}",
        "summary": "Short and clear.",
        "by": cast.paul,
        **fields,
    }
    values.setdefault("topics", [Topic.objects.first() or make_topic()])
    return actions.save_external(title=title or f"Their policy {number}", **values)
