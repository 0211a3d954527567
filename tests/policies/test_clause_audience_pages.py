"""Where people meet clauses for some: on the policy's page, when signing, in the editor, and in what is proven."""

import io
import zipfile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub.documents.parts import as_stored
from hub.documents.reader import read
from policies import clock, exports, jobs
from policies.actions import proof_pack
from policies.actions.text import redline_between
from policies.models import Acknowledgement, ProofLink
from policies.proof import verify
from policies.proposals import Proposal
from spokes import actions as spoke_actions
from tests.policies.factories import clause, days, make_draft, make_published, sign
from tests.policies.test_clause_audiences import SAY, TILL, text
from tests.policies.test_editor import desk, typed


@pytest.fixture
def as_(client):
    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


@pytest.fixture
def version(cast):
    return make_published(cast=cast, title="Rules", must_sign=True, clauses=text(cast=cast))


def page(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_policy_says_whom_each_clause_is_for_and_whether_it_is_the_reader(cast, as_, version):
    text = page(as_(cast.rita), "/policies/rules/")
    assert text.count("Applies to: Retail.") == 1
    assert text.count("It applies to you.") == 1
    text = page(as_(cast.otto), "/policies/rules/")
    assert "It does not apply to you." in text
    assert "Put up a sign." in text


def test_whom_the_policy_is_not_for_no_clause_is_for(cast, as_):
    make_published(
        cast=cast, title="Rules", audiences=[cast.operations.group], clauses=text(cast=cast, groups=[cast.retail.group])
    )
    type(cast.paul).groups.through.objects.create(user=cast.paul, group=cast.retail.group)
    assert "It does not apply to you." in page(as_(cast.paul), "/policies/rules/")


def test_a_page_with_three_such_clauses_takes_as_many_queries_as_one_with_one(cast, as_):
    counts = []
    for number in (1, 3):
        rows = [
            {**clause(f"Clause {n}", key=f"clause-{n}"), "audiences": [cast.retail.group.pk, cast.stores.group.pk]}
            for n in range(number)
        ]
        made = make_published(cast=cast, title=f"Policy of {number}", clauses=rows)
        client = as_(cast.emma)
        client.get(made.policy.get_absolute_url())
        with CaptureQueriesContext(connection) as queries:
            assert client.get(made.policy.get_absolute_url()).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_what_binds_her_comes_first_when_she_signs(cast, as_, version):
    rows = text(cast=cast)[::-1]
    make_published(cast=cast, policy=version.policy, clauses=rows)
    text_of_otto = page(as_(cast.otto), "/policies/rules/sign/")
    assert text_of_otto.index(f'id="c-{SAY}"') < text_of_otto.index("For others, so that you know")
    assert text_of_otto.index("For others, so that you know") < text_of_otto.index(f'id="c-{TILL}"')
    assert "For others" not in page(as_(cast.rita), "/policies/rules/sign/")


def test_signing_again_begins_with_what_asks(cast, as_, version):
    for person in (cast.rita, cast.otto):
        sign(person=person, version=version)
    rows = text(cast=cast, till="You must never put up a sign.", say="Say it, please.")
    make_published(cast=cast, policy=version.policy, clauses=rows)
    asking = page(as_(cast.rita), "/policies/rules/sign/").partition("What asks you to sign again")[2]
    listed = asking.partition("In words")[0]
    assert f'href="#c-{TILL}"' in listed
    assert f'href="#c-{SAY}"' not in listed
    assert "Signed" in page(as_(cast.otto), "/policies/rules/sign/")


def test_whoever_moves_reads_what_has_come_to_apply_to_her(cast, as_, version):
    sign(person=cast.otto, version=version)
    spoke_actions.move_home(person=cast.otto, spoke=cast.retail, by=cast.hana)
    shown = page(as_(cast.otto), "/policies/rules/sign/")
    assert "What applies to you now" in shown
    assert f'id="c-{TILL}"' in shown
    assert f'id="c-{SAY}"' not in shown
    data = {"version": version.number, "text": version.content_hash}
    assert as_(cast.otto).post("/policies/rules/sign/", data).status_code == 302
    assert Acknowledgement.objects.filter(person=cast.otto, unbound="").exists()
    assert "What applies to you now" not in page(as_(cast.otto), "/policies/rules/sign/")


def test_a_redline_shows_a_change_of_audience(cast, version):
    other = make_published(cast=cast, policy=version.policy, clauses=text(cast=cast, groups=[]))
    assert "<del>Retail</del> <ins>all its readers</ins>" in redline_between(version, other).html
    third = make_published(cast=cast, policy=version.policy, clauses=text(cast=cast, till="New words."))
    html = redline_between(other, third).side_html
    assert "<del>all its readers</del> <ins>Retail</ins>" in html
    fourth = make_published(cast=cast, policy=version.policy, clauses=text(cast=cast, till="Newer words."))
    assert "Applies to: Retail" in redline_between(third, fourth).html


# --- The editor ------------------------------------------------------------------------------------------------------


def rows(**more):
    return [{**clause("Say it", key="say-it"), **more}]


def saved(cast, as_, version, sent):
    return as_(cast.paul).post(desk(version), typed(version, sent))


def test_audiences_are_typed_by_name_and_unticked(cast, as_):
    draft = make_draft(cast=cast)
    assert saved(cast, as_, draft, rows(**{"audience-add": "retail; Operations"})).status_code == 302
    draft.refresh_from_db()
    assert draft.clauses.with_groups().get().audience_names == ["Operations", "Retail"]
    shown = page(as_(cast.paul), desk(draft))
    assert f'name="c-0-audience" value="{cast.retail.group.pk}" checked' in shown
    assert '<option value="Retail">' in shown
    assert saved(cast, as_, draft, rows(audience=cast.retail.group.pk)).status_code == 302
    draft.refresh_from_db()
    assert draft.clauses.with_groups().get().audience_names == ["Retail"]
    assert saved(cast, as_, draft, rows()).status_code == 302
    assert draft.clauses.with_groups().get().audience_names == []


def test_a_name_that_nobody_has_is_named_and_stays_in_its_field(cast, as_):
    draft = make_draft(cast=cast)
    answer = saved(cast, as_, draft, rows(**{"audience-add": "Retail; Retial"}))
    shown = answer.content.decode()
    assert "No department and no role is called “Retial”." in shown
    assert 'value="Retial"' in shown
    assert f'name="c-0-audience" value="{cast.retail.group.pk}" checked' in shown
    assert draft.clauses.with_groups().get().audience_names == []


def test_departments_of_one_name_are_told_apart(cast, as_, version):
    here, there = (
        spoke_actions.create_spoke(name="Press", slug=slug, by=cast.hana) for slug in ("press-brazil", "press-chile")
    )
    draft = make_draft(cast=cast)
    answer = saved(cast, as_, draft, rows(**{"audience-add": "Press"}))
    assert "Several departments are called “Press”." in answer.content.decode()
    assert saved(cast, as_, draft, rows(**{"audience-add": "press (press-brazil)"})).status_code == 302
    assert draft.clauses.get().audiences.get() == here.group
    shown = page(as_(cast.paul), desk(draft))
    assert "Press (press-brazil)" in shown
    assert '<option value="Press (press-chile)">' in shown
    for group in (here.group, there.group):
        version = make_published(cast=cast, policy=version.policy, clauses=text(cast=cast, groups=[group]))
    assert version.significance == "material"
    assert version.clause_changes.get().binds_more
    before = version.policy.versions.get(number=version.baseline_number)
    assert "<del>Press (press-brazil)</del> <ins>Press (press-chile)</ins>" in redline_between(before, version).html


@pytest.mark.parametrize("sent", ["9" * 5000, "٣", "-1", "x"], ids=["long", "other digits", "negative", "word"])
def test_what_is_no_number_of_a_group_ticks_none(cast, as_, sent):
    draft = make_draft(cast=cast)
    assert saved(cast, as_, draft, rows(audience=sent)).status_code == 302
    assert not draft.clauses.get().audiences.exists()


def test_a_step_of_the_editor_keeps_what_was_chosen(cast, as_):
    draft = make_draft(cast=cast)
    data = typed(draft, [*rows(audience=cast.retail.group.pk), clause("Two")], act="down-0")
    answer = as_(cast.paul).post(desk(draft), data)
    assert [row["chosen"] for row in answer.context["form"].rows()] == [[], [(cast.retail.group.pk, "Retail")]]


def test_the_second_editor_sees_both_audiences(cast, as_):
    draft = make_draft(cast=cast, clauses=rows())
    saved(cast, as_, draft, rows(audience=cast.retail.group.pk))
    answer = saved(cast, as_, draft, rows(audience=cast.operations.group.pk))
    assert answer.status_code == 409
    assert "<del>Retail</del> <ins>Operations</ins>" in answer.content.decode()


def test_the_page_of_changes_says_that_whom_it_newly_binds_is_asked(cast, as_, version):
    draft = make_draft(cast=cast, policy=version.policy, clauses=text(cast=cast, groups=[]))
    shown = page(as_(cast.paul), desk(draft, "changes"))
    assert "It applies to more people now" in shown
    assert "Whom it newly binds is asked to sign." in shown


@pytest.mark.parametrize("kind", ["md", "docx"])
def test_a_file_says_whom_a_clause_is_for_and_coming_back_changes_nothing(cast, as_, version, kind):
    clauses = list(version.clauses.with_groups())
    data = exports.FORMATS[kind][1](exports.Stamp.of(version, version.policy), clauses)
    if kind == "md":
        assert 'applies_to: {"signs-at-the-till": ["Retail"]}' in data.decode()
    else:
        assert "Applies to: Retail" in zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml").decode()
    proposal = Proposal.of(clauses, as_stored(read(data, f"rules.{kind}")))
    assert proposal.changes_nothing
    draft = make_draft(cast=cast, policy=version.policy, clauses=proposal.drafts())
    assert [one.content_hash for one in draft.clauses.all()] == [one.content_hash for one in clauses]
    assert "Applies to: Retail" in " ".join(
        exports.pdf.page(exports.Stamp.of(version, version.policy), clauses).split()
    )


# --- Proof -----------------------------------------------------------------------------------------------------------


def test_a_clause_is_proven_with_whom_it_is_for(cast, version):
    [_say, till] = proof_pack.text_of(version)["clauses"]
    assert till["applies_to"] == [[cast.retail.group.pk, "Retail"]]
    assert till["hash"] == verify.clause_hash(
        till["key"], till["force"], till["heading"], till["body"], till["applies_to"]
    )
    assert till["hash"] != verify.clause_hash(till["key"], till["force"], till["heading"], till["body"])
    assert "Applies to: Retail." in verify.as_markdown(proof_pack.text_of(version))


def bound(policy, day, cast):
    jobs.extend_chain()
    head = ProofLink.objects.count()
    until = clock.midnight(day + (days(1) - days(0)))
    found = proof_pack.bound_rows(policy, day, until=until, head=head)
    columns = proof_pack.BOUND_COLUMNS
    return {row[2]: dict(zip(columns, row, strict=True)) for row in found}


def test_a_pack_says_who_was_bound_by_which_clause_and_whose_signature_holds(cast, version):
    for person in (cast.rita, cast.otto):
        sign(person=person, version=version)
    told = bound(version.policy, days(0), cast)
    assert (told["Rita"]["clauses_for_others"], told["Otto"]["clauses_for_others"]) == ("", TILL)
    make_published(cast=cast, policy=version.policy, clauses=text(cast=cast, till="You must never put up a sign."))
    told = bound(version.policy, days(0), cast)
    assert (told["Rita"]["signature_holds"], told["Otto"]["signature_holds"]) == ("no", "yes")


def test_a_pack_does_not_count_a_signature_given_before_the_clause_bound_her(cast, version):
    sign(person=cast.otto, version=version)
    assert bound(version.policy, days(0), cast)["Otto"]["signature_holds"] == "yes"
    spoke_actions.move_home(person=cast.otto, spoke=cast.retail, by=cast.hana)
    told = bound(version.policy, days(0), cast)["Otto"]
    assert (told["clauses_for_others"], told["signature_holds"]) == ("", "no")
