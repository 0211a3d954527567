"""The messages playbooks and questions send, one function each."""

from django.urls import reverse

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
