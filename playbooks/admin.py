"""Curation: a playbook's facts in a form, its text in the editor, and the steps to publication."""

import re

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import formset_factory
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from hub import audit
from hub.exceptions import Conflict, Invalid
from hub.models import User
from hub.permissions import check_can_see_the_desk, refusal
from hub.stewards import LookOnlyAdmin, TableAdmin
from playbooks import actions
from playbooks.actions.text import LONGEST_BODY, LONGEST_HEADING, MOST_SECTIONS, preview_html
from playbooks.models import Playbook, Question, Significance
from playbooks.permissions import can_curate_playbooks, check_can_approve, check_can_curate_playbooks
from playbooks.resources import PlaybookResource
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
    significance = forms.ChoiceField(
        label=gettext_lazy("How far-reaching is the change?"), choices=Significance.choices
    )
    change_note = forms.CharField(
        label=gettext_lazy("What changed and why"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Plain words. Readers see this beside the new revision."),
    )


class PersonField(forms.ModelChoiceField):
    """A person by her e-mail address: a list of thousands of names helps nobody."""

    def __init__(self, **kwargs):
        super().__init__(
            queryset=User.objects.active(),
            to_field_name="email",
            widget=forms.EmailInput({"class": "vTextField", "autocomplete": "off"}),
            error_messages={"invalid_choice": gettext_lazy("Nobody who is active here has this address.")},
            **kwargs,
        )

    def prepare_value(self, value):
        if isinstance(value, int):
            return User.objects.filter(pk=value).values_list("email", flat=True).first()
        return super().prepare_value(value)

    def to_python(self, value):
        return super().to_python(value.strip().lower() if isinstance(value, str) else value)


class ReturnForm(forms.Form):
    comment = forms.CharField(
        label=gettext_lazy("What should change?"), max_length=2000, widget=forms.Textarea({"rows": 3})
    )


@admin.register(Playbook)
class PlaybookAdmin(TableAdmin):
    resource_classes = [PlaybookResource]
    import_export_change_list_template = "admin/playbooks/change_list.html"
    list_display = ["title", "topic", "owner", "verified_until", "shown", "text"]
    list_filter = ["topic", "difficulty", "verified_until"]
    list_select_related = ["topic", "owner", "current"]
    search_fields = ["title", "slug"]
    fields = [
        "title",
        "slug",
        "summary",
        "topic",
        "owner",
        "deputy",
        "minutes",
        "difficulty",
        "verify_months",
        "language",
        "audiences",
        "services",
    ]
    prepopulated_fields = {"slug": ["title"]}
    filter_horizontal = ["audiences", "services"]
    change_form_template = "admin/playbooks/change_form.html"
    can_change = staticmethod(can_curate_playbooks)
    can_add = staticmethod(can_curate_playbooks)

    @admin.display(description=gettext_lazy("readers get"))
    def shown(self, playbook):
        return _("revision %(n)d") % {"n": playbook.current.number} if playbook.current else _("nothing yet")

    @admin.display(description=gettext_lazy("text"))
    def text(self, playbook):
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:playbooks_playbook_edit", args=[playbook.pk]), _("Text and steps")
        )

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else self.prepopulated_fields

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name in {"owner", "deputy"}:
            return PersonField(
                label=capfirst(db_field.verbose_name),
                required=not db_field.blank,
                help_text=_("The person's e-mail address."),
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def store(self, request, obj, form, change):
        if change:
            return actions.change_playbook(playbook=obj, by=request.user, **form.cleaned_data)
        return actions.create_playbook(by=request.user, **form.cleaned_data)

    def response_add(self, request, obj, post_url_continue=None):
        messages.success(request, _("The playbook is there. Now write its text."))
        return redirect("admin:playbooks_playbook_edit", obj.pk)

    def view_on_site(self, playbook):
        return playbook.get_absolute_url()

    def get_urls(self):
        def address(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"playbooks_playbook_{name}")

        return [
            address("preview/", preview, "preview"),
            address("<int:pk>/edit/", edit, "edit"),
            address("<int:pk>/start/", start, "start"),
            address("<int:pk>/submit/", submit, "submit"),
            address("<int:pk>/return/", return_to_draft, "return"),
            address("<int:pk>/publish/", publish, "publish"),
            *super().get_urls(),
        ]


def _playbook(request, pk):
    """The playbook, for whoever may look at it here."""
    if not request.user.reads_all:
        raise PermissionDenied
    return get_object_or_404(Playbook.objects.select_related("current", "owner"), pk=pk)


def _open_revision(playbook):
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
    playbook = _playbook(request, pk)
    revision = _open_revision(playbook)
    if revision is None:
        return _render(request, playbook, None)
    if request.method != "POST":
        form = RevisionForm(
            initial={
                "lock": revision.lock,
                "significance": revision.significance,
                "change_note": revision.change_note,
            }
        )
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
            significance=form.cleaned_data["significance"],
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


def _render(request, playbook, revision, form=None, sections=None, theirs=None, status=200):
    in_review = revision is not None and revision.status == RevisionStatus.IN_REVIEW
    returned = (
        next((event for event in audit.history(revision)[:30] if event.verb == "returned"), None) if revision else None
    )
    return render(
        request,
        "admin/playbooks/edit.html",
        {
            "playbook": playbook,
            "revision": revision,
            "form": form,
            "sections": sections,
            "theirs": theirs,
            "returned": returned if revision and revision.status == RevisionStatus.DRAFT else None,
            "can_curate": can_curate_playbooks(request.user),
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
    playbook = _playbook(request, pk)
    actions.start_revision(playbook=playbook, by=request.user)
    return redirect("admin:playbooks_playbook_edit", playbook.pk)


def _act(request, pk, action, success, **values):
    """Runs a verb on the open revision; a refusal becomes a message on the editor's page."""
    playbook = _playbook(request, pk)
    revision = _open_revision(playbook)
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


@admin.register(Question)
class QuestionAdmin(LookOnlyAdmin):
    list_display = ["title", "status", "topic", "asked_by", "asked_for", "asked_at"]
    list_filter = ["status", "topic"]
    list_select_related = ["topic", "asked_by", "asked_for"]
    search_fields = ["title"]
    fields = ["title", "body", "status", "topic", "asked_by", "asked_for", "asked_at"]

    def view_on_site(self, question):
        return question.get_absolute_url()
