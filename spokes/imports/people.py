"""The staff list: joiners, movers and leavers, by staff number or e-mail address.

The whole list is held against what is stored, in sets: a few statements whatever its length.
"""

import zoneinfo
from collections import defaultdict
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from hub import tables
from hub.clock import today
from hub.models import Role, User
from hub.permissions import refusal
from spokes.actions.in_bulk import CHUNK, store_people
from spokes.models import Membership, Spoke
from spokes.permissions import check_can_change_by_list

from .plan import Act, Plan, columns_of, day_of

COLUMNS = {
    "staff_number": ["employee number", "personnel number", "staff no"],
    "email": ["e-mail", "mail", "email address", "e-mail address"],
    "name": ["full name", "display name"],
    "title": ["job title", "position"],
    "department": ["home", "home department", "spoke", "department path"],
    "joined_on": ["joined", "start date", "joining date"],
    "left_on": ["left", "end date", "leaving date", "last day"],
    "time_zone": ["timezone", "zone"],
    "language": ["locale"],
}
LONGEST_AHEAD = timedelta(days=2 * 365)
PLAIN = ["staff_number", "email", "name", "title", "joined_on", "time_zone", "language"]
# A file that would lock out more than this share of the people who are active asks first.
MOST_LEAVERS = 0.05


def plan(data, options, *, by):
    """`options`: {"complete": True} when whoever is missing from the file has left."""
    table = tables.read(data)
    columns = columns_of(table, COLUMNS, given=options.get("columns"))
    if not {"staff_number", "email"} & set(columns):
        raise tables.UnreadableTable(_("The file needs a column “email” or “staff_number” to tell people apart."))
    if not table.rows and not table.errors:
        raise tables.UnreadableTable(_("The file has headings but no people."))
    return _Reading(table, columns, is_complete=bool(options.get("complete")), by=by).plan


def store(plan, *, by, about, progress):
    for start in range(0, len(plan.acts), CHUNK):
        store_people(plan.acts[start : start + CHUNK], by=by, about=about, progress=progress)


class _Known:
    """Everybody and every department, as far as a staff list is concerned."""

    def __init__(self):
        fields = ["pk", *PLAIN, "is_active", "left_on", "role", "is_superuser"]
        self.people = {row[0]: dict(zip(fields, row, strict=True)) for row in User.objects.values_list(*fields)}
        self.by_number = {p["staff_number"].lower(): pk for pk, p in self.people.items() if p["staff_number"]}
        self.by_email = {p["email"].lower(): pk for pk, p in self.people.items()}
        self.home = dict(Membership.objects.filter(ends_on=None).values_list("person_id", "spoke_id"))
        self.spokes = {spoke.pk: spoke for spoke in Spoke.objects.all()}
        self.by_words = defaultdict(list)
        for spoke in self.spokes.values():
            path = [self.spokes[int(part)].name for part in spoke.path.strip("/").split("/")]
            words = {spoke.slug.lower(), spoke.name.lower()}
            words |= {" / ".join(path[start:]).lower() for start in range(len(path) - 1)}
            for word in words:
                self.by_words[word].append(spoke)

    def spoke(self, text):
        """Raises ValueError with a sentence."""
        word = " / ".join(part.strip() for part in text.replace(">", "/").split("/") if part.strip()).lower()
        found = self.by_words.get(word, [])
        exact = [spoke for spoke in found if spoke.slug.lower() == word]
        found = exact or found
        if not found:
            raise ValueError(_("There is no department “%(text)s”.") % {"text": text[:80]})
        if len(found) > 1:
            raise ValueError(
                _("Several departments are called “%(text)s”. Write the address, such as %(slug)s, or the whole path.")
                % {"text": text[:80], "slug": found[0].slug}
            )
        if found[0].closed_on:
            raise ValueError(_("%(department)s is closed.") % {"department": found[0].name})
        return found[0]


class _Reading:
    """Goes through the rows once."""

    def __init__(self, table, columns, *, is_complete, by):
        self.by = by
        self.today = timezone.localdate()
        self.columns = columns
        self.known = _Known()
        self.zones = zoneinfo.available_timezones()
        self.languages = {code.lower(): code for code, _label in settings.LANGUAGES}
        self.plan = Plan(errors=list(table.errors))
        self.rows_of = {}
        self.keys = {}
        self.active = sum(person["is_active"] for person in self.known.people.values())
        for number, cells in table.rows:
            self._row(number, {name: cells[index] for name, index in columns.items()})
        if is_complete:
            self._missing_people_leave()
        self._ask_before_many_leave()

    def _row(self, number, cells):
        errors = len(self.plan.errors)
        values = self._values(number, cells)
        if len(self.plan.errors) > errors:
            return
        person = self._person(number, values)
        if len(self.plan.errors) > errors:
            return
        left_on = values.pop("left_on", None)
        spoke = values.pop("spoke", None)
        has_left = left_on is not None and left_on < self.today
        if person is None:
            self._joiner(number, values, spoke, left_on, has_left)
        else:
            self._known_person(number, person, values, spoke, left_on, has_left)

    def _values(self, number, cells):
        """What the row says, only where it says something; faults go to the plan."""
        values = {}
        for name in ("staff_number", "email", "name", "title"):
            text = cells.get(name, "")
            if not text:
                continue
            longest = User._meta.get_field(name).max_length
            if len(text) > longest:
                reason = _("Longer than %(most)d characters.") % {"most": longest}
                self.plan.refuse(number, name, reason)
            values[name] = text
        if "email" in values:
            values["email"] = values["email"].lower()
            try:
                validate_email(values["email"])
            except ValidationError:
                reason = _("“%(text)s” is not an e-mail address.") % {"text": values["email"][:80]}
                self.plan.refuse(number, "email", reason)
        for name in ("joined_on", "left_on"):
            try:
                day = day_of(cells.get(name, ""))
            except ValueError as error:
                self.plan.refuse(number, name, error)
            else:
                if day and day > today() + LONGEST_AHEAD:
                    self.plan.refuse(number, name, _("This day lies more than two years ahead."))
                elif day:
                    values[name] = day
        if {"joined_on", "left_on"} <= set(values) and values["left_on"] < values["joined_on"]:
            self.plan.refuse(number, "left_on", _("This is before the day of joining."))
        if cells.get("department"):
            try:
                values["spoke"] = self.known.spoke(cells["department"])
            except ValueError as error:
                self.plan.refuse(number, "department", error)
        if cells.get("time_zone"):
            values["time_zone"] = cells["time_zone"]
            if cells["time_zone"] not in self.zones:
                reason = _("“%(text)s” is not a time zone. Write it as Europe/Berlin.")
                self.plan.refuse(number, "time_zone", reason % {"text": cells["time_zone"][:40]})
        if cells.get("language"):
            code = self._language(cells["language"].lower().replace("_", "-"))
            if code is None:
                reason = _("The portal does not speak “%(text)s”. It speaks: %(codes)s.")
                known = ", ".join(self.languages.values())
                self.plan.refuse(number, "language", reason % {"text": cells["language"][:20], "codes": known})
            values["language"] = code
        return values

    def _language(self, text):
        if text in self.languages:
            return self.languages[text]
        return next((code for key, code in self.languages.items() if key.split("-")[0] == text.split("-")[0]), None)

    def _person(self, number, values):
        """The stored person of this row, or None for somebody new; faults go to the plan."""
        staff_number, email = values.get("staff_number", ""), values.get("email", "")
        if not staff_number and not email:
            column = "staff_number" if "staff_number" in self.columns else "email"
            self.plan.refuse(number, column, _("The row has neither staff number nor e-mail address."))
            return None
        for column, key in (("staff_number", staff_number.lower()), ("email", email)):
            if key and (column, key) in self.keys:
                reason = _("The same as in row %(row)d.") % {"row": self.keys[column, key]}
                self.plan.refuse(number, column, reason)
                return None
            self.keys[column, key] = number
        by_number = self.known.by_number.get(staff_number.lower())
        by_email = self.known.by_email.get(email)
        if by_number and by_email and by_number != by_email:
            reason = _("This address belongs to somebody else: %(name)s.")
            self.plan.refuse(number, "email", reason % {"name": self.known.people[by_email]["name"]})
            return None
        pk = by_number or by_email
        if pk is None:
            return None
        person = self.known.people[pk]
        if staff_number and not by_number and person["staff_number"]:
            reason = _("%(email)s has the staff number %(number)s here. Is it the same person?")
            self.plan.refuse(
                number, "staff_number", reason % {"email": person["email"], "number": person["staff_number"]}
            )
            return None
        if pk in self.rows_of:
            self.plan.refuse(number, "email", _("The same person as in row %(row)d.") % {"row": self.rows_of[pk]})
            return None
        self.rows_of[pk] = number
        return person

    def _joiner(self, number, values, spoke, left_on, has_left):
        if has_left:
            self.plan.counts["ignored"] += 1  # came and went before the portal knew
            return
        for name in ("email", "name"):
            if name not in values:
                self.plan.refuse(number, name, _("Somebody new needs an e-mail address and a name."))
                return
        if spoke is None:
            self.plan.counts["without_department"] += 1
        if left_on:
            values["left_on"] = left_on
        detail = spoke.name if spoke else _("chooses a department at the first sign-in")
        self.plan.add(Act(number, "joins", values["name"], detail, {"fields": values, "spoke": spoke}))

    def _known_person(self, number, person, values, spoke, left_on, has_left):
        fields = {name: value for name, value in values.items() if person[name] != value}
        home = self.known.home.get(person["pk"])
        moves = spoke is not None and spoke.pk != home
        if has_left:
            if not person["is_active"]:
                self.plan.counts["unchanged"] += 1
            elif self._may(number, person, {**fields, "left_on": left_on}):
                self._leaves(number, person, left_on, fields)
            return
        if "left_on" in self.columns and left_on != person["left_on"]:
            fields["left_on"] = left_on
        if not self._may(number, person, fields if person["is_active"] else {**fields, "is_active": True}):
            return
        act = Act(number, "", values.get("name", person["name"]), target=person["pk"])
        act.values = {"fields": fields, "spoke": spoke if moves else None}
        if not person["is_active"]:
            act.verb = "returns"
            fields.update(is_active=True, left_on=left_on)
            act.detail = spoke.name if spoke else ""
        elif moves:
            before = self.known.spokes.get(home)
            act.verb = "moves" if before else "gets a home"
            act.detail = f"{before.name} → {spoke.name}" if before else spoke.name
        elif fields:
            act.verb = "changes"
            act.detail = ", ".join(sorted(fields))
        else:
            self.plan.counts["unchanged"] += 1
            return
        self.plan.add(act)

    def _may(self, number, person, fields):
        """Whether who brought the list may change these; what she may not is a fault of the row."""
        if not person["is_superuser"] and person["role"] == Role.EMPLOYEE:
            return True
        stored = User(pk=person["pk"], role=person["role"], is_superuser=person["is_superuser"])
        reason = refusal(check_can_change_by_list, self.by, stored, fields)
        if reason:
            self.plan.refuse(number, "email" if "email" in fields else "left_on", reason)
        return not reason

    def _leaves(self, number, person, on, fields=None):
        values = {"fields": {**(fields or {}), "is_active": False, "left_on": on}, "spoke": None}
        detail = on.isoformat() if number else _("not in the file")
        self.plan.add(Act(number, "leaves", person["name"], detail, values, person["pk"]))

    def _missing_people_leave(self):
        for pk, person in self.known.people.items():
            # Superusers are often nobody's colleague: made for emergencies, not in the staff list.
            if person["is_active"] and not person["is_superuser"] and pk not in self.rows_of:
                self._leaves(0, person, self.today)

    def _ask_before_many_leave(self):
        leaving = {act.target for act in self.plan.acts if act.verb == "leaves"}
        if leaving & {pk for pk, p in self.known.people.items() if p["role"] == Role.LEAD} and not any(
            person["role"] == Role.LEAD and person["is_active"] and pk not in leaving
            for pk, person in self.known.people.items()
        ):
            reason = _("The file would deactivate the last lead. Make somebody else a lead first.")
            self.plan.refuse(0, "", reason)
        if len(leaving) > MOST_LEAVERS * self.active:
            self.plan.question = _(
                "This file deactivates %(count)d of %(active)d people who are active, more than 5 in 100. "
                "They can no longer sign in. Is that right?"
            ) % {"count": len(leaving), "active": self.active}
