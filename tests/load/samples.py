"""Reports for the tests of everything that shows or judges one, with real histograms."""

import math
from collections.abc import Sequence
from typing import Any

import msgspec
from hdrh.histogram import HdrHistogram

from tests.load.figures import latency
from tests.load.report import Breach, Latency, Report, Resources, Verdict

EVENTS_PER_MOVE = 3


def latency_of(milliseconds: Sequence[float]) -> Latency:
    """Return what figures make of these measurements."""
    histogram = HdrHistogram(1, 600_000_000, 3)
    for value in milliseconds:
        histogram.record_value(int(value * 1000))
    return latency(histogram.encode().decode())


def long_tail(n: int, median_ms: float) -> Latency:
    """Return `n` measurements as servers make them: most near the median, few far away, the same each time."""
    return latency_of([median_ms * math.exp(0.35 * math.log(2 * n / (2 * i + 1) - 1)) for i in range(n)])


def sample(**changes: Any) -> Report:
    """Return the report of a good run, with changes."""
    return msgspec.structs.replace(_GOOD, **changes)


def broken(what: str = "bob saw the versions [1, 2, 4]") -> Verdict:
    """Return a verdict of more breaches than are told in full."""
    trace = ["log: 3 MoveMade {'column': 'D'} by 0192", "asked: D at 2 by ann, 0192: ok 3"]
    breach = Breach("an observer sees a prefix of the log", "Xk3v9QwLm2Zp", what, trace)
    return Verdict(breach_count=13, checked={"games": 120, "events in the log": 3_160}, breaches=[breach])


def timeline(seconds: int) -> list[dict[str, int]]:
    """Return counts that wave a little, and a refusal now and then."""
    moves = [round(1_000 + 60 * math.sin(second) + 25 * math.sin(3.7 * second)) for second in range(seconds)]
    return [
        {"moves": made, "events": made * EVENTS_PER_MOVE, "refusals": 150 + 90 * (second % 7 == 0)}
        for second, made in enumerate(moves)
    ]


def _total(seconds: Sequence[dict[str, int]], what: str) -> int:
    return sum(second[what] for second in seconds)


_SECONDS = timeline(30)
_COUNTS = {what: _total(_SECONDS, what) for what in ("moves", "events", "refusals")}

_GOOD = Report(
    scenario="fan-out",
    command="python -m tests.load fan-out --games 120 --watchers 2 --seconds 30 --assert 'accepted.p99<50ms'",
    options={"games": 120, "watchers": 2, "seconds": 30.0, "rate": None, "arrivals": "poisson", "seed": 7},
    machine="2 cores, Linux 6.1, Python 3.11.7, PostgreSQL 18.1",
    began_at="2026-11-25T10:40:00Z",
    seconds=30.0,
    verdict=Verdict(
        breach_count=0,
        checked={"games": 120, "events in the log": 30_412, "commands": 34_118, "observers": 480, "states": 50},
        breaches=[],
    ),
    invalid_because=[],
    missed=[],
    counts=_COUNTS,
    rates={what: count / 30.0 for what, count in _COUNTS.items()},
    latencies={
        "accepted": long_tail(20_000, 2.4),
        "opponent": long_tail(20_000, 3.1),
        "watcher": long_tail(40_000, 3.4),
        "connect": long_tail(480, 0.9),
    },
    lag={"generator": long_tail(3_000, 0.12), "server": long_tail(3_000, 0.4)},
    timeline=_SECONDS,
    resources={
        "server 1": Resources(cpu=0.71, cpu_max=0.84, rss_mb_first=62.1, rss_mb_last=66.4, rss_mb_max=66.9),
        "server 2": Resources(cpu=0.69, cpu_max=0.88, rss_mb_first=61.8, rss_mb_last=65.7, rss_mb_max=65.8),
        "database": Resources(cpu=0.34, cpu_max=0.41, rss_mb_first=141.0, rss_mb_last=152.2, rss_mb_max=152.2),
        "generator 1": Resources(cpu=0.38, cpu_max=0.45, rss_mb_first=48.0, rss_mb_last=91.3, rss_mb_max=91.3),
    },
    reference={"ceiling moves/s": 4_180.0, "share of the ceiling": 0.74},
)

EMPTY = sample(
    seconds=0.0,
    options={},
    verdict=Verdict(breach_count=0, checked={}, breaches=[]),
    counts={},
    rates={},
    latencies={},
    lag={},
    timeline=[],
    resources={},
    reference={},
)
"""The report of a run in which nothing happened."""
