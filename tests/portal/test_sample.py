"""The invented company loads whole, once, and stays as people leave it."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from coe_portal.sample import loader
from coe_portal.sample.dates import Dates
from coe_portal.sample.reading import CONTENT, SampleError, headed
from engagements.models import EngagementRequest
from engagements.workflow import Outcome, Status
from hub.models import Announcement, Follow, OutboxMessage, SearchEntry, User
from playbooks.models import Adaptation, CaseStudy, ExternalDocument, Playbook, Question, Report, Run
from policies.actions.guide import stored
from policies.actions.guide_table import findings
from policies.models import Campaign, Guide, GuideCount, GuideRow, Obligation, Policy, PolicyVersion, Waiver
from spokes.models import Membership, SocialAccount, Spoke, Term

CAST = ["hana", "paul", "rita", "otto", "emma", "dora", "sam", "audra"]
PAGES = [
    "/",
    "/policies/",
    "/may-i-post/",
    "/playbooks/",
    "/services/",
    "/requests/",
    "/questions/",
    "/departments/",
    "/hub/",
]


def person(name):
    return User.objects.get(email=f"{name}@larkfield.example")


def everything():
    models = [
        User,
        Spoke,
        Term,
        SocialAccount,
        Policy,
        PolicyVersion,
        Guide,
        GuideCount,
        Playbook,
        Question,
        EngagementRequest,
    ]
    models = [User, Spoke, Term, SocialAccount, Policy, PolicyVersion, Playbook, Question, EngagementRequest]
    models += [Waiver, Campaign, Obligation, Run, Adaptation, CaseStudy, ExternalDocument, Follow, Report]
    return {model.__name__: model.objects.count() for model in [*models, Announcement, OutboxMessage, Membership]}


@pytest.mark.django_db
def test_the_sample_company():
    """One load, looked at from all sides, because a load takes some seconds."""
    call_command("load_sample", verbosity=0)
    now = timezone.now()

    # Every state of every life is there to be looked at.
    requests = EngagementRequest.objects.all()
    assert set(requests.values_list("status", flat=True)) == set(Status.values)
    assert set(requests.exclude(outcome="").values_list("outcome", flat=True)) == set(Outcome.values)
    assert set(PolicyVersion.objects.values_list("status", flat=True)) >= {
        "draft", "in_review", "approved", "announced", "in_force", "superseded", "withdrawn",
    }  # fmt: skip
    assert set(SocialAccount.objects.values_list("status", flat=True)) == {
        "planned", "active", "under_review", "archived",
    }  # fmt: skip
    runs = list(Run.objects.all())
    assert {run.state for run in runs} == {"Running", "Planned", "Overdue", "Finished", "Given up"}
    assert any(run.is_active and run.revision_id != run.playbook.current_id for run in runs)
    assert requests.open().unassigned().exists() and requests.snoozed(now).exists()
    assert not requests.filter(submitted_at__gt=now).exists()

    # What the tour shows: a redline for Emma, something to do for everybody but Dora.
    waiting = {name: Policy.objects.awaiting_signature_of(person(name)).count() for name in CAST}
    assert waiting["emma"] == 2 and waiting["rita"] == 1 and waiting["dora"] == 0
    personal_use = Policy.objects.get(slug="personal-use")
    signed = personal_use.versions.filter(acknowledgements__person=person("emma")).get()
    assert signed.number < personal_use.current.number

    # Nobody's mail waits to be sent; the latest stands in the outbox.
    assert set(OutboxMessage.objects.values_list("state", flat=True)) == {"kept"}
    assert OutboxMessage.objects.filter(kind="request_answered").exists()
    assert set(SearchEntry.objects.values_list("kind", flat=True)) == {
        "policy", "guide", "playbook", "service", "question", "case", "external", "account", "person",
    }  # fmt: skip

    # Case studies that worked and that failed, one still to be published; links to others' rules, without their texts.
    assert set(CaseStudy.objects.values_list("status", flat=True)) == {"published", "proposed"}
    assert sum("failed" in case.results for case in CaseStudy.objects.published()) >= 2
    assert not ExternalDocument.objects.exclude(text="").exists() and ExternalDocument.objects.count() == 10

    # Every combination of answers has one verdict, and each rests on clauses that readers have now.
    for guide in Guide.objects.all():
        assert findings(*stored(guide)) == []
        assert guide.service.is_offered and guide.counts.exists()
    assert set(GuideRow.objects.values_list("verdict", flat=True)) == {"green", "amber", "red"}
    assert not GuideRow.objects.filter(verdict="amber", service=None).exists()

    # Two demands that nothing in force answers, one of them because its clause was withdrawn; a campaign on its way.
    gaps = Obligation.objects.uncovered(now.date())
    assert sorted(gap.coverage.count() for gap in gaps) == [0, 1]
    assert Waiver.objects.holding_on(now.date()).count() == 2 and Waiver.objects.count() == 3
    campaign = Campaign.objects.running().get()
    assert 0 < campaign.signed < campaign.asked and campaign.roll.exempt().count() == 1

    # Terms and people that ended have ended.
    assert not Term.objects.current().filter(person=person("gwen")).exists()
    assert not person("callum").is_active
    assert Membership.objects.filter(ends_on=None).count() == User.objects.count()

    # Everybody's pages work.
    for name in CAST:
        client = Client()
        client.force_login(person(name))
        assert {url: client.get(url).status_code for url in PAGES} == dict.fromkeys(PAGES, 200)

    # A second load changes nothing, and brings nothing back that somebody changed.
    Policy.objects.filter(slug="personal-use").update(title="Our own words")
    before = everything()
    call_command("load_sample", verbosity=0)
    assert everything() == before
    assert Policy.objects.get(slug="personal-use").title == "Our own words"


@pytest.mark.django_db
def test_it_refuses_a_portal_in_use(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="portal in use"):
        call_command("load_sample", verbosity=0)
    assert not User.objects.exists()


@pytest.fixture
def content(tmp_path):
    """A small copy of the sample whose files one may spoil."""
    root = tmp_path / "content"
    shutil.copytree(CONTENT, root, ignore=shutil.ignore_patterns("policies", "playbooks", "services"))
    for folder in ("policies", "playbooks", "services"):
        (root / folder).mkdir()
    return root


def spoil(root, name, change):
    rows = yaml.safe_load((root / name).read_text())
    change(rows)
    (root / name).write_text(yaml.safe_dump(rows))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda rows: rows["people"][3].pop("title"), "company.yaml, person beatrix, lacks title"),
        (lambda rows: rows["people"][3].update(colour="red"), "company.yaml, person beatrix, has unknown colour"),
        (lambda rows: rows["spokes"][1].update(parent="moon"), "company.yaml, department coe: there is no 'moon'"),
        (lambda rows: rows["terms"][0].update(person="nobody"), "company.yaml, term of nobody: there is no 'nobody'"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_stored(content, change, sentence):
    spoil(content, "company.yaml", change)

    with pytest.raises(SampleError) as refused:
        loader.load(root=content)

    assert sentence in str(refused.value)
    assert not User.objects.exists() and not Spoke.objects.exists()


def test_a_heading_without_its_key_is_named_with_its_line(tmp_path):
    (tmp_path / "v1.md").write_text("## [must] One {#one}\nWords.\n\n## Two\n")

    with pytest.raises(SampleError, match="line 4"):
        headed("v1.md", root=tmp_path)


def test_clauses_are_read_with_force_key_and_body(tmp_path):
    (tmp_path / "v1.md").write_text("## [should] Ask first {#ask-first}\n\nOne.\n\nTwo.\n\n## Then {#then}\nThree.\n")

    assert headed("v1.md", root=tmp_path) == [
        {"force": "should", "heading": "Ask first", "key": "ask-first", "body": "One.\n\nTwo."},
        {"force": None, "heading": "Then", "key": "then", "body": "Three."},
    ]


@pytest.mark.parametrize("day", range(16, 23))
def test_stories_keep_their_order_and_stay_in_the_past(day):
    dates = Dates(datetime(2026, 11, day, 7, 30, tzinfo=UTC))
    offsets = [-12 + number * 0.05 for number in range(241)]

    instants = [dates.instant(offset) for offset in offsets]

    assert instants == sorted(instants)
    assert len(set(instants)) == len(instants)
    assert instants[-1] <= dates.now
    before_today = [one for one in instants if one.date() < dates.today]
    assert all(8 <= one.hour <= 18 and one.weekday() < 5 for one in before_today)


def test_a_crisis_keeps_no_office_hours():
    dates = Dates(datetime(2026, 11, 23, 7, 30, tzinfo=UTC))

    assert dates.instant(-1.5, round_the_clock=True) == dates.now - timedelta(days=1.5)
