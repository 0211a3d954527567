"""What the clock starts in playbooks."""

from collections import defaultdict
from datetime import timedelta

from celery.schedules import crontab
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hub.actions.reviews import remind_readers
from hub.models import OutboxMessage, SearchEntry, User
from hub.schedule import scheduled
from hub.tasks import deliver_outbox
from hub.wake import wake
from playbooks import actions, emails, tasks
from playbooks.models import Playbook, RevisionReview, RunStep
from policies import clock

SOON = timedelta(days=14)
LATE = timedelta(days=30)
# A step whose day passed longer ago than this is not told of any more: it stands on her home page.
STILL_TOLD = timedelta(days=7)


def stage_of(playbook, day):
    """How far the word that a playbook is still true has run out: "soon", "due" or "late"."""
    if playbook.verified_until > day:
        return "soon"
    return "due" if playbook.verified_until + LATE > day else "late"


def _asked(playbook, leads):
    return [one for one in (playbook.owner, playbook.deputy) if one is not None and one.is_active] or leads


@scheduled(
    "playbooks.verification_due",
    at=crontab(hour=5, minute=20),
    says=_("Asks owners and deputies whether a playbook is still true: 14 days before, on the day, 30 days after"),
)
def verification_due():
    """One message a person, stage and date; a missed day is made good by the next run.

    Where the owner and the deputy have both left, the leads are asked.
    """
    day = clock.today()
    due = Playbook.objects.verification_due(day + SOON).exclude(verified_until=None).select_related("owner", "deputy")
    leads = list(User.objects.leads())
    wanted = [
        (playbook, stage_of(playbook, day), person)
        for playbook in due.order_by("pk")
        for person in _asked(playbook, leads)
    ]
    keys = OutboxMessage.objects.filter(kind="verification_due").values_list("about", "period", "recipient")
    sent = set(keys.filter(about__in={f"playbooks.playbook:{playbook.pk}" for playbook, _stage, _person in wanted}))
    made = 0
    for playbook, stage, person in wanted:
        key = (f"playbooks.playbook:{playbook.pk}", emails.verification_period(playbook, stage), person.pk)
        if key not in sent:
            made += emails.verification_due(playbook, stage=stage, person=person) is not None
    if made:
        with transaction.atomic():
            wake(deliver_outbox)
    return made


@scheduled(
    "playbooks.run_steps_due",
    at=crontab(hour=5, minute=40),
    says=_("Tells people on the day that steps of theirs in a run are due"),
)
def run_steps_due():
    """One message a person, run and day; a missed day is made good by the next run."""
    day = clock.today()
    steps = RunStep.objects.open().in_active_runs().of_people_who_are_here()
    steps = steps.filter(due_on__lte=day, due_on__gt=day - STILL_TOLD, run__starts_on__lte=day)
    wanted = defaultdict(list)
    for step in steps.select_related("run__playbook", "run__spoke", "assignee").order_by("run", "due_on", "number"):
        wanted[step.run, step.due_on, step.assignee].append(step)
    keys = OutboxMessage.objects.filter(kind="run_step_due", created_at__gt=clock.midnight(day - 2 * STILL_TOLD))
    sent = set(keys.values_list("about", "period", "recipient"))
    made = 0
    for (run, due_on, person), hers in wanted.items():
        if (f"playbooks.run:{run.pk}", due_on.isoformat(), person.pk) not in sent:
            made += emails.run_steps_due(run, due_on=due_on, steps=hers, person=person) is not None
    if made:
        with transaction.atomic():
            wake(deliver_outbox)
    return made


@scheduled(
    "playbooks.trust_in_search",
    at=crontab(hour=0, minute=25),
    says=_("Tells search which playbooks are no longer verified"),
)
def trust_in_search():
    """Nothing happens to a playbook on the day its word runs out, so search has to be told."""
    entries = SearchEntry.objects.filter(kind=tasks.PLAYBOOK, part_key="")
    untold = entries.filter(verified=True, object_id__in=Playbook.objects.not_verified().values("pk"))
    untold |= entries.filter(faded=False, object_id__in=Playbook.objects.faded().values("pk"))
    found = list(untold.order_by("object_id").values_list("object_id", flat=True))
    for playbook_id in found:
        tasks.reindex(playbook_id)
    return len(found)


@scheduled(
    "playbooks.links_of_policies",
    every=timedelta(minutes=30),
    says=_("Keeps which clauses lead to which playbooks"),
)
def links_of_policies():
    return actions.keep_links_of_policies()


@scheduled(
    "playbooks.remind_reviewers",
    at=crontab(minute=35, hour=6),
    says=_("Reminds those who were asked to read a playbook's draft: the day before it is due, and once after"),
)
def remind_reviewers():
    reviews = RevisionReview.objects.running().select_related("person", "revision__playbook")
    return remind_readers(reviews, asked=emails.review_asked)
