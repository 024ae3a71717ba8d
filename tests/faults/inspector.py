"""Reads the log past all proxies, and holds against it what the games' journals say."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

import asyncpg
import msgspec

from tests.checking.checker import LogFollower, check_game
from tests.checking.journal import GameJournal, LoggedEvent
from tests.faults.postgres import Postgres
from tests.faults.tally import Tally

FOLLOW_EVERY_S: Final = 0.5
RETRY_AFTER_S: Final = 0.2
PAGE: Final = 5000

_GAMES: Final = """
    SELECT position, stream, version, type, data, command_id
    FROM fourfold.events
    WHERE stream = ANY($1::text[])
    ORDER BY position
"""
_BEYOND: Final = """
    SELECT position, stream, version, type
    FROM fourfold.events
    WHERE position > $1
    ORDER BY position
    LIMIT $2
"""
_COUNT: Final = "SELECT count(*), coalesce(max(position), 0) FROM fourfold.events"
_VERSIONS: Final = """
    SELECT stream, max(version) FROM fourfold.events WHERE stream = ANY($1::text[]) GROUP BY stream
"""

T = TypeVar("T")


@dataclass(eq=False)
class Inspector:
    """Checks games that have ended, and follows the log as it grows."""

    postgres: Postgres
    tally: Tally
    follower: LogFollower = field(default_factory=LogFollower)
    _following: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def check(self, journals: Sequence[GameJournal]) -> None:
        """Check games against the log, and forget nothing that is wrong."""
        rows = await self._ask(lambda connection: connection.fetch(_GAMES, [j.game for j in journals]))
        logs: dict[str, list[LoggedEvent]] = {journal.game: [] for journal in journals}
        for position, game, version, type_, data, command_id in rows:
            logged = LoggedEvent(position, game, version, type_, msgspec.json.decode(data), command_id)
            logs[game].append(logged)
        for journal in journals:
            self.tally.games_checked += 1
            self.tally.events_checked += len(logs[journal.game])
            for violation in check_game(journal, logs[journal.game]):
                self.tally.violation(violation.promise, violation.game, violation.what)

    async def versions(self, games: Sequence[str]) -> dict[str, int]:
        """Return the version that each game has in the log now."""
        rows = await self._ask(lambda connection: connection.fetch(_VERSIONS, list(games)))
        return {row[0]: row[1] for row in rows}

    async def follow_the_log(self) -> None:
        """Read what the log gains, until cancelled."""
        while True:
            async with self._following:
                await self._follow()
            await asyncio.sleep(FOLLOW_EVERY_S)

    async def check_the_whole_log(self) -> None:
        """Read the rest of the log, and count it: what was read while it grew must be all there is."""
        count, last = await self._ask(lambda connection: connection.fetchrow(_COUNT))
        async with self._following:
            await self._follow()
        if not count == last <= self.follower.position:
            what = f"{count} events up to position {last}, but {self.follower.position} were read while it grew"
            self.tally.violation("positions are dense, in the order of commits", "", what)

    async def _follow(self) -> None:
        while True:
            position = self.follower.position
            rows = await self._ask(partial(_read_beyond, position))
            self.follower.follow(rows)
            for violation in self.follower.violations:
                self.tally.violation(violation.promise, violation.game, violation.what)
            self.follower.violations.clear()
            if len(rows) < PAGE:
                return

    async def _ask(self, question: Callable[[Any], Awaitable[T]]) -> T:
        """Ask on a connection of its own, as often as it takes."""
        while True:
            try:
                connection = await self.postgres.connect()
                try:
                    return await question(connection)
                finally:
                    connection.terminate()
            except (
                OSError,
                TimeoutError,
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
                asyncpg.InternalClientError,
            ):
                await asyncio.sleep(RETRY_AFTER_S)


async def _read_beyond(position: int, connection: Any) -> list[tuple[int, str, int, str]]:
    return [tuple(row) for row in await connection.fetch(_BEYOND, position, PAGE)]
