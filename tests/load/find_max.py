"""Climb to the knee: the highest rate at which everything asked for still holds."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from tests.load.assertions import Assertion
from tests.load.options import Options
from tests.load.report import Report

FIRST_RATE: Final = 500.0
STEP: Final = 1.5
CLOSE_ENOUGH: Final = 0.05
ENOUGH_OF_IT: Final = 0.97
"""The share of the moves that are due which must have been made: beyond it, rate is only a wish."""


async def find_max(
    options: Options,
    wanted: Sequence[Assertion],
    measure: Callable[[Options], Awaitable[Report]],
    tell: Callable[[str], None],
    is_interrupted: Callable[[], bool] = lambda: False,
) -> Report:
    """Return the report of the highest rate found at which `wanted` holds; of the lowest tried if none did.

    First the rate grows until something is missed, then the gap between held and missed is halved until small. When
    interrupted it returns what it has; the measurement that was cut short says nothing about its rate.
    """
    rate, best = options.rate or FIRST_RATE, None
    held, missed = 0.0, float("inf")
    while best is None or missed / held > 1 + CLOSE_ENOUGH:
        report = await measure(msgspec.structs.replace(options, rate=rate))
        if is_interrupted():
            return report if best is None else _found(best, held, missed)
        why = _missing(report, wanted)
        tell(f"{rate:,.0f} moves/s: {why or 'held'}")
        if not report.verdict.is_passed:
            return report
        if why is None:
            held, best = rate, report
        else:
            missed = rate
            if best is None and rate < FIRST_RATE / 2**6:
                return msgspec.structs.replace(report, missed=[f"at {rate:,.0f} moves/s: {why}"])
        rate = held * STEP if missed == float("inf") else (held + missed) / 2
    return _found(best, held, missed)


def _found(best: Report, held: float, missed: float) -> Report:
    found = {"highest rate that held": round(held, 1)}
    if missed < float("inf"):
        found["lowest rate that did not"] = round(missed, 1)
    return msgspec.structs.replace(best, reference=found)


def _missing(report: Report, wanted: Sequence[Assertion]) -> str | None:
    made, due = (
        report.counts.get("moves", 0),
        report.counts.get("due", 0),
    )  # by chance it is not the rate times the time
    if made < ENOUGH_OF_IT * due:
        return f"only {made:,} of {due:,} moves were made"
    if not report.is_valid:
        return report.invalid_because[0]
    return next((missed for assertion in wanted if (missed := assertion.missed_by(report)) is not None), None)
