"""Requests of the sample: each walks its real life, with the instants of its story."""

from datetime import timedelta
from types import SimpleNamespace

from django.core.exceptions import ValidationError

from coe_portal.sample.company import account_key
from coe_portal.sample.reading import SampleError, check_keys, loading, read
from coe_portal.sample.texts import token
from engagements import actions, answers, emails
from engagements.models import EngagementRequest, Entry

# Messages younger than this stand in the outbox, as if they had been sent.
MAIL_DAYS = timedelta(days=7)
NEWS = {"accepted", "answered", "asked", "delivered", "advised_against", "duplicate"}


def load_requests(sample):
    for row in read("requests.yaml", root=sample.root):
        with loading("requests.yaml", row.get("ref")):
            check_keys(
                row,
                needs={"ref", "service", "requester", "spoke", "title", "answers", "cites", "accounts", "playbooks"}
                | {"events"},
            )
            form_token = token("request", row["ref"])
            request = EngagementRequest.objects.filter(form_token=form_token).first()
            if request is None:
                request = _request(sample, row, form_token)
                _mail(sample, request)
                sample.made("requests")
            sample.requests[row["ref"]] = request


def _request(sample, row, form_token):
    service = sample.services[row["service"]]
    life = SimpleNamespace(
        sample=sample,
        row=row,
        service=service,
        requester=sample.people[row["requester"]],
        request=None,
        links={
            "service": service,
            "spoke": sample.spokes[row["spoke"]],
            "title": row["title"],
            "form_token": form_token,
            "cites": [(sample.policies[cite["policy"]], _clause(sample, cite)) for cite in row["cites"]],
            "accounts": [sample.accounts[account_key(one)] for one in row["accounts"]],
            "playbooks": [sample.playbooks[one] for one in row["playbooks"]],
        },
    )
    before = None
    for number, event in enumerate(row["events"], start=1):
        with loading(f"event {number} ({event.get('act')})"):
            if event["act"] not in ACTS:
                raise SampleError("nobody can do that")
            needs, may = EXTRAS.get(event["act"], (set(), set()))
            check_keys(event, needs={"at", "act", "by"} | needs, may={"text"} | may)
            if before is not None and event["at"] < before:
                raise SampleError("comes before the event above it")
            before = event["at"]
            at = sample.dates.instant(event["at"], round_the_clock=service.calendar.always_open)
            ACTS[event["act"]](life, event, at, sample.people[event["by"]])
    life.request.refresh_from_db()
    return life.request


def _clause(sample, cite):
    key = cite["clause"]
    if not sample.policies[cite["policy"]].versions.filter(clauses__key=key).exists():
        raise SampleError(f"the policy {cite['policy']} has no clause {key}")
    return key


# --- Answers ----------------------------------------------------------------------------------------------------------


def _definition(service):
    return answers.snapshot(service.questions.all())


def _typed(sample, question, value):
    """What a person would have typed for this answer of the file."""
    kind = question["type"]
    if kind == "date":
        return sample.dates.day(value).isoformat()
    if kind == "date_range":
        return [sample.dates.day(part).isoformat() for part in value]
    if kind == "account":
        return str(sample.accounts[account_key(value)].pk)
    if kind == "department":
        return str(sample.spokes[value].pk)
    if kind == "person":
        return sample.people[value].email
    return [str(part) for part in value] if isinstance(value, list) else str(value).strip()


def _form_data(sample, definition, given):
    unknown = set(given) - {question["key"] for question in definition}
    if unknown:
        raise SampleError(f"answers questions that the form does not have: {', '.join(sorted(unknown))}")
    data = {}
    for question in definition:
        if given.get(question["key"]) is None:
            continue
        with loading(f"answer {question['key']}"):
            value = _typed(sample, question, given[question["key"]])
        name = f"{answers.PREFIX}-{question['key']}"
        if question["type"] == "date_range":
            data.update({f"{name}_{part}": day for part, day in enumerate(value)})
        else:
            data[name] = value
    return _Data(data)


class _Data(dict):
    """A dict that widgets for several values can read."""

    def getlist(self, name, default=None):
        value = self.get(name, default or [])
        return value if isinstance(value, list) else [value]


def _answers_form(life):
    sample = life.sample
    definition = _definition(life.service)
    everybody = {person.email: person for person in sample.people.values()}

    def person(email):
        if email not in everybody:
            raise ValidationError(f"nobody has the address {email}")
        return everybody[email].pk, everybody[email].name

    sources = answers.Sources(
        accounts=[(account.pk, str(account)) for account in sample.accounts.values()],
        departments=[(spoke.pk, spoke.name) for spoke in sample.spokes.values()],
        person=person,
    )
    data = _form_data(sample, definition, life.row["answers"])
    return definition, answers.AnswersForm(definition, data, sources=sources)


# --- What can happen --------------------------------------------------------------------------------------------------


def _draft(life, event, at, by):
    _questions, form = _answers_form(life)
    life.request = actions.save_draft(**life.links, answers=form.typed(), at=at, by=by)


def _submit(life, event, at, by):
    definition, form = _answers_form(life)
    if not form.is_valid():
        raise SampleError("; ".join(f"{key}: {' '.join(errors)}" for key, errors in form.errors.items()))
    life.request = actions.submit(**life.links, answers=form.answers(), form=definition, at=at, by=by)


def _say(life, event, at, by):
    """A text that comes with an event is a message of its own, on the same instant."""
    if event.get("text"):
        write = actions.reply if _speaks_for_department(life, by) else actions.answer
        write(request=life.request, text=event["text"], at=at, by=by)


def _speaks_for_department(life, by):
    return not by.is_coe_staff or by.pk == life.requester.pk


def _accept(life, event, at, by):
    actions.accept(request=life.request, mode=event["mode"], exit_criterion=event["exit_criterion"], at=at, by=by)
    _say(life, event, at, by)


def _assign(life, event, at, by):
    """Whoever accepts a request has it; a story that says so again is right too."""
    to = life.sample.people[event["to"]]
    life.request.refresh_from_db()
    if life.request.assignee_id == to.pk:
        pass
    elif to.pk == by.pk and life.request.assignee_id is None:
        actions.take(request=life.request, at=at, by=by)
    else:
        actions.assign(request=life.request, to=to, at=at, by=by)
    if event.get("text"):
        actions.note(request=life.request, text=event["text"], at=at, by=by)


def _message(action):
    def act(life, event, at, by):
        action(request=life.request, text=event["text"], at=at, by=by)

    return act


def _start(life, event, at, by):
    actions.start(request=life.request, at=at, by=by)
    _say(life, event, at, by)


def _deliver(life, event, at, by):
    _say(life, event, at, by)
    actions.deliver(request=life.request, summary=event["summary"], at=at, by=by)


def _close(life, event, at, by):
    if event["outcome"] != "delivered":
        raise SampleError("what is closed was delivered; the other ends have acts of their own")
    _say(life, event, at, by)
    actions.close(request=life.request, at=at, by=by)
    _outcome(life, event)


def _outcome(life, event):
    """The outcome card, written with hindsight."""
    if event.get("summary"):
        EngagementRequest.objects.filter(pk=life.request.pk).update(outcome_summary=event["summary"].strip())


def _reopen(life, event, at, by):
    """The action counts 14 days from now; a story counts them from its own day."""
    life.request.refresh_from_db()
    if life.request.closed_at:
        raise SampleError("can be reopened only while it is delivered")
    actions.reopen(request=life.request, reason=event["text"], at=at, by=by)


def _advise_against(life, event, at, by):
    reason, instead, alternative = event["text"].partition("Instead")
    if not instead:
        raise SampleError("needs its alternative, from the word “Instead”")
    alternative = alternative.lstrip(": \n")
    actions.advise_against(
        request=life.request,
        reason=reason.strip(),
        alternative=alternative[:1].upper() + alternative[1:],
        at=at,
        by=by,
    )


def _withdraw(life, event, at, by):
    actions.withdraw(request=life.request, reason=event.get("text") or "", at=at, by=by)


def _go_ahead(life, event, at, by):
    actions.go_ahead(request=life.request, reason=event.get("text") or "", at=at, by=by)
    _outcome(life, event)


def _mark_duplicate(life, event, at, by):
    _say(life, event, at, by)
    actions.mark_duplicate(request=life.request, of=life.sample.requests[event["of"]], at=at, by=by)


def _urgent(life, event, at, by):
    actions.set_urgent(request=life.request, reason=event["reason"], at=at, by=by)


def _snooze(life, event, at, by):
    actions.snooze(request=life.request, until=life.sample.dates.morning(event["until"]), at=at, by=by)
    if event.get("text"):
        actions.note(request=life.request, text=event["text"], at=at, by=by)


ACTS = {
    "draft": _draft,
    "submit": _submit,
    "accept": _accept,
    "assign": _assign,
    "ask": _message(actions.ask),
    "reply": _message(actions.reply),
    "answer": _message(actions.answer),
    "note": _message(actions.note),
    "start": _start,
    "deliver": _deliver,
    "close": _close,
    "reopen": _reopen,
    "advise_against": _advise_against,
    "withdraw": _withdraw,
    "go_ahead": _go_ahead,
    "mark_duplicate": _mark_duplicate,
    "urgent": _urgent,
    "snooze": _snooze,
}
# act -> what it needs beside at, act and by, and what it may have.
EXTRAS = {
    "accept": ({"mode", "exit_criterion"}, set()),
    "assign": ({"to"}, set()),
    "ask": ({"text"}, set()),
    "reply": ({"text"}, set()),
    "answer": ({"text"}, set()),
    "note": ({"text"}, set()),
    "deliver": ({"summary"}, set()),
    "close": ({"outcome"}, {"summary"}),
    "reopen": ({"text"}, set()),
    "advise_against": ({"text"}, set()),
    "go_ahead": (set(), {"summary"}),
    "mark_duplicate": ({"of"}, set()),
    "urgent": ({"reason"}, set()),
    "snooze": ({"until"}, set()),
}


def _mail(sample, request):
    """What the last days' events would have sent. The actions told nobody, because their instants were given."""
    recent = Entry.objects.filter(request=request, at__gte=sample.dates.now - MAIL_DAYS).exclude(kind=Entry.Kind.NOTE)
    for entry in recent.select_related("by").order_by("at", "pk"):
        if entry.verb == "submitted":
            emails.filed(request)
            sample.told(kind="request_filed", about=emails.about(request), period="", at=entry.at)
        if entry.verb in NEWS:
            emails.news(request, entry)
        elif entry.verb in {"submitted", "replied", "withdrawn", "went_ahead"}:
            emails.new_for_hub(request, entry)
        for kind in ("request_answered", "request_new"):
            sample.told(kind=kind, about=emails.about(request), period=str(entry.pk), at=entry.at)
