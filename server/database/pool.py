"""Connections to Postgres: the pool for short statements, and single ones for who must own theirs.

Every connection takes the role `fourfold_app`, which may read the log and append to it but not change it.
Time limits nest, so that the innermost speaks first: a lock is waited for 0.5 s, a statement may take 2 s,
its answer 2.5 s; the application gives up after 3 s and a browser after 5 s.
"""

from typing import Any, Final, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

APPLICATION_ROLE: Final = "fourfold_app"

_COMMAND_TIMEOUT_S: Final = 2.5
_CONNECT_TIMEOUT_S: Final = 5.0
_READ_ATTEMPTS: Final = 3
_SESSION: Final = {
    "role": APPLICATION_ROLE,
    "application_name": "fourfold",
    "statement_timeout": "2s",
    "lock_timeout": "500ms",
    "search_path": "fourfold",
}

# In quotes, because these classes take a type only in their stubs.
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
AnyConnection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

CONNECTION_LOST: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # terminated, shutting down, still starting, or cancelled at its time limit
    asyncpg.ReadOnlySQLTransactionError,  # demoted: the primary is elsewhere now
    asyncpg.InsufficientResourcesError,  # disk full, out of memory, too many connections
    asyncpg.LockNotAvailableError,
    asyncpg.InternalClientError,
)
"""What a statement may raise when Postgres is away or in trouble: ask again later, with the same command id."""


async def open_pool(url: str, *, max_size: int = 10) -> Pool:
    """Open a pool whose connections act as the application's role.

    No state is kept in a session, so nothing is reset when a connection returns: that saves a round trip each time.
    """
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=max_size,
        command_timeout=_COMMAND_TIMEOUT_S,
        timeout=_CONNECT_TIMEOUT_S,
        server_settings=_SESSION,
        reset=_nothing_to_reset,
    )


async def read(pool: Pool, query: str, *arguments: object) -> list[asyncpg.Record]:
    """Return the rows of a query that changes nothing.

    A connection that was lost unnoticed is no reason to fail: the query is asked again on another one.

    Raises:
        One of `CONNECTION_LOST`: Postgres is away, or did not answer in time.
    """
    for _ in range(_READ_ATTEMPTS - 1):
        try:
            return await ask(pool, query, *arguments)
        except TimeoutError:  # an OSError too, but enough patience was spent
            raise
        except (asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, asyncpg.InterfaceError, OSError):
            continue
    return await ask(pool, query, *arguments)


async def ask(pool: Pool, query: str, *arguments: object) -> list[asyncpg.Record]:
    """Return the rows of a query, which is asked once.

    When there is no answer in time, the connection is most likely dead, and so are those opened with it. They are
    all given up: each would take its own time to be found dead, and the pool would hand them out one by one.

    Raises:
        One of `CONNECTION_LOST`: whether the query was carried out is unknown.
    """
    async with pool.acquire(timeout=_COMMAND_TIMEOUT_S) as connection:
        try:
            return await connection.fetch(query, *arguments)
        except TimeoutError:
            connection.terminate()  # at once: a polite return to the pool would wait as long again
            await pool.expire_connections()
            raise


async def connect(url: str, *, timeout_s: float = _CONNECT_TIMEOUT_S) -> Connection:
    """Open one connection that acts as the application's role; the caller closes it."""
    return await asyncpg.connect(
        url, command_timeout=_COMMAND_TIMEOUT_S, timeout=timeout_s, server_settings=_SESSION
    )


async def _nothing_to_reset(_connection: Any) -> None:
    pass
