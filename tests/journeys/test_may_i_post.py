""" "May I post this?" from the first draft of a guide to the row that an employee's question made it grow."""

import pytest

from engagements.models import EngagementRequest
from playbooks.models import Question
from policies.models import Guide, GuideCount, GuideGap
from tests.engagements.factories import make_offer
from tests.factories import make_topic
from tests.journeys.browser import Browser
from tests.policies.factories import clause, make_published


@pytest.fixture
def policy(cast):
    return make_published(
        cast=cast,
        slug="pictures",
        title="Pictures",
        topic=make_topic(name="Pictures"),
        clauses=[clause("Ask first", key="ask-first", force="must")],
    ).policy


def choose(person, key, option):
    """Answers the question on the page, as somebody without JavaScript does."""
    form = next(form for form in person.forms if form["data"].get("change") == key)
    return person.submit(form["action"], **{key: option})


def test_a_guide_from_its_first_draft_to_the_row_it_lacked(cast, policy):
    paul, hana, emma, rita = (Browser(person) for person in (cast.paul, cast.hana, cast.emma, cast.rita))
    service = make_offer(cast=cast)

    # Staff write it: the plain facts, questions, rows; nothing is lost between the steps.
    paul.open("/admin/policies/guide/add/").submit(
        title="May I post this picture?",
        slug="picture",
        intro="For pictures on our accounts.",
        topic=policy.topic.pk,
        service=service.pk,
        language="en",
        audiences=[],
    )
    editor = paul.url
    assert editor.endswith("/edit/")
    paul.submit("/edit/", act="question-add")
    paul.submit("/edit/", act="question-add", **{"q-0-text": "Are there people in it?"})
    paul.submit("/edit/", act="row-add", **{
        "q-1-text": "Is there music in it?", "q-1-kind": "choice", "q-1-options": "No music\nA song",
    })  # fmt: skip
    paul.submit("/edit/", act="row-add", **{
        "r-0-c-are-there-people-in-it": "no", "r-0-c-is-there-music-in-it": "no-music", "r-0-verdict": "green",
        "r-0-reason": "Nobody is in it.", "r-0-wording": "Photo: @name", "r-0-cites": "/policies/pictures/#c-ask-first",
    })  # fmt: skip
    paul.submit("/edit/", act="save", **{
        "r-0-c-are-there-people-in-it": "no", "r-0-c-is-there-music-in-it": "no-music", "r-0-verdict": "green",
        "r-1-c-are-there-people-in-it": "yes", "r-1-verdict": "amber", "r-1-reason": "Ask *them* first.",
        "r-1-cites": "pictures:ask-first",
    })  # fmt: skip
    assert "1 of 4 combinations of answers has no row" in paul.text
    guide = Guide.objects.get()
    assert [(row.verdict, row.conditions) for row in guide.rows.all()] == [
        ("green", {"are-there-people-in-it": ["no"], "is-there-music-in-it": ["no-music"]}),
        ("amber", {"are-there-people-in-it": ["yes"]}),
    ]

    # Nobody else sees it yet. Paul tries it out, and it is counted nowhere.
    assert "No guide yet" in emma.open("/may-i-post/").text
    paul.open(f"/admin/policies/guide/{guide.pk}/preview/")
    choose(paul, "are-there-people-in-it", "yes")
    assert "Ask before you post" in paul.text and not GuideCount.objects.exists()
    paul.open(editor).submit("/publish/", lock=guide.lock)
    assert "Published." in paul.text

    # Emma finds it from the start page, on a phone, and gets a yes with words to copy.
    emma.open("/").follow("/may-i-post/").follow("/may-i-post/picture/")
    choose(emma, "are-there-people-in-it", "no")
    choose(emma, "is-there-music-in-it", "no-music")
    assert "Yes, you may post it" in emma.text and "Photo: @name" in emma.text
    emma.follow("/policies/pictures/#c-ask-first")
    assert "/may-i-post/picture/" in emma.links
    answered = "/may-i-post/picture/?are-there-people-in-it=no&is-there-music-in-it=no-music"
    emma.open(answered).open(answered)
    assert GuideCount.objects.get().number == 1

    # She changes one answer, is told to ask, and her question is written already.
    emma.follow(f"{answered}&change=are-there-people-in-it")
    choose(emma, "are-there-people-in-it", "yes")
    assert "Ask before you post" in emma.text
    emma.follow(next(link for link in emma.links if link.startswith("/questions/ask/?guide=picture")))
    emma.submit("")
    question = Question.objects.get()
    assert question.title == "May I post this picture?" and "Are there people in it? Yes" in question.body
    assert (question.policy, question.clause_key) == (policy, "ask-first")

    # Rita is a representative: she gets the request, with the clause and her answers in it.
    rita.open("/may-i-post/picture/")
    choose(rita, "are-there-people-in-it", "yes")
    rita.follow(next(link for link in rita.links if link.startswith(f"/services/{service.slug}/request/")))
    assert "Ask first" in rita.text
    rita.submit("", **{"q-goal": "They like it", "q-claims": "no"}, act="send",
                spoke=cast.retail.pk)  # fmt: skip
    request = EngagementRequest.objects.get()
    assert request.title == "May I post this picture?"
    assert [(cite.policy, cite.clause_key) for cite in request.citations.all()] == [(policy, "ask-first")]

    # Nobody wrote a row for a song: that is said, noted without a name, and becomes a row in a minute.
    emma.open("/may-i-post/picture/")
    choose(emma, "are-there-people-in-it", "no")
    choose(emma, "is-there-music-in-it", "a-song")
    assert "Nobody has written an answer for this yet" in emma.text
    gap = GuideGap.objects.get()
    hana.open(f"/admin/policies/guide/{guide.pk}/figures/")
    assert "Emma" not in hana.text and "A song" in hana.text
    hana.follow(f"{editor}?gap={gap.pk}#row-new")
    hana.submit("/edit/", act="save", **{
        "r-0-c-are-there-people-in-it": "no", "r-0-c-is-there-music-in-it": "no-music",
        "r-1-c-are-there-people-in-it": "yes",
        "r-2-c-are-there-people-in-it": "no", "r-2-c-is-there-music-in-it": "a-song", "r-2-verdict": "red",
        "r-2-reason": "Songs are not ours.", "r-2-cites": "pictures:ask-first",
        "r-0-verdict": "green", "r-1-verdict": "amber",
    })  # fmt: skip
    assert "Every combination of answers has exactly one verdict." in hana.text
    assert "No gap is open" in hana.open(f"/admin/policies/guide/{guide.pk}/figures/").text
    emma.open("/may-i-post/picture/?are-there-people-in-it=no&is-there-music-in-it=a-song")
    assert "No, do not post it" in emma.text and "Songs are not ours." in emma.text
