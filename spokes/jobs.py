"""What the clock starts for departments and accounts, and the work on uploaded tables."""

import logging
from datetime import timedelta

from celery import shared_task
from celery.schedules import crontab
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hub import clock
from hub.exceptions import HubError
from hub.models import User
from hub.schedule import scheduled
from hub.tasks import deliver_outbox
from hub.wake import wake
from spokes import actions, emails
from spokes.actions import uploads
from spokes.models import SocialAccount, TableImport, Term
from spokes.reports import review_limit
from spokes.tasks import reindex_people
from spokes.workflow import IMPORT_AT_WORK

logger = logging.getLogger(__name__)

TERMS_BACK = timedelta(days=7)


@shared_task(name="spokes.work_on_import")
def work_on_import(pk):
    return uploads.work_on_import(pk=pk)


@scheduled("spokes.sweep_imports", every=timedelta(minutes=1), says=_("Takes up uploaded tables nobody works on"))
def sweep_imports():
    waiting = TableImport.objects.filter(status__in=IMPORT_AT_WORK).values_list("pk", flat=True)
    return sum(uploads.work_on_import(pk=pk) for pk in list(waiting))


@scheduled(
    "spokes.settle_leavers", at=crontab(minute=15, hour=0), says=_("Says goodbye to people whose last day is over")
)
def settle_leavers():
    """Only on the day after their last: on the last day people still work."""
    gone = 0
    for person in User.objects.active().filter(left_on__lt=timezone.localdate()):
        try:
            actions.say_goodbye(person=person, by=None, on=person.left_on)
        except HubError as error:
            # The last lead stays until there is another; nobody else waits for that.
            logger.warning("%s", error)
        else:
            gone += 1
    return gone


@scheduled("spokes.follow_terms", at=crontab(minute=5, hour=0), says=_("Tells search of terms that begin or are over"))
def follow_terms():
    """Pages read a term's dates themselves; search has to be told. Some days back, should a night have been missed."""
    today = clock.today()
    since = today - TERMS_BACK
    turned = Q(starts_on__range=(since, today)) | Q(ends_on__gte=since, ends_on__lt=today)
    people = set(Term.objects.filter(turned).values_list("person", flat=True))
    reindex_people(sorted(people))
    return len(people)


@scheduled(
    "spokes.remind_of_account_review",
    at=crontab(minute=30, hour=6),
    says=_("Reminds owners of accounts nobody has looked at for six months"),
)
def remind_of_account_review():
    """For those who want it by mail at once; all others find it in their weekly letter."""
    posted = 0
    accounts = SocialAccount.objects.stale(review_limit()).select_related("owner", "spoke")
    for account in accounts:
        posted += emails.account_review_due(account, emails.who_reviews(account))
    if posted:
        wake(deliver_outbox)
    return posted
