"""What no single playbook knows: how many there are of each sort, were verified when, and why one did not help."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Case, CharField, Count, F, Min, Value, When
from django.db.models.functions import Cast
from django.utils import timezone

from hub.prepared import prepared
from playbooks.models import Difficulty, Playbook, Revision, Verification, WhyNot
from playbooks.querysets import faded_before
from policies import clock
from spokes.models import Platform

# Fewer answers would tell who gave which.
FEWEST_REASONS = 5
YEAR = timedelta(days=365)


def verified_days(first=None):
    """(day, playbooks published by then, of these verified on that day) for each day since `first`, a year ago.

    Two statements. From the words that were given: on a day the last one given by then counts.
    """
    today = clock.today()
    first = first or today - YEAR
    zone = clock.hub_zone()
    begun = Revision.objects.readable().order_by().values("playbook").annotate(at=Min("published_at"))
    published, verified = Counter(), Counter()
    for at in begun.values_list("at", flat=True):
        published[max(first, timezone.localdate(at, zone))] += 1
    words = Verification.objects.order_by("playbook", "given_on", "pk").values_list("playbook", "given_on", "until_on")
    last = None
    for word in [*words.iterator(chunk_size=5000), None]:
        if last is not None:
            _playbook, given_on, until_on = last
            # It counted to its own end, or until the next one was given.
            end = until_on + timedelta(days=1)
            if word is not None and word[0] == last[0]:
                end = min(end, word[1])
            if end > max(given_on, first):
                verified[max(given_on, first)] += 1
                verified[end] -= 1
        last = word
    return list(_summed(first, today, published, verified))


def _summed(first, today, published, verified):
    whole = part = 0
    for n in range((today - first).days + 1):
        day = first + timedelta(days=n)
        whole += published[day]
        part += verified[day]
        if whole:
            yield day, whole, part


@dataclass
class Reasons:
    """Why a playbook did not help. With fewer than FEWEST_REASONS answers only how many there are."""

    count: int
    rows: list = field(default_factory=list)
    sentences: list = field(default_factory=list)

    @property
    def is_shown(self):
        return self.count >= FEWEST_REASONS


def reasons_of(playbook):
    """(reason in words, how many) the most frequent first, and the sentences in the order of the alphabet.

    No order, day or reason beside a sentence tells who wrote it.
    """
    votes = playbook.votes.filter(helpful=False).exclude(reason="").values_list("reason", "sentence")
    votes = list(votes)
    found = Reasons(count=len(votes))
    if found.is_shown:
        counts = Counter(reason for reason, _sentence in votes)
        found.rows = [(WhyNot(reason).label, number) for reason, number in counts.most_common()]
        found.sentences = sorted({sentence for _reason, sentence in votes if sentence}, key=str.casefold)
    return found


# --- The library's filters -------------------------------------------------------------------------------------------

BLANK = Value("", CharField())


@dataclass
class Facets:
    """How many playbooks each choice of the library's filters would leave, the other filters as they are.

    `choices` is {filter: [(value, label, number)]}; `total` is how many there are with all of them, `faded` how many
    more there would be with those that nobody has verified for long.
    """

    total: int
    faded: int
    choices: dict


def facets(user, asked):
    """Facets for what a person may read; `asked` is {filter: value}. One statement."""
    named = {name: asked[name] for name in ("topic", "goal", "platform", "tag", "difficulty") if asked.get(name)}
    modes = (asked.get("time", ""), asked.get("verified", ""))
    counts, labels, parents = {}, {}, {}
    for facet, value, label, parent, number in _counted(user=user, modes=modes, **named):
        if value:
            counts.setdefault(facet, Counter())[value] = number
            labels[facet, value], parents[facet, value] = label, parent
    topics, goals = counts.get("topic", Counter()), counts.get("goal", Counter())
    for value, number in list(topics.items()):
        # A topic is asked for with those right below it.
        if parents["topic", value] in topics:
            topics[parents["topic", value]] += number
    return Facets(
        total=counts.get("total", {}).get("all", 0),
        faded=0 if modes[1] else counts.get("verified", {}).get("faded", 0),
        choices={
            "topic": _named(topics, labels, "topic"),
            "goal": sorted(_named(goals, labels, "goal"), key=lambda row: int(parents["goal", row[0]])),
            "platform": _in_order(counts.get("platform", {}), Platform.choices),
            "tag": _named(counts.get("tag", {}), labels, "tag"),
            "difficulty": _in_order(counts.get("difficulty", {}), Difficulty.choices),
        },
    )


def _named(counts, labels, facet):
    rows = [(value, labels[facet, value], number) for value, number in counts.items()]
    return sorted(rows, key=lambda row: row[1].casefold())


def _in_order(counts, choices):
    return [(value, label, counts.get(value, 0)) for value, label in choices]


@prepared(shape=lambda user, modes, **named: (user.reads_all, tuple(sorted(named)), faded_before()))
def _counted(user, modes, **named):
    asked = {**named, "time": modes[0], "verified": modes[1]}
    readable = Playbook.objects.published().for_audience_of(user)

    def branch(facet, value, label=BLANK, parent=BLANK):
        rows = readable.asked_for(asked, but=facet).order_by()
        rows = rows.annotate(facet=Value(facet, CharField()), value=value, label=label, parent_slug=parent)
        rows = rows.values("facet", "value", "label", "parent_slug").annotate(number=Count("pk"))
        return rows.values_list("facet", "value", "label", "parent_slug", "number")

    trust = Case(When(verified_until__gte=faded_before(), then=Value("trusted")), default=Value("faded"))
    return branch("total", Value("all", CharField())).union(
        branch("topic", F("topic__slug"), F("topic__name"), F("topic__parent__slug")),
        # Where a topic names the one above it, a goal names its place.
        branch("goal", F("goal__slug"), F("goal__name"), Cast("goal__order", CharField())),
        branch("platform", F("platforms__platform")),
        branch("tag", F("tags__slug"), F("tags__name")),
        branch("difficulty", F("difficulty")),
        branch("verified", trust),
        all=True,
    )
