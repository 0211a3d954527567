"""What the writes of several apps have in common."""

import pytest
from django.contrib.auth.models import Group

from hub.actions.common import differing, fill, put_anew
from hub.models import Topic
from tests.factories import make_person


def test_fields_are_cleaned_and_unknown_ones_are_a_mistake_of_ours():
    topic = Topic(name="Old")
    fill(topic, {"name": "  New\x00 ", "order": 3}, known={"name", "order"})
    assert (topic.name, topic.order) == ("New", 3)
    with pytest.raises(TypeError, match=r"A topic has no field \['slug'\]"):
        fill(topic, {"slug": "new"}, known={"name", "order"})


def test_only_what_differs_is_told_in_words():
    topic = Topic(name="New", order=3)
    assert differing(topic, {"name": "Old", "order": 3}) == {"name": ["Old", "New"]}


@pytest.mark.django_db
def test_rows_put_anew_are_told_by_name_where_they_changed():
    care, retail = (Group.objects.create(name=name) for name in ("Care", "Retail"))
    groups = make_person(name="Emma").groups
    groups.set([retail])
    assert put_anew(groups, lambda: groups.set([care, retail])) == [["Retail"], ["Care", "Retail"]]
    assert put_anew(groups, lambda: groups.set([retail, care])) is None
    assert put_anew(groups, groups.clear) == [["Care", "Retail"], []]
