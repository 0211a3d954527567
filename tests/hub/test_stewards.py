"""Two stewards with the same form open: the second one gets both texts before anything of the first one is lost."""

import html
import re
import threading

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.urls import reverse

from engagements.actions import save_form
from hub import actions
from hub.models import AuditEvent, Topic, User
from hub.stewards import StewardAdmin
from policies import actions as policy_actions
from policies.models import Policy
from spokes.actions import close_spoke
from tests.factories import make_cast, make_service, make_spoke, make_topic
from tests.policies.factories import make_policy

SEEN = re.compile(r'name="_seen" value="([^"]+)"')


@pytest.fixture
def cast(db):
    return make_cast()


@pytest.fixture
def topic(cast):
    return make_topic(name="Tone", summary="How we sound.")


def as_(person):
    client = Client()
    client.force_login(person)
    return client


def opened(client, url):
    """The hidden field of a form as somebody opens it."""
    found = SEEN.search(client.get(url).content.decode())
    assert found, "the form knows what it was opened with"
    return html.unescape(found[1])


TOOLS = re.compile(r'<ul class="object-tools">(.*?)</ul>', re.DOTALL)


@pytest.mark.parametrize("name", ["audra", "paul", "hana"])
def test_no_list_offers_what_it_then_refuses(cast, name):
    """The links above each list of the admin are those that this person may follow."""
    client, offered = as_(getattr(cast, name)), {}
    for model in admin.site._registry:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        answer = client.get(url)
        if answer.status_code == 200:
            tools = "".join(TOOLS.findall(answer.content.decode()))
            offered[url] = {html.unescape(link) for link in re.findall('href="([^"]+)"', tools)}
    refused = [
        (url, link)
        for url, links in offered.items()
        for link in links
        if client.get(link if link.startswith("/") else url + link).status_code != 200
    ]
    assert refused == []
    upload = "/admin/spokes/tableimport/upload/"
    assert (upload in offered["/admin/spokes/tableimport/"]) == (name != "audra")
    assert (f"{upload}?kind=people" in offered["/admin/hub/user/"]) == (name == "hana")


def topic_data(**values):
    return {
        "name": "Tone",
        "slug": "tone",
        "summary": "How we sound.",
        "parent": "",
        "order": 0,
        "look_again_months": 6,
        **values,
    }


def url_of(topic):
    return reverse("admin:hub_topic_change", args=[topic.pk])


def text_of(response):
    return html.unescape(response.content.decode())


def ask(service, label, *, by):
    """The service's form becomes this one question."""
    question = {"key": "channel", "label": label, "type": "short_text", "required": True}
    save_form(service=service, definition=[question], by=by)


def sent_back(page):
    """What a browser sends when nothing was typed into the form it got."""
    forms = [page.context["adminform"].form]
    for inline in page.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.initial_forms]
    data = {field.html_name: field.value() for form in forms for field in form}
    data["_seen"] = html.unescape(SEEN.search(page.content.decode())[1])
    return {name: value for name, value in data.items() if value is not None and value is not False}


def test_the_second_gets_both_texts_and_may_save_again(cast, topic):
    url, first, second = url_of(topic), as_(cast.hana), as_(cast.paul)
    seen_by_first, seen_by_second = opened(first, url), opened(second, url)
    assert first.post(url, topic_data(summary="First words.", _seen=seen_by_first)).status_code == 302

    answer = second.post(url, topic_data(summary="Second words.", _seen=seen_by_second))

    page = text_of(answer)
    assert answer.status_code == 409
    assert "Somebody else changed this" in page
    assert "Summary is now: First words." in page
    assert 'value="Second words."' in page
    assert "Name is now" not in page
    assert Topic.objects.get(pk=topic.pk).summary == "First words."

    again = html.unescape(SEEN.search(answer.content.decode())[1])
    assert second.post(url, topic_data(summary="Second words.", _seen=again)).status_code == 302
    assert Topic.objects.get(pk=topic.pk).summary == "Second words."


def test_a_third_between_is_noticed_too(cast, topic):
    url, client = url_of(topic), as_(cast.paul)
    seen = opened(client, url)
    actions.save_topic(topic=topic, summary="One.", by=cast.hana)
    answer = client.post(url, topic_data(summary="Mine.", _seen=seen))
    again = html.unescape(SEEN.search(answer.content.decode())[1])
    actions.save_topic(topic=topic, summary="Two.", by=cast.hana)
    answer = client.post(url, topic_data(summary="Mine.", _seen=again))
    assert (answer.status_code, "Summary is now: Two." in text_of(answer)) == (409, True)


def test_a_mistake_corrected_meanwhile_forgets_nothing(cast, topic):
    """The form that comes back with an error still knows what it was first opened with."""
    url, client = url_of(topic), as_(cast.paul)
    seen = opened(client, url)
    wrong = client.post(url, topic_data(name="", _seen=seen))
    assert wrong.status_code == 200
    assert html.unescape(SEEN.search(wrong.content.decode())[1]) == seen
    actions.save_topic(topic=topic, summary="Theirs.", by=cast.hana)
    assert client.post(url, topic_data(_seen=seen)).status_code == 409


def test_the_same_form_sent_twice_is_saved_and_nobody_is_asked(cast, topic):
    url, client = url_of(topic), as_(cast.paul)
    seen = opened(client, url)
    for _twice in range(2):
        assert client.post(url, topic_data(summary="Mine.", _seen=seen)).status_code == 302


def test_a_forged_or_borrowed_field_counts_as_nothing_seen(cast, topic):
    other = make_topic(name="Other")
    client = as_(cast.paul)
    borrowed = opened(client, url_of(other))
    for seen in (borrowed, "forged", ""):
        assert client.post(url_of(topic), topic_data(summary="Mine.", _seen=seen)).status_code == 409
    assert Topic.objects.get(pk=topic.pk).summary == "How we sound."


def test_who_only_looks_gets_no_such_field(cast, topic):
    assert not SEEN.search(as_(cast.audra).get(url_of(topic)).content.decode())
    assert not SEEN.search(as_(cast.paul).get(reverse("admin:hub_topic_add")).content.decode())


def test_a_topic_under_itself_is_refused_on_the_form(cast, topic):
    answer = as_(cast.paul).post(url_of(topic), topic_data(parent=topic.pk))
    assert (answer.status_code, "cannot stand under itself" in text_of(answer)) == (200, True)


def test_a_policys_facts_name_people_and_audiences_in_words(cast):
    policy = make_policy(cast=cast, owner=cast.hana)
    group = Group.objects.create(name="spoke:press-office")
    url, client = reverse("admin:policies_policy_change", args=[policy.pk]), as_(cast.paul)
    seen = opened(client, url)
    policy_actions.change_policy(
        policy=policy, owner=cast.lena, audiences=[group], must_sign=not policy.must_sign, by=cast.hana
    )
    data = {
        "title": "My title",
        "slug": policy.slug,
        "summary": policy.summary,
        "topic": policy.topic_id,
        "owner": cast.hana.pk,
        "audiences": [],
        "sign_within_days": policy.sign_within_days,
        "review_months": policy.review_months,
        "review_on": "",
        "language": policy.language,
    }
    if policy.must_sign:
        data["must_sign"] = "on"

    answer = client.post(url, {**data, "_seen": seen})

    page = text_of(answer)
    assert answer.status_code == 409
    assert f"Owner is now: {cast.lena.name}" in page
    assert "Audience is now: spoke:press-office" in page
    assert f"People sign it is now: {'no' if policy.must_sign else 'yes'}" in page
    assert 'value="My title"' in page
    stored = Policy.objects.get(pk=policy.pk)
    assert (stored.title, stored.owner) == (policy.title, cast.lena)
    again = html.unescape(SEEN.search(answer.content.decode())[1])
    assert client.post(url, {**data, "_seen": again}).status_code == 302
    stored.refresh_from_db()
    assert (stored.title, stored.owner, list(stored.audiences.all())) == ("My title", cast.hana, [])


def test_every_change_form_comes_back_unharmed_when_nobody_was_quicker(cast):
    """What a form was opened with is the same when it is asked again, whatever its fields and inlines are."""
    service, client = make_service(owner=cast.hana), as_(cast.hana)
    ask(service, "Which channel?", by=cast.hana)
    for thing, name in [(cast.emma, "hub_user"), (cast.retail, "spokes_spoke"), (service, "hub_service")]:
        url = reverse(f"admin:{name}_change", args=[thing.pk])
        answer = client.post(url, sent_back(client.get(url)))
        assert answer.status_code == 302, (name, answer.context and answer.context["errors"])


def test_the_questions_of_a_service_are_compared_too(cast):
    service, client = make_service(owner=cast.hana), as_(cast.paul)
    ask(service, "Which channel?", by=cast.hana)
    url = reverse("admin:hub_service_change", args=[service.pk])
    data = sent_back(client.get(url))
    ask(service, "Which country?", by=cast.hana)
    answer = client.post(url, {**data, "questions-0-label": "Which page?"})
    assert (answer.status_code, service.questions.get().label) == (409, "Which country?")
    again = html.unescape(SEEN.search(answer.content.decode())[1])
    assert client.post(url, {**data, "questions-0-label": "Which page?", "_seen": again}).status_code == 302
    assert service.questions.get().label == "Which page?"


@pytest.mark.parametrize("name", ["policies_policy", "playbooks_playbook", "hub_service"])
def test_a_summary_has_two_lines_to_be_written_in(cast, name):
    page = as_(cast.paul).get(reverse(f"admin:{name}_add")).content.decode()
    assert re.search(r'<textarea name="summary"[^>]* rows="2"', page)


@pytest.mark.parametrize("name", ["policies_policy", "playbooks_playbook", "hub_announcement"])
def test_audiences_are_chosen_by_names_roles_first_then_the_tree(cast, name):
    close_spoke(spoke=make_spoke(name="Catalogue", parent=cast.retail), by=cast.hana)
    Group.objects.create(name="Spare")
    page = as_(cast.paul).get(reverse(f"admin:{name}_add"))
    shown = [label for _value, label in page.context["adminform"].form.fields["audiences"].choices]
    assert shown == [
        "CoE staff",
        "CoE lead",
        "Auditor",
        "Executive sponsor",
        "Larkfield",
        "– Retail",
        "– – Stores",
        "– – Catalogue (closed)",
        "– Operations",
        "– Customer Care",
        "– Center of Excellence",
        "Spare",
    ]


@pytest.mark.django_db(transaction=True)
def test_of_two_sent_at_once_one_is_stored_and_one_is_asked():
    cast = make_cast()
    url = reverse("admin:hub_user_change", args=[cast.emma.pk])
    clients = [as_(cast.hana), as_(cast.paul)]
    page = clients[0].get(url)
    data = {f.html_name: f.value() for f in page.context["adminform"].form if f.value() is not None}
    seen = [opened(client, url) for client in clients]
    start, codes = threading.Barrier(2), []
    before = AuditEvent.objects.filter(verb="changed").count()

    def send(place):
        try:
            start.wait(30)
            values = {**data, "title": f"Title {place}", "_seen": seen[place]}
            codes.append(clients[place].post(url, values).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=[place]) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(codes) == [302, 409]
    assert User.objects.get(pk=cast.emma.pk).title.startswith("Title ")
    assert AuditEvent.objects.filter(verb="changed").count() == before + 1


# --- Filters in the address -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["paul", "audra"])
@pytest.mark.parametrize(
    ("lists", "query"),
    [
        ("hub_outboxmessage", {"kind": "sign_in", "text__contains": "/password/reset/key/5-a"}),
        ("hub_outboxmessage", {"html__startswith": "<"}),
        ("hub_user", {"password__startswith": "scrypt$"}),
        ("spokes_tableimport", {"content__contains": "a"}),
        ("hub_auditevent", {"by__password__startswith": "scrypt$"}),
    ],
)
def test_no_hidden_column_can_be_guessed_through_a_filter(cast, who, lists, query):
    page = as_(getattr(cast, who)).get(reverse(f"admin:{lists}_changelist"), query)
    assert page.status_code == 400


def test_every_filter_that_a_list_offers_works(cast):
    make_policy(cast=cast)
    make_service(owner=cast.paul)
    client, asked = as_(cast.hana), 0
    for model, steward in admin.site._registry.items():
        if isinstance(steward, StewardAdmin):
            address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            for query in set(re.findall(r'href="(\?[^"]+)"', client.get(address).content.decode())):
                assert client.get(address + html.unescape(query)).status_code == 200, (address, query)
                asked += 1
    assert asked > 60
