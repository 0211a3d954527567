"""What a slip must not do."""

from django.urls import reverse

from hub.models import Role, User
from spokes import actions, jobs
from spokes.models import Spoke, Term
from tests.factories import make_spoke
from tests.spokes.factories import day


def test_a_new_department_stands_below_its_parent_wherever_that_is_now(cast):
    stale = Spoke.objects.get(pk=cast.stores.pk)
    actions.move_spoke(spoke=cast.stores, parent=cast.operations, by=cast.hana)
    made = make_spoke(name="Berlin", parent=stale)
    assert made.path == f"{Spoke.objects.get(pk=cast.stores.pk).path}{made.pk}/"


def test_saving_a_term_without_a_last_day_does_not_end_it(cast, client):
    term = Term.objects.get(person=cast.rita)
    client.force_login(cast.paul)
    response = client.post(reverse("admin:spokes_term_change", args=[term.pk]), {"ends_on": ""})
    assert "Give the last day." in response.content.decode()
    term.refresh_from_db()
    assert term.ends_on is None
    client.post(reverse("admin:spokes_term_change", args=[term.pk]), {"ends_on": day(0).isoformat()})
    term.refresh_from_db()
    assert term.ends_on == day(0)


def test_one_who_cannot_leave_holds_up_nobody_else(cast):
    User.objects.filter(role=Role.LEAD).exclude(pk=cast.hana.pk).update(role=Role.STAFF)
    User.objects.filter(pk__in=[cast.hana.pk, cast.emma.pk]).update(left_on=day(-1))
    assert jobs.settle_leavers() == 1
    assert not User.objects.get(pk=cast.emma.pk).is_active
    assert User.objects.get(pk=cast.hana.pk).is_active
