"""Questions to the hub: found, asked, answered."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub import search
from hub.exceptions import Invalid
from hub.models import Service, Topic
from hub.querysets import saying_who_follows
from playbooks import actions
from playbooks.forms import AnswerForm, AskForm, QuestionFilter
from playbooks.models import Answer, Playbook, Question
from playbooks.permissions import (
    can_accept,
    can_answer,
    can_bring_back,
    can_change_answer,
    can_change_question,
    can_moderate,
    can_report,
    can_suggest,
    can_take_back_answer,
    can_take_part,
    can_turn_into_request,
    check_can_take_part,
)
from playbooks.tasks import QUESTION
from playbooks.views.reading import sections_of
from policies.models import Clause, Policy
from policies.reports import told_by_guide
from spokes.querysets import user_paths

PER_PAGE = 25
SIMILAR = 5
TABS = ("answered", "open", "mine", "to-answer")
KINDS = ("question", "guide", "policy", "playbook", "service")


@require_safe
def questions(request):
    """Tabs: open, answered, mine, and for those who answer, what waits for them."""
    user = request.user
    form = QuestionFilter(request.GET)
    form.is_valid()
    tab = request.GET.get("show") if request.GET.get("show") in TABS else "answered"
    found = Question.objects.visible_to(user)
    found = {
        "open": found.open(),
        "mine": Question.objects.filter(asked_by=user),
        "to-answer": Question.objects.awaiting(user),
    }.get(tab, found.answered())
    topic = form.cleaned_data.get("topic")
    if topic:
        found = found.filter(topic__slug=topic)
    found = found.select_related("topic", "policy", "playbook", "service", "asked_for").annotate(
        answer_count=Count("answers", filter=Q(answers__hidden_at=None))
    )
    page = Paginator(found.newest_first(), PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "playbooks/questions.html",
        {
            "form": form,
            "page": page,
            "tab_is": {name.replace("-", "_"): name == tab for name in TABS},
            "kept": ["show"],
            "topic": topic,
            "can_ask": can_take_part(user),
            "can_answer_some": user.is_coe_staff or bool(user_paths(user)),
        },
    )


def _about(request):
    """What the address says the question is about, as far as this person may see it; {} for a question on its own."""
    user, sent = request.user, request.POST if request.method == "POST" else request.GET
    given = {name: value for name, value in sent.items() if "\0" not in value}
    if given.get("policy"):
        slug, _colon, key = given["policy"].partition(":")
        policy = Policy.objects.readable().for_audience_of(user).filter(slug=slug).first()
        if policy is None:
            return {}
        key = given.get("clause", "") or key
        clause = Clause.objects.filter(version=policy.current_id, key=key).first() if key else None
        return {"policy": policy, "clause": clause}
    if given.get("playbook"):
        playbook = Playbook.objects.published().for_audience_of(user).filter(slug=given["playbook"]).first()
        return {"playbook": playbook} if playbook else {}
    if given.get("service"):
        service = Service.objects.offered().filter(slug=given["service"]).first()
        return {"service": service} if service else {}
    return {}


def _asked_with(request):
    """What the address brings: words typed elsewhere, or what a guide asked and said."""
    told = told_by_guide(request.user, request.GET.get("guide", ""), request.GET.get("answers", ""))
    if told is None:
        return {"title": request.GET.get("q", "")[:200]}
    return {"title": told.title, "body": told.text, "topic": Topic.objects.filter(slug=told.topic).first()}


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request):
    if request.user.only_reads and request.method != "POST":
        # Texts lead here too, and what they say is for all their readers.
        return render(request, "playbooks/only_reads.html")
    check_can_take_part(request.user)
    about = _about(request)
    form = AskForm(request.POST or None, initial={"form_token": uuid.uuid4(), **_asked_with(request)})
    if request.method == "POST" and form.is_valid():
        clause = about.get("clause")
        try:
            question = actions.ask_question(
                **form.cleaned_data,
                **{name: thing for name, thing in about.items() if name != "clause"},
                clause_key=clause.key if clause else "",
                by=request.user,
            )
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.sentence)
        else:
            messages.success(request, _("Your question is with the hub. You get a message when somebody answers."))
            return redirect(question)
    similar = _similar(form["title"].value() or "", request.user)
    status = 422 if form.errors else 200
    return render(request, "playbooks/ask.html", {"form": form, "about": about, "similar": similar}, status=status)


def _similar(text, user):
    """What may answer it already: passages of answered questions, policies, playbooks and services."""
    if len(text.strip()) < 3:
        return []
    return search.search(text[:300], group_ids=user.audience_group_ids(), kinds=KINDS, limit=SIMILAR).hits


@require_safe
def similar(request):
    """The same, as a piece of HTML for while somebody types."""
    hits = _similar(request.GET.get("q", ""), request.user)
    return render(request, "playbooks/_similar.html", {"similar": hits})


def _visible(request, pk):
    rows = Question.objects.visible_to(request.user).select_related(
        "asked_by", "asked_for", "topic", "policy", "playbook", "service"
    )
    return get_object_or_404(saying_who_follows(rows, QUESTION, request.user), pk=pk)


@require_safe
def question(request, pk):
    return _show(request, _visible(request, pk), AnswerForm())


def _show(request, question, form, status=200):
    user = request.user
    answers = list(question.answers.visible_to(user).select_related("answered_by"))
    for text in (question, *answers):
        text.acts = acts_on(user, text, question)
    about = _about_line(question, user)
    return render(
        request,
        "playbooks/question.html",
        {
            "question": question,
            "answers": answers,
            "about": about,
            "form": form if can_answer(user, question) else None,
            "can_accept": can_accept(user, question),
            "can_turn_into_request": can_turn_into_request(user, question),
            "is_mine": question.asked_by_id == user.pk,
            "places": _places(question, about, user),
        },
        status=status,
    )


def _places(question, about, user):
    """The sections of the playbook that a suggestion can be made for; [] where it is about none that she can read."""
    if question.playbook is None or about is None or not can_suggest(user):
        return []
    return list(sections_of(revision=question.playbook.current_id))


@require_safe
def suggest(request, pk):
    """Leads from a question about a playbook to a suggestion for the section that was chosen, its words at hand."""
    question = _visible(request, pk)
    places = [section.key for section in _places(question, _about_line(question, request.user), request.user)]
    if request.GET.get("section") not in places:
        raise Http404
    address = reverse("playbooks:suggest", args=[question.playbook.slug, request.GET["section"]])
    return redirect(f"{address}?question={question.pk}")


def acts_on(user, text, question):
    """What a reader may do with a question or an answer besides: {name: address}, in the order to be shown."""
    if isinstance(text, Answer):
        text.question = question
        kind, args = "answer", [question.pk, text.pk]
        can = {"change": can_change_answer, "take_back": can_take_back_answer}
    else:
        kind, args = "question", [question.pk]
        is_hers = can_change_question(user, question)
        can = {"change": lambda *_: is_hers, "take_back": lambda *_: is_hers}
    can |= {"bring_back": can_bring_back} if text.is_hidden else {"report": can_report, "hide": can_moderate}
    return {name: reverse(f"playbooks:{kind}_{name}", args=args) for name, check in can.items() if check(user, text)}


def _about_line(question, user):
    """What it is about, with an address; None if it is about nothing or the reader may not see that."""
    if question.policy:
        if not Policy.objects.readable().for_audience_of(user).filter(pk=question.policy_id).exists():
            return None
        key = question.clause_key
        clause = Clause.objects.filter(version=question.policy.current_id, key=key).first() if key else None
        url = question.policy.clause_url(key) if clause else question.policy.get_absolute_url()
        return {
            "kind": _("Policy"),
            "title": question.policy.title,
            "part": clause.heading if clause else "",
            "url": url,
        }
    if question.playbook:
        if not Playbook.objects.published().for_audience_of(user).filter(pk=question.playbook_id).exists():
            return None
        return {"kind": _("Playbook"), "title": question.playbook.title, "url": question.playbook.get_absolute_url()}
    if question.service:
        return {"kind": _("Service"), "title": question.service.title, "url": f"/services/{question.service.slug}/"}
    return None


@require_POST
def answer(request, pk):
    question = _visible(request, pk)
    form = AnswerForm(request.POST)
    if form.is_valid():
        try:
            given = actions.answer_question(question=question, body=form.cleaned_data["body"], by=request.user)
        except Invalid as error:
            form.add_error(error.field, error.sentence)
        else:
            messages.success(request, _("Your answer is there."))
            return redirect(f"{question.get_absolute_url()}#answer-{given.pk}")
    return _show(request, question, form, status=422)


@require_POST
def accept(request, pk, answer_pk):
    question = _visible(request, pk)
    actions.accept_answer(answer=get_object_or_404(question.answers, pk=answer_pk), by=request.user)
    messages.success(request, _("Thank you. The next person with this question finds the answer at once."))
    return redirect(question)


@require_POST
def reopen(request, pk):
    question = actions.reopen_question(question=_visible(request, pk), by=request.user)
    messages.success(request, _("The question is open again, and the hub knows."))
    return redirect(question)
