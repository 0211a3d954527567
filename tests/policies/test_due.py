"""The review cycle's queue: what is to be looked at again, and one click that says it still holds."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import strip_tags

from hub.models import OutboxMessage, Role, User
from hub.slots import waiting_items
from policies import actions, emails, jobs
from policies.admin import due
from policies.models import Policy
from tests.policies.factories import (
    clause,
    days,
    make_draft,
    make_guide,
    make_published,
    make_published_guide,
    make_withdrawn,
)

QUEUE = "/admin/policies/policy/due/"


def reviewed(cast, title, on, **fields):
    policy = make_published(cast=cast, title=title, **fields).policy
    Policy.objects.filter(pk=policy.pk).update(review_on=on)
    return policy


@pytest.fixture
def staff(cast, client):
    client.force_login(cast.paul)
    return client


def titles(client, query=""):
    return [policy.title for policy in client.get(QUEUE + query).context["page"]]


def test_the_most_overdue_comes_first_and_what_is_far_or_gone_is_not_there(cast, staff):
    reviewed(cast, "Near", days(50))
    reviewed(cast, "Overdue", days(-9))
    reviewed(cast, "Far", days(90))
    withdrawn = make_withdrawn(cast=cast, title="Gone").policy
    Policy.objects.filter(pk=withdrawn.pk).update(review_on=days(-1))
    assert titles(staff) == ["Overdue", "Near"]


def test_guides_that_rest_on_what_no_longer_binds_are_there(cast, staff):
    """Withdrawn, or taken out of the text: with the row and the rule, and a link to where the row is written."""
    policy = make_published(cast=cast, slug="moving", title="Moving", clauses=[clause("Go", key="go"), clause()]).policy
    gone = make_published(cast=cast, slug="gone", title="Gone", clauses=[clause("Ask", key="ask")])
    cites = ["moving:go", "gone:ask"]
    guide = make_published_guide(cast=cast, title="Pictures", cites=cites)
    draft = make_guide(cast=cast, title="Draft", cites=cites)
    make_published_guide(cast=cast, title="Fine")
    assert "no longer in force" not in staff.get(QUEUE).content.decode()
    make_published(cast=cast, policy=policy, clauses=[clause()])
    actions.withdraw(version=gone, reason="obsolete", by=cast.hana)
    page = staff.get(QUEUE).content.decode()
    assert "Guides that rest on rules no longer in force" in page
    assert f'<a href="/admin/policies/guide/{guide.pk}/edit/">Pictures</a>' in page
    assert "Row 1: Moving, Go" in " ".join(page.split()) and "Row 3: Gone, Ask" in " ".join(page.split())
    assert draft.title not in page and "Fine" not in page
    editor = staff.get(f"/admin/policies/guide/{guide.pk}/edit/").content.decode()
    assert "Row 1 rests on “Go” of “Moving”, which is no longer in force." in editor
    assert "Row 1 rests on “Ask” of “Gone”, which is no longer in force." in editor


def test_one_click_says_it_still_holds(cast, staff):
    policy = reviewed(cast, "Rules", days(-9))
    answer = staff.post(f"/admin/policies/policy/{policy.pk}/still-true/", follow=True)
    assert "“Rules” is still true" in answer.content.decode()
    assert "Nothing to look at again" in answer.content.decode()
    policy.refresh_from_db()
    assert policy.review_on > days(300)


def test_what_is_being_written_already_is_said(cast, staff):
    policy = reviewed(cast, "Rules", days(5))
    assert "It needs a new version" in staff.get(QUEUE).content.decode()
    make_draft(cast=cast, policy=policy)
    assert "Go on with the new version" in staff.get(QUEUE).content.decode()


def test_auditors_see_the_queue_and_change_nothing(cast, client):
    policy = reviewed(cast, "Rules", days(-9))
    client.force_login(cast.audra)
    assert "It is still true" not in client.get(QUEUE).content.decode()
    assert client.post(f"/admin/policies/policy/{policy.pk}/still-true/").status_code == 403


def rows(client):
    """{title of a policy: its lines on the page, as read}."""
    page = client.get(QUEUE).content.decode()
    items = re.findall(r'<li>\s*<h2 class="title"><a[^>]*>([^<]*)</a></h2>(.*?)</li>', page, re.DOTALL)
    return {title: " ".join(strip_tags(rest).split()) for title, rest in items}


def sent(when, **fields):
    """The reminders of these fields went out then."""
    assert OutboxMessage.objects.filter(kind="policy_review_due", **fields).update(sent_at=when, state="sent")


def test_it_says_since_when_it_is_overdue_and_whether_that_is_with_the_leads(cast, staff):
    reviewed(cast, "Long", days(-30))
    reviewed(cast, "Late", days(-29))
    reviewed(cast, "Today", days(0))
    orphan = reviewed(cast, "Orphan", days(-1), owner=cast.lena)
    User.objects.filter(pk=orphan.owner_id).update(is_active=False)
    found = rows(staff)
    assert found["Long"].startswith(f"with the leads overdue since {date_format(days(-30), 'j F Y')}")
    assert found["Late"].startswith(f"overdue since {date_format(days(-29), 'j F Y')}")
    assert found["Today"].startswith("due today")
    assert found["Orphan"].startswith("with the leads")


def test_it_says_who_has_been_told_and_when(cast, staff):
    policy = reviewed(cast, "Long", days(-30))
    reviewed(cast, "Near", days(50))
    assert "Nobody has been told by mail yet." in rows(staff)["Long"]
    assert "told" not in rows(staff)["Near"].lower()
    jobs.remind_of_review()
    assert "Nobody has been told by mail yet." in rows(staff)["Long"], "a letter that waits has told nobody"
    now = timezone.now()
    sent(now - timedelta(days=30), recipient=cast.paul)
    assert "Told by mail: Paul 4 weeks ago. No lead has been told by mail yet." in rows(staff)["Long"]
    sent(now - timedelta(days=2), recipient=cast.hana)
    assert "Told by mail: Paul 4 weeks ago, Hana 2 days ago It is" in rows(staff)["Long"]
    # Of another review date nobody has been told, and who answers for nothing here counts no more.
    User.objects.filter(pk=cast.hana.pk).update(role=Role.EMPLOYEE)
    assert "Hana" not in rows(staff)["Long"]
    Policy.objects.filter(pk=policy.pk).update(review_on=days(-31))
    assert "Nobody has been told by mail yet." in rows(staff)["Long"]


def test_of_two_reminders_the_last_is_told(cast, staff):
    policy = reviewed(cast, "Late", days(-9))
    jobs.remind_of_review()
    policy.refresh_from_db()
    emails.policy_review_due(policy, [cast.paul], stage="soon")
    sent(timezone.now() - timedelta(days=23), period__endswith="soon")
    sent(timezone.now() - timedelta(days=9), period__endswith="due")
    assert "Told by mail: Paul 9 days ago" in rows(staff)["Late"] and "23 days" not in rows(staff)["Late"]


def test_it_waits_for_its_owner(cast):
    reviewed(cast, "Overdue", days(-9))
    reviewed(cast, "Later", days(40))
    [item] = [item for item in waiting_items.gather(cast.paul) if item.kind == "policy_review_due"]
    assert (item.title, item.is_urgent, item.due_on) == ("Look at it again: Overdue", True, days(-9))
    assert not [item for item in waiting_items.gather(cast.hana) if item.kind == "policy_review_due"]


def test_pages_follow_each_other_and_cost_the_same(cast, staff, monkeypatch):
    def told():
        jobs.remind_of_review()
        sent(timezone.now())

    def cost():
        staff.get(QUEUE)
        with CaptureQueriesContext(connection) as queries:
            staff.get(QUEUE)
        return len(queries)

    reviewed(cast, "Policy 1", days(1))
    told()
    one = cost()
    for number in (2, 3):
        reviewed(cast, f"Policy {number}", days(number))
    told()
    assert cost() == one
    monkeypatch.setattr(due, "PER_PAGE", 2)
    page = staff.get(QUEUE).context["page"]
    assert [policy.title for policy in page] == ["Policy 1", "Policy 2"]
    assert titles(staff, page.next_url) == ["Policy 3"]


def test_one_outdated_guide_costs_what_three_do(cast, staff):
    gone = make_published(cast=cast, slug="gone", clauses=[clause("Ask", key="ask"), clause("Go", key="go")])
    make_published_guide(cast=cast, cites=["gone:ask"])
    actions.withdraw(version=gone, reason="obsolete", by=cast.hana)

    def cost():
        staff.get(QUEUE)
        with CaptureQueriesContext(connection) as queries:
            staff.get(QUEUE)
        return len(queries)

    one = cost()
    for _more in range(2):
        make_published_guide(cast=cast, cites=["gone:ask", "gone:go"])
    assert len(staff.get(QUEUE).context["guides"]) == 3
    assert cost() == one
