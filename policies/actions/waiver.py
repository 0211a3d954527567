"""Releasing a department from a clause, for a time."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from hub import audit
from hub.exceptions import Invalid, NotAllowed
from hub.text.markdown import clean
from policies import clock, workflow
from policies.models import Force, Waiver
from policies.permissions import check_can_waive
from spokes.models import Spoke

from .common import locked

LONGEST = timedelta(days=2 * 366)


@transaction.atomic
def grant_waiver(*, policy, clause_key, spoke, reason, mitigation, ends_on, starts_on=None, by):
    """Releases a department and all below it from a clause, from `starts_on` (today) until `ends_on`, both included.

    The clause must bind, or be announced to. Raises Invalid when the department is released from it already.
    """
    check_can_waive(by)
    policy = locked(policy.pk)
    day = clock.today()
    starts_on = starts_on or day
    _check_clause(policy, clause_key, day)
    spoke = Spoke.objects.select_for_update().get(pk=spoke.pk)
    if spoke.closed_on:
        raise Invalid(_("%(department)s is closed.") % {"department": spoke.name}, field="spoke")
    if starts_on < day:
        raise Invalid(_("A waiver cannot begin in the past."), field="starts_on")
    _check_end(ends_on, starts_on)
    reason = _said(reason, "reason", _("Say why the department cannot keep this clause."))
    mitigation = _said(mitigation, "mitigation", _("Say what the department does instead, so that nothing goes wrong."))
    open_one = Waiver.objects.select_for_update().filter(
        policy=policy, clause_key=clause_key, spoke=spoke, ended_on=None
    )
    before = open_one.first()
    if before and before.ends_on >= day:
        raise Invalid(
            _("%(department)s is released from this clause until %(day)s already. Prolong that waiver, or end it.")
            % {"department": spoke.name, "day": date_format(before.ends_on, "j F Y")},
            field="spoke",
        )
    if before:
        # It expired by its date; its place is free for this one.
        before.ended_on = before.ends_on + timedelta(days=1)
        before.save(update_fields=["ended_on"])
    above = Waiver.objects.filter(policy=policy, clause_key=clause_key, spoke__in=spoke.ancestor_ids)
    covering = above.filter(Q(ends_on__gte=ends_on, starts_on__lte=starts_on), ended_on=None).first()
    if covering:
        raise Invalid(
            _("%(department)s is released from this clause for all of that time, and with it %(below)s.")
            % {"department": covering.spoke.name, "below": spoke.name},
            field="spoke",
        )
    waiver = Waiver.objects.create(
        policy=policy,
        clause_key=clause_key,
        spoke=spoke,
        reason=reason,
        mitigation=mitigation,
        starts_on=starts_on,
        ends_on=ends_on,
        granted_by=by,
        granted_at=timezone.now(),
    )
    audit.record("granted", waiver, by=by, starts_on=starts_on.isoformat(), ends_on=ends_on.isoformat())
    return waiver


@transaction.atomic
def prolong_waiver(*, waiver, ends_on, reason, by):
    """It holds until another day, for a reason that stands in its history. An expired one is granted anew."""
    check_can_waive(by)
    waiver = _locked(waiver)
    reason = _said(reason, "reason", _("Say why it still cannot be kept."))
    if ends_on <= waiver.ends_on:
        raise Invalid(
            _("It holds until %(day)s already. Choose a later day, or end it.")
            % {"day": date_format(waiver.ends_on, "j F Y")},
            field="ends_on",
        )
    _check_end(ends_on, clock.today())
    before, waiver.ends_on = waiver.ends_on, ends_on
    waiver.save(update_fields=["ends_on"])
    audit.record("prolonged", waiver, by=by, reason=reason, before=before.isoformat(), after=ends_on.isoformat())
    return waiver


@transaction.atomic
def end_waiver(*, waiver, reason, by):
    """From today the department keeps the clause again."""
    check_can_waive(by)
    waiver = _locked(waiver)
    waiver.end_reason = _said(reason, "reason", _("Say why it ends before its time."))
    waiver.ended_by, waiver.ended_on = by, clock.today()
    waiver.save(update_fields=["end_reason", "ended_by", "ended_on"])
    audit.record("ended", waiver, by=by, reason=waiver.end_reason)
    return waiver


def _locked(waiver):
    """The waiver as it is stored now; raises NotAllowed if it is over."""
    waiver = Waiver.objects.select_for_update().get(pk=waiver.pk)
    if not (waiver.is_running or waiver.is_planned):
        raise NotAllowed(_("This waiver is over. Grant a new one."))
    return waiver


def _check_clause(policy, key, day):
    versions = list(policy.versions.visible_on(day))
    standing = [one for one in (workflow.binding(versions, day), workflow.announced(versions, day)) if one]
    clauses = [clause for version in standing for clause in version.clauses.all() if clause.key == key]
    if not clauses:
        raise Invalid(_("There is no such clause in the text that is published."), field="clause")
    if all(clause.force == Force.MAY for clause in clauses):
        raise Invalid(
            _("This clause says what people may do, so there is nothing to be released from."), field="clause"
        )


def _check_end(ends_on, starts_on):
    if ends_on < starts_on:
        raise Invalid(_("The waiver would end before it begins."), field="ends_on")
    if ends_on > starts_on + LONGEST:
        raise Invalid(
            _("A waiver is for a time: two years at most. A rule that never fits should be changed."), field="ends_on"
        )


def _said(text, field, sentence):
    text = clean(text or "").strip()
    if not text:
        raise Invalid(sentence, field=field)
    return text
