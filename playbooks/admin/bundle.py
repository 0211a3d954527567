"""Playbooks read back from the portal's own files: what would become of each, then the ticked ones made so."""

import uuid
from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from hub.exceptions import HubError, Invalid
from playbooks import actions, bundles
from playbooks.actions.bundle import FACTS, NEW, REFUSED, REVISION, SAME
from playbooks.permissions import check_can_curate_playbooks

FOLDER = "playbook-bundles"
KEEP = timedelta(days=1)
TONES = {NEW: "good", REVISION: "info", FACTS: "info", SAME: "neutral", REFUSED: "bad"}


class BundleForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.ClearableFileInput({"accept": ".zip,.md"}),
        help_text=gettext_lazy("A ZIP or a single .md file that the portal exported, edited or not."),
        error_messages={"required": gettext_lazy("Choose a file.")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def bring(request):
    check_can_curate_playbooks(request.user)
    if "kept" in request.POST:
        return _take(request)
    form = BundleForm(request.POST, request.FILES) if request.method == "POST" else BundleForm()
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            if file.size > bundles.LARGEST_TOTAL:
                raise Invalid(bundles.too_large())
            data = file.read()
            sheets, refused = bundles.read(file.name, data)
        except Invalid as error:
            form.add_error("file", error.sentence)
        else:
            return _plan(request, sheets, refused, kept=_keep(data, file.name, request.user))
    return render(request, "admin/playbooks/bundle.html", {"form": form}, status=422 if form.errors else 200)


def _plan(request, sheets, refused, *, kept, status=200):
    found = actions.outcomes(sheets)
    rows = [
        {
            "outcome": one,
            "tone": TONES[one.verb],
            "can_take": one.verb in {NEW, REVISION, FACTS},
            # What would undo somebody's later work is for a person to tick.
            "ticked": one.verb in {NEW, REVISION, FACTS} and not one.behind,
        }
        for one in found
    ]
    context = {
        "rows": rows,
        "refused": sorted(refused.items()),
        "kept": kept,
        "can_take": any(r["can_take"] for r in rows),
    }
    return render(request, "admin/playbooks/bundle_plan.html", context, status=status)


def _take(request):
    try:
        path, name, owner = signing.loads(request.POST["kept"], salt=FOLDER, max_age=KEEP)
        if owner != request.user.pk:
            raise signing.BadSignature
        with default_storage.open(path) as file:
            data = file.read()
    except (signing.BadSignature, OSError, ValueError):
        messages.error(request, _("The file is not kept any longer. Please choose it once more; nothing was changed."))
        return redirect("admin:playbooks_playbook_bundle")
    sheets, refused = bundles.read(name, data)
    wanted = set(request.POST.getlist("take"))
    if not wanted:
        messages.error(request, _("Tick at least one playbook."))
        return _plan(request, sheets, refused, kept=request.POST["kept"], status=422)
    done, problems = 0, []
    for sheet in sheets:
        if sheet.slug in wanted:
            try:
                done += actions.take_up(sheet=sheet, by=request.user).verb in {NEW, REVISION, FACTS}
            except HubError as error:
                problems.append(f"{sheet.name}: {error.sentence}")
    for problem in problems[:20]:
        messages.error(request, problem)
    if done:
        sentence = ngettext("%(n)d playbook was taken in.", "%(n)d playbooks were taken in.", done) % {"n": done}
        messages.success(request, sentence + " " + _("New texts are drafts: read them through, then submit them."))
    if problems:
        return _plan(request, sheets, refused, kept=request.POST["kept"], status=422)
    default_storage.delete(path)
    return redirect("admin:playbooks_playbook_changelist")


def _keep(data, name, user):
    """Keeps an upload until its plan is answered, at most a day; returns what finds it again."""
    _forget_old()
    path = default_storage.save(f"{FOLDER}/{uuid.uuid4().hex}", ContentFile(data))
    return signing.dumps([path, name, user.pk], salt=FOLDER)


def _forget_old():
    if not default_storage.exists(FOLDER):
        return
    for name in default_storage.listdir(FOLDER)[1]:
        path = f"{FOLDER}/{name}"
        try:
            if default_storage.get_modified_time(path) < timezone.now() - KEEP:
                default_storage.delete(path)
        except FileNotFoundError:
            # Somebody else's upload forgot it at the same moment.
            continue
