"""Moves are made when they are due, and count from then: a load that waits for the server flatters it."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import mean, stdev
from typing import cast

import pytest

from tests.load.figures import Figures, clock
from tests.load.match import Match
from tests.load.pace import Closed, Open

TIME_LIMIT_S = 30.0
EARLY_S = 0.001
"""How much earlier than planned a move may be made: waiting for less is not worth it."""


@dataclass(eq=False)
class Player:
    """Stands for a match: moves when told to, and says when that was meant to be and when it was."""

    intended_at: list[float] = field(default_factory=list)
    moved_at: list[float] = field(default_factory=list)
    is_stopping: bool = False

    def move(self, intended_at: float) -> None:
        self.moved_at.append(clock())
        self.intended_at.append(intended_at)

    @property
    def match(self) -> Match:
        return cast("Match", self)


class Counted(Figures):
    """Figures that tell when a number of moves has become due."""

    def __init__(self, enough: int) -> None:
        super().__init__()
        self.are_enough = asyncio.Event()
        self._enough = enough
        self.begin()

    def count(self, what: str, number: int = 1) -> None:
        super().count(what, number)
        if self.counts["due"] == self._enough:
            self.are_enough.set()


@asynccontextmanager
async def due(count: int, rate: float, arrivals: str = "constant") -> AsyncIterator[tuple[Open, Counted]]:
    """A pace; the block begins before it does, and at its end `count` moves have become due."""
    figures = Counted(count)
    pace = Open(rate, arrivals, random.Random(1), figures)
    yield pace, figures
    await keep(pace, figures)


async def keep(pace: Open, figures: Counted) -> None:
    keeping = asyncio.create_task(pace.run())
    try:
        async with asyncio.timeout(TIME_LIMIT_S):
            await figures.are_enough.wait()
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def test_each_move_that_is_due_is_made_once() -> None:
    player = Player()
    async with due(100, rate=2000) as (pace, figures):
        for _ in range(150):
            pace.is_due(player.match)
    assert len(player.moved_at) == figures.counts["due"] >= 100


async def test_at_a_constant_pace_moves_are_meant_to_be_equally_far_apart() -> None:
    """However late this machine made them: that is what latencies have to count from."""
    player = Player()
    async with due(40, rate=200) as (pace, _):
        for _ in range(60):
            pace.is_due(player.match)
    assert gaps(player.intended_at) == pytest.approx([1 / 200] * (len(player.moved_at) - 1), abs=2 * EARLY_S)


async def test_at_random_moments_the_rate_is_the_same_but_the_gaps_are_not() -> None:
    """In a Poisson process the gaps spread as far as they are long, so moves bunch up as people's do."""
    player = Player()
    async with due(200, rate=400, arrivals="poisson") as (pace, _):
        for _ in range(300):
            pace.is_due(player.match)
    found = gaps(player.intended_at)
    assert mean(found) == pytest.approx(1 / 400, rel=0.25)
    assert 0.7 < stdev(found) / mean(found) < 1.3


async def test_a_move_that_could_not_be_made_counts_from_when_it_was_due() -> None:
    """No match was ready, since the server stood still: all who had wanted to move meanwhile have waited."""
    player = Player()
    async with due(20, rate=500) as (pace, figures):
        pass
    assert player.moved_at == []
    ready_at, missed = clock(), figures.counts["due"]
    for _ in range(missed + 1):  # for the last one it is not yet time
        pace.is_due(player.match)
    assert len(player.moved_at) == missed
    assert gaps(player.intended_at) == pytest.approx([1 / 500] * (missed - 1), abs=2 * EARLY_S)
    assert ready_at - player.intended_at[0] >= (missed - 1) / 500 - 2 * EARLY_S


async def test_no_move_is_meant_for_later_than_it_is_made() -> None:
    """An answer that comes within that time would have taken less than nothing."""
    player = Player()
    async with due(300, rate=3000, arrivals="poisson") as (pace, _):
        for _ in range(500):
            pace.is_due(player.match)
    waited = [moved - intended for moved, intended in zip(player.moved_at, player.intended_at, strict=True)]
    assert min(waited) >= -1e-9


async def test_a_match_that_is_stopping_is_passed_over() -> None:
    """Its turn goes to the next one, so that no move gets lost at the end of a game."""
    stopping, player = Player(is_stopping=True), Player()
    async with due(10, rate=2000) as (pace, _):
        for _ in range(20):
            pace.is_due(stopping.match)
            pace.is_due(player.match)
    assert stopping.moved_at == []
    assert len(player.moved_at) >= 10


async def test_what_is_overdue_is_not_spent_on_a_match_that_is_stopping() -> None:
    stopping, player = Player(is_stopping=True), Player()
    async with due(1, rate=100) as (pace, _):
        pass
    pace.is_due(stopping.match)
    pace.is_due(player.match)
    assert (stopping.moved_at, len(player.moved_at)) == ([], 1)


def test_in_the_closed_mode_everybody_moves_at_once() -> None:
    player, pace = Player(), Closed()
    before = clock()
    for _ in range(3):
        pace.is_due(player.match)
    assert len(player.moved_at) == 3
    assert before <= player.intended_at[0] <= player.moved_at[0]


def gaps(times: list[float]) -> list[float]:
    return [after - before for before, after in pairwise(times)]
