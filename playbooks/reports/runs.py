"""Figures over runs, and who can be given a step."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import time
from statistics import median

from django.db.models import Count, Exists, OuterRef, Q

from hub.clock import WorkingHours
from hub.models import Role, User, WorkCalendar
from hub.prepared import prepared
from playbooks.models import Playbook, Run, RunStep
from playbooks.workflow import RunStatus
from spokes.models import Term

# Nobody set a calendar up: Monday to Friday.
WEEKDAYS = WorkingHours(zone="UTC", week=(((time(9), time(17)),),) * 5 + ((), ()))
MOST_RUNS = 500
MOST_SKIPPED = 3


def hub_hours():
    """The hub's working days: those of its calendar "hub", else of the oldest that is not open round the clock."""
    calendars = WorkCalendar.objects.filter(always_open=False)
    first = min(calendars, key=lambda calendar: (calendar.slug != "hub", calendar.pk), default=None)
    return WorkingHours.of(first) if first else WEEKDAYS


def people_for(run):
    """Who can be given a step: works in the department or below it, or speaks for it; and may read the playbook."""
    through = User.groups.through.objects.filter(user=OuterRef("pk"))
    spokes = [run.spoke_id, *run.spoke.ancestor_ids]
    terms = Term.objects.current().filter(person=OuterRef("pk"), spoke__in=spokes)
    people = User.objects.active().exclude(role=Role.AUDITOR)
    people = people.filter(Exists(through.filter(group=run.spoke.group_id)) | Exists(terms))
    audiences = run.playbook.audiences.through.objects.filter(playbook=run.playbook_id)
    reads_all = Q(role__in=[Role.STAFF, Role.LEAD]) | Q(is_superuser=True)
    reached = Exists(through.filter(group__in=audiences.values("group")))
    return people.filter(reads_all | ~Q(Exists(audiences)) | reached)


@dataclass
class Figures:
    """What many runs of a playbook come to. Runs that were given up are counted apart and in nothing else."""

    runs: int = 0
    running: int = 0
    finished: int = 0
    abandoned: int = 0
    departments: set = field(default_factory=set)
    days: list = field(default_factory=list)
    steps: int = 0
    done: int = 0

    def add(self, run):
        if run.status == RunStatus.ABANDONED:
            self.abandoned += 1
            return
        self.runs += 1
        self.departments.add(run.spoke_id)
        if run.status == RunStatus.FINISHED:
            self.finished += 1
            self.days.append(run.days)
            self.steps += run.step_count
            self.done += run.done_count
        else:
            self.running += 1

    @property
    def median_days(self):
        """Of those that were finished; None where none was."""
        return round(median(self.days)) if self.days else None

    @property
    def percent_done(self):
        return round(100 * self.done / self.steps) if self.steps else None


def figures_of(runs):
    found = Figures()
    for run in runs:
        found.add(run)
    return found


@prepared(shape=lambda playbook, user: user.reads_all)
def runs_of(playbook, user):
    """The newest runs of a playbook, each with its department and whether the reader may open it. One query."""
    runs = Run.objects.filter(playbook=playbook).saying_whether_visible_to(user).select_related("spoke", "started_by")
    return runs.order_by("-starts_on", "-pk")[:MOST_RUNS]


@dataclass
class PlaybookFigures:
    """A playbook's line in the staff's figures; `skipped` are (step, how often it stood open at a finish)."""

    playbook: Playbook
    figures: Figures = field(default_factory=Figures)
    skipped: list = field(default_factory=list)


def figures_by_playbook(since=None):
    """One line for each playbook that was run, most run first; `since` a day counts runs that started then or later.

    Three statements whatever the number of runs, which are read without their texts.
    """
    runs = Run.objects.filter(starts_on__gte=since) if since else Run.objects.all()
    lines = {}
    fields = ("playbook", "spoke", "status", "starts_on", "closed_at", "step_count", "done_count")
    for run in runs.only(*fields).order_by().iterator(chunk_size=2000):
        lines.setdefault(run.playbook_id, PlaybookFigures(None)).figures.add(run)
    for playbook in Playbook.objects.filter(pk__in=lines).only("title", "slug", "current"):
        lines[playbook.pk].playbook = playbook
    for playbook_id, skipped in _skipped(runs).items():
        lines[playbook_id].skipped = skipped[:MOST_SKIPPED]
    found = [line for line in lines.values() if line.playbook]
    return sorted(found, key=lambda line: (-line.figures.runs, line.playbook.title.casefold(), line.playbook.pk))


def _skipped(runs):
    """{playbook: [(step's words, how often left open)]}, most often first."""
    steps = RunStep.objects.open().filter(run__in=runs.finished(), is_dropped=False).order_by()
    counted = steps.values_list("run__playbook", "section_key", "key", "text").annotate(n=Count("pk"))
    times, words = Counter(), {}
    for playbook, section, key, text, n in counted:
        times[playbook, section, key] += n
        words[playbook, section, key] = text
    found = defaultdict(list)
    for place, n in sorted(times.items(), key=lambda pair: (-pair[1], pair[0])):
        found[place[0]].append((words[place], n))
    return found


# --- Case studies, and others' documents ------------------------------------------------------------------------------
