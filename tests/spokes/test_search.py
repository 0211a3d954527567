"""Accounts and people are found, as far as pages show them, and no longer than that."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub import actions as hub_actions
from hub import search
from hub.actions.searches import entry_at
from hub.models import Role, SearchEntry, User
from hub.search import vocabulary
from spokes import actions, jobs, tasks
from spokes.models import SocialAccount, Term
from tests.factories import make_cast, make_person, make_term
from tests.spokes.factories import confirmed, day, make_account, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """What an action wakes happens at once: inside a test's transaction nothing is ever committed."""
    woken = []

    def wake(task, *args):
        woken.append(task.name)
        if task.name.startswith(("spokes.", "hub.reindex")):
            task(*args)

    for module in ("spokes.actions.accounts", "spokes.actions.people", "spokes.actions.spokes"):
        monkeypatch.setattr(f"{module}.wake", wake)
    monkeypatch.setattr("spokes.actions.in_bulk.wake", wake)
    monkeypatch.setattr("hub.actions.people.wake", wake)
    return woken


def hits(text, **more):
    vocabulary.forget()
    return search.search(text, group_ids=(), **more).hits


def found(text, kind):
    return [hit.object_id for hit in hits(text, kinds=[kind])]


# Accounts


def account(cast, **fields):
    values = {"handle": "larkfield_style", "platform": "instagram", "purpose": "Outfits of the week.", **fields}
    return make_account(spoke=cast.retail, **values)


@pytest.mark.parametrize(
    "text", ["larkfield_style", "@larkfield_style", "style instagram", "retail instagram", "outfit"]
)
def test_an_account_is_found_by_its_handle_platform_department_and_purpose(cast, text):
    one = account(cast)
    assert found(text, "account") == [one.pk]
    assert hits(text, kinds=["account"])[0].url == one.get_absolute_url()


def test_the_note_of_an_account_is_for_those_who_keep_it(cast):
    account(cast, note="Password hint: zeppelin.")
    assert hits("zeppelin") == []


def test_an_account_follows_its_changes(cast):
    one = account(cast)
    actions.change_account(account=one, handle="larkfield_looks", spoke=cast.operations, by=cast.paul)
    assert (found("style", "account"), found("looks operations", "account")) == ([], [one.pk])
    actions.change_spoke(spoke=cast.operations, name="Logistics", by=cast.paul)
    assert (found("looks operations", "account"), found("logistics", "account")) == ([one.pk], [one.pk])
    actions.move_account(account=one, to="archived", by=cast.paul)
    assert found("looks", "account") == []
    actions.move_account(account=one, to="active", by=cast.paul)
    assert found("looks", "account") == [one.pk]


# People


def person(text):
    return found(text, "person")


def test_people_are_found_by_name_department_and_role(cast):
    call_command("rebuild_search", verbosity=0)
    assert person("rita") == [cast.rita.pk]
    assert person("representative retail")[:1] == [cast.rita.pk]
    assert person("deputy retail")[:1] == [cast.dora.pk]
    assert set(person("CoE lead")) >= {cast.hana.pk, cast.lena.pk}
    assert person("ritta") == [cast.rita.pk], "a typing error is forgiven"


def test_a_person_leads_to_where_she_is_shown(client, cast):
    call_command("rebuild_search", verbosity=0)
    for text, anchor in (("rita", "term-"), ("hana", "person-")):
        url = hits(text, kinds=["person"])[0].url
        client.force_login(cast.emma)
        page, _hash, fragment = url.partition("#")
        assert fragment.startswith(anchor)
        assert f'id="{fragment}"' in client.get(page).content.decode()


def test_only_people_whom_a_page_shows_are_found_even_by_those_who_read_all(cast):
    call_command("rebuild_search", verbosity=0)
    assert person("emma") == person("sam") == person("audra") == []
    assert search.search("emma", group_ids=None, kinds=["person"]).hits == []


def test_a_term_is_found_while_it_runs(cast):
    term = make_term(person=cast.emma, spoke=cast.care)
    assert person("emma") == [cast.emma.pk]
    actions.end_term(term=term, on=day(0), by=cast.paul)
    assert person("emma") == [cast.emma.pk], "its last day counts as in"
    make_term(person=cast.sam, spoke=cast.care, starts_on=day(2))
    assert person("sam") == []


def test_the_night_follows_terms_that_begin_and_end(cast):
    over, begun = make_term(person=cast.emma, spoke=cast.care), make_term(person=cast.sam, spoke=cast.care)
    Term.objects.filter(pk=begun.pk).update(starts_on=day(3))
    tasks.reindex_people([cast.sam.pk])
    Term.objects.filter(pk=over.pk).update(ends_on=day(-1))
    Term.objects.filter(pk=begun.pk).update(starts_on=day(0))
    assert (person("emma"), person("sam")) == ([cast.emma.pk], [])
    assert jobs.follow_terms() == 2
    assert (person("emma"), person("sam")) == ([], [cast.sam.pk])


def test_who_keeps_an_account_is_found_until_she_hands_it_over(cast):
    one = account(cast, owner=cast.emma, deputy=cast.sam, admins=[cast.audra])
    assert [person(name) for name in ("emma", "sam", "audra")] == [[cast.emma.pk], [cast.sam.pk], [cast.audra.pk]]
    assert hits("owner style", kinds=["person"])[0].url == one.get_absolute_url()
    actions.change_account(account=one, owner=cast.paul, deputy=None, admins=[], by=cast.paul)
    assert [person(name) for name in ("emma", "sam", "audra")] == [[], [], []]
    actions.change_account(account=one, owner=cast.emma, by=cast.paul)
    actions.move_account(account=one, to="archived", by=cast.paul)
    assert person("emma") == []


def test_at_an_accounts_address_stands_the_account_whoever_keeps_it(cast):
    made = account(cast, owner=cast.emma)
    for again in (tasks.reindex_account, lambda pk: tasks.reindex_people([cast.emma.pk])):
        again(made.pk)
        assert SearchEntry.objects.filter(url=made.get_absolute_url(), part_key="").count() == 2
        assert entry_at(made.get_absolute_url()).kind == tasks.ACCOUNT


def test_a_hub_partner_is_found_while_she_is_one(cast):
    hana = make_person(name="Quentin")
    actions.change_spoke(spoke=cast.care, partner=hana, by=cast.paul)
    assert person("quentin") == [hana.pk]
    actions.change_spoke(spoke=cast.care, name="Guest Care", by=cast.paul)
    assert person("quentin guest") == [hana.pk]
    actions.change_spoke(spoke=cast.care, partner=None, by=cast.paul)
    assert person("quentin") == []


def test_roles_names_and_leaving_are_followed(cast):
    hub_actions.set_role(person=cast.emma, role=Role.STAFF, by=cast.hana)
    assert person("emma") == [cast.emma.pk]
    hub_actions.change_person(person=cast.emma, name="Emma Wren", by=cast.hana)
    assert person("wren") == [cast.emma.pk]
    cast.emma.refresh_from_db()
    hub_actions.set_own_details(bio="Ask me about zeppelins.", by=cast.emma)
    assert person("zeppelin") == [cast.emma.pk]
    actions.say_goodbye(person=cast.emma, by=cast.hana)
    assert person("emma") == []
    hub_actions.reactivate_person(person=cast.emma, by=cast.hana)
    assert person("emma") == [cast.emma.pk]


def test_a_staff_list_is_followed_in_sets(cast, at_once):
    call_command("rebuild_search", verbosity=0)
    at_once.clear()
    lines = ["email,name,department", "rita@larkfield.example,Rita Wren,retail"]
    lines += [f"new{n}@larkfield.example,New {n},retail" for n in range(5)]
    confirmed(upload("\n".join(lines), by=cast.hana), by=cast.hana)
    assert person("wren") == [cast.rita.pk]
    assert person("new") == []
    assert at_once.count("spokes.reindex_people") == 1


def test_a_long_list_of_people_without_a_task_costs_search_two_statements(cast):
    many = [make_person().pk for _ in range(5)]
    with CaptureQueriesContext(connection) as seen:
        tasks.reindex_people(many)
    assert len(seen) == 2
    assert not SearchEntry.objects.filter(kind="person", object_id__in=many).exists()


def test_all_people_and_accounts_are_read_in_a_few_statements(cast):
    account(cast, owner=cast.rita)
    with CaptureQueriesContext(connection) as one:
        assert list(tasks.person_documents()) and list(tasks.account_documents())
    for n in range(3):
        account(cast, handle=f"more{n}", owner=cast.emma, deputy=cast.otto)
        make_term(person=make_person(), spoke=cast.stores)
    with CaptureQueriesContext(connection) as more:
        assert list(tasks.person_documents()) and list(tasks.account_documents())
    assert len(one) == len(more)


@pytest.mark.parametrize(
    "read", [lambda person: tasks.person_document(person.pk), lambda person: next(tasks.person_documents(), None)]
)
def test_who_stops_being_shown_while_she_is_read_stops_no_rebuild(cast, read):
    account(cast, owner=cast.emma)
    User.objects.exclude(pk=cast.emma.pk).update(is_active=False)
    assert read(cast.emma).title == cast.emma.name

    def archived_meanwhile(execute, sql, *rest):
        if sql.startswith('SELECT "spokes_term"'):
            SocialAccount.objects.update(status="archived")
        return execute(sql, *rest)

    with connection.execute_wrapper(archived_meanwhile):
        assert read(cast.emma) is None


def test_the_page_calls_them_by_what_they_are(client, cast):
    account(cast, owner=cast.rita)
    tasks.reindex_people([person.pk for person in cast.everybody().values()])
    vocabulary.forget()
    client.force_login(cast.emma)
    response = client.get("/search/?q=retail")
    kinds = {choice.label: choice.count for choice in response.context["kinds"]}
    assert kinds["People"] == 2 and kinds["Social accounts"] == 1
    text = client.get("/search/?q=representative+of+retail&kind=person").content.decode()
    assert "Person · <mark>Representative</mark> of <mark>Retail</mark>" in text
    assert "Rita</a>" in text
