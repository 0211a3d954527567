"""Documents on their way in: uploaded, read, and made into a draft by whoever knows how (`slots.document_targets`)."""

import hashlib
import json
from datetime import timedelta
from pathlib import PurePath

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hub import audit, slots
from hub.documents import UnreadableDocument
from hub.documents.parts import address_wanted, is_bare
from hub.documents.sniff import kind_of
from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.models import ImportedDocument, ImportStatus, OldSlug
from hub.permissions import check_can_work_the_desk
from hub.tasks import read_document, read_into, refuse
from hub.text.markdown import clean
from hub.wake import wake

# A larger file, and any that needs a converter, is read by a job: it may take the converter's whole time.
READ_AT_ONCE = 200_000
KEPT = timedelta(days=7)


def upload_document(*, filename, data, owner, batch=None, target="", version_of=None, topic=None, by):
    """Keeps a file and reads it, at once when that is quick. A file that cannot be read is kept as its refusal.

    `version_of` is the key of the thing of kind `target` that it shall become a new version of.
    """
    check_can_work_the_desk(by)
    document = prepared_document(
        filename=filename, data=data, owner=owner, batch=batch, target=target, topic=topic, by=by
    )
    if version_of is not None:
        title_of_version(target, version_of)
        document.version_of = version_of
    return keep_document(document=document, by=by)


def prepared_document(*, filename, data, owner, batch=None, target="", topic=None, at_once=False, by):
    """An ImportedDocument that is not stored yet; read already when that is quick or must be `at_once`."""
    if target:
        target_of(target).check_can(by)
    document = ImportedDocument(
        filename=_name_of(filename),
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        content=data,
        target=target,
        topic=topic,
        owner=owner,
        uploaded_by=by,
        uploaded_at=timezone.now(),
    )
    if batch:
        document.batch = batch
    try:
        kind = kind_of(data, document.filename)
    except UnreadableDocument as error:
        refuse(document, error)
    else:
        if at_once or (kind == "markdown" and len(data) <= READ_AT_ONCE):
            read_into(document)
    return document


@transaction.atomic
def keep_document(*, document, by):
    """Stores a prepared document; one that is still to be read is read by a job."""
    check_can_work_the_desk(by)
    document.save()
    audit.record("uploaded", document, by=by)
    if document.status == ImportStatus.WAITING:
        wake(read_document, document.pk)
    return document


def _name_of(filename):
    name = clean(PurePath(filename.replace("\\", "/")).name).replace("\n", " ").strip()
    return name if len(name) <= 200 else f"{name[:150]}…{name[-40:]}"


def target_of(kind):
    """The slots.DocumentTarget of a kind. Raises Invalid for one that there is not."""
    for target in slots.document_targets.gather():
        if target.kind == kind:
            return target
    raise Invalid(_("Choose what the document becomes."), field="target")


def title_of_version(kind, pk):
    """The title of the thing that a document shall become a new version of. Raises Invalid if there is none."""
    target = target_of(kind)
    title = target.version_of(pk) if target.version_of else None
    if title is None:
        raise Invalid(_("What this should become a new version of is not there."), field="target")
    return title


def made_from(sha256, kind=None):
    """The ImportedDocument by which this very file came in before (as one kind of thing), or None."""
    found = ImportedDocument.objects.filter(sha256=sha256, status=ImportStatus.TAKEN)
    return (found.filter(made_kind=kind) if kind else found).order_by("pk").first()


def proposed_parts(document, target):
    """Dicts with key, heading, body, force and taken: what a draft is made of unless somebody chooses otherwise."""
    return [
        {
            **part,
            "force": _force(part, target),
            "taken": not is_bare(part),
        }
        for part in document["parts"]
    ]


def _force(part, target):
    if target.force_of is None:
        return ""
    return part.get("force") or target.force_of(f"{part['heading']}\n{part['body']}")


def make_draft(*, document, target, title, summary, topic, owner, parts, language="", on_whole=(), by):
    """A draft from a document that was read: `parts` are dicts with key, heading, body and force, and the comments
    that come along with them; `on_whole` are comments that come along about the whole (see `hub.actions.margin`).

    Returns what `DocumentTarget.create` made. Raises Invalid, NotAllowed, and Conflict when it was made already.
    """
    check_can_work_the_desk(by)
    target = target_of(target)
    target.check_can(by)
    with transaction.atomic():
        document = read_and_locked(document)
        if topic is None:
            raise Invalid(_("Choose a topic."), field="topic")
        if not parts:
            raise Invalid(_("Take at least one section."))
        if len(parts) > target.most_parts:
            raise Invalid(
                _("You chose %(chosen)d sections, and it holds at most %(most)d. Leave some out, or split the file.")
                % {"chosen": len(parts), "most": target.most_parts}
            )
        try:
            with transaction.atomic():
                made = target.create(
                    title=title,
                    slug=address_wanted(document.document, document.filename),
                    summary=summary,
                    language=language or document.document["language"],
                    topic=topic,
                    owner=owner,
                    parts=parts,
                    change_note=_("First version here, taken over from the file “%s”.") % document.filename,
                    brought_by=document.uploaded_by,
                    by=by,
                    **({"on_whole": on_whole} if target.keeps_comments else {}),
                )
        except IntegrityError as error:
            raise Conflict(_("Somebody took the same address at this moment. Press the button once more.")) from error
        take(document, target.kind, made, by=by)
    return made


def read_and_locked(document):
    """An ImportedDocument that was read and became nothing yet, its row locked. Raises Conflict and NotAllowed."""
    document = ImportedDocument.objects.select_for_update().filter(pk=document.pk).first()
    if document is None:
        raise Conflict(_("Somebody discarded this file in the meantime. Upload it again if you need it."))
    if document.status == ImportStatus.TAKEN:
        raise Conflict(_("A draft was made from this file already: “%s”.") % document.made_title)
    if document.status != ImportStatus.READ:
        raise NotAllowed(_("This file has not been read, so there is nothing to make a draft from."))
    return document


def take(document, kind, made, *, by):
    """Notes what a document became and lets its text go. `document` comes from `read_and_locked`."""
    document.status = ImportStatus.TAKEN
    document.made_kind, document.made_id, document.made_title = kind, made.pk, made.title[:200]
    document.document = None
    document.finished_at = timezone.now()
    document.save()
    audit.record("imported", document, by=by, into=f"{kind}:{made.pk}")


@transaction.atomic
def keep_text(*, name, text, target, version_of, by):
    """Keeps a text that is about to be replaced as if it had been uploaded, so that it can be brought back for a week.

    `text` is a stored document (see `hub.documents.parts`), with the keys of its writers in `written_by`.
    """
    check_can_work_the_desk(by)
    written = json.dumps(text, ensure_ascii=False).encode()
    document = ImportedDocument.objects.create(
        filename=_name_of(name),
        sha256=hashlib.sha256(written).hexdigest(),
        size=len(written),
        status=ImportStatus.READ,
        target=target,
        version_of=version_of,
        document=text,
        owner=by,
        uploaded_by=by,
        uploaded_at=timezone.now(),
    )
    audit.record("kept", document, by=by)
    return document


@transaction.atomic
def discard_document(*, document, by):
    """Forgets an uploaded file; one that is forgotten already may be discarded again.

    One that became a draft stays known, so that it is not brought in twice.
    """
    check_can_work_the_desk(by)
    document = ImportedDocument.objects.select_for_update().filter(pk=document.pk).first()
    if document is None:
        return
    if document.status == ImportStatus.TAKEN:
        raise NotAllowed(_("A draft was made from this file. Edit or withdraw that instead."))
    audit.record("discarded", document, by=by)
    document.delete()


def free_address(wanted, *, model, kind):
    """`wanted`, or with the first number after it that no thing of this model has or had."""
    alike = set(model.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    alike |= set(OldSlug.objects.filter(kind=kind, slug__startswith=wanted).values_list("slug", flat=True))
    address, number = wanted, 2
    while address in alike:
        address, number = f"{wanted}-{number}", number + 1
    return address


def save_at_free_address(thing, wanted, *, kind):
    """Stores a new thing at `free_address`; whoever is later by a moment than somebody else gets the next number."""
    thing.slug = free_address(wanted, model=type(thing), kind=kind)
    while True:
        try:
            with transaction.atomic():
                return thing.save()
        except IntegrityError:
            taken, thing.slug = thing.slug, free_address(wanted, model=type(thing), kind=kind)
            if thing.slug == taken:
                raise


def prune_documents():
    """Forgets what was uploaded a week ago and became nothing; returns how many."""
    old = ImportedDocument.objects.exclude(status=ImportStatus.TAKEN)
    return old.filter(uploaded_at__lt=timezone.now() - KEPT).delete()[0]
