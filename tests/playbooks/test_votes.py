"""Did it help, and why not: asked after the vote, counted right, and told without names."""

import json

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from hub import audit
from hub.exceptions import Invalid, NotAllowed
from hub.models import AuditEvent
from playbooks import actions, reports
from playbooks.models import Vote
from tests.factories import make_person
from tests.playbooks.factories import make_published


@pytest.fixture
def playbook(cast):
    return make_published(cast=cast, owner=cast.emma).playbook


def say_no(playbook, person, reason="missing", sentence=""):
    actions.vote(playbook=playbook, helpful=False, by=person)
    return actions.say_why_not(playbook=playbook, reason=reason, sentence=sentence, by=person)


def test_the_vote_stands_whatever_is_said_of_why(cast, as_, playbook):
    client, url = as_(cast.rita), playbook.get_absolute_url()
    client.post(f"{url}vote/", {"helpful": "no"})
    text = client.get(url).content.decode()
    assert "Tell the owner why" in text
    refused = client.post(f"{url}why/", {"reason": "", "sentence": "The number is missing."})
    assert (refused.status_code, "The number is missing." in refused.content.decode()) == (422, True)
    # The page that refuses is the whole page: Rita may start a run from it too.
    assert "Start a run" in text and "Start a run" in refused.content.decode()
    assert Vote.objects.get().helpful is False
    assert client.post(f"{url}why/", {"reason": "missing", "sentence": "The number."})["Location"] == f"{url}#helpful"
    assert "What I needed is not in it. “The number.”" in client.get(url).content.decode()
    playbook.refresh_from_db()
    assert (playbook.helpful, playbook.unhelpful) == (0, 1)


def test_one_answer_a_person_which_she_may_change_or_take_back(cast, playbook):
    say_no(playbook, cast.rita, "missing", "One.")
    say_no(playbook, cast.rita, "unclear", " Two. ")
    assert list(Vote.objects.values_list("reason", "sentence")) == [("unclear", "Two.")]
    actions.vote(playbook=playbook, helpful=True, by=cast.rita)
    assert list(Vote.objects.values_list("helpful", "reason", "sentence")) == [(True, "", "")]
    say_no(playbook, cast.rita, "failed")
    actions.vote(playbook=playbook, helpful=None, by=cast.rita)
    assert not Vote.objects.exists()


def test_only_a_no_has_a_reason(cast, playbook):
    for helpful in (None, True):
        actions.vote(playbook=playbook, helpful=helpful, by=cast.rita)
        with pytest.raises(NotAllowed):
            actions.say_why_not(playbook=playbook, reason="missing", by=cast.rita)
    actions.vote(playbook=playbook, helpful=False, by=cast.rita)
    for reason, sentence in (("", ""), ("bored", ""), ("missing", "x" * 301)):
        with pytest.raises(Invalid):
            actions.say_why_not(playbook=playbook, reason=reason, sentence=sentence, by=cast.rita)
    with pytest.raises(NotAllowed):
        actions.say_why_not(playbook=playbook, reason="missing", by=cast.audra)


def test_the_owner_reads_reasons_from_five_answers_on_and_never_who(cast, as_, playbook):
    people = [make_person(name=f"Witness {n}", by=cast.root) for n in range(5)]
    for n, person in enumerate(people[:4]):
        say_no(playbook, person, "missing" if n else "unclear", f"Canary {n} <b>.")
    url = f"{playbook.get_absolute_url()}reasons/"
    few = as_(cast.emma).get(url).content.decode()
    assert "4 of them said why" in few
    assert "Canary" not in few and "What I needed" not in few
    say_no(playbook, people[4], "missing")
    text = as_(cast.emma).get(url).content.decode()
    found = reports.reasons_of(playbook)
    assert [number for _reason, number in found.rows] == [4, 1]
    assert text.count("Canary") == 4
    assert "<b>." not in text
    assert "Witness" not in text


def test_the_audit_says_that_somebody_voted_and_not_what(cast, playbook):
    say_no(playbook, cast.rita, "failed", "Canary.")
    lines = AuditEvent.objects.filter(verb="voted")
    assert [line.details for line in lines] == [{}, {}]
    assert "Canary" not in json.dumps(list(audit.history(playbook).values()), cls=DjangoJSONEncoder)


def test_the_owner_is_led_there(cast, as_, playbook):
    url = playbook.get_absolute_url()
    assert f"{url}reasons/" not in as_(cast.emma).get(url).content.decode()
    actions.vote(playbook=playbook, helpful=False, by=cast.rita)
    assert f"{url}reasons/" in as_(cast.emma).get(url).content.decode()
    assert f"{url}reasons/" not in as_(cast.rita).get(url).content.decode()


def test_where_most_were_not_helped_comes_first(cast, as_):
    few, many, loved, unsaid = (make_published(cast=cast, title=title).playbook for title in "ABCD")
    for playbook, helpful, unhelpful in ((few, 0, 2), (many, 4, 6), (loved, 90, 7), (unsaid, 9, 0)):
        type(playbook).objects.filter(pk=playbook.pk).update(helpful=helpful, unhelpful=unhelpful)
    text = as_(cast.paul).get("/playbooks/upkeep/unhelpful/").content.decode()
    places = [text.find(f">{title}</a>") for title in "BAC"]
    assert places == sorted(places) and -1 not in places
    assert ">D</a>" not in text
