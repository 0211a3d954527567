"""What the clock starts for policies."""

from datetime import timedelta

from celery import shared_task
from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _

from hub.actions.reviews import remind_readers
from hub.models import User
from hub.schedule import scheduled
from hub.tasks import deliver_outbox
from hub.wake import wake
from policies import actions, clock, emails
from policies.models import Campaign, Policy, PolicyVersion, Review, Waiver

# A stage lasts from its first to its last day relative to the day to sign, so that a run missed is made good.
SIGN_STAGES = {"soon": (-7, -1), "due": (0, 6), "overdue": (7, 13)}
# So many days before its last one, until the next stage begins.
WAIVER_STAGES = {"30": (30, 8), "7": (7, 0)}
REVIEW_SOON = timedelta(days=14)
# A run ends well before the next begins.
MOST_BATCHES = 20


@scheduled(
    "policies.settle_due",
    every=timedelta(minutes=5),
    says=_("Announces policies and brings them into force on their day"),
)
def settle_due():
    return actions.settle_due()


@scheduled(
    "policies.remind_to_sign",
    at=crontab(minute=10, hour=6),
    says=_("Reminds people of policies to sign: a week before, on the day, a week after"),
)
def remind_to_sign():
    day = clock.today()
    posted = 0
    in_force = PolicyVersion.objects.shown_on(day).binding_on(day).asking()
    for version in in_force.select_related("policy"):
        posted += _remind_of_campaigns(version, day)
        if not version.policy.must_sign:
            continue
        for stage, (first, last) in SIGN_STAGES.items():
            posted += emails.acknowledgement_due(
                version,
                # On a day that lies n days after the day to sign, that day was n days ago.
                first=day - timedelta(days=last),
                last=day - timedelta(days=first),
                stage=stage,
            )
    if posted:
        wake(deliver_outbox)
    return posted


def _remind_of_campaigns(version, day):
    """Whom a campaign asks, on the days that campaign says; a person's newest one decides."""
    posted, newer = 0, []
    for campaign in Campaign.objects.deciding(version):
        for stage, (first, last) in campaign.stages.items():
            posted += emails.campaign_due(
                version,
                first=day - timedelta(days=last),
                last=day - timedelta(days=first),
                stage=stage,
                campaign=campaign,
                newer=newer,
            )
        newer.append(campaign)
    return posted


@scheduled(
    "policies.keep_campaigns",
    every=timedelta(minutes=5),
    says=_("Keeps the rolls of campaigns: asks who joins, drops who leaves, counts, and posts reminders by hand"),
)
def keep_campaigns():
    day = clock.today()
    done = 0
    for campaign in Campaign.objects.begun(day).order_by("pk"):
        done += actions.keep_roll(campaign.pk)
    for campaign in Campaign.objects.begun(day).filter(nudged_on=day).exclude(nudge_sent_on=day):
        done += emails.campaign_nudge(campaign)
        Campaign.objects.filter(pk=campaign.pk).update(nudge_sent_on=day)
        wake(deliver_outbox)
    return done


@scheduled(
    "policies.remind_of_review",
    at=crontab(minute=20, hour=6),
    says=_("Reminds owners of policies to look at again, and leads once that is overdue by 30 days"),
)
def remind_of_review():
    day = clock.today()
    posted = 0
    leads = list(User.objects.leads())
    for policy in Policy.objects.review_due(day + REVIEW_SOON).select_related("owner"):
        if policy.review_on > day:
            posted += emails.policy_review_due(policy, [policy.owner], stage="soon")
        else:
            posted += emails.policy_review_due(policy, [policy.owner], stage="due")
        if policy.is_review_with_leads:
            posted += emails.policy_review_due(policy, leads, stage="overdue")
    if posted:
        wake(deliver_outbox)
    return posted


@scheduled(
    "policies.remind_reviewers",
    at=crontab(minute=30, hour=6),
    says=_("Reminds those who were asked to read a draft: the day before it is due, and once after"),
)
def remind_reviewers():
    reviews = Review.objects.running().select_related("person", "version__policy")
    return remind_readers(reviews, asked=emails.review_asked)


@scheduled(
    "policies.extend_chain",
    every=timedelta(minutes=5),
    says=_("Adds new signatures, publications, withdrawals and waivers to the chain of proof"),
)
def extend_chain():
    actions.know_key()
    return actions.extend_fully(batches=MOST_BATCHES)


@scheduled(
    "policies.record_head",
    at=crontab(minute=50, hour=0),
    says=_("Writes the signed end of the chain of proof into the audit"),
)
def record_head():
    return actions.record_head()


@shared_task(name="policies.make_pack")
def make_pack(pk):
    return actions.make_pack(pk=pk)


@scheduled("policies.make_packs", every=timedelta(minutes=1), says=_("Makes proof packs nobody works on"))
def make_packs():
    return sum(actions.make_pack(pk=pk) for pk in actions.packs_to_make())


@scheduled("policies.forget_packs", at=crontab(minute=40, hour=1), says=_("Deletes proof packs after seven days"))
def forget_packs():
    return actions.forget_packs()


@scheduled(
    "policies.remind_of_waivers",
    at=crontab(minute=40, hour=6),
    says=_("Reminds of waivers that run out: 30 and 7 days before"),
)
def remind_of_waivers():
    day = clock.today()
    posted = 0
    running = Waiver.objects.holding_on(day).filter(ended_on=None).select_related("policy", "spoke", "granted_by")
    for stage, (first, last) in WAIVER_STAGES.items():
        ending = running.filter(ends_on__gte=day + timedelta(days=last), ends_on__lte=day + timedelta(days=first))
        for waiver in ending:
            # Who was told of a waiver of ten days when it was granted needs no word that it is a short one.
            if waiver.starts_on <= waiver.ends_on - timedelta(days=first):
                posted += emails.waiver_expiring(waiver, stage=stage)
    if posted:
        wake(deliver_outbox)
    return posted
