"""The drawings of a report as inline SVG. Colours and dashes are classes; the page's style sheet decides."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import islice
from typing import Final

from hdrh.histogram import HdrHistogram

from tests.load.report import Latency, Report
from tests.load.text import number

WIDTH, HEIGHT = 480, 290
LEFT, RIGHT, TOP, BOTTOM = 54, 30, 30, 46

MAX_LINES: Final = 6
"""So many lines can be told apart in one drawing."""

MAX_TICKS: Final = 5
LEAST_MS: Final = 0.001
"""A microsecond: what took less is drawn there, since 0 has no logarithm."""

NINES_STEP: Final = 0.05
PERCENTILES: Final = ("0", "50", "90", "99", "99.9", "99.99", "99.999", "99.9999")

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`, with labelled ticks between."""

    title: str
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]

    def share(self, value: float) -> float:
        """Return how far along the axis a value is, from 0 to 1."""
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Line:
    """What is drawn as one line, and the figure that the legend tells of it."""

    name: str
    points: Sequence[Point]
    told: str


def throughput(report: Report) -> str:
    """Return the counts of each second as a figure; nothing if nothing was counted.

    Whole seconds are drawn: a last part of one would look like a collapse. A second without an entry counts 0, so
    that a standstill at the end is seen.
    """
    length = max(1, round(report.seconds))
    seconds = report.timeline[:length] + [{}] * (length - len(report.timeline))
    totals: Counter[str] = sum(map(Counter, seconds), Counter())
    lines = []
    for what, total in totals.most_common(MAX_LINES):
        counts = [second.get(what, 0) for second in seconds]
        told = f"{number(total / length)}/s, from {min(counts):,} to {max(counts):,}"
        lines.append(Line(what, _steps(counts), told))
    if not lines:
        return ""
    time = _rounded(length)
    height = _rounded(max(count for line in lines for _, count in line.points))
    x = Axis("seconds since measuring began", 0, length, [tick for tick in time if tick[0] <= length])
    return _figure("Throughput", x, Axis("in each second", 0, height[-1][0], height), lines, len(totals))


def percentile_curves(latencies: Mapping[str, Latency]) -> str:
    """Return the latencies by percentile as a figure; nothing if nothing was measured."""
    measured = {name: latency for name, latency in latencies.items() if latency.n}
    lines = []
    for name, latency in islice(measured.items(), MAX_LINES):
        told = f"p99 {latency.p99_ms:,.2f} ms, max {latency.max_ms:,.2f} ms"
        points = [(nines, math.log10(max(ms, LEAST_MS))) for nines, ms in curve(latency)]
        lines.append(Line(name, points, told))
    if not lines:
        return ""
    end = max(line.points[-1][0] for line in lines)
    ticks = [(_nines(float(label)), label) for label in PERCENTILES]
    x = Axis("percentile", 0, end, [tick for tick in ticks if tick[0] <= end])
    y = _logarithmic([milliseconds for line in lines for _, milliseconds in line.points])
    return _figure("Latency by percentile", x, y, lines, len(measured))


def curve(latency: Latency) -> list[Point]:
    """Return a latency as points: how many nines a percentile has (90 has 1, 99 has 2), and the milliseconds there.

    It ends with the maximum, at the percentile that one measurement in `n` lies beyond.
    """
    histogram = HdrHistogram.decode(latency.encoded)
    end = math.log10(max(histogram.get_total_count(), 2))
    nines = [step * NINES_STEP for step in range(math.ceil(end / NINES_STEP))]
    percentiles = [100 * (1 - 10**-x) for x in nines]
    values = histogram.get_percentile_to_value_dict([*percentiles, 100])
    return [(x, values[p] / 1000) for x, p in zip([*nines, end], [*percentiles, 100], strict=True)]


def _nines(percentile: float) -> float:
    return -math.log10(1 - percentile / 100)


def _steps(counts: Sequence[int]) -> list[Point]:
    """Return each count as lasting a whole second, so that even a single second is a line."""
    return [(float(x), float(count)) for second, count in enumerate(counts) for x in (second, second + 1)]


def _rounded(highest: float) -> list[tuple[float, str]]:
    """Return ticks at round whole numbers, from 0 until they reach the highest value."""
    wanted = highest / MAX_TICKS
    magnitude = 10 ** math.floor(math.log10(max(wanted, 1)))
    step = next(magnitude * digit for digit in (1, 2, 5, 10) if magnitude * digit >= wanted)
    return [(step * index, f"{step * index:,}") for index in range(max(1, math.ceil(highest / step)) + 1)]


def _logarithmic(exponents: Sequence[float]) -> Axis:
    """Return an axis of powers of ten around some, from one round number (1, 2 or 5 and noughts) to another."""
    powers = range(math.floor(min(exponents)) - 1, math.ceil(max(exponents)) + 2)
    rounded = [power + math.log10(digit) for power in powers for digit in (1, 2, 5)]
    low = max(value for value in rounded if value < min(exponents))
    high = min(value for value in rounded if value > max(exponents))
    ticks = [value for value in rounded if low <= value <= high]
    if len(ticks) > 2 * MAX_TICKS:
        ticks = [value for value in ticks if value == round(value)]
    return Axis("ms", low, high, [(value, f"{10**value:,.4g}") for value in ticks])


def _figure(title: str, x: Axis, y: Axis, lines: Sequence[Line], available: int) -> str:
    """Draw lines over two axes; the legend below is text of the page, which stays readable on a phone."""
    left_out = f" ({len(lines)} of {available})" if available > len(lines) else ""
    told = "; ".join(f"{line.name}: {line.told}" for line in lines)
    looks = [f"line colour-{index} dash-{index}" for index in range(1, MAX_LINES + 1)]
    paths = [f'<path class="{look}" d="{_path(line, x, y)}"/>' for look, line in zip(looks, lines, strict=False)]
    legend = [
        f'<li><svg viewBox="0 0 32 8" aria-hidden="true"><path class="{look}" d="M1 4H31"/></svg>'
        f"<span><b>{escape(line.name)}</b> {escape(line.told)}</span></li>"
        for look, line in zip(looks, lines, strict=False)
    ]
    return (
        f"<figure><figcaption>{escape(title)}{left_out}</figcaption>"
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(f"{title}. {told}")}">'
        f"{_axes(x, y)}{''.join(paths)}</svg>"
        f'<ul class="legend">{"".join(legend)}</ul></figure>'
    )


def _axes(x: Axis, y: Axis) -> str:
    rows = [
        f'<path class="grid" d="M{LEFT} {_down(y, at)}H{WIDTH - RIGHT}"/>'
        f'<text class="of-y" x="{LEFT - 8}" y="{_down(y, at)}" dy="0.35em">{label}</text>'
        for at, label in y.ticks
    ]
    columns = [
        f'<path class="grid" d="M{_across(x, at)} {TOP}V{HEIGHT - BOTTOM}"/>'
        f'<text class="of-x" x="{_across(x, at)}" y="{HEIGHT - BOTTOM + 17}">{label}</text>'
        for at, label in x.ticks
    ]
    titles = (
        f'<text class="title" x="{LEFT}" y="{TOP - 14}">{y.title}</text>'
        f'<text class="title end" x="{WIDTH - RIGHT}" y="{HEIGHT - 8}">{x.title}</text>'
    )
    return "".join([*rows, *columns, titles])


def _path(line: Line, x: Axis, y: Axis) -> str:
    return "M" + "L".join(f"{_across(x, across)} {_down(y, up)}" for across, up in line.points)


def _across(axis: Axis, value: float) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * axis.share(value), 1)


def _down(axis: Axis, value: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * axis.share(value), 1)
