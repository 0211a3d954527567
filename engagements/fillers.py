"""What requests tell the lower apps, through their slots."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from engagements import tasks
from engagements.models import ClockSegment, EngagementRequest, Entry
from engagements.workflow import WITH_HUB, Side, Status
from hub import slots
from hub.slots import SearchSource, Use, WaitingItem
from playbooks.models import Playbook
from policies.models import Policy

MOST_USES = 20
MOST_WAITING = 50
OLD_DRAFT = timedelta(days=1)


def search_sources():
    yield SearchSource(tasks.KIND, documents=tasks.search_documents, document=tasks.search_document)


def where_used(thing, reader):
    """The newest requests about a policy's clauses or a playbook, as far as the reader may see them."""
    requests = EngagementRequest.objects.visible_to(reader).filed().newest_first()
    if isinstance(thing, Policy):
        rows = requests.filter(citations__policy=thing).values_list("pk", "title", "citations__clause_key")
    elif isinstance(thing, Playbook):
        rows = requests.filter(playbooks=thing).values_list("pk", "title", "status")
    else:
        return
    for pk, title, part in rows[:MOST_USES]:
        part = part if isinstance(thing, Policy) else ""
        yield Use(kind="request", title=f"#{pk} {title}", url=f"/requests/{pk}/", part=part)


def waiting_for(user):
    """Questions of the hub to her, deliveries to look at, drafts left lying, and for staff what is assigned to her."""
    old = timezone.now() - OLD_DRAFT
    requests = EngagementRequest.objects.awaiting(user) | EngagementRequest.objects.drafts_of(user).filter(
        saved_at__lte=old
    )
    for request in requests.select_related("service").order_by("-is_urgent", "pk")[:MOST_WAITING]:
        yield _waiting_item(request, user)


def _waiting_item(request, user):
    url = request.get_absolute_url()
    title = request.title or request.service.title
    if request.status == Status.DRAFT:
        return WaitingItem(
            kind="request",
            title=_("Finish your request: %(title)s") % {"title": title},
            url=f"/services/{request.service.slug}/request/?draft={request.pk}",
            detail=_("A draft"),
        )
    if request.status in WITH_HUB:
        due = request.next_due_at
        return WaitingItem(
            kind="request",
            title=f"#{request.pk} {title}",
            url=url,
            detail=_("Assigned to you"),
            due_on=timezone.localdate(due) if due else None,
            is_urgent=request.is_urgent or (due is not None and due <= timezone.now()),
        )
    if request.status == Status.WAITING:
        detail = _("The hub asked you something")
    else:
        detail = _("Delivered: close it, or say what is missing")
    return WaitingItem(kind="request", title=f"#{request.pk} {title}", url=url, detail=detail)


def still_true(message):
    """A reminder is dropped when its cause has gone before it is sent."""
    if message.kind == "request_waiting":
        segment = message.period.partition(":")[0]
        running = ClockSegment.objects.filter(pk=segment, ended_at=None, side=Side.DEPARTMENT)
        yield running.filter(request__status=Status.WAITING).exists()
    elif message.kind == "request_at_risk":
        number = message.about.rpartition(":")[2]
        due = message.period.partition(":")[2]
        request = EngagementRequest.objects.filter(pk=number, status__in=WITH_HUB).first()
        yield request is not None and f"{request.next_due_at:%Y-%m-%dT%H:%M:%S}" == due
    elif message.kind == "request_new":
        entry = Entry.objects.filter(pk=message.period).select_related("request").first()
        stale = entry.verb in {"submitted", "assigned"} and entry.request.status not in WITH_HUB if entry else True
        yield not stale


def fill_slots():
    slots.search_documents.fill(search_sources)
    slots.where_used.fill(where_used)
    slots.waiting_items.fill(waiting_for)
    slots.still_true.fill(still_true)
