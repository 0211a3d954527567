"""What an action of playbooks sends off: the search index follows within seconds."""

from celery import shared_task
from django.db.models import Prefetch

from hub import search
from hub.search import Document, Passage
from hub.text.markdown import plain, strip_tags
from playbooks import checklists
from playbooks.models import Answer, CaseStudy, ExternalDocument, Playbook, Question
from playbooks.models.case import PARTS

PLAYBOOK = "playbook"
QUESTION = "question"
CASE = "case"
EXTERNAL = "external"


def _playbooks():
    return (
        Playbook.objects.published()
        .select_related("topic", "current")
        .prefetch_related("audiences", "current__sections")
        .order_by("pk")
    )


def playbook_document(playbook_id):
    """What search knows about a playbook, or None when there is nothing for readers."""
    playbook = _playbooks().filter(pk=playbook_id).first()
    return _playbook_document(playbook) if playbook else None


def playbook_documents():
    for playbook in _playbooks().iterator(chunk_size=100):
        yield _playbook_document(playbook)


def _playbook_document(playbook):
    return Document(
        kind=PLAYBOOK,
        object_id=playbook.pk,
        title=playbook.title,
        url=playbook.get_absolute_url(),
        summary=playbook.summary,
        language=playbook.language,
        topic_slug=playbook.topic.slug,
        updated_at=playbook.current.published_at,
        verified=playbook.is_verified,
        faded=playbook.is_faded,
        popularity=max(0, playbook.helpful - playbook.unhelpful),
        audience_ids=tuple(group.pk for group in playbook.audiences.all()) or None,
        passages=tuple(
            Passage(
                part_key=section.key,
                heading=section.heading,
                body=plain(checklists.without_keys(section.body)),
                url=playbook.section_url(section.key),
            )
            for section in playbook.current.sections.all()
        ),
    )


def _questions():
    answers = Answer.objects.shown().order_by("-is_accepted", "answered_at")
    return (
        Question.objects.answered()
        .select_related("topic", "policy", "playbook")
        .prefetch_related(
            "audiences__spoke",
            "policy__audiences__spoke",
            "playbook__audiences__spoke",
            Prefetch("answers", queryset=answers),
        )
        .order_by("pk")
    )


def question_document(question_id):
    """What search knows about an answered question, or None."""
    question = _questions().filter(pk=question_id).first()
    return _question_document(question) if question else None


def question_documents():
    for question in _questions().iterator(chunk_size=100):
        yield _question_document(question)


def _question_document(question):
    answers = list(question.answers.all())
    accepted = [answer for answer in answers if answer.is_accepted]
    return Document(
        kind=QUESTION,
        object_id=question.pk,
        title=question.title,
        url=question.get_absolute_url(),
        summary=plain(question.body),
        topic_slug=question.topic.slug if question.topic else "",
        updated_at=max((answer.answered_at for answer in answers), default=question.asked_at),
        verified=bool(accepted),
        audience_ids=_audience_ids(question),
        passages=tuple(
            Passage(
                part_key=f"answer-{answer.pk}",
                heading="",
                body=plain(answer.body),
                url=f"{question.get_absolute_url()}#answer-{answer.pk}",
            )
            for answer in accepted or answers
        ),
    )


def _audience_ids(question):
    """Who may find it: whom it was asked for, as far as what it is about is still meant for them. None: everybody."""
    groups = list(question.audiences.all())
    for about in (question.policy, question.playbook):
        if about is not None:
            groups = _narrowed(groups, list(about.audiences.all()))
    return None if groups == [] else tuple(sorted(group.pk for group in groups or ()))


def _narrowed(groups, others):
    """The groups of whoever is addressed by both; [] addresses everybody, None nobody."""
    if groups is None or not others:
        return groups
    if not groups:
        return others
    both = {group for group in groups for other in others if group == other or _is_below(group, other)}
    both |= {other for other in others for group in groups if _is_below(other, group)}
    return list(both) or None


def _is_below(group, other):
    """Whether whoever belongs to a department's group belongs to the other's too."""
    spoke, higher = getattr(group, "spoke", None), getattr(other, "spoke", None)
    return spoke is not None and higher is not None and spoke.path.startswith(higher.path)


def _cases():
    return (
        CaseStudy.objects.published()
        .select_related("topic", "spoke")
        .prefetch_related("audiences", "measures")
        .order_by("pk")
    )


def case_document(case_id):
    """What search knows about a case study, or None when it is not for readers."""
    case = _cases().filter(pk=case_id).first()
    return _case_document(case) if case else None


def case_documents():
    for case in _cases().iterator(chunk_size=100):
        yield _case_document(case)


def _case_document(case):
    texts = {name: plain(getattr(case, name)) for name in PARTS}
    measures = (f"{one.what}: {one.before} {one.after} {one.unit} {one.period}" for one in case.measures.all())
    texts["results"] = "\n".join([texts["results"], *measures])
    return Document(
        kind=CASE,
        object_id=case.pk,
        title=case.title,
        url=case.get_absolute_url(),
        summary=f"{case.summary} {case.origin}",
        language=case.language,
        topic_slug=case.topic.slug,
        updated_at=case.published_at,
        verified=True,
        audience_ids=tuple(group.pk for group in case.audiences.all()) or None,
        passages=tuple(
            Passage(part_key=name, heading=str(heading), body=texts[name], url=f"{case.get_absolute_url()}#{name}")
            for name, heading in PARTS.items()
        ),
    )


def _externals():
    return ExternalDocument.objects.shown().prefetch_related("topics", "tags", "sections").order_by("pk")


def external_document(document_id):
    """What search knows about a document of another organisation, or None when readers do not see it."""
    document = _externals().filter(pk=document_id).first()
    return _external_document(document) if document else None


def external_documents():
    for document in _externals().iterator(chunk_size=100):
        yield _external_document(document)


def _external_document(document):
    topics = list(document.topics.all())
    about = [document.organisation, document.summary, *(tag.name for tag in document.tags.all())]
    return Document(
        kind=EXTERNAL,
        object_id=document.pk,
        title=document.title,
        url=document.get_absolute_url(),
        summary=" ".join(about),
        language=document.language,
        topic_slug=topics[0].slug if topics else "",
        updated_at=document.updated_at,
        verified=True,
        passages=tuple(
            Passage(
                part_key=section.key,
                heading=section.heading,
                body=strip_tags(section.html, "\n"),
                url=f"{document.get_absolute_url()}#{section.anchor}",
            )
            for section in document.sections.all()
        ),
    )


@shared_task(name="playbooks.reindex")
def reindex(playbook_id):
    search.refresh(PLAYBOOK, playbook_id, playbook_document)


@shared_task(name="playbooks.reindex_question")
def reindex_question(question_id):
    search.refresh(QUESTION, question_id, question_document)


@shared_task(name="playbooks.reindex_case")
def reindex_case(case_id):
    search.refresh(CASE, case_id, case_document)


@shared_task(name="playbooks.reindex_external")
def reindex_external(document_id):
    search.refresh(EXTERNAL, document_id, external_document)


@shared_task(name="playbooks.reindex_questions_about")
def reindex_questions_about(kind, object_id):
    """After the audience of a policy or playbook (`kind`) has changed: its questions are found by fewer, or by more."""
    for pk in list(_questions().filter(**{kind: object_id}).values_list("pk", flat=True)):
        search.refresh(QUESTION, pk, question_document)
