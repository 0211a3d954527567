"""Writes to what people look for, and to what the hub does about what they did not find."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Sum, When
from django.utils import timezone
from django.utils.translation import gettext as _

from hub import audit, emails
from hub.clock import today
from hub.exceptions import Invalid, NotAllowed
from hub.models import SearchCount, SearchEntry, SearchGap, SearchWish, User
from hub.permissions import check_can_work_the_desk, check_does_not_only_read
from hub.search.question import tidy
from hub.search.tally import key_of
from hub.tasks import PERSON, deliver_outbox, reindex_found
from hub.wake import wake

State = SearchGap.State


@transaction.atomic
def count_searches(*, rows, by=None):
    """Adds what was counted. What was not found for the first time opens a gap. Nobody's name is in it."""
    for key, text, asked, not_found, opened in sorted(tuple(row) for row in rows):
        found, _made = SearchCount.objects.get_or_create(key=key, defaults={"text": text, "last_on": today()})
        SearchCount.objects.filter(pk=found.pk).update(
            asked=F("asked") + asked, not_found=F("not_found") + not_found, opened=F("opened") + opened, last_on=today()
        )
        if not_found:
            _gap_of(found.pk)


def _gap_of(count_pk):
    """The gap of a wording, opened if there is none; its row is locked, so that two do not open one each."""
    count = SearchCount.objects.select_for_update(no_key=True).get(pk=count_pk)
    if count.gap_id is None:
        count.gap = SearchGap.objects.create(title=count.text)
        count.save(update_fields=["gap"])
    return count.gap


@transaction.atomic
def ask_to_be_told(*, text, by):
    """This person is told, once, when what she looked for has an answer. Raises Invalid for words that say nothing."""
    check_does_not_only_read(by)
    key = key_of(text)
    if not key:
        raise Invalid(_("Search with a few words first, and without addresses and numbers."))
    count, _made = SearchCount.objects.get_or_create(key=key, defaults={"text": tidy(text), "last_on": today()})
    gap = _locked(_gap_of(count.pk))
    if gap.state != State.OPEN:
        _open(gap)
    wish, made = SearchWish.objects.get_or_create(gap=gap, person=by)
    if not made and wish.told_at:
        wish.told_at, wish.asked_at = None, timezone.now()
        wish.save(update_fields=["told_at", "asked_at"])
    audit.record("wished", gap, by=by)
    return gap


def _locked(gap):
    return SearchGap.objects.select_for_update(no_key=True).get(pk=gap.pk)


def _open(gap):
    gap.state, gap.settled_by, gap.settled_at = State.OPEN, None, None
    gap.answer_kind, gap.answer_id, gap.answer_title, gap.answer_url = "", None, "", ""
    gap.save()


def _check_is_open(gap):
    if gap.state != State.OPEN:
        raise NotAllowed(_("Somebody has settled this already."))


@transaction.atomic
def merge_gaps(*, gaps, by):
    """Several gaps are about one thing: the one most looked for keeps its name and gets the others' wordings."""
    check_can_work_the_desk(by)
    rows = list(SearchGap.objects.select_for_update().filter(pk__in=[gap.pk for gap in gaps]).order_by("pk"))
    if len(rows) < 2:
        raise Invalid(_("Choose at least two that are about the same thing."))
    for gap in rows:
        _check_is_open(gap)
    counts = dict(SearchCount.objects.filter(gap__in=rows).values_list("gap").annotate(Sum("not_found")))
    kept = max(rows, key=lambda gap: (counts.get(gap.pk, 0), -gap.pk))
    others = [gap for gap in rows if gap.pk != kept.pk]
    SearchCount.objects.filter(gap__in=others).update(gap=kept)
    already = set(kept.wishes.values_list("person", flat=True))
    for wish in SearchWish.objects.filter(gap__in=others).order_by("pk"):
        if wish.person_id not in already:
            already.add(wish.person_id)
            SearchWish.objects.filter(pk=wish.pk).update(gap=kept)
    audit.record("merged", kept, by=by, others=[gap.title for gap in others])
    SearchGap.objects.filter(pk__in=[gap.pk for gap in others]).delete()
    return kept


@transaction.atomic
def answer_gap(*, gap, address, by):
    """What stands at this address answers it: search finds it by these words from now on, and all who asked are told.

    Raises Invalid unless the address is one that search can find.
    """
    check_can_work_the_desk(by)
    gap = _locked(gap)
    _check_is_open(gap)
    entry = entry_at(address)
    if entry is None:
        raise Invalid(_("Search knows nothing at this address. Copy it from a page of the portal."), field="address")
    gap.state, gap.settled_by, gap.settled_at = State.ANSWERED, by, timezone.now()
    gap.answer_kind, gap.answer_id = entry.kind, entry.object_id
    gap.answer_title, gap.answer_url = entry.document_title, entry.url
    gap.save()
    audit.record("answered", gap, by=by, address=entry.url)
    _tell(gap)
    wake(reindex_found, entry.kind, entry.object_id)
    wake(deliver_outbox)
    return gap


def entry_at(address):
    """What search knows at an address of ours, whole document or passage; None if nothing."""
    parts = urlsplit(address.strip())
    if parts.netloc and parts.netloc != urlsplit(settings.SITE_URL).netloc:
        return None
    wanted = [f"{parts.path}#{parts.fragment}", parts.path] if parts.fragment else [parts.path]
    for url in wanted:
        # People stand at the addresses of what they look after: that comes first.
        rows = SearchEntry.objects.filter(url=url).order_by(Case(When(kind=PERSON, then=1), default=0), "part_key")
        entry = rows.first() if url else None
        if entry is not None:
            return entry
    return None


def _tell(gap):
    """One message to each who asked and may read the answer."""
    whole = SearchEntry.objects.get(kind=gap.answer_kind, object_id=gap.answer_id, part_key="")
    waiting = SearchWish.objects.filter(gap=gap, told_at=None, person__is_active=True)
    if not whole.is_public_to_all:
        readers = User.objects.addressed_by(whole.audience_rows.values("group"))
        waiting = waiting.filter(person__in=readers)
    wishes = list(waiting.select_related("person").order_by("pk"))
    emails.search_answered(gap, wishes)
    SearchWish.objects.filter(pk__in=[wish.pk for wish in wishes]).update(told_at=timezone.now())


@transaction.atomic
def set_gap_aside(*, gap, by):
    """Nothing has to answer it."""
    check_can_work_the_desk(by)
    gap = _locked(gap)
    _check_is_open(gap)
    gap.state, gap.settled_by, gap.settled_at = State.SET_ASIDE, by, timezone.now()
    gap.save()
    audit.record("set_aside", gap, by=by)
    return gap


@transaction.atomic
def reopen_gap(*, gap, by):
    """It is not settled after all. Whoever was told is not told again."""
    check_can_work_the_desk(by)
    gap = _locked(gap)
    before = (gap.answer_kind, gap.answer_id)
    if gap.state == State.OPEN:
        raise NotAllowed(_("This is open."))
    _open(gap)
    audit.record("reopened", gap, by=by)
    if before[0]:
        wake(reindex_found, *before)
    return gap


@transaction.atomic
def forget_searches(*, before, by=None):
    """Forgets wordings that nobody has typed since a day and that never lacked an answer. Returns how many."""
    return SearchCount.objects.filter(last_on__lt=before, gap=None).delete()[0]
