"""The chain of proof and the packs made of it. All of it is the work of jobs but `ask_for_pack`."""

import contextlib
import logging
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from hub import audit
from hub.clock import database_now
from hub.exceptions import Invalid
from hub.models import AuditEvent
from policies import clock, proof
from policies.models import Acknowledgement, PolicyVersion, ProofKey, ProofLink, ProofPack, Waiver
from policies.permissions import check_can_prove
from policies.proof import verify
from policies.workflow import PACK_AT_WORK, READABLE, PackStatus, Status

from .proof_pack import LostLease, folder, instant, write_pack

logger = logging.getLogger(__name__)

BATCH = 500
LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 3
KEEP_PACKS = timedelta(days=7)
# A file that no pack knows is what a killed worker left behind; one that is being written is younger.
KEEP_STRANGERS = timedelta(days=1)
RECORDED = "recorded the head of the chain"


# --- The chain --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Source:
    """One kind of act that goes into the chain: the things, oldest first, and what is said of one of them."""

    kind: str
    things: Callable[[], QuerySet]
    order: str
    # thing -> (its policy, when it happened, what else is said)
    about: Callable


def _person(person):
    if person is None:
        return None
    return {
        "id": person.pk,
        "name": person.name,
        "email": person.email,
        "staff_number": person.staff_number or "",
    }


def _signed(acknowledgement):
    version = acknowledgement.version
    return (
        version.policy,
        acknowledgement.at,
        {
            "person": _person(acknowledgement.person),
            "version": version.number,
            "content_hash": version.content_hash,
            "clause_hashes": acknowledgement.clause_hashes,
            **({"for_others": acknowledgement.unbound.split()} if acknowledgement.unbound else {}),
            # Only where there was a quiz, so that an entry made before there were any is still the same.
            **({"questions": acknowledgement.questions} if acknowledgement.questions else {}),
        },
    )


def _published(version):
    return (
        version.policy,
        version.published_at,
        {
            "version": version.number,
            "content_hash": version.content_hash,
            "clauses": [[clause.key, clause.content_hash] for clause in version.clauses.all()],
            "effective_on": version.effective_on.isoformat(),
            "significance": version.significance,
            "change_note": version.change_note,
            "approved_by": _person(version.approved_by),
            "published_by": _person(version.published_by),
        },
    )


def _withdrawn(version):
    said = {
        "version": version.number,
        "withdrawn_on": version.withdrawn_on.isoformat(),
        "reason": version.withdrawal_reason,
    }
    return version.policy, max(version.published_at, clock.midnight(version.withdrawn_on)), said


def _waived(waiver):
    said = {
        "clause": waiver.clause_key,
        "department": {"id": waiver.spoke_id, "name": waiver.spoke.name},
        "from": waiver.starts_on.isoformat(),
        "until": waiver.ends_on.isoformat(),
        "reason": waiver.reason,
        "mitigation": waiver.mitigation,
        "granted_by": _person(waiver.granted_by),
    }
    return waiver.policy, waiver.granted_at, said


def _signatures():
    return Acknowledgement.objects.select_related("person", "version__policy")


def _publications():
    versions = PolicyVersion.objects.filter(status__in=READABLE)
    return versions.select_related("policy", "approved_by", "published_by").prefetch_related("clauses")


def _withdrawals():
    return PolicyVersion.objects.filter(status=Status.WITHDRAWN).select_related("policy")


def _waivers():
    return Waiver.objects.select_related("policy", "spoke", "granted_by")


# Another kind of act is proven too as soon as it has its line here.
SOURCES = [
    Source("published", _publications, "published_at", _published),
    Source("signed", _signatures, "at", _signed),
    Source("withdrawn", _withdrawals, "withdrawn_on", _withdrawn),
    Source("waived", _waivers, "granted_at", _waived),
]


def _unchained(source):
    linked = ProofLink.objects.filter(kind=source.kind, about_id=OuterRef("pk"))
    return source.things().filter(~Exists(linked)).order_by(source.order, "pk")


def extend_chain(*, most=BATCH):
    """Adds up to `most` acts that are not in the chain yet, oldest first.

    Returns how many, or None when another worker added to the same end first: then nothing is stored. All or nothing,
    so a worker may be killed anywhere.
    """
    position = 0
    try:
        with transaction.atomic():
            last = ProofLink.objects.order_by("-position").first()
            position, own_hash = (last.position, last.own_hash) if last else (0, verify.START)
            found = [
                (*source.about(thing), source.kind, thing.pk)
                for source in SOURCES
                for thing in _unchained(source)[:most]
            ]
            found.sort(key=lambda act: (act[1], act[3], act[4]))
            links = []
            for place, act in enumerate(found[:most], start=position + 1):
                links.append(_link(place, own_hash, *act))
                own_hash = links[-1].own_hash
            ProofLink.objects.bulk_create(links)
    except IntegrityError:
        if ProofLink.objects.filter(position__gt=position).exists():
            return None
        raise
    return len(links)


def _link(position, previous, policy, at, said, kind, about_id):
    text = verify.canonical(
        {
            "kind": kind,
            "id": about_id,
            "policy": {"id": policy.pk, "slug": policy.slug},
            "at": instant(at),
            # Without it, whoever knows what to look for could find it by trying in a pack that leaves it out.
            "salt": secrets.token_hex(16),
            **said,
        }
    )
    link = {
        "position": position,
        "previous": previous,
        "kind": kind,
        "policy": policy.pk,
        "entry": verify.sha256(text),
    }
    return ProofLink(
        position=position,
        follows_id=position - 1 or None,
        previous_hash=previous,
        own_hash=verify.link_hash(link),
        kind=kind,
        about_id=about_id,
        policy=policy,
        entry=link["entry"],
        text=text.decode(),
        added_at=timezone.now(),
    )


def extend_fully(*, batches=None):
    """Adds all there is, or so many batches of it; returns how many. Another worker's links are as good as ours."""
    added = 0
    while batches is None or batches > 0:
        batches = batches if batches is None else batches - 1
        now = extend_chain()
        added += now or 0
        if now is not None and now < BATCH:
            break
    return added


@transaction.atomic
def know_key():
    """Keeps the public half of the key the portal signs with now; returns its row, None without a key."""
    key = proof.signing_key()
    if key is None:
        return None
    public_key, now = proof.public_half(key), timezone.now()
    row, is_new = ProofKey.objects.get_or_create(
        public_key=public_key,
        defaults={"fingerprint": verify.fingerprint(public_key), "first_used_at": now, "last_used_at": now},
    )
    if is_new:
        audit.record("first used", row, by=None)
    elif ProofKey.objects.first() != row:
        _used(row, now)
    return row


def _used(row, now):
    row.last_used_at = now
    row.save(update_fields=["last_used_at"])


@transaction.atomic
def record_head():
    """Writes the head of the chain, signed, into the audit; returns how many lines. Once for each head."""
    key = know_key()
    if key:
        _used(key, timezone.now())
    last = ProofLink.objects.select_for_update().order_by("-position").first()
    if last is None or audit.history(last).filter(verb=RECORDED).exists():
        return 0
    audit.record(RECORDED, last, by=None, **proof.signed_head(last.position, last.own_hash))
    return 1


def recorded_heads(*, up_to):
    """The audit's lines of recorded heads, oldest first."""
    lines = AuditEvent.objects.filter(verb=RECORDED, object_type=ProofLink._meta.label_lower).order_by("at", "pk")
    for line in lines.iterator(chunk_size=500):
        if line.details["position"] <= up_to:
            yield line


# --- Packs ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def ask_for_pack(*, policy, day, by):
    """A pack about a policy as of a day, to be made by a worker; the one at work where there is one already."""
    check_can_prove(by)
    if day > clock.today():
        raise Invalid(_("That day is still to come. Choose today or a day before."), field="day")
    until = clock.midnight(day + timedelta(days=1))
    if not policy.versions.filter(status__in=READABLE, published_at__lt=until).exists():
        raise Invalid(_("Nothing of this policy was published by that day."), field="day")
    at_work = ProofPack.objects.filter(policy=policy, day=day, status__in=PACK_AT_WORK)
    pack = at_work.first()
    if pack is None:
        try:
            with transaction.atomic():
                pack = ProofPack.objects.create(policy=policy, day=day, asked_by=by)
        except IntegrityError:
            # Somebody asked for the same at the same moment.
            return at_work.get()
        audit.record("asked for", pack, by=by)
    return pack


def make_pack(*, pk):
    """Makes a pack that waits, or whose worker died; returns whether there was something to do.

    Several workers may ask; one gets the lease. Each writes a file of its own name, and only whoever still holds the
    lease at the end makes hers the pack's.
    """
    now, lease = database_now(), uuid.uuid4().hex
    free = Q(status=PackStatus.WAITING) | Q(status=PackStatus.MAKING, leased_until__lt=now)
    taken = ProofPack.objects.filter(free, pk=pk).update(
        status=PackStatus.MAKING, lease=lease, leased_until=now + LEASE, attempts=F("attempts") + 1, done=0
    )
    if not taken:
        return False
    pack = ProofPack.objects.select_related("policy").get(pk=pk)
    path = folder() / f"{lease}.zip"
    try:
        if pack.attempts > MOST_ATTEMPTS:
            raise RuntimeError(f"Its workers died {MOST_ATTEMPTS} times.")
        made = _make(pack, path)
    except OperationalError:
        raise  # the database is away or busy: another worker takes it up when the lease is over
    except LostLease:
        return True
    except Exception:
        logger.exception("Proof pack %s could not be made", pk)
        _finish(pack, PackStatus.FAILED, "could not be made")
        return True
    finally:
        _remove(path.with_suffix(".part"))
    if not _finish(pack, PackStatus.READY, "made", stored_as=path.name, **made):
        _remove(path)
    return True


def _make(pack, path):
    extend_fully()
    key = know_key()

    def progress(done, total):
        mine = ProofPack.objects.filter(pk=pack.pk, lease=pack.lease, status=PackStatus.MAKING)
        if not mine.update(done=done, total=total, leased_until=database_now() + LEASE):
            raise LostLease

    return {**write_pack(pack, path, heads=recorded_heads, progress=progress), "signed_with": key}


@transaction.atomic
def _finish(pack, status, verb, **fields):
    """Whether the pack was still this worker's to finish."""
    mine = ProofPack.objects.filter(pk=pack.pk, lease=pack.lease, status=PackStatus.MAKING)
    finished = mine.update(status=status, finished_at=timezone.now(), leased_until=None, **fields)
    if finished:
        audit.record(verb, pack, by=None, **{name: fields[name] for name in ("sha256", "head") if name in fields})
    return bool(finished)


def packs_to_make():
    """Ids of packs that wait, or whose worker died."""
    dead = Q(status=PackStatus.MAKING, leased_until__lt=database_now())
    return list(
        ProofPack.objects.filter(Q(status=PackStatus.WAITING) | dead).order_by("pk").values_list("pk", flat=True)
    )


def forget_packs():
    """Deletes the files of packs after some days, and files that no pack knows; returns how many."""
    gone = 0
    now = timezone.now()
    for pack in ProofPack.objects.filter(status=PackStatus.READY, finished_at__lt=now - KEEP_PACKS):
        with transaction.atomic():
            mine = ProofPack.objects.filter(pk=pack.pk, status=PackStatus.READY)
            gone += mine.update(status=PackStatus.GONE, stored_as="")
            audit.record("deleted after some days", pack, by=None)
        _remove(folder() / pack.stored_as)
    known = set(ProofPack.objects.exclude(stored_as="").values_list("stored_as", flat=True))
    for path in sorted(folder().iterdir()):
        if path.name not in known and path.stat().st_mtime < (now - KEEP_STRANGERS).timestamp():
            _remove(path)
            gone += 1
    return gone


def stored_file(pack):
    """The path of a ready pack's file, or None if it is not there (any more)."""
    path = Path(settings.DATA_DIR, "proof", pack.stored_as) if pack.status == PackStatus.READY else None
    return path if path and path.is_file() else None


def _remove(path):
    with contextlib.suppress(OSError):
        path.unlink()
