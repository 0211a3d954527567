"""What departments and accounts put into the hub's slots."""

from datetime import timedelta

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from hub import slots
from hub.clock import today
from hub.prepared import prepared
from hub.presence import may_have
from hub.tasks import PERSON
from spokes import tasks
from spokes.emails import who_reviews
from spokes.models import SocialAccount, Spoke, Term
from spokes.reports import REVIEW_AFTER, review_limit, terms_ending

TERM_ENDS_SOON = timedelta(days=30)
MOST_WAITING = 30


def search_sources():
    yield slots.SearchSource(tasks.ACCOUNT, tasks.account_documents, tasks.account_document)
    yield slots.SearchSource(PERSON, tasks.person_documents, tasks.person_document)


def present(person):
    yield slots.Presence("accounts", SocialAccount.objects.filter(owner=person))
    yield slots.Presence("terms", Term.objects.current().filter(person=person))


def waiting_items(person):
    """Accounts to look at, for their owner or who represents the department; for staff, terms that run out."""
    may_wait = may_have(person, "accounts") or may_have(person, "terms")
    for account in _to_look_at(person=person, before=review_limit()) if may_wait else ():
        if account.owner and not account.owner.is_active:
            detail = _("Its owner, %(name)s, has left") % {"name": account.owner.name}
        elif account.last_reviewed_on:
            detail = _("Last looked at on %(day)s") % {"day": date_format(account.last_reviewed_on, "j F Y")}
        else:
            detail = _("Nobody has looked at it yet")
        yield slots.WaitingItem(
            kind="account_review_due",
            title=_("Look at the account %(account)s") % {"account": account},
            url=account.get_absolute_url(),
            detail=detail,
            due_on=account.last_reviewed_on + REVIEW_AFTER if account.last_reviewed_on else None,
        )
    if not person.is_coe_staff:
        return
    for term in terms_ending(today() + TERM_ENDS_SOON)[:MOST_WAITING]:
        yield slots.WaitingItem(
            kind="term_ends",
            title=_("Nobody represents %(department)s after this") % {"department": term.spoke.name},
            url=reverse("spokes:department", args=[term.spoke.slug]),
            detail=_("%(name)s's term ends") % {"name": term.person.name},
            due_on=term.ends_on,
        )


@prepared()
def _to_look_at(person, before):
    return SocialAccount.objects.awaiting(person, before).select_related("owner")[:MOST_WAITING]


def still_true(message):
    """Whether a reminder about an account still has its cause."""
    model, _separator, pk = message.about.partition(":")
    if message.kind == "account_review_due" and model == SocialAccount._meta.label_lower:
        account = SocialAccount.objects.stale(review_limit()).filter(pk=pk).first()
        yield account is not None and message.recipient in who_reviews(account)


def audience_names():
    """Departments as a tree; one that is closed says so."""
    for spoke in Spoke.objects.in_tree_order():
        label = _("%(department)s (closed)") % {"department": spoke.name} if spoke.closed_on else spoke.name
        yield slots.AudienceName(group_id=spoke.group_id, label=label, depth=spoke.depth)


def followables():
    yield slots.Followable("department", _lazy("Department"), lambda reader: Spoke.objects.open())


def fill_slots():
    slots.followables.fill(followables)
    slots.presence.fill(present)
    slots.search_documents.fill(search_sources)
    slots.audience_names.fill(audience_names)
    slots.waiting_items.fill(waiting_items)
    slots.still_true.fill(still_true)
