"""The register of social accounts from a list: one account a row, or one owner a row with a column for each platform.

YAML lists of mappings are read like rows; a mapping inside one (`social:`) counts as further columns.
"""

import yaml
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from hub import tables
from hub.models import User
from spokes import actions
from spokes.handles import address_of, recognised
from spokes.models import Platform, SocialAccount, Spoke
from spokes.workflow import AccountStatus

from .plan import Act, Plan, columns_of, day_of

COLUMNS = {
    "platform": ["network", "channel"],
    "handle": ["account", "username", "user name"],
    "url": ["address", "link"],
    "department": ["spoke"],
    "owner": [],
    "deputy": [],
    "purpose": [],
    "audience": [],
    "language": [],
    "mfa_checked_on": ["second factor checked", "mfa checked"],
    "last_reviewed_on": ["last reviewed", "reviewed"],
    "note": ["notes", "comment"],
}
TEXTS = ["purpose", "audience", "language", "note"]
# Headings that hold handles of one platform.
PLATFORM_COLUMNS = {
    **{value: value for value in Platform.values if value != "other"},
    "twitter": "x",
    "youtube_id": "youtube",
}
# Counts only where the same row has no other handle for that platform.
SECOND_CHOICE = {"youtube_id"}
NOTHING = {"", "-", "–", "—", "n/a", "none", "null"}
MOST_NESTED = 60
CHUNK = 200


def plan(data, options, *, by):
    """`options`: {"columns": {…}, "department": slug for rows that name none, "state": of new accounts}."""
    if options.get("format") == "yaml":
        table = _from_yaml(data)
    else:
        table = tables.read(data)
    wide = {
        name: index
        for index, name in enumerate(column.strip().lower().replace(" ", "_") for column in table.columns)
        if name in PLATFORM_COLUMNS
    }
    columns = columns_of(table, COLUMNS, given=options.get("columns"))
    if not wide and not {"handle", "url"} & set(columns):
        raise tables.UnreadableTable(
            _("The file needs a column “handle” or “url”, or columns named after platforms such as “instagram”.")
        )
    reading = _Reading(options)
    reading.plan.errors += table.errors
    for number, cells in table.rows:
        row = {name: cells[index] for name, index in columns.items()}
        if row.get("handle") or row.get("url") or not wide:
            reading.one(number, row, row.get("platform", ""), row.get("handle", ""), "handle")
        reading.several(number, row, {name: cells[index] for name, index in wide.items()})
    return reading.finish()


class _Reading:
    def __init__(self, options):
        self.plan = Plan()
        self.spokes = {spoke.slug: spoke for spoke in Spoke.objects.open()}
        self.by_name = {}
        for spoke in self.spokes.values():
            self.by_name.setdefault(spoke.name.casefold(), []).append(spoke)
        self.people = {person.email.lower(): person for person in User.objects.active().only("pk", "email", "name")}
        self.stored = {
            (account.platform, account.handle.lower()): account
            for account in SocialAccount.objects.select_related("spoke", "owner", "deputy")
        }
        self.seen = {}
        self.state = options.get("state") or AccountStatus.PLANNED
        self.fallback = self.spokes.get(options.get("department") or "")
        if options.get("department") and self.fallback is None:
            slug = options["department"]
            raise tables.UnreadableTable(_("There is no department at the address “%(slug)s”.") % {"slug": slug})

    def several(self, number, row, handles):
        """One owner's accounts, a column for each platform."""
        found = {}
        for name, text in handles.items():
            if text.strip().lower() in NOTHING:
                continue
            platform = PLATFORM_COLUMNS[name]
            if platform in found and name in SECOND_CHOICE:
                self.plan.counts["second_choice"] += 1
                continue
            found[platform] = (text, name)
        for platform, (text, name) in found.items():
            self.one(number, {**row, "url": ""}, platform, text, name)

    def one(self, number, row, platform, text, column):
        errors = len(self.plan.errors)
        pasted = text if text.strip().lower() not in NOTHING else row.get("url", "")
        if pasted.strip().lower() in NOTHING:
            self.plan.counts["empty"] += 1
            return
        guessed, handle, url = recognised(pasted)
        platform = self._platform(number, platform, guessed or recognised(row.get("url", ""))[0])
        fields = self._fields(number, row)
        fields["url"] = row.get("url") or url or (address_of(platform, handle) if platform else "")
        spoke = self._spoke(number, row.get("department", ""))
        if len(self.plan.errors) > errors:
            return
        if guessed and guessed != platform and platform != Platform.OTHER:
            reason = _("This is an address on %(there)s, not on %(here)s.")
            labels = {"there": Platform(guessed).label, "here": Platform(platform).label}
            self.plan.refuse(number, column, reason % labels)
            return
        self._check(number, column, SocialAccount(platform=platform, handle=handle, spoke=spoke, **fields))
        if len(self.plan.errors) > errors:
            return
        key = (platform, handle.lower())
        if key in self.seen:
            self.plan.counts["merged"] += 1
            reason = _("%(account)s is in row %(row)d already; the first one counts.")
            label = f"{Platform(platform).label}: {handle}"
            self.plan.notes.append(tables.RowError(number, column, reason % {"account": label, "row": self.seen[key]}))
            return
        self.seen[key] = number
        self._act(number, key, platform, handle, spoke, fields)

    def _act(self, number, key, platform, handle, spoke, fields):
        stored = self.stored.get(key)
        name = f"{Platform(platform).label}: {handle}"
        if stored is None:
            values = {"platform": platform, "handle": handle, "spoke": spoke, "status": self.state, **fields}
            self.plan.add(Act(number, "new", name, spoke.name, values))
            return
        fields = {name: value for name, value in fields.items() if value not in ("", None)}
        if spoke != stored.spoke:
            fields["spoke"] = spoke
        changed = {name: value for name, value in fields.items() if getattr(stored, name) != value}
        if changed:
            self.plan.add(Act(number, "changes", name, ", ".join(sorted(changed)), changed, stored))
        else:
            self.plan.counts["unchanged"] += 1

    def _platform(self, number, text, guessed):
        known = {label.lower(): value for value, label in Platform.choices} | {v: v for v in Platform.values}
        known["twitter"] = "x"
        if text.strip():
            if text.strip().lower() in known:
                return known[text.strip().lower()]
            self.plan.refuse(number, "platform", _("“%(text)s” is not a platform we know.") % {"text": text[:40]})
            return None
        if guessed is None:
            self.plan.refuse(number, "platform", _("Say on which platform this is, or give the account's address."))
        return guessed

    def _spoke(self, number, text):
        if not text:
            if self.fallback is None:
                self.plan.refuse(number, "department", _("Say which department has this account."))
            return self.fallback
        same = self.by_name.get(text.casefold(), [])
        spoke = self.spokes.get(text.lower()) or (same[0] if len(same) == 1 else None)
        if spoke is None:
            reason = _("There is no department “%(text)s”, or several. Write its address.")
            self.plan.refuse(number, "department", reason % {"text": text[:80]})
        return spoke

    def _fields(self, number, row):
        fields = {name: row[name] for name in TEXTS if row.get(name)}
        for name in ("owner", "deputy"):
            email = row.get(name, "").lower()
            if email in NOTHING:
                continue
            if email not in self.people:
                reason = _("Nobody who works here has the address %(email)s.") % {"email": email[:80]}
                self.plan.refuse(number, name, reason)
            else:
                fields[name] = self.people[email]
        for name in ("mfa_checked_on", "last_reviewed_on"):
            try:
                day = day_of(row.get(name, ""))
            except ValueError as error:
                self.plan.refuse(number, name, error)
            else:
                if day:
                    fields[name] = day
        return fields

    def _check(self, number, column, account):
        try:
            account.clean_fields(exclude=["spoke", "owner", "deputy"])
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                self.plan.refuse(number, column if name == "handle" else name, " ".join(messages))

    def finish(self):
        return self.plan


def store(plan, *, by, about, progress):
    """Through the actions for one account, two hundred in a transaction."""
    for start in range(0, len(plan.acts), CHUNK):
        with transaction.atomic():
            chunk = plan.acts[start : start + CHUNK]
            for act in chunk:
                if act.verb == "new":
                    actions.add_account(by=by, **act.values)
                else:
                    actions.change_account(account=act.target, by=by, **act.values)
            progress(len(chunk))


class _PlainLoader(yaml.SafeLoader):
    """Without aliases: a few lines of them can stand for millions of entries."""

    def compose_node(self, parent, index):
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not read")
        return super().compose_node(parent, index)


def _from_yaml(data):
    """A table from a list of mappings; a row's number is its place in the list."""
    not_a_list = _("This YAML file holds no list of accounts that can be read.")
    if len(data) > tables.LARGEST_FILE:
        raise tables.UnreadableTable(_("This file is larger than 20 MB. Split it into parts."))
    try:
        entries = yaml.load(data.decode("utf-8-sig"), Loader=_PlainLoader)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise tables.UnreadableTable(not_a_list) from error
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise tables.UnreadableTable(not_a_list)
    flat = [_flat(entry) for entry in entries]
    columns = tuple(dict.fromkeys(name for row in flat for name in row))
    rows = [(number, tuple(row.get(name, "") for name in columns)) for number, row in enumerate(flat, 1)]
    return tables.Table(columns, rows)


def _flat(entry):
    row = {}
    for name, value in entry.items():
        inner = value.items() if isinstance(value, dict) else [(name, value)]
        for key, content in inner:
            if len(row) < MOST_NESTED and content is not None and not isinstance(content, dict | list):
                row[str(key)] = str(content).strip()
    return row
