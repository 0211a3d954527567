"""Lists of requests, one request, and everything that is done with it."""

import uuid

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from engagements import actions, answers, pages
from engagements.forms import FromQuestionForm, ListFilter, MessageForm, links_of, matching
from engagements.models import EngagementRequest
from engagements.permissions import (
    check_can_answer,
    check_can_ask,
    check_can_note,
    check_can_reply,
    check_can_turn_into_request,
    is_of_the_department,
)
from engagements.workflow import OPEN
from hub.exceptions import HubError
from hub.paging import key_page
from hub.permissions import refusal
from hub.prepared import prepared
from playbooks.models import Question
from spokes.querysets import user_paths

PER_PAGE = 25
# What a row of the lists shows.
IN_LIST = "title status outcome next_due_at next_risk_at submitted_at saved_at spoke_is_chosen".split()
IN_LIST += ["service__title", "service__slug", "spoke__name", "requester__name"]


def visible_or_404(user, number):
    # No database holds a larger number.
    found = _visible(user=user, number=number) if number < 2**63 else ()
    if not found:
        raise Http404
    return found[0]


@prepared(shape=lambda user, number: (user.reads_all, timezone.localdate()))
def _visible(user, number):
    named = ("service__calendar", "service__owner", "spoke", "requester", "assignee", "duplicate_of")
    return EngagementRequest.objects.few_visible_to(user).filed().select_related(*named).filter(pk=number)


# --- Lists ------------------------------------------------------------------------------------------------------------


@require_safe
def requests(request):
    """Hers, those of her departments, and her drafts."""
    user = request.user
    represents_some = bool(user_paths(user))
    labels = {"mine": _("Mine"), "department": _("My department's"), "drafts": _("Drafts")}
    if not represents_some:
        del labels["department"]
    tab = request.GET.get("tab")
    tab = tab if tab in labels else "mine"
    form = ListFilter(request.GET)
    form.is_valid()
    chosen = form.cleaned_data
    keys = ("-submitted_at!", "-pk")
    if tab == "drafts":
        rows, keys = EngagementRequest.objects.drafts_of(user), ("-saved_at", "-pk")
    elif tab == "department":
        rows = EngagementRequest.objects.of_departments_of(user)
    else:
        rows = EngagementRequest.objects.visible_to(user).filed().filter(requester=user)
    if chosen.get("state"):
        rows = rows.open() if chosen["state"] == "open" else rows.filter(status=chosen["state"])
    rows = matching(rows, chosen.get("q", ""))
    rows = rows.select_related("service", "spoke", "requester").only(*IN_LIST)
    page = key_page(rows, request.GET, keys=keys, size=PER_PAGE)
    now = timezone.now()
    for row in page:
        row.state = pages.state_of(row, for_department=True)
        row.promise_mark = pages.promise_mark(row, now)
    return render(
        request,
        "engagements/requests.html",
        {
            "tab": tab,
            "tabs": [{"label": label, "url": f"?tab={name}", "current": name == tab} for name, label in labels.items()],
            "represents_some": represents_some,
            "kept": ("tab",),
            "form": form,
            "page": page,
            "is_filtered": bool(chosen.get("q") or chosen.get("state")),
        },
    )


# --- One request ------------------------------------------------------------------------------------------------------


@require_safe
def detail(request, number):
    return _page(request, visible_or_404(request.user, number))


def _page(request, row, *, typed=None, status=200):
    """The request's page. `typed` is a form that was refused: it is shown again with what was typed."""
    user, now = request.user, timezone.now()
    is_department = is_of_the_department(user, row)
    staff = pages.hub_staff() if user.is_coe_staff and row.status in OPEN else []
    message = typed if isinstance(typed, MessageForm) else MessageForm(initial={"form_token": uuid.uuid4()})
    entries = pages.conversation(row, user)
    return render(
        request,
        "engagements/request.html",
        {
            "row": row,
            "heading": _("Request %(number)s, %(service)s") % {"number": row.pk, "service": row.service.title},
            "state": pages.state_of(row, for_department=is_department),
            "entries": entries,
            "outcome_html": pages.outcome_html(row, entries),
            "answers": answers.shown(row.form, row.answers),
            "links": links_of(row, user),
            "clocks": pages.clocks_of(row, now),
            "first_answer": pages.promised(row, row.first_answer_due_at, row.first_answered_at, now),
            "delivery": pages.promised(row, row.delivery_due_at, row.delivered_at, now),
            "acts": pages.acts_for(user, row, is_department=is_department, staff=staff, typed=typed),
            "message": message,
            "typed": typed,
            "can_reply": not refusal(check_can_reply, user, row),
            "can_answer": not refusal(check_can_answer, user, row),
            "can_ask": not refusal(check_can_ask, user, row),
            "can_note": not refusal(check_can_note, user, row),
            "is_department": is_department,
            "is_snoozed": row.snoozed_until is not None and row.snoozed_until > now,
            "shows_duplicate": row.duplicate_of_id is not None and row.duplicate_of.spoke_id == row.spoke_id,
        },
        status=status,
    )


# name: (the action, its fixed arguments, what the person reads when it is done)
DEEDS = {
    "take": (actions.take, {}, gettext_lazy("It is yours now.")),
    "accept": (actions.accept, {}, gettext_lazy("Accepted. The department knows.")),
    "start": (actions.start, {}, gettext_lazy("In progress.")),
    "deliver": (actions.deliver, {}, gettext_lazy("Delivered. The department is asked to close it.")),
    "close": (actions.close, {}, gettext_lazy("Closed. Thank you.")),
    "reopen": (actions.reopen, {}, gettext_lazy("Reopened. It is with the hub again.")),
    "assign": (actions.assign, {}, gettext_lazy("Assigned.")),
    "advise_against": (actions.advise_against, {}, gettext_lazy("Closed with your advice. They decide.")),
    "mark_duplicate": (actions.mark_duplicate, {}, gettext_lazy("Closed as a duplicate.")),
    "urgent": (actions.set_urgent, {"urgent": True}, gettext_lazy("Marked as urgent.")),
    "not_urgent": (actions.set_urgent, {"urgent": False}, gettext_lazy("No longer urgent.")),
    "snooze": (actions.snooze, {}, gettext_lazy("Put aside. The promise runs on.")),
    "wake": (actions.snooze, {"until": None}, gettext_lazy("Back in the queue.")),
    "withdraw": (actions.withdraw, {}, gettext_lazy("Withdrawn. You can reopen it for 14 days.")),
    "go_ahead": (actions.go_ahead, {}, gettext_lazy("Noted. Thank you for telling us.")),
    "reply": (actions.reply, {}, gettext_lazy("Sent.")),
    "answer": (actions.answer, {}, gettext_lazy("Sent.")),
    "ask": (actions.ask, {}, gettext_lazy("Sent. The request waits for them now.")),
    "note": (actions.note, {}, gettext_lazy("Noted. Only the hub sees it.")),
}
MESSAGES = {"reply", "answer", "ask", "note"}


@require_POST
def act(request, number, name):
    """Does one thing with a request. Refused, the page comes back with the reason and everything that was typed."""
    row = visible_or_404(request.user, number)
    action, fixed, done = DEEDS[name]
    if name in MESSAGES:
        form = MessageForm(request.POST)
    else:
        form = pages.form_of(name, row, pages.hub_staff() if name == "assign" else [], request.POST)
    if form is not None and not form.is_valid():
        return _page(request, row, typed=form, status=422)
    try:
        action(request=row, **fixed, **(form.cleaned_data if form is not None else {}), by=request.user)
    except HubError as error:
        if form is None:
            raise
        field = getattr(error, "field", None)
        form.add_error(field if field in form.fields else None, error.sentence)
        return _page(request, visible_or_404(request.user, number), typed=form, status=409)
    messages.success(request, done)
    return redirect(row)


# --- From a question --------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def from_question(request, number):
    """Staff turn a question into a request of the asker's department."""
    question = get_object_or_404(
        Question.objects.for_audience_of(request.user).select_related("asked_by", "asked_for"), pk=number
    )
    check_can_turn_into_request(request.user, question)
    form = FromQuestionForm(request.POST if request.method == "POST" else None, question=question)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.turn_question_into_request(question=question, **form.cleaned_data, by=request.user)
        except HubError as error:
            form.add_error(None, error.sentence)
        else:
            messages.success(request, _("The question is a request now. The asker has been told."))
            return redirect(made)
    status = 422 if form.errors else 200
    return render(request, "engagements/from_question.html", {"question": question, "form": form}, status=status)
