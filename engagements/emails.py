"""The messages requests send, one function each."""

from django.conf import settings

from engagements import answers
from engagements.permissions import is_of_the_department
from hub import mail
from hub.models import User
from spokes.models import Term


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
    """Whoever in the hub hears about it: the assignee, else the service's owner, else a lead.

    Only people who still work there: what a department writes is for nobody else, and must not be lost. None if the hub
    has nobody.
    """
    for person in (request.assignee, request.service.owner):
        if person is not None and person.is_coe_staff:
            return person
    return User.objects.leads().order_by("pk").first()


def heard_by(request):
    """Whom the hub's words reach: the requester while she may read them, else who represents the department."""
    requester = request.requester
    if requester.is_active and (requester.reads_all or is_of_the_department(requester, request)):
        return [requester]
    lineage = [*request.spoke.ancestor_ids, request.spoke_id]
    terms = Term.objects.current().filter(spoke__in=lineage, person__is_active=True).select_related("person", "spoke")
    nearest = max((term.spoke.depth for term in terms), default=0)
    return list({term.person_id: term.person for term in terms if term.spoke.depth == nearest}.values())


def filed(request):
    _post("request_filed", request.requester, request, "", lines=answers.plain(request.form, request.answers))


def new_for_hub(request, entry, *, to=None):
    """A new request, a message of the department, or a hand-over; never to the person who caused it."""
    to = to or looked_after_by(request)
    if to is not None and entry.by_id != to.pk:
        _post("request_new", to, request, str(entry.pk), entry=entry, by=entry.by)


def news(request, entry):
    """To the department: staff answered, asked, accepted, delivered, advised against or closed."""
    for person in heard_by(request):
        if entry.by_id != person.pk:
            _post("request_answered", person, request, str(entry.pk), entry=entry, by=entry.by)


def waiting(request, *, segment, days):
    """To the department, once a stage of one wait. Returns how many letters are new."""
    period = f"{segment.pk}:{days}"
    posted = [
        _post("request_waiting", person, request, period, days=days, segment=segment) for person in heard_by(request)
    ]
    return sum(row is not None for row in posted)


def risk_period(request, *, missed):
    """The key of one promise's warning: a promise that is made anew may be warned of anew."""
    return f"{'missed' if missed else 'risk'}:{request.next_due_at:%Y-%m-%dT%H:%M:%S}"


def at_risk(request, *, to, missed):
    """To the assignee or owner when the promise is at risk, and to the leads once it is missed."""
    return _post("request_at_risk", to, request, risk_period(request, missed=missed), missed=missed)
