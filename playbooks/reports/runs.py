"""Figures over runs, who can be given a step, and how many case studies and documents of others there are of what."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import time
from statistics import median

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from hub.clock import WorkingHours
from hub.models import Role, User, WorkCalendar
from hub.prepared import prepared
from playbooks.models import CaseStudy, ExternalDocument, ExternalKind, Playbook, Run, RunStep
from playbooks.workflow import RunStatus
from spokes.models import Platform, Term

# Nobody set a calendar up: Monday to Friday.
WEEKDAYS = WorkingHours(zone="UTC", week=(((time(9), time(17)),),) * 5 + ((), ()))
MOST_RUNS = 500
MOST_SKIPPED = 3
CASE_FACETS = ("topic", "channel", "department", "year", "origin", "playbook", "language")
EXTERNAL_FACETS = ("topic", "organisation", "kind", "tag", "language")
ORIGINS = ("internal", "external")


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


@dataclass(frozen=True)
class Found:
    """One value of a facet: how many things have it where all other facets stay as they are chosen."""

    value: str
    label: str
    number: int


def asked_cases(cases, asked):
    """Case studies narrowed by `asked`: {facet: value}, blank values left out; a department counts with those below."""
    for facet, value in asked.items():
        if value:
            cases = CASE_CONDITIONS[facet](cases, value)
    return cases


CASE_CONDITIONS = {
    "topic": lambda cases, value: cases.filter(topic__slug=value),
    "channel": lambda cases, value: cases.filter(channels__platform=value),
    "department": lambda cases, path: cases.filter(spoke__path__startswith=path),
    "year": lambda cases, value: cases.filter(year=value),
    "origin": lambda cases, value: (
        cases.filter(organisation="") if value == "internal" else cases.exclude(organisation="")
    ),
    "playbook": lambda cases, value: cases.filter(playbooks__slug=value),
    "language": lambda cases, value: cases.filter(language=value),
}


def case_facets(user, asked):
    """({facet: [Found]}, how many fit all that is asked), as far as they are meant for this person. One query.

    `asked` is as for `asked_cases`.
    """
    readable = CaseStudy.objects.published().for_audience_of(user)
    playbooks = Playbook.objects.published().for_audience_of(user)
    arms = {
        "topic": ("topic__slug", "topic__name", None),
        "channel": ("channels__platform", None, None),
        "department": ("spoke__slug", "spoke__name", "spoke__path"),
        "year": (Cast("year", CharField()), None, None),
        "origin": (_origin(), None, None),
        "playbook": ("playbooks__slug", "playbooks__title", None),
        "language": ("language", None, None),
    }
    queries = []
    for facet, (value, label, path) in arms.items():
        rows = asked_cases(readable, {name: one for name, one in asked.items() if name != facet})
        if facet == "playbook":
            rows = rows.filter(playbooks__in=playbooks)
        queries.append(_counted(rows, facet, value, label, path))
    queries.append(_counted(asked_cases(readable, asked), "", Value("all"), None, None))
    found, total = {facet: [] for facet in arms}, 0
    for facet, value, label, path, number in queries[0].union(*queries[1:], all=True):
        if not facet:
            total = number
        elif value:
            found[facet].append((value, label, path, number))
    return {
        "topic": _by_label(found["topic"]),
        "channel": _by_label((value, Platform(value).label, path, n) for value, _l, path, n in found["channel"]),
        "department": _with_those_below(found["department"]),
        "year": [Found(value, value, n) for value, _l, _p, n in sorted(found["year"], reverse=True)],
        "origin": [
            Found(value, label, n)
            for value, label in ((ORIGINS[0], _("Our own")), (ORIGINS[1], _("Other organisations")))
            for one, _l, _p, n in found["origin"]
            if one == value
        ],
        "playbook": _by_label(found["playbook"]),
        "language": [Found(value, value, n) for value, _l, _p, n in sorted(found["language"])],
    }, total


def _origin():
    return Case(When(organisation="", then=Value(ORIGINS[0])), default=Value(ORIGINS[1]), output_field=CharField())


def _counted(rows, facet, value, label, path):
    """(facet, value, label, path, how many) of each value, for a union."""

    def column(one):
        return F(one) if isinstance(one, str) else Value("") if one is None else one

    rows = rows.order_by().annotate(
        facet_=Value(facet, CharField()), value_=column(value), label_=column(label), path_=column(path)
    )
    rows = rows.values("facet_", "value_", "label_", "path_").annotate(number_=Count("pk"))
    return rows.values_list("facet_", "value_", "label_", "path_", "number_")


def _by_label(rows):
    return sorted((Found(value, str(label), number) for value, label, _path, number in rows), key=_label)


def _label(found):
    return found.label.casefold()


def _with_those_below(rows):
    """Departments with what they and those below them told."""
    rows = list(rows)
    return _by_label(
        (value, label, path, sum(n for _v, _l, below, n in rows if below.startswith(path)))
        for value, label, path, _n in rows
    )


def asked_externals(documents, asked):
    """Documents of others narrowed by `asked`: {facet: value}."""
    fields = {"topic": "topics__slug", "organisation": "organisation", "kind": "kind", "tag": "tags__name"}
    fields["language"] = "language"
    for facet, value in asked.items():
        if value:
            documents = documents.filter(**{fields[facet]: value})
    return documents


def external_facets(asked):
    """({facet: [Found]}, how many fit) of the documents of others that readers see. One query."""
    arms = {
        "topic": ("topics__slug", "topics__name"),
        "organisation": ("organisation", None),
        "kind": ("kind", None),
        "tag": ("tags__name", None),
        "language": ("language", None),
    }
    queries = []
    for facet, (value, label) in arms.items():
        rest = {name: one for name, one in asked.items() if name != facet}
        queries.append(_counted(asked_externals(ExternalDocument.objects.shown(), rest), facet, value, label, None))
    queries.append(_counted(asked_externals(ExternalDocument.objects.shown(), asked), "", Value("all"), None, None))
    found, total = {facet: [] for facet in arms}, 0
    for facet, value, label, path, number in queries[0].union(*queries[1:], all=True):
        if not facet:
            total = number
        elif value:
            named = ExternalKind(value).label if facet == "kind" else label or value
            found[facet].append((value, named, path, number))
    return {facet: _by_label(rows) for facet, rows in found.items()}, total
