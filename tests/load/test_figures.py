"""Figures of several processes are added without loss, and hold only what was measured."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.load import figures
from tests.load.figures import HIGHEST_US, Figures, FiguresData, histogram_of, latency, merged

DIGITS = 0.001
"""How far a histogram may be off, as a share of the value: it keeps three digits."""

microseconds = st.lists(st.integers(1, 100_000_000), max_size=30)
counts = st.dictionaries(st.sampled_from(["moves", "events", "games"]), st.integers(0, 1000))


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    fake = Clock()
    monkeypatch.setattr(figures, "clock", fake)
    return fake


@given(st.lists(microseconds, min_size=1, max_size=4))
def test_a_merged_histogram_holds_each_measurement_and_the_longest(parts: list[list[int]]) -> None:
    """Percentiles of several generators can't be averaged; their histograms can be added."""
    taken = latency(merged(data(part) for part in parts).histograms["accepted"])
    everything = [value for part in parts for value in part]
    assert taken.n == len(everything)
    assert taken.max_ms == pytest.approx(max(everything, default=0) / 1000, rel=DIGITS, abs=0.001)
    assert taken.p50_ms <= taken.p90_ms <= taken.p99_ms <= taken.p999_ms <= taken.max_ms


@given(st.lists(st.lists(counts, max_size=4), min_size=1, max_size=4))
def test_counts_are_added_in_all_and_second_by_second(timelines: list[list[dict[str, int]]]) -> None:
    """One process may have begun a second later, or measured for a second longer."""
    parts = [FiguresData({}, total(timeline), timeline, 1.5) for timeline in timelines]
    whole = merged(parts)
    assert nonzero(whole.counts) == nonzero(total([second for timeline in timelines for second in timeline]))
    assert len(whole.timeline) == max(map(len, timelines))
    assert nonzero(total(whole.timeline)) == nonzero(whole.counts)
    for index, second in enumerate(whole.timeline):
        there = [timeline[index] for timeline in timelines if index < len(timeline)]
        assert nonzero(second) == nonzero(total(there))
    assert whole.fan_out_s == 1.5 * len(parts)


def test_one_process_alone_is_what_it_was(clock: Clock) -> None:
    taken = Figures()
    taken.begin()
    taken.took("accepted", 0.004)
    taken.count("moves")
    whole = merged([taken.data()])
    assert (whole.counts, whole.timeline) == ({"moves": 1}, [{"moves": 1}])
    assert latency(whole.histograms["accepted"]).max_ms == pytest.approx(4, rel=DIGITS)


def test_the_timeline_counts_by_the_second_from_the_beginning(clock: Clock) -> None:
    """A second in which nothing happened is there: a server that stood still must be seen to."""
    taken = Figures()
    clock.now = 100.7
    taken.begin()
    for at in (100.8, 101.6, 101.8, 104.1):
        clock.now = at
        taken.count("moves", 2)
    assert taken.data().timeline == [{"moves": 4}, {"moves": 2}, {}, {"moves": 2}]
    assert taken.data().counts == {"moves": 8}


def test_the_warm_up_is_forgotten_but_how_long_connecting_took_is_not(clock: Clock) -> None:
    """Everybody connects before anything is measured; it would be lost otherwise."""
    taken = Figures()
    warm_up(taken)
    taken.begin()
    taken.took("accepted", 0.002)
    told = taken.data()
    assert {name: latency(encoded).n for name, encoded in told.histograms.items()} == {
        **dict.fromkeys(told.histograms, 0),
        "accepted": 1,
        "connect": 1,
    }
    assert (told.counts, told.timeline, told.fan_out_s) == ({}, [], 0.0)


def test_nothing_but_what_is_rare_is_recorded_after_the_end(clock: Clock) -> None:
    """Connections that were cut at the end still have to resume, and that still counts."""
    taken = Figures()
    taken.begin()
    taken.end()
    warm_up(taken)
    told = taken.data()
    assert {name for name, encoded in told.histograms.items() if latency(encoded).n} == {"connect", "resume"}
    assert (told.counts, told.timeline, told.fan_out_s) == ({}, [], 0.0)


def test_deliveries_are_counted_with_the_time_they_took(clock: Clock) -> None:
    taken = Figures()
    taken.begin()
    taken.fanned_out(50, 0.25)
    taken.fanned_out(50, 0.15)
    assert taken.data().counts == {"deliveries": 100}
    assert taken.data().fan_out_s == pytest.approx(0.4)


def test_what_is_beyond_the_histogram_is_its_longest() -> None:
    """Not an error in the middle of a run that went badly enough."""
    assert latency(histogram_of([0, 2 * HIGHEST_US])).max_ms == pytest.approx(HIGHEST_US / 1000, rel=DIGITS)


def test_what_was_never_measured_has_no_measurements() -> None:
    assert latency(histogram_of([])).n == 0


def warm_up(taken: Figures) -> None:
    """Record one of everything."""
    taken.always_took("connect", 0.001)
    taken.always_took("resume", 0.001)
    taken.took("accepted", 0.5)
    taken.count("moves")
    taken.fanned_out(10, 1.0)


def data(accepted: list[int]) -> FiguresData:
    return FiguresData({"accepted": histogram_of(accepted)}, {}, [], 0.0)


def total(seconds: list[dict[str, int]]) -> dict[str, int]:
    added: Counter[str] = Counter()
    for second in seconds:
        added.update(second)
    return dict(added)


def nonzero(counted: dict[str, Any]) -> dict[str, Any]:
    return {name: count for name, count in counted.items() if count}
