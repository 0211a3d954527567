"""A guide as employees walk through it: one question a page, the answers in the address."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from engagements.actions import save_form
from engagements.models import EngagementRequest
from hub.exceptions import Invalid
from policies import actions
from policies.models import GuideCount, GuideGap
from tests.engagements.factories import make_offer
from tests.factories import make_service
from tests.policies.factories import clause, days, guide_text, make_guide, make_published, make_published_guide


@pytest.fixture
def as_(client):
    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


@pytest.fixture
def guide(cast):
    return make_published_guide(cast=cast, slug="pictures", title="May I post this picture?")


HERE = "/may-i-post/pictures/"


def words(answer):
    return " ".join(answer.content.decode().split())


def query_of(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


# --- Finding one -----------------------------------------------------------------------------------------------------


def test_guides_are_listed_for_their_audience(cast, as_, guide):
    make_published_guide(cast=cast, title="For care only", audiences=[cast.care.group])
    make_guide(cast=cast, title="A draft")
    emma, otto = words(as_(cast.emma).get("/may-i-post/")), words(as_(cast.otto).get("/may-i-post/"))
    assert "For care only" in emma and "May I post this picture?" in emma and "A draft" not in emma
    assert "For care only" not in otto
    assert "Edit guides" in words(as_(cast.paul).get("/may-i-post/")) and "Edit guides" not in emma


def test_without_a_guide_one_is_led_to_ask(cast, as_):
    assert "No guide yet" in words(as_(cast.emma).get("/may-i-post/"))


def test_what_is_not_for_her_is_not_there(cast, as_, guide):
    make_published_guide(cast=cast, slug="care", audiences=[cast.care.group])
    make_guide(cast=cast, slug="draft")
    assert as_(cast.otto).get("/may-i-post/care/").status_code == 404
    assert as_(cast.otto).post("/may-i-post/care/", {"change": "people", "people": "yes"}).status_code == 404
    assert as_(cast.paul).get("/may-i-post/draft/").status_code == 404


def test_home_and_library_lead_there(cast, as_, guide):
    for page in ("/", "/policies/"):
        assert words(as_(cast.emma).get(page)).count('href="/may-i-post/"') >= 2


# --- Walking through -------------------------------------------------------------------------------------------------


def test_each_step_leads_to_the_next_and_the_address_keeps_the_answers(cast, as_, guide):
    client = as_(cast.emma)
    page = client.get(HERE)
    assert "<h1>Are there people in it?</h1>" in words(page) and "Look at the background." in words(page)
    assert "Question 1" in words(page)
    step = client.post(HERE, {"change": "people", "people": "yes"})
    assert (step.status_code, step.url) == (302, f"{HERE}?people=yes")
    page = words(client.get(step.url))
    assert "<h1>Is there music in it?</h1>" in page and "Question 2" in page
    assert f'href="{HERE}?people=yes&amp;change=people"' in page
    assert '<input type="hidden" name="people" value="yes">' in page
    step = client.post(HERE, {"change": "music", "people": "yes", "music": "song"})
    assert step.url == f"{HERE}?people=yes&music=song"
    page = words(client.get(step.url))
    assert "No, do not post it" in page and "Songs are not ours." in page


def test_looking_writes_nothing(cast, as_, guide):
    client = as_(cast.emma)
    for _n in range(2):
        assert client.get(f"{HERE}?people=no&music=song").status_code == 200
    assert not GuideCount.objects.exists() and not GuideGap.objects.exists()


def test_only_the_last_step_counts_and_pressing_twice_is_once(cast, as_, guide):
    client = as_(cast.emma)
    client.post(HERE, {"change": "people", "people": "no"})
    assert not GuideCount.objects.exists()
    for _n in range(2):
        client.post(HERE, {"change": "music", "people": "no", "music": "ours"})
    assert [(count.verdict, count.number) for count in GuideCount.objects.all()] == [("green", 1)]
    # Another person, or other answers, count.
    as_(cast.otto).post(HERE, {"change": "music", "people": "no", "music": "ours"})
    as_(cast.otto).post(HERE, {"change": "music", "people": "no", "music": "none"})
    assert GuideCount.objects.get().number == 3


def test_the_auditor_walks_through_uncounted(cast, as_, guide):
    step = as_(cast.audra).post(HERE, {"change": "music", "people": "no", "music": "ours"})
    assert step.url == f"{HERE}?people=no&music=ours"
    assert not GuideCount.objects.exists()


def test_no_answer_is_asked_for_again_with_the_others_kept(cast, as_, guide):
    for music in ({}, {"music": "polka"}):
        page = as_(cast.emma).post(HERE, {"change": "music", "people": "yes", **music})
        assert page.status_code == 422
        text = words(page)
        assert "There is a problem" in text and 'href="#id_music_0"' in text
        assert '<input type="hidden" name="people" value="yes">' in text


def test_an_answer_is_changed_and_the_later_ones_stay(cast, as_, guide):
    client = as_(cast.emma)
    page = words(client.get(f"{HERE}?people=yes&music=song&change=people"))
    assert "<h1>Are there people in it?</h1>" in page
    assert re.search(r'<input[^>]* value="yes"[^>]* checked', page)
    assert '<input type="hidden" name="music" value="song">' in page
    assert "Your answers so far" not in page
    step = client.post(HERE, {"change": "people", "people": "no", "music": "song"})
    assert "Nobody has written an answer for this yet" in words(client.get(step.url))


@pytest.mark.parametrize(
    "query",
    ["?people=perhaps", "?people=", "?change=colour", "?change=music", "?colour=red", "?people=%00", "?change=people"],
)
def test_an_address_that_somebody_made_up_asks_the_first_question(cast, as_, guide, query):
    assert "<h1>Are there people in it?</h1>" in words(as_(cast.emma).get(HERE + query))


def test_a_form_without_its_question_leads_back(cast, as_, guide):
    for change in ("", "colour"):
        step = as_(cast.emma).post(HERE, {"change": change, "people": "yes"})
        assert step.url == f"{HERE}?people=yes"
    assert as_(cast.emma).post(HERE, {}).url == HERE


def test_nobody_is_asked_what_makes_no_difference(cast, as_):
    questions, rows = guide_text()
    version = make_published(cast=cast, slug="rules", clauses=[clause(key="a")])
    rows = [
        {**rows[0], "conditions": {"people": ["no"]}, "cites": ["rules:a"]},
        {**rows[1], "conditions": {"people": ["yes"]}, "cites": [f"{version.policy.slug}:a"]},
    ]
    make_published_guide(cast=cast, slug="short", text=(questions, rows))
    step = as_(cast.emma).post("/may-i-post/short/", {"change": "people", "people": "no"})
    assert "Yes, you may post it" in words(as_(cast.emma).get(step.url))
    assert GuideCount.objects.get().number == 1


# --- The answer ------------------------------------------------------------------------------------------------------


def test_the_answer_says_why_with_words_to_copy_and_the_rules(cast, as_, guide):
    page = words(as_(cast.emma).get(f"{HERE}?people=no&music=none"))
    assert '<span class="status" data-tone="good">Yes, you may post it</span>' in page
    assert "With thanks to @name." in page and 'data-copy-from="wording"' in page
    policy = guide.rows.first().citations.get().policy
    assert f'href="/policies/{policy.slug}/#c-ask-first">Ask first</a>' in page
    assert '<span class="force" data-force="must">' in page
    assert f'href="{HERE}?people=no&amp;music=none&amp;change=music"' in page
    # A plain yes needs nobody to be asked.
    assert "/questions/ask/" not in page and "/request/" not in page


def test_only_clauses_she_may_read_are_shown(cast, as_):
    version = make_published(
        cast=cast, slug="secret", title="For care", audiences=[cast.care.group], clauses=[clause("Hush", key="hush")]
    )
    make_published_guide(cast=cast, slug="pictures", cites=[f"{version.policy.slug}:hush"])
    assert "Hush" in words(as_(cast.emma).get(f"{HERE}?people=no&music=none"))
    page = words(as_(cast.otto).get(f"{HERE}?people=no&music=none"))
    assert "Hush" not in page and "For care" not in page and "Yes, you may post it" in page


@pytest.mark.parametrize("how", ["taken out", "withdrawn", "merged", "not yet"])
def test_nobody_is_led_to_a_rule_that_does_not_bind_without_a_word(cast, as_, how):
    first = {"clauses": [clause(key="gone"), clause("Stay", key="stay")], "slug": "moving", "title": "Moving"}
    version = make_published(cast=cast, effective_on=days(9) if how == "not yet" else None, **first)
    make_published_guide(cast=cast, slug="pictures", cites=["moving:gone"], service=make_offer(cast=cast))
    other = make_published(cast=cast, slug="other", title="Other").policy
    if how == "taken out":
        make_published(cast=cast, policy=version.policy, clauses=[clause("Stay", key="stay")])
    elif how != "not yet":
        reason = "merged" if how == "merged" else "obsolete"
        actions.withdraw(version=version, reason=reason, into=other if how == "merged" else None, by=cast.hana)
    page = as_(cast.emma).get(f"{HERE}?people=yes&music=none")
    state = "not in force yet" if how == "not yet" else "no longer in force"
    assert 'href="/policies/moving/">Say where you work</a>' in words(page)
    assert state in words(page) and "is in force today" in words(page)
    assert "before you rely on it" in words(page) and "policy=" not in page.context["ask_url"]
    assert "clause=" not in as_(cast.rita).get(f"{HERE}?people=yes&music=none").context["request_url"]
    assert "before you rely on it" not in words(as_(cast.audra).get(f"{HERE}?people=yes&music=none"))


def test_of_rules_that_bind_nothing_of_the_kind_is_said(cast, as_, guide):
    page = words(as_(cast.emma).get(f"{HERE}?people=yes&music=none"))
    assert "no longer in force" not in page and "is in force today" not in page


def test_an_employee_asks_the_hub_with_all_filled_in(cast, as_, guide):
    client = as_(cast.emma)
    amber = client.get(f"{HERE}?people=yes&music=none")
    assert "Ask before you post" in words(amber) and "/request/" not in words(amber)
    url = amber.context["ask_url"]
    asked = query_of(url)
    policy = guide.rows.first().citations.first().policy
    assert asked == {"guide": "pictures", "answers": "people:yes,music:none", "policy": f"{policy.slug}:ask-first"}
    form = client.get(url)
    initial = form.context["form"].initial
    assert initial["title"] == "May I post this picture?"
    assert "- Are there people in it? Yes" in initial["body"] and "- Is there music in it? No music" in initial["body"]
    assert "The guide says: Ask before you post." in initial["body"]
    assert form.context["about"]["clause"].key == "ask-first"


def test_an_auditor_who_only_reads_is_not_sent_to_a_form_she_may_not_use(cast, as_, guide):
    for address in ["/may-i-post/", f"{HERE}?people=yes&music=none"]:
        assert "/questions/ask/" in words(as_(cast.emma).get(address))
        assert "/questions/ask/" not in words(as_(cast.audra).get(address))


def test_a_representative_fills_in_a_request_of_the_rows_service(cast, as_):
    usual, special = make_offer(cast=cast), make_service(title="Special")
    version = make_published(cast=cast, slug="rules", clauses=[clause("Ask first", key="ask-first")])
    questions, rows = guide_text([f"{version.policy.slug}:ask-first"])
    rows[2]["service"] = special.slug
    make_published_guide(cast=cast, slug="pictures", text=(questions, rows), service=usual)
    client = as_(cast.rita)
    amber = client.get(f"{HERE}?people=yes&music=none").context
    assert amber["service"] == usual
    assert amber["request_url"].startswith(f"/services/{usual.slug}/request/?guide=pictures")
    form = client.get(amber["request_url"])
    assert form.context["form"].initial["title"].startswith("May I post")
    assert [(policy.slug, key) for policy, key, _heading in form.context["about"].clauses] == [("rules", "ask-first")]
    assert client.get(f"{HERE}?people=yes&music=song").context["service"] == special
    assert client.get(f"{HERE}?people=no&music=none").context["service"] is None
    # A service that is offered no longer leads nobody astray.
    type(special).objects.update(is_offered=False)
    assert client.get(f"{HERE}?people=yes&music=song").context["request_url"] == ""


def test_what_was_answered_goes_into_the_first_long_question(cast, as_):
    service = make_offer(cast=cast)
    questions = [
        {"key": "kind", "label": "Which?", "type": "yes_no", "required": True, "help": "", "example": "", "choices": [],
         "shown_if": None, "max_length": None},
        {"key": "why", "label": "Why?", "type": "long_text", "required": True, "help": "", "example": "", "choices": [],
         "shown_if": {"question": "kind", "is": ["no"]}, "max_length": None},
        {"key": "case", "label": "What is the case?", "type": "long_text", "required": True, "help": "", "example": "",
         "choices": [], "shown_if": None, "max_length": None},
    ]  # fmt: skip
    save_form(service=service, definition=questions, by=cast.paul)
    make_published_guide(cast=cast, slug="pictures", service=service)
    url = as_(cast.rita).get(f"{HERE}?people=yes&music=none").context["request_url"]
    form = as_(cast.rita).get(url).context["questions"]
    assert "The guide says: Ask before you post." in form.initial["case"] and "why" not in form.initial


FORMS_WITHOUT_PLACE = {
    "no question": [],
    "only at some answers": [
        {"key": "kind", "type": "yes_no"},
        {"key": "why", "type": "long_text", "shown_if": {"question": "kind", "is": ["no"]}},
    ],
    "too short": [{"key": "why", "type": "long_text", "max_length": 200}],
}


@pytest.mark.parametrize("name", FORMS_WITHOUT_PLACE)
def test_what_was_answered_arrives_whatever_the_services_form_asks(cast, as_, name):
    service = make_offer(cast=cast)
    plain = dict.fromkeys(["help", "example"], "") | {"label": "?", "required": False, "choices": []}
    plain |= {"shown_if": None, "max_length": None}
    definition = [{**plain, **question} for question in FORMS_WITHOUT_PLACE[name]]
    save_form(service=service, definition=definition, by=cast.paul)
    make_published_guide(cast=cast, slug="pictures", service=service)
    client = as_(cast.rita)
    url = client.get(f"{HERE}?people=yes&music=none").context["request_url"]
    assert "_brought" not in client.get(url.partition("?")[0]).content.decode()

    page = client.get(url)
    told = page.context["questions"].initial["_brought"]
    assert "The guide says: Ask before you post." in told
    label = "What the guide asked, and what you want to post"
    assert label in words(page)
    sent = {"title": "A picture", "spoke": cast.retail.pk, "q-_brought": f"{told}Tomorrow.",
            "form_token": page.context["form"].initial["form_token"]}  # fmt: skip
    # Kept while it is typed, there again when she comes back, and there after an error.
    kept = f"{told}Tomorrow.".replace("\r\n", "\n")
    assert "saved" in client.post(f"/services/{service.slug}/request/draft/", sent).json()
    draft = EngagementRequest.objects.get()
    assert draft.answers == {"_brought": kept}
    again = client.get(f"/services/{service.slug}/request/?draft={draft.pk}")
    assert again.context["questions"].initial["_brought"] == kept
    refused = client.post(f"/services/{service.slug}/request/", {**sent, "title": ""})
    assert refused.status_code == 422 and "Tomorrow." in refused.content.decode()

    client.post(f"/services/{service.slug}/request/", sent)
    request = EngagementRequest.objects.get()
    assert (request.status, request.answers["_brought"]) == ("submitted", kept)
    shown = words(as_(cast.hana).get(request.get_absolute_url()))
    assert label in shown and "Tomorrow." in shown


def test_a_gap_is_admitted_and_logged_and_leads_to_a_question(cast, as_, guide):
    client = as_(cast.emma)
    step = client.post(HERE, {"change": "music", "people": "no", "music": "song"})
    page = client.get(step.url)
    assert "Nobody has written an answer for this yet" in words(page)
    gap = GuideGap.objects.get()
    assert (gap.path, gap.number) == ({"people": "no", "music": "song"}, 1)
    form = client.get(page.context["ask_url"])
    assert "nobody has written an answer" in form.context["form"].initial["body"]
    assert form.context["form"].initial["topic"] == guide.topic
    assert not form.context["about"]


@pytest.mark.parametrize("query", ["guide=none&answers=", "guide=%00", "guide=draft&answers=people:yes"])
def test_a_guide_that_is_not_there_fills_in_nothing(cast, as_, query):
    make_guide(cast=cast, slug="draft")
    form = as_(cast.emma).get(f"/questions/ask/?q=Hello&{query}").context["form"]
    assert (form.initial["title"], form.initial.get("body")) == ("Hello", None)


def test_made_up_answers_fill_in_only_what_was_asked(cast, as_, guide):
    form = as_(cast.emma).get("/questions/ask/?guide=pictures&answers=people:yes,music:polka,,x").context["form"]
    assert "Are there people in it? Yes" in form.initial["body"]
    assert "polka" not in form.initial["body"] and "The guide says" not in form.initial["body"]


def test_a_former_address_leads_to_the_new_one(cast, as_, guide):
    actions.change_guide(guide=guide, slug="photos", by=cast.paul)
    moved = as_(cast.emma).get(f"{HERE}?people=no")
    assert (moved.status_code, moved.url) == (301, "/may-i-post/photos/?people=no")
    assert as_(cast.emma).post(HERE, {"change": "people"}).status_code == 308
    with pytest.raises(Invalid):
        make_guide(cast=cast, slug="pictures")
    actions.change_guide(guide=guide, slug="pictures", by=cast.paul)
    assert as_(cast.emma).get(HERE).status_code == 200
    assert as_(cast.emma).get("/may-i-post/photos/").url == HERE
    actions.take_back_guide(guide=guide, by=cast.paul)
    assert as_(cast.emma).get("/may-i-post/photos/").status_code == 404


# --- Where it is used ------------------------------------------------------------------------------------------------


def test_a_policy_says_which_guides_rest_on_its_clauses(cast, as_, guide):
    policy = guide.rows.first().citations.get().policy
    address = f"/policies/{policy.slug}/"
    assert words(as_(cast.emma).get(address)).count('<a href="/may-i-post/pictures/">May I post this picture?</a>') == 1
    actions.take_back_guide(guide=guide, by=cast.paul)
    assert "/may-i-post/pictures/" not in words(as_(cast.emma).get(address))


def test_a_policy_names_no_guide_that_its_reader_may_not_use(cast, as_):
    version = make_published(cast=cast, slug="open", clauses=[clause(key="a")])
    make_published_guide(cast=cast, slug="care", audiences=[cast.care.group], cites=[f"{version.policy.slug}:a"])
    assert "/may-i-post/care/" in words(as_(cast.emma).get("/policies/open/"))
    assert "/may-i-post/care/" not in words(as_(cast.otto).get("/policies/open/"))
