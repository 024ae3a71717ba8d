"""What is counted and timed while a scenario runs. Recording costs an append; all reckoning is left for the end."""

import time
from array import array
from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec
from hdrh.histogram import HdrHistogram

from tests.load.report import Latency

LATENCIES: Final = ("connect", "accepted", "opponent", "watcher", "elsewhere", "resume")
"""From the intended time of a move to its acceptance, and until the opponent, each watcher, and each watcher at
another server see it; what it takes to connect; from the loss of a connection until everything missed is there."""

LOWEST_US, HIGHEST_US, DIGITS = 1, 600_000_000, 3

clock: Final = time.perf_counter


class FiguresData(msgspec.Struct):
    """Figures as they travel from a generator process: histograms encoded, counts as they are."""

    histograms: dict[str, str]
    counts: dict[str, int]
    timeline: list[dict[str, int]]
    fan_out_s: float


class Figures:
    """The figures of one process, taken while `is_measuring`."""

    def __init__(self) -> None:
        self.is_measuring = False
        self.counts: Counter[str] = Counter()
        self.fan_out_s = 0.0
        """How long it took in all until everybody had seen each move: `deliveries` happened in that time."""
        self._samples: dict[str, array[int]] = {name: array("L") for name in (*LATENCIES, "lag")}
        self._seconds: list[Counter[str]] = []
        self._began = 0.0

    def begin(self) -> None:
        """Measure from now on; what was counted before was to warm up."""
        self.counts.clear()
        self.fan_out_s = 0.0
        for name, samples in self._samples.items():
            if name != "connect":  # everybody connects before anything is measured
                del samples[:]
        self._seconds = []
        self._began = clock()
        self.is_measuring = True

    def end(self) -> None:
        """Measure no more."""
        self.is_measuring = False

    def took(self, what: str, seconds: float) -> None:
        """Record how long something took."""
        if self.is_measuring:
            self._samples[what].append(int(seconds * 1e6))

    def fanned_out(self, observers: int, seconds: float) -> None:
        """Record that all observers of a game have seen a move."""
        if self.is_measuring:
            self.counts["deliveries"] += observers
            self.fan_out_s += seconds

    def always_took(self, what: str, seconds: float) -> None:
        """Record what is rare and comes outside the measured time too: connecting, resuming."""
        self._samples[what].append(int(seconds * 1e6))

    def count(self, what: str, number: int = 1) -> None:
        """Count something that happened now."""
        if self.is_measuring:
            self.counts[what] += number
            second = int(clock() - self._began)
            while len(self._seconds) <= second:
                self._seconds.append(Counter())
            self._seconds[second][what] += number

    def data(self) -> FiguresData:
        """Return everything, in the form that can be sent."""
        histograms = {name: histogram_of(samples) for name, samples in self._samples.items()}
        timeline = [dict(second) for second in self._seconds]
        return FiguresData(histograms, dict(self.counts), timeline, self.fan_out_s)


def merged(parts: Iterable[FiguresData]) -> FiguresData:
    """Return the figures of several processes as those of one."""
    histograms: dict[str, HdrHistogram] = {}
    counts: Counter[str] = Counter()
    timeline: list[Counter[str]] = []
    fan_out_s = 0.0
    for part in parts:
        for name, encoded in part.histograms.items():
            histograms.setdefault(name, _histogram(())).decode_and_add(encoded)
        counts.update(part.counts)
        fan_out_s += part.fan_out_s
        for index, second in enumerate(part.timeline):
            if index == len(timeline):
                timeline.append(Counter())
            timeline[index].update(second)
    encoded_all = {name: histogram.encode().decode() for name, histogram in histograms.items()}
    return FiguresData(encoded_all, dict(counts), [dict(second) for second in timeline], fan_out_s)


def latency(encoded: str) -> Latency:
    """Return the percentiles of an encoded histogram of microseconds."""
    histogram = _histogram(())
    histogram.decode_and_add(encoded)
    n = histogram.get_total_count()

    def ms(percentile: float) -> float:
        return float(round(histogram.get_value_at_percentile(percentile) / 1000, 3)) if n else 0.0

    return Latency(
        n=n, p50_ms=ms(50), p90_ms=ms(90), p99_ms=ms(99), p999_ms=ms(99.9), max_ms=ms(100), encoded=encoded
    )


def histogram_of(microseconds: Iterable[int]) -> str:
    """Return an encoded histogram."""
    encoded: str = _histogram(microseconds).encode().decode()
    return encoded


def _histogram(microseconds: Iterable[int]) -> HdrHistogram:
    histogram = HdrHistogram(LOWEST_US, HIGHEST_US, DIGITS)
    for value, count in Counter(microseconds).items():
        histogram.record_value(min(max(value, LOWEST_US), HIGHEST_US), count)
    return histogram
