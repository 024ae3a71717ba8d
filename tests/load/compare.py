"""Two reports side by side: what changed, and whether the two may be compared at all."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from tests.load.report import Report
from tests.load.text import NOTHING, aligned, findings, number, percentiles

NOTABLE: Final = 0.1
"""Smaller changes get no word."""

HIGHER_IS_BETTER, LOWER_IS_BETTER, NEITHER = ("better", "worse"), ("worse", "better"), ("higher", "lower")
"""What to call a rise, and a fall."""

Words = tuple[str, str]
Figures = Mapping[str, tuple[float, Words]]


def compare(before: Report, after: Report) -> str:
    """Return what changed from one report to the next, after a warning if they are not of like with like."""
    unlike = [f"  - {difference}" for difference in _differences(before, after)]
    warning = ["NOT LIKE WITH LIKE:", *unlike, ""] if unlike else []
    one, other = dict(_figures(before)), dict(_figures(after))
    rows = [_row(name, one.get(name), other.get(name)) for name in {**one, **other}]
    noise = [
        f"The ratio is after/before; a change of more than {NOTABLE:.0%} gets a word.",
        "Single runs are noisy: repeat both, in turns, before you believe a change.",
    ]
    return "\n".join([*warning, *aligned([("", "before", "after", "ratio", ""), *rows]), "", *noise, ""])


def _differences(before: Report, after: Report) -> Iterator[str]:
    if before.scenario != after.scenario:
        yield f"scenario: {before.scenario} before, {after.scenario} after"
    if before.machine != after.machine:
        yield f"machine: {before.machine} before, {after.machine} after"
    for name in {**before.options, **after.options}:
        one, other = (report.options.get(name, NOTHING) for report in (before, after))
        if one != other:
            yield f"option {name}: {one} before, {other} after"
    for which, report in (("before", before), ("after", after)):
        if not report.verdict.is_passed:
            yield f"{which} FAILED: {findings(report.verdict)}"
        for reason in report.invalid_because:
            yield f"{which} is INVALID: {reason}"


def _figures(report: Report) -> Iterator[tuple[str, tuple[float, Words]]]:
    """Yield what can be compared. A latency that was never measured is no figure."""
    for name, latency in {**report.latencies, **{f"lag {n}": lag for n, lag in report.lag.items()}}.items():
        for percentile, value in percentiles(latency).items() if latency.n else ():
            yield f"{name} {percentile}, ms", (value, LOWER_IS_BETTER)
    for name, rate in report.rates.items():
        yield f"{name}/s", (rate, HIGHER_IS_BETTER)
    for process, used in report.resources.items():
        for field, value in msgspec.structs.asdict(used).items():
            yield f"{process} {field}", (value, LOWER_IS_BETTER)
    for name, value in report.reference.items():
        # A ceiling tells of the machine; only our share of it tells of us.
        yield f"reference {name}", (value, HIGHER_IS_BETTER if "share" in name else NEITHER)


def _row(
    name: str, before: tuple[float, Words] | None, after: tuple[float, Words] | None
) -> tuple[str, str, str, str, str]:
    if before is None or after is None:
        only = "only after" if before is None else "only before"
        return name, _cell(before), _cell(after), NOTHING, only
    (one, words), (other, _) = before, after
    ratio = f"{other / one:.2f}" if one else NOTHING
    return name, _cell(before), _cell(after), ratio, _change(one, other, words)


def _cell(figure: tuple[float, Words] | None) -> str:
    return NOTHING if figure is None else number(figure[0])


def _change(before: float, after: float, words: Words) -> str:
    """Return the word for a change. From nothing to something is always worth one."""
    if abs(after - before) <= NOTABLE * before:
        return ""
    rise, fall = words
    return rise if after > before else fall
