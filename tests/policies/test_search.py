"""Search follows what readers may read."""

from hub import search, slots
from policies import actions, clock, tasks
from tests.policies.factories import clause, days, make_draft, make_published, make_withdrawn


def found(text, group_ids=()):
    return {hit.url for hit in search.search(text, group_ids=group_ids).hits}


def test_a_clause_is_found_at_its_address(cast):
    version = make_published(cast=cast, title="Rules", clauses=[clause("Keep the zeppelin grounded", body="Always.")])
    tasks.reindex(version.policy_id)
    assert found("zeppelin") == {"/policies/rules/#c-keep-the-zeppelin-grounded"}


def test_search_keeps_to_the_audience(cast):
    version = make_published(
        cast=cast, title="Rules", audiences=[cast.retail.group], clauses=[clause("Zeppelin", body="Always.")]
    )
    tasks.reindex(version.policy_id)
    assert found("zeppelin") == set()
    assert len(found("zeppelin", group_ids=(cast.retail.group_id,))) == 1
    actions.change_policy(policy=version.policy, audiences=[], by=cast.paul)
    tasks.reindex(version.policy_id)
    assert len(found("zeppelin")) == 1


def test_drafts_are_not_found_and_what_is_gone_leaves(cast):
    version = make_draft(cast=cast, clauses=[clause("Zeppelin")])
    tasks.reindex(version.policy_id)
    assert found("zeppelin") == set()
    assert tasks.search_document(version.policy_id) is None
    assert tasks.search_document(10**9) is None


def test_the_source_gives_all_that_readers_can_find(cast):
    shown = make_published(cast=cast, title="Rules")
    make_withdrawn(cast=cast, title="Gone")
    make_draft(cast=cast)
    make_published(cast=cast, publish_on=days(3))
    source = next(source for source in slots.search_documents.gather() if source.kind == "policy")
    documents = {document.title: document for document in source.documents()}
    assert set(documents) == {"Rules", "Gone"}
    assert documents["Rules"].verified
    assert not documents["Gone"].verified
    assert source.document(shown.policy_id) == documents["Rules"]


def test_a_policy_past_its_review_is_not_verified(cast):
    version = make_published(cast=cast)
    actions.change_policy(policy=version.policy, review_on=clock.today() - (days(1) - days(0)), by=cast.paul)
    assert not tasks.search_document(version.policy_id).verified
