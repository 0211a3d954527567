"""Every verb of people: what it does, and every refusal."""

import threading
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.db import IntegrityError, connection
from django.utils import timezone

from hub import actions
from hub.clock import today
from hub.exceptions import Invalid, NotAllowed
from hub.models import AuditEvent, Preference, Role, User
from tests.factories import make_person, make_root


@pytest.fixture
def lead(db):
    return make_person(name="Hana", role=Role.LEAD, by=make_root())


@pytest.fixture
def staff(lead):
    return make_person(name="Paul", role=Role.STAFF, by=lead)


@pytest.fixture
def emma(db):
    return make_person(name="Emma")


def role_groups(person):
    return list(person.groups.filter(name__startswith="role:").values_list("name", flat=True))


def test_whoever_joins_does_so_on_the_hubs_day(db):
    """Not on the day it is for the lead who adds her, who may sit where it is tomorrow already."""
    with timezone.override("Pacific/Kiritimati"):
        east = actions.add_person(email="east@larkfield.example", name="East", by=make_root())
    with timezone.override("Pacific/Pago_Pago"):
        west = actions.add_person(email="west@larkfield.example", name="West", by=make_root())
    assert east.joined_on == west.joined_on == today()


def test_a_person_is_added_with_a_confirmed_address(staff):
    person = actions.add_person(email="Zoe@Larkfield.Example", name="Zoe", by=staff)
    assert person.email == "zoe@larkfield.example"
    assert EmailAddress.objects.get(user=person).verified
    with pytest.raises(Invalid, match="already has an account"):
        actions.add_person(email="ZOE@larkfield.example", name="Other", by=staff)


def test_who_may_add_whom(staff, lead, emma):
    with pytest.raises(NotAllowed):
        actions.add_person(email="a@x.example", name="A", by=emma)
    with pytest.raises(NotAllowed, match="Only a lead"):
        actions.add_person(email="a@x.example", name="A", role=Role.AUDITOR, by=staff)
    assert role_groups(actions.add_person(email="a@x.example", name="A", role=Role.AUDITOR, by=lead)) == [
        "role:auditor"
    ]


def test_plain_details_change_and_a_new_address_is_confirmed(staff, emma):
    actions.change_person(person=emma, name="Emma C", email="Emma.C@larkfield.example", by=staff)
    emma.refresh_from_db()
    assert (emma.name, emma.email) == ("Emma C", "emma.c@larkfield.example")
    assert list(EmailAddress.objects.filter(user=emma).values_list("email", "verified")) == [(emma.email, True)]
    lines = AuditEvent.objects.filter(verb="changed").count()
    actions.change_person(person=emma, name="Emma C", by=staff)
    assert AuditEvent.objects.filter(verb="changed").count() == lines
    with pytest.raises(Invalid, match="already"):
        actions.change_person(person=emma, email=staff.email.upper(), by=staff)
    with pytest.raises(TypeError):
        actions.change_person(person=emma, role="lead", by=staff)
    with pytest.raises(NotAllowed):
        actions.change_person(person=emma, name="Mine", by=emma)


def test_only_a_lead_gives_roles_and_one_lead_stays(lead, staff, emma):
    actions.set_role(person=emma, role="sponsor", by=lead)
    assert role_groups(emma) == ["role:sponsor"]
    actions.set_role(person=emma, role="employee", by=lead)
    actions.set_role(person=emma, role="employee", by=lead)
    assert role_groups(emma) == []
    with pytest.raises(NotAllowed):
        actions.set_role(person=emma, role="lead", by=staff)
    with pytest.raises(Invalid, match="only lead"):
        actions.set_role(person=lead, role="staff", by=lead)
    with pytest.raises(Invalid, match="only lead"):
        actions.deactivate_person(person=lead, by=lead)
    emma = actions.set_role(person=emma, role="lead", by=lead)
    assert actions.set_role(person=lead, role="staff", by=emma).role == "staff"


def test_people_leave_and_return(staff, emma):
    for _twice in range(2):
        assert actions.deactivate_person(person=emma, by=staff).is_active is False
    for _twice in range(2):
        back = actions.reactivate_person(person=emma, by=staff)
        assert (back.is_active, back.left_on) == (True, None)
    for act in (actions.deactivate_person, actions.reactivate_person):
        with pytest.raises(NotAllowed):
            act(person=staff, by=emma)
    assert actions.deactivate_person(person=emma, by=None).is_active is False


def test_the_day_somebody_left_is_the_hubs_whoever_says_so(staff, emma):
    """At noon in Berlin it is the next day already on Kiritimati, where the one who says goodbye lives."""
    with (
        time_machine.travel(datetime(2026, 5, 5, 12, tzinfo=ZoneInfo("Europe/Berlin")), tick=False),
        timezone.override("Pacific/Kiritimati"),
    ):
        assert timezone.localdate() == date(2026, 5, 6)
        assert actions.deactivate_person(person=emma, by=staff).left_on == date(2026, 5, 5)


def test_own_details_colours_and_reminders(emma):
    assert actions.set_own_details(title="Clerk", by=emma).title == "Clerk"
    with pytest.raises(TypeError):
        actions.set_own_details(name="Boss", by=emma)
    assert actions.set_scheme(scheme="dark", by=emma).scheme == "dark"
    actions.set_preference(kind="question_answered", choice="off", by=emma)
    assert Preference.objects.get().choice == "off"
    with pytest.raises(Invalid, match="obliged"):
        actions.set_preference(kind="acknowledgement_due", choice="off", by=emma)
    assert User.objects.get(pk=emma.pk).scheme == "dark"


def test_nobody_redirects_the_mail_of_somebody_with_more_rights(lead, staff, emma):
    """Whoever receives a person's mail can set her password."""
    root, other = make_root(), make_person(name="Lena", role=Role.LEAD, by=lead)
    with pytest.raises(NotAllowed, match="Only a lead"):
        actions.change_person(person=lead, email="paul.two@larkfield.example", by=staff)
    with pytest.raises(NotAllowed, match="Only a superuser"):
        actions.change_person(person=root, email="paul.two@larkfield.example", by=lead)
    assert actions.change_person(person=lead, title="Head", email=lead.email, by=staff).title == "Head"
    assert actions.change_person(person=staff, email="paul.two@larkfield.example", by=staff).email
    assert actions.change_person(person=other, email="lena.two@larkfield.example", by=lead).email
    assert actions.change_person(person=root, email="root.two@larkfield.example", by=root).email


def test_a_time_zone_is_one_that_there_is(staff, emma):
    with pytest.raises(Invalid, match="Berlin is not a time zone"):
        actions.change_person(person=emma, time_zone="Berlin", by=staff)
    with pytest.raises(Invalid, match="not a time zone"):
        actions.add_person(email="a@x.example", name="A", time_zone="Mars/Olympus", by=staff)
    assert actions.change_person(person=emma, time_zone="Asia/Tokyo", by=staff).zone.key == "Asia/Tokyo"


def test_a_staff_number_that_two_have_is_no_address_that_is_taken(staff, emma):
    """Whoever calls checks numbers; a slip of hers must not be told as something else."""
    actions.change_person(person=emma, staff_number="7", by=staff)
    with pytest.raises(IntegrityError):
        actions.add_person(email="zoe@larkfield.example", name="Zoe", staff_number="7", by=staff)
    assert not User.objects.filter(name="Zoe").exists()


def test_nobody_locks_out_somebody_with_more_rights(lead, staff, emma):
    root, other = make_root(), make_person(name="Lena", role=Role.LEAD, by=lead)
    for act in (actions.deactivate_person, actions.reactivate_person):
        with pytest.raises(NotAllowed, match="Only a lead"):
            act(person=other, by=staff)
        with pytest.raises(NotAllowed, match="Only a superuser"):
            act(person=root, by=lead)
    assert User.objects.filter(pk__in=[root.pk, other.pk], is_active=True).count() == 2
    assert actions.deactivate_person(person=other, by=lead).is_active is False
    with pytest.raises(NotAllowed, match="Only a lead"):
        actions.reactivate_person(person=other, by=staff)
    assert actions.reactivate_person(person=other, by=lead).is_active


@pytest.mark.django_db(transaction=True)
def test_two_leads_who_dismiss_each_other_leave_one():
    first = make_person(name="Hana", role=Role.LEAD, by=make_root())
    second = make_person(name="Lena", role=Role.LEAD, by=first)
    start, refused = threading.Barrier(2), []

    def dismiss(person, by):
        try:
            start.wait(30)
            actions.set_role(person=person, role=Role.STAFF, by=by)
        except Invalid as error:
            refused.append(error.sentence)
        finally:
            connection.close()

    threads = [threading.Thread(target=dismiss, args=pair) for pair in [(first, second), (second, first)]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert User.objects.leads().count() == 1
    assert len(refused) == 1
    assert "only lead" in refused[0]
