"""From an uploaded file to a draft: upload, see what was read, choose, create. Lives in the admin's addresses."""

import uuid

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub import actions, slots
from hub.actions.documents import made_from, proposed_parts, target_of, title_of_version
from hub.actions.margin import came_along, count, left_over, without_comments
from hub.documents.parts import LONGEST_SUMMARY, LONGEST_TITLE, folded, topic_named
from hub.documents.sniff import LARGEST_FILE
from hub.exceptions import Conflict, HubError, Invalid
from hub.models import ImportedDocument, ImportStatus, Topic, User
from hub.permissions import check_can_work_the_desk
from hub.text.markdown import render as as_html

MOST_FILES = 10
ENDINGS = ".md,.markdown,.html,.htm,.docx,.rst,.txt"


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files; the value is a list."""

    widget = FilesInput({"accept": ENDINGS})

    def clean(self, data, initial=None):
        files = data if isinstance(data, list | tuple) else [data] if data else []
        if not files:
            raise forms.ValidationError(_("Choose at least one file."))
        if len(files) > MOST_FILES:
            raise forms.ValidationError(_("Choose at most %(n)d files at a time.") % {"n": MOST_FILES})
        return list(files)


def owners():
    """Those who answer for a text: everybody who works for the hub."""
    return User.objects.may_own().order_by("name")


def target_choices():
    return [(target.kind, capfirst(target.label)) for target in _targets()]


def _targets():
    return sorted(slots.document_targets.gather(), key=lambda target: target.kind, reverse=True)


class UploadForm(forms.Form):
    files = FilesField(
        label=gettext_lazy("Files"),
        help_text=gettext_lazy(
            "Word (.docx), Markdown, HTML or reStructuredText; up to 10 files of at most 5 MB each."
        ),
    )
    target = forms.ChoiceField(label=gettext_lazy("Each becomes"), required=False, widget=forms.RadioSelect)
    topic = forms.ModelChoiceField(
        label=gettext_lazy("Topic"),
        queryset=Topic.objects.all(),
        required=False,
        empty_label=gettext_lazy("as the file says, or I choose later"),
    )
    owner = forms.ModelChoiceField(label=gettext_lazy("Owner"), queryset=User.objects.none())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["target"].choices = [*target_choices(), ("", _("What it looks most like"))]
        self.fields["owner"].queryset = owners()


class VersionForm(forms.Form):
    """One file, which becomes a new version of something that is there."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.FileInput({"accept": ENDINGS}),
        help_text=gettext_lazy("Word (.docx), Markdown, HTML or reStructuredText; at most 5 MB."),
    )


class ChoiceForm(forms.Form):
    """What a draft is made of; the sections are read from the same POST by `chosen_parts`."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=LONGEST_TITLE)
    summary = forms.CharField(
        label=gettext_lazy("Summary"),
        max_length=LONGEST_SUMMARY,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("One or two sentences: whom it concerns, and what it asks or gives."),
    )
    topic = forms.ModelChoiceField(
        label=gettext_lazy("Topic"), queryset=Topic.objects.all(), empty_label=gettext_lazy("Choose one")
    )
    owner = forms.ModelChoiceField(label=gettext_lazy("Owner"), queryset=User.objects.none())
    language = forms.RegexField(
        label=gettext_lazy("Language"),
        regex=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$",
        max_length=12,
        help_text=gettext_lazy("Its code, such as en, fr, ar or ja. Search and reading aloud depend on it."),
    )

    with_comments = forms.BooleanField(
        label=gettext_lazy("Bring the file's comments along"),
        required=False,
        initial=True,
        help_text=gettext_lazy("They become comments of the draft's review, with the names that the file gives them."),
    )

    def __init__(self, *args, document=None, keeps_comments=False, **kwargs):
        super().__init__(*args, **kwargs)
        if not keeps_comments:
            del self.fields["with_comments"]
        self.fields["owner"].queryset = owners()
        if document is not None:
            self.fields["owner"].queryset = (owners() | User.objects.filter(pk=document.owner_id)).distinct()


def initial_topic(document):
    return document.topic or topic_named(document.document["front_matter"], Topic.objects.all())


class Preview:
    """A read document as the page shows it: for one target, with what was chosen so far."""

    def __init__(self, document, target, data=None):
        self.document, self.target = document, target
        self.parts = proposed_parts(self._stored(), target)
        # What was ticked for another target counts only where that target's sections are the same.
        if data is not None and data.get("count") == str(len(self.parts)):
            for number, part in enumerate(self.parts):
                part["taken"] = f"take-{number}" in data
                part["force"] = data.get(f"force-{number}") or part["force"]

    def _stored(self):
        stored = self.document.document
        return {**stored, "parts": folded(stored["parts"], self.target.most_parts)}

    def chosen(self):
        return [part for part in self.parts if part["taken"]]

    def made_of(self, *, with_comments=True):
        """The `parts` and `on_whole` of a draft."""
        if not with_comments:
            return {"parts": without_comments(self.chosen())}
        left = [part for part in self.parts if not part["taken"]]
        return {"parts": self.chosen(), "on_whole": left_over(self.document.document, left)}

    @cached_property
    def comments(self):
        return count(self.document.document)

    @property
    def keeps_comments(self):
        """Whether there are comments, and a place for them."""
        return bool(self.comments) and self.target.keeps_comments

    @cached_property
    def rows(self):
        forces = [("must", _("Must")), ("should", _("Should")), ("may", _("May"))]
        return [
            {
                **part,
                "index": number,
                "number": number + 1,
                "html": as_html(part["body"], heading_level=3, anchor_prefix=f"part-{number}"),
                "forces": [(value, label, value == part["force"]) for value, label in forces] if part["force"] else [],
            }
            for number, part in enumerate(self.parts)
        ]


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request):
    check_can_work_the_desk(request.user)
    if "version-of" in request.GET:
        return _upload_version(request)
    if request.method != "POST":
        form = UploadForm(initial={"owner": request.user.pk, "target": request.GET.get("as", "")})
        return render(request, "admin/documents/upload.html", {"form": form})
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "admin/documents/upload.html", {"form": form}, status=422)
    batch, wanted = uuid.uuid4(), form.cleaned_data
    for file in wanted["files"]:
        actions.upload_document(
            filename=file.name,
            data=file.read(LARGEST_FILE + 1),  # one byte too many is refused with a sentence
            batch=batch,
            target=wanted["target"],
            topic=wanted["topic"],
            owner=wanted["owner"],
            by=request.user,
        )
    return _onwards(batch)


def _upload_version(request):
    """The same step for one file that becomes a new version: `?as=policy&version-of=12`."""
    kind, pk = request.GET.get("as", ""), request.GET["version-of"]
    try:
        title = title_of_version(kind, int(pk) if pk.isdecimal() and len(pk) < 16 else 0)
    except Invalid as error:
        raise Http404 from error
    target_of(kind).check_can(request.user)
    form = VersionForm(request.POST, request.FILES) if request.method == "POST" else VersionForm()
    if request.method != "POST" or not form.is_valid():
        context = {"form": form, "thing": title, "thing_url": target_of(kind).edit_url(int(pk))}
        return render(request, "admin/documents/upload_version.html", context, status=422 if form.errors else 200)
    file, batch = form.cleaned_data["file"], uuid.uuid4()
    actions.upload_document(
        filename=file.name,
        data=file.read(LARGEST_FILE + 1),  # one byte too many is refused with a sentence
        batch=batch,
        target=kind,
        version_of=int(pk),
        owner=request.user,
        by=request.user,
    )
    return _onwards(batch)


def _onwards(batch):
    """One file that was read goes straight to its preview."""
    documents = list(ImportedDocument.objects.filter(batch=batch).defer("content", "document")[:2])
    if len(documents) == 1 and documents[0].status == ImportStatus.READ:
        return redirect("admin:hub_importeddocument_choose", documents[0].pk)
    return redirect("admin:hub_importeddocument_batch", batch)


@require_safe
def batch(request, batch):
    """What became of the files of one upload; asked again and again while some are being read."""
    check_can_work_the_desk(request.user)
    documents = list(
        ImportedDocument.objects.filter(batch=batch).select_related("topic", "owner").defer("content").order_by("pk")
    )
    labels, topics = {target.kind: target for target in _targets()}, list(Topic.objects.all())
    before = dict(
        ImportedDocument.objects.filter(
            sha256__in=[document.sha256 for document in documents], status=ImportStatus.TAKEN
        ).values_list("sha256", "made_title")
    )
    rows = []
    for document in documents:
        target = labels.get(document.made_kind or document.target)
        is_read = document.status == ImportStatus.READ
        is_version = document.version_of is not None
        named = topic_named(document.document["front_matter"], topics) if is_read else None
        rows.append(
            {
                "document": document,
                "label": target.label if target else "",
                "edit_url": target.edit_url(document.made_id) if document.made_id else "",
                "topic": document.topic or named,
                "parts": len(document.document["parts"]) if is_read else 0,
                "warnings": document.document["warnings"] if is_read else [],
                "before": before.get(document.sha256, "") if is_read else "",
                "is_version": is_version,
                "comments": count(document.document) if is_read else 0,
                "is_ready": is_read and document.sha256 not in before and not is_version,
            }
        )
    ready = [row for row in rows if row["is_ready"] and row["topic"]]
    return render(
        request,
        "admin/documents/batch.html",
        {
            "batch": batch,
            "rows": rows,
            "ready": len(ready),
            "without_topic": sum(row["is_ready"] and not row["topic"] for row in rows),
            "waiting": sum(row["document"].status == ImportStatus.WAITING for row in rows),
            "done": sum(row["document"].status != ImportStatus.WAITING for row in rows),
        },
    )


@require_POST
def create_all(request, batch):
    """Drafts of everything in an upload that is ready, as proposed; what needs a choice stays."""
    check_can_work_the_desk(request.user)
    made, topics, seen = 0, list(Topic.objects.all()), set()
    ready = ImportedDocument.objects.filter(batch=batch, status=ImportStatus.READ, version_of=None)
    for document in ready.order_by("pk"):
        stored = document.document
        topic = document.topic or topic_named(stored["front_matter"], topics)
        if topic is None or document.sha256 in seen or made_from(document.sha256):
            continue
        seen.add(document.sha256)
        preview = Preview(document, target_of(document.target))
        try:
            draft = actions.make_draft(
                document=document,
                target=document.target,
                title=stored["title"],
                summary=stored["summary"],
                topic=topic,
                owner=document.owner,
                **preview.made_of(),
                by=request.user,
            )
        except (Invalid, Conflict) as error:
            messages.error(request, f"{document.filename}: {error.sentence}")
        else:
            made += 1
            if said := came_along(draft, stored):
                messages.info(request, f"{document.filename}: {said}")
    if made:
        messages.success(request, ngettext("One draft was created.", "%(n)d drafts were created.", made) % {"n": made})
    return redirect("admin:hub_importeddocument_batch", batch)


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request, pk):
    """One document as readers would see it, with everything to choose before it becomes a draft."""
    check_can_work_the_desk(request.user)
    documents = ImportedDocument.objects.defer("content").select_related("owner", "topic")
    document = get_object_or_404(documents, pk=pk)
    if document.status != ImportStatus.READ:
        return redirect("admin:hub_importeddocument_batch", document.batch)
    if document.version_of is not None:
        return redirect(target_of(document.target).version_url(document.version_of, document.pk))
    data = request.POST if request.method == "POST" else None
    kind = (data or {}).get("target") or document.target
    try:
        target = target_of(kind)
    except Invalid:
        target = target_of(document.target)
    if data is None:
        stored, preview = document.document, Preview(document, target)
        initial = {name: stored[name] for name in ("title", "summary", "language")}
        initial |= {"topic": initial_topic(document), "owner": document.owner_id}
        form = ChoiceForm(initial=initial, document=document, keeps_comments=preview.keeps_comments)
        return _choice(request, document, form, preview)
    act = data.get("act", "create")
    if act.startswith("as-"):
        other = next((each for each in _targets() if f"as-{each.kind}" == act), target)
        preview = Preview(document, other, data)
        form = ChoiceForm(initial=data.dict(), document=document, keeps_comments=preview.keeps_comments)
        return _choice(request, document, form, preview)
    preview = Preview(document, target, data)
    form = ChoiceForm(data, document=document, keeps_comments=preview.keeps_comments)
    if form.is_valid():
        stored, chosen = document.document, dict(form.cleaned_data)
        made_of = preview.made_of(with_comments=chosen.pop("with_comments", True))
        try:
            made = actions.make_draft(document=document, target=target.kind, by=request.user, **made_of, **chosen)
        except Conflict as error:
            messages.error(request, error.sentence)
            return redirect("admin:hub_importeddocument_batch", document.batch)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.sentence)
        else:
            messages.success(request, _("The draft is there. Read it through, then submit it."))
            if preview.keeps_comments and (said := came_along(made, stored)):
                messages.info(request, said)
            return redirect(target.edit_url(made.pk))
    return _choice(request, document, form, preview, status=422)


def _choice(request, document, form, preview, status=200):
    target = preview.target
    before = made_from(document.sha256)
    return render(
        request,
        "admin/documents/choose.html",
        {
            "document": document,
            "stored": document.document,
            "form": form,
            "rows": preview.rows,
            "on_whole": document.document.get("comments", []),
            "comments": preview.comments,
            "target": target,
            "others": [each for each in _targets() if each.kind != target.kind],
            "too_many": max(0, len(preview.chosen()) - target.most_parts),
            "before": before,
            "before_url": target_of(before.made_kind).edit_url(before.made_id) if before else "",
        },
        status=status,
    )


@require_POST
def discard(request, pk):
    check_can_work_the_desk(request.user)
    document = get_object_or_404(ImportedDocument.objects.defer("content", "document"), pk=pk)
    batch, name = document.batch, document.filename
    try:
        actions.discard_document(document=document, by=request.user)
    except HubError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, _("“%(name)s” was discarded.") % {"name": name})
    if ImportedDocument.objects.filter(batch=batch).exists():
        return redirect("admin:hub_importeddocument_batch", batch)
    return redirect("admin:hub_importeddocument_upload")
