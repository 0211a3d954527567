"""Every address, every role, looking and acting: who gets what stands in `matrix.txt`."""

import pytest
from django.urls import resolve

from hub.querysets import AudienceQuerySet
from tests.access import table
from tests.access.world import CANARIES, ROLES, make_world

pytestmark = pytest.mark.once

ROWS = table.read()
# Whoever is not signed in gets these, and is sent to sign in by all others.
OPEN = {
    "hub/proof-keys.txt",
    "hub/verify.py",
    # The token in the address says who reads.
    *(f"policies/feeds/<str:token>/policies.{ending}" for ending in ("json", "atom", "ics")),
    "runs/feeds/<str:token>/steps.ics",
    # So does this one, and who may act by it: it was sent to the owner.
    "playbooks/still-true/<str:token>/",
    # And these, which were sent to somebody without an account.
    *(f"outside/<str:token>/{act}" for act in ("", "comment/", "done/")),
    "accessibility/",
    "robots.txt",
    "favicon.ico",
    ".well-known/security.txt",
    "sample/sign-in/<int:pk>/",
    "accounts/login/",
    "accounts/inactive/",
    "accounts/signup/",
    "accounts/confirm-email/",
    r"accounts/^confirm-email/(?P<key>[-:\w]+)/$",
    "accounts/password/reset/",
    "accounts/password/reset/done/",
    "accounts/password/reset/key/done/",
    r"accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
}
# An auditor changes nothing but what is her own: her sign-in, her settings, and her own signature, which the
# company asks of every employee. A proof pack is a file made for her, of what she may read anyway.
OWN = (
    "accounts/",
    "admin/logout/",
    "admin/password_change/",
    "admin/policies/policy/<int:pk>/proof/",
    "admin/policies/acknowledgement/proof/",
    "settings/",
    "policies/<slug:slug>/sign/",
)
# allauth notes a person's address among her addresses when she looks at them.
WRITES_ON_LOOKING = {"accounts/email/"}

# Where the word "lantern" finds something, for whoever may find it. Every canary stands beside that word.
LOOKED_FOR = """
    /search/?q=lantern /search/?q=lantern&kind=policy /search/?q=lantern&kind=question /search/?q=lanter
    /search/suggest/?q=lant /search/suggest/?q=lantern /questions/similar/?q=lantern
    /services/campaign-review/request/suggest/?q=lantern /services/campaign-review/request/?title=lantern
    /policies/?q=lantern /policies/?sort=newest /policies/?mine=to-sign /playbooks/?q=lantern /playbooks/?sort=newest
    /playbooks/?platform=instagram&verified=all /playbooks/upkeep/?due=all
    /questions/?show=open /questions/?show=answered /questions/?show=mine /questions/?show=to-answer
    /questions/ask/?q=lantern /questions/ask/?policy=for-care
    /questions/ask/?playbook=for-care
    /topics/topic-1/ /settings/following/ /desk/reports/
    /cases/?sort=title /cases/?department=customer-care /cases/?origin=internal /others/ /departments/customer-care/
    /admin/playbooks/casestudy/?q=lantern /admin/playbooks/externaldocument/?q=lantern
    /questions/ask/?guide=guide-care&answers=people:no /questions/ask/?guide=guide-draft&answers=people:no
    /may-i-post/ /may-i-post/guide-open/?people=no&music=none /admin/policies/guide/?q=lantern
    /services/campaign-review/request/?policy=for-care
    /services/campaign-review/request/?playbook=for-care
    /requests/?tab=mine /requests/?tab=department /requests/?tab=drafts /requests/?tab=department&q=lantern
    /desk/queue/?q=lantern /desk/queue/?state=closed /desk/queue/?state=draft /desk/outbox/?q=lantern
    /runs/?tab=mine /runs/?tab=department /runs/?tab=all&q=lantern /runs/export/?tab=department /desk/runs/
    /playbooks/run-often/ /playbooks/run-often/runs/ /admin/playbooks/run/?q=lantern
    /register/?q=lantern /register/export/ /departments/?q=lantern /departments/retail/
    /admin/policies/policy/?q=lantern /admin/playbooks/playbook/?q=lantern /admin/playbooks/question/?q=lantern
    /admin/engagements/engagementrequest/?q=lantern /admin/hub/auditevent/?q=lantern /admin/hub/outboxmessage/?q=lantern
    /admin/autocomplete/?term=a&app_label=spokes&model_name=term&field_name=person
""".split()
EXPORTS = ["policies/policy", "playbooks/playbook", "playbooks/casestudy", "playbooks/externaldocument"]
EXPORTS += ["engagements/engagementrequest", "spokes/socialaccount", "hub/user"]


@pytest.fixture
def world(db):
    return make_world()


def forbidden(role, body):
    """The canaries in a text that this role may not see."""
    return [word for word, readers in CANARIES.items() if role not in readers and word in body]


def compare(got):
    """Rows that are not as the table says, in the table's own form."""
    wrong = []
    for row, role, letters in got:
        if letters != table.expected(row, role):
            says = table.expected(row, role)
            wrong.append(f"{role}: {row.route} ({row.object or '·'}): GET {letters[0]} not {says[0]}, ")
            wrong[-1] += f"POST {letters[1]} not {says[1]}"
    return wrong


def test_every_address_has_a_row():
    routes = table.every_route()
    listed = {row.route for row in ROWS}
    assert [route for route in routes if route not in listed] == [], "say in matrix.txt who may do what there"
    assert sorted(listed - set(routes)) == [], "no such address any more"


def test_each_row_is_about_the_address_it_names(world):
    for row in ROWS:
        if row.route != "admin/(?P<url>.*)$":
            found = resolve(table.address(row.route, world.objects[row.object])).route
            assert found == row.route.replace("/^", "/")


def test_everything_but_signing_in_asks_for_it():
    for row in ROWS:
        if row.route not in OPEN:
            # The admin has a sign-in of its own, which leads to the portal's.
            allowed = {">", "~"} if row.route.startswith("admin/") else {">"}
            assert set(table.expected(row, "anon")) <= allowed, row


def test_an_auditor_changes_nothing():
    for row in ROWS:
        if not row.route.startswith(OWN):
            assert not set(table.expected(row, "audra")) & {"+", "*"}, row


@pytest.mark.parametrize("role", ROLES)
def test_matrix(world, role):
    person = table.Person(world, role)
    got, secrets, written = [], [], []
    for row in ROWS:
        address = table.address(row.route, world.objects[row.object])
        looked, page, wrote = person.ask("get", address)
        if wrote and row.route not in WRITES_ON_LOOKING:
            written.append(f"GET {address} wrote {wrote}")
        acted, answer, wrote = person.ask("post", address, table.posted(world, row))
        if wrote and acted not in "+*":
            written.append(f"POST {address} was answered {acted} and wrote {wrote}")
        secrets += [f"{address}: {word}" for word in forbidden(role, page + answer)]
        got.append((row, role, (looked, acted)))
    wrong = compare(got)
    assert not wrong, "\n".join(wrong)
    assert not secrets, "\n".join(secrets)
    assert not written, "\n".join(written)


@pytest.mark.parametrize("role", ["audra", "root"])
def test_other_methods_change_nothing(world, role):
    person = table.Person(world, role)
    wrong = []
    for row in ROWS:
        address = table.address(row.route, world.objects[row.object])
        for method in ("put", "patch", "delete"):
            letter, _body, wrote = person.ask(method, address)
            if letter in "!?" or (wrote and row.route not in WRITES_ON_LOOKING):
                wrong.append(f"{method} {address}: {letter} {wrote}")
    assert not wrong, "\n".join(wrong)


def test_no_act_without_the_forms_own_token(world):
    person = table.Person(world, "root", enforce_csrf_checks=True)
    wrong = []
    for row in ROWS:
        address = table.address(row.route, world.objects[row.object])
        letter, _body, wrote = person.ask("post", address, table.posted(world, row))
        if letter != "x" or wrote:
            wrong.append(f"{address}: {letter} {wrote}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", ROLES)
def test_what_is_looked_for_is_found_by_whoever_may(world, role):
    person = table.Person(world, role)
    seen, secrets = set(), []
    for address in LOOKED_FOR:
        _letter, body, _wrote = person.ask("get", address)
        secrets += [f"{address}: {word}" for word in forbidden(role, body)]
        seen |= {word for word in CANARIES if word in body}
    for model in EXPORTS:
        _letter, body, _wrote = person.ask("post", f"/admin/{model}/export/", {"format": "0", **every_field(model)})
        secrets += [f"export of {model}: {word}" for word in forbidden(role, body)]
        seen |= {word for word in CANARIES if word in body}
    assert not secrets, "\n".join(secrets)
    # What nobody finds proves nothing. The private note and the unpublished are on their own pages, not in lists.
    not_in_lists = {"dingonote", "wombatreading", "bilbyoutside"}
    assert {word for word, readers in CANARIES.items() if role in readers} - seen <= not_in_lists


def every_field(model):
    from django.apps import apps
    from django.contrib import admin

    app, name = model.split("/")
    resource = admin.site.get_model_admin(apps.get_model(app, name)).resource_classes[0]
    label = resource.__name__.lower()
    return {"resource": "0", **{f"{label}_{field}": "on" for field in resource().get_export_order()}}


def test_with_the_protection_off_the_canaries_sing(world, monkeypatch):
    monkeypatch.setattr(AudienceQuerySet, "for_audience_of", lambda self, user: self)
    values = world.objects["playbook-care"]
    row = next(row for row in ROWS if row.route.endswith("/vote/") and row.object == "playbook-care")
    otto = table.Person(world, "otto")
    letter, _body, wrote = otto.ask("post", table.address(row.route, values), table.posted(world, row))
    assert wrote
    assert compare([(row, "otto", (table.expected(row, "otto")[0], letter))])
    _letter, body, _wrote = otto.ask("get", "/questions/ask/?playbook=for-care")
    assert forbidden("otto", body) == ["quokkacare"]
