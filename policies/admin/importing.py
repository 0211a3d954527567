"""A document beside the clauses of a policy: what goes on as what, corrected by a person before it becomes a draft."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from hub.actions.documents import made_from
from hub.actions.margin import count, left_over, without_comments
from hub.exceptions import Conflict, Invalid
from hub.models import ImportedDocument, ImportStatus
from hub.text.markdown import render as as_html
from policies import actions
from policies.actions.imported import baseline
from policies.actions.text import content_hash
from policies.forms import ImportForm
from policies.models import Force
from policies.permissions import check_can_curate_policies
from policies.proposals import LEFT_OUT, NEW, Proposal
from policies.tasks import KIND

from .editor import open_version, with_policy

# A list of all clauses in every row grows with the square of the policy; above this the clause is typed instead.
MOST_CHOICES = 4000
TONES = {"same": "neutral", "changed": "info", "renamed": "info", "new": "good", "out": "neutral"}


@require_http_methods(["GET", "HEAD", "POST"])
@with_policy
def bring(request, policy, document):
    """Shows what would become of each clause; writes only when the button is pressed."""
    check_can_curate_policies(request.user)
    kept = ImportedDocument.objects.filter(target=KIND, version_of=policy.pk).defer("content")
    document = get_object_or_404(kept, pk=document)
    if document.status == ImportStatus.TAKEN:
        messages.info(request, _("A draft was made from this file already."))
        return redirect("admin:policies_policy_edit", policy.pk)
    if document.status != ImportStatus.READ:
        return redirect("admin:hub_importeddocument_batch", document.batch)
    clauses, version = baseline(policy), open_version(policy)
    base, lock = content_hash(clauses), version.lock if version else None
    shape = {"open_version": _with_words(version), "has_comments": bool(count(document.document))}
    if request.method != "POST":
        form = ImportForm(initial={"base": base, "lock": lock, "with_comments": True}, **shape)
        return _page(request, policy, document, form, Proposal.of(clauses, document.document), version)
    form = ImportForm(request.POST, **shape)
    proposal = Proposal.of(clauses, document.document, **_chosen(request.POST))
    if request.POST.get("act") == "look":
        form.errors.clear()
        return _page(request, policy, document, form, proposal, version)
    for row in proposal.rows:
        if row.error:
            form.add_error(None, format_html('<a href="#choice-{}">{}</a>', row.index, row.error))
    if form.is_valid():
        drafts, on_whole = proposal.drafts(), left_over(document.document, proposal.left_out)
        if not form.cleaned_data.get("with_comments", True):
            drafts, on_whole = without_comments(drafts), []
        try:
            made = actions.import_version(
                policy=policy,
                document=document,
                clauses=drafts,
                on_whole=on_whole,
                base=form.cleaned_data["base"],
                lock=form.cleaned_data["lock"],
                change_note=form.cleaned_data["change_note"] or None,
                by=request.user,
            )
        except Conflict as error:
            form.take_base(base, lock)
            form.add_error(None, error.sentence)
            return _page(request, policy, document, form, proposal, version, status=409)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.sentence)
        else:
            messages.success(
                request,
                _("Version %(n)d holds the text of your file. Read it through, then submit it.") % {"n": made.number},
            )
            if said := made.brought.in_words():
                messages.info(request, said)
            return redirect("admin:policies_policy_edit", policy.pk)
    return _page(request, policy, document, form, proposal, version, status=422)


def _with_words(version):
    """An open version whose text would be lost; the empty first draft of a policy is not one."""
    return version if version is not None and version.clauses.exists() else None


def _chosen(data):
    """{"chosen": {position: key}, "forces": {position: force}} as sent. A typed number means the clause of that key."""
    chosen, forces = {}, {}
    count = data.get("count", "")
    for index in range(min(int(count), 1000) if count.isdecimal() and len(count) < 6 else 0):
        if (value := data.get(f"choice-{index}")) is not None:
            chosen[index] = NEW if value == "new" else value.strip()
        if (value := data.get(f"force-{index}")) is not None:
            forces[index] = value
    return {"chosen": chosen, "forces": forces}


def _page(request, policy, document, form, proposal, version, status=200):
    stored = document.document
    is_long = len(proposal.rows) * (len(proposal.clauses) + 2) > MOST_CHOICES
    before = made_from(document.sha256, KIND)
    return render(
        request,
        "admin/policies/import.html",
        {
            "policy": policy,
            "version": version,
            "will_replace": "replace" in form.fields,
            "document": document,
            "stored": stored,
            "form": form,
            "proposal": proposal,
            "on_whole": stored.get("comments", []),
            "entries": list(_entries(proposal, is_long)),
            "is_long": is_long,
            "clauses": proposal.clauses,
            "differences": list(_differences(policy, stored)),
            "summary": _in_words(proposal.counts),
            "before": before if before and before.made_id == policy.pk else None,
            "upload_url": f"{reverse('admin:hub_importeddocument_upload')}?as={KIND}&version-of={policy.pk}",
        },
        status=status,
    )


def _differences(policy, stored):
    """(what, here, in the file) where the file says something else about the policy as a whole."""
    for label, here, there in (
        (_("Title"), policy.title, stored["title"]),
        (_("Summary"), policy.summary, stored["summary"]),
        (_("Language"), policy.language, stored["language"]),
    ):
        if there and " ".join(here.split()) != " ".join(there.split()):
            yield label, here, there


def _in_words(counts):
    """ "5 the same, 1 changed, 1 new": what will become of the clauses, without what does not occur."""
    words = {
        "same": ngettext("%(n)d the same", "%(n)d the same", counts["same"]),
        "changed": ngettext("%(n)d changed", "%(n)d changed", counts["changed"]),
        "renamed": ngettext("%(n)d with another heading", "%(n)d with another heading", counts["renamed"]),
        "moved": ngettext("%(n)d in another place", "%(n)d in another place", counts["moved"]),
        "new": ngettext("%(n)d new", "%(n)d new", counts["new"]),
        "removed": ngettext("%(n)d taken out", "%(n)d taken out", counts["removed"]),
    }
    return ", ".join(words[name] % {"n": number} for name, number in counts.items() if number)


def _entries(proposal, is_long):
    """The rows of the page in reading order: each part, and each clause that is gone after the one it followed."""
    after, before = {}, None
    gone = {clause.key: into for clause, into in proposal.removed}
    for clause in proposal.clauses:
        if clause.key in gone:
            after.setdefault(before, []).append({"clause": clause, "into": gone[clause.key]})
        else:
            before = clause.key
    yield from after.pop(None, [])
    for row in proposal.rows:
        options = [] if is_long else [(clause.key, f"{clause.number} {clause.heading}") for clause in proposal.clauses]
        yield {
            "row": row,
            "clause": row.was,
            "html": as_html(row.body, heading_level=4, anchor_prefix=f"part-{row.index}"),
            "label": _label(row),
            "tone": TONES[row.kind],
            "is_folded": row.kind == "same" and not row.error,
            "choices": [(NEW, _("a new clause"), row.chosen == NEW), (LEFT_OUT, _("left out"), row.chosen == LEFT_OUT)]
            + [(key, label, key == row.chosen) for key, label in options],
            "typed": "new" if row.chosen == NEW else row.chosen,
            "forces": [(value, label, value == row.force) for value, label in Force.choices],
        }
        if row.was is not None:
            yield from after.pop(row.chosen, [])


def _label(row):
    return {
        "same": _("The same"),
        "changed": _("Changed"),
        "renamed": _("Another heading"),
        "new": _("New clause"),
        "out": _("Left out"),
    }[row.kind]
