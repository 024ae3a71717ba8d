"""A report in plain text, for a terminal of 100 columns: first whether promises were kept, then the figures.

How a verdict and a figure are worded stands here too; the page, the comparison and the assertions say them alike.
"""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tests.load.report import Breach, Latency, Report, Resources, Verdict

COLUMNS: Final = 100
NOTHING: Final = "–"
"""Stands where there is no figure."""


def as_text(report: Report) -> str:
    """Return what the terminal shows at the end of a run."""
    blocks = [_verdict(report), *_figures(report), _about(report)]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def verdict_word(verdict: Verdict) -> str:
    """Return the verdict in one word."""
    return "PASSED" if verdict.is_passed else "FAILED"


def findings(verdict: Verdict) -> str:
    """Return how much was found wrong, and in how much; a verdict on nothing says so."""
    found = {0: "no breach", 1: "1 breach"}.get(verdict.breach_count, f"{verdict.breach_count:,} breaches")
    looked_at = [f"{number:,} {what}" for what, number in verdict.checked.items() if number]
    if not looked_at:
        return f"{found}, but nothing was checked"
    *others, last = looked_at
    return f"{found} in {', '.join(others)} and {last}" if others else f"{found} in {last}"


def number(value: float) -> str:
    """Return a figure with three digits, or all before the point if these are more; a total is a whole number."""
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def percentiles(latency: Latency) -> dict[str, float]:
    """Return the percentiles in milliseconds, by the names people use."""
    return {
        "p50": latency.p50_ms,
        "p90": latency.p90_ms,
        "p99": latency.p99_ms,
        "p99.9": latency.p999_ms,
        "max": latency.max_ms,
    }


def latency_cells(latency: Latency) -> list[str]:
    """Return `n` and the percentiles. Without a measurement there are none, which is not the same as 0 ms."""
    if not latency.n:
        return ["0"] + [NOTHING] * len(percentiles(latency))
    return [f"{latency.n:,}", *(f"{value:,.2f}" for value in percentiles(latency).values())]


def resource_cells(used: Resources) -> list[str]:
    """Return shares of a core with two digits, and memory in whole MiB."""
    memory = (used.rss_mb_first, used.rss_mb_last, used.rss_mb_max)
    return [f"{used.cpu:.2f}", f"{used.cpu_max:.2f}", *(f"{size:,.0f}" for size in memory)]


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the rows of a table as lines, names at the left and figures at the right of their columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        padded = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        yield "  ".join([name.ljust(widths[0]), *padded]).rstrip()


LATENCY_COLUMNS: Final = ("n", "p50", "p90", "p99", "p99.9", "max")
RESOURCE_COLUMNS: Final = ("cores", "cores max", "MiB first", "MiB last", "MiB max")


def _verdict(report: Report) -> list[str]:
    lines = [f"{verdict_word(report.verdict)}: {findings(report.verdict)}."]
    for index, breach in enumerate(report.verdict.breaches, 1):
        lines += _breach(index, breach)
    if hidden := report.verdict.breach_count - len(report.verdict.breaches):
        lines.append(f"… and {hidden:,} more.")
    for reason in report.invalid_because:
        lines += _wrapped(reason, "INVALID: ")
    if not report.is_valid:
        lines.append("         The figures below must not be trusted.")
    for missed in report.missed:
        lines += _wrapped(missed, "MISSED: ")
    return lines


def _breach(index: int, breach: Breach) -> list[str]:
    start = f"{index}. "
    trace = [f"{' ' * len(start)}| {line}" for line in breach.trace]  # whole, to be searched for elsewhere
    return [*_wrapped(f"[{breach.promise}] {breach.game}: {breach.what}", start), *trace]


def _wrapped(text: str, start: str) -> list[str]:
    return textwrap.wrap(
        text, COLUMNS, initial_indent=start, subsequent_indent=" " * len(start), break_long_words=False
    )


def _figures(report: Report) -> Iterator[list[str]]:
    latencies = {name: latency_cells(latency) for name, latency in report.latencies.items()}
    yield _table("latency, ms", LATENCY_COLUMNS, latencies)
    yield _table("event-loop lag, ms", LATENCY_COLUMNS, {n: latency_cells(lag) for n, lag in report.lag.items()})
    yield _table("rates", ("a second",), {name: [number(rate)] for name, rate in report.rates.items()})
    yield _table("counts", ("in all",), {name: [number(count)] for name, count in report.counts.items()})
    yield _table("resources", RESOURCE_COLUMNS, {n: resource_cells(used) for n, used in report.resources.items()})
    yield _table("reference", ("figure",), {name: [number(value)] for name, value in report.reference.items()})


def _table(title: str, columns: Sequence[str], rows: Mapping[str, Sequence[str]]) -> list[str]:
    if not rows:
        return []
    return list(aligned([(title, *columns), *((name, *cells) for name, cells in rows.items())]))


def _about(report: Report) -> list[str]:
    measured = f"{report.scenario}: {report.seconds:,.1f} s measured from {report.began_at} on {report.machine}"
    return [*_wrapped(measured, ""), f"To repeat it: {report.command}"]
