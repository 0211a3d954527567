""" "May I post this?": one question a page, the answers in the address, and what the rules say about them."""

import hashlib
from dataclasses import dataclass
from urllib.parse import urlencode

from django import forms
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from hub.models import OldSlug
from policies import actions, clock
from policies.models import Guide, GuideCitation, Policy, Verdict, table_of
from policies.permissions import can_be_counted, can_curate_policies
from policies.reports import answers_text, with_clauses
from policies.tasks import GUIDE
from spokes.querysets import user_paths

PER_PAGE = 25
# Pressing twice, or going back and on again, within these seconds is one answer.
SAME_ANSWER = 600


@require_safe
def guides(request):
    """Every guide this person may use."""
    found = Guide.objects.published().for_audience_of(request.user).order_by("title", "pk")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "policies/guides.html", {"page": page, "can_curate": can_curate_policies(request.user)})


@require_http_methods(["GET", "HEAD", "POST"])
def guide(request, slug):
    """The next question, or the answer. A POST takes one answer and leads on; only the last one is counted."""
    found = Guide.objects.published().for_audience_of(request.user).select_related("service", "topic")
    guide = found.filter(slug=slug).first()
    if guide is not None:
        return answering(request, Content.of(guide))
    old = get_object_or_404(OldSlug, kind=GUIDE, slug=slug)
    address = get_object_or_404(found, pk=old.object_id).get_absolute_url()
    query = request.META.get("QUERY_STRING")
    return redirect(
        f"{address}?{query}" if query else address, permanent=True, preserve_request=request.method == "POST"
    )


@dataclass(frozen=True)
class Content:
    """A guide with all that is asked and said. `is_preview`: by staff, in the admin, and counted nowhere."""

    guide: Guide
    questions: list
    rows: list
    is_preview: bool = False

    @classmethod
    def of(cls, guide, **options):
        return cls(guide, list(guide.questions.all()), list(guide.rows.select_related("service")), **options)

    def question(self, key):
        return next((one for one in self.questions if one.key == key), None)

    def given(self, data):
        """What the address or the form answers, as far as there are such questions and answers."""
        told = {one.key: data.get(one.key, "") for one in self.questions}
        return {key: value for key, value in told.items() if any(o["key"] == value for o in self.question(key).options)}


class AnswerForm(forms.Form):
    """One question; its field bears the question's key."""

    def __init__(self, data=None, *, question, **kwargs):
        super().__init__(data, **kwargs)
        self.fields[question.key] = forms.ChoiceField(
            label=question.text,
            help_text=question.help,
            choices=[(option["key"], option["label"]) for option in question.options],
            widget=forms.RadioSelect,
            error_messages={"required": _("Choose an answer to go on.")},
        )
        self.bound = self[question.key]


def answering(request, content):
    """The page of a guide for the answers in the address, or the step that a form takes."""
    table = table_of(content.questions, content.rows)
    if request.method == "POST":
        return _step(request, content, table)
    given = content.given(request.GET)
    walk = table.walk(given)
    change = request.GET.get("change", "")
    if change in walk.path:
        return _ask(request, content, walk, given, change)
    if walk.question:
        return _ask(request, content, walk, given, walk.question)
    return _answer(request, content, walk, given)


def _address(request, given, **more):
    return f"{request.path}?{urlencode({**given, **more})}" if given or more else request.path


def _step(request, content, table):
    given = content.given(request.POST)
    question = content.question(request.POST.get("change", ""))
    if question is None:
        return redirect(_address(request, given))
    if question.key not in given:
        walk = table.walk(given)
        form = AnswerForm(request.POST, question=question)
        return _ask(request, content, walk, given, question.key, form=form)
    walk = table.walk(given)
    if walk.question is None and not content.is_preview:
        _count(request, content, walk)
    return redirect(_address(request, given))


def _count(request, content, walk):
    """Once, however often the button is pressed; what tells that is a hash, forgotten after some minutes."""
    if not can_be_counted(request.user):
        return
    parts = (request.session.session_key, content.guide.pk, content.guide.lock, sorted(walk.path.items()))
    mark = hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()
    if cache.add(f"guide-answer:{mark}", 1, SAME_ANSWER):
        row = content.rows[walk.rule] if walk.rule is not None else None
        actions.count_answer(guide=content.guide, path=walk.path, row=row, by=request.user)


def _ask(request, content, walk, given, key, form=None):
    question = content.question(key)
    before = list(walk.path)[: list(walk.path).index(key)] if key in walk.path else list(walk.path)
    form = form or AnswerForm(question=question, initial={key: given.get(key)})
    return render(
        request,
        "policies/guide_question.html",
        {
            "guide": content.guide,
            "is_preview": content.is_preview,
            "question": question,
            "number": len(before) + 1,
            "form": form,
            "here": request.path,
            "kept": [(name, value) for name, value in given.items() if name != key],
            "answers": _answers(request, content, {name: walk.path[name] for name in before}, given),
            "back_url": _address(request, given, change=before[-1]) if before else "",
        },
        status=422 if form.errors else 200,
    )


def _answers(request, content, path, given):
    """What was asked so far and answered, each with the address where it is changed."""
    return [
        {
            "question": content.question(key).text,
            "answer": content.question(key).label_of(option),
            "change_url": _address(request, given, change=key),
        }
        for key, option in path.items()
    ]


def _answer(request, content, walk, given):
    user, guide = request.user, content.guide
    row = content.rows[walk.rule] if walk.rule is not None else None
    cites = _clauses(row, user) if row else []
    holding = [cite for cite in cites if not cite.clause_state]
    service = (row.service or guide.service) if row else guide.service
    if service is not None and not (service.is_offered and user_paths(user)):
        service = None
    asks = row is None or row.verdict != Verdict.GREEN
    about = {"guide": guide.slug, "answers": answers_text(walk.path)}
    return render(
        request,
        "policies/guide_answer.html",
        {
            "guide": guide,
            "is_preview": content.is_preview,
            "row": row,
            "cites": cites,
            "is_outdated": len(holding) < len(cites),
            "answers": _answers(request, content, walk.path, given),
            "asks": asks,
            "is_amber": row is not None and row.verdict == Verdict.AMBER,
            "service": service if asks else None,
            "request_url": _request_url(service, about, holding) if service and asks else "",
            "ask_url": f"/questions/ask/?{urlencode({**about, **_first_of(holding)})}",
            "again_url": request.path,
        },
    )


def _first_of(cites):
    return {"policy": f"{cites[0].policy.slug}:{cites[0].clause_key}"} if cites else {}


def _request_url(service, about, cites):
    query = QueryDict(mutable=True)
    query.update(about)
    query.setlist("clause", [f"{cite.policy.slug}:{cite.clause_key}" for cite in cites])
    return f"/services/{service.slug}/request/?{query.urlencode(safe=':')}"


def _clauses(row, user):
    """What the row cites, as far as this person may read it, each with its clause and whether that still binds."""
    cites = GuideCitation.objects.filter(row=row, policy__in=Policy.objects.readable().for_audience_of(user))
    cites = with_clauses(cites.select_related("policy").order_by("number"), clock.today())
    for cite in cites:
        cite.url = cite.policy.get_absolute_url() if cite.clause_state else cite.policy.clause_url(cite.clause_key)
    return cites
