"""What staff write down as the same is found as the same."""

import pytest

from hub import actions
from hub.exceptions import Invalid, NotAllowed
from hub.models import SearchSynonym
from hub.search import synonyms
from tests.factories import make_cast

from .made import document, found, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture(autouse=True)
def fresh_synonyms():
    synonyms.forget()
    yield
    synonyms.forget()


def save(cast, words, also="", **more):
    line = actions.save_synonym(words=words, also_finds=also, by=cast.paul, **more)
    synonyms.forget()
    return line


def pages():
    put(
        document(title="Zeppelin rides", object_id=1),
        document(title="Airships for beginners", object_id=2),
        document(title="Knitting", object_id=3),
    )


def test_words_find_each_other_both_ways(cast):
    pages()
    assert found("zeppelin") == [("policy", 1)]
    save(cast, "zeppelin, airship, flying cigar")
    assert found("zeppelin") == [("policy", 1), ("policy", 2)]
    assert found("airships") == [("policy", 2), ("policy", 1)]
    assert set(found("flying cigar")) == {("policy", 1), ("policy", 2)}


def test_one_way_words_find_and_are_not_found(cast):
    pages()
    save(cast, "zeppelin", also="airship")
    assert found("zeppelin") == [("policy", 1), ("policy", 2)]
    assert found("airship") == [("policy", 2)]


def test_a_change_or_a_deletion_is_in_force_at_once(cast, django_capture_on_commit_callbacks):
    pages()
    with django_capture_on_commit_callbacks(execute=True):
        line = actions.save_synonym(words="zeppelin, airship", by=cast.paul)
    assert len(found("zeppelin")) == 2
    with django_capture_on_commit_callbacks(execute=True):
        actions.save_synonym(synonym=line, words="zeppelin, knitting", by=cast.paul)
    assert found("zeppelin") == [("policy", 1), ("policy", 3)]
    with django_capture_on_commit_callbacks(execute=True):
        actions.delete_synonym(synonym=line, by=cast.paul)
    assert found("zeppelin") == [("policy", 1)]


def test_another_process_sees_it_when_it_looks_again(cast, monkeypatch):
    pages()
    found("zeppelin")
    SearchSynonym.objects.create(words="zeppelin, airship")
    assert len(found("zeppelin")) == 1, "kept for some seconds"
    monkeypatch.setattr(synonyms._kept, "_seconds", 0)
    assert len(found("zeppelin")) == 2


def test_synonyms_are_stemmed_in_the_languages_of_the_library(cast):
    put(document(title="Veröffentlichungen prüfen", object_id=7, language="de"))
    save(cast, "Beiträge, Veröffentlichung")
    assert found("beitrag") == [("policy", 7)]


@pytest.mark.parametrize(
    ("words", "also"),
    [("", ""), ("one", ""), (" , ,one", ""), ("one two three four, five", ""), ("?, one", ""), ("one", "a b c d")],
)
def test_a_line_that_says_nothing_is_refused(cast, words, also):
    with pytest.raises(Invalid):
        actions.save_synonym(words=words, also_finds=also, by=cast.paul)


def test_only_staff_write_them(cast):
    for person in (cast.emma, cast.rita, cast.audra):
        with pytest.raises(NotAllowed):
            actions.save_synonym(words="a, b", by=person)
        with pytest.raises(NotAllowed):
            actions.delete_synonym(synonym=SearchSynonym.objects.first(), by=person)


def test_the_admin_edits_and_deletes(client, cast):
    client.force_login(cast.paul)
    response = client.post("/admin/hub/searchsynonym/add/", {"words": "alone", "also_finds": ""})
    assert "at least two" in response.content.decode()
    client.post("/admin/hub/searchsynonym/add/", {"words": "zeppelin,  airship", "also_finds": ""})
    line = SearchSynonym.objects.get(words="zeppelin, airship")
    client.post(f"/admin/hub/searchsynonym/{line.pk}/delete/", {"post": "yes"})
    assert not SearchSynonym.objects.filter(pk=line.pk).exists()


def test_the_starting_set_is_there_and_every_line_of_it_works(cast):
    lines = list(synonyms.starting_set())
    assert SearchSynonym.objects.count() == len(lines) > 200
    for words, also in lines:
        assert len(words) <= 500 and len(also) <= 500
        actions.save_synonym(words=words, also_finds=also, by=cast.paul)
    typed = [words for words, _also in lines]
    assert len(set(typed)) == len(typed)
    put(document(title="Direct message", object_id=1))
    assert found("dm") == [("policy", 1)]


def test_a_phrase_of_which_one_telling_word_is_left_is_understood_but_not_looked_for(cast):
    put(
        document(title="Notices", summary="Put chairs there.", object_id=1),
        document(title="Flags", summary="To hoist is to raise.", object_id=2),
    )
    save(cast, "hoist, put up")
    assert found("hoist") == [("policy", 2)]
    assert ("policy", 2) in found("put up")
