"""What search knows about accounts and about people, and the tasks that keep it so.

Of people search knows those whom a page shows to everybody: who works in the hub, speaks for a department, looks after
one, or answers for an account. Each of these is a passage that leads to the place on that page. Everybody else is in
the staff list alone, so the index stays as small as the work is, however large the company.
"""

from datetime import UTC, datetime, time

from celery import shared_task
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils.translation import gettext as _

from hub import search
from hub.models import Role, SearchEntry, User
from hub.search import Document, Passage
from hub.tasks import PERSON
from spokes.models import SocialAccount, Spoke, Term

ACCOUNT = "account"
# What nobody has looked at has no date of its own; it counts as old.
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
MOST_PLACES, PLACES_NAMED = 100, 5


def _accounts():
    return SocialAccount.objects.live().select_related("spoke").order_by("pk")


def account_document(account_id):
    """What search knows about an account, or None when it is not in use."""
    account = _accounts().filter(pk=account_id).first()
    return _account_document(account) if account else None


def account_documents():
    for account in _accounts().iterator(chunk_size=500):
        yield _account_document(account)


def _account_document(account):
    """Without its note, which is for those who keep it."""
    looked = account.last_reviewed_on
    return Document(
        kind=ACCOUNT,
        object_id=account.pk,
        title=str(account),
        url=account.get_absolute_url(),
        summary=" · ".join(said for said in (account.spoke.name, account.purpose, account.audience) if said),
        updated_at=datetime.combine(looked, time(), UTC) if looked else LONG_AGO,
    )


def _people():
    """Whoever is shown to everybody, with what she is shown for."""
    terms = Term.objects.current().filter(spoke__closed_on=None).select_related("spoke")
    live = SocialAccount.objects.live().select_related("spoke").order_by("platform", "handle")
    open_spokes = Spoke.objects.open().order_by("name")
    her = OuterRef("pk")
    works = Q(pk__in=User.objects.staff().values("pk"))
    shown = (
        works
        | Exists(terms.filter(person=her))
        | Exists(live.filter(owner=her))
        | Exists(live.filter(deputy=her))
        | Exists(live.filter(admins=her))
        | Exists(open_spokes.filter(partner=her))
    )
    return (
        User.objects.active()
        .filter(shown)
        .prefetch_related(
            Prefetch("terms", terms, to_attr="terms_now"),
            Prefetch("partnered_spokes", open_spokes, to_attr="looks_after"),
            Prefetch("owned_accounts", live, to_attr="owns"),
            Prefetch("deputised_accounts", live, to_attr="deputises"),
            Prefetch("administered_accounts", live, to_attr="administers"),
        )
        .order_by("pk")
    )


def person_document(person_id):
    """What search knows about a person, or None when no page shows her to everybody."""
    person = _people().filter(pk=person_id).first()
    return _person_document(person) if person else None


def person_documents():
    for person in _people().iterator(chunk_size=200):
        document = _person_document(person)
        if document is not None:
            yield document


def _person_document(person):
    """None where what she was shown for ended between the statements that read it."""
    places = list(_places(person))[:MOST_PLACES]
    if not places:
        return None
    about = [person.title, person.bio, *(place.heading for place in places[:PLACES_NAMED])]
    return Document(
        kind=PERSON,
        object_id=person.pk,
        title=person.name,
        url=places[0].url,
        summary=" · ".join(said for said in about if said),
        updated_at=LONG_AGO,
        passages=tuple(places),
    )


def _places(person):
    """Where she is shown, what says most about her first."""
    if person.role in {Role.STAFF, Role.LEAD}:
        heading = person.get_role_display()
        yield Passage("hub", heading, " ".join([person.title, person.bio]).strip(), f"/hub/#person-{person.pk}")
    for term in person.terms_now:
        heading = _("%(role)s of %(department)s") % {
            "role": term.get_kind_display(), "department": term.spoke.name
        }  # fmt: skip
        yield Passage(f"term-{term.pk}", heading, person.title, f"{term.spoke.get_absolute_url()}#term-{term.pk}")
    for spoke in person.looks_after:
        heading = _("Looks after %(department)s for the hub") % {"department": spoke.name}
        yield Passage(f"partner-{spoke.pk}", heading, person.title, f"{spoke.get_absolute_url()}#about")
    for how, words, accounts in (
        ("owner", _("Owner of %(account)s"), person.owns),
        ("deputy", _("Deputy for %(account)s"), person.deputises),
        ("admin", _("Administrator of %(account)s"), person.administers),
    ):
        for account in accounts:
            url = account.get_absolute_url()
            yield Passage(f"{how}-{account.pk}", words % {"account": account}, account.spoke.name, url)


@shared_task(name="spokes.reindex_account")
def reindex_account(account_id):
    search.refresh(ACCOUNT, account_id, account_document)


@shared_task(name="spokes.reindex_people")
def reindex_people(people):
    """After something happened to these (ids): most of a long list are not, and were not, for search to know."""
    people = [pk for pk in people if pk]
    found = SearchEntry.objects.filter(kind=PERSON, part_key="", object_id__in=people)
    for pk in sorted(
        {*_people().filter(pk__in=people).values_list("pk", flat=True), *found.values_list("object_id", flat=True)}
    ):
        search.refresh(PERSON, pk, person_document)


@shared_task(name="spokes.reindex_department")
def reindex_department(spoke_id):
    """After a department has another name or address, or is closed or open: its accounts, and who is shown for it."""
    accounts = SocialAccount.objects.live().filter(spoke=spoke_id)
    people = set(Spoke.objects.filter(pk=spoke_id).values_list("partner", flat=True))
    people.update(Term.objects.current().filter(spoke=spoke_id).values_list("person", flat=True))
    people.update(pk for row in accounts.values_list("owner", "deputy", "admins") for pk in row)
    for pk in list(accounts.order_by("pk").values_list("pk", flat=True)):
        reindex_account(pk)
    reindex_people(sorted(pk for pk in people if pk))
