"""What is new about what a person follows, for her weekly letter: only what she may read when it is written."""

from collections import defaultdict

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub import slots
from hub.models import Follow, Topic
from hub.slots import Followable, NewsItem
from playbooks import tasks
from playbooks.fillers import news_of_case
from playbooks.models import Adaptation, Answer, CaseStudy, Playbook, Question, Revision, Run
from playbooks.significance import Significance
from spokes.models import Spoke
from spokes.querysets import within

TOPIC, PLAYBOOK, DEPARTMENT, QUESTION = "topic", tasks.PLAYBOOK, "department", tasks.QUESTION
MOST = 20


@slots.followables.fill
def followables():
    yield Followable(TOPIC, gettext_lazy("Topic"), lambda reader: Topic.objects.all(), _address_of_topic)
    yield Followable(
        PLAYBOOK, gettext_lazy("Playbook"), lambda reader: Playbook.objects.published().for_audience_of(reader)
    )
    yield Followable(QUESTION, gettext_lazy("Question"), lambda reader: Question.objects.shown().visible_to(reader))


def _address_of_topic(topic):
    return reverse("playbooks:topic", args=[topic.slug])


class _Followed:
    """What one person follows, and the conditions that follow from it for rows of different models."""

    def __init__(self, person):
        ids = defaultdict(list)
        for kind, pk in Follow.objects.filter(person=person).values_list("kind", "object_id"):
            ids[kind].append(pk)
        self.is_empty = not ids
        self.topics, self.playbooks, self.questions = ids[TOPIC], ids[PLAYBOOK], ids[QUESTION]
        departments = Spoke.objects.filter(pk__in=ids[DEPARTMENT]) if ids[DEPARTMENT] else Spoke.objects.none()
        self.paths = tuple(departments.values_list("path", flat=True))

    def on_topic(self, field):
        """On a topic, or on one that stands right below it, as the library has it."""
        return Q(**{f"{field}__in": self.topics}) | Q(**{f"{field}__parent__in": self.topics})

    def of_playbook(self, field):
        return Q(**{f"{field}__in": self.playbooks})

    def of_department(self, field):
        """Of a department, or of one below it."""
        return within(self.paths, field=f"{field}__path")


@slots.followed_items.fill
def followed_items(person, since):
    followed = _Followed(person)
    if followed.is_empty:
        return
    yield from _revisions(followed, person, since)
    yield from _questions(followed, person, since)
    yield from _adaptations(followed, person, since)
    yield from _runs(followed, person, since)
    yield from _cases(followed, person, since)


def _revisions(followed, person, since):
    """New playbooks on a topic; of a playbook, new revisions that are more than better words."""
    earlier = Revision.objects.readable().filter(playbook=OuterRef("playbook"), number__lt=OuterRef("number"))
    is_news = followed.of_playbook("playbook") & ~Q(significance=Significance.EDITORIAL)
    is_new = followed.on_topic("playbook__topic") & ~Exists(earlier)
    rows = Revision.objects.readable().for_audience_of(person).filter(is_news | is_new, published_at__gt=since)
    for revision in (
        rows.annotate(is_later=Exists(earlier))
        .select_related("playbook__topic")
        .order_by("-published_at", "-pk")[:MOST]
    ):
        playbook = revision.playbook
        yield NewsItem(
            kind=PLAYBOOK,
            title=_("“%(title)s” has changed") % {"title": playbook.title}
            if revision.is_later
            else _("New playbook on %(topic)s: %(title)s") % {"topic": playbook.topic.name, "title": playbook.title},
            url=playbook.get_absolute_url(),
            at=revision.published_at,
            detail=revision.change_note if revision.is_later else playbook.summary,
        )


def _questions(followed, person, since):
    """Answers first: of a question that was asked and answered since, the answer is the news."""
    visible = Question.objects.shown().visible_to(person)
    told = set()
    for answer in _answers(followed, person, since, visible):
        if answer.question_id in told:
            continue
        told.add(answer.question_id)
        yield NewsItem(
            kind=QUESTION,
            title=_("Answered: %(question)s") % {"question": answer.question.title},
            url=f"{answer.question.get_absolute_url()}#answer-{answer.pk}",
            at=max(answer.answered_at, answer.accepted_at or answer.answered_at),
            detail=_("%(name)s answered") % {"name": answer.answered_by.name},
        )
    about = followed.of_department("asked_for") | followed.of_playbook("playbook")
    asked = visible.filter(about, asked_at__gt=since).exclude(asked_by=person).exclude(pk__in=told)
    for question in asked.select_related("asked_by").newest_first()[:MOST]:
        yield NewsItem(
            kind=QUESTION,
            title=_("Asked: %(question)s") % {"question": question.title},
            url=question.get_absolute_url(),
            at=question.asked_at,
            detail=_("%(name)s asks") % {"name": question.asked_by.name},
        )


def _answers(followed, person, since, visible):
    """Accepted ones in what she follows, and every one to a question that she follows; not to her own, nor hers."""
    about = (
        followed.of_department("question__asked_for")
        | followed.of_playbook("question__playbook")
        | followed.on_topic("question__topic")
    )
    rows = Answer.objects.shown().filter(question__in=visible.values("pk")).exclude(answered_by=person)
    rows = rows.exclude(question__asked_by=person)
    rows = rows.filter(about & Q(accepted_at__gt=since) | Q(question__in=followed.questions, answered_at__gt=since))
    return rows.select_related("question", "answered_by").order_by("-is_accepted", "-answered_at", "-pk")[:MOST]


def _adaptations(followed, person, since):
    about = followed.of_department("spoke") | followed.of_playbook("playbook")
    rows = Adaptation.objects.published().visible_to(person).filter(about, published_at__gt=since)
    for row in rows.select_related("playbook", "spoke").order_by("-published_at", "-pk")[:MOST]:
        yield NewsItem(
            kind=PLAYBOOK,
            title=_("How %(department)s does “%(title)s”")
            % {"department": row.spoke.name, "title": row.playbook.title},
            url=row.get_absolute_url(),
            at=row.published_at,
            detail=row.intro,
        )


def _runs(followed, person, since):
    """Finished with something said about it."""
    about = followed.of_department("spoke") | followed.of_playbook("playbook")
    silent = Q(helped="", hindered="", result="")
    rows = Run.objects.finished().visible_to(person).filter(about, closed_at__gt=since).exclude(silent)
    for run in rows.exclude(closed_by=person).select_related("playbook", "spoke").order_by("-closed_at", "-pk")[:MOST]:
        yield NewsItem(
            kind="run",
            title=_("What %(department)s learned from “%(title)s”")
            % {"department": run.spoke.name, "title": run.playbook.title},
            url=run.get_absolute_url(),
            at=run.closed_at,
            detail=run.result or run.helped or run.hindered,
        )


def _cases(followed, person, since):
    about = followed.of_department("spoke") | followed.on_topic("topic")
    rows = CaseStudy.objects.published().for_audience_of(person).filter(about, published_at__gt=since)
    for case in rows.order_by("-published_at", "-pk")[:MOST]:
        yield news_of_case(case)
