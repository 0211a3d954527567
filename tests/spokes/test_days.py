"""Terms and homes begin and end with the hub's day, whatever clock a person has chosen."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from hub.models import User
from spokes.models import Term
from tests.factories import make_cast


@pytest.mark.django_db
def test_a_term_is_not_prolonged_by_a_zone_in_the_west(client):
    with time_machine.travel(datetime(2026, 3, 9, 10, tzinfo=UTC), tick=False):
        cast = make_cast()
        Term.objects.filter(person=cast.rita).update(ends_on=date(2026, 3, 9))
        User.objects.filter(pk=cast.rita.pk).update(time_zone="Pacific/Honolulu")
        client.force_login(User.objects.get(pk=cast.rita.pk))
        assert client.get("/register/add/").status_code == 200
    # Nine in the morning for the hub; eleven in the evening of the day before for her.
    with time_machine.travel(datetime(2026, 3, 10, 9, tzinfo=UTC), tick=False):
        assert client.get("/register/add/").status_code == 403
