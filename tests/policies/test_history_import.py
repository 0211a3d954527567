"""A folder of successive files as the history of one policy."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from policies.models import Policy, Redline
from tests.factories import make_topic
from tests.policies.factories import make_policy, make_published

FIRST = "# Rules\n\n## Say who you are\n\nSay in the post that you work here.\n\n## Be kind\n\nNobody is insulted.\n"
SECOND = FIRST.replace("## Be kind", "## Respect everybody")
THIRD = SECOND + "\n## Ask\n\nIf in doubt, ask the hub.\n"


@pytest.fixture
def folder(tmp_path, cast):
    make_topic(name="Conduct")
    files = tmp_path / "files"
    files.mkdir()
    for name, text in {
        "9_2024-01-01.md": FIRST,
        "10_2024-06-01.md": SECOND,
        "11_2024-07-01.md": SECOND,
        "12_2025-01-01.md": THIRD,
        "notes.csv": "",
    }.items():
        (files / name).write_text(text)
    return files


def run(folder, **options):
    out = StringIO()
    call_command("import_policy_history", folder, stdout=out, **{"topic": "conduct", **options})
    return out.getvalue()


def test_the_versions_follow_each_other_and_clauses_keep_their_keys(folder, tmp_path):
    said = run(folder, report=tmp_path / "report.md")
    policy = Policy.objects.get()
    versions = list(policy.versions.order_by("number"))
    assert [str(version.effective_on) for version in versions] == ["2024-01-01", "2024-06-01", "2025-01-01"]
    assert [version.status for version in versions] == ["superseded", "superseded", "in_force"]
    keys = [list(version.clauses.values_list("key", flat=True)) for version in versions]
    assert keys == [
        ["say-who-you-are", "be-kind"],
        ["say-who-you-are", "be-kind"],
        ["say-who-you-are", "be-kind", "ask"],
    ]
    assert versions[1].clauses.get(key="be-kind").heading == "Respect everybody"
    assert Redline.objects.filter(newer=versions[2]).count() == 2
    assert "11_2024-07-01.md: the same text as before" in said
    assert "3 versions were entered" in said
    report = (tmp_path / "report.md").read_text()
    assert "| renamed | Be kind | Respect everybody |" in report
    assert "| 9_2024-01-01.md | 2024-01-01 | 1 | 2 |" in report


def test_notes_tell_days_and_reasons(folder, tmp_path):
    notes = tmp_path / "notes.csv"
    notes.write_text("File,Date,Note\n9_2024-01-01.md,2023-12-31,How it began\n")
    run(folder, notes=notes)
    first = Policy.objects.get().versions.get(number=1)
    assert (str(first.effective_on), first.change_note) == ("2023-12-31", "How it began")


def test_a_dry_run_leaves_nothing(folder):
    assert "3 versions would be entered into “Rules”" in run(folder, dry_run=True)
    assert not Policy.objects.exists()


def test_into_a_policy_that_is_there(folder, cast):
    policy = make_policy(cast=cast, title="Old")
    run(folder, into=policy.slug, by=cast.hana.email, written_by=cast.paul.email)
    assert policy.versions.count() == 3
    assert policy.versions.first().created_by == cast.paul


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"into": "nobody"}, "no policy"),
        ({"topic": "nothing"}, "--topic"),
        ({"by": "nobody@larkfield.example"}, "Nobody who is active"),
        ({"notes": "nowhere.csv"}, "cannot be read"),
    ],
)
def test_what_is_missing_is_said(folder, tmp_path, options, why):
    if "notes" in options:
        options = {"notes": tmp_path / options["notes"]}
    with pytest.raises(CommandError, match=why):
        run(folder, **options)
    assert not Policy.objects.exists()


def test_refusals(folder, cast, tmp_path):
    with pytest.raises(CommandError, match="no folder"):
        run(tmp_path / "nowhere")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(CommandError, match="no documents"):
        run(empty)
    (empty / "rules.md").write_text(FIRST)
    with pytest.raises(CommandError, match="Since when"):
        run(empty)
    (empty / "rules.md").unlink()
    (empty / "2024-01-01.md").write_bytes(b"")
    with pytest.raises(CommandError, match="empty"):
        run(empty)
    newer = make_published(cast=cast, title="Newer").policy
    with pytest.raises(CommandError, match="oldest first"):
        run(folder, into=newer.slug)
    assert newer.versions.count() == 1


def test_somebody_must_have_written_and_somebody_approved(folder, cast):
    type(cast.paul).objects.exclude(pk__in=[cast.hana.pk]).update(is_active=False)
    with pytest.raises(CommandError, match="written-by"):
        run(folder)
    type(cast.paul).objects.update(is_active=False)
    with pytest.raises(CommandError, match="no lead"):
        run(folder)
