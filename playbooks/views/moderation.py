"""Reporting, hiding, changing and taking back what people ask and answer; the hub's list of what was reported."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub.exceptions import Invalid, NotAllowed
from hub.paging import key_page
from hub.permissions import check_can_see_the_desk
from playbooks import actions
from playbooks.forms import AnswerForm, HideForm, QuestionForm, ReportForm
from playbooks.models import Answer, Question, Report
from playbooks.permissions import (
    can_moderate,
    check_can_change_answer,
    check_can_change_question,
    check_can_moderate,
    check_can_report,
)

PER_PAGE = 25


def _text(request, pk, answer_pk):
    """The question, or its answer, as far as this person may read it; else 404."""
    rows = Question.objects.visible_to(request.user).select_related("asked_by")
    question = get_object_or_404(rows, pk=pk)
    if answer_pk is None:
        return question
    answers = Answer.objects.visible_to(request.user).filter(question=question).select_related("answered_by")
    answer = get_object_or_404(answers, pk=answer_pk)
    answer.question = question
    return answer


def _form_page(request, text, form, **words):
    answer = text if isinstance(text, Answer) else None
    question = answer.question if answer else text
    context = {"form": form, "text": text, "question": question, "is_answer": answer is not None, **words}
    return render(request, "playbooks/text_form.html", context, status=422 if form.errors else 200)


def _done(form, act, **values):
    """Whether the act went through with what the form holds; what the action refuses stands at its field."""
    if not form.is_valid():
        return False
    try:
        act(**form.cleaned_data, **values)
    except Invalid as error:
        form.add_error(error.field, error.sentence)
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
def report(request, pk, answer_pk=None):
    text = _text(request, pk, answer_pk)
    check_can_report(request.user, text)
    form = ReportForm(request.POST or None)
    if _done(form, actions.report, text=text, by=request.user):
        messages.success(request, _("Thank you. The hub looks at it; until then it stays as it is."))
        return redirect(text)
    return _form_page(
        request,
        text,
        form,
        heading=_("Report this answer") if answer_pk else _("Report this question"),
        lead=_("The hub looks at it and decides. Nothing happens to whoever reports, or is reported, in between."),
        button=_("Report it"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def hide(request, pk, answer_pk=None):
    text = _text(request, pk, answer_pk)
    check_can_moderate(request.user, text)
    first = Report.objects.open().filter(about=actions.about(text)).order_by("pk").first()
    form = HideForm(request.POST or None, initial={"reason": first.reason} if first else {})
    if _done(form, actions.hide, text=text, by=request.user):
        messages.success(request, _("Hidden. Its author is told why; “Bring it back” undoes it."))
        return redirect(text)
    return _form_page(
        request,
        text,
        form,
        heading=_("Hide this answer") if answer_pk else _("Hide this question"),
        lead=_("Readers, search and letters no longer show it. It is kept and can be brought back."),
        button=_("Hide it"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def change(request, pk, answer_pk=None):
    text = _text(request, pk, answer_pk)
    if answer_pk is None:
        check, act, values = check_can_change_question, actions.change_question, {"question": text}
        form = QuestionForm(request.POST or None, initial={"title": text.title, "body": text.body})
    else:
        check, act, values = check_can_change_answer, actions.change_answer, {"answer": text}
        form = AnswerForm(request.POST or None, initial={"body": text.body})
    try:
        check(request.user, text)
        is_done = _done(form, act, by=request.user, **values)
    except NotAllowed as error:
        if request.method != "POST" or text.author.pk != request.user.pk:
            raise
        # Somebody answered, or the hub hid it, while she wrote: what she typed stays on the page.
        form.add_error(None, error.sentence)
        is_done = False
    if is_done:
        messages.success(request, _("Changed."))
        return redirect(text)
    return _form_page(
        request,
        text,
        form,
        heading=_("Change your answer") if answer_pk else _("Change your question"),
        lead=_("Readers see when it was changed."),
        button=_("Save"),
        is_own=True,
    )


@require_POST
def take_back(request, pk, answer_pk=None):
    text = actions.take_back(text=_text(request, pk, answer_pk), by=request.user)
    messages.success(request, _("Taken back. “Bring it back” undoes it."))
    return redirect(text)


@require_POST
def bring_back(request, pk, answer_pk=None):
    text = actions.bring_back(text=_text(request, pk, answer_pk), by=request.user)
    messages.success(request, _("Readers see it again."))
    return redirect(text)


@require_POST
def let_stand(request, pk, answer_pk=None):
    actions.let_stand(text=_text(request, pk, answer_pk), by=request.user)
    messages.success(request, _("It stands. “Hide” is still there, should you see it differently."))
    return redirect("playbooks:reports")


@require_safe
def reports(request):
    """What was reported, each text once and the longest waiting first; or what became of it, the newest first."""
    check_can_see_the_desk(request.user)
    is_settled = request.GET.get("show") == "settled"
    rows = Report.objects.settled() if is_settled else Report.objects.first_of_each()
    rows = rows.select_related("question__asked_by", "answer__answered_by", "reported_by", "settled_by")
    keys = ["-settled_at!", "-pk"] if is_settled else ["reported_at!", "pk"]
    page = key_page(rows, request.GET, keys=keys, size=PER_PAGE)
    said = {}
    if not is_settled:
        about = Report.objects.open().filter(about__in=[row.about for row in page]).select_related("reported_by")
        for one in about.order_by("pk"):
            said.setdefault(one.about, []).append(one)
    for row in page:
        row.post = row.answer or row.question
        if row.answer:
            row.answer.question = row.question
        row.said = said.get(row.about, [row])
        row.has_changed = row.text != (row.post.body or row.question.title)
        row.can_decide = not is_settled and can_moderate(request.user, row.post)
        # Who reported it was told that its author does not hear so, whoever that is.
        row.is_own = row.post.author.pk == request.user.pk
    context = {"page": page, "is_open": not is_settled, "is_settled": is_settled, "is_reports": True}
    return render(request, "playbooks/reports.html", context)
