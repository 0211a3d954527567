"""What is known about a playbook: goal, platforms, tags, what links here, templates; and finding it by them."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub import actions as hub_actions
from hub import slots
from hub.exceptions import Invalid, NotAllowed
from playbooks import actions, jobs, reports
from playbooks.models import Goal, LinkHere, Tag
from policies import actions as policy_actions
from spokes import actions as spoke_actions
from tests.factories import make_topic
from tests.playbooks.factories import make_answer, make_goal, make_playbook, make_published, section
from tests.policies.factories import clause
from tests.policies.factories import make_published as make_policy_version


def text_of(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def options(text, name):
    select = re.search(rf'<select name="{name}".*?</select>', text, re.DOTALL).group()
    return re.findall(r'<option value="([^"]+)"[^>]*>([^<]+)</option>', select)


@pytest.fixture
def shelf(cast):
    planning = make_topic(name="Planning")
    events = hub_actions.save_topic(name="Events", slug="events", parent=planning, by=cast.hana)
    crisis = make_topic(name="Crisis")
    made = [
        ("A", {"topic": planning, "goal": "reach", "platforms": ["x"], "tags": ["Checklist"]}),
        ("B", {"topic": events, "goal": "reach", "platforms": ["x", "tiktok"], "tags": ["checklist", "Plan"]}),
        ("C", {"topic": crisis, "goal": "protect", "difficulty": "hard"}),
        ("Hidden", {"topic": crisis, "tags": ["Secret"], "goal": "learn", "audiences": [cast.retail.group]}),
    ]
    return [make_published(cast=cast, title=title, **fields).playbook for title, fields in made]


def test_choices_say_how_many_they_would_leave_and_leave_so_many(cast, as_, shelf):
    client = as_(cast.emma)
    text = text_of(client, "/playbooks/")
    assert options(text, "topic") == [("crisis", "Crisis (1)"), ("events", "Events (1)"), ("planning", "Planning (2)")]
    assert options(text, "goal") == [("reach", "Reach people (2)"), ("protect", "Protect people and the name (1)")]
    assert options(text, "platform") == [("tiktok", "TikTok (1)"), ("x", "X (2)")]
    assert options(text, "tag") == [("checklist", "Checklist (2)"), ("plan", "Plan (1)")]
    for name in ("topic", "goal", "platform", "tag", "difficulty"):
        for value, label in options(text, name):
            number = int(re.search(r"\((\d+)\)$", label)[1])
            assert text_of(client, f"/playbooks/?{name}={value}").count('<h2 class="title">') == number, (name, value)


def test_counts_follow_the_other_filters(cast, as_, shelf):
    text = text_of(as_(cast.emma), "/playbooks/?topic=events&goal=reach")
    assert options(text, "goal") == [("reach", "Reach people (1)")]
    assert options(text, "topic") == [("events", "Events (1)"), ("planning", "Planning (2)")]
    assert options(text, "tag") == [("checklist", "Checklist (1)"), ("plan", "Plan (1)")]
    assert text.count('<h2 class="title">') == 1


def test_counts_hold_what_the_reader_may_read(cast, as_, shelf):
    assert "Secret" not in text_of(as_(cast.emma), "/playbooks/")
    assert ("secret", "Secret (1)") in options(text_of(as_(cast.rita), "/playbooks/"), "tag")
    # A statement kept for one reader does not count for another.
    assert "Secret" not in text_of(as_(cast.otto), "/playbooks/")
    assert reports.facets(cast.emma, {}).total == 3
    assert reports.facets(cast.audra, {}).total == 4


@pytest.mark.parametrize("query", ["", "?topic=planning&goal=reach&platform=x&tag=checklist&time=60&verified=yes"])
def test_filters_cost_the_same_however_many_there_are(cast, as_, shelf, query):
    client = as_(cast.emma)
    text_of(client, f"/playbooks/{query}")

    def cost():
        with CaptureQueriesContext(connection) as seen:
            text_of(client, f"/playbooks/{query}")
        return len(seen)

    few = cost()
    for n in range(3):
        make_published(cast=cast, topic=make_topic(), goal="reach", tags=[f"Tag {n}"], platforms=["x"])
    assert (cost(), few) == (4, 4)


# --- Tags, platforms, related -----------------------------------------------------------------------------------------


def test_tags_that_are_spelt_alike_are_one(cast):
    one = make_playbook(cast=cast, tags=["Every  Day", "every day", "  ", "計画"])
    two = make_playbook(cast=cast, tags=["EVERY DAY"])
    assert [tag.name for tag in one.tags.all()] == ["Every Day", "計画"]
    assert list(two.tags.all()) == [Tag.objects.get(slug="every-day")]
    with pytest.raises(Invalid):
        actions.change_playbook(playbook=one, tags=[f"tag {n}" for n in range(13)], by=cast.paul)


def test_related_goes_both_ways_and_never_to_itself(cast, as_):
    one, two = (make_published(cast=cast, title=title).playbook for title in ("One", "Two"))
    actions.change_playbook(playbook=one, related=[one, two], by=cast.paul)
    assert list(one.related.all()) == [two]
    assert ">One</a>" in text_of(as_(cast.emma), two.get_absolute_url())
    actions.change_playbook(playbook=two, audiences=[cast.retail.group], by=cast.paul)
    assert ">Two</a>" not in text_of(as_(cast.emma), one.get_absolute_url())


def test_an_unknown_platform_is_refused(cast):
    with pytest.raises(Invalid) as refusal:
        make_playbook(cast=cast, platforms=["orkut"])
    assert refusal.value.field == "platforms"


def test_staff_keep_the_goals(cast, as_):
    make_published(cast=cast, title="Reaching", goal="reach")
    client = as_(cast.paul)
    added = client.post("/admin/playbooks/goal/add/", {"name": "Find colleagues", "slug": "hire", "order": 0})
    assert added.status_code == 302
    make_published(cast=cast, title="Hiring", goal="hire")
    reach = Goal.objects.get(slug="reach")
    client.post(f"/admin/playbooks/goal/{reach.pk}/change/", {"name": "Be seen", "slug": "seen", "order": 1})
    text = text_of(as_(cast.emma), "/playbooks/")
    assert options(text, "goal") == [("hire", "Find colleagues (1)"), ("seen", "Be seen (1)")]
    # An address with a goal that there was shows all.
    assert "Hiring" in text_of(as_(cast.emma), "/playbooks/?goal=reach")
    assert "Hiring" not in text_of(as_(cast.emma), "/playbooks/?goal=seen")
    with pytest.raises(Invalid) as refusal:
        actions.save_goal(name=" ", slug="x", by=cast.paul)
    assert refusal.value.field == "name"
    with pytest.raises(NotAllowed):
        actions.save_goal(name="Mine", slug="mine", by=cast.emma)


def test_a_name_and_an_address_belong_to_one_goal(cast):
    goal = actions.save_goal(name="Be heard", slug="heard", by=cast.paul)
    for field, values in (("name", {"slug": "other"}), ("slug", {"name": "Other"})):
        with pytest.raises(Invalid) as refused:
            actions.save_goal(**{"name": "Be heard", "slug": "heard", **values}, by=cast.paul)
        assert refused.value.field == field
    assert actions.save_goal(goal=goal, name="Be heard well", slug="heard", by=cast.paul) == goal


def test_an_account_shows_the_playbooks_for_its_platform_that_are_for_the_reader(cast, as_):
    account = spoke_actions.add_account(platform="x", handle="larkfield", spoke=cast.retail, by=cast.root)
    open_one = make_published(cast=cast, title="Open", platforms=["x", "tiktok"]).playbook
    make_published(cast=cast, title="Closed", platforms=["x"], audiences=[cast.retail.group])
    make_published(cast=cast, title="Elsewhere", platforms=["tiktok"])
    text = text_of(as_(cast.emma), account.get_absolute_url())
    assert "Playbooks for X" in text and open_one.get_absolute_url() in text
    assert ">Closed</a>" not in text and ">Elsewhere</a>" not in text
    assert ">Closed</a>" in text_of(as_(cast.rita), account.get_absolute_url())


# --- What links here --------------------------------------------------------------------------------------------------


def test_sections_that_lead_here_are_named_for_whom_they_are(cast, as_):
    target = make_published(cast=cast, title="Target").playbook
    body = "See [it](/playbooks/target/#s-x), [it](/playbooks/target/) and [itself](/playbooks/source/)."
    source = make_published(cast=cast, title="Source", sections=[section("Why", key="why", body=body)]).playbook
    assert LinkHere.objects.count() == 1
    assert 'href="/playbooks/source/#s-why">Source</a>' in text_of(as_(cast.emma), target.get_absolute_url())
    actions.change_playbook(playbook=source, audiences=[cast.retail.group], by=cast.paul)
    assert ">Source</a>" not in text_of(as_(cast.emma), target.get_absolute_url())
    make_published(cast=cast, playbook=source, sections=[section("Why", key="why", body="No more.")])
    assert not LinkHere.objects.exists()


def test_a_text_that_came_before_what_it_leads_to_is_found_afterwards(cast):
    body = "See [it](/playbooks/target/)."
    source = make_published(cast=cast, title="Source", sections=[section("Why", key="why", body=body)]).playbook
    target = make_playbook(cast=cast, title="Target")
    assert not LinkHere.objects.exists()
    actions.keep_links_of_playbooks([source, target])  # nothing of the target is published yet
    assert list(LinkHere.objects.values_list("playbook", "target", "part_key")) == [(source.pk, target.pk, "why")]


def test_clauses_that_lead_here_are_found_by_the_job(cast, as_):
    target = make_published(cast=cast, title="Target").playbook
    body = "You must follow [the playbook](/playbooks/target/)."
    version = make_policy_version(cast=cast, title="Rule", clauses=[clause("Do so", key="do-so", body=body)])
    assert jobs.links_of_policies() == 1
    assert jobs.links_of_policies() == 0
    link = f'href="{version.policy.get_absolute_url()}#c-do-so">Rule: Do so</a>'
    assert link in text_of(as_(cast.emma), target.get_absolute_url())
    policy_actions.change_policy(policy=version.policy, audiences=[cast.retail.group], by=cast.paul)
    assert link not in text_of(as_(cast.emma), target.get_absolute_url())
    make_policy_version(cast=cast, policy=version.policy, clauses=[clause("Do so", key="do-so", body="You must.")])
    assert jobs.links_of_policies() == 1
    assert not LinkHere.objects.exists()


def test_credit_goes_to_who_wrote_verified_and_answered(cast, as_):
    playbook = make_published(cast=cast, owner=cast.emma).playbook
    actions.verify(playbook=playbook, by=cast.emma)
    make_answer(cast=cast, playbook=playbook, by=cast.lena)
    text = text_of(as_(cast.otto), playbook.get_absolute_url())
    for term, name in (("Written by", "Paul"), ("Verified by", "Emma"), ("Questions answered by", "Lena")):
        assert f"<dt>{term}</dt><dd><bdi>{name}</bdi>" in text


# --- Templates --------------------------------------------------------------------------------------------------------

TEXT = "Lost.\n\n## First\n\nDo it.\n\n- [ ] Done\n\n### Within\n\n## Second\n"


def test_a_new_playbook_begins_with_the_sections_of_a_template(cast):
    template = actions.save_template(name="Steps", summary="Short.", text=TEXT, by=cast.paul)
    revision = make_playbook(cast=cast, template=template).revisions.get()
    sections = list(revision.sections.values_list("key", "heading"))
    assert sections == [("first", "First"), ("second", "Second")]
    assert "### Within" in revision.sections.first().body
    assert [step.text for step in revision.sections.first().steps.all()] == ["Done"]
    # What is changed later in the template changes no draft.
    actions.save_template(template=template, text="## Other", by=cast.paul)
    assert revision.sections.count() == 2


@pytest.mark.parametrize("text", ["", "No heading.", "## " + "x" * 300])
def test_a_template_that_no_draft_could_begin_with_is_refused(cast, text):
    with pytest.raises(Invalid) as refusal:
        actions.save_template(name="Steps", summary="Short.", text=text, by=cast.paul)
    assert refusal.value.field == "text"


def test_staff_begin_with_a_template_in_the_admin(cast, as_):
    template = actions.save_template(name="Steps", summary="Short.", text=TEXT, by=cast.paul)
    client = as_(cast.paul)
    values = {
        "template": template.pk,
        "title": "Fresh",
        "slug": "fresh",
        "summary": "When to use it.",
        "topic": make_topic().pk,
        "goal": make_goal("reach").pk,
        "owner": cast.emma.email,
        "deputy": "",
        "minutes": 5,
        "difficulty": "easy",
        "verify_months": "",
        "language": "en",
        "platforms": ["x", "blog"],
        "tags": "One, two , ",
    }
    answer = client.post("/admin/playbooks/playbook/add/", values)
    assert answer.status_code == 302, re.findall(r"errorlist.*?</ul>", answer.content.decode(), re.DOTALL)
    playbook = cast.emma.owned_playbooks.get()
    assert [one.platform for one in playbook.platforms.all()] == ["blog", "x"]
    assert sorted(tag.name for tag in playbook.tags.all()) == ["One", "two"]
    assert playbook.revisions.get().sections.count() == 2
    change = f"/admin/playbooks/playbook/{playbook.pk}/change/"
    text = text_of(client, change)
    assert 'value="One, two"' in text and "template" not in re.findall(r'name="(\w+)"', text)
    assert client.post(change, {**values, "platforms": [], "tags": "two"}).status_code == 302
    assert not playbook.platforms.exists()
    assert [tag.name for tag in playbook.tags.all()] == ["two"]
    assert "none" in text_of(as_(cast.audra), change)


def test_what_links_here_asks_nothing_more_of_the_page(cast, as_):
    target = make_published(cast=cast, title="Target", tags=["One"], platforms=["x"]).playbook
    client, url = as_(cast.emma), target.get_absolute_url()
    text_of(client, url)

    def cost():
        with slots.where_used.only(), CaptureQueriesContext(connection) as seen:
            text_of(client, url)
        return len(seen)

    few = cost()
    for n in range(3):
        body = "See [it](/playbooks/target/)."
        other = make_published(cast=cast, title=f"Other {n}", sections=[section("Why", key="why", body=body)]).playbook
        actions.change_playbook(playbook=target, related=[*target.related.all(), other], tags=[f"T{n}"], by=cast.paul)
    assert cost() == few
