"""Decision tables: which rule fits which answers, and what is wrong with a table. No database here.

A table has questions with their options, and rules: for some questions the options at which the rule fits (a question
it does not name may have any answer), and a verdict. The first rule that fits gives the reason. Rules of different
verdicts must not fit the same answers, so the order of the rules never changes a verdict.

Eight questions with six options each have 1.7 million combinations, so none are counted out: a set of rules that still
can fit, question by question, stands for all the answers that lead to it.
"""

from dataclasses import dataclass
from functools import cached_property
from math import prod

MOST_EXAMPLES = 5


@dataclass(frozen=True)
class Walk:
    """How far some answers lead. `path` holds those that were asked for, in order.

    Either `question` is the key of the next question, or it is None and `rule` is the index of the rule that fits,
    None where no rule does.
    """

    path: dict
    question: str | None = None
    rule: int | None = None


@dataclass(frozen=True)
class Clash:
    """Two rules (their indexes) of different verdicts that both fit `answers`, one example."""

    first: int
    second: int
    answers: dict


@dataclass(frozen=True)
class Shadow:
    """A rule that is never reached: for `answers`, one example of what it fits, the rule `by` comes first."""

    rule: int
    by: int
    answers: dict


class Table:
    """`questions` are pairs of key and options, `rules` pairs of conditions and verdict.

    Conditions map a question's key to the options that fit; an empty collection fits any, as a missing key does.
    """

    def __init__(self, questions, rules):
        self.questions = [(key, tuple(options)) for key, options in questions]
        self.verdicts = [verdict for _conditions, verdict in rules]
        # masks[rule][place]: the options that fit, a bit each.
        self.masks = [
            [self._mask(options, conditions.get(key)) for key, options in self.questions] for conditions, _v in rules
        ]
        self.full = [(1 << len(options)) - 1 for _key, options in self.questions]

    @staticmethod
    def _mask(options, wanted):
        return sum(1 << n for n, option in enumerate(options) if not wanted or option in wanted)

    @property
    def combinations(self):
        return prod(len(options) for _key, options in self.questions)

    # --- Following answers --------------------------------------------------------------------------------------------

    def walk(self, given):
        """Follows the answers that are given, and asks only what can still make a difference."""
        path, asked = {}, set()
        left = list(range(len(self.masks)))
        while True:
            left = self._up_to_settled(left, asked)
            if not left:
                return Walk(path)
            place = self._next(left, asked)
            if place is None:
                return Walk(path, rule=left[0])
            key, options = self.questions[place]
            answer = given.get(key)
            if answer not in options:
                return Walk(path, question=key)
            path[key] = answer
            asked.add(place)
            left = [rule for rule in left if self.masks[rule][place] >> options.index(answer) & 1]

    def _up_to_settled(self, left, asked):
        """The rules that can still decide: none after one that fits whatever else is answered."""
        for number, rule in enumerate(left):
            if self._open(rule, asked) is None:
                return left[: number + 1]
        return left

    def _open(self, rule, asked):
        """The first question that the rule still waits for."""
        masks = self.masks[rule]
        places = range(len(self.questions))
        return next((place for place in places if place not in asked and masks[place] != self.full[place]), None)

    def _next(self, left, asked):
        if self._open(left[0], asked) is None:
            return None
        return min(place for rule in left if (place := self._open(rule, asked)) is not None)

    # --- What is wrong with it ----------------------------------------------------------------------------------------

    def clashes(self):
        """Each pair of rules of different verdicts that fit the same answers, with one example."""
        for second, verdict in enumerate(self.verdicts):
            for first in range(second):
                if self.verdicts[first] != verdict and (answers := self._both(first, second)) is not None:
                    yield Clash(first, second, answers)

    def _both(self, *rules):
        """An example of answers that all these rules fit, naming what any of them asks for; None if there is none."""
        answers = {}
        for place, (key, options) in enumerate(self.questions):
            mask = self.full[place]
            for rule in rules:
                mask &= self.masks[rule][place]
            if not mask:
                return None
            if any(self.masks[rule][place] != self.full[place] for rule in rules):
                answers[key] = options[_lowest(mask)]
        return answers

    def shadowed(self):
        """Each rule that no answers reach, with an example of what comes before it."""
        reached = self._explored[1]
        for rule in range(len(self.masks)):
            if reached >> rule & 1:
                continue
            # A rule that fits nothing at all is shadowed by nobody; the editor does not let one be written.
            by = next((other for other in range(rule) if self._both(other, rule) is not None), None)
            if by is not None:
                yield Shadow(rule, by, self._both(by, rule))

    def missing(self):
        """How many combinations of answers no rule fits."""
        return self._explored[0]

    def gaps(self, most=MOST_EXAMPLES):
        """Up to `most` examples of what no rule fits, as {key: options}; together without overlap."""
        found = []
        if self._explored[0]:
            self._collect(0, self._every, {}, found, most)
        return found

    @property
    def _every(self):
        return (1 << len(self.masks)) - 1

    @cached_property
    def _explored(self):
        self._memo = {}
        return self._explore(0, self._every)

    @cached_property
    def _rest(self):
        """For each place, how many combinations the questions from there on have."""
        sizes = [len(options) for _key, options in self.questions]
        return [prod(sizes[place:]) for place in range(len(sizes) + 1)]

    @cached_property
    def _settled(self):
        """For each place, the rules that ask nothing from there on; a bit each."""
        return [
            sum(1 << rule for rule, masks in enumerate(self.masks) if masks[place:] == self.full[place:])
            for place in range(len(self.questions) + 1)
        ]

    @cached_property
    def _covers(self):
        """For each place and rule, the earlier rules that fit all that it fits, from there on; a bit each."""
        return [
            [
                sum(
                    1 << other
                    for other in range(rule)
                    if all(b & ~a == 0 for a, b in zip(self.masks[other][place:], masks[place:], strict=True))
                )
                for rule, masks in enumerate(self.masks)
            ]
            for place in range(len(self.questions) + 1)
        ]

    @cached_property
    def _fitting(self):
        """For each place and option, the rules that fit it; a bit each."""
        return [
            [
                sum(1 << rule for rule, masks in enumerate(self.masks) if masks[place] >> option & 1)
                for option in range(len(options))
            ]
            for place, (_key, options) in enumerate(self.questions)
        ]

    def _kept(self, place, rules):
        """The rules without those that can no longer be first, so that like states are told to be alike."""
        settled = rules & self._settled[place]
        if settled:
            rules &= (2 << _lowest(settled)) - 1
        kept, left = 0, rules
        while left:
            rule = _lowest(left)
            left &= left - 1
            if not kept & self._covers[place][rule]:
                kept |= 1 << rule
        return kept

    def _explore(self, place, rules):
        """(combinations that no rule fits, rules that come first somewhere) of all answers from a place on."""
        rules = self._kept(place, rules)
        if not rules:
            return self._rest[place], 0
        if rules & -rules & self._settled[place]:
            return 0, rules & -rules
        known = self._memo.get((place, rules))
        if known is None:
            missing = reached = 0
            for fitting in self._fitting[place]:
                more, first = self._explore(place + 1, rules & fitting)
                missing, reached = missing + more, reached | first
            known = self._memo[place, rules] = missing, reached
        return known

    def _collect(self, place, rules, box, found, most):
        if len(found) >= most or not self._explore(place, rules)[0]:
            return
        rules = self._kept(place, rules)
        if not rules:
            found.append(dict(box))
            return
        key, options = self.questions[place]
        sides = {}
        for option, fitting in zip(options, self._fitting[place], strict=True):
            sides.setdefault(self._kept(place + 1, rules & fitting), []).append(option)
        for following, side in sides.items():
            narrowed = box if len(side) == len(options) else {**box, key: side}
            self._collect(place + 1, following, narrowed, found, most)


def _lowest(bits):
    return (bits & -bits).bit_length() - 1
