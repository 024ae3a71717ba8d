"""The lobby: which games are open, live or finished, newest first."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from server.database.pool import CONNECTION_LOST, Pool, read
from server.domain.vocabulary import GameId, PlayerId, Version
from server.eventstore.errors import StoreUnavailableError
from server.projections.cached_read import CachedRead

Status = Literal["open", "live", "finished"]

STATUSES: Final[tuple[Status, ...]] = ("open", "live", "finished")

READ_TIME_LIMIT_S: Final = 2.5
"""How long a page may take in all."""

FIRST_PAGE: Final = 101
"""How many games of each status are kept in memory: a page of a hundred, and one that shows that there are more."""

_NEWEST: Final = """
    SELECT
      game, opened_position, status, version, color, opener, player_one, player_two, result, reason,
      opened_at, updated_at
    FROM fourfold.newest_games($1, $2, $3)
"""
_OVERDUE: Final = "SELECT game, version, opened_at FROM fourfold.overdue_games($1, $2, $3, $4)"
_END: Final = 2**63 - 1
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LobbyGame:
    """A game as the lobby lists it."""

    game: GameId
    opened_position: int
    status: Status
    version: Version
    color: str
    opener: PlayerId
    player_one: PlayerId | None
    player_two: PlayerId | None
    result: str | None
    reason: str | None
    opened_at: datetime
    updated_at: datetime


class Lobby:
    """Answers what the lobby holds. It follows the log within a fraction of a second.

    The first page is answered from memory, up to `FIRST_PAGE` games of each status, and read again after `changed`:
    however many ask, there is one read for each step that the projection takes. `changed` not being called, it is
    up to a second older than the read model.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._now = asyncio.get_running_loop().time
        self._first = CachedRead(self._read_first, self._now)

    def changed(self) -> None:
        """Say that the read model holds more than before."""
        self._first.invalidate()

    async def page(
        self,
        statuses: Sequence[Status] = STATUSES,
        *,
        limit: int,
        before: int | None = None,
        deadline: float | None = None,
    ) -> list[LobbyGame]:
        """Return up to `limit` public games, newest first, opened before a position of the log.

        No more than `limit` games of each status are read, however many there are.

        Raises:
            StoreUnavailableError: Postgres did not answer before the deadline (a time of the event loop).
        """
        deadline = self._now() + READ_TIME_LIMIT_S if deadline is None else deadline
        try:
            if before is None and limit <= FIRST_PAGE:
                newest = await self._first.get(deadline)
            else:
                newest = await self._read(statuses, _END if before is None else before, limit, deadline)
        except CONNECTION_LOST as error:
            raise StoreUnavailableError("the lobby was not read in time") from error
        return [game for game in newest if game.status in statuses][:limit]

    async def overdue(self, patience: timedelta, at_once: int) -> AsyncIterator[list[tuple[GameId, Version]]]:
        """Return the games that have been open for longer than `patience`, oldest first, up to `at_once` at a time.

        Each comes with the version at which it was open. No more are read at a time than are returned, however many
        there are; the next ones are read when they are asked for.

        Raises:
            StoreUnavailableError: Postgres did not answer in time.
        """
        last: tuple[datetime, str] = (_LONG_AGO, "")
        while True:
            try:
                rows = await read(self._pool, _OVERDUE, patience, *last, at_once)
            except CONNECTION_LOST as error:
                raise StoreUnavailableError("the lobby was not read in time") from error
            if rows:
                yield [(GameId(row["game"]), Version(row["version"])) for row in rows]
                last = (rows[-1]["opened_at"], rows[-1]["game"])
            if len(rows) < at_once:
                return

    async def _read_first(self, deadline: float) -> list[LobbyGame]:
        return await self._read(STATUSES, _END, FIRST_PAGE, deadline)

    async def _read(self, statuses: Sequence[Status], before: int, limit: int, deadline: float) -> list[LobbyGame]:
        async with asyncio.timeout_at(deadline):
            rows = await read(self._pool, _NEWEST, list(statuses), before, limit)
        games = [LobbyGame(*row) for row in rows]
        return sorted(games, key=lambda game: game.opened_position, reverse=True)
