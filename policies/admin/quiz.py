"""The bank of questions of a policy, with how often each was answered right at first; never by whom."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from hub.exceptions import Invalid
from hub.permissions import check_can_see_the_desk
from policies import actions
from policies.forms import QuestionForm
from policies.models import Clause
from policies.permissions import can_curate_policies, check_can_curate_policies
from policies.workflow import OPEN, PUBLISHED

from .editor import with_policy


@require_http_methods(["GET", "HEAD", "POST"])
@with_policy
def quiz(request, policy, question=None):
    """The questions, and a form for a new one or for one of them; auditors read them."""
    check_can_see_the_desk(request.user)
    may = can_curate_policies(request.user)
    if question is not None:
        question = get_object_or_404(policy.quiz_questions, pk=question)
    if request.method == "POST":
        check_can_curate_policies(request.user)
    clauses = _clauses(policy)
    form = QuestionForm(request.POST or None, question=question, clauses=clauses)
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_question(policy=policy, question=question, by=request.user, **form.values())
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.sentence)
        else:
            messages.success(request, _("Saved. It is asked when somebody signs."))
            return redirect("admin:policies_policy_quiz", policy.pk)
    headings = {key: heading for key, heading, _is_new in clauses}
    questions = list(policy.quiz_questions.order_by("-is_on", "pk"))
    for one in questions:
        one.heading = headings.get(one.clause_key)
        one.right_words = one.choices[one.right]
    return render(
        request,
        "admin/policies/quiz.html",
        {
            "policy": policy,
            "questions": questions,
            "question": question,
            "form": form if may else None,
            "has_clauses": bool(clauses),
        },
        status=422 if form.errors else 200,
    )


def _clauses(policy):
    """(key, heading, whether readers do not have it yet) of the clauses that readers have or will have, in order."""
    found = {}
    rows = Clause.objects.filter(version__policy=policy, version__status__in=[*PUBLISHED, *OPEN])
    for key, heading, status in rows.order_by("-version__number", "number").values_list(
        "key", "heading", "version__status"
    ):
        is_new = status in OPEN and found.get(key, (key, heading, True))[2]
        found[key] = (key, found.get(key, (key, heading))[1], is_new)
    return list(found.values())


@require_POST
@with_policy
def switch(request, policy, question):
    question = get_object_or_404(policy.quiz_questions, pk=question)
    question = actions.set_question_on(question=question, is_on=not question.is_on, by=request.user)
    messages.success(request, _("It is asked again.") if question.is_on else _("It is not asked any more."))
    return redirect("admin:policies_policy_quiz", policy.pk)
