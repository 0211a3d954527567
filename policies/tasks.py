"""What an action of policies sends off: the search index follows a publication within seconds."""

from celery import shared_task

from hub import search
from hub.search import Document, Passage
from hub.text.markdown import plain
from policies import clock, workflow
from policies.models import Guide, Policy, PolicyVersion

KIND = "policy"
GUIDE = "guide"


def search_document(policy_id):
    """What search knows about a policy, or None when there is nothing for readers."""
    policy = Policy.objects.select_related("topic").filter(pk=policy_id).first()
    if policy is None:
        return None
    day = clock.today()
    version = workflow.shown(list(policy.versions.visible_on(day)), day)
    return _document(policy, version, day) if version else None


def search_documents():
    """Every policy readers can find."""
    day = clock.today()
    shown = PolicyVersion.objects.shown_on(day).select_related("policy__topic").order_by("pk")
    for version in shown.iterator(chunk_size=100):
        yield _document(version.policy, version, day)


def _document(policy, version, day):
    audience = tuple(policy.audiences.values_list("pk", flat=True))
    return Document(
        kind=KIND,
        object_id=policy.pk,
        title=policy.title,
        url=policy.get_absolute_url(),
        summary=policy.summary,
        language=policy.language,
        topic_slug=policy.topic.slug,
        updated_at=version.published_at or clock.midnight(version.publish_on),
        verified=version.withdrawn_on is None and (policy.review_on is None or policy.review_on >= day),
        audience_ids=audience or None,
        passages=tuple(
            Passage(
                part_key=clause.key,
                heading=clause.heading,
                body=plain(clause.body),
                url=policy.clause_url(clause.key),
            )
            for clause in version.clauses.all()
        ),
    )


@shared_task(name="policies.reindex")
def reindex(policy_id):
    search.refresh(KIND, policy_id, search_document)


def guide_document(guide_id):
    """What search knows about a guide, or None while it is not published."""
    guide = Guide.objects.published().select_related("topic").filter(pk=guide_id).first()
    return _guide_document(guide) if guide else None


def guide_documents():
    """Every guide employees can find."""
    for guide in Guide.objects.published().select_related("topic").order_by("pk"):
        yield _guide_document(guide)


def _guide_document(guide):
    """Its questions, and not its answers: those are for one case each, and found alone they mislead."""
    audience = tuple(guide.audiences.values_list("pk", flat=True))
    url = guide.get_absolute_url()
    return Document(
        kind=GUIDE,
        object_id=guide.pk,
        title=guide.title,
        url=url,
        summary=guide.intro,
        language=guide.language,
        topic_slug=guide.topic.slug,
        updated_at=guide.updated_at,
        verified=True,
        audience_ids=audience or None,
        passages=tuple(
            Passage(
                part_key=question.key,
                heading=question.text,
                body=" ".join([question.help, " · ".join(str(option["label"]) for option in question.options)]).strip(),
                url=url,
            )
            for question in guide.questions.all()
        ),
    )


@shared_task(name="policies.reindex_guide")
def reindex_guide(guide_id):
    search.refresh(GUIDE, guide_id, guide_document)
