"""Requests brought to a state by walking there."""

import uuid

from engagements import actions, answers
from engagements.workflow import Status
from hub.models import Service
from tests.factories import make_service

GOAL = {"key": "goal", "label": "What should change?", "type": "short_text", "required": True}
CLAIMS = {"key": "claims", "label": "Any claims?", "type": "yes_no", "required": True}
WHICH = {
    "key": "which",
    "label": "Which claims?",
    "type": "long_text",
    "required": True,
    "shown_if": {"question": "claims", "is": ["yes"]},
}
FORM = [GOAL, CLAIMS, WHICH]


def make_offer(*, cast, title="Campaign review", definition=FORM, **fields):
    """A service with a form, owned by Paul; the same one when asked twice."""
    found = Service.objects.filter(title=title).first()
    if found:
        return found
    service = make_service(title=title, **{"owner": cast.paul, **fields})
    actions.save_form(service=service, definition=definition, by=cast.hana)
    return service


def make_draft(*, cast, by=None, **fields):
    service = fields.pop("service", None) or make_offer(cast=cast)
    values = {"spoke": cast.retail, "title": "Spring shears", "form_token": uuid.uuid4(), **fields}
    return actions.save_draft(service=service, by=by or cast.rita, **values)


def make_request(*, cast, by=None, **fields):
    """Filed by Rita for Retail."""
    service = fields.pop("service", None) or make_offer(cast=cast)
    values = {
        "spoke": cast.retail,
        "title": "Spring shears",
        "answers": {"goal": "500 owners try them", "claims": "no"},
        "form": answers.snapshot(service.questions.all()),
        **fields,
    }
    return actions.submit(service=service, by=by or cast.rita, **values)


def make_accepted(*, cast, **fields):
    return actions.accept(request=make_request(cast=cast, **fields), mode="review", by=cast.hana)


def make_in(status, *, cast, **fields):
    """A request in that state, with Hana looking after it from acceptance on."""
    if status == Status.DRAFT:
        return make_draft(cast=cast, **fields)
    request = make_request(cast=cast, **fields)
    if status == Status.SUBMITTED:
        return request
    request = actions.accept(request=request, mode="review", by=cast.hana)
    if status == Status.ACCEPTED:
        return request
    request = actions.start(request=request, by=cast.hana)
    if status == Status.WAITING:
        actions.ask(request=request, text="Which shears?", by=cast.hana)
    elif status in {Status.DELIVERED, Status.CLOSED}:
        request = actions.deliver(request=request, summary="One page.", by=cast.hana)
        if status == Status.CLOSED:
            actions.close(request=request, by=cast.rita)
    request.refresh_from_db()
    return request
