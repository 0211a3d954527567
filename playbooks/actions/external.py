"""Verbs of the collection of other organisations' policies and guidelines."""

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from hub import audit
from hub.actions.common import refused_as
from hub.actions.documents import save_at_free_address
from hub.documents import sections
from hub.exceptions import Invalid
from hub.text import markdown
from hub.wake import wake
from playbooks.models import ExternalDocument, ExternalSection, ExternalTag
from playbooks.permissions import check_can_curate_cases
from playbooks.tasks import EXTERNAL, reindex_external
from policies import clock

LINES = {"title": 200, "organisation": 120, "summary": 400, "url": 400, "licence": 120, "language": 12}
LONGEST_TEXT = 400_000
LONGEST_TAG = 40
MOST_TAGS = 12
FIELDS = {*LINES, "kind", "may_keep_text", "text", "retrieved_on", "checked_on", "is_shown"}


@transaction.atomic
def save_external(*, document=None, slug="", topics=None, tags=None, by, **fields):
    """Adds a document of another organisation to the collection, or changes one.

    `tags` is a list of words. A text is kept only where the licence allows it; it is cut at its headings.
    """
    check_can_curate_cases(by)
    if fields.keys() - FIELDS:
        raise TypeError(f"a document of others has no field {sorted(fields.keys() - FIELDS)}")
    is_new = document is None or document.pk is None
    document = ExternalDocument() if is_new else ExternalDocument.objects.select_for_update().get(pk=document.pk)
    before = {name: str(getattr(document, name)) for name in fields}
    for name, value in fields.items():
        if name in LINES:
            value = " ".join(markdown.clean(value or "").split())
            if len(value) > LINES[name]:
                raise Invalid(_("At most %(n)d characters, please.") % {"n": LINES[name]}, field=name)
        setattr(document, name, markdown.clean(value or "").strip() if name == "text" else value)
    _check(document)
    with refused_as(lambda: _check(document)):
        if is_new:
            wanted = slugify(slug or f"{document.organisation} {document.title}")[:100].strip("-") or "document"
            save_at_free_address(document, wanted, kind=EXTERNAL)
        else:
            document.save()
    if tags is not None:
        _store_tags(document, tags)
    if topics is not None:
        document.topics.set(topics)
    if not document.topics.exists():
        raise Invalid(_("Choose at least one topic, so that it can be compared with ours."), field="topics")
    if is_new or before.get("text", document.text) != document.text:
        _store_sections(document)
    changed = sorted(name for name, was in before.items() if str(getattr(document, name)) != was)
    audit.record("added" if is_new else "changed", document, by=by, fields=changed)
    wake(reindex_external, document.pk)
    return document


def _check(document):
    for name in ("title", "organisation"):
        if not getattr(document, name):
            raise Invalid(_("Please fill this in."), field=name)
    if not document.url.startswith(("https://", "http://")):
        raise Invalid(_("An address begins with https://."), field="url")
    if ExternalDocument.objects.filter(url=document.url).exclude(pk=document.pk).exists():
        raise Invalid(_("A document with this address is in the collection already."), field="url")
    if len(document.text) > LONGEST_TEXT:
        raise Invalid(_("This is very long. Keep the part that you compare with."), field="text")
    if document.text and not (document.may_keep_text and document.licence):
        raise Invalid(
            _("Keep a text only where its licence allows it: name it and tick the box, or keep only the link."),
            field="text",
        )


def _store_tags(document, tags):
    names = {" ".join(markdown.clean(tag).split()).lower() for tag in tags} - {""}
    if len(names) > MOST_TAGS or any(len(name) > LONGEST_TAG for name in names):
        raise Invalid(_("At most 12 tags of at most 40 characters."), field="tags")
    document.tags.all().delete()
    ExternalTag.objects.bulk_create(ExternalTag(document=document, name=name) for name in sorted(names))


def _store_sections(document):
    """Passages under their headings; what stands before the first heading goes under the document's own title."""
    document.sections.all().delete()
    if not document.text:
        return
    headings, references = sections.scan(document.text)
    taken, found = set(), []
    for part in sections.split(document.text, headings, references):
        body = part.body.strip()
        if not body:
            continue
        heading = (part.heading if part.level else document.title)[:250]
        key = sections.key_of(heading, taken, f"section-{len(found) + 1}")
        html = markdown.render(body, heading_level=4, anchor_prefix=f"in-{key}")
        found.append(
            ExternalSection(document=document, number=len(found) + 1, key=key[:80], heading=heading, html=html)
        )
    ExternalSection.objects.bulk_create(found)


@transaction.atomic
def check_links(*, documents, by):
    """Somebody opened these today, and they still lead to what we say."""
    check_can_curate_cases(by)
    documents = list(ExternalDocument.objects.select_for_update().filter(pk__in=[one.pk for one in documents]))
    for document in documents:
        document.checked_on = clock.today()
        document.save(update_fields=["checked_on"])
        audit.record("link checked", document, by=by)
    return len(documents)
