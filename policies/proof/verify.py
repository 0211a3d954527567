#!/usr/bin/env python3
"""Checks a proof pack without the portal: python3 verify.py [PACK] [--key FINGERPRINT]

PACK is the ZIP or the folder it was unpacked to; without it, the folder this script lies in. It needs Python 3.8 or
newer and nothing else. It says in plain words what holds and what does not, and ends with 0 or 1.

The portal uses the same functions when it makes a pack, so what is checked here is what was written there.
"""

import argparse
import csv
import hashlib
import io
import json
import os
import re
import sys
import zipfile

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    Ed25519PublicKey = None

FORMAT = 1
START = "0" * 64
SIGNATURE_COLUMNS = ["link", "signed_at", "staff_number", "email", "name", "version", "content_hash", "clauses"]
# The manifest cannot name its own checksum, and its signature is made after it.
UNLISTED = {"manifest.json", "manifest.sig.json"}
HEX64 = re.compile("[0-9a-f]{64}")
HEX128 = re.compile("[0-9a-f]{128}")
MOST_SAID = 20


# --- What is hashed and signed ----------------------------------------------------------------------------------------


def canonical(value):
    """The one way to write a value as JSON: sorted names, no spaces, ASCII; as bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def link_hash(link):
    """A link's own hash: over its place, the hash before it, what it is about, and the hash of its entry."""
    return sha256(canonical({name: link[name] for name in ("position", "previous", "kind", "policy", "entry")}))


def head_statement(position, own_hash):
    """What the portal signs to say: my chain ends here."""
    return canonical({"what": "head of the chain", "position": position, "hash": own_hash})


def manifest_statement(manifest):
    """What the portal signs to say: these are the files of this pack. `manifest` is its bytes."""
    return canonical({"what": "manifest of a proof pack", "sha256": sha256(manifest)})


def clause_hash(key, force, heading, body, applies_to=()):
    """Proves a clause; `applies_to` are pairs of number and name of those it is for, where it is not for everybody."""
    parts = [key, force, heading, body]
    if applies_to:
        parts.append([number for number, _name in applies_to])
    return sha256(json.dumps(parts, ensure_ascii=False).encode())


def content_hash(pairs):
    """Proves a text: [key, clause hash] of its clauses, in order."""
    return sha256(json.dumps([list(pair) for pair in pairs]).encode())


def fingerprint(public_key):
    """What people compare: the SHA-256 of the 32 bytes of a public key given in hexadecimal."""
    return sha256(bytes.fromhex(public_key))


def guard(value):
    """A cell that no spreadsheet takes for a formula."""
    text = str(value)
    triggers = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "%", "|")
    return "'" + text if text.lstrip("' ").startswith(triggers) else text


def signature_row(link, entry):
    """A signature as a row of signatures.csv."""
    person, hashes = entry["person"], entry["clause_hashes"]
    clauses = " ".join("%s:%s" % pair for pair in sorted(hashes.items()))
    row = [link["position"], entry["at"], person["staff_number"], person["email"], person["name"], entry["version"]]
    return [guard(cell) for cell in [*row, entry["content_hash"], clauses]]


def as_markdown(text):
    """A version's text as Markdown, from its JSON."""
    lines = ["# " + text["title"], "", "Version %d, in force from %s." % (text["version"], text["effective_on"])]
    if text["change_note"]:
        lines += ["", "What changed and why: " + text["change_note"]]
    for clause in text["clauses"]:
        lines += ["", "## %d. %s (%s)" % (clause["number"], clause["heading"], clause["force"]), ""]
        if clause.get("applies_to"):
            lines += ["Applies to: %s." % "; ".join(name for _number, name in clause["applies_to"]), ""]
        lines += [clause["body"]]
    return "\n".join(lines) + "\n"


# --- Ed25519 (RFC 8032, section 6), checking only ---------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def _add(a, b):
    a1, b1 = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = b1 - a1, d - c, d + c, b1 + a1
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number, point):
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = _add(result, point)
        point = _add(point, point)
        number >>= 1
    return result


def _point(data):
    """The point of the curve that 32 bytes stand for, or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def plain_ed25519(public_key, message, signature):
    """Whether a signature holds; all three are bytes."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key, r = _point(public_key), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or r is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % L
    left, right = _times(s, BASE), _add(r, _times(h, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def signature_holds(public_key, message, signature):
    """Whether the owner of a public key signed a message; key and signature in hexadecimal."""
    if not HEX64.fullmatch(public_key) or not HEX128.fullmatch(signature):
        return False
    key, signature = bytes.fromhex(public_key), bytes.fromhex(signature)
    if Ed25519PublicKey is None:
        return plain_ed25519(key, message, signature)
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


# --- The pack ---------------------------------------------------------------------------------------------------------


class Broken(Exception):
    """The pack cannot be read any further."""


class Pack:
    """A folder or a ZIP, read file by file."""

    def __init__(self, path):
        self.path = path
        self.zip = None if os.path.isdir(path) else zipfile.ZipFile(path)

    def names(self):
        if self.zip:
            return [name for name in self.zip.namelist() if not name.endswith("/")]
        return [
            os.path.relpath(os.path.join(folder, name), self.path).replace(os.sep, "/")
            for folder, _folders, names in os.walk(self.path)
            for name in names
        ]

    def open(self, name):
        return self.zip.open(name) if self.zip else open(os.path.join(self.path, *name.split("/")), "rb")

    def read(self, name):
        try:
            with self.open(name) as file:
                return file.read()
        except (KeyError, OSError) as error:
            raise Broken("%s is missing." % name) from error

    def json(self, name):
        """A file that holds one JSON value in its one way of writing."""
        data = self.read(name)
        try:
            value = json.loads(data.decode())
        except ValueError as error:
            raise Broken("%s cannot be read: %s" % (name, error)) from error
        if canonical(value) + b"\n" != data:
            raise Broken("%s is not written as the portal writes it." % name)
        return value


class Check:
    """Goes through a pack and notes what holds (`good`), what does not (`bad`) and what to know (`notes`)."""

    def __init__(self, pack, key="", head=""):
        self.pack, self.key, self.asked_head = pack, key, head
        self.good, self.bad, self.notes = [], [], []
        # Recorded heads by position; what was published by version; (kind, id) and signed texts by link.
        self.recorded, self.published, self.claims, self.signed = {}, {}, {}, {}

    def run(self):
        for step in (self.manifest, self.files, self.who_signed, self.heads, self.chain, self.signatures, self.texts):
            before = len(self.bad)
            try:
                done = step()
            except Broken as error:
                self.bad.append(str(error))
            except Exception as error:  # whatever a changed byte leads to
                words = (step.__name__.replace("_", " "), type(error).__name__, error)
                self.bad.append("This could not be checked: %s (%s: %s)." % words)
            else:
                if len(self.bad) == before:
                    self.good.append(done)
            if step == self.manifest and self.bad:
                break
        return not self.bad

    def manifest(self):
        self.data = self.pack.read("manifest.json")
        self.facts = self.pack.json("manifest.json")
        if self.facts["format"] != FORMAT:
            raise Broken("This pack is of another format than this script: use the script that came with it.")
        self.listed, self.head = self.facts["files"], self.facts["head"]
        self.policy, self.until = self.facts["policy"]["id"], self.facts["until"]
        return "The list of files can be read (policy “%s”, %s)." % (self.facts["policy"]["title"], self.facts["day"])

    def files(self):
        names = self.pack.names()
        for name in sorted(set(names)):
            if names.count(name) > 1:
                self.bad.append("%s is in the pack twice." % name)
            if name not in self.listed and name not in UNLISTED:
                self.bad.append("%s is in the pack, but not on its list." % name)
        for name, listed in sorted(self.listed.items()):
            if name not in names:
                self.bad.append("%s is on the list, but not in the pack." % name)
                continue
            digest, size = hashlib.sha256(), 0
            with self.pack.open(name) as file:
                for piece in iter(lambda file=file: file.read(1 << 20), b""):
                    digest.update(piece)
                    size += len(piece)
            if digest.hexdigest() != listed["sha256"] or size != listed["bytes"]:
                self.bad.append("%s has been changed." % name)
        return "All %d files are as the list says, and no other file is there." % len(self.listed)

    def who_signed(self):
        """Whether the portal signed the list of files and the head, and with which key."""
        if not self.facts["signed"]:
            raise Broken("This pack is not signed: nothing shows that the portal made it (see --accept-unsigned).")
        seal = self.pack.json("manifest.sig.json")
        if set(seal) != {"public_key", "signature"}:
            raise Broken("manifest.sig.json holds other things than a key and a signature.")
        key = seal["public_key"]
        if not signature_holds(key, manifest_statement(self.data), seal["signature"]):
            raise Broken("The list of files is not what was signed.")
        if self.head["public_key"] != key:
            raise Broken("The head of the chain was signed with another key than the list of files.")
        statement = head_statement(self.head["position"], self.head["hash"])
        if not signature_holds(key, statement, self.head["signature"]):
            raise Broken("The head of the chain is not what was signed.")
        print_of = fingerprint(key)
        if self.key and self.key != print_of:
            raise Broken("It was signed with another key: %s, not %s." % (print_of, self.key))
        if not self.key:
            self.notes.append(
                "It was signed with the key %s. Compare that with the one on %s/hub/, or give it: --key FINGERPRINT"
                % (print_of, self.facts["site"])
            )
        return "The list of files and the head of the chain were signed with one key%s." % (
            ", the one you gave" if self.key else ""
        )

    def heads(self):
        """The heads that the portal had recorded before; what they say is compared while the chain is read."""
        with io.TextIOWrapper(self.pack.open("heads.csv"), "utf-8", newline="") as file:
            for row in csv.DictReader(file):
                position, own_hash = int(row["position"]), row["hash"]
                statement = head_statement(position, own_hash)
                if row["signature"] and not signature_holds(row["public_key"], statement, row["signature"]):
                    self.bad.append("The head recorded on %s is not what was signed then." % row["day"])
                self.recorded.setdefault(position, set()).add(own_hash)
        return "The heads recorded day by day are signed as they say."

    def chain(self):
        position, previous, seen = 0, START, set()
        with io.TextIOWrapper(self.pack.open("signatures.csv"), "utf-8", newline="") as rows:
            rows = csv.reader(rows)
            if next(rows, None) != SIGNATURE_COLUMNS:
                self.bad.append("signatures.csv has other columns than it should.")
            with self.pack.open("chain.jsonl") as file:
                for line in file:
                    link = json.loads(line.decode())
                    text = link.get("text")
                    if canonical(link) + b"\n" != line:
                        raise Broken("Link %d is not written as the portal writes it." % (position + 1))
                    if link["position"] != position + 1:
                        raise Broken("After link %d comes link %s." % (position, link["position"]))
                    if link["previous"] != previous:
                        raise Broken("Link %d does not follow the one before it." % link["position"])
                    if link["hash"] != link_hash(link):
                        raise Broken("Link %d has been changed." % link["position"])
                    position, previous = link["position"], link["hash"]
                    if self.recorded.get(position, {previous}) != {previous}:
                        self.bad.append("Link %d is not the head that was recorded then." % position)
                    if self.asked_head and self.asked_head[0] == position and self.asked_head[1] != previous:
                        self.bad.append("Link %d is not the head you gave." % position)
                    if link["entry"] in seen:
                        self.bad.append("Link %d repeats one before it." % position)
                    seen.add(link["entry"])
                    if link["policy"] == self.policy:
                        self.entry(link, text, rows)
            if next(rows, None) is not None:
                self.bad.append("signatures.csv has rows that are not in the chain.")
        if (position, previous) != (self.head["position"], self.head["hash"]):
            self.bad.append("The chain ends at link %d, and not where its head says." % position)
        if self.asked_head and self.asked_head[0] > position:
            self.bad.append("The chain ends before the head you gave.")
        return "The chain is whole: %d links, each follows the one before it, up to its head." % position

    def entry(self, link, text, rows):
        """A link about this policy, whose text must be there and say the same."""
        if text is None or sha256(canonical(text)) != link["entry"]:
            self.bad.append("What link %d says has been changed or left out." % link["position"])
            return
        if text["kind"] != link["kind"] or text["policy"]["id"] != link["policy"]:
            self.bad.append("Link %d says one thing outside and another inside." % link["position"])
        about = (text["kind"], text["id"])
        if about in self.claims:
            self.bad.append("Link %d says again what link %d says." % (link["position"], self.claims[about]))
        self.claims[about] = link["position"]
        if text["kind"] == "published":
            self.published[text["version"]] = text
        elif text["kind"] == "signed":
            signed = (text["version"], text["content_hash"], canonical(text["clause_hashes"]))
            self.signed.setdefault(signed, link["position"])
            if text["at"] < self.until and next(rows, None) != signature_row(link, text):
                self.bad.append("The signature of link %d is not in signatures.csv as it was given." % link["position"])

    def signatures(self):
        """What was signed is what was published."""
        for (version, text_hash, clauses), position in sorted(self.signed.items(), key=lambda item: item[1]):
            published = self.published.get(version)
            if published is None:
                self.bad.append("Link %d signs version %s, which was never published." % (position, version))
            elif published["content_hash"] != text_hash or canonical(dict(published["clauses"])) != clauses:
                self.bad.append("Link %d signs another text than the published version %s." % (position, version))
        count = sum(kind == "signed" for kind, _id in self.claims)
        return "Each of the %d signatures is of a text that was published, clause by clause." % count

    def texts(self):
        wanted = {number: text for number, text in self.published.items() if text["at"] < self.until}
        there = {name for name in self.listed if name.startswith("texts/") and name.endswith(".json")}
        for name in sorted(there - {"texts/v%d.json" % number for number in wanted}):
            self.bad.append("%s is a text that was not published by then." % name)
        for number, published in sorted(wanted.items()):
            text = self.pack.json("texts/v%d.json" % number)
            pairs = []
            for clause in text["clauses"]:
                own = clause_hash(
                    clause["key"], clause["force"], clause["heading"], clause["body"], clause.get("applies_to", ())
                )
                pairs.append([clause["key"], own])
            if pairs != published["clauses"] or content_hash(pairs) != published["content_hash"]:
                self.bad.append("The text of version %d is not the one that was published." % number)
            for name in ("version", "effective_on", "change_note", "significance"):
                if text[name] != published[name]:
                    self.bad.append("Version %d says something else of itself than the chain (%s)." % (number, name))
            if self.pack.read("texts/v%d.md" % number) != as_markdown(text).encode():
                self.bad.append("The Markdown of version %d is not its text." % number)
        return "The texts of %d versions have the hashes that were published and signed." % len(wanted)


def main(arguments):
    parser = argparse.ArgumentParser(description="Checks a proof pack without the portal.")
    parser.add_argument("pack", nargs="?", default=os.path.dirname(os.path.abspath(__file__)), help="ZIP or folder")
    parser.add_argument("--key", default="", help="the fingerprint of the key that must have signed it")
    parser.add_argument("--head", default="", metavar="POSITION:HASH", help="a head you know, from the audit")
    parser.add_argument("--accept-unsigned", action="store_true", help="do not mind that nothing is signed")
    options = parser.parse_args(arguments)
    key = re.sub("[^0-9a-f]", "", options.key.lower())
    if options.key and not HEX64.fullmatch(key):
        parser.error("A fingerprint has 64 letters and figures.")
    position, _colon, own_hash = options.head.partition(":")
    if options.head and not (position.isdigit() and HEX64.fullmatch(own_hash)):
        parser.error("A head is given as POSITION:HASH.")
    try:
        check = Check(Pack(options.pack), key, (int(position), own_hash) if options.head else ())
    except (OSError, zipfile.BadZipFile) as error:
        print("This is no proof pack: %s" % error)
        return 1
    holds = check.run()
    unsigned = check.bad and check.bad[0].startswith("This pack is not signed")
    if options.accept_unsigned and not key and unsigned:
        check.notes.append(check.bad.pop(0))
        holds = not check.bad
    for line in check.good:
        print("holds     " + line)
    for line in check.notes:
        print("note      " + line)
    for line in check.bad[:MOST_SAID]:
        print("DOES NOT  " + line)
    if len(check.bad) > MOST_SAID:
        print("DOES NOT  ... and %d more." % (len(check.bad) - MOST_SAID))
    print("\n" + ("Everything that can be checked holds." if holds else "This pack does not hold."))
    return 0 if holds else 1


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    sys.exit(main(sys.argv[1:]))
