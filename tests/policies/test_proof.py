"""Proof: the chain, what keeps it whole, the packs made of it, and everything that a forger might try."""

import csv
import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hub import cells
from hub.exceptions import Invalid, NotAllowed
from hub.models import AuditEvent
from policies import actions, clock, jobs, proof, reports
from policies.actions import proof as chain
from policies.actions import proof_pack
from policies.models import Acknowledgement, ProofKey, ProofLink, ProofPack
from policies.proof import verify
from spokes import actions as spokes
from tests.factories import make_cast, make_person
from tests.policies.factories import (
    clause,
    days,
    make_campaign,
    make_policy,
    make_published,
    make_running,
    make_submitted,
    make_waiver,
    make_withdrawn,
    publish_now,
    sign,
)

VERIFY = Path(verify.__file__)


@pytest.fixture
def cast(db):
    return make_cast()


@pytest.fixture
def key_print():
    return verify.fingerprint(proof.public_half(proof.signing_key()))


def made(policy, *, day=None, by):
    pack = actions.ask_for_pack(policy=policy, day=day or clock.today(), by=by)
    actions.make_pack(pk=pack.pk)
    pack.refresh_from_db()
    return pack


def two_policies(cast):
    """One with two versions and four signatures of them, and another with one, which is nobody's business."""
    first = make_published(
        cast=cast,
        title="Disclosure",
        slug="disclosure",
        must_sign=True,
        clauses=[clause("Say where you work", key="say"), clause("Be kind", key="kind", body="=1+1 is *text*")],
    )
    for person in (cast.emma, cast.rita):
        sign(person=person, version=first)
    other = make_published(cast=cast, title="Secret other", slug="other", must_sign=True)
    sign(person=cast.otto, version=other)
    second = make_published(
        cast=cast, policy=first.policy, significance="material", note="Now with pictures.",
        clauses=[clause("Say where you work", key="say"), clause("Pictures", key="pictures", force="should")],
    )  # fmt: skip
    for person in (cast.emma, cast.otto):
        sign(person=person, version=second)
    return first.policy, other.policy


@pytest.fixture
def pack(cast):
    policy, _other = two_policies(cast)
    jobs.extend_chain()
    jobs.record_head()
    return made(policy, by=cast.audra)


def unpacked(pack, folder):
    with zipfile.ZipFile(actions.proof.stored_file(pack)) as file:
        file.extractall(folder)
    return folder


@pytest.fixture
def folder(pack, tmp_path):
    return unpacked(pack, tmp_path / "pack")


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def check(path, *options, script=VERIFY, plain=False):
    """(exit code, what it said) of the script alone, without the portal; `plain` also without `cryptography`."""
    command = [sys.executable, "-I", *(["-S"] if plain else []), str(script), str(path), *options]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", env={"LANG": "C.UTF-8"}, timeout=60)
    assert done.stderr == ""
    return done.returncode, done.stdout


def findings(path, key="", head=()):
    """What does not hold, by the same check without a process."""
    checked = verify.Check(verify.Pack(str(path)), key, head)
    checked.run()
    return checked.bad


# --- The chain --------------------------------------------------------------------------------------------------------


def test_every_act_is_in_the_chain_once_in_the_order_of_time(cast):
    two_policies(cast)
    assert jobs.extend_chain() == 8
    assert jobs.extend_chain() == 0
    links = list(ProofLink.objects.all())
    assert [link.position for link in links] == list(range(1, 9))
    assert [link.kind for link in links] == "published signed signed published signed published signed signed".split()
    assert {link.about_id for link in links if link.kind == "signed"} == set(
        Acknowledgement.objects.values_list("pk", flat=True)
    )
    for before, link in zip([None, *links], links, strict=False):
        assert link.follows_id == (before.position if before else None)
        assert link.previous_hash == (before.own_hash if before else verify.START)
        assert link.entry == hashlib.sha256(link.text.encode()).hexdigest()


def test_signing_does_not_touch_the_chain(cast):
    two_policies(cast)
    assert ProofLink.objects.count() == 0


def test_a_withdrawal_and_a_change_of_name_leave_what_was_noted_as_it_was(cast):
    version = make_published(cast=cast, must_sign=True)
    sign(person=cast.emma, version=version)
    jobs.extend_chain()
    before = list(ProofLink.objects.values_list("own_hash", flat=True))
    cast.emma.name = "Emma Married"
    cast.emma.save()
    actions.withdraw(version=version, reason="obsolete", by=cast.hana)
    assert jobs.extend_chain() == 1
    links = list(ProofLink.objects.all())
    assert [link.own_hash for link in links][:-1] == before
    assert json.loads(links[1].text)["person"]["name"] == "Emma"
    assert json.loads(links[2].text)["reason"] == "obsolete"


def test_who_approved_and_that_nobody_did_is_in_the_chain(cast):
    make_published(cast=cast)
    publish_now(make_submitted(cast=cast), by=cast.hana)
    jobs.extend_chain()
    said = [json.loads(link.text) for link in ProofLink.objects.all()]
    assert [one["approved_by"] and one["approved_by"]["name"] for one in said] == ["Lena", None]
    assert {one["published_by"]["name"] for one in said} == {"Hana"}


def test_batches_are_bounded_and_go_on_where_the_last_one_ended(cast, monkeypatch):
    two_policies(cast)
    monkeypatch.setattr(chain, "BATCH", 3)
    assert chain.extend_chain(most=3) == 3
    assert chain.extend_fully(batches=1) == 0 or ProofLink.objects.count() > 3
    assert chain.extend_fully() + ProofLink.objects.count() >= 8
    assert ProofLink.objects.count() == 8
    assert chain.extend_fully() == 0


def test_a_worker_killed_in_the_middle_leaves_nothing_half_done(cast, monkeypatch):
    two_policies(cast)
    whole = ProofLink.objects.bulk_create
    monkeypatch.setattr(ProofLink.objects, "bulk_create", lambda links: (whole(links[:4]), 1 / 0))
    with pytest.raises(ZeroDivisionError):
        chain.extend_chain()
    assert ProofLink.objects.count() == 0


def test_whoever_comes_second_stores_nothing(cast, monkeypatch):
    """She read the end of the chain before somebody else added to it."""
    policy, _other = two_policies(cast)
    jobs.extend_chain()
    policy.refresh_from_db()
    sign(person=cast.dora, version=policy.current)
    with monkeypatch.context() as patch:
        patch.setattr(ProofLink.objects, "order_by", lambda *names: ProofLink.objects.none())
        assert chain.extend_chain() is None
    assert ProofLink.objects.count() == 8
    assert chain.extend_fully() == 1


def test_a_fault_that_is_nobodys_hurry_is_not_hidden(cast, monkeypatch):
    two_policies(cast)

    def broken(links):
        raise IntegrityError("something else")

    monkeypatch.setattr(ProofLink.objects, "bulk_create", broken)
    with pytest.raises(IntegrityError):
        chain.extend_chain()


@pytest.mark.parametrize(
    "change", [{"position": 10}, {"position": 9, "follows_id": 7}, {"position": 4, "follows_id": 3}, {"follows_id": 8}]
)
def test_the_database_holds_a_chain_without_gap_and_fork(cast, change):
    policy, _other = two_policies(cast)
    jobs.extend_chain()
    values = {
        "position": 9, "follows_id": 8, "previous_hash": "0" * 64, "own_hash": "1" * 64, "kind": "signed",
        "about_id": 99, "policy": policy, "entry": "2" * 64, "text": "{}", "added_at": timezone.now(),
    }  # fmt: skip
    if change == {"follows_id": 8}:
        change = {"about_id": Acknowledgement.objects.first().pk}
    with pytest.raises(IntegrityError), transaction.atomic():
        ProofLink.objects.bulk_create([ProofLink(**{**values, **change})])


def test_the_head_is_recorded_once_a_day_and_signed(cast, key_print):
    assert jobs.record_head() == 0
    two_policies(cast)
    jobs.extend_chain()
    assert (jobs.record_head(), jobs.record_head()) == (1, 0)
    line = AuditEvent.objects.get(verb=chain.RECORDED)
    last = ProofLink.objects.last()
    assert (line.details["position"], line.details["hash"]) == (last.position, last.own_hash)
    statement = verify.head_statement(last.position, last.own_hash)
    assert verify.signature_holds(line.details["public_key"], statement, line.details["signature"])
    assert ProofKey.objects.get().fingerprint == key_print


def test_old_keys_stay_known(cast, settings):
    jobs.extend_chain()
    settings.PROOF_KEY = "77" * 32
    jobs.extend_chain()
    jobs.extend_chain()
    first, second = ProofKey.objects.order_by("pk")
    assert ProofKey.objects.first() == second
    settings.PROOF_KEY = "5e" * 32
    jobs.extend_chain()
    assert ProofKey.objects.first() == first
    settings.PROOF_KEY = ""
    make_published(cast=cast)
    jobs.extend_chain()
    assert ProofKey.objects.count() == 2
    assert jobs.record_head() == 1
    details = AuditEvent.objects.get(verb=chain.RECORDED).details
    assert (details["position"], details["signature"]) == (1, "")


def test_a_pack_holds_the_heads_up_to_its_own(cast):
    """Another worker may record a later one while it is made."""
    two_policies(cast)
    chain.extend_chain(most=3)
    jobs.record_head()
    jobs.extend_chain()
    jobs.record_head()
    assert [line.details["position"] for line in chain.recorded_heads(up_to=8)] == [3, 8]
    assert [line.details["position"] for line in chain.recorded_heads(up_to=7)] == [3]


# --- An untouched pack ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plain", [False, True])
def test_an_untouched_pack_holds_without_the_portal(pack, folder, key_print, plain):
    for path in (folder, actions.proof.stored_file(pack)):
        code, said = check(path, "--key", proof.grouped(key_print), plain=plain)
        assert code == 0, said
        assert "Everything that can be checked holds." in said
        assert "DOES NOT" not in said


def test_the_script_in_the_pack_checks_the_folder_it_lies_in(folder):
    done = subprocess.run([sys.executable, "-I", "verify.py"], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Compare that with the one on http://portal.test/hub/" in done.stdout


def test_what_is_in_it(pack, folder, cast, key_print):
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert names == {
        "README.txt", "bound.csv", "chain.jsonl", "heads.csv", "keys.csv", "manifest.json", "manifest.sig.json",
        "redlines/v1-v2.html", "signatures.csv", "verify.py", "versions.csv", "waivers.csv",
        *(f"texts/v{number}.{ending}" for number in (1, 2) for ending in ("html", "md", "json")),
    }  # fmt: skip
    readme = (folder / "README.txt").read_text()
    assert "Disclosure, as of" in readme
    assert proof.grouped(key_print) in readme
    signatures = table(folder / "signatures.csv")
    assert [(row["email"], row["version"]) for row in signatures] == [
        ("emma@larkfield.example", "1"),
        ("rita@larkfield.example", "1"),
        ("emma@larkfield.example", "2"),
        ("otto@larkfield.example", "2"),
    ]
    bound = {row["email"]: row for row in table(folder / "bound.csv")}
    assert len(bound) == 10
    assert (bound["emma@larkfield.example"]["signed_version"], bound["emma@larkfield.example"]["signature_holds"]) == (
        "2",
        "yes",
    )
    assert bound["emma@larkfield.example"]["department"] == "Customer Care"
    rita = bound["rita@larkfield.example"]
    assert (rita["signed_version"], rita["signature_holds"]) == ("1", "no")
    assert bound["dora@larkfield.example"]["signed_version"] == ""
    assert "=1+1" in (folder / "texts/v1.md").read_text()
    page = (folder / "texts/v2.html").read_text()
    assert "<style>" in page and "Now with pictures." in page
    assert "<ins>" in (folder / "redlines/v1-v2.html").read_text()


def test_it_says_nothing_of_other_policies(folder, cast):
    everything = "".join(path.read_text() for path in folder.rglob("*") if path.is_file())
    assert "Secret other" not in everything
    links = [json.loads(line) for line in (folder / "chain.jsonl").read_text().splitlines()]
    assert [("text" in link) for link in links] == [True, True, True, False, False, True, True, True]


def test_the_same_state_gives_the_same_bytes(pack, cast):
    again = made(pack.policy, by=cast.paul)
    assert (again.sha256, again.size, again.stored_as == pack.stored_as) == (pack.sha256, pack.size, False)
    assert hashlib.sha256(actions.proof.stored_file(pack).read_bytes()).hexdigest() == pack.sha256


def test_a_day_gone_by(cast, tmp_path):
    """Later signatures and versions are in the chain, which must be whole, and not in the lists and texts."""
    policy, _other = two_policies(cast)
    past = timezone.now() - timedelta(days=10)
    old = policy.versions.get(number=1)
    policy.versions.filter(number=1).update(
        published_at=past, publish_on=days(-10), effective_on=days(-10), superseded_on=days(0)
    )
    Acknowledgement.objects.filter(version=old, person=cast.emma).update(at=past + timedelta(hours=1))
    for person in cast.everybody().values():
        type(person).objects.filter(pk=person.pk).update(joined_on=days(-30))
    type(cast.sam).objects.filter(pk=cast.sam.pk).update(joined_on=days(-2))
    left = make_person(name="Left", joined_on=days(-30), spoke=cast.retail)
    spokes.say_goodbye(person=left, by=None, on=days(-5))
    long_gone = make_person(name="Long gone", joined_on=days(-30))
    spokes.say_goodbye(person=long_gone, by=None, on=days(-20))
    folder = unpacked(made(policy, day=days(-8), by=cast.hana), tmp_path / "pack")
    assert findings(folder) == []
    assert len((folder / "signatures.csv").read_text().splitlines()) == 2
    assert sorted(path.name for path in (folder / "texts").iterdir()) == ["v1.html", "v1.json", "v1.md"]
    assert not (folder / "redlines").exists()
    names = {row["name"] for row in table(folder / "bound.csv")}
    assert "Left" in names
    assert not names & {"Sam", "Long gone", "Root"}


def test_a_narrow_audience_is_who_was_in_the_department_then(cast, tmp_path):
    from django.contrib.auth.models import Group

    version = make_published(cast=cast, audiences=[cast.retail.group, Group.objects.get(name__icontains="auditor")])
    folder = unpacked(made(version.policy, by=cast.hana), tmp_path / "pack")
    rows = table(folder / "bound.csv")
    assert [row["name"] for row in rows] == ["Rita", "Dora", "Audra"]
    assert {row["asked_to_sign"] for row in rows} == {"no"}


def test_waivers_and_exemptions_are_in_the_pack(cast, tmp_path):
    version = make_published(cast=cast, must_sign=True)
    make_waiver(cast=cast, version=version)
    make_waiver(cast=cast, version=version, spoke=cast.care, starts_on=days(3))
    campaign = make_running(cast=cast, version=version)
    actions.exempt_person(campaign=campaign, person=cast.emma, reason="On leave for a year.", by=cast.paul)
    folder = unpacked(made(version.policy, by=cast.hana), tmp_path / "pack")
    assert findings(folder) == []
    assert [row["department"] for row in table(folder / "waivers.csv")] == ["Retail"]
    rows = {row["name"]: (row["asked_to_sign"], row["exempt_because"]) for row in table(folder / "bound.csv")}
    assert rows["Emma"] == ("no", "On leave for a year.")
    assert rows["Rita"] == ("yes", "")
    assert "waived" in set(ProofLink.objects.values_list("kind", flat=True))


def test_a_campaign_asks_where_the_policy_alone_does_not(cast, tmp_path):
    version = make_published(cast=cast)
    make_running(cast=cast, version=version, audiences=[cast.retail.group])
    folder = unpacked(made(version.policy, by=cast.hana), tmp_path / "pack")
    rows = {row["name"]: row["asked_to_sign"] for row in table(folder / "bound.csv")}
    assert (rows["Rita"], rows["Emma"]) == ("yes", "no")


def test_an_older_campaign_that_runs_again_asks(cast, tmp_path):
    version = make_published(cast=cast)
    older, newer = (make_campaign(cast=cast, version=version, audiences=[cast.retail.group]) for _number in range(2))
    actions.start_campaign(campaign=newer, by=cast.hana)
    jobs.keep_campaigns()
    actions.close_campaign(campaign=newer, reason="Too early.", by=cast.hana)
    actions.start_campaign(campaign=older, by=cast.hana)
    jobs.keep_campaigns()
    assert reports.people_to_sign(version).filter(pk=cast.rita.pk).exists()
    folder = unpacked(made(version.policy, by=cast.hana), tmp_path / "pack")
    rows = {row["name"]: row["asked_to_sign"] for row in table(folder / "bound.csv")}
    assert (rows["Rita"], rows["Emma"]) == ("yes", "no")


def test_a_material_version_that_was_taken_back_never_bound_anybody(cast, tmp_path):
    for person in cast.everybody().values():
        type(person).objects.filter(pk=person.pk).update(joined_on=days(-30))
    first = make_published(cast=cast, must_sign=True, effective_on=days(0))
    rule = [clause("Never post", key="say-where-you-work", body="Never post at all.")]
    taken_back = make_published(cast=cast, policy=first.policy, effective_on=days(3), clauses=rule)
    assert taken_back.material_number == 2
    actions.withdraw(version=taken_back, reason="in_error", by=cast.hana)
    same = [clause("Never post", key="say-where-you-work", body="Never  post at all, please.")]
    third = make_published(cast=cast, policy=first.policy, clauses=same)
    assert (third.baseline_number, third.material_number) == (1, 3)
    folder = unpacked(made(first.policy, by=cast.hana), tmp_path / "pack")
    assert {row["bound_since"] for row in table(folder / "bound.csv") if row["name"] != "Root"} == {str(days(0))}


@pytest.mark.parametrize(
    "text", ["a\x0b\x00b", "=cmd|' /C calc'!A0", "\u202egnp.exe", 'quote " and, comma', "🧑‍🚒\U0010ffff"]
)
def test_hostile_words_break_no_pack(cast, tmp_path, text):
    version = make_published(
        cast=cast, title=f"{text} title", note=text, must_sign=True, clauses=[clause(text, body=f"{text}\n\n- {text}")]
    )
    type(cast.emma).objects.filter(pk=cast.emma.pk).update(name=text.replace("\x00", ""))
    sign(person=cast.emma, version=version)
    folder = unpacked(made(version.policy, by=cast.hana), tmp_path / "pack")
    assert check(folder)[0] == 0
    assert not any(
        row["name"].startswith("=") for row in table(folder / "signatures.csv") + table(folder / "bound.csv")
    )


def test_nobody_is_bound_by_what_was_withdrawn(cast, tmp_path):
    folder = unpacked(made(make_withdrawn(cast=cast).policy, by=cast.hana), tmp_path / "pack")
    assert len((folder / "bound.csv").read_text().splitlines()) == 1
    assert findings(folder) == []


def test_without_a_key_it_says_so_everywhere(client, cast, settings, tmp_path):
    settings.PROOF_KEY = ""
    pack = made(make_published(cast=cast).policy, by=cast.hana)
    assert not pack.is_signed
    folder = unpacked(pack, tmp_path / "pack")
    assert "IT IS NOT SIGNED" in (folder / "README.txt").read_text()
    assert not (folder / "manifest.sig.json").exists()
    assert check(folder)[0] == 1
    code, said = check(folder, "--accept-unsigned")
    assert (code, "note      This pack is not signed" in said) == (0, True)
    assert check(folder, "--accept-unsigned", "--key", "a" * 64)[0] == 1
    assert (
        client.get("/healthz")
        .content.decode()
        .endswith("note: COE_PROOF_KEY is not set, so proof packs are not signed\n")
    )


def test_the_portal_and_the_script_reckon_alike(pack):
    version = pack.policy.versions.get(number=2)
    for one in version.clauses.all():
        assert one.content_hash == verify.clause_hash(one.key, one.force, one.heading, one.body)
    pairs = version.clauses.values_list("key", "content_hash")
    assert version.content_hash == verify.content_hash(pairs)


@given(st.text())
def test_cells_are_guarded_alike(text):
    assert verify.guard(text) == cells.guard(text)


def test_ed25519_as_in_rfc_8032():
    """The first three vectors of section 7.1."""
    vectors = [
        ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
        ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
        ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
    ]  # fmt: skip
    for key, message, signature in vectors:
        key, message, signature = (bytes.fromhex(text) for text in (key, message, signature))
        assert verify.plain_ed25519(key, message, signature)
        assert not verify.plain_ed25519(key, message + b"x", signature)
        higher = int.from_bytes(signature[32:], "little") + verify.L
        assert not verify.plain_ed25519(key, message, signature[:32] + higher.to_bytes(32, "little"))
    assert not verify.plain_ed25519(b"\xff" * 32, b"", b"\x00" * 64)
    assert not verify.plain_ed25519(b"short", b"", b"\x00" * 64)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 511))
@hypothesis_settings(max_examples=20, deadline=None)
def test_the_plain_check_agrees_with_the_library(seed, message, bit):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert verify.plain_ed25519(public, message, signature)
    changed = bytearray(signature)
    changed[bit // 8] ^= 1 << bit % 8
    assert not verify.plain_ed25519(public, message, bytes(changed))


# --- What a forger might try ------------------------------------------------------------------------------------------


class Forger:
    """Rewrites an unpacked pack, keeping all checksums up, with a key of her own or without."""

    def __init__(self, folder, seed=None):
        self.folder = folder
        self.key = Ed25519PrivateKey.from_private_bytes(seed) if seed else None

    def manifest(self):
        return json.loads((self.folder / "manifest.json").read_text())

    def links(self):
        return [json.loads(line) for line in (self.folder / "chain.jsonl").read_text().splitlines()]

    def write_links(self, links, *, chained=False):
        previous = verify.START
        for position, link in enumerate(links, start=1):
            if chained:
                if "text" in link:
                    link["entry"] = verify.sha256(verify.canonical(link["text"]))
                link |= {"position": position, "previous": previous}
                link["hash"] = previous = verify.link_hash(link)
        (self.folder / "chain.jsonl").write_bytes(b"".join(verify.canonical(link) + b"\n" for link in links))

    def drop_row(self, number):
        path = self.folder / "signatures.csv"
        rows = path.read_text().splitlines(keepends=True)
        del rows[number]
        path.write_text("".join(rows), newline="")

    def rewrite_signatures(self):
        with (self.folder / "signatures.csv").open("w", newline="") as file:
            out = csv.writer(file)
            out.writerow(verify.SIGNATURE_COLUMNS)
            for link in self.links():
                if link["kind"] == "signed" and "person" in link.get("text", {}):
                    out.writerow(verify.signature_row(link, link["text"]))

    def seal(self, **facts):
        """A new list of files; a new head and new signatures where she has a key."""
        manifest = self.manifest() | facts
        manifest["files"] = {
            str(path.relative_to(self.folder)): {
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "bytes": path.stat().st_size,
            }
            for path in self.folder.rglob("*")
            if path.is_file() and path.name not in verify.UNLISTED
        }
        if self.key:
            last = self.links()[-1]
            public = self.key.public_key().public_bytes_raw().hex()
            signature = self.key.sign(verify.head_statement(last["position"], last["hash"])).hex()
            manifest["head"] = {
                "position": last["position"], "hash": last["hash"], "public_key": public, "signature": signature,
            }  # fmt: skip
        data = verify.canonical(manifest) + b"\n"
        (self.folder / "manifest.json").write_bytes(data)
        if self.key:
            seal = {"public_key": public, "signature": self.key.sign(verify.manifest_statement(data)).hex()}
            (self.folder / "manifest.sig.json").write_bytes(verify.canonical(seal) + b"\n")


# The portal's own key, for what even she who has it cannot do unseen.
OURS = bytes.fromhex("5e" * 32)


@pytest.mark.parametrize(
    "name",
    [
        "README.txt", "bound.csv", "chain.jsonl", "heads.csv", "keys.csv", "manifest.json", "manifest.sig.json",
        "redlines/v1-v2.html", "signatures.csv", "texts/v1.html", "texts/v1.json", "texts/v2.md", "verify.py",
        "versions.csv", "waivers.csv",
    ],
)  # fmt: skip
def test_a_changed_byte_in_any_file_is_caught(folder, name):
    path = folder / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    code, said = check(folder)
    assert code == 1
    assert "DOES NOT" in said


def test_a_missing_an_added_and_a_doubled_file_are_caught(folder, pack, tmp_path):
    (folder / "extra.txt").write_text("More.")
    (folder / "waivers.csv").unlink()
    assert findings(folder)[:2] == [
        "extra.txt is in the pack, but not on its list.",
        "waivers.csv is on the list, but not in the pack.",
    ]
    copy = tmp_path / "copy.zip"
    shutil.copy(actions.proof.stored_file(pack), copy)
    with zipfile.ZipFile(copy, "a") as file, pytest.warns(UserWarning):
        file.writestr("bound.csv", "nobody")
    assert "bound.csv is in the pack twice." in findings(copy)


def test_a_dropped_signature_is_caught_whoever_seals_the_pack_anew(folder):
    forger = Forger(folder, OURS)
    forger.drop_row(2)
    forger.seal()
    assert "The signature of link 3 is not in signatures.csv as it was given." in findings(folder)


def test_a_dropped_last_signature_and_one_too_many_are_caught(folder):
    forger = Forger(folder, OURS)
    forger.drop_row(4)
    forger.seal()
    assert "The signature of link 8 is not in signatures.csv as it was given." in findings(folder)
    forger.rewrite_signatures()
    with (folder / "signatures.csv").open("a") as file:
        file.write("9,now,,x@y.z,X,2,a,b\r\n")
    forger.seal()
    assert findings(folder) == ["signatures.csv has rows that are not in the chain."]


def test_a_signature_hidden_as_if_it_were_of_another_policy_is_caught(folder):
    forger = Forger(folder, OURS)
    links = forger.links()
    del links[2]["text"]
    forger.write_links(links)
    forger.drop_row(2)
    forger.seal()
    assert "What link 3 says has been changed or left out." in findings(folder)
    links[2]["policy"] += 1
    forger.write_links(links)
    forger.seal()
    assert "Link 3 has been changed." in findings(folder)


def test_reordered_doubled_and_missing_links_are_caught(folder):
    forger, links = Forger(folder, OURS), Forger(folder).links()
    for changed, words in [
        ([*links[:2], links[3], links[2], *links[4:]], "After link 2 comes link 4."),
        ([*links[:3], links[2], *links[3:]], "After link 3 comes link 3."),
        (links[:4] + links[5:], "After link 4 comes link 6."),
        ([*links[:3], {**links[3], "position": 4, "previous": "1" * 64}, *links[4:]], "Link 4 does not follow"),
    ]:
        forger.write_links(changed)
        forger.seal(head=forger.manifest()["head"])
        assert any(bad.startswith(words) for bad in findings(folder)), words


def test_a_truncated_chain_is_caught(folder):
    forger = Forger(folder)
    forger.write_links(forger.links()[:-1])
    forger.rewrite_signatures()
    forger.seal()
    bad = findings(folder)
    assert "The chain ends at link 7, and not where its head says." in bad
    assert "The list of files is not what was signed." in bad


def test_a_doubled_act_in_a_chain_made_anew_is_caught(folder):
    forger = Forger(folder, OURS)
    links = forger.links()
    forger.write_links([*links, {**links[2]}], chained=True)
    forger.rewrite_signatures()
    forger.seal()
    assert "Link 9 says again what link 3 says." in findings(folder)


def test_a_whole_chain_made_anew_with_another_key_is_caught_by_the_key_you_give(folder, key_print):
    """All fits together; only the key, and the heads recorded before, tell."""
    forger = Forger(folder, b"\x01" * 32)
    links = [link for link in forger.links() if link.get("text", {}).get("person", {}).get("name") != "Otto"]
    forger.write_links(links, chained=True)
    forger.rewrite_signatures()
    (folder / "heads.csv").write_text("day,position,hash,public_key,signature\r\n")
    forger.seal()
    assert check(folder)[0] == 0
    code, said = check(folder, "--key", key_print)
    assert code == 1
    assert "It was signed with another key" in said
    last = ProofLink.objects.last()
    assert "The chain ends before the head you gave." in findings(folder, head=(last.position, last.own_hash))
    second = ProofLink.objects.get(position=8).own_hash
    assert check(folder, "--head", f"8:{second}")[0] == 1


def test_a_chain_made_anew_with_the_portals_own_key_is_caught_by_the_recorded_heads(folder):
    forger = Forger(folder, OURS)
    links = forger.links()
    links[1]["text"]["at"] = "2020-01-01T00:00:00.000000+00:00"
    forger.write_links(links, chained=True)
    forger.rewrite_signatures()
    forger.seal()
    assert findings(folder) == ["Link 8 is not the head that was recorded then."]
    assert findings(folder, head=(2, "0" * 64)) == [
        "Link 2 is not the head you gave.",
        "Link 8 is not the head that was recorded then.",
    ]
    heads = folder / "heads.csv"
    heads.write_text(heads.read_text().replace(",8,", ",7,"))
    forger.seal()
    assert any("is not what was signed then" in bad for bad in findings(folder))


def test_texts_that_are_not_what_was_signed_are_caught(folder):
    forger = Forger(folder, OURS)
    path = folder / "texts" / "v1.json"
    text = json.loads(path.read_text())
    text["clauses"][0]["body"] = "Say nothing."
    text["change_note"] = "Nothing."
    path.write_bytes(verify.canonical(text) + b"\n")
    shutil.copy(path, folder / "texts" / "v7.json")
    (folder / "texts" / "v2.md").write_text("# Something else\n")
    forger.seal()
    bad = findings(folder)
    assert "The text of version 1 is not the one that was published." in bad
    assert "Version 1 says something else of itself than the chain (change_note)." in bad
    assert "The Markdown of version 1 is not its text." in bad
    assert "The Markdown of version 2 is not its text." in bad
    assert "texts/v7.json is a text that was not published by then." in bad


@pytest.mark.parametrize("what", ["unpublished", "another text"])
def test_a_signature_of_what_was_not_published_is_caught(folder, what):
    forger = Forger(folder, OURS)
    links = forger.links()
    links[1]["text"] |= {"version": 9} if what == "unpublished" else {"clause_hashes": {"say": "0" * 64}}
    forger.write_links(links, chained=True)
    forger.rewrite_signatures()
    forger.seal()
    words = "which was never published" if what == "unpublished" else "another text than the published version 1"
    assert any(words in bad for bad in findings(folder))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda links: links[0].update(kind="signed"), "says one thing outside and another inside"),
        (lambda links: links[3].update(entry=links[4]["entry"]), "repeats one before it"),
    ],
)
def test_links_that_contradict_themselves_are_caught(folder, change, words):
    forger = Forger(folder, OURS)
    links = forger.links()
    change(links)
    forger.write_links(links, chained=True)
    forger.rewrite_signatures()
    forger.seal()
    assert any(words in bad for bad in findings(folder))


def test_a_head_signed_by_another_key_than_the_list_is_caught(folder):
    ours = Forger(folder, OURS).manifest()["head"]
    forger = Forger(folder, b"\x01" * 32)
    forger.seal()
    manifest = forger.manifest()
    manifest["head"] = ours
    data = verify.canonical(manifest) + b"\n"
    (folder / "manifest.json").write_bytes(data)
    seal = json.loads((folder / "manifest.sig.json").read_text())
    seal["signature"] = forger.key.sign(verify.manifest_statement(data)).hex()
    (folder / "manifest.sig.json").write_bytes(verify.canonical(seal) + b"\n")
    assert findings(folder) == ["The head of the chain was signed with another key than the list of files."]
    seal["more"] = "x"
    (folder / "manifest.sig.json").write_bytes(verify.canonical(seal) + b"\n")
    assert findings(folder) == ["manifest.sig.json holds other things than a key and a signature."]


def test_what_it_says_is_short_however_much_is_wrong(folder, tmp_path, capsys, key_print):
    assert verify.main([str(folder), "--key", key_print, "--head", f"8:{ProofLink.objects.last().own_hash}"]) == 0
    assert capsys.readouterr().out.endswith("Everything that can be checked holds.\n")
    for number in range(30):
        (folder / f"extra{number}.txt").write_text("x")
    assert verify.main([str(folder)]) == 1
    said = capsys.readouterr().out
    assert "DOES NOT  ... and 10 more." in said
    assert said.endswith("This pack does not hold.\n")
    assert verify.main([str(tmp_path / "nothing.zip")]) == 1
    for wrong in (["--key", "abc"], ["--head", "8"]):
        with pytest.raises(SystemExit):
            verify.main([str(folder), *wrong])


def test_a_pack_that_lost_its_lists_is_no_riddle(folder):
    (folder / "signatures.csv").write_text("other,columns\r\n")
    (folder / "heads.csv").unlink()
    bad = findings(folder)
    assert "signatures.csv has other columns than it should." in bad
    assert any(words.startswith("This could not be checked: heads") for words in bad)
    (folder / "chain.jsonl").write_text('{"position": 1}\n')
    assert "Link 1 is not written as the portal writes it." in findings(folder)


def test_odd_packs_are_refused_in_a_sentence(folder, tmp_path):
    assert check(tmp_path / "nothing.zip")[0] == 1
    Forger(folder, OURS).seal(format=2)
    assert findings(folder) == ["This pack is of another format than this script: use the script that came with it."]
    (folder / "manifest.json").write_text("{")
    assert findings(folder)[0].startswith("manifest.json cannot be read")
    (folder / "manifest.json").unlink()
    assert findings(folder) == ["manifest.json is missing."]
    done = subprocess.run([sys.executable, "-I", str(VERIFY), "--key", "abc"], capture_output=True, text=True)
    assert (done.returncode, "64 letters and figures" in done.stderr) == (2, True)
    done = subprocess.run([sys.executable, "-I", str(VERIFY), "--head", "abc"], capture_output=True, text=True)
    assert done.returncode == 2


@given(st.data())
@hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
def test_a_bit_flipped_anywhere_is_caught(folder, data):
    path = data.draw(st.sampled_from(sorted(path for path in folder.rglob("*") if path.is_file())))
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[at] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(changed)
    try:
        assert findings(folder), (path.name, at)
    finally:
        path.write_bytes(whole)


# --- Making packs -----------------------------------------------------------------------------------------------------


def test_a_pack_is_asked_for_once_at_a_time(cast):
    policy = make_published(cast=cast).policy
    first = actions.ask_for_pack(policy=policy, day=clock.today(), by=cast.audra)
    assert actions.ask_for_pack(policy=policy, day=clock.today(), by=cast.hana) == first
    actions.make_pack(pk=first.pk)
    assert actions.ask_for_pack(policy=policy, day=clock.today(), by=cast.hana) != first


def test_whoever_asks_a_moment_later_gets_the_same_pack(cast, monkeypatch):
    policy = make_published(cast=cast).policy
    first = actions.ask_for_pack(policy=policy, day=clock.today(), by=cast.audra)
    look = QuerySet.first

    def blind(rows):
        if rows.model is ProofPack:
            monkeypatch.setattr(QuerySet, "first", look)
            return None
        return look(rows)

    monkeypatch.setattr(QuerySet, "first", blind)
    assert actions.ask_for_pack(policy=policy, day=clock.today(), by=cast.hana) == first
    assert ProofPack.objects.count() == 1


@pytest.mark.parametrize("who", ["emma", "rita", "sam"])
def test_others_may_not_ask(cast, who):
    with pytest.raises(NotAllowed, match="staff and auditors"):
        actions.ask_for_pack(policy=make_published(cast=cast).policy, day=clock.today(), by=getattr(cast, who))


def test_days_of_which_there_is_nothing_to_say(cast):
    policy = make_published(cast=cast).policy
    with pytest.raises(Invalid, match="still to come"):
        actions.ask_for_pack(policy=policy, day=days(1), by=cast.hana)
    with pytest.raises(Invalid, match="Nothing of this policy was published"):
        actions.ask_for_pack(policy=policy, day=days(-1), by=cast.hana)
    with pytest.raises(Invalid):
        actions.ask_for_pack(policy=make_policy(cast=cast), day=days(0), by=cast.hana)


def asked(cast):
    return actions.ask_for_pack(policy=two_policies(cast)[0], day=clock.today(), by=cast.hana)


def files():
    return sorted(path.name for path in proof_pack.folder().iterdir())


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()


def test_the_sweep_makes_what_no_worker_was_woken_for(cast):
    pack = asked(cast)
    assert jobs.make_packs() == 1
    assert jobs.make_packs() == 0
    assert jobs.make_pack(pack.pk) is False
    pack.refresh_from_db()
    assert (pack.status, pack.done, pack.total, pack.is_signed) == ("ready", 8, 8, True)
    assert files() == [pack.stored_as]
    assert actions.proof.stored_file(pack).stat().st_mode & 0o077 == 0


def test_a_killed_worker_is_followed_by_another_which_begins_anew(cast, monkeypatch):
    pack = asked(cast)

    def killed(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(proof_pack, "_write_manifest", killed)
        patch.setattr(chain, "_remove", lambda path: None)
        with pytest.raises(KeyboardInterrupt):
            actions.make_pack(pk=pack.pk)
    pack.refresh_from_db()
    assert (pack.status, [name[-5:] for name in files()]) == ("making", [".part"])
    assert jobs.make_packs() == 0, "its lease still runs"
    ProofPack.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert jobs.make_packs() == 1
    pack.refresh_from_db()
    assert pack.status == "ready"
    old = (timezone.now() - timedelta(days=2)).timestamp()
    for name in files():
        if name.endswith(".part"):
            os.utime(proof_pack.folder() / name, (old, old))
    assert jobs.forget_packs() == 1
    assert files() == [pack.stored_as]


def test_a_worker_that_lost_its_lease_leaves_the_pack_to_the_other(cast, monkeypatch):
    pack = asked(cast)
    whole = proof_pack._write_words

    def taken_over(*args):
        ProofPack.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        monkeypatch.setattr(proof_pack, "_write_words", whole)
        assert actions.make_pack(pk=pack.pk)
        return whole(*args)

    monkeypatch.setattr(proof_pack, "_write_words", taken_over)
    assert actions.make_pack(pk=pack.pk)
    pack.refresh_from_db()
    assert (pack.status, files()) == ("ready", [pack.stored_as])


def test_a_lease_lost_after_the_last_word(cast, monkeypatch):
    pack = asked(cast)
    whole = chain._make

    def late(pack, path):
        result = whole(pack, path)
        ProofPack.objects.update(lease="another")
        return result

    monkeypatch.setattr(chain, "_make", late)
    actions.make_pack(pk=pack.pk)
    pack.refresh_from_db()
    assert (pack.status, files()) == ("making", [])


@pytest.mark.parametrize("error", [RuntimeError("odd"), OSError(28, "No space left on device")])
def test_what_cannot_be_made_says_so_and_is_not_tried_for_ever(cast, monkeypatch, error):
    pack = asked(cast)

    def broken(*args):
        raise error

    monkeypatch.setattr(proof_pack, "_write_chain", broken)
    assert jobs.make_packs() == 1
    pack.refresh_from_db()
    assert (pack.status, files()) == ("failed", [])
    assert jobs.make_packs() == 0


def test_a_database_that_is_away_is_waited_for(cast, monkeypatch):
    pack = asked(cast)

    def away(*args):
        raise OperationalError

    monkeypatch.setattr(proof_pack, "_write_chain", away)
    with pytest.raises(OperationalError):
        actions.make_pack(pk=pack.pk)
    pack.refresh_from_db()
    assert pack.status == "making"


def test_a_pack_whose_workers_all_died_is_given_up(cast):
    pack = asked(cast)
    ProofPack.objects.update(attempts=3)
    actions.make_pack(pk=pack.pk)
    pack.refresh_from_db()
    assert pack.status == "failed"


def test_packs_are_deleted_after_a_week(cast):
    pack = asked(cast)
    actions.make_pack(pk=pack.pk)
    assert jobs.forget_packs() == 0
    ProofPack.objects.update(finished_at=timezone.now() - timedelta(days=8))
    assert jobs.forget_packs() == 1
    pack.refresh_from_db()
    assert (pack.status, files(), actions.proof.stored_file(pack)) == ("gone", [], None)
    assert jobs.forget_packs() == 0


def test_long_chains_are_written_a_piece_at_a_time(cast, monkeypatch):
    pack = asked(cast)
    monkeypatch.setattr(proof_pack, "CHUNK", 2)
    actions.make_pack(pk=pack.pk)
    pack.refresh_from_db()
    assert findings(actions.proof.stored_file(pack)) == []


def test_long_tables_leave_memory_as_they_grow():
    out = io.BytesIO()
    table = proof_pack.Table(out)
    for number in range(3000):
        table.row([number, "x" * random.Random(number).randrange(60)])
    assert out.tell() > 1 << 16
    table.flush()
    assert len(out.getvalue().splitlines()) == 3000


# --- Pages ------------------------------------------------------------------------------------------------------------


def test_an_auditor_makes_a_pack_and_takes_it(client, cast, monkeypatch):
    policy, _other = two_policies(cast)
    client.force_login(cast.audra)
    page = f"/admin/policies/policy/{policy.pk}/proof/"
    assert "None yet" in client.get(page).content.decode()
    progress = client.post(page, {"day": clock.today().isoformat()}).url
    body = client.get(progress).content.decode()
    assert 'data-look-again="2"' in body
    assert "A worker takes it up within a minute." in body
    ProofPack.objects.update(status="making", done=3, total=8)
    assert "3 of 8" in client.get(progress).content.decode()
    assert client.get(progress + "download/").status_code == 404
    ProofPack.objects.update(status="waiting")
    jobs.make_packs()
    pack = ProofPack.objects.get()
    body = client.get(progress).content.decode()
    assert pack.sha256 in body
    assert f"--key {ProofKey.objects.get().fingerprint}" in body
    answer = client.get(progress + "download/")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{pack.filename}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"].startswith("private, no-store")
    assert hashlib.sha256(b"".join(answer.streaming_content)).hexdigest() == pack.sha256
    assert "As of" in client.get(page).content.decode()
    jobs.forget_packs()
    ProofPack.objects.update(status="gone", stored_as="")
    assert "The file has been deleted" in client.get(progress).content.decode()
    assert client.get(progress + "download/").url == page
    ProofPack.objects.update(status="failed")
    assert "It could not be made" in client.get(progress).content.decode()


def test_a_policy_is_chosen_from_the_acknowledgements(client, cast):
    policy, _other = two_policies(cast)
    make_policy(cast=cast, title="Not published")
    client.force_login(cast.paul)
    page = "/admin/policies/acknowledgement/proof/"
    assert page in client.get("/admin/policies/acknowledgement/").content.decode()
    assert "Not published" not in client.get(page).content.decode()
    answer = client.post(page, {"policy": policy.pk, "day": "2999-01-01"})
    assert (answer.status_code, "That day is still to come" in answer.content.decode()) == (422, True)
    assert client.post(page, {"policy": policy.pk}).status_code == 422
    pack_url = client.post(page, {"policy": policy.pk, "day": clock.today().isoformat()}).url
    assert client.get(pack_url).status_code == 200
    assert client.get(pack_url.replace(f"/{policy.pk}/", "/0/")).status_code == 404


def test_the_public_half_is_for_everybody(client, cast, key_print, settings):
    client.force_login(cast.emma)
    assert "within minutes of its first start" in client.get("/hub/").content.decode()
    settings.PROOF_KEY = "77" * 32
    jobs.extend_chain()
    settings.PROOF_KEY = "5e" * 32
    jobs.extend_chain()
    body = client.get("/hub/").content.decode()
    assert proof.grouped(key_print) in body
    assert "One former key stays known." in body
    client.logout()
    assert client.get("/hub/verify.py").content == VERIFY.read_bytes()
    text = client.get("/hub/proof-keys.txt").content.decode()
    assert text.index(f"fingerprint: {key_print}") < text.rindex("fingerprint:")
    settings.PROOF_KEY = ""
    client.force_login(cast.hana)
    assert "its proof packs are not signed" in client.get("/hub/").content.decode()
    assert "Proof packs are not signed" in client.get("/desk/jobs/").content.decode()
