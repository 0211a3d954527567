"""How many case studies and documents of others there are of what."""

from dataclasses import dataclass

from django.db.models import Case, CharField, Count, F, Value, When
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from playbooks.models import CaseStudy, ExternalDocument, ExternalKind, Playbook
from spokes.models import Platform

CASE_FACETS = ("topic", "channel", "department", "year", "origin", "playbook", "language")
EXTERNAL_FACETS = ("topic", "organisation", "kind", "tag", "language")
ORIGINS = ("internal", "external")


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
