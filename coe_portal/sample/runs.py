"""Runs of playbooks, each through its actions; then it gets its own days."""

from coe_portal.sample.reading import check_keys, loading, read
from coe_portal.sample.texts import token
from hub.models import OutboxMessage
from playbooks import actions
from playbooks.actions.text import inline_html
from playbooks.models import Run, RunStep, Step, Suggestion


def load_runs(sample):
    for row in read("runs.yaml", root=sample.root):
        with loading("runs.yaml", row.get("ref")):
            check_keys(
                row,
                needs={
                    "ref",
                    "playbook",
                    "spoke",
                    "by",
                    "name",
                    "goal",
                    "starts_in",
                    "ends_in",
                    "give",
                    "done",
                    "notes",
                },
                may={"revision", "due", "finished_in", "helped", "hindered", "result", "change", "sent"}
                | {"abandoned_in", "reason"},
            )
            if not Run.objects.filter(form_token=token("run", row["ref"])).exists():
                _run(sample, row)
                sample.made("runs")


def _run(sample, row):
    by = sample.people[row["by"]]
    run = actions.start_run(
        playbook=sample.playbooks[row["playbook"]],
        spoke=sample.spokes[row["spoke"]],
        name=row["name"],
        goal=row["goal"],
        starts_on=sample.dates.day(row["starts_in"]),
        ends_on=sample.dates.day(row["ends_in"]),
        form_token=token("run", row["ref"]),
        by=by,
    )
    if "revision" in row:
        _as_it_was(run, row["revision"])
    began = sample.dates.morning(min(row["starts_in"], 0))
    Run.objects.filter(pk=run.pk).update(created_at=began)
    steps = {step.key: step for step in run.steps.all()}
    for person, keys in row["give"].items():
        given = [steps[key].pk for key in keys]
        actions.assign_steps(run=run, steps=given, person=sample.people[person], by=by)
    for key, offset in row.get("due", {}).items():
        RunStep.objects.filter(pk=steps[key].pk).update(due_on=sample.dates.day(offset))
    for key, note in row["notes"].items():
        actions.write_step(step=steps[key], note=note, seen="", by=by)
    for key, offset in row["done"].items():
        whose = RunStep.objects.select_related("assignee").get(pk=steps[key].pk).assignee or by
        actions.tick(step=steps[key], done=True, by=whose)
        RunStep.objects.filter(pk=steps[key].pk).update(done_at=sample.dates.instant(offset))
    _end(sample, row, run, by)
    about = f"playbooks.run:{run.pk}"
    for kind, period in OutboxMessage.objects.filter(about=about).values_list("kind", "period"):
        sample.told(kind=kind, about=about, period=period, at=began)


def _as_it_was(run, number):
    """The run follows an older text of its playbook, as if it had begun before the newer one was there."""
    revision = run.playbook.revisions.get(number=number)
    old = {step.key: step.text for step in Step.objects.filter(section__revision=revision)}
    run.steps.exclude(key__in=old).delete()
    for step in run.steps.all():
        RunStep.objects.filter(pk=step.pk).update(text=old[step.key], html=inline_html(old[step.key]))
    Run.objects.filter(pk=run.pk).update(revision=revision, step_count=run.steps.count())


def _end(sample, row, run, by):
    if "abandoned_in" in row:
        actions.abandon_run(run=run, reason=row["reason"], by=by)
        Run.objects.filter(pk=run.pk).update(closed_at=sample.dates.instant(row["abandoned_in"]))
    if "finished_in" not in row:
        return
    words = {name: row[name] for name in ("helped", "hindered", "result")}
    actions.finish_run(run=run, points=row["change"], by=by, **words)
    at = sample.dates.instant(row["finished_in"])
    Run.objects.filter(pk=run.pk).update(closed_at=at)
    for number, section in row["sent"].items():
        point = actions.send_point(point=run.points.get(number=number), section_key=section, by=by)
        Suggestion.objects.filter(pk=point.suggestion_id).update(started_at=at, sent_at=at)
        sample.told(kind="suggestion_made", about=f"playbooks.suggestion:{point.suggestion_id}", period="", at=at)
