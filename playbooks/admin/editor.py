"""The editor of a revision's text, and the verbs on its page."""

import re

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import formset_factory
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from hub import audit
from hub.exceptions import Conflict, Invalid
from hub.forms import SignificanceForm
from hub.permissions import check_can_see_the_desk, refusal
from playbooks import actions
from playbooks.actions.text import LONGEST_BODY, LONGEST_HEADING, MOST_SECTIONS, changes_between, compare, preview_html
from playbooks.models import Playbook
from playbooks.permissions import can_curate_playbooks, check_can_approve, check_can_curate_playbooks
from playbooks.significance import proposal
from playbooks.workflow import RevisionStatus
from policies.models import Policy

CLAUSE_ADDRESS = re.compile(r"(?:^|/policies/)(?P<policy>[a-z0-9_-]+)(?:/[^#\s]*)?#(?:c-)?(?P<clause>[a-z0-9_-]+)$")


class SectionForm(forms.Form):
    key = forms.SlugField(required=False, widget=forms.HiddenInput)
    heading = forms.CharField(
        label=gettext_lazy("Heading"),
        max_length=LONGEST_HEADING,
        error_messages={"required": gettext_lazy("Give the section a heading.")},
    )
    body = forms.CharField(
        label=gettext_lazy("Text"),
        required=False,
        max_length=LONGEST_BODY,
        widget=forms.Textarea({"rows": 12}),
        help_text=gettext_lazy("Markdown. A line that begins with “- [ ] ” is a step to tick off."),
    )
    cites = forms.CharField(
        label=gettext_lazy("Rests on these clauses"),
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy("One address a line, such as /policies/disclosure/#c-say-so."),
    )

    def clean_cites(self):
        """A list of (policy, clause key)."""
        found = []
        for line in self.cleaned_data["cites"].split():
            match = CLAUSE_ADDRESS.search(line)
            policy = Policy.objects.filter(slug=match["policy"]).first() if match else None
            if policy is None:
                raise forms.ValidationError(
                    _("“%(line)s” is not the address of a clause. Copy it from the clause's # sign."),
                    params={"line": line[:120]},
                )
            found.append((policy, match["clause"]))
        return found


SectionFormSet = formset_factory(
    SectionForm, extra=0, can_order=True, can_delete=True, max_num=MOST_SECTIONS, absolute_max=MOST_SECTIONS + 1
)


class RevisionForm(forms.Form):
    lock = forms.IntegerField(widget=forms.HiddenInput)
    change_note = forms.CharField(
        label=gettext_lazy("What changed and why"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy(
            "Plain words. Readers see this beside the new revision. A merely editorial change needs none."
        ),
    )


class ReturnForm(forms.Form):
    comment = forms.CharField(
        label=gettext_lazy("What should change?"), max_length=2000, widget=forms.Textarea({"rows": 3})
    )


def find_playbook(request, pk):
    """The playbook, for whoever may look at it here."""
    if not request.user.reads_all:
        raise PermissionDenied
    return get_object_or_404(Playbook.objects.select_related("current", "owner"), pk=pk)


def open_revision(playbook):
    return playbook.revisions.open().select_related("submitted_by").first()


def _policy_addresses(revision):
    """{section key: lines of clause addresses} of what a revision cites."""
    slugs = dict(Policy.objects.filter(pk__in={cite[1] for cite in revision.cites}).values_list("pk", "slug"))
    lines = {}
    for section_key, policy_id, clause_key in revision.cites:
        lines.setdefault(section_key, []).append(f"/policies/{slugs[policy_id]}/#c-{clause_key}")
    return {key: "\n".join(addresses) for key, addresses in lines.items()}


def _initial(revision):
    cites = _policy_addresses(revision)
    return [
        {"key": section.key, "heading": section.heading, "body": section.body, "cites": cites.get(section.key, "")}
        for section in revision.sections.all()
    ]


def edit(request, pk):
    """The text of the open revision: look for auditors, write for staff."""
    playbook = find_playbook(request, pk)
    revision = open_revision(playbook)
    if revision is None:
        return _render(request, playbook, None)
    if request.method != "POST":
        form = RevisionForm(initial={"lock": revision.lock, "change_note": revision.change_note})
        initial = _initial(revision)
        sections = SectionFormSet(prefix="section", initial=initial or None)
        sections.extra = 0 if initial else 1
        return _render(request, playbook, revision, form, sections)
    check_can_curate_playbooks(request.user)
    return _save(request, playbook, revision)


def _save(request, playbook, revision):
    form = RevisionForm(request.POST)
    sections = SectionFormSet(request.POST, prefix="section")
    if request.POST.get("do") == "add":
        return _render(request, playbook, revision, form, _one_more(request.POST))
    if not (form.is_valid() & sections.is_valid()):
        return _render(request, playbook, revision, form, sections, status=422)
    kept = sections.ordered_forms
    drafts = [{name: one.cleaned_data[name] for name in ("key", "heading", "body", "cites")} for one in kept]
    try:
        actions.save_draft(
            revision=revision,
            sections=drafts,
            lock=form.cleaned_data["lock"],
            change_note=form.cleaned_data["change_note"],
            by=request.user,
        )
    except Conflict as conflict:
        messages.error(request, conflict.sentence)
        data = request.POST.copy()
        data["lock"] = conflict.theirs["lock"]
        return _render(
            request,
            playbook,
            revision,
            RevisionForm(data),
            SectionFormSet(data, prefix="section"),
            theirs=conflict.theirs,
            status=409,
        )
    except Invalid as error:
        _show_refusal(error, form, kept)
        return _render(request, playbook, revision, form, sections, status=422)
    messages.success(request, _("Saved."))
    return redirect("admin:playbooks_playbook_edit", playbook.pk)


def _one_more(data):
    """What was typed, with one more empty section at the end."""
    data = data.copy()
    given = data.get("section-TOTAL_FORMS", "")
    total = min(int(given), MOST_SECTIONS) if given.isdecimal() and len(given) < 4 else 0
    data["section-TOTAL_FORMS"] = total + 1
    data[f"section-{total}-ORDER"] = total + 1
    sections = SectionFormSet(data, prefix="section")
    for form in sections:
        form.full_clean()
        form.errors.clear()
    return sections


def _show_refusal(error, form, sections):
    """Puts an action's refusal beside the field it is about."""
    match = re.fullmatch(r"section-(\d+)-(\w+)", error.field or "")
    if match:
        sections[int(match[1]) - 1].add_error(match[2], error.sentence)
    else:
        form.add_error(error.field if error.field in form.fields else None, error.sentence)


def common(request, playbook, revision):
    return {
        "playbook": playbook,
        "revision": revision,
        "can_curate": can_curate_playbooks(request.user),
        "to_answer": revision.comments.open().count() if revision else 0,
        "suggestions": playbook.suggestions.waiting().count(),
    }


def _render(request, playbook, revision, form=None, sections=None, theirs=None, status=200):
    in_review = revision is not None and revision.status == RevisionStatus.IN_REVIEW
    returned = (
        next((event for event in audit.history(revision)[:30] if event.verb == "returned"), None) if revision else None
    )
    return render(
        request,
        "admin/playbooks/edit.html",
        {
            **common(request, playbook, revision),
            "tab": "write",
            "form": form,
            "sections": sections,
            "theirs": theirs,
            "returned": returned if revision and revision.status == RevisionStatus.DRAFT else None,
            "in_review": in_review,
            "approve_refusal": refusal(check_can_approve, request.user, revision) if in_review else "",
            "return_form": ReturnForm() if in_review else None,
        },
        status=status,
    )


@require_POST
def preview(request):
    # Whoever may look at a text here sees it as readers will, auditors too.
    check_can_see_the_desk(request.user)
    return HttpResponse(preview_html(request.POST.get("text", "")))


@require_POST
def start(request, pk):
    playbook = find_playbook(request, pk)
    actions.start_revision(playbook=playbook, by=request.user)
    return redirect("admin:playbooks_playbook_edit", playbook.pk)


@require_safe
def changes(request, pk):
    """What the open revision changes in the text readers have now, and how far-reaching that is."""
    playbook = find_playbook(request, pk)
    revision = open_revision(playbook)
    if revision is None or playbook.current is None:
        return redirect("admin:playbooks_playbook_edit", pk)
    return _changes(request, playbook, revision)


def _changes(request, playbook, revision, form=None, status=200):
    old, new = list(playbook.current.sections.all()), list(revision.sections.all())
    rows = list(revision.section_changes.all())
    reasons = {
        change.key: proposal(change, language=playbook.language).reason
        for change in changes_between(old, new)
        if change.kind != "same"
    }
    form = form or SignificanceForm(changes=rows, initial={"lock": revision.lock})
    for change in form.changes:
        change.reason = reasons.get(change.key, "")
    redline = compare(old, new, {row.key: row.significance for row in rows})
    context = {**common(request, playbook, revision), "tab": "changes", "redline": redline, "form": form}
    return render(request, "admin/playbooks/changes.html", context, status=status)


@require_POST
def significance(request, pk):
    """The editor's word on how far-reaching each change is."""
    playbook = find_playbook(request, pk)
    check_can_curate_playbooks(request.user)
    revision = open_revision(playbook)
    if revision is None or playbook.current is None:
        messages.error(request, _("Nothing is being written here. Somebody else may have published it."))
        return redirect("admin:playbooks_playbook_edit", pk)
    form = SignificanceForm(request.POST, changes=list(revision.section_changes.all()))
    if not form.is_valid():
        return _changes(request, playbook, revision, form=form, status=422)
    was_draft = revision.status == RevisionStatus.DRAFT
    try:
        actions.set_significance(
            revision=revision, choices=form.choices, lock=form.cleaned_data["lock"], by=request.user
        )
    except Conflict as error:
        messages.error(request, error.sentence)
    else:
        again = _("Saved. The revision is a draft again and has to be submitted again.")
        messages.success(request, _("Saved.") if was_draft else again)
    return redirect("admin:playbooks_playbook_changes", pk)


def _act(request, pk, action, success, **values):
    """Runs a verb on the open revision; a refusal becomes a message on the editor's page."""
    playbook = find_playbook(request, pk)
    revision = open_revision(playbook)
    if revision is None:
        messages.error(request, _("Nothing is being written here. Somebody else may have published it."))
        return redirect("admin:playbooks_playbook_edit", playbook.pk)
    try:
        action(revision=revision, by=request.user, **values)
    except (Invalid, Conflict) as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, success)
    return redirect("admin:playbooks_playbook_edit", playbook.pk)


def _lock(request):
    """The lock of the text on the page that was sent; a page that does not say shows no text of ours."""
    sent = request.POST.get("lock", "")
    return int(sent) if sent.isdecimal() and len(sent) < 10 else -1


@require_POST
def submit(request, pk):
    done = _("Submitted. Those who may approve it get a message.")
    return _act(request, pk, actions.submit, done, lock=_lock(request))


@require_POST
def return_to_draft(request, pk):
    comment = request.POST.get("comment", "")
    return _act(request, pk, actions.return_to_draft, _("Returned to its authors."), comment=comment)


@require_POST
def publish(request, pk):
    done = _("Published. Readers get it now.")
    return _act(request, pk, actions.approve_and_publish, done, lock=_lock(request))
