"""Read the whole log as it was at one moment, page by page, as lines."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from server.cli.audit.lines import AS_LINE, LINE
from server.database.sessions import APPLICATION_ROLE, Connection, connect_as_owner
from server.domain.vocabulary import GameId
from server.settings.reachable_database import NoDatabaseError

Page = list[tuple[int, bytes]]
"""Some events in their order: of each its place, and its line without a newline."""

_PAGE: Final = 2000
_PAGE_TIMEOUT_S: Final = 60.0
_UNLIMITED: Final = dict.fromkeys(
    ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"), "0"
)  # a role may be given limits that fit moves, not whole logs
_BEFORE_ALL: Final = -(2**63)  # not 0: a position below 1 is a finding, so it has to be found

_LOG: Final = f"""
    SELECT e.position, {LINE}
    FROM fourfold.events AS e
    {AS_LINE}
    WHERE e.position > $1
    ORDER BY e.position
    LIMIT $2
"""  # noqa: S608 — constants of this package
_GAME: Final = f"""
    SELECT e.version, {LINE}
    FROM fourfold.events AS e
    {AS_LINE}
    WHERE e.stream = $3 AND e.version > $1
    ORDER BY e.version
    LIMIT $2
"""  # noqa: S608 — constants of this package


@asynccontextmanager
async def snapshot(url: str, name: str) -> AsyncIterator[Connection]:
    """Give a connection that may only read, and sees the log of one moment until the block ends.

    Raises:
        NoDatabaseError: the database cannot be used, or was lost on the way.
    """
    rights = {"role": APPLICATION_ROLE}
    async with (
        connected(url, name, rights) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        yield connection


@asynccontextmanager
async def connected(url: str, name: str, settings: dict[str, str] | None = None) -> AsyncIterator[Connection]:
    """Give a connection in the time zone of the lines, with the rights of `url` unless `settings` take them away.

    Raises:
        NoDatabaseError: the database cannot be used, or was lost on the way.
    """
    try:
        connection = await connect_as_owner(
            url, name=f"fourfold {name}", settings={"timezone": "UTC", **_UNLIMITED, **(settings or {})}
        )
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise NoDatabaseError.because(url, error) from error
    try:
        yield connection
    except (TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise NoDatabaseError.because(url, error) from error
    finally:
        connection.terminate()  # whatever was to be kept is committed


async def count_events(connection: Connection, game: GameId | None = None) -> int:
    """Return how many events the log has, or one game of it."""
    if game is None:
        count: int = await connection.fetchval("SELECT count(*) FROM fourfold.events")
    else:
        count = await connection.fetchval("SELECT count(*) FROM fourfold.events WHERE stream = $1", game)
    return count


async def pages(connection: Connection, game: GameId | None = None) -> AsyncIterator[Page]:
    """Yield the log by position, or one game by version: what the connection's transaction sees of it."""
    query, further = (_LOG, []) if game is None else (_GAME, [game])
    after = _BEFORE_ALL if game is None else -(2**31)
    statement = await connection.prepare(query)
    while rows := await statement.fetch(after, _PAGE, *further, timeout=_PAGE_TIMEOUT_S):
        after = rows[-1][0]
        yield [(place, line.encode()) for place, line in rows]
