"""All policies as they were in force on a day; and what becomes of the address of a policy that was merged."""

from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone

from policies import actions, workflow
from policies.models import Policy, PolicyVersion
from tests.policies.factories import clause, days, make_draft, make_published, make_withdrawn


def history(cast, title, *spans):
    """A policy with a version from each of these days on (days from now)."""
    policy = make_draft(cast=cast, title=title).policy
    PolicyVersion.objects.filter(policy=policy).delete()
    for number, day in enumerate(spans, start=1):
        actions.record_history(
            policy=policy,
            clauses=[clause(body=f"Text {number}.", key="one")],
            change_note="Why.",
            significance="material",
            written_by=cast.paul,
            approved_by=cast.lena,
            publish_on=days(day),
            effective_on=days(day),
            by=cast.hana,
        )
    return policy


def numbers(client, day):
    answer = client.get(f"/policies/on/{day.isoformat()}/")
    assert answer.status_code == 200
    return {row.policy.title: row.number for row in answer.context["rows"]}


def test_the_library_of_any_day(cast, client):
    history(cast, "Old", -400, -200, -10)
    history(cast, "New", -100)
    withdrawn = make_withdrawn(cast=cast, title="Gone")
    later = make_published(cast=cast, policy=history(cast, "Coming", -50), effective_on=days(20))
    client.force_login(cast.emma)
    assert numbers(client, days(-500)) == {}
    assert numbers(client, days(-400)) == {"Old": 1}
    assert numbers(client, days(-11)) == {"Old": 2, "New": 1, "Coming": 1}
    assert numbers(client, days(0)) == {"Old": 3, "New": 1, "Coming": 1}
    assert numbers(client, days(20)) == {"Old": 3, "New": 1, "Coming": later.number}
    assert withdrawn.withdrawn_on == days(0)


def test_the_query_says_the_same_as_the_rule_for_one_policy(cast):
    policies = [
        history(cast, "Old", -400, -200, -10),
        make_published(cast=cast, policy=history(cast, "Coming", -50), effective_on=days(20)).policy,
        make_withdrawn(cast=cast, title="Gone").policy,
    ]
    scheduled = make_published(cast=cast, policy=history(cast, "Planned", -5), publish_on=days(9))
    for offset in (-401, -400, -201, -200, -10, -5, -1, 0, 1, 9, 19, 20, 30):
        day = days(offset)
        found = {version.policy_id: version.number for version in PolicyVersion.objects.in_force_on(day)}
        for policy in [*policies, scheduled.policy]:
            expected = workflow.binding(list(policy.versions.all()), day)
            assert found.get(policy.pk) == (expected and expected.number), (policy.title, offset)


def test_a_late_job_shows_no_wrong_rule(cast, client):
    policy = history(cast, "Planned", -5)
    make_published(cast=cast, policy=policy, publish_on=days(2))
    client.force_login(cast.emma)
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        assert numbers(client, days(0)) == {"Planned": 2}


def test_other_departments_policies_are_not_there(cast, client):
    history(cast, "Everybody's", -9)
    policy = history(cast, "Care's", -9)
    actions.change_policy(policy=policy, audiences=[cast.care.group], by=cast.paul)
    client.force_login(cast.otto)
    assert numbers(client, days(0)) == {"Everybody's": 1}
    client.force_login(cast.audra)
    assert len(numbers(client, days(0))) == 2


def test_a_day_is_chosen_on_the_librarys_page(cast, client):
    client.force_login(cast.emma)
    assert "On another day" in client.get("/policies/").content.decode()
    assert client.get("/policies/on/?day=2026-01-31")["Location"] == "/policies/on/2026-01-31/"
    assert client.get("/policies/on/").status_code == 200
    answer = client.get("/policies/on/?day=yesterday")
    assert answer.status_code == 422
    assert "Type a day as year, month, day" in answer.content.decode()
    assert client.get("/policies/on/yesterday/").status_code == 404
    assert "The first policy came later" in client.get(f"/policies/on/{date(1999, 1, 1)}/").content.decode()


def test_a_page_beyond_the_last_leads_to_the_first(cast, client):
    client.force_login(cast.emma)
    assert client.get("/policies/on/2026-01-31/?page=9")["Location"] == "/policies/on/2026-01-31/"


# --- Merged -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def merged(cast):
    into = make_published(cast=cast, title="The whole").policy
    old = make_published(cast=cast, title="The part")
    return actions.withdraw(version=old, reason="merged", into=into, by=cast.hana)


def test_the_address_of_a_merged_policy_leads_on_and_says_so(cast, merged, client):
    client.force_login(cast.emma)
    answer = client.get("/policies/the-part/")
    assert (answer.status_code, answer["Location"]) == (302, "/policies/the-whole/?merged=the-part")
    words = client.get(answer["Location"]).content.decode()
    assert "“The part” is part of this policy" in words
    assert f'href="{merged.get_absolute_url()}"' in words
    assert "This text binds nobody any more" in client.get(merged.get_absolute_url()).content.decode()


@pytest.mark.parametrize("slug", ["", "the-whole", "nothing", "a\0b", "x" * 500])
def test_other_marks_say_nothing(cast, merged, client, slug):
    client.force_login(cast.emma)
    answer = client.get("/policies/the-whole/", {"merged": slug})
    assert answer.status_code == 200
    assert "Merged into this policy" not in answer.content.decode()


def test_who_may_not_read_the_other_policy_reads_the_old_text(cast, merged, client):
    actions.change_policy(policy=Policy.objects.get(slug="the-whole"), audiences=[cast.care.group], by=cast.paul)
    client.force_login(cast.otto)
    answer = client.get("/policies/the-part/")
    assert answer.status_code == 200
    assert "Withdrawn" in answer.content.decode()
