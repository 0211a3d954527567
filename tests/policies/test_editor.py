"""Where policies are written: the editor, its steps, its refusals; and the table in and out."""

import pytest
from import_export.formats.base_formats import CSV

from policies import actions
from policies.models import Policy, PolicyVersion
from policies.resources import PolicyResource
from policies.workflow import Status
from tests.factories import make_topic
from tests.policies.factories import (
    clause,
    days,
    hand_to,
    make_approved,
    make_draft,
    make_policy,
    make_published,
    make_submitted,
    submit,
    write,
)


@pytest.fixture
def as_(client):
    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


def desk(version, step="edit", *more):
    return "/".join(["/admin/policies/policy", str(version.policy_id), step, *map(str, more)]) + "/"


def typed(version, clauses, *, act="save", note="Why.", lock=None):
    data = {
        "lock": version.lock if lock is None else lock,
        "change_note": note,
        "act": act,
        "count": len(clauses),
    }
    for index, one in enumerate(clauses):
        for name, value in {"position": index + 1, **one}.items():
            data[f"c-{index}-{name}"] = value
    return data


def headings(answer):
    return [row["heading"] for row in answer.context["form"].rows()]


# --- Writing ---------------------------------------------------------------------------------------------------------


def test_a_text_is_written_saved_and_read_back(cast, as_):
    version = make_policy(cast=cast, title="Rules").versions.get()
    client = as_(cast.paul)
    assert "No clauses yet" in client.get(desk(version)).content.decode()
    answer = client.post(desk(version), typed(version, [clause("One"), clause("Two", force="may")]))
    assert (answer.status_code, answer["Location"]) == (302, desk(version))
    version.refresh_from_db()
    assert list(version.clauses.values_list("key", "force")) == [("one", "must"), ("two", "may")]
    assert (version.change_note, version.lock) == ("Why.", 1)
    text = client.get(desk(version)).content.decode()
    assert "Say so in the post itself." in text
    assert "#c-one" in text


def test_the_place_field_orders_without_javascript(cast, as_):
    version = make_draft(cast=cast)
    clauses = [
        {**clause("Last"), "position": 9},
        {**clause("First"), "position": 1},
        {**clause("Mid"), "position": "x"},
    ]
    as_(cast.paul).post(desk(version), typed(version, clauses))
    assert list(version.clauses.values_list("heading", flat=True)) == ["First", "Mid", "Last"]


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        ("up-1", ["B", "A", "C"]),
        ("up-0", ["A", "B", "C"]),
        ("down-1", ["A", "C", "B"]),
        ("down-2", ["A", "B", "C"]),
        ("remove-1", ["A", "C"]),
        ("add-0", ["A", "", "B", "C"]),
        ("add-end", ["A", "B", "C", ""]),
        ("up-9", ["A", "B", "C"]),
        ("dance-1", ["A", "B", "C"]),
    ],
)
def test_steps_change_what_is_shown_and_store_nothing(cast, as_, act, expected):
    version = make_draft(cast=cast)
    before = list(version.clauses.values_list("pk", flat=True))
    answer = as_(cast.paul).post(desk(version), typed(version, [clause("A"), clause("B"), clause("C")], act=act))
    assert answer.status_code == 200
    assert headings(answer) == expected
    assert "Not saved yet" in answer.content.decode()
    assert list(version.clauses.values_list("pk", flat=True)) == before


@pytest.mark.parametrize(
    ("clauses", "fields", "sentence"),
    [
        ([clause("Kept"), clause("")], {}, "Clause 2 needs a heading."),
        ([clause("Kept", body="x" * 50_001)], {}, "too long"),
        ([clause("Kept", key="not a key")], {}, "cannot be a clause"),
        ([clause("Kept")], {"note": "x" * 4001}, "4000"),
    ],
)
def test_errors_keep_what_was_typed(cast, as_, clauses, fields, sentence):
    version = make_draft(cast=cast)
    answer = as_(cast.paul).post(desk(version), typed(version, clauses, **fields))
    text = answer.content.decode()
    assert sentence in text
    assert "Kept" in text
    version.refresh_from_db()
    assert version.lock == 1


def test_a_hole_in_what_was_sent_ends_it(cast, as_):
    version = make_draft(cast=cast)
    for count in ["9", "x", ""]:
        answer = as_(cast.paul).post(desk(version), {**typed(version, [clause("A")], act="add-end"), "count": count})
        assert headings(answer) == (["A", ""] if count == "9" else [""])


def test_the_second_editor_sees_both_texts_and_can_go_on(cast, as_):
    version = make_draft(cast=cast)
    write(version=version, clauses=[clause("Theirs", body="Their words.")], note="Their note.", by=cast.hana)
    client = as_(cast.paul)
    answer = client.post(desk(version), typed(version, [clause("Mine", body="My words.")]))
    assert answer.status_code == 409
    text = answer.content.decode()
    for words in ["Somebody else saved", "Their words.", "Their note.", "My words."]:
        assert words in text
    assert list(version.clauses.values_list("heading", flat=True)) == ["Theirs"]
    lock = version.lock + 1
    assert f'name="lock" value="{lock}"' in text
    client.post(desk(version), typed(version, [clause("Both")], lock=lock))
    assert list(version.clauses.values_list("heading", flat=True)) == ["Both"]


def test_saving_what_others_look_at_says_that_it_is_a_draft_again(cast, as_):
    version = make_approved(cast=cast)
    client = as_(cast.paul)
    assert "takes it back to draft" in client.get(desk(version)).content.decode()
    answer = client.post(desk(version), typed(version, [clause()]), follow=True)
    assert "draft again" in answer.content.decode()
    version.refresh_from_db()
    assert version.status == Status.DRAFT


def test_preview_is_what_readers_see(cast, as_):
    answer = as_(cast.paul).post("/admin/policies/policy/preview/", {"text": "**Bold** <script>x</script>"})
    assert answer.content.decode().strip() == '<p dir="auto"><strong>Bold</strong> </p>'
    assert as_(cast.audra).post("/admin/policies/policy/preview/", {"text": "x"}).status_code == 403


def test_changes_are_shown_against_the_published_text(cast, as_):
    policy = make_published(cast=cast, clauses=[clause(body="Ask first.", key="one")]).policy
    version = make_draft(cast=cast, policy=policy, clauses=[clause(body="Ask later.", key="one")])
    text = as_(cast.paul).get(desk(version, "changes")).content.decode()
    assert "<ins>" in text
    first = make_draft(cast=cast)
    assert as_(cast.paul).get(desk(first, "changes"))["Location"] == desk(first, "versions")


# --- From draft to readers -------------------------------------------------------------------------------------------


def test_the_whole_way_through_the_pages(cast, as_):
    version = make_draft(cast=cast, title="Rules")
    client = as_(cast.paul)
    assert "Submit for approval" in client.get(desk(version, "look")).content.decode()
    client.post(desk(version, "submit"), {"lock": version.lock})
    client = as_(cast.lena)
    assert "Approve" in client.get(desk(version, "look")).content.decode()
    client.post(desk(version, "approve"), {"lock": version.lock})
    assert "Readers see it from" in client.get(desk(version, "look")).content.decode()
    answer = client.post(desk(version, "publish"), {"publish_on": "", "effective_on": days(4).isoformat()}, follow=True)
    assert "it binds from the day you chose" in answer.content.decode()
    version.refresh_from_db()
    assert (version.status, version.published_by) == (Status.ANNOUNCED, cast.lena)


@pytest.mark.parametrize(
    ("publish_on", "effective_on", "state"),
    [("", "", "in_force"), (0, 3, "announced"), (3, "", "scheduled")],
)
def test_publication_says_what_happens(cast, as_, publish_on, effective_on, state):
    version = make_approved(cast=cast)
    dates = {"publish_on": publish_on, "effective_on": effective_on}
    data = {name: days(value).isoformat() if value != "" else "" for name, value in dates.items()}
    as_(cast.hana).post(desk(version, "publish"), data)
    version.refresh_from_db()
    assert version.status == state
    if state == "scheduled":
        assert "It binds from" in as_(cast.hana).get(desk(version, "look")).content.decode()


def test_a_refused_publication_keeps_the_dates(cast, as_):
    version = make_approved(cast=cast)
    client = as_(cast.hana)
    answer = client.post(
        desk(version, "publish"), {"publish_on": days(5).isoformat(), "effective_on": days(4).isoformat()}
    )
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "cannot bind before" in text
    assert days(5).isoformat() in text
    assert client.post(desk(version, "publish"), {"publish_on": "soon"}).status_code == 422


def test_an_unfinished_text_is_not_submitted(cast, as_):
    version = make_policy(cast=cast).versions.get()
    answer = as_(cast.paul).post(desk(version, "submit"), {"lock": version.lock}, follow=True)
    assert "at least one clause" in answer.content.decode()


def test_an_approval_of_a_text_that_changed_is_refused(cast, as_):
    version = make_submitted(cast=cast)
    submit(write(version=version, by=cast.paul), by=cast.paul)
    answer = as_(cast.lena).post(desk(version, "approve"), {"lock": version.lock}, follow=True)
    assert "changed while you were looking" in answer.content.decode()


@pytest.mark.parametrize(
    ("step", "sent"), [("submit", {}), ("publish-now", {"now-reason": "A recall."}), ("approve", {})]
)
@pytest.mark.parametrize("lock", [None, "", "0", "x"])
def test_a_step_on_a_text_that_was_not_shown_is_refused(cast, as_, step, sent, lock):
    version = make_submitted(cast=cast) if step == "approve" else make_draft(cast=cast)
    values = sent if lock is None else {**sent, "lock": lock}
    answer = as_(cast.hana).post(desk(version, step), values, follow=True)
    assert "changed while you were looking" in answer.content.decode()
    was = version.status
    version.refresh_from_db()
    assert version.status == was


@pytest.mark.parametrize("step", ["submit", "publish-now", "approve"])
def test_the_page_says_which_text_it_shows(cast, as_, step):
    version = make_submitted(cast=cast) if step == "approve" else make_draft(cast=cast)
    text = as_(cast.hana).get(desk(version, "look")).content.decode()
    form = text.partition(f'action="{desk(version, step)}"')[2].partition("</form>")[0]
    assert f'name="lock" value="{version.lock}"' in form


def test_the_author_reads_why_she_cannot_approve(cast, as_):
    version = make_draft(cast=cast)
    version = submit(write(version=version, by=cast.hana), by=cast.paul)
    text = as_(cast.hana).get(desk(version, "look")).content.decode()
    assert "You wrote or submitted part of this version" in text
    answer = as_(cast.hana).post(desk(version, "approve"), {"lock": version.lock})
    assert answer.status_code == 403
    text = as_(cast.paul).get(desk(make_approved(cast=cast), "look")).content.decode()
    assert "Only a lead of the Center of Excellence publishes" in text


def test_giving_back_shows_the_comment_to_the_authors(cast, as_):
    version = make_submitted(cast=cast)
    client = as_(cast.lena)
    assert client.post(desk(version, "return"), {"comment": ""}).status_code == 422
    client.post(desk(version, "return"), {"comment": "Shorter, please."})
    assert "Shorter, please." in as_(cast.paul).get(desk(version, "look")).content.decode()


def test_publishing_without_approval_and_looking_afterwards(cast, as_):
    version = make_draft(cast=cast)
    client = as_(cast.hana)
    assert client.post(desk(version, "publish-now"), {"now-reason": ""}).status_code == 422
    client.post(desk(version, "publish-now"), {"now-reason": "A recall.", "lock": version.lock})
    version.refresh_from_db()
    assert version.status == Status.IN_FORCE
    text = as_(cast.lena).get(desk(version, "versions")).content.decode()
    assert "A recall." in text
    assert "I have looked at it" in text
    as_(cast.lena).post(desk(version, "look-at", 1))
    assert "I have looked at it" not in as_(cast.lena).get(desk(version, "versions")).content.decode()


def test_withdrawing_says_why(cast, as_):
    version = make_published(cast=cast)
    client = as_(cast.hana)
    answer = client.post(desk(version, "withdraw", 1), {"reason": "merged", "into": ""})
    assert answer.status_code == 422
    assert "Name the policy it was merged into" in answer.content.decode()
    assert client.post(desk(version, "withdraw", 1), {"reason": ""}).status_code == 422
    client.post(desk(version, "withdraw", 1), {"reason": "obsolete", "into": ""})
    version.refresh_from_db()
    assert version.status == Status.WITHDRAWN


def test_a_new_version_begins_with_a_button(cast, as_):
    version = make_published(cast=cast)
    client = as_(cast.paul)
    assert client.get(desk(version))["Location"] == desk(version, "versions")
    assert client.get(desk(version, "look"))["Location"] == desk(version, "versions")
    assert "Start a new version" in client.get(desk(version, "versions")).content.decode()
    assert client.post(desk(version), typed(version, []))["Location"] == desk(version, "versions")
    client.post(desk(version, "start"))
    assert PolicyVersion.objects.open().get().number == 2


# --- Who may come in -------------------------------------------------------------------------------------------------

STEPS = ["edit", "look", "changes", "versions", "start", "submit", "return", "approve", "publish", "publish-now"]


@pytest.mark.parametrize("who", ["emma", "rita", "dora", "sam"])
@pytest.mark.parametrize("step", STEPS)
def test_readers_never_reach_the_editor(cast, as_, who, step):
    version = make_draft(cast=cast)
    client = as_(getattr(cast, who))
    for answer in [client.get(desk(version, step)), client.post(desk(version, step))]:
        assert answer.status_code in {302, 403, 404, 405}
        assert answer.get("Location", "/admin/login/").startswith("/admin/login/")
    version.refresh_from_db()
    assert (version.status, version.lock) == (Status.DRAFT, 1)


def test_auditors_look_and_change_nothing(cast, as_):
    version = make_draft(cast=cast)
    client = as_(cast.audra)
    assert client.get(desk(version))["Location"] == desk(version, "look")
    text = client.get(desk(version, "look")).content.decode()
    assert "Submit for approval" not in text
    assert client.get(desk(version, "versions")).status_code == 200
    for step in ["edit", "submit", "approve", "publish", "start"]:
        assert client.post(desk(version, step), typed(version, [clause()])).status_code in {302, 403}
    version.refresh_from_db()
    assert (version.status, version.lock) == (Status.DRAFT, 1)
    assert "Edit" not in client.get("/policies/").content.decode()


def test_what_is_not_there_is_not_found(cast, as_):
    client = as_(cast.hana)
    version = make_published(cast=cast)
    assert client.get("/admin/policies/policy/999999/edit/").status_code == 404
    for step in ["submit", "approve", "return", "publish", "publish-now"]:
        assert client.post(f"/admin/policies/policy/999999/{step}/", {"comment": "x"}).status_code == 404
    assert client.post(desk(version, "withdraw", 9)).status_code == 404
    assert client.post(desk(version, "look-at", 9)).status_code == 404


# --- Plain fields and tables -----------------------------------------------------------------------------------------


def test_an_owner_is_chosen_among_those_who_work_for_the_hub(cast, as_):
    def offered(address):
        form = as_(cast.paul).get(address).context["adminform"].form
        return {person.name for person in form.fields["owner"].queryset}

    assert offered("/admin/policies/policy/add/") == {"Hana", "Lena", "Paul", "Root"}
    form = as_(cast.paul).get("/admin/policies/policy/add/").context["adminform"].form
    assert form["owner"].value() == cast.paul.pk, "whoever writes it owns it, unless she chooses somebody else"
    policy = hand_to(cast.audra, make_published(cast=cast).policy)
    assert offered(f"/admin/policies/policy/{policy.pk}/change/") == {"Hana", "Lena", "Paul", "Root", "Audra"}


def test_the_admin_creates_changes_and_lists_policies(cast, as_):
    topic = make_topic()
    client = as_(cast.paul)
    data = {
        "title": "Rules",
        "slug": "rules",
        "summary": "Whom it concerns.",
        "topic": topic.pk,
        "owner": cast.paul.pk,
        "audiences": [cast.retail.group_id],
        "must_sign": "on",
        "sign_within_days": 14,
        "review_months": 12,
        "review_on": "",
        "language": "en",
    }
    answer = client.post("/admin/policies/policy/add/", data)
    policy = Policy.objects.get()
    assert answer["Location"] == f"/admin/policies/policy/{policy.pk}/edit/"
    assert list(policy.audiences.all()) == [cast.retail.group]
    address = f"/admin/policies/policy/{policy.pk}/change/"
    assert "Write the text" in client.get(address).content.decode()
    client.post(address, {**data, "title": "New rules", "slug": "new-rules", "audiences": []})
    policy.refresh_from_db()
    assert (policy.title, policy.slug, policy.audiences.count()) == ("New rules", "new-rules", 0)
    answer = client.post(address, {**data, "review_months": 99})
    assert "within 1 to 60 months" in answer.content.decode()
    make_published(cast=cast, title="Published")
    text = client.get("/admin/policies/policy/").content.decode()
    assert "v1: Draft" in text
    assert "v1: In force" in text
    answer = client.post("/admin/policies/policy/add/", {**data, "slug": "published"})
    assert answer.status_code == 200
    assert client.get(f"/admin/policies/policy/{policy.pk}/delete/").status_code == 403


def test_the_admin_list_costs_the_same_with_one_and_with_three(cast, as_, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = as_(cast.hana)
    make_published(cast=cast)
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get("/admin/policies/policy/")
        counts.append(len(queries))
        make_published(cast=cast)
        make_draft(cast=cast)
    assert counts[0] == counts[1]


def test_signatures_are_looked_at_only(cast, as_):
    version = make_published(cast=cast, must_sign=True)
    actions.sign(version=version, content_hash=version.content_hash, by=cast.emma)
    client = as_(cast.hana)
    assert "Emma" in client.get("/admin/policies/acknowledgement/").content.decode()
    assert client.get("/admin/policies/acknowledgement/add/").status_code == 403


def test_a_table_goes_out_and_comes_back_the_same(cast):
    make_published(cast=cast, title="=1+1", slug="formula", must_sign=True)
    table = PolicyResource().export()
    assert not any(str(cell).startswith("=") for cell in table[0])
    again = CSV().create_dataset(table.csv)
    result = PolicyResource().import_data(again, dry_run=False, user=cast.paul)
    assert not result.has_errors()
    assert result.totals["skip"] == 1
    assert Policy.objects.get().title == "=1+1"


def test_rows_come_in_through_the_actions_and_bad_ones_say_why(cast):
    make_topic(name="Paid", slug="paid")
    columns = "slug,title,summary,language,topic,owner,must_sign,sign_within_days,review_months,review_on"
    good = "rules,Rules,Whom it concerns.,en,paid,paul@larkfield.example,1,14,12,"
    result = PolicyResource().import_data(CSV().create_dataset(f"{columns}\n{good}\n"), dry_run=False, user=cast.paul)
    assert not result.has_errors()
    policy = Policy.objects.get()
    assert (policy.title, policy.versions.count(), policy.owner) == ("Rules", 1, cast.paul)
    changed = good.replace("Whom it concerns.", "Otherwise.")
    PolicyResource().import_data(CSV().create_dataset(f"{columns}\n{changed}\n"), dry_run=False, user=cast.paul)
    policy.refresh_from_db()
    assert policy.summary == "Otherwise."
    foreign = good.replace("paul@", "emma@")
    result = PolicyResource().import_data(
        CSV().create_dataset(f"{columns}\n{foreign}\n"), dry_run=False, user=cast.paul
    )
    assert "Emma does not work for the Center of Excellence." in str(result.invalid_rows[0].error)
    policy.refresh_from_db()
    assert policy.owner == cast.paul
    bad = good.replace(",12,", ",99,").replace("rules,", "other,")
    result = PolicyResource().import_data(CSV().create_dataset(f"{columns}\n{bad}\n"), dry_run=False, user=cast.paul)
    assert result.has_errors() or result.has_validation_errors()
    assert Policy.objects.count() == 1


STEPS = ["submit", "return", "approve", "publish", "publish_now"]


@pytest.mark.parametrize("step", STEPS)
def test_whoever_presses_second_reads_that_nothing_is_open_any_more(as_, cast, step):
    policy = make_published(cast=cast).policy
    response = as_(cast.hana).post(f"/admin/policies/policy/{policy.pk}/{step.replace('_', '-')}/", follow=True)
    assert response.status_code == 200
    assert "Somebody else may have published it" in response.content.decode()


def test_a_refused_day_keeps_what_was_typed(as_, cast):
    policy = make_published(cast=cast).policy
    actions.publish(version=make_approved(cast=cast, policy=policy), effective_on=days(20), by=cast.hana)
    values = {"now-reason": "It cannot wait a day", "lock": make_draft(cast=cast, policy=policy).lock}
    response = as_(cast.hana).post(f"/admin/policies/policy/{policy.pk}/publish-now/", values)
    page = response.content.decode()
    assert response.status_code == 422
    assert "It cannot wait a day" in page and "is announced and binds from" in page


def test_numbers_beyond_all_measure_are_no_numbers(as_, cast):
    version = make_submitted(cast=cast)
    address, huge = f"/admin/policies/policy/{version.policy_id}", "9" * 5000
    assert as_(cast.lena).post(f"{address}/edit/", {"count": huge, "lock": huge}).status_code == 200
    assert as_(cast.lena).post(f"{address}/approve/", {"lock": huge}).status_code == 302


def test_the_owner_of_a_new_policy_is_chosen_among_those_who_work_for_the_hub(as_, cast):
    page = as_(cast.hana).get("/admin/policies/policy/add/")
    assert cast.paul.name in page.content.decode()
    assert cast.emma not in page.context["adminform"].form.fields["owner"].queryset
