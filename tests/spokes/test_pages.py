"""Departments and the register as people see them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hub import slots
from hub.models import OldSlug
from spokes import actions
from spokes.models import SocialAccount
from spokes.workflow import AccountStatus
from tests.factories import make_person, make_spoke
from tests.spokes.factories import day, make_account


@pytest.fixture
def signed_in(client, cast):
    def sign_in(name):
        client.force_login(getattr(cast, name))
        return client

    return sign_in


def text_of(response):
    return response.content.decode()


# --- Departments ----------------------------------------------------------------------------------------------------


def test_the_tree_shows_figures_of_whole_branches(cast, signed_in):
    make_person(spoke=cast.stores)
    make_account(spoke=cast.stores)
    response = signed_in("emma").get("/departments/")
    company = response.context["branches"][0]
    retail = next(branch for branch in company.children if branch.spoke == cast.retail)
    assert (retail.people, retail.accounts, retail.representatives) == (3, 1, ["Rita"])
    assert company.people == 10
    assert response.context["total"] == 6


def test_a_search_keeps_the_way_to_what_it_finds(cast, signed_in):
    response = signed_in("emma").get("/departments/", {"q": "STORES"})
    assert response.context["hits"] == 1
    assert text_of(response).count('href="/departments/') >= 3
    assert "Customer Care" not in text_of(response)
    assert "Try a shorter word" in text_of(signed_in("emma").get("/departments/", {"q": "zzz"}))


@pytest.mark.parametrize("path", ["/departments/", "/departments/retail/", "/register/", "/register/1/"])
def test_a_page_costs_the_same_with_more_on_it(cast, signed_in, path):
    client = signed_in("rita")
    account = make_account(spoke=cast.retail, owner=cast.rita, deputy=cast.dora)
    path = path.replace("1", str(account.pk))

    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    few = cost()
    for _number in range(3):
        below = make_spoke(parent=cast.retail)
        make_account(spoke=cast.retail, owner=make_person(spoke=below), deputy=make_person(spoke=cast.retail))
        make_account(spoke=below)
    assert cost() == few
    # A department's page also asks the higher apps what they know of it, and a representative is shown more.
    assert few <= {"/departments/": 5, "/register/": 5, "/departments/retail/": 15}.get(path, 9)


def test_a_department_tells_who_speaks_for_it(cast, signed_in):
    make_account(spoke=cast.retail, handle="shops")
    make_account(spoke=cast.operations, handle="factory")
    response = signed_in("emma").get("/departments/retail/")
    page = text_of(response)
    assert "Rita" in page and "Dora" in page and "shops" in page and "factory" not in page
    assert page.index("Rita") < page.index("Dora")
    assert "Register an account" not in page
    assert "Register an account" in text_of(signed_in("rita").get("/departments/stores/"))


def test_a_department_without_representatives_points_upwards(cast, signed_in):
    response = signed_in("emma").get("/departments/stores/")
    assert {term.person.name for term in response.context["terms_above"]} == {"Rita", "Dora"}
    assert "Nobody represents" in text_of(signed_in("emma").get("/departments/customer-care/"))


def test_the_partner_is_that_of_the_nearest_department_above(cast, signed_in):
    actions.change_spoke(spoke=cast.company, partner=cast.hana, by=cast.paul)
    actions.change_spoke(spoke=cast.retail, partner=cast.paul, by=cast.paul)
    client = signed_in("emma")
    assert client.get("/departments/stores/").context["partner"] == cast.paul
    assert client.get("/departments/customer-care/").context["partner"] == cast.hana


def test_what_higher_apps_know_is_shown(cast, signed_in):
    def uses(thing, reader):
        yield slots.Use(kind="request", title=f"For {thing} by {reader}", url="/requests/1/", note="open")

    with slots.where_used.only(uses):
        assert "For Retail by Emma" in text_of(signed_in("emma").get("/departments/retail/"))
        account = make_account(spoke=cast.retail)
        assert f"For {account} by Emma" in text_of(signed_in("emma").get(account.get_absolute_url()))


def test_a_former_address_leads_on_and_an_unknown_one_nowhere(cast, signed_in):
    actions.change_spoke(spoke=cast.care, slug="care", by=cast.paul)
    response = signed_in("emma").get("/departments/customer-care/")
    assert (response.status_code, response.url) == (301, "/departments/care/")
    OldSlug.objects.create(kind="spoke", slug="gone", object_id=10**6)
    assert signed_in("emma").get("/departments/gone/").status_code == 404
    assert signed_in("emma").get("/departments/never/").status_code == 404


def test_a_closed_department_says_so(cast, signed_in):
    actions.close_spoke(spoke=cast.stores, by=cast.paul)
    assert "This department is closed" in text_of(signed_in("emma").get("/departments/stores/"))
    assert "Stores" not in text_of(signed_in("emma").get("/departments/"))


# --- The register ---------------------------------------------------------------------------------------------------


@pytest.fixture
def register(cast):
    gone = make_person(name="Gone", spoke=cast.stores)
    rows = {
        "fresh": make_account(
            spoke=cast.retail, handle="fresh", owner=cast.rita, deputy=cast.dora, last_reviewed_on=day(-10)
        ),
        "stale": make_account(
            spoke=cast.stores, handle="stale", owner=cast.rita, deputy=cast.dora, last_reviewed_on=day(-200)
        ),
        "lonely": make_account(
            spoke=cast.operations, platform="instagram", handle="lonely", owner=cast.otto, last_reviewed_on=day(-1)
        ),
        "orphan": make_account(
            spoke=cast.care, handle="orphan", owner=gone, deputy=cast.emma, last_reviewed_on=day(-1)
        ),
        "archived": make_account(spoke=cast.care, handle="archived", status=AccountStatus.ARCHIVED),
    }
    actions.say_goodbye(person=gone, by=cast.paul)
    return rows


@pytest.mark.parametrize(
    ("query", "handles"),
    [
        ({}, {"fresh", "stale", "lonely", "orphan"}),
        ({"state": "all"}, {"fresh", "stale", "lonely", "orphan", "archived"}),
        ({"state": "archived"}, {"archived"}),
        ({"platform": "instagram"}, {"lonely"}),
        ({"department": "retail"}, {"fresh", "stale"}),
        ({"department": "nowhere"}, {"fresh", "stale", "lonely", "orphan"}),
        ({"q": "@stal"}, {"stale"}),
        ({"attention": "any"}, {"stale", "lonely", "orphan"}),
        ({"attention": "stale"}, {"stale"}),
        ({"attention": "no-deputy"}, {"lonely"}),
        ({"attention": "owner-left"}, {"orphan"}),
        ({"attention": "any", "department": "retail"}, {"stale"}),
        ({"q": "zzz"}, set()),
    ],
)
def test_filters_hold_for_list_and_export(register, signed_in, query, handles):
    client = signed_in("emma")
    assert {account.handle for account in client.get("/register/", query).context["rows"]} == handles
    lines = b"".join(client.get("/register/export/", query).streaming_content).decode("utf-8-sig").splitlines()
    assert {line.split(",")[1] for line in lines[1:]} == handles


@pytest.mark.parametrize(("sort", "first"), [("reviewed", "stale"), ("-account", "stale"), ("junk", "lonely")])
def test_the_list_is_sorted(register, signed_in, sort, first):
    assert signed_in("emma").get("/register/", {"sort": sort}).context["rows"][0].handle == first


def test_pages_of_twenty_five(cast, signed_in):
    for number in range(30):
        make_account(spoke=cast.retail, handle=f"a{number:02}")
    client = signed_in("emma")
    assert len(client.get("/register/").context["rows"]) == 25
    second = client.get("/register/?page=2")
    assert [account.handle for account in second.context["rows"]] == [f"a{n}" for n in range(25, 30)]
    assert client.get("/register/?page=x").status_code == 200


def test_no_exported_cell_runs_and_notes_stay_inside(cast, signed_in):
    make_account(spoke=cast.retail, handle="f", purpose="=1+1", note="secret canary")
    text = b"".join(signed_in("emma").get("/register/export/").streaming_content).decode()
    assert "'=1+1" in text and "canary" not in text


def test_the_note_is_for_those_who_keep_the_account(cast, signed_in):
    account = make_account(spoke=cast.retail, note="ask Nia canary")
    assert "canary" in text_of(signed_in("rita").get(account.get_absolute_url()))
    for who in ("otto", "emma", "audra"):
        assert "canary" not in text_of(signed_in(who).get(account.get_absolute_url()))


@pytest.mark.parametrize("who", ["otto", "emma", "sam", "audra"])
def test_others_read_but_do_not_touch(cast, signed_in, who):
    account = make_account(spoke=cast.retail)
    client = signed_in(who)
    page = client.get(account.get_absolute_url())
    assert page.status_code == 200
    assert "Retail&#x27;s representative, the deputy or the hub" in text_of(page)
    assert client.get(reverse("spokes:account_edit", args=[account.pk])).status_code == 403
    for name in ("account_edit", "account_review", "account_move"):
        response = client.post(reverse(f"spokes:{name}", args=[account.pk]), {"to": "archived"})
        assert response.status_code == 403
        assert "can change this account" in text_of(response)
    account.refresh_from_db()
    assert account.status == AccountStatus.ACTIVE


@pytest.mark.parametrize("who", ["emma", "sam", "audra"])
def test_whoever_represents_nobody_registers_nothing(signed_in, who):
    assert signed_in(who).get("/register/add/").status_code == 403
    assert signed_in(who).post("/register/add/", {"account": "x.com/a", "spoke": "retail"}).status_code == 403


def test_an_address_is_enough_to_register(cast, signed_in):
    client = signed_in("rita")
    response = client.post("/register/add/", {"account": "https://www.instagram.com/lark.stores/", "spoke": "stores"})
    account = SocialAccount.objects.get()
    assert response.url == account.get_absolute_url()
    assert (account.platform, account.handle, account.spoke) == ("instagram", "lark.stores", cast.stores)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"account": ""}, "account"),
        ({"account": "@only"}, "platform"),
        ({"account": "https://x.com/a", "platform": "instagram"}, "platform"),
        ({"account": "https://", "platform": "x"}, "account"),
        ({"account": "a" * 120, "platform": "x"}, "account"),
        ({"account": "https://x.com/a b c\u202e", "platform": "blog"}, "account"),
        ({"account": "x.com/taken"}, "account"),
        ({"account": "x.com/a", "owner": "ghost@larkfield.example"}, "owner"),
        ({"account": "x.com/a", "spoke": "operations"}, "spoke"),
        ({"account": "x.com/a", "mfa_checked_on": "soon"}, "mfa_checked_on"),
    ],
)
def test_a_form_with_a_fault_keeps_what_was_typed(cast, signed_in, values, field):
    make_account(spoke=cast.care, handle="taken")
    data = {"spoke": "retail", "purpose": "What I typed", **values}
    response = signed_in("rita").post("/register/add/", data)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert "What I typed" in text_of(response)
    assert SocialAccount.objects.count() == 1


def test_a_representative_changes_her_account(cast, signed_in):
    account = make_account(spoke=cast.retail, handle="old", owner=cast.rita)
    client = signed_in("dora")
    url = reverse("spokes:account_edit", args=[account.pk])
    assert "rita@larkfield.example" in text_of(client.get(url))
    data = {"account": "@new", "platform": "x", "spoke": "stores", "owner": "dora@larkfield.example", "deputy": ""}
    assert client.post(url, data).url == account.get_absolute_url()
    account.refresh_from_db()
    assert (account.handle, account.spoke, account.owner) == ("new", cast.stores, cast.dora)
    make_account(spoke=cast.care, handle="taken")
    response = client.post(url, {**data, "account": "@taken"})
    assert (response.status_code, "taken" in text_of(response)) == (422, True)


def test_who_comes_second_sees_what_the_first_one_stored(cast, signed_in):
    account = make_account(spoke=cast.retail, handle="shears", purpose="Before", owner=cast.rita)
    client = signed_in("dora")
    url = reverse("spokes:account_edit", args=[account.pk])
    seen = client.get(url).context["form"]["seen"].value()
    assert f'value="{seen}"' in text_of(client.get(url))
    actions.change_account(account=account, purpose="Rita's words", by=cast.rita)
    data = {"account": account.url or "@shears", "platform": "x", "spoke": "retail", "owner": "rita@larkfield.example"}
    data |= {"purpose": "Dora's words", "seen": seen}
    response = client.post(url, data)
    assert response.status_code == 409
    page = text_of(response)
    assert "Somebody changed this account meanwhile" in page
    assert "Rita&#x27;s words" in page and "Dora&#x27;s words" in page
    assert [str(label) for label, _stored in response.context["others"]][-1:] == ["What it is for"]
    account.refresh_from_db()
    assert account.purpose == "Rita's words"
    data["seen"] = response.context["form"]["seen"].value()
    assert client.post(url, data).url == account.get_absolute_url()
    account.refresh_from_db()
    assert account.purpose == "Dora's words"


def test_a_page_beyond_the_last_leads_to_the_last(cast, signed_in):
    for _number in range(26):
        make_account(spoke=cast.retail)
    client = signed_in("emma")
    assert client.get("/register/?state=active&page=99").url == "/register/?state=active&page=2"
    assert len(client.get("/register/?state=active&page=2").context["rows"]) == 1
    empty = client.get("/register/?q=zzz&page=99", follow=True)
    assert (empty.status_code, empty.context["total"]) == (200, 0)


def test_a_review_is_one_post_and_wants_two_answers(cast, signed_in):
    account = make_account(spoke=cast.retail, last_reviewed_on=day(-300))
    client = signed_in("rita")
    url = reverse("spokes:account_review", args=[account.pk])
    response = client.post(url, {"review-still_ours": "on"})
    assert (response.status_code, "Change the owner first" in text_of(response)) == (422, True)
    client.post(url, {"review-still_ours": "on", "review-owner_right": "on", "review-mfa_checked": "on"})
    account.refresh_from_db()
    assert account.last_reviewed_on == account.mfa_checked_on == day(0)


def test_states_move_by_buttons_and_refuse_with_a_sentence(cast, signed_in):
    account = make_account(spoke=cast.retail)
    client = signed_in("rita")
    url = reverse("spokes:account_move", args=[account.pk])
    client.post(url, {"to": "archived"})
    account.refresh_from_db()
    assert account.status == AccountStatus.ARCHIVED
    page = text_of(client.get(account.get_absolute_url()))
    assert "needs no review" in page and "Put it into use" in page and "Archive it" not in page
    assert client.get(url).status_code == 405
    for wrong in ("under_review", "junk"):
        assert client.post(url, {"to": wrong}).status_code == 403


@pytest.mark.parametrize("path", ["/register/999999/", "/register/999999/edit/"])
def test_no_such_account(signed_in, path):
    assert signed_in("rita").get(path).status_code == 404


@pytest.mark.parametrize("path", ["/departments/", "/register/", "/register/export/", "/register/add/", "/welcome/"])
def test_strangers_sign_in_first(db, client, path):
    assert client.get(path).status_code == 302
