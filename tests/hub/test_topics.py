"""Topics stand under one another, but none under itself."""

import pytest

from hub import actions, search
from hub.exceptions import Invalid
from hub.models import Topic
from tests.factories import make_root, make_topic
from tests.hub.search.made import document, put


@pytest.mark.django_db
def test_a_topic_is_not_its_own_ancestor():
    root = make_root()
    top = make_topic(name="Care")
    middle = make_topic(name="Replies", parent=top)
    bottom = make_topic(name="Tone", parent=middle)
    for parent in (top, middle, bottom):
        with pytest.raises(Invalid, match="cannot stand under itself") as refused:
            actions.save_topic(topic=Topic.objects.get(pk=top.pk), parent=parent, by=root)
        assert refused.value.field == "parent"
    assert Topic.objects.get(pk=top.pk).parent is None
    other = actions.save_topic(name="Law", slug="law", parent=bottom, by=root)
    assert actions.save_topic(topic=other, parent=top, by=root).parent == top


@pytest.mark.django_db
def test_a_circle_that_came_from_elsewhere_does_not_hang():
    first, second = make_topic(name="One"), make_topic(name="Two")
    Topic.objects.filter(pk=first.pk).update(parent=second)
    Topic.objects.filter(pk=second.pk).update(parent=first)
    third = make_topic(name="Three")
    assert actions.save_topic(topic=third, parent=first, by=make_root()).parent == first


@pytest.mark.django_db
def test_what_search_knows_of_a_topic_follows_its_address():
    topic, other = make_topic(name="Care"), make_topic(name="Law")
    for number, slug in enumerate([topic.slug, other.slug], start=1):
        put(document(title="Replies to criticism", object_id=number, topic_slug=slug))
    actions.save_topic(topic=Topic.objects.get(pk=topic.pk), slug="customer-care", by=make_root())
    asked = search.search("criticism", group_ids=None, topics=["customer-care"])
    assert [hit.object_id for hit in asked.hits] == [1]
    assert asked.facets["topic"] == {"customer-care": 1, "law": 1}
