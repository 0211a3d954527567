"""The fixed cast and the few things every test needs, made by walking the real paths."""

import itertools
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils import timezone

from hub import actions as hub_actions
from hub.models import Role, Service, Topic, User, WorkCalendar
from spokes import actions as spoke_actions
from spokes.models import Spoke, Term

PASSWORD = "correct horse battery staple"
_numbers = itertools.count(1)

OFFICE_WEEK = [[["09:00", "17:00"]]] * 5 + [[], []]


def make_person(*, name=None, role=Role.EMPLOYEE, spoke=None, by=None, **fields):
    name = name or f"Person {next(_numbers)}"
    email = fields.pop("email", f"{name.lower().replace(' ', '.')}@larkfield.example")
    person = hub_actions.add_person(email=email, name=name, role=role, by=by, **fields)
    if spoke is not None:
        spoke_actions.move_home(person=person, spoke=spoke, by=None)
    return person


def make_root(**fields):
    """A superuser, who sets everything up."""
    found = User.objects.filter(email="root@larkfield.example").first()
    return found or User.objects.create_superuser("root@larkfield.example", name="Root", **fields)


def make_spoke(*, name=None, parent=None, **fields):
    name = name or f"Department {next(_numbers)}"
    slug = fields.pop("slug", name.lower().replace(" ", "-"))
    return spoke_actions.create_spoke(name=name, slug=slug, parent=parent, by=make_root(), **fields)


def make_term(*, person, spoke, kind=Term.Kind.REPRESENTATIVE, starts_on=None, ends_on=None):
    starts_on = starts_on or timezone.localdate() - timedelta(days=30)
    return spoke_actions.start_term(
        person=person, spoke=spoke, kind=kind, starts_on=starts_on, ends_on=ends_on, by=make_root()
    )


def make_topic(*, name=None, **fields):
    name = name or f"Topic {next(_numbers)}"
    return Topic.objects.create(name=name, slug=fields.pop("slug", name.lower().replace(" ", "-")), **fields)


def make_calendar(*, slug="hub", **fields):
    """Monday to Friday, nine to five, in Berlin, without holidays; the same one when asked twice."""
    found = WorkCalendar.objects.filter(slug=slug).first()
    values = {"name": slug.title(), "time_zone": "Europe/Berlin", "week": OFFICE_WEEK, **fields}
    return found or WorkCalendar.objects.create(slug=slug, **values)


def make_service(*, title=None, owner=None, **fields):
    title = title or f"Service {next(_numbers)}"
    values = {
        "slug": title.lower().replace(" ", "-"),
        "summary": "What you get, in a sentence.",
        "mode": "advise",
        "first_answer_hours": 8,
        "delivery_hours": 40,
        **fields,
    }
    values.setdefault("calendar", make_calendar())
    values.setdefault("topic", Topic.objects.first() or make_topic())
    service = hub_actions.save_service(title=title, owner=owner or make_root(), by=make_root(), **values)
    return Service.objects.get(pk=service.pk)


@dataclass(frozen=True)
class Cast:
    """Larkfield's smallest version: two departments under one roof, and everybody who matters."""

    root: User
    company: Spoke
    retail: Spoke
    stores: Spoke
    operations: Spoke
    care: Spoke
    coe: Spoke
    hana: User  # hub lead
    lena: User  # second lead
    paul: User  # policy manager, staff
    rita: User  # representative, Retail
    dora: User  # deputy, Retail
    otto: User  # representative, Operations
    emma: User  # employee
    sam: User  # sponsor
    audra: User  # auditor

    def everybody(self):
        return {
            name: getattr(self, name)
            for name in ["hana", "lena", "paul", "rita", "dora", "otto", "emma", "sam", "audra"]
        }


def make_cast():
    root = make_root()
    company = make_spoke(name="Larkfield")
    retail = make_spoke(name="Retail", parent=company)
    stores = make_spoke(name="Stores", parent=retail)
    operations = make_spoke(name="Operations", parent=company)
    care = make_spoke(name="Customer Care", parent=company)
    coe = make_spoke(name="Center of Excellence", slug="coe", parent=company)

    def person(name, spoke, role=Role.EMPLOYEE):
        return make_person(name=name, email=f"{name.lower()}@larkfield.example", role=role, spoke=spoke, by=root)

    cast = Cast(
        root=root,
        company=company,
        retail=retail,
        stores=stores,
        operations=operations,
        care=care,
        coe=coe,
        hana=person("Hana", coe, Role.LEAD),
        lena=person("Lena", coe, Role.LEAD),
        paul=person("Paul", coe, Role.STAFF),
        rita=person("Rita", retail),
        dora=person("Dora", retail),
        otto=person("Otto", operations),
        emma=person("Emma", care),
        sam=person("Sam", company, Role.SPONSOR),
        audra=person("Audra", company, Role.AUDITOR),
    )
    make_term(person=cast.rita, spoke=retail)
    make_term(person=cast.dora, spoke=retail, kind=Term.Kind.DEPUTY)
    make_term(person=cast.otto, spoke=operations)
    return cast


def at_local(day, hour, minute=0, zone=None):
    """An aware instant on the hub's wall clock."""
    return timezone.make_aware(datetime.combine(day, time(hour, minute)), zone)
