"""Writes to the forms of services."""

from django.db import transaction

from engagements import answers
from engagements.models import FormQuestion
from engagements.permissions import check_can_edit_form
from engagements.tasks import reindex_service
from hub import audit
from hub.exceptions import Invalid
from hub.models import Service
from hub.wake import wake


@transaction.atomic
def save_form(*, service, definition, by):
    """The questions of a service, in this order, in place of those it had. Requests keep the form they were sent with.

    Raises Invalid with every problem `answers.validate_definition` finds.
    """
    service = Service.objects.select_for_update(of=("self",)).get(pk=service.pk)
    check_can_edit_form(by)
    problems = answers.validate_definition(definition)
    if problems:
        raise Invalid(" ".join(problems))
    there = {question.key: question for question in service.questions.all()}
    keys = [question["key"] for question in definition]
    service.questions.exclude(key__in=keys).delete()
    for order, values in enumerate(definition, start=1):
        question = there.get(values["key"]) or FormQuestion(service=service, key=values["key"])
        question.order = order
        for name in ["label", "type", "shown_if", "max_length"]:
            setattr(question, name, values.get(name) or None)
        for name in ["help", "example"]:
            setattr(question, name, values.get(name) or "")
        question.required = bool(values.get("required"))
        question.choices = values.get("choices") or []
        question.save()
    audit.record("saved_form", service, by=by, questions=keys)
    wake(reindex_service, service.pk)
    return service
