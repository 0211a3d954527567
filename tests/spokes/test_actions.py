"""Every verb of departments, homes, terms and accounts: what it does, and every refusal."""

import pytest
from django.contrib.auth.models import Group

from hub.exceptions import Invalid, NotAllowed
from hub.models import AuditEvent, OldSlug, Role, User
from spokes import actions
from spokes.models import Membership, SocialAccount, Spoke, Term
from spokes.workflow import TRANSITIONS, AccountStatus
from tests.factories import make_person, make_spoke, make_term
from tests.spokes.factories import day, make_account

OTHERS = ["rita", "dora", "otto", "emma", "sam", "audra"]


def verbs(obj):
    events = AuditEvent.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk))
    return list(events.order_by("pk").values_list("verb", flat=True))


def spoke_groups(person):
    return set(person.groups.filter(spoke__isnull=False).values_list("spoke__slug", flat=True))


# --- Departments ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", OTHERS)
def test_only_staff_change_the_tree(cast, who):
    person = getattr(cast, who)
    verbs_of_the_tree = [
        lambda: actions.create_spoke(name="New", slug="new", by=person),
        lambda: actions.change_spoke(spoke=cast.care, purpose="x", by=person),
        lambda: actions.move_spoke(spoke=cast.care, parent=cast.retail, by=person),
        lambda: actions.close_spoke(spoke=cast.stores, by=person),
        lambda: actions.reopen_spoke(spoke=cast.stores, by=person),
        lambda: actions.start_term(person=cast.emma, spoke=cast.care, kind="deputy", by=person),
        lambda: actions.end_term(term=Term.objects.first(), by=person),
        lambda: actions.say_goodbye(person=cast.emma, by=person),
    ]
    for verb in verbs_of_the_tree:
        with pytest.raises(NotAllowed):
            verb()


def test_a_new_department_has_a_path_and_a_group(cast):
    spoke = actions.create_spoke(name="Kiosks", slug="kiosks", parent=cast.stores, by=cast.paul)
    assert spoke.path == f"{cast.stores.path}{spoke.pk}/"
    assert spoke.group.name == "spoke:kiosks"
    assert verbs(spoke) == ["created"]


def test_two_departments_cannot_share_an_address(cast):
    with pytest.raises(Invalid, match="at this address already"):
        actions.create_spoke(name="Retail again", slug="retail", by=cast.paul)
    with pytest.raises(Invalid, match="at this address already"):
        actions.change_spoke(spoke=cast.care, slug="retail", by=cast.paul)


def test_a_former_address_is_remembered_until_somebody_else_takes_it(cast):
    actions.change_spoke(spoke=cast.care, slug="care", name="Care", by=cast.paul)
    assert OldSlug.objects.get(kind="spoke", slug="customer-care").object_id == cast.care.pk
    assert Group.objects.get(spoke=cast.care).name == "spoke:care"
    actions.change_spoke(spoke=cast.stores, slug="customer-care", by=cast.paul)
    assert not OldSlug.objects.filter(slug="customer-care").exists()


def test_change_takes_plain_fields_only(cast):
    with pytest.raises(TypeError):
        actions.change_spoke(spoke=cast.care, parent=cast.retail, by=cast.paul)


def test_a_branch_moves_with_everybody_in_it(cast):
    clerk = make_person(spoke=cast.stores)
    actions.move_spoke(spoke=cast.retail, parent=cast.operations, by=cast.paul)
    cast.stores.refresh_from_db()
    cast.retail.refresh_from_db()
    assert cast.stores.path == f"{cast.operations.path}{cast.retail.pk}/{cast.stores.pk}/"
    assert cast.retail.parent == cast.operations
    assert spoke_groups(clerk) == {"stores", "retail", "operations", "larkfield"}
    assert verbs(cast.retail)[-1] == "moved"


def test_a_branch_moves_to_the_top(cast):
    actions.move_spoke(spoke=cast.retail, parent=None, by=cast.paul)
    cast.stores.refresh_from_db()
    assert cast.stores.path == f"/{cast.retail.pk}/{cast.stores.pk}/"


def test_moving_to_the_same_place_is_nothing(cast):
    actions.move_spoke(spoke=cast.retail, parent=cast.company, by=cast.paul)
    assert "moved" not in verbs(cast.retail)


@pytest.mark.parametrize("below", ["retail", "stores"])
def test_a_department_cannot_be_below_itself(cast, below):
    with pytest.raises(Invalid, match="below itself"):
        actions.move_spoke(spoke=cast.retail, parent=getattr(cast, below), by=cast.paul)


def test_a_department_with_people_or_branches_stays_open(cast):
    with pytest.raises(Invalid, match="still have"):
        actions.close_spoke(spoke=cast.care, by=cast.paul)
    for person in [cast.rita, cast.dora]:
        actions.move_home(person=person, spoke=cast.care, by=cast.paul)
    with pytest.raises(Invalid, match="departments below"):
        actions.close_spoke(spoke=cast.retail, by=cast.paul)


def test_a_department_with_accounts_or_terms_stays_open(cast):
    accounts = [make_account(spoke=cast.stores) for _ in range(2)]
    with pytest.raises(Invalid, match="2 accounts of Stores are still in the register"):
        actions.close_spoke(spoke=cast.stores, by=cast.paul)
    actions.move_account(account=accounts[0], to=AccountStatus.ARCHIVED, by=cast.paul)
    actions.change_account(account=accounts[1], spoke=cast.retail, by=cast.paul)
    term = make_term(person=cast.emma, spoke=cast.stores)
    make_term(person=cast.otto, spoke=cast.stores, starts_on=day(-9), ends_on=day(-1))
    with pytest.raises(Invalid, match="1 term for Stores still runs"):
        actions.close_spoke(spoke=cast.stores, by=cast.paul)
    actions.end_term(term=term, by=cast.paul)
    assert actions.close_spoke(spoke=cast.stores, by=cast.paul).closed_on == day(0)


def test_nobody_speaks_for_a_closed_department(cast):
    before = actions.close_spoke(spoke=cast.stores, by=cast.paul)
    before.closed_on = None  # as somebody still sees it who opened the page earlier
    with pytest.raises(Invalid, match="Stores is closed"):
        actions.start_term(person=cast.emma, spoke=before, kind="deputy", by=cast.paul)
    with pytest.raises(Invalid, match="Stores is closed"):
        actions.move_home(person=cast.emma, spoke=before, by=cast.paul)


def test_people_who_left_do_not_keep_a_department_open(cast):
    actions.say_goodbye(person=cast.emma, by=cast.paul)
    spoke = actions.close_spoke(spoke=cast.care, on=day(-1), by=cast.paul)
    assert spoke.closed_on == day(-1)
    assert actions.reopen_spoke(spoke=spoke, by=cast.paul).closed_on is None
    actions.reopen_spoke(spoke=spoke, by=cast.paul)
    assert verbs(spoke)[-2:] == ["closed", "reopened"]


# --- Homes ----------------------------------------------------------------------------------------------------------


def test_a_person_chooses_her_first_home_and_no_other(cast):
    newcomer = make_person()
    actions.move_home(person=newcomer, spoke=cast.stores, by=newcomer)
    assert spoke_groups(newcomer) == {"stores", "retail", "larkfield"}
    with pytest.raises(NotAllowed):
        actions.move_home(person=newcomer, spoke=cast.care, by=newcomer)
    with pytest.raises(NotAllowed):
        actions.move_home(person=make_person(), spoke=cast.care, by=newcomer)


def test_a_move_is_dated_and_changes_the_audiences(cast):
    Membership.objects.filter(person=cast.emma).update(starts_on=day(-10))
    actions.move_home(person=cast.emma, spoke=cast.retail, by=cast.paul)
    rows = cast.emma.memberships.order_by("starts_on").values_list("spoke__slug", "starts_on", "ends_on")
    assert list(rows) == [("customer-care", day(-10), day(-1)), ("retail", day(0), None)]
    assert spoke_groups(cast.emma) == {"retail", "larkfield"}


def test_two_moves_on_one_day_leave_one_home(cast):
    actions.move_home(person=cast.emma, spoke=cast.retail, by=cast.paul)
    actions.move_home(person=cast.emma, spoke=cast.operations, by=cast.paul)
    assert [m.spoke for m in cast.emma.memberships.all()] == [cast.operations]


def test_staying_is_no_move(cast):
    before = cast.emma.memberships.get()
    assert actions.move_home(person=cast.emma, spoke=cast.care, by=cast.paul) == before


def test_no_account_comes_to_life_in_a_closed_department(cast):
    archived = make_account(spoke=cast.stores, status=AccountStatus.ARCHIVED)
    other = make_account(spoke=cast.retail)
    actions.close_spoke(spoke=cast.stores, by=cast.paul)
    seen_before = Spoke.objects.get(pk=cast.stores.pk)
    seen_before.closed_on = None  # as somebody still sees it who opened the page earlier
    for attempt in (
        lambda: actions.move_account(account=archived, to=AccountStatus.ACTIVE, by=cast.paul),
        lambda: actions.change_account(account=other, spoke=seen_before, by=cast.paul),
        lambda: make_account(spoke=seen_before),
    ):
        with pytest.raises(Invalid, match="Stores is closed"):
            attempt()
    make_account(spoke=seen_before, status=AccountStatus.ARCHIVED)
    assert actions.change_account(account=archived, purpose="Its posts are kept.", by=cast.paul).purpose
    # What lives nowhere may be filed with a department that closed as well.
    moved = make_account(spoke=cast.retail, status=AccountStatus.ARCHIVED)
    assert actions.change_account(account=moved, spoke=seen_before, by=cast.paul).spoke == cast.stores


def test_nobody_moves_into_a_closed_department(cast):
    actions.close_spoke(spoke=cast.stores, by=cast.paul)
    cast.stores.refresh_from_db()
    with pytest.raises(Invalid, match="closed"):
        actions.move_home(person=cast.emma, spoke=cast.stores, by=cast.paul)


def test_goodbye_ends_home_and_terms_and_closes_the_door(cast):
    for model in (Membership, Term):
        model.objects.filter(person=cast.rita).update(starts_on=day(-90))
    make_term(person=cast.rita, spoke=cast.care, starts_on=day(5))
    actions.say_goodbye(person=cast.rita, on=day(-1), by=cast.paul)
    rita = User.objects.get(pk=cast.rita.pk)
    assert (rita.is_active, rita.left_on) == (False, day(-1))
    assert list(rita.memberships.values_list("ends_on", flat=True)) == [day(-1)]
    assert list(rita.terms.values_list("spoke__slug", "ends_on")) == [("retail", day(-1))]
    assert not rita.groups.exists()


def test_the_last_lead_cannot_leave(cast):
    actions.say_goodbye(person=cast.lena, by=cast.hana)
    with pytest.raises(Invalid, match="only lead"):
        actions.say_goodbye(person=cast.hana, by=cast.hana)


# --- Terms ----------------------------------------------------------------------------------------------------------


def test_terms_of_one_person_for_one_department_do_not_overlap(cast):
    with pytest.raises(Invalid, match="already has a term"):
        actions.start_term(person=cast.rita, spoke=cast.retail, kind="deputy", by=cast.paul)
    with pytest.raises(Invalid, match="already has a term"):
        actions.start_term(
            person=cast.rita, spoke=cast.retail, kind="deputy", starts_on=day(1), ends_on=day(9), by=cast.paul
        )
    earlier = actions.start_term(
        person=cast.rita, spoke=cast.retail, kind="deputy", starts_on=day(-90), ends_on=day(-60), by=cast.paul
    )
    assert earlier.kind == "deputy"


def test_a_term_begins_before_it_ends_and_only_for_people_who_are_here(cast):
    with pytest.raises(Invalid, match="before it begins"):
        actions.start_term(person=cast.emma, spoke=cast.care, kind="deputy", ends_on=day(-1), by=cast.paul)
    actions.say_goodbye(person=cast.emma, by=cast.paul)
    cast.emma.refresh_from_db()
    with pytest.raises(Invalid, match="has left"):
        actions.start_term(person=cast.emma, spoke=cast.care, kind="deputy", by=cast.paul)


def test_a_term_ends_on_its_last_day_and_never_before_it_began(cast):
    term = cast.rita.terms.get()
    assert actions.end_term(term=term, on=day(3), by=cast.paul).ends_on == day(3)
    assert actions.end_term(term=term, by=cast.paul).ends_on == day(0)
    assert actions.end_term(term=term, on=day(-900), by=cast.paul).ends_on == term.starts_on
    assert verbs(term) == ["started", "ended", "ended", "ended"]


# --- Accounts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "may"),
    [("hana", True), ("paul", True), ("rita", True), ("dora", True)]
    + [(who, False) for who in ["otto", "emma", "sam", "audra"]],
)
def test_who_keeps_the_accounts_of_a_department(cast, who, may):
    person = getattr(cast, who)
    account = make_account(spoke=cast.stores)
    acts = [
        lambda: actions.add_account(platform="x", handle=f"new{who}", spoke=cast.stores, by=person),
        lambda: actions.change_account(account=account, purpose="Offers", by=person),
        lambda: actions.review_account(account=account, by=person),
        lambda: actions.move_account(account=account, to=AccountStatus.UNDER_REVIEW, by=person),
    ]
    for act in acts:
        if may:
            act()
        else:
            with pytest.raises(NotAllowed, match="Stores"):
                act()


def test_representing_a_branch_says_nothing_about_what_is_above_or_beside(cast):
    clerk = make_person(name="Nia", spoke=cast.stores)
    make_term(person=clerk, spoke=cast.stores)
    for spoke in (cast.retail, cast.company, cast.care):
        with pytest.raises(NotAllowed):
            actions.add_account(platform="x", handle="any", spoke=spoke, by=clerk)


def test_a_term_that_has_ended_gives_no_right(cast):
    former = make_person(name="Former")
    make_term(person=former, spoke=cast.retail, ends_on=day(-1))
    with pytest.raises(NotAllowed):
        actions.add_account(platform="x", handle="any", spoke=cast.retail, by=former)


@pytest.mark.parametrize("handle", ["Larkfield", "@larkfield", "https://x.com/LARKFIELD", "www.x.com/larkfield/"])
def test_an_account_is_registered_once(cast, handle):
    make_account(spoke=cast.retail, handle="larkfield")
    with pytest.raises(Invalid, match="with Retail"):
        actions.add_account(platform="x", handle=handle, spoke=cast.care, by=cast.paul)
    assert actions.add_account(platform="instagram", handle=handle, spoke=cast.care, by=cast.paul)


def test_a_change_keeps_the_handle_unique_and_bare(cast):
    make_account(spoke=cast.retail, handle="taken")
    account = make_account(spoke=cast.retail, handle="mine")
    with pytest.raises(Invalid):
        actions.change_account(account=account, handle="@TAKEN", by=cast.rita)
    account = actions.change_account(account=account, handle="@Mine", admins=[cast.dora], by=cast.rita)
    assert (account.handle, list(account.admins.all())) == ("Mine", [cast.dora])
    assert AuditEvent.objects.filter(verb="changed").latest("pk").details == {"fields": ["handle"]}


def test_handing_an_account_over_needs_the_right_there_too(cast):
    account = make_account(spoke=cast.retail)
    with pytest.raises(NotAllowed, match="Operations"):
        actions.change_account(account=account, spoke=cast.operations, by=cast.rita)
    assert actions.change_account(account=account, spoke=cast.stores, by=cast.rita).spoke == cast.stores


def test_only_plain_fields_are_changed(cast):
    account = make_account(spoke=cast.retail)
    with pytest.raises(TypeError):
        actions.change_account(account=account, status="archived", by=cast.paul)


def test_a_review_dates_itself_and_ends_the_state_under_review(cast):
    account = make_account(spoke=cast.retail, status=AccountStatus.UNDER_REVIEW)
    account = actions.review_account(account=account, by=cast.dora)
    assert (account.status, account.last_reviewed_on, account.mfa_checked_on) == ("active", day(0), None)
    assert actions.review_account(account=account, mfa_checked=True, by=cast.dora).mfa_checked_on == day(0)
    archived = make_account(spoke=cast.retail, status=AccountStatus.ARCHIVED)
    with pytest.raises(NotAllowed, match="needs no review"):
        actions.review_account(account=archived, by=cast.dora)


@pytest.mark.parametrize("before", AccountStatus)
@pytest.mark.parametrize("after", AccountStatus)
def test_an_account_moves_only_along_the_table(cast, before, after):
    account = make_account(spoke=cast.retail, status=before)
    if after in TRANSITIONS[before]:
        assert actions.move_account(account=account, to=after, by=cast.rita).status == after
    else:
        with pytest.raises(NotAllowed, match="cannot become"):
            actions.move_account(account=account, to=after, by=cast.rita)
        assert SocialAccount.objects.get(pk=account.pk).status == before


def test_the_tree_and_the_cast_are_what_the_tests_think(cast):
    assert Spoke.objects.get(slug="stores").depth == 2
    assert cast.lena.role == Role.LEAD
    assert make_spoke(name="Sisters").depth == 0
