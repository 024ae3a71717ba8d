"""A pool of sessions for short statements that stand alone: reads, mostly. What needs a session for long owns one.

A statement without an answer in time has most likely met a dead connection; those opened before it may be dead as
well, and each would take its own time to be found so. It may also have met one slow statement, and then nothing is
wrong with the others. So they are doubted: each is asked for a sign of life before it is used again, and if one
gives none, those that were opened before the doubt are given up together.
"""

import asyncio
import contextlib
import math
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any, Final, Self, TypeAlias, cast

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from server.database.errors import CONNECTION_LOST, NotPrimaryError
from server.database.sessions import COMMAND_TIME_LIMIT_S, Session, connect
from server.database.timeline import Timeline, any_timeline

Lent: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"
"""A `Session`, for as long as it is lent."""

_LOST_UNNOTICED: Final = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
_ATTEMPTS: Final = 3
_LOOK_AGAIN_AFTER_S: Final = 0.05
_SIGN_OF_LIFE_WITHIN_S: Final = 0.3
_CLOSE_WITHIN_S: Final = 1.0


class Pool:
    """Up to `max_size` sessions, opened when they are needed. Use it as `async with Pool(url) as pool`.

    Only sessions on a timeline that `accepts` are opened.
    """

    def __init__(self, url: str, *, max_size: int = 10, accepts: Callable[[Timeline], bool] = any_timeline) -> None:
        self._loop = asyncio.get_running_loop()
        # No state is kept in a session, so nothing is reset when it returns: that saves a round trip each time.
        self._pool: asyncpg.Pool[asyncpg.Record] = asyncpg.create_pool(
            min_size=1,
            max_size=max_size,
            connect=partial(_connect, url, accepts),
            connection_class=Session,
            reset=_nothing_to_reset,
        )
        self._accepts = accepts
        self._doubted_at = self._given_up_at = -math.inf
        self._alive: set[int] = set()
        """The process ids of the sessions that have answered since they were doubted."""

    async def __aenter__(self) -> Self:
        """Open the first session.

        Raises:
            One of `CONNECTION_LOST`: no host could be reached, or none is the primary.
            asyncpg.PostgresError: the database refuses us.
        """
        await self._pool
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Close all sessions; those that do not answer are cut off."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_WITHIN_S):
                await self._pool.close()

    async def fetch(self, query: str, *arguments: object, deadline: float | None = None) -> list[asyncpg.Record]:
        """Return the rows of a query that changes nothing.

        A connection that was lost unnoticed is no reason to fail: the query is sent again on another one.
        `deadline`, on the clock of the event loop, covers all of it; without one there are 2.5 s.

        Raises:
            One of `CONNECTION_LOST`: Postgres is away, or did not answer in time.
        """
        by = self._deadline(deadline)
        lost = 0
        while True:
            try:
                return await self._fetch(query, arguments, by)
            except TimeoutError:  # an OSError too, but there is no time left
                raise
            except NotPrimaryError:
                if self._loop.time() + _LOOK_AGAIN_AFTER_S > by:
                    raise
                await asyncio.sleep(_LOOK_AGAIN_AFTER_S)  # what is accepted changes when another primary is found
            except _LOST_UNNOTICED:
                lost += 1
                if lost == _ATTEMPTS:
                    raise

    async def execute(self, statement: str, *arguments: object, deadline: float | None = None) -> None:
        """Carry out a statement, which is sent once.

        Raises:
            One of `CONNECTION_LOST`: whether it was carried out is unknown.
        """
        await self._fetch(statement, arguments, self._deadline(deadline))

    def terminate(self) -> None:
        """Cut all sessions off."""
        self._pool.terminate()

    def _deadline(self, deadline: float | None) -> float:
        return self._loop.time() + COMMAND_TIME_LIMIT_S if deadline is None else deadline

    async def _fetch(self, query: str, arguments: tuple[object, ...], deadline: float) -> list[asyncpg.Record]:
        async with asyncio.timeout_at(deadline):
            lent = await self._trusted()
        try:
            session = cast("Session", lent)
            rows = await self._ask(session, query, arguments, deadline)
            if not self._accepts(session.timeline):
                raise NotPrimaryError("the primary was replaced during the read")
            return rows
        finally:
            await self._pool.release(lent)

    async def _ask(
        self, session: Session, query: str, arguments: tuple[object, ...], deadline: float
    ) -> list[asyncpg.Record]:
        left = deadline - self._loop.time()
        if left <= 0:
            raise TimeoutError
        try:
            return await session.fetch(query, *arguments, timeout=left)
        except TimeoutError:
            session.terminate()  # at once: a polite return to the pool would wait as long again
            self._doubted_at = self._loop.time()
            self._alive.clear()
            raise
        except (asyncpg.InterfaceError, asyncpg.InternalClientError):
            session.terminate()  # dismissed by the server, and asyncpg has not noticed yet
            raise

    async def _trusted(self) -> Lent:
        """Take a session that is on a timeline to be accepted, and not known to be dead."""
        while True:
            lent = await self._pool.acquire()
            session = cast("Session", lent)
            try:
                if self._accepts(session.timeline) and await self._is_alive(session):
                    return lent
                session.terminate()
            except BaseException:
                session.terminate()
                await self._pool.release(lent)
                raise
            await self._pool.release(lent)

    async def _is_alive(self, session: Session) -> bool:
        if session.opened_at > self._doubted_at or session.get_server_pid() in self._alive:
            return True
        if session.opened_at <= self._given_up_at:
            return False
        try:
            await session.fetchval("SELECT 1", timeout=_SIGN_OF_LIFE_WITHIN_S)
        except CONNECTION_LOST:
            self._given_up_at = self._doubted_at
            return False
        self._alive.add(session.get_server_pid())
        return True


async def _connect(url: str, accepts: Callable[[Timeline], bool], _dsn: None, **_asyncpg: Any) -> Session:
    return await connect(url, name="fourfold reads", accepts=accepts)


async def _nothing_to_reset(_connection: Any) -> None:
    pass
