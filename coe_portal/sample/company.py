"""Departments, people, terms, topics, services, accounts and announcements of the sample."""

from datetime import timedelta

from coe_portal.sample.reading import check_keys, loading, read
from engagements import actions as engagement_actions
from hub import actions as hub_actions
from hub.models import Announcement, Role, Service, Topic, User, WorkCalendar
from spokes import actions as spoke_actions
from spokes.handles import bare_handle
from spokes.models import SocialAccount, Spoke, Term

DOMAIN = "larkfield.example"
CALENDARS = [
    {
        "slug": "hub",
        "name": "The hub's working hours",
        "time_zone": "Europe/Berlin",
        "week": [[["09:00", "17:30"]]] * 5 + [[], []],
        "country": "DE",
    },
    {
        "slug": "round-the-clock",
        "name": "Round the clock",
        "time_zone": "Europe/Berlin",
        "week": [[["00:00", "00:00"]]] * 7,
        "always_open": True,
    },
]


def load_people(sample):
    """Departments, people with their homes, and terms. The first lead brings everybody else in."""
    company = read("company.yaml", root=sample.root)
    check_keys(company, needs={"company", "spokes", "people", "terms"})
    _first_lead(sample, company["people"])
    for row in company["spokes"]:
        with loading("company.yaml", f"department {row.get('slug')}"):
            _spoke(sample, row)
    for row in company["people"]:
        with loading("company.yaml", f"person {row.get('id')}"):
            _person(sample, row)
    for row in company["terms"]:
        with loading("company.yaml", f"term of {row.get('person')}"):
            _term(sample, row)


def _first_lead(sample, people):
    row = next(row for row in people if row["role"] == Role.LEAD)
    sample.lead = User.objects.filter(email=f"{row['id']}@{DOMAIN}").first() or _new_person(sample, row, by=None)


def _spoke(sample, row):
    check_keys(row, needs={"slug", "name", "parent", "formation", "purpose"}, may={"region", "closed"})
    spoke = Spoke.objects.filter(slug=row["slug"]).first()
    if spoke is None:
        spoke = spoke_actions.create_spoke(
            name=row["name"],
            slug=row["slug"],
            parent=sample.spokes[row["parent"]] if row["parent"] else None,
            formation=row["formation"],
            purpose=row["purpose"],
            region=row.get("region") or "",
            by=sample.lead,
        )
        sample.made("departments")
    sample.spokes[row["slug"]] = spoke


def _new_person(sample, row, *, by):
    return hub_actions.add_person(
        email=f"{row['id']}@{DOMAIN}",
        name=row["name"],
        role=row["role"],
        title=row["title"],
        staff_number=row["staff_number"],
        time_zone=row["time_zone"],
        joined_on=sample.dates.day(row["joined_in"]),
        bio=row.get("bio") or "",
        by=by,
    )


def _person(sample, row):
    check_keys(
        row,
        needs={"id", "name", "title", "staff_number", "spoke", "role", "time_zone", "joined_in", "left"},
        may={"bio", "language"},
    )
    person = User.objects.filter(email=f"{row['id']}@{DOMAIN}").first()
    if person is None:
        person = _new_person(sample, row, by=sample.lead)
    if not person.memberships.exists():
        spoke_actions.move_home(person=person, spoke=sample.spokes[row["spoke"]], on=person.joined_on, by=sample.lead)
        sample.made("people")
        if row["left"]:
            sample.leavers.append(person)
    sample.people[row["id"]] = person


def _term(sample, row):
    """A term that has ended ends last of all, for its requests are loaded as if it ran."""
    check_keys(row, needs={"person", "spoke", "kind", "starts_in", "ends_in"})
    person, spoke = sample.people[row["person"]], sample.spokes[row["spoke"]]
    if Term.objects.filter(person=person, spoke=spoke).exists():
        return
    ends_on = sample.dates.day(row["ends_in"])
    has_ended = ends_on is not None and ends_on < sample.dates.today
    term = spoke_actions.start_term(
        person=person,
        spoke=spoke,
        kind=row["kind"],
        starts_on=sample.dates.day(row["starts_in"]),
        ends_on=None if has_ended else ends_on,
        by=sample.lead,
    )
    if has_ended:
        sample.ended_terms.append((term, ends_on))
    sample.made("terms")


def load_endings(sample):
    """Terms that are over, and people who have left: last, because history needs them."""
    for term, ends_on in sample.ended_terms:
        spoke_actions.end_term(term=term, on=ends_on, by=sample.lead)
    for number, person in enumerate(sample.leavers, start=1):
        hub_actions.deactivate_person(person=person, on=sample.dates.day(-9 * number), by=sample.lead)


def load_catalogue(sample):
    """Calendars, topics and services with their forms."""
    for fields in CALENDARS:
        found = WorkCalendar.objects.filter(slug=fields["slug"]).first()
        sample.calendars[fields["slug"]] = found or hub_actions.save_calendar(by=sample.lead, **fields)
    for order, row in enumerate(read("topics.yaml", root=sample.root), start=1):
        with loading("topics.yaml", row.get("slug")):
            _topic(sample, row, order)
    for path in sorted((sample.root / "services").glob("*.yaml")):
        with loading(f"services/{path.name}"):
            _service(sample, path.stem, read(f"services/{path.name}", root=sample.root))


def _topic(sample, row, order):
    check_keys(row, needs={"slug", "name", "summary"}, may={"parent", "look_again_months"})
    topic = Topic.objects.filter(slug=row["slug"]).first()
    if topic is None:
        parent = sample.topics[row["parent"]] if row.get("parent") else None
        topic = hub_actions.save_topic(
            slug=row["slug"],
            name=row["name"],
            summary=row["summary"],
            parent=parent,
            order=order,
            look_again_months=row.get("look_again_months", 6),
            by=sample.lead,
        )
        sample.made("topics")
    sample.topics[row["slug"]] = topic


def _service(sample, slug, row):
    plain = {"title", "summary", "description", "mode", "first_answer_hours", "delivery_hours", "order"}
    check_keys(row, needs=plain | {"calendar", "topic", "owner", "playbooks", "questions"})
    service = Service.objects.filter(slug=slug).first()
    if service is None:
        service = hub_actions.save_service(
            slug=slug,
            calendar=sample.calendars[row["calendar"]],
            topic=sample.topics[row["topic"]],
            owner=sample.people[row["owner"]],
            by=sample.lead,
            **{name: row[name] for name in plain},
        )
        engagement_actions.save_form(service=service, definition=row["questions"], by=sample.lead)
        sample.service_playbooks.append((service, row["playbooks"]))
        sample.made("services")
    sample.services[slug] = service


def load_accounts(sample):
    for row in read("accounts.yaml", root=sample.root):
        with loading("accounts.yaml", f"{row.get('platform')}:{row.get('handle')}"):
            _account(sample, row)


def _account(sample, row):
    plain = {"url", "purpose", "audience", "language"}
    needs = {"platform", "handle", "spoke", "owner", "deputy", "status", "mfa_checked_in", "reviewed_in", "admins"}
    check_keys(row, needs=plain | needs)
    handle = bare_handle(row["handle"])
    account = SocialAccount.objects.filter(platform=row["platform"], handle__iexact=handle).first()
    if account is None:
        account = spoke_actions.add_account(
            platform=row["platform"],
            handle=handle,
            spoke=sample.spokes[row["spoke"]],
            status=row["status"],
            owner=sample.person(row["owner"]),
            deputy=sample.person(row["deputy"]),
            admins=[sample.people[one] for one in row["admins"]],
            mfa_checked_on=sample.dates.day(row["mfa_checked_in"]),
            last_reviewed_on=sample.dates.day(row["reviewed_in"]),
            by=sample.lead,
            **{name: row[name] or "" for name in plain},
        )
        sample.made("accounts")
    sample.accounts[account_key(f"{row['platform']}:{handle}")] = account


def account_key(text):
    """ "x:@Larkfield" and "x:larkfield" are one."""
    platform, _colon, handle = text.partition(":")
    return f"{platform}:{bare_handle(handle).lower()}"


def load_announcements(sample):
    for row in read("announcements.yaml", root=sample.root):
        with loading("announcements.yaml", row.get("title")):
            check_keys(row, needs={"title", "body", "by", "published_in", "ends_in", "audiences"})
            if Announcement.objects.filter(title=row["title"]).exists():
                continue
            published_at = sample.dates.morning(row["published_in"])
            ends_at = None if row["ends_in"] is None else sample.dates.morning(row["ends_in"])
            hub_actions.publish_announcement(
                title=row["title"],
                body=row["body"],
                published_at=published_at,
                ends_at=max(ends_at, published_at + timedelta(hours=1)) if ends_at else None,
                audiences=sample.groups(row["audiences"]),
                by=sample.people[row["by"]],
            )
            sample.made("announcements")
