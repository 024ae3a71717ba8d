"""What a run is asked to reach, as in `accepted.p99<50ms`: for `--assert`, and for the `--slo` of a search."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, assert_never

import msgspec

from tests.load.report import Latency, Report, Resources
from tests.load.text import percentiles


class AssertionSyntaxError(ValueError):
    """A text is no assertion; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class LatencyFigure:
    """A percentile of a latency in milliseconds, or how often it was measured (`n`)."""

    of: str
    """`latencies` or `lag`."""
    name: str
    field: str


@dataclass(frozen=True, slots=True)
class PlainFigure:
    """One of `rates`, `counts` or `reference`."""

    of: str
    name: str


@dataclass(frozen=True, slots=True)
class ResourceFigure:
    """The largest that a process took, of all processes whose name begins with a word."""

    processes: str
    field: str


Subject = LatencyFigure | PlainFigure | ResourceFigure


@dataclass(frozen=True, slots=True)
class Assertion:
    """A bound on a figure of a report, in the report's own unit."""

    text: str
    subject: Subject
    comparison: str
    bound: float
    unit: str

    def missed_by(self, report: Report) -> str | None:
        """Return what came instead, or None if the assertion holds. What was never measured is missed."""
        try:
            value = _look_up(self.subject, report)
        except _NotMeasuredError as error:
            return f"{self.text}: {error}"
        if _COMPARISONS[self.comparison](value, self.bound):
            return None
        return f"{self.text}: it was {_plain(value)}{self.unit}."


def parse_assertion(text: str) -> Assertion:
    """Read `NAME.FIELD<VALUE[UNIT]`, also with <=, > or >=.

    Raises:
        AssertionSyntaxError: the text is something else.
    """
    parts = _PARTS.fullmatch(text)
    if parts is None:
        raise AssertionSyntaxError(
            f"{text!r} is no assertion: expected NAME.FIELD, one of < <= > >=, and a number with its unit, "
            "as in accepted.p99<50ms or rates.moves>1000."
        )
    subject = _subject(text, parts["subject"])
    units = _units(subject)
    if parts["unit"] not in units:
        came = f"the unit {parts['unit']}" if parts["unit"] else "no unit"
        expected = ", ".join(unit or "no unit" for unit in units)
        raise AssertionSyntaxError(f"{text!r} has {came}: give one of {expected} after the number.")
    bound = float(parts["value"]) * units[parts["unit"]]
    unit = next(f" {unit}" if unit else "" for unit, factor in units.items() if factor == 1)
    return Assertion(text, subject, parts["comparison"], bound, unit)


class _NotMeasuredError(LookupError):
    """A report has no such figure; the message is a sentence about what there is."""


_PARTS: Final = re.compile(
    r"\s*(?P<subject>[^<>=]*[^<>=\s])\s*(?P<comparison><=|>=|<|>)\s*(?P<value>\d+(?:\.\d+)?)\s*(?P<unit>[A-Za-z/]*)\s*"
)
_LATENCY: Final = re.compile(r"(?P<lag>lag\.)?(?P<name>.+)\.(?P<field>p50|p90|p99|p999|p99\.9|max|n)")
_COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_PLAIN: Final = ("rates", "counts", "reference")
_PROCESSES: Final = ("server", "database", "generator")
_RESOURCES: Final = Resources.__struct_fields__


def _subject(text: str, subject: str) -> Subject:
    first, _, rest = subject.partition(".")
    if first in _PLAIN and rest:
        return PlainFigure(first, rest)
    if first in _PROCESSES:
        if rest in _RESOURCES:
            return ResourceFigure(first, rest)
        raise AssertionSyntaxError(f"{text!r}: of {first} there are {', '.join(_RESOURCES)}; not {rest!r}.")
    if parts := _LATENCY.fullmatch(subject):
        field = "p99.9" if parts["field"] == "p999" else parts["field"]
        return LatencyFigure("lag" if parts["lag"] else "latencies", parts["name"], field)
    raise AssertionSyntaxError(
        f"{text!r}: {subject!r} is no figure: expected a latency with p50, p90, p99, p999, max or n "
        f"(accepted.p99), lag.NAME with one of these, {', '.join(f'{of}.NAME' for of in _PLAIN)}, "
        f"or {', '.join(_PROCESSES)} with what they took (server.cpu)."
    )


def _units(subject: Subject) -> Mapping[str, float]:
    """Return the units that may stand behind the number, each with its size in the unit of the report."""
    match subject:
        case LatencyFigure(field="n") | PlainFigure(of="counts" | "reference"):
            return {"": 1}
        case LatencyFigure():
            return {"us": 0.001, "ms": 1, "s": 1000}
        case PlainFigure():
            return {"/s": 1, "": 1}
        case ResourceFigure(field=field) if field.startswith("rss_mb"):
            return {"MB": 1, "MiB": 1, "": 1}  # MB, as in the field's name, is what a report calls MiB
        case ResourceFigure():
            return {"": 1}
        case _:
            assert_never(subject)


def _look_up(subject: Subject, report: Report) -> float:
    match subject:
        case LatencyFigure(of, name, field):
            return _latency(report.lag if of == "lag" else report.latencies, name, field)
        case PlainFigure(of, name):
            return _plain_figure(report, of, name)
        case ResourceFigure(processes, field):
            return _largest(report.resources, processes, field)
        case _:
            assert_never(subject)


def _plain_figure(report: Report, of: str, name: str) -> float:
    all_figures: dict[str, Mapping[str, float]] = {
        "rates": report.rates,
        "counts": report.counts,
        "reference": report.reference,
    }
    figures = all_figures[of]
    if name not in figures:
        raise _NotMeasuredError(f"there is no {name!r} in {of}, only {_names(figures)}.")
    return figures[name]


def _latency(measured: Mapping[str, Latency], name: str, field: str) -> float:
    if name not in measured:
        raise _NotMeasuredError(f"there is no latency {name!r}, only {_names(measured)}.")
    latency = measured[name]
    if latency.n == 0:
        raise _NotMeasuredError("it was never measured (n is 0).")
    return latency.n if field == "n" else percentiles(latency)[field]


def _largest(resources: Mapping[str, Resources], processes: str, field: str) -> float:
    values = [msgspec.structs.asdict(used)[field] for name, used in resources.items() if name.startswith(processes)]
    if not values:
        raise _NotMeasuredError(f"there is no process {processes!r}, only {_names(resources)}.")
    return float(max(values))


def _names(there: Iterable[str]) -> str:
    return ", ".join(there) or "nothing"


def _plain(value: float) -> str:
    """Return a figure as it would be written in an assertion, exact enough to be told from any bound it misses."""
    return f"{value:.3f}".rstrip("0").rstrip(".")
