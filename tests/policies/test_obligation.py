"""Obligations: what covers what, and what nothing in force covers."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from hub.exceptions import Invalid, NotAllowed
from hub.models import AuditEvent
from policies import actions
from policies.models import Coverage, Obligation
from tests.policies.factories import clause, days, make_obligation, make_published, make_withdrawn

KEY = "say-where-you-work"


@pytest.fixture
def version(cast):
    return make_published(cast=cast, title="Rules")


def uncovered():
    return set(Obligation.objects.current().uncovered(days(0)).values_list("title", flat=True))


def counts(obligation):
    row = Obligation.objects.with_coverage(days(0)).get(pk=obligation.pk)
    return row.links, row.in_force


def test_a_clause_in_force_covers_it(cast, version):
    obligation = make_obligation(cast=cast, title="Adverts", clauses=[(version.policy, KEY)])
    make_obligation(cast=cast, title="Records")
    assert uncovered() == {"Records"}
    assert counts(obligation) == (1, 1)
    assert AuditEvent.objects.filter(verb="created", object_label="Adverts").get().details["covered_by"] == [
        f"rules#{KEY}"
    ]


def test_a_clause_that_was_taken_out_or_withdrawn_covers_nothing(cast, version):
    taken_out = make_obligation(cast=cast, title="Taken out", clauses=[(version.policy, KEY)])
    gone = make_withdrawn(cast=cast)
    make_obligation(cast=cast, title="Withdrawn", clauses=[(gone.policy, KEY)])
    assert uncovered() == {"Withdrawn"}
    make_published(cast=cast, policy=version.policy, clauses=[clause(key="another")])
    assert uncovered() == {"Taken out", "Withdrawn"}
    assert counts(taken_out) == (1, 0)


def test_an_announced_clause_covers_it_from_the_day_it_binds(cast, version):
    make_published(cast=cast, policy=version.policy, clauses=[clause(key="new-one")], effective_on=days(5))
    make_obligation(cast=cast, title="Soon", clauses=[(version.policy, "new-one")])
    assert uncovered() == {"Soon"}
    assert set(Obligation.objects.uncovered(days(5)).values_list("title", flat=True)) == set()


def test_what_is_refused_and_at_which_field(cast, version):
    make_obligation(cast=cast, title="Taken")
    for fields, field in [
        ({"title": " "}, "title"),
        ({"source": ""}, "source"),
        ({"demands": ""}, "demands"),
        ({"kind": "wish"}, "kind"),
        ({"title": "Taken"}, "title"),
        ({"clauses": [(version.policy, "no-such-clause")]}, "clauses"),
    ]:
        with pytest.raises(Invalid) as error:
            make_obligation(cast=cast, **fields)
        assert error.value.field == field
    with pytest.raises(TypeError):
        make_obligation(cast=cast, colour="red")
    assert Obligation.objects.count() == 1


def test_an_unforeseen_mistake_is_not_called_a_taken_title(cast):
    with pytest.raises(IntegrityError):
        make_obligation(cast=cast, look_on=None)


def test_changing_it_and_its_clauses(cast, version):
    other = make_published(cast=cast)
    obligation = make_obligation(cast=cast, clauses=[(version.policy, KEY)])
    plain = {name: getattr(obligation, name) for name in ["title", "kind", "source", "demands", "url"]}
    change = {**plain, "look_on": days(7), "clauses": [(other.policy, KEY)]}
    actions.save_obligation(obligation=obligation, by=cast.paul, **change)
    actions.save_obligation(obligation=obligation, by=cast.paul, **change)
    line = AuditEvent.objects.get(verb="changed", object_type="policies.obligation")
    assert (line.details["added"], line.details["removed"]) == ([f"{other.policy.slug}#{KEY}"], [f"rules#{KEY}"])
    assert [row.policy for row in Coverage.objects.all()] == [other.policy]


@pytest.mark.parametrize("who", ["rita", "emma", "sam", "audra"])
def test_only_staff_write_them(cast, version, who):
    obligation, by = make_obligation(cast=cast), getattr(cast, who)
    for act in [
        lambda: make_obligation(cast=cast, by=by),
        lambda: actions.retire_obligation(obligation=obligation, by=by),
        lambda: actions.revive_obligation(obligation=obligation, by=by),
    ]:
        with pytest.raises(NotAllowed):
            act()


def test_what_is_no_longer_asked_is_no_gap(cast):
    obligation = make_obligation(cast=cast, title="Old law", look_on=days(-1))
    assert obligation.is_look_overdue
    for _again in range(2):
        assert actions.retire_obligation(obligation=obligation, by=cast.paul).retired_on == days(0)
    assert uncovered() == set()
    for _again in range(2):
        assert actions.revive_obligation(obligation=obligation, by=cast.paul).retired_on is None
    assert uncovered() == {"Old law"}
    assert AuditEvent.objects.filter(verb__in=["retired", "revived"]).count() == 2


def test_the_database_holds_what_must_always_hold(cast, version):
    obligation = make_obligation(cast=cast, clauses=[(version.policy, KEY)])
    for change in [{"kind": "wish"}, {"demands": ""}, {"source": ""}]:
        with pytest.raises(IntegrityError), transaction.atomic():
            Obligation.objects.filter(pk=obligation.pk).update(**change)
    row = obligation.coverage.get()
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        obligation.coverage.update(clause_key="")


# --- Pages -----------------------------------------------------------------------------------------------------------


def test_the_page_of_what_covers_what(cast, client, version):
    client.force_login(cast.audra)
    address = reverse("admin:policies_obligation_coverage")
    assert "No obligations yet" in client.get(address).content.decode()
    gone = make_withdrawn(cast=cast, title="Old rules")
    make_published(cast=cast, policy=version.policy, clauses=[clause(key="new"), clause(key=KEY)], effective_on=days(5))
    make_obligation(cast=cast, title="Adverts", clauses=[(version.policy, KEY), (version.policy, "new")])
    make_obligation(cast=cast, title="Records", clauses=[(gone.policy, KEY)])
    actions.retire_obligation(obligation=make_obligation(cast=cast, title="Old law"), by=cast.paul)
    page = client.get(address).content.decode()
    assert "Rules, 1 Say where you work" in page
    assert "not in force yet" in page
    assert "no longer in force" in page
    assert "Old rules, 1 " in page, "what was withdrawn keeps its name"
    assert "Old law" not in page
    gaps = client.get(address, {"show": "gaps"}).content.decode()
    assert "Records" in gaps
    assert "Adverts" not in gaps
    assert "Old law" in client.get(address, {"show": "retired"}).content.decode()
    client.force_login(cast.paul)
    assert "Add an obligation" in client.get(address).content.decode()


def test_writing_one_in_the_admin(cast, client, version):
    client.force_login(cast.paul)
    add = reverse("admin:policies_obligation_add")
    assert "Clause 3" in client.get(add).content.decode()
    sent = {"title": "Adverts", "kind": "law", "source": "An act", "demands": "", "look_on": days(9)}
    refused = client.post(add, sent)
    assert refused.status_code == 422
    assert "Adverts" in refused.content.decode()
    sent |= {"demands": "Mark them.", "clause-0": f"rules:{KEY}", "clause-1": f"rules:{KEY}", "clause-2": ""}
    client.post(add, sent)
    obligation = Obligation.objects.get()
    assert obligation.coverage.count() == 1
    assert client.post(add, sent).status_code == 422
    make_published(cast=cast, policy=version.policy, clauses=[clause(key="another")])
    address = obligation.get_absolute_url()
    page = client.get(address).content.decode()
    assert "No longer in force" in page
    client.post(address, {**sent, "clause-1": "rules:another"})
    assert obligation.coverage.count() == 2
    client.post(reverse("admin:policies_obligation_retire", args=[obligation.pk]))
    assert "It is asked of us again" in client.get(address).content.decode()
    client.post(reverse("admin:policies_obligation_revive", args=[obligation.pk]))
    assert "It is no longer asked of us" in client.get(address).content.decode()
    assert client.get("/admin/policies/obligation/no/change/").status_code == 404
    client.force_login(cast.audra)
    page = client.get(address).content.decode()
    assert "Mark them." in page
    assert "<textarea" not in page
    assert client.post(address, sent).status_code == 403


def test_the_list_by_coverage_and_its_export(cast, client, version):
    make_obligation(cast=cast, title="Adverts", clauses=[(version.policy, KEY)])
    make_obligation(cast=cast, title="Records", demands="=1+1")
    client.force_login(cast.audra)
    found = {}
    for covered in ["no", "yes", ""]:
        page = client.get("/admin/policies/obligation/", {"covered": covered} if covered else {})
        found[covered] = {row.title for row in page.context["cl"].result_list}
    assert found == {"no": {"Records"}, "yes": {"Adverts"}, "": {"Adverts", "Records"}}
    fields = {f"obligationresource_{name}": "on" for name in ("title", "demands", "clauses")}
    table = client.post("/admin/policies/obligation/export/", {"format": "0", "resource": "0", **fields})
    assert f"rules#{KEY}" in table.content.decode()
    assert "'=1+1" in table.content.decode()


def test_staff_and_auditors_see_on_the_clause_what_it_answers_and_readers_the_rule_alone(cast, client, version):
    obligation = make_obligation(cast=cast, title="Adverts are marked", clauses=[(version.policy, KEY)])
    for who, sees in [("paul", True), ("audra", True), ("emma", False), ("rita", False), ("sam", False)]:
        client.force_login(getattr(cast, who))
        assert ("Adverts are marked" in client.get("/policies/rules/").content.decode()) == sees
    actions.retire_obligation(obligation=obligation, by=cast.paul)
    client.force_login(cast.paul)
    assert "Adverts are marked" not in client.get("/policies/rules/").content.decode()
