"""Suggestions: a reader writes a better text for a section; whoever looks after the playbook answers."""

import uuid
from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub.exceptions import Conflict, Invalid, NotAllowed
from playbooks import actions
from playbooks.actions.suggestion import NOTHING_OPEN, SectionText, has_moved_on, text_in
from playbooks.actions.text import compare, preview_html
from playbooks.forms import AcceptForm, DeclineForm, SuggestForm
from playbooks.models import Playbook, Question, Suggestion
from playbooks.permissions import can_decide, check_can_suggest
from playbooks.workflow import SuggestionStatus

PER_PAGE = 25


def _playbook(request, slug):
    readable = Playbook.objects.published().for_audience_of(request.user)
    return get_object_or_404(readable.select_related("current", "owner", "deputy"), slug=slug)


def _my_draft(playbook, key, user):
    mine = playbook.suggestions.filter(section_key=key, suggested_by=user, status=SuggestionStatus.DRAFT)
    draft = mine.select_related("base").first()
    if draft:
        draft.playbook = playbook
    return draft


# --- Writing one ----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def suggest(request, slug, key):
    """The form with the section as it is, or with the draft she began; what she sends is kept before it is judged."""
    playbook = _playbook(request, slug)
    check_can_suggest(request.user)
    now, draft = text_in(playbook.current, key), _my_draft(playbook, key, request.user)
    if request.method == "POST":
        return _write(request, playbook, key, now)
    if now is None and draft is None:
        raise Http404
    text = draft or now
    told = None if draft else _told_by_question(request, playbook)
    form = SuggestForm(
        initial={
            "heading": text.heading,
            "body": f"{text.body}\n\n{told.answer}".strip() if told else text.body,
            "reason": draft.reason if draft else told.reason if told else "",
            "base": playbook.current.number,
            "form_token": uuid.uuid4(),
            "seen_token": draft.form_token if draft else None,
        }
    )
    texts = _three_texts(draft, now) if draft and has_moved_on(draft) else None
    return _form(request, playbook, key, form, now=now, draft=draft, texts=texts)


@dataclass(frozen=True)
class Told:
    """What a question and its answer give to a suggestion."""

    answer: str
    reason: str


def _told_by_question(request, playbook):
    """The question in the address, with the answer that was accepted, else the last one; None where it is not hers."""
    number = request.GET.get("question", "")
    if not number.isascii() or not number.isdecimal() or len(number) > 15:
        return None
    question = Question.objects.shown().visible_to(request.user).filter(playbook=playbook, pk=number).first()
    if question is None:
        return None
    answer = question.answers.shown().order_by("-is_accepted", "-answered_at").first()
    reason = _("Somebody asked: %(question)s") % {"question": question.title}
    return Told(answer.body if answer else "", reason)


def _write(request, playbook, key, now):
    form = SuggestForm(request.POST)
    if not form.is_valid():
        return _form(request, playbook, key, form, now=now, status=422)
    try:
        suggestion = actions.save_suggestion(playbook=playbook, section_key=key, by=request.user, **form.cleaned_data)
    except Conflict as error:
        # The stored draft is shown beside what was typed; the next save may take its place.
        again = _typed(request, seen_token=error.theirs.form_token)
        texts = [(_("On your other page"), error.theirs)]
        return _form(request, playbook, key, again, now=now, texts=texts, refused=error.sentence, status=409)
    except Invalid as error:
        form.add_error(error.field if error.field in form.fields else None, error.sentence)
        return _form(request, playbook, key, form, now=now, status=422)
    if request.POST.get("do") != "send":
        messages.success(request, _("Kept. Only you see it until you send it."))
        return redirect(suggestion)
    try:
        if suggestion.is_draft:
            actions.send_suggestion(suggestion=suggestion, by=request.user)
    except Conflict as error:
        again = _typed(request, base=playbook.current.number)
        texts = _three_texts(suggestion, now)
        return _form(request, playbook, key, again, now=now, texts=texts, refused=error.sentence, status=409)
    except Invalid as error:
        form.add_error(error.field if error.field in form.fields else None, error.sentence)
        return _form(request, playbook, key, form, now=now, draft=suggestion, status=422)
    messages.success(request, _("Thank you. The owner has your suggestion, and you get an answer."))
    return redirect(suggestion)


def _typed(request, **hidden):
    """The form as it was sent, with other values in hidden fields."""
    data = request.POST.copy()
    data.update(dict.fromkeys(hidden, ""))
    for name, value in hidden.items():
        data[name] = str(value)
    return SuggestForm(data)


def _three_texts(draft, now):
    """(whose, text) for the two that stand beside the one in the form; None for a section that is gone."""
    return [(_("What you began with"), text_in(draft.base, draft.section_key)), (_("What readers get now"), now)]


def _form(request, playbook, key, form, *, now, draft=None, texts=None, refused="", status=200):
    context = {"playbook": playbook, "key": key, "form": form, "now": now, "draft": draft, "texts": texts}
    return render(request, "playbooks/suggest.html", {**context, "refused": refused}, status=status)


@require_POST
def autosave(request, slug, key):
    """Keeps what is being typed, as the form's own button would."""
    playbook = _playbook(request, slug)
    form = SuggestForm(request.POST)
    if not form.is_valid():
        return JsonResponse({}, status=422)
    try:
        actions.save_suggestion(playbook=playbook, section_key=key, by=request.user, **form.cleaned_data)
    except (Conflict, Invalid) as error:
        return JsonResponse({"refused": error.sentence}, status=409 if isinstance(error, Conflict) else 422)
    return JsonResponse({"saved": time_format(timezone.localtime())})


@require_POST
def preview(request):
    check_can_suggest(request.user)
    return HttpResponse(preview_html(request.POST.get("text", "")))


# --- One and all ----------------------------------------------------------------------------------------------------


@require_safe
def suggestions(request):
    """Hers, and what she may answer."""
    mine = Suggestion.objects.by(request.user)
    to_decide = Suggestion.objects.to_decide(request.user)
    show = request.GET.get("show", "")
    rows = to_decide.order_by("sent_at", "pk") if show == "to-decide" else mine.order_by("-started_at", "-pk")
    page = Paginator(rows.select_related("playbook", "suggested_by"), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "show": show, "to_decide_count": to_decide.count()}
    return render(request, "playbooks/suggestions.html", context)


def _visible(request, pk):
    rows = Suggestion.objects.visible_to(request.user).select_related(
        "playbook__current", "playbook__owner", "base", "suggested_by", "decided_by", "accepted_into"
    )
    return get_object_or_404(rows, pk=pk)


@require_safe
def suggestion(request, pk):
    return _page(request, _visible(request, pk))


def _page(request, suggestion, *, accept=None, decline=None, refused="", status=200):
    playbook, key = suggestion.playbook, suggestion.section_key
    began = text_in(suggestion.base, key)
    hers = SectionText(key, began.number, suggestion.heading, suggestion.body)
    taken = None
    if suggestion.is_partly_taken:
        taken = SectionText(key, began.number, suggestion.taken_heading, suggestion.taken_body)
    context = {
        "suggestion": suggestion,
        "playbook": playbook,
        "redline": compare([began], [hers]),
        "side_by_side": request.GET.get("view") == "sides",
        "taken": compare([began], [taken]) if taken else None,
        "is_hers": suggestion.suggested_by_id == request.user.pk,
        "refused": refused,
    }
    if suggestion.is_waiting and can_decide(request.user, suggestion):
        context |= _deciding(suggestion, began, hers, accept, decline)
    return render(request, "playbooks/suggestion.html", context, status=status)


def _deciding(suggestion, began, hers, accept, decline):
    """The forms of whoever decides, and, where the section changed meanwhile, how it stands."""
    revision = suggestion.playbook.revisions.open().first()
    target = text_in(revision or suggestion.playbook.current, suggestion.section_key)
    initial = {"heading": hers.heading, "body": hers.body, "lock": revision.lock if revision else NOTHING_OPEN}
    return {
        "accept": accept or AcceptForm(initial=initial, auto_id="accept-%s"),
        "decline": decline or DeclineForm(auto_id="decline-%s"),
        "open_revision": revision,
        "is_gone": target is None,
        "since": compare([began], [target]) if target and _plain(target) != _plain(began) else None,
    }


def _plain(text):
    return text.heading, text.body


@require_POST
def send(request, pk):
    suggestion = _visible(request, pk)
    try:
        actions.send_suggestion(suggestion=suggestion, by=request.user)
    except (Conflict, Invalid) as error:
        messages.error(request, error.sentence)
        return redirect("playbooks:suggest", suggestion.playbook.slug, suggestion.section_key)
    messages.success(request, _("Thank you. The owner has your suggestion, and you get an answer."))
    return redirect(suggestion)


@require_POST
def withdraw(request, pk):
    suggestion = actions.withdraw_suggestion(suggestion=_visible(request, pk), by=request.user)
    if suggestion.sent_at is None:
        messages.success(request, _("Discarded."))
        return redirect(suggestion.playbook)
    messages.success(request, _("Withdrawn. Nobody needs to answer it any more."))
    return redirect(suggestion)


@require_POST
def accept(request, pk):
    suggestion = _visible(request, pk)
    form = AcceptForm(request.POST, auto_id="accept-%s")
    refused = ""
    if form.is_valid():
        try:
            done = actions.accept_suggestion(suggestion=suggestion, by=request.user, **form.cleaned_data)
        except Conflict as error:
            refused = error.sentence
            form = _with_lock(request, suggestion)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.sentence)
        else:
            number = done.accepted_into.number
            words = _("Accepted into revision %(n)d. %(name)s gets your thanks.")
            messages.success(request, words % {"n": number, "name": done.suggested_by.name})
            return redirect(done)
    return _page(request, suggestion, accept=form, refused=refused, status=409 if refused else 422)


def _with_lock(request, suggestion):
    """What was typed, over the text as it is open now, which the page shows beside it."""
    revision = suggestion.playbook.revisions.open().first()
    data = request.POST.copy()
    data["lock"] = str(revision.lock if revision else NOTHING_OPEN)
    return AcceptForm(data, auto_id="accept-%s")


@require_POST
def decline(request, pk):
    suggestion = _visible(request, pk)
    form = DeclineForm(request.POST, auto_id="decline-%s")
    if form.is_valid():
        actions.decline_suggestion(suggestion=suggestion, answer=form.cleaned_data["answer"], by=request.user)
        messages.success(request, _("Declined. %(name)s reads why.") % {"name": suggestion.suggested_by.name})
        return redirect(suggestion)
    if not can_decide(request.user, suggestion):
        raise NotAllowed(_("Only the owner of a playbook, the deputy or the Center of Excellence answers this."))
    return _page(request, suggestion, decline=form, status=422)
