"""The messages requests send, one function each."""

from django.conf import settings

from engagements import answers
from hub import mail


def about(request):
    return f"engagements.engagementrequest:{request.pk}"


def _post(kind, to, request, period, **context):
    return mail.post(
        kind=kind,
        to=to,
        about=about(request),
        period=period,
        context={
            "request": request,
            "service": request.service,
            "spoke": request.spoke,
            "url": f"{settings.SITE_URL}{request.get_absolute_url()}",
            **context,
        },
    )


def looked_after_by(request):
    """Whoever in the hub hears about it: the assignee, else the service's owner."""
    return request.assignee or request.service.owner


def filed(request):
    _post("request_filed", request.requester, request, "", lines=answers.plain(request.form, request.answers))


def new_for_hub(request, entry, *, to=None):
    """A new request, a message of the department, or a hand-over; never to the person who caused it."""
    to = to or looked_after_by(request)
    if entry.by_id != to.pk:
        _post("request_new", to, request, str(entry.pk), entry=entry, by=entry.by)


def news(request, entry):
    """To the requester: staff answered, asked, accepted, delivered, advised against or closed."""
    if entry.by_id != request.requester_id:
        _post("request_answered", request.requester, request, str(entry.pk), entry=entry, by=entry.by)


def waiting(request, *, segment, days):
    """To the requester, once a stage of one wait."""
    return _post("request_waiting", request.requester, request, f"{segment.pk}:{days}", days=days, segment=segment)


def risk_period(request, *, missed):
    """The key of one promise's warning: a promise that is made anew may be warned of anew."""
    return f"{'missed' if missed else 'risk'}:{request.next_due_at:%Y-%m-%dT%H:%M:%S}"


def at_risk(request, *, to, missed):
    """To the assignee or owner when the promise is at risk, and to the leads once it is missed."""
    return _post("request_at_risk", to, request, risk_period(request, missed=missed), missed=missed)
