"""What goes into a proof pack, written file by file into a ZIP in flat memory.

The same state gives the same bytes: the order is fixed, and nothing says when the pack was made.
"""

import csv
import functools
import hashlib
import io
import itertools
import json
import os
import zipfile
from collections import defaultdict
from contextlib import contextmanager
from datetime import UTC, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Group
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Prefetch, Q, Subquery
from django.template import engines
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override

from hub.cells import guard
from hub.models import User
from policies import clock, proof, workflow
from policies.models import Acknowledgement, Clause, Force, PolicyVersion, ProofKey, ProofLink, RollEntry, group_name
from policies.proof import verify
from spokes.models import Membership

from .text import redline_between

CHUNK = 1000
# A ZIP cannot say less than when; so that the same content is the same file, it always says this.
NO_TIME = (1980, 1, 1, 0, 0, 0)


class LostLease(Exception):
    """Another worker has taken the pack over."""


def folder():
    """Where packs are kept: in the data folder, out of reach of static files, its owner's only."""
    path = Path(settings.DATA_DIR, "proof")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def instant(at):
    """An instant in UTC, written so that texts compare as instants do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


# --- Texts ------------------------------------------------------------------------------------------------------------


def text_of(version):
    """A version as the JSON of its text; its clauses as they are hashed."""
    clauses = version.clauses.all()
    return {
        "title": version.policy.title,
        "version": version.number,
        "language": version.policy.language,
        "effective_on": version.effective_on.isoformat(),
        "significance": version.significance,
        "change_note": version.change_note,
        "content_hash": version.content_hash,
        "clauses": [
            {
                "key": clause.key,
                "number": clause.number,
                "force": clause.force,
                "heading": clause.heading,
                "body": clause.body,
                "hash": clause.content_hash,
                **({"applies_to": [[one.pk, group_name(one)] for one in clause.groups]} if clause.groups else {}),
            }
            for clause in clauses
        ],
    }


def as_json(version):
    return verify.canonical(text_of(version)) + b"\n"


def as_markdown(version):
    return verify.as_markdown(text_of(version)).encode()


def as_page(version):
    lines = [
        _("Version %(n)d, in force from %(day)s.")
        % {"n": version.number, "day": date_format(version.effective_on, "j F Y")},
        version.change_note,
        _("Hash of this text: %(hash)s") % {"hash": version.content_hash},
    ]
    return _page(version.policy, version.policy.title, lines, clauses=list(version.clauses.all()))


# Each version is in the pack in each of these: ending -> what gives its bytes. Word files and PDFs are made on the
# policy's page; they say on what day they were made, and the same state must give the same pack.
TEXT_FORMATS = {
    "html": as_page,
    "md": as_markdown,
    "json": as_json,
}


@functools.cache
def _style():
    css = (Path(proof.__file__).parent / "pack.css").read_text()
    return format_html("<style>\n{}</style>", mark_safe(css))


def _page(policy, title, lines, *, clauses=(), html=""):
    context = {
        "language": policy.language,
        "title": title,
        "lines": [line for line in lines if line],
        "clauses": clauses,
        "html": html,
        "style": _style(),
    }
    return render_to_string("policies/proof/page.html", context).encode()


def _redline(older, newer):
    title = _("%(title)s: what changed from version %(a)d to %(b)d") % {
        "title": newer.policy.title,
        "a": older.number,
        "b": newer.number,
    }
    return _page(newer.policy, title, [newer.change_note], html=redline_between(older, newer).html)


# --- Rows -------------------------------------------------------------------------------------------------------------

VERSION_COLUMNS = [
    "version",
    "published_at",
    "binds_from",
    "bound_until",
    "withdrawn_on",
    "significance",
    "what_changed",
    "approved_by",
    "published_by",
    "published_without_approval_because",
    "content_hash",
]
BOUND_COLUMNS = [
    "staff_number",
    "email",
    "name",
    "department",
    "bound_since",
    "asked_to_sign",
    "exempt_because",
    "signed_version",
    "signed_at",
    "signature_holds",
    "clauses_for_others",
]
WAIVER_COLUMNS = ["clause", "department", "from", "until", "reason", "mitigation", "granted_by"]


def version_rows(versions):
    for version in versions:
        yield [
            version.number,
            instant(version.published_at),
            version.effective_on,
            version.superseded_on,
            version.withdrawn_on,
            version.significance,
            version.change_note,
            version.approved_by and version.approved_by.name,
            version.published_by and version.published_by.name,
            version.unapproved_reason,
            version.content_hash,
        ]


def waiver_rows(policy, day):
    """Rows of WAIVER_COLUMNS: what departments were released from on a day."""
    holding = policy.waivers.holding_on(day).select_related("spoke", "granted_by")
    for waiver in holding.order_by("clause_key", "spoke__name", "pk"):
        yield [
            waiver.clause_key,
            waiver.spoke.name,
            waiver.starts_on,
            waiver.ends_on,
            waiver.reason,
            waiver.mitigation,
            waiver.granted_by.name,
        ]


def addressed_on(policy, day):
    """People a policy addresses on a day, with `department` and `home_since` as they were then.

    Departments are known day by day; of other groups only today's members are. Nobody who came later or had left.
    """
    homes = Membership.objects.filter(person=OuterRef("pk"), starts_on__lte=day)
    homes = homes.filter(Q(ends_on=None) | Q(ends_on__gte=day)).order_by("-starts_on", "-pk")
    people = User.objects.filter(joined_on__lte=day)
    people = people.filter(Q(left_on=None, is_active=True) | Q(left_on__gte=day))
    groups = list(policy.audiences.select_related("spoke"))
    if groups:
        there = Q(pk__in=[])
        for group in groups:
            if hasattr(group, "spoke"):
                there |= Q(Exists(homes.filter(spoke__path__startswith=group.spoke.path)))
            else:
                there |= Q(Exists(User.groups.through.objects.filter(user=OuterRef("pk"), group=group)))
        people = people.filter(there)
    return people.annotate(
        department=Subquery(homes.values("spoke__name")[:1]), home_since=Subquery(homes.values("starts_on")[:1])
    ), bool(groups)


def bound_rows(policy, day, *, until, head):
    """Rows of BOUND_COLUMNS: whom the version in force on a day bound; none if none was."""
    versions = list(policy.versions.visible_on(day))
    version = workflow.binding(versions, day)
    if version is None:
        return
    reaches = _reaches_of(version)
    clauses = list(version.clauses.with_groups())
    narrowed = {clause.key: {group.pk for group in clause.groups} for clause in clauses if clause.groups}
    musts = {clause.key for clause in clauses if clause.force == Force.MUST}
    wanted = set().union(*narrowed.values(), *(groups for _signed, groups in reaches.values()))
    people, is_narrow = addressed_on(policy, day)
    for chunk in _in_chunks(people):
        signed = _signatures_of(chunk, policy, until=until, head=head)
        groups_of = _groups_on(chunk, wanted, day)
        rolls = _rolls_of(chunk, version, day, until=until, reaches=reaches, groups_of=groups_of)
        for person in chunk:
            own = groups_of[person.pk]
            others = {key for key, groups in narrowed.items() if not own & groups}
            days = [_bound_since(version, reaches, own, day), person.joined_on]
            if person.home_since and (is_narrow or len(others) < len(narrowed)):
                days.append(person.home_since)
            signatures, entry = signed.get(person.pk, []), rolls.get(person.pk)
            mine = signatures[-1] if signatures else None
            is_exempt = entry is not None and entry.exempted_at is not None and entry.exempted_at < until
            holds = any(
                _reaches(reaches, one.version_id, own) and not (set(one.unbound.split()) & musts) - others
                for one in signatures
            )
            yield [
                person.staff_number,
                person.email,
                person.name,
                person.department,
                max(days),
                "yes" if (policy.must_sign or (entry and entry.is_asking)) and not is_exempt else "no",
                entry.exempt_reason if is_exempt else "",
                mine and mine.version.number,
                mine and instant(mine.at),
                "yes" if holds else "no",
                " ".join(sorted(others)),
            ]


def _reaches_of(version):
    """{id of a version: (it, the groups its signatures do not hold for)} of all whose signatures hold for a version."""
    reaches = version.reached_by.select_related("signed").prefetch_related("asks_again")
    return {one.signed_id: (one.signed, {group.pk for group in one.asks_again.all()}) for one in reaches}


def _reaches(reaches, version_id, groups):
    """As `querysets.reach_for`, for a person who was in these groups on the day."""
    return version_id in reaches and not reaches[version_id][1] & groups


def _bound_since(version, reaches, groups, day):
    """From when on the rule that a version states has bound her; as `querysets.asked_since`, on a day."""
    stating = [
        one
        for one, _groups in reaches.values()
        if one.number <= version.number
        and (one.withdrawn_on is None or one.withdrawn_on > day)
        and _reaches(reaches, one.pk, groups)
    ]
    return min(stating, key=lambda one: one.number).effective_on


def _groups_on(people, wanted, day):
    """{person's id: which of the wanted groups she was in}: departments as of the day, other groups as of today."""
    found = {person.pk: set() for person in people}
    if not wanted:
        return found
    groups = list(Group.objects.filter(pk__in=wanted).select_related("spoke"))
    spokes = [group.spoke for group in groups if hasattr(group, "spoke")]
    homes = Membership.objects.filter(person__in=found, starts_on__lte=day)
    homes = homes.filter(Q(ends_on=None) | Q(ends_on__gte=day)).order_by("starts_on", "pk")
    paths = dict(homes.values_list("person", "spoke__path"))
    for person, path in paths.items():
        found[person].update(spoke.group_id for spoke in spokes if path.startswith(spoke.path))
    others = [group.pk for group in groups if not hasattr(group, "spoke")]
    for person, group in User.groups.through.objects.filter(user__in=found, group__in=others).values_list(
        "user", "group"
    ):
        found[person].add(group)
    return found


def _rolls_of(people, version, day, *, until, reaches, groups_of):
    """{person's id: her entry on the newest roll for the rule of a version}, with `is_asking`: on that day a campaign
    ran on whose roll she is, be it this one or an older one."""
    on_rolls = RollEntry.objects.filter(
        Q(left_on=None) | Q(left_on__gt=day),
        person__in=people,
        asked_on__lte=day,
        campaign__policy=version.policy_id,
        campaign__version__in=reaches,
        campaign__started_at__lt=until,
    ).select_related("campaign")
    running = Q(campaign__closed_at=None) | Q(campaign__closed_at__gte=until)
    newest, asking = {}, set()
    for entry in on_rolls.annotate(is_asking=ExpressionWrapper(running, BooleanField())).order_by("campaign_id"):
        if not _reaches(reaches, entry.campaign.version_id, groups_of[entry.person_id]):
            continue
        newest[entry.person_id] = entry
        if entry.is_asking:
            asking.add(entry.person_id)
    for entry in newest.values():
        entry.is_asking = entry.person_id in asking
    return newest


def _signatures_of(people, policy, *, until, head):
    """{person's id: her signatures by then that are in the chain, the latest last}."""
    links = ProofLink.objects.filter(kind="signed", about_id=OuterRef("pk"), position__lte=head)
    found = Acknowledgement.objects.filter(Exists(links), person__in=people, version__policy=policy, at__lt=until)
    signed = defaultdict(list)
    for one in found.select_related("version").order_by("version__number", "at"):
        signed[one.person_id].append(one)
    return signed


def _in_chunks(people):
    last = 0
    while True:
        chunk = list(people.filter(pk__gt=last).order_by("pk")[:CHUNK])
        if chunk:
            yield chunk
        if len(chunk) < CHUNK:
            return
        last = chunk[-1].pk


def head_rows(lines):
    for line in lines:
        told = line.details
        day = line.at.astimezone(clock.hub_zone()).date()
        yield [day, told["position"], told["hash"], told["public_key"], told["signature"]]


def key_rows():
    for key in ProofKey.objects.order_by("pk"):
        yield [key.fingerprint, key.public_key, key.first_used_at.date(), key.last_used_at.date()]


def links_of(policy, head):
    """(link as a dict, what it says or None where it is about another policy), in order, a thousand at a time."""
    last = 0
    while last < head:
        rows = list(ProofLink.objects.filter(position__gt=last, position__lte=head).order_by("position")[:CHUNK])
        for row in rows:
            link = {
                "position": row.position,
                "previous": row.previous_hash,
                "kind": row.kind,
                "policy": row.policy_id,
                "entry": row.entry,
                "hash": row.own_hash,
            }
            yield link, json.loads(row.text) if row.policy_id == policy.pk else None
        last = rows[-1].position


# --- The ZIP ----------------------------------------------------------------------------------------------------------


class Writer:
    """Writes into a ZIP and remembers the checksum of each file."""

    def __init__(self, zipped):
        self.zip = zipped
        self.files = {}

    @contextmanager
    def open(self, name):
        """A binary file of the ZIP, whatever its length."""
        info = zipfile.ZipInfo(name, NO_TIME)
        info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
        with self.zip.open(info, "w", force_zip64=True) as inner:
            counted = _Counted(inner)
            yield counted
        self.files[name] = {"sha256": counted.digest.hexdigest(), "bytes": counted.size}

    def add(self, name, data):
        with self.open(name) as file:
            file.write(data)

    def table(self, name, columns, rows):
        with self.open(name) as file:
            table = Table(file)
            table.row(columns)
            for row in rows:
                table.row(["" if cell is None else guard(str(cell)) for cell in row])
            table.flush()


class _Counted(io.RawIOBase):
    def __init__(self, inner):
        self.inner, self.digest, self.size = inner, hashlib.sha256(), 0

    def write(self, data):
        self.digest.update(data)
        self.size += len(data)
        return self.inner.write(data)


class Table:
    """Rows of CSV into a binary file, a block at a time. Cells are guarded by whoever makes them."""

    def __init__(self, file):
        self.file = file
        self.text = io.StringIO(newline="")
        self.csv = csv.writer(self.text)

    def row(self, cells):
        self.csv.writerow(cells)
        if self.text.tell() > 1 << 16:
            self.flush()

    def flush(self):
        self.file.write(self.text.getvalue().encode())
        self.text.seek(0)
        self.text.truncate()


def write_pack(pack, path, *, heads, progress):
    """Writes a pack to a path, whole or not at all; returns what is known of it as fields of ProofPack.

    `heads(up_to=position)` gives the recorded heads; `progress(done, total)` is told of links and may raise.
    """
    part = path.with_suffix(".part")
    with (
        override(settings.LANGUAGE_CODE),
        open(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as file,
    ):
        with zipfile.ZipFile(file, "w") as zipped:
            head = _write(Writer(zipped), pack, heads, progress)
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
    part.replace(path)
    return {"head": head["position"], "sha256": digest, "size": size}


def _write(writer, pack, heads, progress):
    policy, day = pack.policy, pack.day
    end = clock.midnight(day + timedelta(days=1))
    last = ProofLink.objects.order_by("-position").first()
    head = proof.signed_head(last.position, last.own_hash)
    position = head["position"]
    progress(0, position)
    noted = ProofLink.objects.filter(kind="published", policy=policy, position__lte=position).values("about_id")
    versions = PolicyVersion.objects.filter(pk__in=noted, published_at__lt=end).order_by("number")
    clauses = Prefetch("clauses", Clause.objects.with_groups())
    versions = list(versions.select_related("approved_by", "published_by").prefetch_related(clauses))
    for version in versions:
        version.policy = policy
    _write_words(writer, pack, head)
    for version in versions:
        for ending, write in TEXT_FORMATS.items():
            writer.add(f"texts/v{version.number}.{ending}", write(version))
    for older, newer in itertools.pairwise(versions):
        writer.add(f"redlines/v{older.number}-v{newer.number}.html", _redline(older, newer))
    writer.table("versions.csv", VERSION_COLUMNS, version_rows(versions))
    writer.table("waivers.csv", WAIVER_COLUMNS, waiver_rows(policy, day))
    writer.table("bound.csv", BOUND_COLUMNS, bound_rows(policy, day, until=end, head=position))
    _write_signatures(writer, policy, instant(end), position)
    _write_chain(writer, policy, position, progress)
    writer.table("heads.csv", ["day", "position", "hash", "public_key", "signature"], head_rows(heads(up_to=position)))
    writer.table("keys.csv", ["fingerprint", "public_key", "first_used", "last_used"], key_rows())
    _write_manifest(writer, pack, head, instant(end))
    return head


def _write_words(writer, pack, head):
    key = head["public_key"]
    context = {
        "policy": pack.policy,
        "day": pack.day,
        "zone": settings.HUB_TIME_ZONE,
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "head": head,
        "fingerprint": proof.grouped(verify.fingerprint(key)) if key else "",
    }
    writer.add("README.txt", engines["text"].get_template("policies/proof/readme.txt").render(context).encode())
    writer.add("verify.py", Path(verify.__file__).read_bytes())


def _write_signatures(writer, policy, until, position):
    """Told from the chain, so that the two say the same."""
    links = ProofLink.objects.filter(kind="signed", policy=policy)
    with writer.open("signatures.csv") as file:
        table, last = Table(file), 0
        table.row(verify.SIGNATURE_COLUMNS)
        while True:
            rows = list(links.filter(position__gt=last, position__lte=position).order_by("position")[:CHUNK])
            for row in rows:
                entry = json.loads(row.text)
                if entry["at"] < until:
                    table.row(verify.signature_row({"position": row.position}, entry))
            if len(rows) < CHUNK:
                break
            last = rows[-1].position
        table.flush()


def _write_chain(writer, policy, position, progress):
    with writer.open("chain.jsonl") as file:
        for link, text in links_of(policy, position):
            file.write(verify.canonical(link if text is None else {**link, "text": text}) + b"\n")
            if link["position"] % CHUNK == 0:
                progress(link["position"], position)
    progress(position, position)


def _write_manifest(writer, pack, head, until):
    policy = pack.policy
    manifest = verify.canonical(
        {
            "format": verify.FORMAT,
            "site": settings.SITE_URL,
            "policy": {"id": policy.pk, "slug": policy.slug, "title": policy.title},
            "day": pack.day.isoformat(),
            "zone": settings.HUB_TIME_ZONE,
            "until": until,
            "signed": bool(head["signature"]),
            "head": head,
            "files": dict(writer.files),
        }
    )
    manifest += b"\n"
    writer.add("manifest.json", manifest)
    key = proof.signing_key()
    if key:
        signature = key.sign(verify.manifest_statement(manifest)).hex()
        seal = {"public_key": proof.public_half(key), "signature": signature}
        writer.add("manifest.sig.json", verify.canonical(seal) + b"\n")
