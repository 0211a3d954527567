import threading

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction

from hub import search, slots
from hub.management.commands.rebuild_search import bar
from hub.models.search import SearchAudience, SearchEntry, SearchWord
from hub.search import schema, vocabulary

from .made import document, found, library, put

pytestmark = pytest.mark.django_db


def words():
    return {(row.word, row.token): row.count for row in SearchWord.objects.filter(count__gt=0)}


def test_indexing_again_replaces():
    put(document(title="Old name", passages=[("a", "Gone heading", "Gone text"), ("b", "Kept", "Kept")]))
    put(document(title="New name", passages=[("b", "Kept", "Kept")]))
    assert found("old gone") == []
    assert found("new kept") == [("policy", 1)]
    assert sorted(SearchEntry.objects.values_list("part_key", flat=True)) == ["", "b"]


def test_words_are_counted_by_document_and_taken_back():
    put(
        document(title="Hashtags", object_id=1, passages=[("a", "Hashtag", "hashtags hashtags the")]),
        document(title="A hashtag", object_id=2),
    )
    assert words() == {("hashtags", "hashtag"): 2 - 1, ("hashtag", "hashtag"): 2, ("", "hashtag"): 2}
    put(document(title="Logos", object_id=1))
    assert words() == {
        ("hashtag", "hashtag"): 1,
        ("", "hashtag"): 1,
        ("logos", "logo"): 1,
        ("", "logo"): 1,
    }
    search.remove("policy", 1)
    search.remove("policy", 2)
    search.remove("policy", 2)
    assert words() == {}
    assert SearchEntry.objects.count() == 0


def test_all_or_nothing():
    library()
    with pytest.raises(RuntimeError), transaction.atomic():
        search.index(document(title="Half done", object_id=1))
        raise RuntimeError
    vocabulary.forget()
    assert found("half done") == []
    assert found("crisis")[0] == ("policy", 1)


def test_a_deleted_group_hides_and_deleted_rows_are_forgotten():
    group = Group.objects.create(name="Retail")
    pk = group.pk
    put(document(title="For retail", audience_ids=(pk, pk)))
    assert SearchAudience.objects.count() == 1
    group.delete()
    assert found("retail", group_ids=[pk]) == []
    assert found("retail") == [("policy", 1)]
    SearchEntry.objects.all().delete()
    assert found("retail") == []
    put(document(title="Something else"))
    assert found("retail") == []


def test_rebuild_writes_what_there_is_and_drops_the_rest():
    library()
    seen = []
    number = search.rebuild(
        [document(title="Crisis communication", object_id=1), document(title="Brand new", object_id=77)],
        progress=seen.append,
    )
    assert (number, seen) == (2, [1, 2])
    assert found("crisis") == [("policy", 1)]
    assert found("brand") == [("policy", 77)]
    assert found("comments") == []
    assert ("", "crisi") in words()
    assert ("", "comment") not in words()


def test_rebuild_keeps_what_was_indexed_meanwhile():
    library()

    def documents():
        yield document(title="Crisis communication", object_id=1)
        search.index(document(title="Published meanwhile", object_id=88))

    search.rebuild(documents())
    assert found("meanwhile") == [("policy", 88)]


def test_a_rebuild_keeps_the_words_of_what_was_indexed_meanwhile():
    library()

    def documents():
        yield document(title="Crisis communication", object_id=1)
        search.index(document(title="Zeppelins", object_id=88))
        search.index(document(title="Crisis airship", object_id=1))

    search.rebuild(documents())
    counted = words()
    assert counted[("zeppelins", "zeppelin")] == 1
    assert counted[("airship", "airship")] == counted[("crisis", "crisi")] == 1


def test_a_rebuild_reads_again_what_has_changed_or_was_withdrawn_since_it_began():
    library()
    group = Group.objects.create(name="Retail")
    now = {1: None, 2: document(title="Photos for Retail", object_id=2, audience_ids=(group.pk,))}

    def again(kind, object_id):
        return now[object_id]

    before = [document(title="Crisis", object_id=1), document(title="Photos", object_id=2)]
    search.rebuild(before, again=again)
    vocabulary.forget()
    assert found("crisis") == []
    assert found("photos", group_ids=[]) == []
    assert found("photos retail") == [("policy", 2)]


def test_what_follows_a_change_reads_the_thing_when_nobody_else_writes_it():
    """Two changes, two workers: the first one's reading must not be written after the second one's."""
    library()
    search.refresh("policy", 1, lambda object_id: document(title="Airship", object_id=object_id))
    vocabulary.forget()
    assert found("airship") == [("policy", 1)]
    search.refresh("policy", 1, lambda object_id: None)
    assert found("airship") == []


def test_search_goes_on_during_a_rebuild():
    library()
    answers = []

    def documents():
        for object_id in (1, 2, 4):
            answers.append(found("crisis")[:1])
            yield document(title=("Crisis", "Photos", "", "Accounts")[object_id - 1], object_id=object_id)

    search.rebuild(documents())
    assert answers == [[("policy", 1)]] * 3


def test_rebuild_of_one_kind_leaves_the_others():
    library()
    before = words()
    search.rebuild([document(title="Answering comments", object_id=3, kind="playbook")], kinds=["playbook"])
    assert found("crisis")[0] == ("policy", 1)
    assert found("insults") == []
    assert words()[("", "crisi")] == before[("", "crisi")]
    assert ("", "insult") not in words()


def test_a_rebuild_counts_the_words_as_indexing_did():
    documents = [
        document(title="Hashtags", object_id=1, summary="How to tag", passages=[("a", "The plan", "A tag plan")]),
        document(title="Réseaux", object_id=2, language="fr", passages=[("a", "Plan", "Le plan des réseaux")]),
    ]
    put(*documents)
    kept = words()
    search.rebuild(documents)
    assert words() == kept


def test_the_command(capsys):
    def policies():
        yield slots.SearchSource(
            kind="policy",
            documents=lambda: iter([document(title="From the slot", object_id=5)]),
            document=lambda object_id: document(title="From the slot", object_id=object_id),
        )

    library()
    with slots.search_documents.only(policies):
        call_command("rebuild_search")
        assert "1 documents" in capsys.readouterr().out
        assert found("slot") == [("policy", 5)]
        assert found("comments") == []
        with pytest.raises(CommandError, match="Known kinds: policy"):
            call_command("rebuild_search", "--kind", "recipe")


def test_the_database_has_what_the_index_needs():
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'hub_searchentry'")
            assert {name for (name,) in cursor.fetchall()} == set(schema.TRIGGERS)
        else:
            cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'hub_searchentry'")
            names = {name for (name,) in cursor.fetchall()}
            assert {"hub_searchentry_lead", "hub_searchentry_words", "hub_searchentry_narrow"} <= names


def test_ensuring_again_fills_the_index_from_the_rows():
    library()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {schema.FTS}({schema.FTS}) VALUES ('delete-all')")
        assert found("crisis") == []
    schema.ensure(connection)
    assert found("crisis")[0] == ("policy", 1)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_writers_of_one_new_document_take_turns():
    problems = []
    start = threading.Barrier(4)

    def write(n):
        try:
            start.wait()
            for _ in range(5):
                search.index(document(title=f"Written by {n}", passages=[("a", "Same", f"Words of writer {n}")]))
        except Exception as problem:
            problems.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert SearchEntry.objects.count() == 2
    assert words()[("", "writer")] == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_that_follow_two_changes_the_last_word_is_the_newer_one():
    """The first has begun when the second change comes; whoever writes last must have read it."""
    title = ["Older"]
    reading, go_on = threading.Event(), threading.Event()

    def slowly(object_id):
        one = document(title=title[0], object_id=object_id)
        reading.set()
        go_on.wait(5)
        return one

    def follow(read):
        search.refresh("policy", 1, read)
        connections.close_all()

    first = threading.Thread(target=follow, args=(slowly,))
    first.start()
    assert reading.wait(5)
    title[0] = "Newer"
    second = threading.Thread(target=follow, args=(lambda object_id: document(title=title[0], object_id=object_id),))
    second.start()
    second.join(0.5)
    assert second.is_alive(), "it waits for its turn, and only then reads"
    go_on.set()
    first.join()
    second.join()
    assert SearchEntry.objects.get().document_title == "Newer"


def test_the_bar_of_a_rebuild_fills_and_says_how_long():
    assert bar(30, 60, 5.0).startswith("[###############...............] 30 of about 60 documents about 5 s left")
    assert bar(60, 60, 9.0).startswith("[##############################] 60")
    assert bar(61, 60, 9.0).startswith("61 documents")
    assert bar(1, 0, 1.0).startswith("1 documents")
