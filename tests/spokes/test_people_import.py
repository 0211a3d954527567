"""The staff list: what a file would do, what forbids it, and that nothing happens before somebody says yes."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import is_password_usable
from django.core.management import CommandError, call_command
from django.db import DatabaseError, OperationalError

from hub.exceptions import Invalid, NotAllowed
from hub.models import AuditEvent, Role, User
from spokes import actions
from spokes.actions import in_bulk, uploads
from spokes.imports import Act
from spokes.models import Membership, TableImport, Term
from tests.factories import make_person
from tests.spokes.factories import confirmed, day, upload

HEADING = "staff_number,email,name,department,title,joined_on,left_on,time_zone,language\n"


def groups(person):
    return set(person.groups.filter(spoke__isnull=False).values_list("spoke__slug", flat=True))


def errors(kept):
    return [(row, column) for row, column, _reason in kept.errors]


def everybody():
    """A line for each active person of the cast, as the staff list knows them."""
    people = User.objects.active().filter(is_superuser=False)
    return {p.email: f",{p.email},{p.name},,,,,,\n" for p in people}


def test_a_joiner_gets_account_address_home_and_audiences(cast):
    kept = upload(HEADING + f"7,Zoe@Larkfield.example,Zoë Ünal,Stores,Clerk,{day(-3)},,Europe/Paris,en\n", by=cast.hana)
    assert (kept.status, kept.counts) == ("checked", {"joins": 1})
    assert not User.objects.filter(staff_number="7").exists()
    confirmed(kept, by=cast.hana)
    zoe = User.objects.get(staff_number="7")
    assert (zoe.email, zoe.name, zoe.title, zoe.time_zone) == (
        "zoe@larkfield.example",
        "Zoë Ünal",
        "Clerk",
        "Europe/Paris",
    )
    assert not is_password_usable(zoe.password)
    assert EmailAddress.objects.filter(user=zoe, email=zoe.email, verified=True, primary=True).count() == 1
    home = zoe.memberships.get()
    assert (home.spoke, home.starts_on) == (cast.stores, day(-3))
    assert groups(zoe) == {"stores", "retail", "larkfield"}
    assert AuditEvent.objects.get(object_type="hub.user", object_id=str(zoe.pk)).details["import"] == kept.pk


def test_a_joiner_without_department_is_counted_and_chooses_herself(cast):
    kept = upload("email,name\nzoe@larkfield.example,Zoe\n", by=cast.hana)
    assert kept.counts == {"joins": 1, "without_department": 1}
    confirmed(kept, by=cast.hana)
    assert not User.objects.get(email="zoe@larkfield.example").memberships.exists()


def test_a_mover_is_dated(cast):
    Membership.objects.filter(person=cast.emma).update(starts_on=day(-30))
    kept = confirmed(
        upload("email,department\nemma@larkfield.example,Larkfield / Retail\n", by=cast.hana), by=cast.hana
    )
    assert (kept.status, kept.counts, kept.done, kept.total) == ("done", {"moves": 1}, 1, 1)
    rows = cast.emma.memberships.order_by("starts_on").values_list("spoke__slug", "ends_on")
    assert list(rows) == [("customer-care", day(-1)), ("retail", None)]
    assert groups(cast.emma) == {"retail", "larkfield"}


def test_a_move_on_the_day_of_the_last_one_leaves_one_home(cast):
    confirmed(upload("email,department\nemma@larkfield.example,retail\n", by=cast.hana), by=cast.hana)
    assert [m.spoke for m in cast.emma.memberships.all()] == [cast.retail]


def test_a_leaver_loses_sign_in_home_and_terms_but_no_history(cast):
    for model in (Membership, Term):
        model.objects.filter(person=cast.rita).update(starts_on=day(-30))
    filler = "".join(f"p{i}@larkfield.example,Person,\n" for i in range(30))
    confirmed(upload("email,name,left_on\n" + filler, by=cast.hana), by=cast.hana)
    kept = upload(f"email,left_on\nrita@larkfield.example,{day(-2)}\n", by=cast.hana)
    assert (kept.counts, kept.question) == ({"leaves": 1}, "")
    confirmed(kept, by=cast.hana)
    rita = User.objects.get(pk=cast.rita.pk)
    assert (rita.is_active, rita.left_on) == (False, day(-2))
    assert rita.memberships.get().ends_on == rita.terms.get().ends_on == day(-2)
    assert groups(rita) == set()


def test_a_last_day_to_come_is_noted_and_taken_back(cast):
    confirmed(upload(f"email,left_on\nemma@larkfield.example,{day(5)}\n", by=cast.hana), by=cast.hana)
    emma = User.objects.get(pk=cast.emma.pk)
    assert (emma.is_active, emma.left_on) == (True, day(5))
    assert upload("email,title\nemma@larkfield.example,\n", by=cast.hana).counts == {"unchanged": 1}
    confirmed(upload("email,left_on\nemma@larkfield.example,\n", by=cast.hana), by=cast.hana)
    assert User.objects.get(pk=cast.emma.pk).left_on is None


def test_somebody_comes_back(cast):
    actions.say_goodbye(person=cast.emma, by=cast.hana, on=day(-1))
    kept = confirmed(upload("email,department\nemma@larkfield.example,stores\n", by=cast.hana), by=cast.hana)
    assert kept.counts == {"returns": 1}
    emma = User.objects.get(pk=cast.emma.pk)
    assert (emma.is_active, emma.left_on, groups(emma)) == (True, None, {"stores", "retail", "larkfield"})


def test_a_lead_who_leaves_and_returns_keeps_the_role_and_its_group(cast):
    by = cast.hana
    for text in (f"email,left_on\nlena@larkfield.example,{day(-1)}\n", "email,left_on\nlena@larkfield.example,\n"):
        confirmed(upload(text, by=by), by=by, answer=True)
    lena = User.objects.get(pk=cast.lena.pk)
    assert lena.is_active
    assert lena.groups.filter(name="role:lead").exists()


def test_a_new_address_of_a_known_number_is_a_confirmed_address(cast):
    User.objects.filter(pk=cast.emma.pk).update(staff_number="N7")
    confirmed(upload("staff_number,email\nn7,emma.castell@larkfield.example\n", by=cast.hana), by=cast.hana)
    emma = User.objects.get(pk=cast.emma.pk)
    assert emma.email == "emma.castell@larkfield.example"
    assert [(a.email, a.verified, a.primary) for a in EmailAddress.objects.filter(user=emma)] == [
        ("emma.castell@larkfield.example", True, True)
    ]


def test_the_same_file_twice_does_nothing_the_second_time(cast):
    text = HEADING + "7,zoe@larkfield.example,Zoe,retail,,,,,\n"
    confirmed(upload(text, by=cast.hana), by=cast.hana)
    kept = upload(text, by=cast.hana)
    assert (kept.counts, kept.total) == ({"unchanged": 1}, 0)


def test_whoever_left_before_being_known_is_ignored(cast):
    kept = upload(f"email,name,left_on\nold@larkfield.example,Old,{day(-9)}\n", by=cast.hana)
    assert kept.counts == {"ignored": 1}
    actions.say_goodbye(person=cast.emma, by=cast.hana, on=day(-9))
    assert upload(f"email,left_on\nemma@larkfield.example,{day(-9)}\n", by=cast.hana).counts == {"unchanged": 1}


# --- What forbids a file --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (",,Nobody,,,,,,", "staff_number"),
        ("1,not an address,N,,,,,,", "email"),
        ("1,,N,,,,,,", "email"),
        ("1,new@larkfield.example,,,,,,,", "name"),
        ("1,new@larkfield.example,N,nowhere,,,,,", "department"),
        ("1,new@larkfield.example,N,twins,,,,,", "department"),
        ("1,new@larkfield.example,N,shut,,,,,", "department"),
        ("1,new@larkfield.example,N,,,31/12/2020,,,", "joined_on"),
        ("1,new@larkfield.example,N,,,,2020-13-01,,", "left_on"),
        ("1,new@larkfield.example,N,,,2020-02-01,2020-01-01,,", "left_on"),
        ("1,new@larkfield.example,N,,,,,Mars/Olympus,", "time_zone"),
        ("1,new@larkfield.example,N,,,,,,tlh", "language"),
        (f"1,new@larkfield.example,{'N' * 121},,,,,,", "name"),
        ("E1,paul@larkfield.example,Paul,,,,,,", "email"),
        ("E2,emma@larkfield.example,Emma,,,,,,", "staff_number"),
        ("1,a@larkfield.example,N,,,,,,,too many", ""),
    ],
)
def test_a_row_that_cannot_be_taken_is_named(cast, line, column):
    User.objects.filter(pk=cast.emma.pk).update(staff_number="E1")
    for number in (1, 2):
        actions.create_spoke(name="Twins", slug=f"twins-{number}", parent=cast.company, by=cast.hana)
    shut = actions.create_spoke(name="Shut", slug="shut", by=cast.hana)
    actions.close_spoke(spoke=shut, by=cast.hana)
    kept = upload(HEADING + "9,good@larkfield.example,Good,retail,,,,,\n" + line + "\n", by=cast.hana)
    assert (kept.status, errors(kept)) == ("refused", [(3, column)])
    assert kept.errors[0][2]
    with pytest.raises(NotAllowed):
        uploads.confirm_import(upload=kept, by=cast.hana, answer=True)
    assert not User.objects.filter(email="good@larkfield.example").exists()


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["1,a@larkfield.example,A", "1,b@larkfield.example,B"], (3, "staff_number")),
        (["1,a@larkfield.example,A", "2,A@larkfield.example,B"], (3, "email")),
        (["E1,,", ",emma@larkfield.example,"], (3, "email")),
    ],
)
def test_nobody_stands_in_the_file_twice(cast, lines, found):
    User.objects.filter(pk=cast.emma.pk).update(staff_number="E1")
    kept = upload("staff_number,email,name\n" + "\n".join(lines), by=cast.hana)
    assert errors(kept) == [found]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name,title\nA,B\n", "needs a column"),
        ("email,name\n", "no people"),
        ('email,name\na@b.example,"never closed\n' + "x" * 140_000, "breaks off"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(cast, text, sentence):
    kept = upload(text, by=cast.hana)
    assert kept.status == "refused"
    assert sentence in kept.errors[0][2]


# --- Complete files and many leavers --------------------------------------------------------------------------------


def test_a_complete_file_lets_the_missing_leave_and_asks_when_they_are_many(cast):
    lines = everybody()
    for email in ("emma@larkfield.example", "otto@larkfield.example"):
        del lines[email]
    kept = upload(HEADING + "".join(lines.values()), by=cast.hana, complete=True)
    assert kept.counts == {"unchanged": 7, "leaves": 2}
    assert "deactivates 2 of" in kept.question
    with pytest.raises(Invalid, match="tick the box"):
        uploads.confirm_import(upload=kept, by=cast.hana)
    confirmed(kept, by=cast.hana, answer=True)
    assert set(User.objects.filter(is_active=False).values_list("name", flat=True)) == {"Emma", "Otto"}
    assert User.objects.get(pk=cast.root.pk).is_active


def test_an_incomplete_file_leaves_the_missing_alone(cast):
    kept = upload("email,name\nemma@larkfield.example,Emma\n", by=cast.hana)
    assert kept.counts == {"unchanged": 1}


def test_few_leavers_ask_nothing(cast):
    for number in range(40):
        make_person(name=f"Clerk {number}", spoke=cast.stores)
    kept = upload(f"email,left_on\nemma@larkfield.example,{day(-1)}\n", by=cast.hana)
    assert kept.question == ""


def test_the_last_lead_stays(cast):
    kept = upload("email,name\nemma@larkfield.example,Emma\n", by=cast.hana, complete=True)
    assert kept.status == "refused"
    assert "last lead" in kept.errors[0][2]


def test_leavers_who_became_many_after_the_check_ask_anew(cast):
    clerks = [make_person(name=f"Clerk {number}", spoke=cast.stores) for number in range(40)]
    kept = upload(f"email,left_on\nemma@larkfield.example,{day(-1)}\n", by=cast.hana)
    uploads.confirm_import(upload=kept, by=cast.hana)
    User.objects.filter(pk__in=[clerk.pk for clerk in clerks]).update(is_active=False)
    uploads.work_on_import(pk=kept.pk)
    kept.refresh_from_db()
    assert (kept.status, User.objects.get(pk=cast.emma.pk).is_active) == ("checked", True)
    assert kept.question


# --- Rights, workers, faults ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["paul", "rita", "emma", "sam", "audra"])
def test_only_a_lead_brings_in_people(cast, who):
    person = getattr(cast, who)
    with pytest.raises(NotAllowed):
        upload("email,name\na@b.example,A\n", by=person)
    kept = upload("email,name\na@b.example,A\n", by=cast.hana)
    for act in (uploads.confirm_import, uploads.discard_import):
        with pytest.raises(NotAllowed):
            act(upload=kept, by=person)
    assert TableImport.objects.get(pk=kept.pk).status == "checked"


def test_who_may_upload_but_is_no_lead_any_more_stores_nothing(cast):
    kept = upload("email,name\na@b.example,A\n", by=cast.lena)
    uploads.confirm_import(upload=kept, by=cast.hana)
    User.objects.filter(pk=cast.lena.pk).update(role=Role.EMPLOYEE)
    uploads.work_on_import(pk=kept.pk)
    kept.refresh_from_db()
    assert (kept.status, User.objects.filter(email="a@b.example").exists()) == ("failed", False)


def test_a_discarded_file_is_forgotten(cast):
    kept = upload("email,name\na@b.example,A\n", by=cast.hana)
    uploads.discard_import(upload=kept, by=cast.hana)
    kept.refresh_from_db()
    assert (kept.status, kept.content) == ("discarded", None)
    with pytest.raises(NotAllowed):
        uploads.discard_import(upload=kept, by=cast.hana)
    assert uploads.work_on_import(pk=kept.pk) is False


def test_one_worker_at_a_time(cast):
    kept = upload("email,name\na@b.example,A\n", by=cast.hana)
    uploads.confirm_import(upload=kept, by=cast.hana)
    TableImport.objects.filter(pk=kept.pk).update(leased_until="2999-01-01T00:00Z")
    assert uploads.work_on_import(pk=kept.pk) is False
    TableImport.objects.filter(pk=kept.pk).update(leased_until="2000-01-01T00:00Z")
    assert uploads.work_on_import(pk=kept.pk) is True


def test_a_worker_that_dies_is_followed_by_one_that_finishes(cast, monkeypatch):
    monkeypatch.setattr("spokes.imports.people.CHUNK", 2)
    text = "email,name,department\n" + "".join(f"p{i}@larkfield.example,P{i},retail\n" for i in range(5))
    kept = upload(text, by=cast.hana)
    uploads.confirm_import(upload=kept, by=cast.hana)
    real, calls = in_bulk.store_people, []

    def dies_in_the_second_chunk(*args, **kwargs):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    monkeypatch.setattr("spokes.imports.people.store_people", dies_in_the_second_chunk)
    with pytest.raises(KeyboardInterrupt):
        uploads.work_on_import(pk=kept.pk)
    kept.refresh_from_db()
    assert (kept.status, kept.done, kept.total) == ("confirmed", 2, 5)
    TableImport.objects.filter(pk=kept.pk).update(leased_until=None)
    monkeypatch.setattr("spokes.imports.people.store_people", real)
    uploads.work_on_import(pk=kept.pk)
    kept.refresh_from_db()
    assert (kept.status, kept.done, kept.total) == ("done", 5, 5)
    assert User.objects.filter(name__regex=r"^P\d$").count() == 5


def test_a_fault_of_the_database_stops_with_a_sentence(cast, monkeypatch):
    kept = upload("email,name\na@b.example,A\n", by=cast.hana)
    uploads.confirm_import(upload=kept, by=cast.hana)

    def breaks(*args, **kwargs):
        raise DatabaseError("secret detail")

    monkeypatch.setattr("spokes.imports.people.store_people", breaks)
    uploads.work_on_import(pk=kept.pk)
    kept.refresh_from_db()
    assert kept.status == "failed"
    assert "stopped after 0 of 1" in kept.errors[0][2]
    assert "secret detail" not in kept.errors[0][2]


@pytest.mark.parametrize("where", ["plan_for", "store"])
def test_an_unforeseen_mistake_is_said_once_and_not_tried_for_ever(cast, monkeypatch, caplog, where):
    kept = upload("email,name\na@b.example,A\n", by=cast.hana)
    uploads.confirm_import(upload=kept, by=cast.hana)

    def breaks(*args, **kwargs):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(f"spokes.actions.uploads.{where}", breaks)
    assert uploads.work_on_import(pk=kept.pk) is True
    kept.refresh_from_db()
    assert (kept.status, kept.content, kept.leased_until) == ("failed", None, None)
    assert "could not finish this file" in kept.errors[0][2]
    assert "secret detail" not in kept.errors[0][2] and "secret detail" in caplog.text
    assert uploads.work_on_import(pk=kept.pk) is False


def test_a_database_that_is_away_is_waited_for(cast, monkeypatch):
    kept = upload("email,name\na@b.example,A\n", by=cast.hana)
    uploads.confirm_import(upload=kept, by=cast.hana)

    def away(*args, **kwargs):
        raise OperationalError("away")

    with monkeypatch.context() as patch:
        patch.setattr("spokes.actions.uploads.plan_for", away)
        with pytest.raises(OperationalError):
            uploads.work_on_import(pk=kept.pk)
    TableImport.objects.filter(pk=kept.pk).update(leased_until="2000-01-01T00:00Z")
    uploads.work_on_import(pk=kept.pk)
    kept.refresh_from_db()
    assert kept.status == "done"


def test_long_lists_cost_few_statements(cast, django_assert_max_num_queries):
    text = "email,name,department\n" + "".join(f"p{i}@larkfield.example,P{i},retail\n" for i in range(900))
    kept = upload(text, by=cast.hana)
    uploads.confirm_import(upload=kept, by=cast.hana)
    with django_assert_max_num_queries(60):
        uploads.work_on_import(pk=kept.pk)
    assert Membership.objects.filter(spoke=cast.retail, ends_on=None).count() == 902


# --- The command ----------------------------------------------------------------------------------------------------


def test_the_command_shows_stores_and_asks(cast, tmp_path, capsys):
    file = tmp_path / "staff.csv"
    file.write_text("email;name;department\nzoe@larkfield.example;Zoe;retail\n")
    call_command("import_people", str(file), "--dry-run")
    assert "1 joins" in capsys.readouterr().out
    assert not User.objects.filter(name="Zoe").exists()
    call_command("import_people", str(file), "--by", "hana@larkfield.example")
    assert User.objects.filter(name="Zoe").exists()
    call_command("import_people", str(file))
    assert "Nothing to do" in capsys.readouterr().out
    file.write_text(f"email;left_on\nzoe@larkfield.example;{day(-1)}\n")
    with pytest.raises(CommandError, match="tick the box"):
        call_command("import_people", str(file))
    call_command("import_people", str(file), "--yes-many-leave")
    assert not User.objects.get(name="Zoe").is_active


@pytest.mark.parametrize(
    ("text", "arguments", "sentence"),
    [
        (None, [], "cannot be read"),
        ("email\nx\n", [], "Nothing was stored"),
        ("email\nx\n", ["--by", "nobody@x.example"], "Nobody here"),
        ("email\nx\n", ["--by", "emma@larkfield.example"], "Only a lead"),
    ],
)
def test_the_command_says_what_is_wrong(cast, tmp_path, text, arguments, sentence):
    file = tmp_path / "staff.csv"
    if text is not None:
        file.write_text(text)
    with pytest.raises(CommandError, match=sentence):
        call_command("import_people", str(file), *arguments)


def test_the_command_needs_a_lead(db, tmp_path):
    file = tmp_path / "staff.csv"
    file.write_text("email\nx\n")
    with pytest.raises(CommandError, match="createsuperuser"):
        call_command("import_people", str(file))


# --- Who has more rights ----------------------------------------------------------------------------------------------

OVER_A_SUPERUSER = {
    "another address": ("email", "staff_number,email\nS1,hana.too@larkfield.example\n"),
    "gone": ("left_on", "staff_number,left_on\nS1,2020-01-01\n"),
    "goes soon": ("left_on", f"staff_number,left_on\nS1,{day(3)}\n"),
}


@pytest.mark.parametrize("case", OVER_A_SUPERUSER)
def test_a_leads_list_neither_readdresses_nor_ends_a_superuser(cast, case):
    column, text = OVER_A_SUPERUSER[case]
    User.objects.filter(pk=cast.root.pk).update(staff_number="S1")
    kept = upload(text, by=cast.hana)
    assert (kept.status, errors(kept)) == ("refused", [(2, column)])
    assert "Only a superuser" in kept.errors[0][2]


def test_a_superusers_own_list_may(cast):
    User.objects.filter(pk=cast.root.pk).update(staff_number="S1")
    confirmed(upload("staff_number,email\nS1,root.too@larkfield.example\n", by=cast.root), by=cast.root)
    cast.root.refresh_from_db()
    assert cast.root.email == "root.too@larkfield.example"


def test_the_rules_hold_where_it_is_stored_too(cast):
    act = Act(2, "changes", "Root", values={"fields": {"email": "x@larkfield.example"}}, target=cast.root.pk)
    with pytest.raises(NotAllowed):
        in_bulk.store_people([act], by=cast.hana, about=1, progress=len)
    act.verb, act.values = "returns", {"fields": {"is_active": True}}
    with pytest.raises(NotAllowed):
        in_bulk.store_people([act], by=cast.hana, about=1, progress=len)
