"""Topics: the tree, and what there is on one of them."""

from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from hub.models import Service, Topic
from hub.querysets import saying_who_follows
from playbooks.followed import TOPIC
from playbooks.models import CaseStudy, Playbook, Question
from policies.models import Policy

MOST = 6


@require_safe
def topics(request):
    rows = list(saying_who_follows(Topic.objects.all(), TOPIC, request.user))
    below = {}
    for topic in rows:
        below.setdefault(topic.parent_id, []).append(topic)
    return render(request, "playbooks/topics.html", {"rows": list(_in_tree_order(below))})


def _in_tree_order(below, parent=None, depth=0):
    """Each topic with its `depth`, parents before what stands below them."""
    for topic in below.get(parent, ()):
        topic.depth = depth
        yield topic
        yield from _in_tree_order(below, topic.pk, depth + 1)


@require_safe
def topic(request, slug):
    """The newest and best of each kind on it, as far as the reader may see them, each with the way to all."""
    user = request.user
    topic = get_object_or_404(saying_who_follows(Topic.objects.select_related("parent"), TOPIC, user), slug=slug)
    playbooks = Playbook.objects.published().trusted().for_audience_of(user).on_topic(slug).most_helpful_first()
    policies = Policy.objects.readable().for_audience_of(user).filter(topic=topic).order_by("title", "pk")
    cases = CaseStudy.objects.published().for_audience_of(user).filter(topic=topic)
    questions = Question.objects.visible_to(user).answered().filter(topic=topic)
    return render(
        request,
        "playbooks/topic.html",
        {
            "topic": topic,
            "below": topic.children.all(),
            "playbooks": playbooks[: MOST + 1],
            "policies": policies[: MOST + 1],
            "cases": cases.select_related("spoke").order_by("-year", "-pk")[: MOST + 1],
            "questions": questions.newest_first()[: MOST + 1],
            "services": Service.objects.offered().filter(topic=topic).in_catalogue_order()[:MOST],
            "most": MOST,
        },
    )
