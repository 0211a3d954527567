"""What an action of the hub sends off."""

from celery import shared_task
from django.db import transaction
from django.utils import timezone, translation

from hub import audit, mail, search, slots
from hub.documents import UnreadableDocument, read
from hub.documents.parts import as_stored
from hub.models import ImportedDocument, ImportStatus

# The kind under which search knows people; what it knows of them is the departments' to say.
PERSON = "person"


@shared_task(name="hub.deliver_outbox")
def deliver_outbox():
    return mail.deliver()


@shared_task(name="hub.read_document")
def read_document(document_id):
    """Reads an uploaded file that waits. Twice does no harm: the second finds nothing that waits."""
    waiting = ImportedDocument.objects.filter(status=ImportStatus.WAITING).select_related("uploaded_by")
    document = waiting.filter(pk=document_id).first()
    if document is None:
        return
    with translation.override(document.uploaded_by.language):
        read_into(document)  # outside the lock: it may take long, and somebody may look on
    with transaction.atomic():
        if waiting.select_for_update(of=("self",)).filter(pk=document_id).exists():
            document.save()
            audit.record("refused" if document.status == ImportStatus.REFUSED else "read", document, by=None)


def read_into(document):
    """Reads the file that an ImportedDocument keeps and puts what was found into it; it is not saved here."""
    try:
        found = as_stored(read(bytes(document.content), document.filename))
    except UnreadableDocument as error:
        refuse(document, error)
        return
    document.document = found
    document.status = ImportStatus.READ
    document.content = None
    if not document.target:
        document.target = likeliest_target(found)


def refuse(document, error):
    document.status = ImportStatus.REFUSED
    document.refusal = error.sentence
    document.content = None
    document.finished_at = timezone.now()


def likeliest_target(found):
    """The kind of thing that a stored document looks most like."""
    return max(slots.document_targets.gather(), key=lambda target: target.likeness(found)).kind


@shared_task(name="hub.reindex_found")
def reindex_found(kind, object_id):
    """Writes one thing of any kind into the search index anew."""
    source = next((one for one in slots.search_documents.gather() if one.kind == kind), None)
    search.refresh(kind, object_id, source.document if source else lambda _object_id: None)
