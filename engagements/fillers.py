"""What requests tell the lower apps, through their slots."""

from datetime import timedelta

from django.db.models import Q, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from engagements import emails, tasks
from engagements.models import ClockSegment, EngagementRequest, Entry
from engagements.workflow import OPEN, WITH_HUB, Side, Status
from hub import slots
from hub.prepared import prepared
from hub.presence import may_have
from hub.slots import NewsItem, Presence, SearchSource, Touched, Use, WaitingItem
from playbooks.models import Playbook
from policies.models import Policy
from spokes.models import SocialAccount, Spoke

MOST_USES = 20
MOST_WAITING = 50
MOST_TOLD = 10
MOST_TOUCHED = 100
OLD_DRAFT = timedelta(days=1)


def search_sources():
    yield SearchSource(tasks.KIND, documents=tasks.search_documents, document=tasks.search_document)


def where_used(thing, reader):
    """The newest requests about a thing, as far as the reader may see them; of a department, those still open."""
    if isinstance(thing, Policy):
        rows = _citing(policy=thing, reader=reader)
    elif isinstance(thing, Playbook):
        rows = _using(playbook=thing, reader=reader)
    elif isinstance(thing, SocialAccount):
        rows = _without_part(_newest(reader).filter(accounts=thing))
    elif isinstance(thing, Spoke):
        rows = _without_part(_newest(reader).open().filter(spoke__path__startswith=thing.path))
    else:
        return
    for pk, title, part in rows:
        yield Use(kind="request", title=f"#{pk} {title}", url=f"/requests/{pk}/", part=part)


def touched(policy, keys):
    """Running requests that cite one of these clauses; whoever looks after one in the hub should look."""
    running = EngagementRequest.objects.open().filter(citations__policy=policy, citations__clause_key__in=keys)
    rows = running.distinct().select_related("assignee", "service__owner").prefetch_related("citations")
    for request in rows.newest_first()[:MOST_TOUCHED]:
        parts = [cite.clause_key for cite in request.citations.all() if cite.policy_id == policy.pk]
        keeper = emails.looked_after_by(request)
        yield Touched(
            kind="request",
            title=f"#{request.pk} {request.title or request.service.title}",
            url=request.get_absolute_url(),
            about=emails.about(request),
            parts=tuple(key for key in parts if key in keys),
            people=(keeper,) if keeper else (),
        )


def _newest(reader):
    return EngagementRequest.objects.few_visible_to(reader).filed().newest_first()


def _without_part(requests):
    return requests.values_list("pk", "title", Value(""))[:MOST_USES]


@prepared(shape=lambda policy, reader: (reader.reads_all, timezone.localdate()))
def _citing(policy, reader):
    requests = _newest(reader).filter(citations__policy=policy)
    return requests.values_list("pk", "title", "citations__clause_key")[:MOST_USES]


@prepared(shape=lambda playbook, reader: (reader.reads_all, timezone.localdate()))
def _using(playbook, reader):
    return _without_part(_newest(reader).filter(playbooks=playbook))


def present(person):
    hers = Q(requester=person, status__in=[Status.DRAFT, Status.WAITING, Status.DELIVERED])
    yield Presence("requests", EngagementRequest.objects.filter(hers | Q(assignee=person, status__in=WITH_HUB)))


def waiting_for(user):
    """Questions of the hub to her, deliveries to look at, drafts left lying, and for staff what is assigned to her."""
    if not may_have(user, "requests"):
        return
    for request in _awaiting(user=user, old=timezone.now() - OLD_DRAFT):
        yield _waiting_item(request, user)


@prepared(shape=lambda user, old: (user.reads_all, timezone.localdate()), skewed=True)
def _awaiting(user, old):
    drafts = EngagementRequest.objects.drafts_of(user).filter(saved_at__lte=old)
    requests = (EngagementRequest.objects.awaiting(user) | drafts).select_related("service")
    return requests.defer("form", "answers").order_by("-is_urgent", "pk")[:MOST_WAITING]


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


def letter_items(person, since):
    """What happened to her requests; for staff, also what nobody has taken and what is late.

    Whoever chose the letter for such news gets none of it by mail, and reads it here.
    """
    mine = EngagementRequest.objects.few_visible_to(person).filter(requester=person)
    answers = Entry.objects.filter(request__in=mine, at__gt=since).exclude(kind=Entry.Kind.NOTE).exclude(by=person)
    newest = answers.filter(by__isnull=False).order_by("request", "-at", "-pk").select_related("request", "by")
    told = {}
    for entry in newest:
        told.setdefault(entry.request_id, entry)
    for entry in list(told.values())[:MOST_TOLD]:
        detail = entry.words or _("%(name)s wrote") % {"name": entry.by.name}
        yield _news_item(_("News on #%(number)d %(title)s"), entry.request, at=entry.at, detail=detail)
    if not person.is_coe_staff:
        return
    with_hub = EngagementRequest.objects.with_hub().select_related("service")
    untaken = with_hub.filter(assignee=None, service__owner=person, submitted_at__gt=since)
    for request in untaken.newest_first()[:MOST_TOLD]:
        yield _news_item(_("Nobody has taken #%(number)d %(title)s"), request, at=request.submitted_at)
    if person.is_lead:
        for request in with_hub.missed(timezone.now()).filter(next_due_at__gt=since).queue_order()[:MOST_TOLD]:
            yield _news_item(_("A promise was missed: #%(number)d %(title)s"), request, at=request.next_due_at)


def _news_item(words, request, *, at, detail=""):
    about = {"number": request.pk, "title": request.title or request.service.title}
    return NewsItem(kind="request", title=words % about, url=request.get_absolute_url(), at=at, detail=detail)


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
        yield entry is not None and _is_news(entry, message.recipient_id)


def _is_news(entry, reader_id):
    """A new request is none once somebody acts on it; a hand-over holds while it is open and still hers."""
    request = entry.request
    if entry.verb == "assigned":
        return request.status in OPEN and request.assignee_id == reader_id
    return entry.verb != "submitted" or request.status in WITH_HUB


def fill_slots():
    slots.search_documents.fill(search_sources)
    slots.where_used.fill(where_used)
    slots.waiting_items.fill(waiting_for)
    slots.presence.fill(present)
    slots.touched.fill(touched)
    slots.letter_items.fill(letter_items)
    slots.still_true.fill(still_true)
