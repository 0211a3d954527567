"""A share of something over time, as a line and as a table of the same figures."""

from dataclasses import dataclass
from datetime import date

CHART_WIDTH, CHART_HEIGHT = 640, 160
MOST_POINTS, MOST_ROWS = 120, 12


def percent(part, whole):
    """Whole hundredths, and 100 only when it is all; None of nothing."""
    if not whole:
        return None
    return 100 if part == whole else min(99, round(100 * part / whole))


@dataclass(frozen=True)
class ChartRow:
    day: date
    whole: int
    part: int

    @property
    def rate(self):
        return percent(self.part, self.whole)


@dataclass(frozen=True)
class Chart:
    """`points` of an SVG polyline in a box of 640 by 160, and some rows of figures.

    `target` is the share in hundredths that is aimed at, or None; `target_y` is its height in the box.
    """

    points: str
    first: date
    last: date
    rows: list
    target: int | None = None

    @property
    def end(self):
        return self.rows[-1]

    @property
    def target_y(self):
        return None if self.target is None else f"{CHART_HEIGHT * (1 - self.target / 100):.1f}"


def chart(days, *, target=None):
    """The chart of (day, whole, part) rows, or None while there is only one day to show."""
    if len(days) < 2:
        return None
    drawn, told = _thinned(days, MOST_POINTS), _thinned(days, MOST_ROWS)
    span = (days[-1][0] - days[0][0]).days
    points = " ".join(
        f"{CHART_WIDTH * (day - days[0][0]).days / span:.1f},{CHART_HEIGHT * (1 - part / max(whole, 1)):.1f}"
        for day, whole, part in drawn
    )
    rows = [ChartRow(*row) for row in told]
    return Chart(points=points, first=days[0][0], last=days[-1][0], rows=rows, target=target)


def _thinned(rows, most):
    """At most so many of the rows, at even steps, the last one always among them."""
    step = -(-len(rows) // most)
    return rows[::-1][::step][::-1]
