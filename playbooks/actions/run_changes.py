"""What a newer revision of its playbook changes in a run, and taking that over."""

from collections import Counter
from dataclasses import dataclass

from django.db import transaction

from hub import audit
from playbooks.checklists import day_of
from playbooks.models import RunStep
from playbooks.permissions import check_can_keep_run
from playbooks.reports import hub_hours

from .run import copied, count_steps, retell, running, steps_of


@dataclass
class Changes:
    """What a newer revision would change in a run. `kept` pairs each step that stays with its new words."""

    kept: list
    new: list
    gone: list

    @property
    def changed(self):
        return [row for row, step in self.kept if row.text != day_of(step.text)[0]]

    def __bool__(self):
        return bool(self.new or self.gone or self.changed)


def changes_since(run, steps=None):
    """What the current revision of a run's playbook would change in it; `steps` are the run's, where they are known."""
    rows = [row for row in (run.steps.all() if steps is None else steps) if not row.is_dropped]
    return _compared(rows, steps_of(run.playbook.current_id))


def _compared(rows, steps):
    """By permanent keys; a step that moved to another section is known by its own key, if that is unique."""
    by_keys = {(row.section_key, row.key): row for row in rows}
    pairs = {(step.section.key, step.key): by_keys.pop((step.section.key, step.key), None) for step in steps}
    left = Counter(key for _section, key in by_keys)
    wanted = Counter(key for (_section, key), row in pairs.items() if row is None)
    moved = {row.key: row for row in by_keys.values() if left[row.key] == wanted[row.key] == 1}
    kept, new = [], []
    for step in steps:
        row = pairs[step.section.key, step.key] or moved.get(step.key)
        kept.append((row, step)) if row else new.append(step)
    stays = {row.pk for row, _step in kept}
    return Changes(kept, new, [row for row in rows if row.pk not in stays])


@transaction.atomic
def take_over_changes(*, run, by):
    """The run follows the revision that readers get now. Ticks, names, days and notes stay with their steps.

    A step that the playbook does without goes, unless somebody ticked it or wrote something there: then it is kept, set
    apart from the others.
    """
    run = running(run.pk)
    check_can_keep_run(by, run)
    if run.revision_id == run.playbook.current_id:
        return run
    rows, steps = list(run.steps.all()), steps_of(run.playbook.current_id)
    changes = _compared(rows, steps)
    place = {step.pk: number for number, step in enumerate(steps, start=1)}
    for row in changes.gone:
        if row.is_done or row.note:
            row.is_dropped = True
            row.save(update_fields=["is_dropped"])
        else:
            row.delete()
    for row, step in changes.kept:
        retell(row, place[step.pk], step)
    RunStep.objects.bulk_update(
        [row for row, _step in changes.kept],
        ["number", "heading", "section_key", "text", "html", "is_dropped"],
    )
    new = [copied(run, place[step.pk], step) for step in changes.new]
    hours = hub_hours()
    for row in new:
        if row.named_day is not None:
            row.due_on = hours.working_day(run.starts_on, row.named_day)
    RunStep.objects.bulk_create(new)
    run.revision_id = run.playbook.current_id
    run.save(update_fields=["revision"])
    count_steps(run)
    audit.record(
        "took over changes into",
        run,
        by=by,
        new=[row.text[:100] for row in new],
        gone=[row.text[:100] for row in changes.gone],
    )
    return run
