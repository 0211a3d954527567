"""The messages playbooks and questions send, one function each."""

from django.urls import reverse
from django.utils.translation import gettext as _

from hub import mail, signed_links
from hub.models import User
from hub.text.markdown import excerpt, plain

STILL_TRUE = "playbooks.still-true"


def approval_waiting(revision):
    """To all staff who may approve: a revision waits for a second pair of eyes."""
    writers = set(revision.contributors.values_list("pk", flat=True))
    writers |= {revision.submitted_by_id, revision.created_by_id}
    for person in User.objects.staff().exclude(pk__in=writers):
        mail.post(
            kind="approval_waiting",
            to=person,
            about=f"playbooks.revision:{revision.pk}",
            period=revision.submitted_at.isoformat(timespec="seconds"),
            context={
                "title": revision.playbook.title,
                "what": f"r{revision.number}",
                "by": revision.submitted_by,
                "note": revision.change_note,
                "path": f"/admin/playbooks/playbook/{revision.playbook_id}/edit/",
            },
        )


def review_asked(review, *, stage):
    """To a named reader of a revision; returns its row or None. `stage` is "asked", "soon" or "overdue".

    Each time she is asked is a message of its own.
    """
    revision = review.revision
    asked_at = f" {review.asked_at:%Y%m%d%H%M%S%f}" if stage == "asked" else ""
    return mail.post(
        kind="review_asked",
        to=review.person,
        about=f"playbooks.revision:{revision.pk}",
        period=f"{review.due_on.isoformat()} {stage}{asked_at}",
        context={
            "title": revision.playbook.title,
            "what": _("revision %(n)d") % {"n": revision.number},
            "note": revision.change_note,
            "review": review,
            "stage": stage,
            "path": reverse("playbooks:review", args=[revision.playbook.slug, revision.number]),
        },
    )


def suggestion_made(suggestion):
    """To the owner and the deputy; to the leads where neither is there to answer."""
    playbook = suggestion.playbook
    people = {one for one in (playbook.owner, playbook.deputy) if one is not None and one.is_active}
    people -= {suggestion.suggested_by}
    for person in people or User.objects.leads().exclude(pk=suggestion.suggested_by_id):
        mail.post(
            kind="suggestion_made",
            to=person,
            about=f"playbooks.suggestion:{suggestion.pk}",
            period="",
            context={"suggestion": suggestion, "playbook": playbook, "path": suggestion.get_absolute_url()},
        )


def suggestion_answered(suggestion):
    """To who suggested it: what became of it, and thanks."""
    mail.post(
        kind="suggestion_answered",
        to=suggestion.suggested_by,
        about=f"playbooks.suggestion:{suggestion.pk}",
        period="",
        context={
            "suggestion": suggestion,
            "playbook": suggestion.playbook,
            "is_accepted": suggestion.accepted_into_id is not None,
            "path": suggestion.get_absolute_url(),
        },
    )


def case_proposed(case):
    """To all staff who may publish it: a case study waits for a second pair of eyes."""
    writers = {*case.contributors.values_list("pk", flat=True), case.created_by_id, case.proposed_by_id}
    for person in User.objects.staff().exclude(pk__in=writers):
        mail.post(
            kind="approval_waiting",
            to=person,
            about=f"playbooks.casestudy:{case.pk}",
            period=case.proposed_at.isoformat(timespec="seconds"),
            context={
                "title": case.title,
                "what": case._meta.verbose_name,
                "by": case.proposed_by,
                "note": "",
                "path": case.get_absolute_url(),
            },
        )


def question_asked(question, *, period=""):
    """To the owner of what the question is about; to the leads where there is none, or none who could answer."""
    about = question.about
    owner = about.owner if about is not None else None
    if owner and (not owner.is_active or owner.pk == question.asked_by_id):
        owner = None
    people = [owner] if owner else User.objects.leads().exclude(pk=question.asked_by_id)
    for person in people:
        mail.post(
            kind="question_asked",
            to=person,
            about=f"playbooks.question:{question.pk}",
            period=period,
            context={
                "question": question,
                "about": about,
                "is_hers": owner is not None,
                "details": excerpt(plain(question.body), 80),
                "path": question.get_absolute_url(),
            },
        )


def question_answered(answer):
    """To who asked: an answer is there."""
    question = answer.question
    mail.post(
        kind="question_answered",
        to=question.asked_by,
        about=f"playbooks.question:{question.pk}",
        period=str(answer.pk),
        context={
            "question": question,
            "answer": answer,
            "answer_text": plain(answer.body),
            "path": f"{question.get_absolute_url()}#answer-{answer.pk}",
        },
    )


def text_hidden(text):
    """To its author: readers no longer see it, why, and that it is not lost."""
    mail.post(
        kind="text_hidden",
        to=text.author,
        about=f"{text._meta.label_lower}:{text.pk}",
        period=text.hidden_at.isoformat(),
        context={
            "text": text,
            "words": excerpt(plain(text.body), 60),
            "reason": text.get_hidden_reason_display(),
            "note": text.hidden_note,
            "title": getattr(text, "title", "") or text.question.title,
            "path": text.get_absolute_url(),
        },
    )


def verification_due(playbook, *, stage, person):
    """To the owner or the deputy: the word that it is still true ends soon, today, or ended long ago.

    Its link says so for her without signing in; it is good as long as nobody else has said so.
    """
    token = signed_links.token_for(
        STILL_TRUE, person=person, about=playbook.pk, state=playbook.verified_until.isoformat()
    )
    return mail.post(
        kind="verification_due",
        to=person,
        about=f"playbooks.playbook:{playbook.pk}",
        period=verification_period(playbook, stage),
        context={
            "playbook": playbook,
            "stage": stage,
            "path": f"{playbook.get_absolute_url()}#verify",
            "still_true_path": reverse("playbooks:still_true", args=[token]),
            "is_hers": person.pk in {playbook.owner_id, playbook.deputy_id},
        },
    )


def verification_period(playbook, stage):
    return f"{playbook.verified_until.isoformat()}:{stage}"


def run_steps_assigned(run, *, steps, person, by, at):
    """To whom steps of a run were given, unless she gave them to herself."""
    if person.pk == by.pk:
        return None
    return mail.post(
        kind="run_step_assigned",
        to=person,
        about=f"playbooks.run:{run.pk}",
        period=at.isoformat(timespec="microseconds"),
        context=_about_run(run, steps) | {"by": by},
    )


def run_steps_due(run, *, due_on, steps, person):
    """To who has steps of a run that are due on that day; once for each day."""
    return mail.post(
        kind="run_step_due",
        to=person,
        about=f"playbooks.run:{run.pk}",
        period=due_on.isoformat(),
        context=_about_run(run, steps) | {"due_on": due_on},
    )


def _about_run(run, steps):
    steps = [{"text": plain(step.text), "due_on": step.due_on} for step in steps]
    return {"run": run, "steps": steps, "path": run.get_absolute_url()}
