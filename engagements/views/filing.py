"""From the form to the confirmation."""

import uuid

from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from engagements import actions, answers
from engagements.forms import RequestForm, about_of, departments_to_file_for, read_about, sources_for
from engagements.models import EngagementRequest, FormQuestion
from engagements.pages import promise_of
from engagements.views.catalogue import follows_renames
from hub import search
from hub.exceptions import HubError, Invalid, NotAllowed
from hub.models import Service
from hub.prepared import prepared
from policies.reports import told_by_guide
from spokes.models import Term

SUGGESTED = 5


def _service_and_questions(slug):
    """A service that is offered, and its definition; one query where it has questions."""
    questions = _questions(slug=slug)
    if questions:
        return questions[0].service, answers.snapshot(questions)
    services = Service.objects.offered().select_related("calendar", "owner", "topic")
    return get_object_or_404(services, slug=slug), []


@prepared()
def _questions(slug):
    rows = FormQuestion.objects.filter(service__slug=slug, service__is_offered=True).order_by("order")
    return rows.select_related("service__calendar", "service__owner", "service__topic")


@prepared()
def _newest_draft(user, service):
    return EngagementRequest.objects.drafts_of(user).filter(service=service).order_by("-saved_at")[:1]


def _own_draft(user, service, number):
    drafts = EngagementRequest.objects.drafts_of(user).filter(service=service)
    return get_object_or_404(drafts, pk=number) if number.isdecimal() and len(number) < 16 else None


def suggestions(user, text):
    """Policies and playbooks that may answer it already."""
    text = text.replace("\0", " ")
    if len(text.strip()) < 3:
        return []
    found = search.search(
        text[:300], group_ids=user.audience_group_ids(), kinds=("policy", "playbook"), limit=SUGGESTED
    )
    return found.hits


@require_http_methods(["GET", "HEAD", "POST"])
@follows_renames
def request_form(request, slug):
    service, definition = _service_and_questions(slug)
    spokes = departments_to_file_for(request.user)
    if not spokes:
        return _represents_nobody(request, service)
    if request.method == "POST":
        return _posted(request, service, definition, spokes)
    draft = _own_draft(request.user, service, request.GET.get("draft", ""))
    if draft:
        about = about_of(draft, request.user)
        start = {
            "form_token": draft.form_token,
            "title": draft.title,
            "spoke": draft.spoke_id if draft.spoke_is_chosen else "",
        }
        definition = answers.as_asked(definition, draft.answers)
        typed = answers.initial(definition, draft.answers)
    else:
        about = read_about(request.user, request.GET)
        told = told_by_guide(request.user, request.GET.get("guide", ""), request.GET.get("answers", ""))
        title = told.title if told else request.GET.get("title", "")[:160]
        start = {"form_token": uuid.uuid4(), "title": title}
        typed = {}
        if told:
            definition, place = answers.with_brought(definition, told.text)
            typed = {place: told.text}
    form = RequestForm(initial=start, service=service, spokes=spokes)
    questions = answers.AnswersForm(
        definition, initial=typed, sources=sources_for(definition, draft.spoke if draft else form.chosen_spoke())
    )
    older = None if draft else next(iter(_newest_draft(user=request.user, service=service)), None)
    suggested = suggestions(request.user, draft.title) if draft else []
    return _form_page(request, service, form, questions, about, older=older, suggested=suggested)


def _posted(request, service, definition, spokes):
    definition = answers.as_asked(definition, request.POST)
    form = RequestForm(request.POST, service=service, spokes=spokes)
    questions = answers.AnswersForm(definition, request.POST, sources=sources_for(definition, form.chosen_spoke()))
    about = read_about(request.user, request.POST)
    if request.POST.get("act") == "save":
        return _saved(request, service, form, questions, about)
    if not (form.is_valid() & questions.is_valid()):
        return _refused(request, service, form, questions, about)
    try:
        filed = actions.submit(
            service=service,
            spoke=form.chosen_spoke(),
            title=form.cleaned_data["title"],
            answers=questions.answers(),
            form=definition,
            form_token=form.cleaned_data["form_token"],
            cites=about.cites,
            accounts=about.accounts,
            playbooks=about.playbooks,
            by=request.user,
        )
    except HubError as error:
        field = getattr(error, "field", None)
        form.add_error(field if field in form.fields else None, error.sentence)
        return _refused(request, service, form, questions, about)
    return redirect("engagements:filed", number=filed.pk)


def _refused(request, service, form, questions, about):
    suggested = suggestions(request.user, form.data.get("title", ""))
    return _form_page(request, service, form, questions, about, suggested=suggested, status=422)


def _keep(request, service, form, questions, about):
    """Stores what was typed, whatever it is; the token is all that must be right."""
    form.is_valid()
    token = form.cleaned_data.get("form_token")
    if token is None:
        raise Invalid(_("This page is too old to be saved. Reload it; what you typed is kept in this browser."))
    return actions.save_draft(
        service=service,
        spoke=form.chosen_spoke(),
        spoke_is_chosen=form.spoke_is_chosen(),
        form_token=token,
        title=form.data.get("title", ""),
        answers=questions.typed(),
        cites=about.cites,
        accounts=about.accounts,
        playbooks=about.playbooks,
        by=request.user,
    )


def _saved(request, service, form, questions, about):
    try:
        draft = _keep(request, service, form, questions, about)
    except HubError as error:
        form.add_error(None, error.sentence)
        return _refused(request, service, form, questions, about)
    messages.success(request, _("Saved. You find it under Requests, Drafts."))
    return redirect(f"{reverse('engagements:request_form', args=[service.slug])}?draft={draft.pk}")


@require_POST
@follows_renames
def autosave(request, slug):
    """Keeps a draft while it is typed; called by the page's script."""
    service, definition = _service_and_questions(slug)
    spokes = departments_to_file_for(request.user)
    if not spokes:
        raise NotAllowed(_("Only representatives of a department send requests."))
    form = RequestForm(request.POST, service=service, spokes=spokes)
    definition = answers.as_asked(definition, request.POST)
    questions = answers.AnswersForm(definition, request.POST, sources=answers.Sources(person=str))
    try:
        draft = _keep(request, service, form, questions, read_about(request.user, request.POST))
    except NotAllowed as error:
        return JsonResponse({"problem": error.sentence}, status=409)
    except Invalid as error:
        return JsonResponse({"problem": error.sentence}, status=400)
    return JsonResponse({"saved": date_format(timezone.localtime(draft.saved_at), "H:i")})


@require_safe
def suggest(request, slug):
    """What may help already, for the title typed so far: a piece of HTML."""
    hits = suggestions(request.user, request.GET.get("q", ""))
    return render(request, "engagements/_suggestions.html", {"suggested": hits})


@require_POST
def discard(request, number):
    draft = get_object_or_404(EngagementRequest.objects.drafts_of(request.user), pk=number)
    try:
        actions.discard_draft(draft=draft, by=request.user)
    except NotAllowed as error:
        messages.warning(request, error.sentence)  # thrown away or sent by a second click or another window
    else:
        messages.success(request, _("The draft is gone."))
    return redirect(f"{reverse('engagements:requests')}?tab=drafts")


@require_safe
def filed(request, number):
    """The confirmation: what happens now, and when."""
    found = EngagementRequest.objects.visible_to(request.user).filed().with_everything()
    row = get_object_or_404(found.select_related("service__calendar"), pk=number)
    return render(
        request,
        "engagements/filed.html",
        {"row": row, "promise": promise_of(row.service), "suggested": suggestions(request.user, row.title)},
    )


def _form_page(request, service, form, questions, about, *, older=None, suggested=(), status=200):
    return render(
        request,
        "engagements/request_form.html",
        {
            "service": service,
            "promise": promise_of(service),
            "form": form,
            "questions": questions,
            "rows": list(questions.rows()),
            "about": about,
            "older": older,
            "suggested": suggested,
        },
        status=status,
    )


def _represents_nobody(request, service):
    """Instead of the form: how to ask, and who can send it."""
    home = request.user.memberships.current().select_related("spoke").first()
    people = []
    if home:
        above = [int(part) for part in home.spoke.path.strip("/").split("/")]
        terms = Term.objects.current().filter(spoke__in=above).select_related("person", "spoke")
        people = list(terms.order_by("-spoke__path", "kind", "person__name"))
    return render(
        request,
        "engagements/represents_nobody.html",
        {"service": service, "home": home.spoke if home else None, "terms": people},
        status=200 if request.method != "POST" else 403,
    )
