"""Playbooks out as Markdown files and in again."""

import io
import itertools
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.exceptions import Invalid, NotAllowed
from playbooks import actions, bundles
from playbooks.models import Playbook
from tests.factories import make_service
from tests.playbooks.factories import make_draft, make_goal, make_playbook, make_published, section
from tests.policies.factories import make_published as make_policy_published

pytestmark = pytest.mark.django_db

KEPT = "/admin/playbooks/playbook/bundle/"


def exported(client, query=""):
    answer = client.get(f"/playbooks/export.zip{query}")
    assert answer["Content-Type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    return {info.filename: archive.read(info) for info in archive.infolist()}


def packed(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def bring(client, data, name="playbooks.zip"):
    return client.post(KEPT, {"file": SimpleUploadedFile(name, data)})


def take(client, page, *slugs):
    return client.post(KEPT, {"kept": page.context["kept"], "take": slugs}, follow=True)


def verbs(page):
    return {row["outcome"].sheet.slug: row["outcome"].verb for row in page.context["rows"]}


def test_what_goes_out_comes_in_unchanged(cast, client):
    policy = make_policy_published(cast=cast).policy
    clause = policy.current.clauses.first()
    body = "See [the rule](/policies/x/#c-y).\n\n```\n## Not a heading {#s-no}\n```\n\n- [ ] Do it {#do-it}"
    make_published(
        cast=cast,
        title='Quotes " and: colons 方针',
        goal="protect",
        platforms=["x", "facebook"],
        tags=["Crisis team", "wording, once", "方针"],
        audiences=[cast.retail.group],
        sections=[section(key="ask-first", body=body), section("Then", key="then", body="# Big\n\nText.")],
        citations=[{"section_key": "then", "policy": policy, "clause_key": clause.key}],
    )
    make_published(cast=cast)
    client.force_login(cast.paul)
    files = exported(client)
    assert len(files) == 2
    page = bring(client, packed(files))
    assert page.status_code == 200
    assert set(verbs(page).values()) == {"same"}
    assert not page.context["can_take"]


def test_an_edited_file_becomes_a_draft_with_the_same_keys_and_a_second_time_changes_nothing(cast, client):
    first = make_published(
        cast=cast, sections=[section(key="a", body="Old words."), section("Two", key="b", body="B.")]
    )
    playbook = first.playbook
    client.force_login(cast.paul)
    [(name, data)] = exported(client).items()
    data = data.replace(b"Old words.", b"New words.").replace(b"minutes: 30", b"minutes: 45")
    page = bring(client, data, name)
    assert verbs(page) == {playbook.slug: "revision"}
    assert page.context["rows"][0]["outcome"].names == ["takes about (minutes)"]
    take(client, page, playbook.slug)
    playbook.refresh_from_db()
    draft = playbook.revisions.open().get()
    assert [(one.key, one.body) for one in draft.sections.all()] == [("a", "New words."), ("b", "B.")]
    assert playbook.minutes == 45
    # Readers get what they had: a draft is approved by somebody else.
    assert playbook.current == first
    again = bring(client, data, name)
    assert verbs(again) == {playbook.slug: "same"}


def test_goal_platforms_tags_and_audience_come_back_as_they_were_edited(cast, client):
    make_goal("learn")
    fields = {"goal": "reach", "platforms": ["x"], "tags": ["One", "Two"], "audiences": [cast.retail.group]}
    playbook = make_published(cast=cast, **fields).playbook
    client.force_login(cast.paul)
    [(name, data)] = exported(client).items()
    same = data.replace(b'"One", "Two"', b'"two", "ONE"')
    assert same != data
    assert verbs(bring(client, same, name)) == {playbook.slug: "same"}
    edited = data.replace(b'"reach"', b'"learn"').replace(b'["x"]', b'["tiktok", "x"]')
    edited = edited.replace(b'["One", "Two"]', b'["Two", "Three"]').replace(cast.retail.group.name.encode(), b"?")
    edited = edited.replace(b'["?"]', b"[]")
    page = bring(client, edited, name)
    assert verbs(page) == {playbook.slug: "facts"}
    assert page.context["rows"][0]["outcome"].names == ["goal", "platforms", "tags", "audience"]
    take(client, page, playbook.slug)
    playbook.refresh_from_db()
    assert playbook.goal.slug == "learn"
    assert [one.platform for one in playbook.platforms.all()] == ["tiktok", "x"]
    assert [tag.name for tag in playbook.tags.all()] == ["Three", "Two"]
    assert not playbook.audiences.exists()
    assert verbs(bring(client, edited, name)) == {playbook.slug: "same"}


def test_a_playbook_for_few_is_for_few_wherever_its_file_is_read_in(cast, client):
    slug = make_published(cast=cast, audiences=[cast.retail.group]).playbook.slug
    client.force_login(cast.paul)
    [data] = exported(client).values()
    page = bring(client, data.replace(f'playbook: "{slug}"'.encode(), b'playbook: "twin"'), "x.md")
    take(client, page, "twin")
    assert list(Playbook.objects.get(slug="twin").audiences.all()) == [cast.retail.group]


def test_a_key_that_is_left_out_changes_nothing(cast, client):
    policy = make_policy_published(cast=cast).policy
    cite = {"section_key": "a", "policy": policy, "clause_key": policy.current.clauses.first().key}
    fields = {"tags": ["One"], "platforms": ["x"], "goal": "reach", "audiences": [cast.retail.group]}
    playbook = make_published(cast=cast, sections=[section(key="a", body="A.")], citations=[cite], **fields).playbook
    client.force_login(cast.paul)
    [(name, data)] = exported(client).items()
    keys = (b"goal:", b"platforms:", b"tags:", b"audiences:", b"services:", b"rests_on:")
    short = b"\n".join(line for line in data.split(b"\n") if not line.startswith(keys))
    assert verbs(bring(client, short, name)) == {playbook.slug: "same"}
    take(client, bring(client, short.replace(b"A.", b"B."), name), playbook.slug)
    assert playbook.revisions.open().get().cites == [["a", policy.pk, cite["clause_key"]]]


def test_a_file_of_a_playbook_that_is_not_here_becomes_a_new_one(cast, client):
    revision = make_published(cast=cast)
    client.force_login(cast.paul)
    [data] = exported(client).values()
    data = data.replace(f'playbook: "{revision.playbook.slug}"'.encode(), b'playbook: "from-elsewhere"')
    page = bring(client, data, "x.md")
    assert verbs(page) == {"from-elsewhere": "new"}
    take(client, page, "from-elsewhere")
    made = Playbook.objects.get(slug="from-elsewhere")
    assert made.owner == cast.paul
    assert made.current is None
    assert made.revisions.get().sections.count() == 1


def test_a_file_with_other_facts_and_the_same_text_changes_only_the_facts(cast, client):
    service = make_service(title="Advice")
    playbook = make_published(cast=cast, services=[service]).playbook
    client.force_login(cast.paul)
    [(name, data)] = exported(client).items()
    assert b'services: ["advice"]' in data
    data = data.replace(b"minutes: 30", b"minutes: 45")
    page = bring(client, data, name)
    assert verbs(page) == {playbook.slug: "facts"}
    take(client, page, playbook.slug)
    playbook.refresh_from_db()
    assert (playbook.minutes, list(playbook.services.all())) == (45, [service])
    assert not playbook.revisions.open().exists()


def test_a_file_that_leaves_a_fact_out_says_nothing_about_it(cast, client):
    playbook = make_published(cast=cast).playbook
    client.force_login(cast.paul)
    [(name, data)] = exported(client).items()
    shorter = data.replace(f'topic: "{playbook.topic.slug}"\n'.encode(), b"")
    assert shorter != data
    assert verbs(bring(client, shorter, name)) == {playbook.slug: "same"}


def test_a_file_from_an_older_revision_is_not_ticked(cast, client):
    playbook = make_published(cast=cast, sections=[section(key="a", body="One.")]).playbook
    client.force_login(cast.paul)
    [data] = exported(client).values()
    make_published(cast=cast, playbook=playbook, sections=[section(key="a", body="Two.")])
    page = bring(client, data, "x.md")
    [row] = page.context["rows"]
    assert (row["outcome"].verb, row["outcome"].behind, row["ticked"]) == ("revision", 2, False)
    assert "readers have revision 2" in page.content.decode()


def test_somebody_elses_draft_is_not_written_over(cast, client):
    playbook = make_published(cast=cast, sections=[section(key="a", body="One.")]).playbook
    client.force_login(cast.paul)
    [data] = exported(client).values()
    page = bring(client, data.replace(b"One.", b"Three."), "x.md")
    make_draft(cast=cast, playbook=playbook, sections=[section(key="a", body="Theirs.")])
    take(client, page, playbook.slug)
    assert playbook.revisions.open().get().sections.get().body == "Theirs."


def test_the_filters_and_the_rights_decide_what_is_in_the_file(cast, client):
    everybody = make_published(cast=cast).playbook
    hidden = make_published(cast=cast, audiences=[cast.operations.group]).playbook
    make_draft(cast=cast)
    client.force_login(cast.emma)
    assert set(exported(client)) == {f"{everybody.slug}.md"}
    assert exported(client, "?verified=no") == {}
    assert client.get(f"/playbooks/{hidden.slug}/download/").status_code == 404
    answer = client.get(f"/playbooks/{everybody.slug}/download/")
    assert answer["Content-Type"].startswith("text/markdown")
    assert b"## Ask first {#s-ask-first}" in answer.content


def test_what_a_section_rests_on_is_told_to_those_who_may_read_it(cast, client):
    policy = make_policy_published(cast=cast, audiences=[cast.operations.group]).policy
    cite = {"section_key": "a", "policy": policy, "clause_key": policy.current.clauses.first().key}
    make_published(cast=cast, sections=[section(key="a")], citations=[cite])
    for person, told in ((cast.emma, False), (cast.paul, True)):
        client.force_login(person)
        [data] = exported(client).values()
        assert (policy.slug.encode() in data) is told


def test_the_admin_exports_the_ticked_ones(cast, client):
    one, _two = make_published(cast=cast).playbook, make_published(cast=cast)
    client.force_login(cast.audra)
    answer = client.post("/admin/playbooks/playbook/", {"action": "as_files", "_selected_action": [one.pk]})
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert archive.namelist() == [f"{one.slug}.md"]


@pytest.mark.parametrize("many", [1, 3])
def test_an_export_costs_the_same_queries_for_any_number(cast, client, django_assert_num_queries, many):
    for _n in range(many):
        make_published(cast=cast)
    client.force_login(cast.emma)
    exported(client)
    with django_assert_num_queries(11):
        exported(client)


GOOD = '---\nplaybook: "p"\ntitle: "T"\nsummary: "S"\ntopic: "{topic}"\n---\n\n# T\n\n## H {{#s-h}}\n\nText.\n'


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"# Only a text", "no export of a playbook"),
        (b"PK\x03\x04 and then nothing", "damaged"),
        (packed({"readme.txt": b"x"}), "no Markdown file"),
    ],
)
def test_what_is_no_export_is_refused_in_a_sentence(cast, client, data, sentence):
    client.force_login(cast.paul)
    if data.startswith((b"PK\x03\x04 ", b"PK")):
        page = bring(client, data)
        assert page.status_code == 422
        assert sentence in page.content.decode()
    else:
        page = bring(client, packed({"a.md": data}))
        assert sentence in page.content.decode()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('topic: "{topic}"', 'topic: "none"', "no topic"),
        ('summary: "S"', 'summary: ["S"]', "must be one text"),
        ('summary: "S"', 'summary: "S"\nminutes: "ten"', "must be a number"),
        ('summary: "S"', 'summary: "S"\nservices: ["gone"]', "no service"),
        ('summary: "S"', 'summary: "S"\nplatforms: ["orkut"]', "no platform"),
        ('summary: "S"', 'summary: "S"\naudiences: ["gone"]', "no audience"),
        ('summary: "S"', 'summary: "S"\ngoal: "fame"', "no goal"),
        ('summary: "S"', 'summary: "S"\nservices: "gone"', "list of texts"),
        ('summary: "S"', 'summary: "S"\nrests_on: ["h gone#c"]', "no policy"),
        ('summary: "S"', 'summary: "S"\nrests_on: ["h"]', "rests_on"),
        ('summary: "S"\n', "", "needs “summary”"),
        ('summary: "S"', "summary: S: T", "cannot be read"),
        (" {{#s-h}}", "", "No section"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(cast, client, old, new, sentence):
    topic = make_playbook(cast=cast).topic.slug
    client.force_login(cast.paul)
    page = bring(client, GOOD.replace(old, new).format(topic=topic).encode(), "a.md")
    assert sentence in page.content.decode()
    assert not page.context["can_take"]
    assert not Playbook.objects.filter(slug="p").exists()


def test_the_good_file_of_these_is_good(cast, client):
    topic = make_playbook(cast=cast).topic.slug
    client.force_login(cast.paul)
    page = bring(client, GOOD.format(topic=topic).encode(), "a.md")
    assert verbs(page) == {"p": "new"}
    refused = client.post(KEPT, {"kept": page.context["kept"]})
    assert refused.status_code == 422
    assert verbs(refused) == {"p": "new"}


def test_a_kept_file_is_for_who_brought_it(cast, client):
    topic = make_playbook(cast=cast).topic.slug
    client.force_login(cast.paul)
    page = bring(client, GOOD.format(topic=topic).encode(), "a.md")
    client.force_login(cast.hana)
    take(client, page, "p")
    assert not Playbook.objects.filter(slug="p").exists()


def test_two_files_for_one_playbook_are_not_both_taken():
    text = GOOD.format(topic="t").encode()
    sheets, refused = bundles.read("x.zip", packed({"a.md": text, "b.md": text}))
    assert [sheet.name for sheet in sheets] == ["a.md"]
    assert list(refused) == ["b.md"]


def test_bombs_and_damage_are_refused():
    bomb = packed({"a.md": b"a" * (bundles.LARGEST_FILE + 1)})
    assert "larger than" in bundles.read("x.zip", bomb)[1]["a.md"]
    data = bytearray(packed({"a.md": GOOD.format(topic="t").encode() * 50}))
    data[60] ^= 0xFF
    assert "damaged" in bundles.read("x.zip", bytes(data))[1]["a.md"]
    with pytest.raises(Invalid, match="larger than"):
        bundles.read("x.zip", packed({f"{n}.md": b" " * bundles.LARGEST_FILE for n in range(17)}))
    with pytest.raises(Invalid, match="at most"):
        bundles.read("x.zip", packed({f"{n}.md": b"" for n in range(bundles.MOST_FILES + 1)}))


def test_only_those_who_curate_take_in(cast):
    sheet = bundles.read_sheet("a.md", GOOD.format(topic="t").encode())
    with pytest.raises(NotAllowed):
        actions.take_up(sheet=sheet, by=cast.audra)


NUMBERS = itertools.count()
BODIES = st.lists(
    st.sampled_from(["## A {#s-b}", "\\## A {#s-b}", "```", "---", "text", "", "# x", "[a](/b/)", "  ", "é\u0085方"]),
    max_size=6,
).map("\n".join)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES, title=st.text(min_size=1, max_size=30))
def test_any_text_comes_back(cast, body, title):
    sections = [section(key="a", body=f"x\n{body}")]
    revision = make_published(cast=cast, title=f"T {title}", slug=f"any-{next(NUMBERS)}", sections=sections)
    playbook = revision.playbook
    text = bundles.as_markdown(
        playbook,
        sections=revision.sections.all(),
        cites=[],
        lists=dict.fromkeys(bundles.LISTS, ()),
        today=playbook.verified_until,
    )
    [found] = actions.outcomes([bundles.read_sheet("a.md", text.encode())])
    assert (found.verb, found.problem) == ("same", "")
