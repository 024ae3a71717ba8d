"""Games that nobody joins come to an end, with an event that says why."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from typing import Final

from server.application.command_path import CommandPath
from server.application.live_game import UnreadableGameError
from server.application.outcomes import RefusedError
from server.domain.vocabulary import GameId, Version
from server.eventstore.errors import StoreBusyError, StoreUnavailableError

OPEN_GAMES_EXPIRE_AFTER: Final = timedelta(hours=24)
"""An open game is a link that somebody may have sent to a friend, who gets a day to answer."""

AT_ONCE: Final = 100
"""How many games one round ends at most."""

_NEXT_ROUND_AFTER_S: Final = 1.0
_NEXT_PASS_AFTER_S: Final = 60.0

_log = logging.getLogger(__name__)

FindOverdue = Callable[[timedelta, int], AsyncIterator[Sequence[tuple[GameId, Version]]]]
"""Finds the games that have been open for longer than a time, so many at a time, with the versions they were at."""


class Expiry:
    """Ends the games that have been open for too long, while `run` is running.

    Every process does this, at its own pace: of several that find the same game one ends it, by the version that it
    names, and the others pass on. A game that somebody joins at that moment goes on, or the player is told that it
    is over; never both. Nothing is remembered, so nothing is missed while no process runs.
    """

    def __init__(
        self,
        find_overdue: FindOverdue,
        commands: CommandPath,
        *,
        patience: timedelta = OPEN_GAMES_EXPIRE_AFTER,
        at_once: int = AT_ONCE,
        next_round_after_s: float = _NEXT_ROUND_AFTER_S,
        next_pass_after_s: float = _NEXT_PASS_AFTER_S,
    ) -> None:
        self._find_overdue = find_overdue
        self._commands = commands
        self._patience = patience
        self._at_once = at_once
        self._next_round_after_s = next_round_after_s
        self._next_pass_after_s = next_pass_after_s

    async def run(self) -> None:
        """Look for overdue games, now and then every minute or so, until cancelled."""
        while True:
            try:
                await self.expire_all()
            except (StoreUnavailableError, StoreBusyError) as error:
                _log.warning("games that nobody joined are looked for again later: %r", error)
            await asyncio.sleep(self._next_pass_after_s * random.uniform(0.5, 1.5))  # noqa: S311 — jitter

    async def expire_all(self) -> None:
        """End all games that are overdue now, a round at a time with pauses for those who play.

        Raises:
            StoreBusyError, StoreUnavailableError: the rest is left for later.
        """
        async for games in self._find_overdue(self._patience, self._at_once):
            for game, version in games:
                await self._expire(game, version)
            await asyncio.sleep(self._next_round_after_s)

    async def _expire(self, game: GameId, version: Version) -> None:
        try:
            await self._commands.expire(game, version)
        except RefusedError:
            pass  # somebody joined, or another process was faster
        except UnreadableGameError:
            pass  # it was logged; the games after it are not kept waiting
