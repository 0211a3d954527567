"""The stewards' side: people, departments, terms, accounts, imports."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from hub.models import User
from spokes import actions
from spokes.actions import uploads
from spokes.models import SocialAccount, Spoke, TableImport, Term
from spokes.resources import SocialAccountResource
from tests.spokes.factories import day, make_account, upload

LISTS = ["hub_user", "spokes_spoke", "spokes_term", "spokes_socialaccount", "spokes_tableimport"]


@pytest.fixture
def signed_in(client, cast):
    def sign_in(name):
        client.force_login(getattr(cast, name))
        return client

    return sign_in


def person_data(**values):
    return {
        "name": "Zoe",
        "email": "zoe@larkfield.example",
        "staff_number": "",
        "title": "",
        "home": "",
        "role": "employee",
        "joined_on": "01/03/2026",
        "time_zone": "",
        "language": "en-gb",
        "bio": "",
        **values,
    }


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(("who", "status"), [("paul", 200), ("audra", 200), ("rita", 302), ("sam", 302)])
def test_staff_and_auditors_open_the_lists(signed_in, name, who, status):
    assert signed_in(who).get(reverse(f"admin:{name}_changelist")).status_code == status


def test_a_person_is_added_and_changed_through_the_actions(cast, signed_in):
    client = signed_in("hana")
    response = client.post(reverse("admin:hub_user_add"), person_data(role="staff", home=cast.stores.pk))
    assert response.status_code == 302
    zoe = User.objects.get(email="zoe@larkfield.example")
    assert (zoe.role, zoe.memberships.get().spoke, zoe.staff_number) == ("staff", cast.stores, None)
    url = reverse("admin:hub_user_change", args=[zoe.pk])
    assert client.post(url, person_data(name="Zoë", role="auditor", home=cast.retail.pk)).status_code == 302
    zoe.refresh_from_db()
    assert (zoe.name, zoe.role) == ("Zoë", "auditor")
    assert zoe.memberships.get(ends_on=None).spoke == cast.retail


def test_only_a_lead_hands_out_roles(cast, signed_in):
    url = reverse("admin:hub_user_change", args=[cast.emma.pk])
    data = person_data(name="Emma", email="emma@larkfield.example", role="lead", home=cast.care.pk)
    response = signed_in("paul").post(url, data)
    assert (response.status_code, "Only a lead" in response.content.decode()) == (200, True)
    assert User.objects.get(pk=cast.emma.pk).role == "employee"


def test_people_are_deactivated_and_brought_back_by_buttons(cast, signed_in):
    client = signed_in("paul")
    assert "Deactivate" in client.get(reverse("admin:hub_user_change", args=[cast.rita.pk])).content.decode()
    client.post(reverse("admin:hub_user_leave", args=[cast.rita.pk]))
    rita = User.objects.get(pk=cast.rita.pk)
    assert (rita.is_active, rita.terms.get().ends_on) == (False, day(0))
    client.post(reverse("admin:hub_user_return", args=[cast.rita.pk]))
    assert User.objects.get(pk=cast.rita.pk).is_active
    assert client.get(reverse("admin:hub_user_leave", args=[cast.rita.pk])).status_code == 405


def test_staff_neither_see_nor_press_a_leads_button(cast, signed_in):
    client = signed_in("paul")
    assert "Deactivate" not in client.get(reverse("admin:hub_user_change", args=[cast.lena.pk])).content.decode()
    answer = client.post(reverse("admin:hub_user_leave", args=[cast.lena.pk]), follow=True)
    assert "Only a lead" in answer.content.decode()
    assert User.objects.get(pk=cast.lena.pk).is_active
    lead = signed_in("hana")
    assert "Deactivate" in lead.get(reverse("admin:hub_user_change", args=[cast.lena.pk])).content.decode()


@pytest.mark.parametrize("name", ["hub_user_leave", "hub_user_return", "spokes_spoke_close", "spokes_spoke_reopen"])
def test_an_auditor_presses_in_vain(cast, signed_in, name):
    pk = cast.emma.pk if "user" in name else cast.stores.pk
    client = signed_in("audra")
    page = client.post(reverse(f"admin:{name}", args=[pk]), follow=True).content.decode()
    assert "own staff can do this" in page
    assert User.objects.get(pk=cast.emma.pk).is_active
    assert Spoke.objects.get(pk=cast.stores.pk).closed_on is None


def test_people_are_filtered_by_home_and_exported_without_formulas(cast, signed_in):
    User.objects.filter(pk=cast.emma.pk).update(title="=1+1")
    actions.say_goodbye(person=cast.otto, by=cast.paul)
    client = signed_in("paul")
    page = client.get(reverse("admin:hub_user_changelist"), {"home": "none"}).content.decode()
    assert "otto@" in page and "emma@" not in page
    answer = client.post(reverse("admin:hub_user_export"), {"format": "0", "resource": ""} | export_fields(client))
    text = answer.content.decode()
    assert "emma@larkfield.example" in text and "'=1+1" in text and "customer-care" in text


def export_fields(client):
    form = client.get(reverse("admin:hub_user_export")).context["form"]
    return {name: "on" for name in form.fields if name.startswith("personresource") or name.endswith("_email")}


def test_a_department_is_made_moved_closed_and_opened(cast, signed_in):
    client = signed_in("paul")
    data = {"name": "Kiosks", "slug": "kiosks", "parent": cast.stores.pk, "formation": "holistic", "region": ""}
    assert client.post(reverse("admin:spokes_spoke_add"), data).status_code == 302
    kiosks = Spoke.objects.get(slug="kiosks")
    url = reverse("admin:spokes_spoke_change", args=[kiosks.pk])
    assert client.post(url, {**data, "parent": cast.care.pk, "partner": cast.hana.pk}).status_code == 302
    kiosks.refresh_from_db()
    assert (kiosks.parent, kiosks.partner) == (cast.care, cast.hana)
    client.post(reverse("admin:spokes_spoke_close", args=[kiosks.pk]))
    kiosks.refresh_from_db()
    assert kiosks.closed_on == day(0)
    assert "Open again" in client.get(url).content.decode()
    client.post(reverse("admin:spokes_spoke_reopen", args=[kiosks.pk]))
    refused = client.post(reverse("admin:spokes_spoke_close", args=[cast.care.pk]), follow=True)
    assert "still have Customer Care" in refused.content.decode()
    taken = client.post(url, {**data, "slug": "retail"})
    assert (taken.status_code, "already" in taken.content.decode()) == (200, True)


def test_a_term_begins_and_ends(cast, signed_in):
    client = signed_in("paul")
    data = {
        "person": cast.emma.email,
        "spoke": cast.care.pk,
        "kind": "deputy",
        "starts_on": "01/03/2026",
        "ends_on": "",
    }
    assert client.post(reverse("admin:spokes_term_add"), data).status_code == 302
    term = Term.objects.get(person=cast.emma)
    url = reverse("admin:spokes_term_change", args=[term.pk])
    assert client.post(url, {"ends_on": "01/04/2026"}).status_code == 302
    term.refresh_from_db()
    assert term.ends_on.isoformat() == "2026-04-01"
    again = client.post(reverse("admin:spokes_term_add"), {**data, "person": cast.rita.email, "spoke": cast.retail.pk})
    assert "already has a term for this department" in again.content.decode()
    assert client.get(reverse("admin:spokes_term_changelist"), {"running": "now"}).status_code == 200


@pytest.mark.parametrize("chosen", ["stale", "no-deputy", "owner-left"])
def test_accounts_are_filtered_by_what_is_wrong(cast, signed_in, chosen):
    make_account(spoke=cast.retail, handle="troubled")
    good = make_account(spoke=cast.retail, handle="fine", owner=cast.rita, deputy=cast.dora, last_reviewed_on=day(0))
    page = signed_in("paul").get(reverse("admin:spokes_socialaccount_changelist"), {"attention": chosen})
    assert "troubled" in page.content.decode() and good.handle not in page.content.decode()


def test_accounts_are_kept_through_the_actions(cast, signed_in):
    client = signed_in("paul")
    data = {
        "platform": "x",
        "handle": "@lark",
        "spoke": cast.retail.pk,
        "owner": cast.rita.email,
        "admins": "DORA@larkfield.example,\n",
    }
    assert client.post(reverse("admin:spokes_socialaccount_add"), data).status_code == 302
    account = SocialAccount.objects.get()
    assert (account.handle, list(account.admins.all())) == ("lark", [cast.dora])
    url = reverse("admin:spokes_socialaccount_change", args=[account.pk])
    assert client.post(url, {**data, "handle": "lark2"}).status_code == 302
    assert "dora@larkfield.example" in client.get(url).content.decode()
    ghost = client.post(url, {**data, "admins": "ghost@larkfield.example"}).content.decode()
    assert "Nobody who works here has the address ghost@larkfield.example" in ghost
    make_account(spoke=cast.care, handle="taken")
    refused = client.post(url, {**data, "handle": "taken"})
    assert "registered already" in refused.content.decode()


def test_accounts_come_in_as_a_table_with_a_dry_run(cast, signed_in):
    client = signed_in("paul")
    url = reverse("admin:spokes_socialaccount_import")
    text = "platform,handle,department,owner,state\nx,lark,retail,rita@larkfield.example,active\n"
    file = SimpleUploadedFile("a.csv", text.encode(), "text/csv")
    response = client.post(url, {"format": "0", "import_file": file})
    assert response.status_code == 200 and not SocialAccount.objects.exists()
    confirm = response.context["confirm_form"].initial
    client.post(reverse("admin:spokes_socialaccount_process_import"), confirm)
    account = SocialAccount.objects.get()
    assert (account.handle, account.spoke, account.owner, account.status) == ("lark", cast.retail, cast.rita, "planned")
    bad = SimpleUploadedFile("a.csv", b"platform,handle,department,owner\nx,z,nowhere,\n", "text/csv")
    page = client.post(url, {"format": "0", "import_file": bad}).content.decode()
    assert "nowhere" in page
    assert SocialAccount.objects.count() == 1


@pytest.mark.parametrize("format", ["0", "1"])  # CSV, XLSX
def test_the_table_of_accounts_goes_out_and_comes_in_again_unchanged(format, cast, signed_in):
    make_account(spoke=cast.care, handle="empty", purpose="", note="", audience="", language="")
    make_account(spoke=cast.care, handle="full", purpose="=1+1", note="12", audience="\tall", language="en")
    client = signed_in("paul")
    columns = {f"socialaccountresource_{name}": "on" for name in SocialAccountResource._meta.fields}
    table = client.post(
        reverse("admin:spokes_socialaccount_export"), {"format": format, "resource": "0", **columns}
    ).content
    file = SimpleUploadedFile("a", table)
    response = client.post(reverse("admin:spokes_socialaccount_import"), {"format": format, "import_file": file})
    result = response.context["result"]
    assert not result.has_errors() and not result.has_validation_errors()
    assert [row.import_type for row in result.rows] == ["skip", "skip"]


# --- Imports --------------------------------------------------------------------------------------------------------


def post_file(client, text, kind="departments", name="list.csv", **values):
    file = SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode())
    return client.post(reverse("admin:spokes_tableimport_upload"), {"kind": kind, "file": file, **values})


def worked_on(client, url):
    kept = TableImport.objects.latest("pk")
    uploads.work_on_import(pk=kept.pk)
    return client.get(url).content.decode()


def test_a_table_is_uploaded_shown_confirmed_and_stored(cast, signed_in):
    client = signed_in("paul")
    assert client.get(reverse("admin:spokes_tableimport_upload"), {"kind": "accounts"}).status_code == 200
    url = post_file(client, "Unit,Boss\nAlpha,\n", name_column="Unit", parent_column="Boss", below="retail").url
    assert "data-follow" in client.get(url).content.decode()
    page = worked_on(client, url)
    assert "Alpha" in page and "Store it" in page and "data-follow" not in page
    kept = TableImport.objects.get()
    client.post(reverse("admin:spokes_tableimport_confirm", args=[kept.pk]))
    assert "Store it" not in worked_on(client, url)
    assert Spoke.objects.get(slug="alpha").parent == cast.retail
    assert client.get(reverse("admin:spokes_tableimport_state", args=[kept.pk])).status_code == 200
    again = client.post(reverse("admin:spokes_tableimport_confirm", args=[kept.pk]), follow=True)
    assert "does not wait" in again.content.decode()


def test_errors_are_shown_and_all_of_them_are_a_table(cast, signed_in, monkeypatch):
    monkeypatch.setattr("spokes.admin.uploads.SHOWN", 1)
    client = signed_in("paul")
    url = post_file(client, "name,formation\nA,=bad\nB,bad\n").url
    assert "There are 2 errors" in worked_on(client, url)
    answer = client.get(reverse("admin:spokes_tableimport_errors", args=[TableImport.objects.get().pk]))
    assert len(answer.content.decode().splitlines()) == 3


def test_many_leavers_need_a_tick(cast, signed_in):
    kept = upload(f"email,left_on\nemma@larkfield.example,{day(-1)}\n", by=cast.hana)
    client = signed_in("hana")
    url = reverse("admin:spokes_tableimport_confirm", args=[kept.pk])
    response = client.post(url)
    assert (response.status_code, "tick the box" in response.content.decode()) == (422, True)
    assert client.post(url, {"answer": "on"}).status_code == 302


def test_staff_bring_in_departments_and_leads_people(cast, signed_in):
    client = signed_in("paul")
    assert post_file(client, "email\na@b.example\n", kind="people").status_code == 422
    kept = upload("email,name\na@b.example,A\n", by=cast.hana)
    page = client.get(reverse("admin:spokes_tableimport_change", args=[kept.pk])).content.decode()
    assert "Store it" not in page
    for name in ("confirm", "discard"):
        refused = client.post(reverse(f"admin:spokes_tableimport_{name}", args=[kept.pk]), follow=True)
        assert "Only a lead" in refused.content.decode()
    leads = signed_in("hana")
    assert post_file(leads, "email,name\na@b.example,A\n", kind="people", complete="on").status_code == 302
    assert TableImport.objects.latest("pk").options == {"complete": True}
    assert post_file(leads, "handle\na\n", kind="accounts", below="retail", state="active").status_code == 302
    assert TableImport.objects.latest("pk").options == {"department": "retail", "state": "active"}
    leads.post(reverse("admin:spokes_tableimport_discard", args=[kept.pk]))
    assert TableImport.objects.get(pk=kept.pk).status == "discarded"


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"PK\x03\x04broken", b"\x00\x01"])
def test_what_is_no_table_is_refused_at_the_door_or_in_the_check(cast, signed_in, data):
    client = signed_in("paul")
    response = post_file(client, data)
    if response.status_code == 302:
        assert "Nothing was stored" in worked_on(client, response.url)
    else:
        assert response.status_code == 422


@pytest.mark.parametrize("name", ["list.yaml", "List.YML"])
def test_yaml_is_for_the_command_and_the_browser_says_so(cast, signed_in, name):
    response = post_file(signed_in("paul"), "- id: {bioguide: A1}\n", kind="accounts", name=name)
    assert response.status_code == 422
    assert "YAML can only be imported by the command" in response.content.decode()
    assert not TableImport.objects.exists()


def test_an_auditor_looks_at_imports_and_starts_none(cast, signed_in):
    kept = upload("name\nA\n", kind="departments", by=cast.paul)
    client = signed_in("audra")
    assert client.get(reverse("admin:spokes_tableimport_change", args=[kept.pk])).status_code == 200
    assert client.get(reverse("admin:spokes_tableimport_upload")).status_code == 403
    client.post(reverse("admin:spokes_tableimport_confirm", args=[kept.pk]))
    assert TableImport.objects.get(pk=kept.pk).status == "checked"
    assert client.get(reverse("admin:spokes_tableimport_change", args=["999"])).status_code == 404
    assert client.get("/admin/spokes/tableimport/x/change/").status_code == 404
