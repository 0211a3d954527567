"""The hub's work list."""

from functools import partial

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from engagements import actions, pages
from engagements.forms import QueueFilter, matching
from engagements.models import EngagementRequest
from engagements.reports import desk_counts
from engagements.workflow import Status
from hub.exceptions import HubError
from hub.models import Service, User
from hub.paging import first_rows, key_page
from hub.permissions import check_can_see_the_desk, check_can_work_the_desk
from hub.prepared import prepared
from spokes.models import Spoke

PER_PAGE = 50
ON_DESK = 8
MOST_AT_ONCE = 50
QUEUE_KEYS = ("-is_urgent", "next_due_at", "pk")
# What a row of the queue and of the desk shows.
IN_ROW = "title status outcome is_urgent snoozed_until next_due_at next_risk_at submitted_at".split()
IN_ROW += ["service__title", "spoke__name", *(f"assignee__{name}" for name in ("name", *User.STANDING))]


def _ready(rows, now):
    for row in rows:
        row.state = pages.state_of(row, for_department=False)
        row.promise_mark = pages.promise_mark(row, now)
        row.is_snoozed = row.snoozed_until is not None and row.snoozed_until > now
    return rows


@require_safe
def desk(request):
    """What is mine, what nobody has, what is late, and what waits."""
    check_can_see_the_desk(request.user)
    now = timezone.now()
    lists = {"mine": _mine(user=request.user, now=now), "unassigned": _unassigned(now=now), "late": _late(now=now)}
    lists["waiting"] = _waiting()
    return render(
        request,
        "engagements/desk.html",
        {"counts": desk_counts(request.user), **{name: _ready(found, now) for name, found in lists.items()}},
    )


def _rows():
    return EngagementRequest.objects.select_related("service", "spoke", "assignee").only(*IN_ROW)


@prepared(skewed=True)
def _mine(user, now):
    return _rows().with_hub().not_snoozed(now).filter(assignee=user).queue_order()[:ON_DESK]


@prepared()
def _unassigned(now):
    return _rows().with_hub().not_snoozed(now).unassigned().queue_order()[:ON_DESK]


@prepared()
def _late(now):
    return _rows().with_hub().at_risk(now).order_by("next_due_at", "pk")[:ON_DESK]


@prepared()
def _waiting():
    return _rows().filter(status=Status.WAITING).order_by("submitted_at", "pk")[:ON_DESK]


@require_safe
def queue(request):
    """Every request, filtered; urgent first, then by the promise that ends next."""
    check_can_see_the_desk(request.user)
    now = timezone.now()
    staff = pages.hub_staff()
    form = QueueFilter(request.GET, staff=staff, services=_services(), spokes=_spokes())
    form.is_valid()
    asked = {name: value for name, value in form.cleaned_data.items() if value}
    if "spoke" in asked:
        asked["spoke"] = form.paths[asked["spoke"]]
    page = key_page(
        partial(_queue, request.user, now, asked),
        request.GET,
        keys=QUEUE_KEYS,
        size=PER_PAGE,
        first=None if asked.keys() & {"q", "who"} else lambda: _first(now=now, asked=tuple(asked.items())),
    )
    _ready(page.rows, now)
    return render(
        request,
        "engagements/queue.html",
        {"form": form, "page": page, "staff": staff, "can_work": request.user.is_coe_staff},
    )


@prepared()
def _services():
    return Service.objects.order_by("title").only("slug", "title")


@prepared()
def _spokes():
    return Spoke.objects.in_tree_order().only("slug", "name", "path")


@prepared()
def _first(now, asked):
    """The first page of the queue, unless words or a person are asked for."""
    return first_rows(_queue(None, now, dict(asked)), keys=QUEUE_KEYS, size=PER_PAGE)


def _queue(user, now, chosen):
    rows = _rows().filed()
    state = chosen.get("state")
    if not state and not chosen.get("q"):
        rows = rows.with_hub()
    elif state == "open":
        rows = rows.open()
    elif state:
        rows = rows.filter(status=state)
    who = chosen.get("who")
    if who:
        rows = rows.unassigned() if who == "none" else rows.filter(assignee=user.pk if who == "me" else who)
    if chosen.get("service"):
        rows = rows.filter(service__slug=chosen["service"])
    if chosen.get("spoke"):
        rows = rows.filter(spoke__path__startswith=chosen["spoke"])
    if chosen.get("promise"):
        rows = rows.missed(now) if chosen["promise"] == "missed" else rows.at_risk(now)
    if chosen.get("snoozed") != "too" and not chosen.get("q"):
        rows = rows.snoozed(now) if chosen.get("snoozed") == "only" else rows.not_snoozed(now)
    return matching(rows, chosen.get("q", ""))


@require_POST
def queue_act(request):
    """Takes or assigns several at once; each one that cannot be is named with the reason."""
    check_can_work_the_desk(request.user)
    numbers = [key for key in request.POST.getlist("request")[:MOST_AT_ONCE] if key.isdecimal() and len(key) < 16]
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, None) or not back.startswith("/desk/"):
        back = reverse("engagements:queue")
    to = {str(person.pk): person for person in pages.hub_staff()}.get(request.POST.get("to", ""))
    taking = request.POST.get("act") == "take"
    if not numbers:
        messages.warning(request, _("Tick at least one request first."))
        return redirect(back)
    if not taking and to is None:
        messages.warning(request, _("Choose who looks after them."))
        return redirect(back)
    done = 0
    for row in EngagementRequest.objects.filed().filter(pk__in=numbers).order_by("pk"):
        try:
            if taking:
                actions.take(request=row, by=request.user)
            else:
                actions.assign(request=row, to=to, by=request.user)
        except HubError as error:
            messages.warning(request, f"#{row.pk}: {error.sentence}")
        else:
            done += 1
    if done:
        words = ngettext("%(n)d request is yours now.", "%(n)d requests are yours now.", done)
        if not taking:
            words = ngettext("%(n)d request assigned to %(name)s.", "%(n)d requests assigned to %(name)s.", done)
        messages.success(request, words % {"n": done, "name": to.name if to else ""})
    return redirect(back)
