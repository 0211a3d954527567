"""Tables on their way in: upload, what would happen, yes or no, progress."""

import csv

from django.contrib import admin, messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub.cells import guard
from hub.exceptions import Invalid, NotAllowed
from hub.permissions import check_can_see_the_desk
from hub.stewards import LookOnlyAdmin
from hub.wake import wake
from spokes.actions import uploads
from spokes.forms import UploadForm
from spokes.jobs import work_on_import
from spokes.models import TableImport
from spokes.permissions import can_import, can_manage_spokes, check_can_manage_spokes
from spokes.workflow import ImportStatus

SHOWN = 200


@admin.register(TableImport)
class TableImportAdmin(LookOnlyAdmin):
    list_display = ["filename", "kind", "status", "uploaded_by", "uploaded_at"]
    list_filter = ["kind", "status"]
    list_select_related = ["uploaded_by"]
    change_list_template = "admin/spokes/imports.html"

    def get_queryset(self, request):
        # Lists never carry the files and their rows.
        return super().get_queryset(request).defer("content", "lines", "errors")

    def changelist_view(self, request, extra_context=None):
        may = {"may_upload": can_manage_spokes(request.user)}
        return super().changelist_view(request, {**(extra_context or {}), **may})

    def get_urls(self):
        def door(view):
            return self.admin_site.admin_view(view)

        return [
            path("upload/", door(upload), name="spokes_tableimport_upload"),
            path("<int:pk>/confirm/", door(confirm), name="spokes_tableimport_confirm"),
            path("<int:pk>/discard/", door(discard), name="spokes_tableimport_discard"),
            path("<int:pk>/state/", door(state), name="spokes_tableimport_state"),
            path("<int:pk>/errors/", door(errors), name="spokes_tableimport_errors"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return look(request, object_id)


def _upload_or_404(pk):
    if not str(pk).isdecimal():
        raise Http404
    return get_object_or_404(TableImport.objects.defer("content").select_related("uploaded_by"), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request):
    check_can_manage_spokes(request.user)
    kinds = [kind for kind in TableImport.Kind.values if can_import(request.user, kind)]
    initial = {"kind": request.GET.get("kind") if request.GET.get("kind") in kinds else kinds[0]}
    form = UploadForm(request.POST or None, request.FILES or None, kinds=kinds, initial=initial)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            kept = uploads.upload_table(
                kind=form.cleaned_data["kind"],
                filename=file.name,
                data=file.read(),
                options=form.options(),
                by=request.user,
            )
        except Invalid as error:
            form.add_error("file", error.sentence)
        else:
            wake(work_on_import, kept.pk)
            return redirect("admin:spokes_tableimport_change", kept.pk)
    return render(request, "admin/spokes/upload.html", {"form": form}, status=422 if form.errors else 200)


def _context(request, upload, error=""):
    groups = {}
    for row, verb, name, detail in upload.lines:
        groups.setdefault(verb, []).append({"row": row, "name": name, "detail": detail})
    return {
        "upload": upload,
        "groups": [
            {"label": label_of(verb), "lines": lines, "count": upload.counts.get(verb, len(lines))}
            for verb, lines in groups.items()
        ],
        "counts": [{"label": label_of(verb), "count": count} for verb, count in sorted(upload.counts.items())],
        "errors": [{"row": row, "column": column, "reason": reason} for row, column, reason in upload.errors[:SHOWN]],
        "has_more_errors": upload.error_count > SHOWN,
        "can_decide": can_import(request.user, upload.kind) and upload.status == ImportStatus.CHECKED,
        "answer_error": error,
    }


def label_of(verb):
    """An act's verb in words, for headings."""
    words = {
        "joins": _("Join"),
        "moves": _("Move to another department"),
        "gets a home": _("Get their first home department"),
        "changes": _("Change"),
        "leaves": _("Leave, and can no longer sign in"),
        "returns": _("Come back"),
        "new": _("New"),
        "unchanged": _("Stay as they are"),
        "ignored": _("Left before they were known here; ignored"),
        "without_department": _("Choose their department themselves"),
        "repeated": _("Stand in the file twice"),
        "merged": _("Stand in the file twice; the first counts"),
        "second_choice": _("Second handle of the same platform; left out"),
        "empty": _("Rows without an account"),
        "note": _("Merged rows"),
    }
    return words.get(verb, verb)


@require_safe
def look(request, pk):
    """What the file would do, or how far it has come. Without JavaScript one reloads the page."""
    check_can_see_the_desk(request.user)
    return render(request, "admin/spokes/import.html", _context(request, _upload_or_404(pk)))


@require_safe
def state(request, pk):
    """The part of the page that changes while a worker is busy."""
    check_can_see_the_desk(request.user)
    return render(request, "admin/spokes/_import_state.html", _context(request, _upload_or_404(pk)))


@require_safe
def errors(request, pk):
    """Every error as a table, for whoever mends the file."""
    check_can_see_the_desk(request.user)
    upload = _upload_or_404(pk)
    answer = HttpResponse(
        "\ufeff",
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="errors-{upload.pk}.csv"'},
    )
    writer = csv.writer(answer)
    writer.writerow(["row", "column", "reason"])
    writer.writerows([row or "", guard(column), guard(reason)] for row, column, reason in upload.errors)
    return answer


@require_POST
def confirm(request, pk):
    upload = _upload_or_404(pk)
    try:
        uploads.confirm_import(upload=upload, by=request.user, answer="answer" in request.POST)
    except Invalid as error:
        return render(request, "admin/spokes/import.html", _context(request, upload, error.sentence), status=422)
    except NotAllowed as error:
        messages.error(request, error.sentence)
    else:
        wake(work_on_import, upload.pk)
    return redirect("admin:spokes_tableimport_change", upload.pk)


@require_POST
def discard(request, pk):
    upload = _upload_or_404(pk)
    try:
        uploads.discard_import(upload=upload, by=request.user)
        messages.success(request, _("Discarded. Nothing was stored."))
    except NotAllowed as error:
        messages.error(request, error.sentence)
    return redirect("admin:spokes_tableimport_change", upload.pk)
