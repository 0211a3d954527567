"""What the pages show, made ready so that templates ask nothing of the database and know no status."""

from dataclasses import dataclass
from functools import cache

from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from engagements import forms
from engagements.models import ClockSegment, Entry
from engagements.permissions import (
    check_can_accept,
    check_can_advise_against,
    check_can_assign,
    check_can_close,
    check_can_deliver,
    check_can_go_ahead,
    check_can_mark_duplicate,
    check_can_mark_urgent,
    check_can_reopen,
    check_can_snooze,
    check_can_start,
    check_can_take,
    check_can_withdraw,
)
from engagements.workflow import OWNER, TONE, Outcome, Side, Status
from hub.clock import WorkingHours
from hub.models import User
from hub.permissions import refusal
from hub.prepared import prepared

HOURS_A_DAY = 8
OUTCOME_TONE = {
    Outcome.DELIVERED: "good",
    Outcome.ADVISED_AGAINST: "warn",
    Outcome.WENT_AHEAD: "warn",
    Outcome.DUPLICATE: "neutral",
    Outcome.WITHDRAWN: "neutral",
}


# --- Words for time ---------------------------------------------------------------------------------------------------


def hours_in_words(hours, *, always_open=False):
    """Promised hours as people say them: "1 working day", "4 working hours", "2 hours, day and night"."""
    hours = float(hours)
    if hours < 1:
        minutes = round(hours * 60)
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    # Half an hour more than one is plural, and the grammar of a language counts whole numbers only.
    number = 1 if hours == 1 else max(2, round(hours))
    if always_open:
        return ngettext("%(n)s hour, day and night", "%(n)s hours, day and night", number) % {"n": f"{hours:g}"}
    if hours % HOURS_A_DAY == 0:
        days = int(hours / HOURS_A_DAY)
        return ngettext("%(n)d working day", "%(n)d working days", days) % {"n": days}
    return ngettext("%(n)s working hour", "%(n)s working hours", number) % {"n": f"{hours:g}"}


def seconds_in_words(seconds):
    """A stretch of working time: "3 h 20 min"."""
    minutes = int(seconds // 60)
    if minutes < 60:
        return _("%(minutes)d min") % {"minutes": minutes}
    return _("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}


@dataclass(frozen=True)
class Promise:
    first_answer: str
    delivery: str


def promise_of(service):
    """A service's promise in words."""
    always = service.calendar.always_open
    return Promise(
        hours_in_words(service.first_answer_hours, always_open=always),
        hours_in_words(service.delivery_hours, always_open=always),
    )


def queue_in_words(number):
    if not number:
        return _("Nothing in the queue now")
    return ngettext("%(n)d request in the queue now", "%(n)d requests in the queue now", number) % {"n": number}


# --- A request's state and promises -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mark:
    tone: str
    label: str


def state_of(request, *, for_department):
    """The state as the reader should read it: "waiting for you" is only true for the department."""
    return _state(request.status, request.outcome, for_department, get_language())


@cache
def _state(status, outcome, for_department, language):
    if status == Status.CLOSED:
        return Mark(OUTCOME_TONE[Outcome(outcome)], str(Outcome(outcome).label))
    if status == Status.WAITING and not for_department:
        return Mark(TONE[Status.WAITING], _("Waiting for the department"))
    return Mark(TONE[Status(status)], str(Status(status).label))


def promise_mark(request, now):
    """How the next promise stands, or None while all is well or no promise runs."""
    if request.next_due_at is None:
        return None
    if request.next_due_at <= now:
        return Mark("bad", _("missed"))
    if request.next_risk_at is not None and request.next_risk_at <= now:
        return Mark("warn", _("at risk"))
    return None


@dataclass(frozen=True)
class Promised:
    """One promise of one request: until when, whether done, and how it stands."""

    due_at: object
    done_at: object
    mark: Mark | None
    rests: bool = False


def promised(request, due_at, done_at, now):
    if done_at is not None:
        kept = due_at is None or done_at <= due_at
        return Promised(due_at, done_at, Mark("good", _("kept")) if kept else Mark("bad", _("missed")))
    if request.status == Status.CLOSED or due_at is None:
        return None
    rests = OWNER[Status(request.status)] != Side.HUB
    is_next = request.next_due_at == due_at
    mark = (
        promise_mark(request, now) if is_next else (Mark("bad", _("missed")) if due_at <= now and not rests else None)
    )
    return Promised(due_at, None, mark, rests)


@dataclass(frozen=True)
class Clocks:
    hub: str
    department: str
    running: str


def clocks_of(request, now):
    """The two clocks in words. One query."""
    hours = WorkingHours.of(request.service.calendar)
    seconds = {Side.HUB: 0, Side.DEPARTMENT: 0}
    running = ""
    for segment in _segments(request=request):
        if segment.ended_at is None:
            running = segment.side
            seconds[segment.side] += hours.seconds_between(segment.started_at, now)
        else:
            seconds[segment.side] += segment.working_seconds
    return Clocks(seconds_in_words(seconds[Side.HUB]), seconds_in_words(seconds[Side.DEPARTMENT]), running)


@prepared()
def _segments(request):
    return ClockSegment.objects.filter(request=request)


# --- What can be done next --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Act:
    """One thing that can be done. With a form it opens; without one it is a button. `refused` says why it cannot be."""

    name: str
    label: str
    url: str
    tone: str = ""
    refused: str = ""
    form: object = None


@dataclass(frozen=True)
class ActKind:
    label: str
    check: object
    form: type | None = None


ACTS = {
    "take": ActKind(gettext_lazy("Take it"), check_can_take),
    "accept": ActKind(gettext_lazy("Accept"), check_can_accept, forms.AcceptForm),
    "start": ActKind(gettext_lazy("Start work"), check_can_start),
    "deliver": ActKind(gettext_lazy("Deliver"), check_can_deliver, forms.DeliverForm),
    "close": ActKind(gettext_lazy("All done, close it"), check_can_close),
    "reopen": ActKind(gettext_lazy("Something is missing"), check_can_reopen, forms.ReopenForm),
    "assign": ActKind(gettext_lazy("Assign"), check_can_assign, forms.AssignForm),
    "advise_against": ActKind(gettext_lazy("Advise against"), check_can_advise_against, forms.AdviseAgainstForm),
    "mark_duplicate": ActKind(gettext_lazy("It is a duplicate"), check_can_mark_duplicate, forms.DuplicateForm),
    "urgent": ActKind(gettext_lazy("Mark as urgent"), check_can_mark_urgent, forms.UrgentForm),
    "not_urgent": ActKind(gettext_lazy("No longer urgent"), check_can_mark_urgent),
    "snooze": ActKind(gettext_lazy("Put aside"), check_can_snooze, forms.SnoozeForm),
    "wake": ActKind(gettext_lazy("Back into the queue"), check_can_snooze),
    "withdraw": ActKind(gettext_lazy("Withdraw"), check_can_withdraw, forms.WithdrawForm),
    "go_ahead": ActKind(gettext_lazy("We go ahead anyway"), check_can_go_ahead, forms.GoAheadForm),
}

# What a person of staff, and a person of the department, sees in each state; the first is the likely one.
FOR_STAFF = {
    Status.SUBMITTED: ["accept", "take", "deliver", "assign", "advise_against", "mark_duplicate", "urgent", "snooze"],
    Status.ACCEPTED: ["start", "deliver", "take", "assign", "advise_against", "mark_duplicate", "urgent", "snooze"],
    Status.IN_PROGRESS: ["deliver", "take", "assign", "advise_against", "mark_duplicate", "urgent", "snooze"],
    Status.WAITING: ["accept", "start", "deliver", "assign", "advise_against", "withdraw", "urgent", "snooze"],
    Status.DELIVERED: ["close", "reopen", "assign"],
    Status.CLOSED: ["reopen"],
}
FOR_DEPARTMENT = {
    Status.SUBMITTED: ["withdraw", "go_ahead"],
    Status.ACCEPTED: ["withdraw", "go_ahead"],
    Status.IN_PROGRESS: ["withdraw", "go_ahead"],
    Status.WAITING: ["withdraw", "go_ahead"],
    Status.DELIVERED: ["close", "reopen"],
    Status.CLOSED: ["reopen", "go_ahead"],
}
# Refused without a word: they would only repeat what the page says already.
QUIET = {"take", "accept", "start", "withdraw", "go_ahead"}
LIKELY = {"accept", "start", "deliver", "close"}
TURNED = {"urgent": "not_urgent", "snooze": "wake"}


def names_for(request, *, is_staff, is_department):
    status = Status(request.status)
    names = (FOR_STAFF.get(status, []) if is_staff else []) + (FOR_DEPARTMENT.get(status, []) if is_department else [])
    turned = {"urgent": request.is_urgent, "snooze": request.snoozed_until is not None}
    return list(dict.fromkeys(TURNED[name] if turned.get(name) else name for name in names))


def form_of(name, request, staff, data=None):
    """The form of an act, or None."""
    kind = ACTS[name].form
    if kind is None:
        return None
    if kind is forms.AssignForm:
        return kind(data, staff=staff, initial={"to": request.assignee_id})
    if kind is forms.AcceptForm:
        return kind(data, initial={"mode": request.mode or request.service.mode})
    return kind(data)


def acts_for(user, request, *, is_department, staff=(), typed=None):
    """What this person can do with the request now. `typed` is a refused form to show again."""
    acts = []
    names = names_for(request, is_staff=user.is_coe_staff, is_department=is_department)
    typed_name = getattr(typed, "act", "")
    if typed_name in ACTS and typed_name not in names:
        names.append(typed_name)  # it came too late: what was typed is shown all the same
    for name in names:
        kind = ACTS[name]
        refused = refusal(kind.check, user, request)
        is_typed = typed_name == name
        if refused and name in QUIET and not is_typed:
            continue
        acts.append(
            Act(
                name=name,
                label=str(kind.label),
                url=reverse(f"engagements:{name}", args=[request.pk]),
                tone="primary" if name in LIKELY and not acts else "",
                refused="" if is_typed else refused,
                form=typed if is_typed else form_of(name, request, staff),
            )
        )
    return acts


def hub_staff():
    """Who a request can be assigned to, by name. One query."""
    return _staff()


@prepared()
def _staff():
    return User.objects.staff().order_by("name", "pk")


def conversation(request, reader):
    """The entries this reader may see, oldest first. One query."""
    rows = _entries(request=request, with_notes=reader.reads_all)
    for entry in rows:
        entry.is_hub = entry.verb in {"answered", "asked", "noted"}
    return rows


@prepared()
def _entries(request, with_notes):
    entries = Entry.objects.filter(request=request).select_related("by").order_by("at", "pk")
    return entries if with_notes else entries.exclude(kind=Entry.Kind.NOTE)


def outcome_html(request, entries):
    """How it ended, in the words of whoever ended it; blank while it is open."""
    if request.status != Status.CLOSED:
        return ""
    endings = {"delivered", "advised_against", "withdrawn", "went_ahead"}
    return next((entry.html for entry in reversed(entries) if entry.verb in endings and entry.html), "")
