"""Campaigns: planned by staff, started by a lead; their roll is written in batches that can be killed anywhere."""

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from hub import audit
from hub.exceptions import Invalid, NotAllowed
from hub.models import User
from hub.text.markdown import clean
from policies import clock, workflow
from policies.models import Campaign, PolicyVersion, RollEntry
from policies.models.campaign import LONGEST, MOST_REMINDER_DAYS
from policies.permissions import check_can_plan_campaigns, check_can_start_campaigns
from policies.reports import addressed, roll_figures
from policies.workflow import CAMPAIGN_TRANSITIONS, CampaignStatus

from .common import locked

BATCH = 5000
PLAIN_FIELDS = {"name", "starts_on", "due_on", "remind_before", "remind_on_due", "remind_after"}


@transaction.atomic
def plan_campaign(*, policy, name, starts_on, due_on, audiences=(), by, **reminders):
    """A campaign for the text of a policy that binds, or that is announced and will. It asks nobody yet."""
    check_can_plan_campaigns(by)
    policy = locked(policy.pk)
    versions = list(policy.versions.visible_on(clock.today()))
    version = workflow.announced(versions, clock.today()) or workflow.binding(versions, clock.today())
    if version is None:
        raise Invalid(_("This policy has no text that people could sign. Publish it first."), field="policy")
    campaign = Campaign(policy=policy, version=version, created_by=by, created_at=timezone.now())
    _fill(campaign, {"name": name, "starts_on": starts_on, "due_on": due_on, **reminders})
    campaign.save()
    _set_audiences(campaign, audiences)
    audit.record("planned", campaign, by=by)
    return campaign


@transaction.atomic
def change_campaign(*, campaign, audiences=None, by, **changes):
    """While it is planned all can change; of a running one its name, its reminders, and its last day to a later one."""
    check_can_plan_campaigns(by)
    campaign = _locked(campaign)
    if campaign.is_closed:
        raise NotAllowed(_("This campaign is closed."))
    before = {name: getattr(campaign, name) for name in changes}
    _fill(campaign, changes)
    if campaign.is_running:
        if campaign.starts_on != before.get("starts_on", campaign.starts_on):
            raise Invalid(_("It has been started, so its first day stays."), field="starts_on")
        if campaign.due_on < before.get("due_on", campaign.due_on):
            raise Invalid(_("People were given until then. You can choose a later day."), field="due_on")
        if audiences is not None and set(audiences) != set(campaign.audiences.all()):
            raise Invalid(
                _("It has been started, so whom it asks stays. Exempt people, or plan another."), field="audiences"
            )
    campaign.save()
    if campaign.is_planned:
        if audiences is not None:
            _set_audiences(campaign, audiences)
        campaign.roll.update(asked_on=campaign.starts_on, due_on=campaign.due_on)
    else:
        campaign.roll.filter(due_on__lt=campaign.due_on).update(due_on=campaign.due_on)
    details = {name: [str(was), str(getattr(campaign, name))] for name, was in before.items()}
    details = {name: pair for name, pair in details.items() if pair[0] != pair[1]}
    audit.record("changed", campaign, by=by, **details)
    return campaign


@transaction.atomic
def start_campaign(*, campaign, by):
    """From its first day on it asks. Of a policy one campaign runs at a time."""
    check_can_start_campaigns(by)
    policy = locked(Campaign.objects.values_list("policy", flat=True).get(pk=campaign.pk))
    campaign = _locked(campaign)
    _check_moves(campaign, CampaignStatus.RUNNING)
    day = clock.today()
    running = Campaign.objects.running().filter(policy=policy).first()
    if running:
        raise NotAllowed(_("“%(name)s” still runs for this policy. Close it first.") % {"name": running.name})
    if campaign.due_on < day:
        raise Invalid(_("Its last day has passed. Choose a later one first."), field="due_on")
    _check_still_stands(policy, campaign.version, day)
    # Nobody is asked for a day that has gone by.
    if campaign.starts_on < day:
        campaign.starts_on = day
        campaign.roll.update(asked_on=day)
    campaign.status = CampaignStatus.RUNNING
    campaign.started_by, campaign.started_at = by, timezone.now()
    campaign.save()
    audit.record("started", campaign, by=by)
    return campaign


def _check_still_stands(policy, version, day):
    versions = list(policy.versions.visible_on(day))
    standing = [one for one in (workflow.binding(versions, day), workflow.announced(versions, day)) if one]
    if all(one.material_number != version.material_number for one in standing):
        raise NotAllowed(
            _("The text has changed in substance since this was planned. Plan a campaign for the new one.")
        )


@transaction.atomic
def close_campaign(*, campaign, reason, by):
    """It asks nobody any more. What the policy itself asks goes on; days to sign and exemptions stay as they were.

    `by` is None when a new text has taken its place.
    """
    if by is not None:
        check_can_plan_campaigns(by)
    campaign = _locked(campaign)
    _check_moves(campaign, CampaignStatus.CLOSED)
    if by is not None and campaign.is_running:
        check_can_start_campaigns(by)
    reason = clean(reason or "").strip()
    if not reason:
        raise Invalid(_("Say why it ends."), field="reason")
    campaign.status, campaign.close_reason = CampaignStatus.CLOSED, reason
    campaign.closed_by, campaign.closed_at = by, timezone.now()
    campaign.save()
    audit.record("closed", campaign, by=by, reason=reason)
    return campaign


@transaction.atomic
def exempt_person(*, campaign, person, reason, by):
    """This one need not sign, for a reason that is kept. The policy itself does not ask her either."""
    check_can_plan_campaigns(by)
    campaign = _locked(campaign)
    if campaign.is_closed:
        raise NotAllowed(_("This campaign is closed."))
    reason = clean(reason or "").strip()
    if not reason:
        raise Invalid(_("Say why she need not sign."), field="reason")
    if not audience_of(campaign).filter(pk=person.pk).exists():
        raise Invalid(_("%(name)s is not among those it asks.") % {"name": person.name}, field="person")
    asked_on = campaign.starts_on if campaign.roll_written_at is None else max(campaign.starts_on, clock.today())
    entry, _new = RollEntry.objects.get_or_create(
        campaign=campaign, person=person, defaults={"asked_on": asked_on, "due_on": campaign.due_for(asked_on)}
    )
    entry.exempt_reason, entry.exempted_by, entry.exempted_at = reason, by, timezone.now()
    entry.save(update_fields=["exempt_reason", "exempted_by", "exempted_at"])
    audit.record("exempted somebody", campaign, by=by, person=person.email, reason=reason)
    return entry


@transaction.atomic
def end_exemption(*, campaign, person, by):
    """She is asked again, with the campaign's own time from today."""
    check_can_plan_campaigns(by)
    campaign = _locked(campaign)
    if campaign.is_closed:
        raise NotAllowed(_("This campaign is closed."))
    entry = campaign.roll.exempt().filter(person=person).first()
    if entry is None:
        raise NotAllowed(_("%(name)s is not exempt.") % {"name": person.name})
    entry.exempt_reason, entry.exempted_by, entry.exempted_at = "", None, None
    entry.asked_on = max(campaign.starts_on, clock.today())
    entry.due_on = campaign.due_for(entry.asked_on)
    entry.save()
    audit.record("ended an exemption", campaign, by=by, person=person.email)
    return entry


@transaction.atomic
def remind_now(*, campaign, by):
    """Asks for a reminder to everybody who has not signed, once a day; the job posts it."""
    check_can_plan_campaigns(by)
    campaign = _locked(campaign)
    if not campaign.is_running or campaign.starts_on > clock.today():
        raise NotAllowed(_("Only a campaign that runs reminds people."))
    if campaign.was_nudged_today:
        raise NotAllowed(_("A reminder went out today already. Tomorrow is soon enough."))
    campaign.nudged_on = clock.today()
    campaign.save(update_fields=["nudged_on"])
    audit.record("reminded", campaign, by=by)
    return campaign


# --- The roll --------------------------------------------------------------------------------------------------------


def audience_of(campaign):
    """Active people it is meant for, of those its policy is meant for."""
    people = addressed(User.objects.active(), campaign.policy)
    groups = [group.pk for group in campaign.audiences.all()]
    if groups:
        people = people.filter(Exists(User.groups.through.objects.filter(user=OuterRef("pk"), group__in=groups)))
    return people


def keep_roll(campaign_id, *, batch=BATCH):
    """Brings a campaign's roll up to its audience; returns how many entries are new or changed. For the job.

    People not yet on it are put on in batches, each its own transaction: whoever kills it loses at most the one in
    flight, and the next run goes on after the last. Those of the first writing have the campaign's own days; whoever
    joins or moves in later is asked from the day she is found, and has as long. Leavers and movers away are dropped.
    """
    campaign = Campaign.objects.select_related("policy", "version").get(pk=campaign_id)
    day = clock.today()
    if not campaign.is_running or campaign.starts_on > day:
        return 0
    if not _still_binds(campaign, day):
        with transaction.atomic():
            if _locked(campaign).is_running:
                close_campaign(campaign=campaign, reason=_("Another text has taken the place of this one."), by=None)
        return 1
    is_first = campaign.roll_written_at is None
    asked_on = campaign.starts_on if is_first else day
    changed, last = 0, 0
    mine = RollEntry.objects.filter(campaign=campaign, person=OuterRef("pk"))
    missing = audience_of(campaign).filter(~Exists(mine)).order_by("pk")
    while True:
        with transaction.atomic():
            people = list(missing.filter(pk__gt=last).values_list("pk", "joined_on")[:batch])
            entries = [
                RollEntry(campaign=campaign, person_id=pk, asked_on=since, due_on=campaign.due_for(since))
                for pk, joined_on in people
                for since in [max(asked_on, joined_on)]
            ]
            RollEntry.objects.bulk_create(entries, ignore_conflicts=True, batch_size=1000)
        changed += len(people)
        if len(people) < batch:
            break
        last = people[-1][0]
    with transaction.atomic():
        campaign = _locked(campaign)
        if not campaign.is_running:
            return changed
        present = audience_of(campaign).filter(pk=OuterRef("person"))
        roll = campaign.roll.all()
        changed += roll.filter(~Exists(present), left_on=None).update(left_on=day)
        changed += roll.filter(Exists(present), left_on__isnull=False).update(
            left_on=None, asked_on=day, due_on=campaign.due_for(day)
        )
        if is_first:
            campaign.roll_written_at = timezone.now()
            audit.record("wrote the roll", campaign, by=None, people=roll.count())
        elif changed:
            # Pages that somebody has seen before are made again only when the audit has a new line.
            audit.record("kept the roll", campaign, by=None, changed=changed)
        figures = roll_figures(campaign)
        campaign.asked, campaign.signed, campaign.counted_at = figures.asked, figures.signed, timezone.now()
        campaign.save(update_fields=["roll_written_at", "asked", "signed", "counted_at"])
    return changed


def _still_binds(campaign, day):
    """Whether the rule it asks for is the one that binds, or will: no material change has come, and no withdrawal."""
    versions = list(PolicyVersion.objects.filter(policy=campaign.policy).visible_on(day))
    binding = workflow.binding(versions, day) or workflow.announced(versions, day)
    return binding is not None and binding.material_number == campaign.version.material_number


# --- Shared ----------------------------------------------------------------------------------------------------------


def _locked(campaign):
    return Campaign.objects.select_for_update(of=("self",)).select_related("policy", "version").get(pk=campaign.pk)


def _check_moves(campaign, status):
    if status not in CAMPAIGN_TRANSITIONS[campaign.status]:
        raise NotAllowed(
            _("This campaign is closed.") if campaign.is_closed else _("This campaign has been started already.")
        )


def _fill(campaign, fields):
    unknown = fields.keys() - PLAIN_FIELDS
    if unknown:
        raise TypeError(f"A campaign has no field {sorted(unknown)}")
    for name, value in fields.items():
        setattr(campaign, name, clean(value).strip() if isinstance(value, str) else value)
    if not campaign.name:
        raise Invalid(_("Give the campaign a name."), field="name")
    effective_on = campaign.version.effective_on
    if campaign.starts_on < effective_on and not campaign.is_running:
        raise Invalid(
            _("The text binds from %(day)s. Start on that day or later.") % {"day": date_format(effective_on, "j F Y")},
            field="starts_on",
        )
    if campaign.due_on < campaign.starts_on:
        raise Invalid(_("People cannot be asked to sign before it starts."), field="due_on")
    if campaign.due_on > campaign.starts_on + LONGEST:
        raise Invalid(_("A campaign lasts a year at most."), field="due_on")
    for name in ("remind_before", "remind_after"):
        if not 0 <= getattr(campaign, name) <= MOST_REMINDER_DAYS:
            raise Invalid(_("A reminder is at most 90 days away from the day to sign."), field=name)


def _set_audiences(campaign, groups):
    groups = list(groups)
    if len(groups) != Group.objects.filter(pk__in=[group.pk for group in groups]).count():
        raise Invalid(_("One of these groups is gone. Choose again."), field="audiences")
    campaign.audiences.set(groups)
