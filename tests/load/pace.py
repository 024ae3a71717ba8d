"""When moves are made.

In the closed mode each player moves as soon as it is their turn: what the server can do at most. In the open mode
moves are due at times that were fixed beforehand, whatever the server does; one that can't be made when it is due
is made as soon as it can, and its latency counts from when it was due. So a server that stands still for a second
is seen to do so by all who had wanted to move in that second (G. Tene: "coordinated omission").
"""

import asyncio
import random
from collections import deque
from typing import Final, Protocol

from tests.load.figures import Figures, clock
from tests.load.match import Match

_SOON_S: Final = 0.001
MAX_OVERDUE_S: Final = 60.0


class Pace(Protocol):
    """Decides when a match that is ready goes on."""

    def is_due(self, match: Match) -> None:
        """The match is ready for its next move."""

    async def run(self) -> None:
        """Keep the pace until cancelled."""


class Closed:
    """Every move at once."""

    def is_due(self, match: Match) -> None:
        """See `Pace`."""
        match.move(clock())

    async def run(self) -> None:
        """See `Pace`."""
        await asyncio.Event().wait()


class Open:
    """`rate` moves a second, at random moments (a Poisson process) or evenly spread."""

    def __init__(self, rate: float, arrivals: str, chance: random.Random, figures: Figures) -> None:
        self._rate = rate
        self._is_poisson = arrivals == "poisson"
        self._chance = chance
        self._figures = figures
        self._ready: deque[Match] = deque()
        self._overdue: deque[float] = deque()

    def is_due(self, match: Match) -> None:
        """See `Pace`."""
        if self._overdue and not match.is_stopping:
            match.move(self._overdue.popleft())
        else:
            self._ready.append(match)

    async def run(self) -> None:
        """See `Pace`."""
        due = clock()
        while True:
            due += self._chance.expovariate(self._rate) if self._is_poisson else 1 / self._rate
            if (ahead := due - clock()) > _SOON_S:
                await asyncio.sleep(ahead)
            elif not len(self._overdue) % 64:
                await asyncio.sleep(0)  # let answers in, however far behind we are
            self._figures.count("due")
            self._make_due(min(due, clock()))  # what is made a little early was meant to be made then

    def _make_due(self, due: float) -> None:
        while self._ready:
            match = self._ready.popleft()
            if not match.is_stopping:
                match.move(due)
                return
        self._overdue.append(due)
