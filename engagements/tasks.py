"""What search knows about services, and the task that keeps it so."""

from celery import shared_task

from hub import search
from hub.models import Service
from hub.search import Document, Passage
from hub.text.markdown import plain

KIND = "service"


def search_document(service_id):
    """What search knows about a service, or None when it is not offered."""
    service = Service.objects.offered().select_related("topic").filter(pk=service_id).first()
    return _document(service) if service else None


def search_documents():
    for service in Service.objects.offered().select_related("topic").prefetch_related("questions"):
        yield _document(service)


def _document(service):
    asked = " ".join(f"{question.label} {question.help}" for question in service.questions.all())
    url = f"/services/{service.slug}/"
    return Document(
        kind=KIND,
        object_id=service.pk,
        title=service.title,
        url=url,
        summary=service.summary,
        topic_slug=service.topic.slug,
        updated_at=service.updated_at,
        passages=(
            Passage(part_key="about", heading="", body=plain(service.description), url=url),
            Passage(part_key="asked", heading="", body=asked, url=f"{url}#asked"),
        ),
    )


@shared_task(name="engagements.reindex_service")
def reindex_service(service_id):
    search.refresh(KIND, service_id, search_document)
