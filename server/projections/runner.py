"""Fold the log into a read model, exactly once, whichever process does it.

The checkpoint moves in the same transaction as the read model, under a lock that ends with that transaction: one
process at a time leads, a leader that dies or loses its connection leaves nothing half done, and none can go on
writing after another has taken over.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final, Protocol

import asyncpg
import msgspec

from server.database.errors import CONNECTION_LOST
from server.database.sessions import AnyConnection, Connect, Session
from server.eventstore.codec import RecordedEvent, decode
from server.eventstore.errors import UnknownEventTypeError
from server.eventstore.reading import read_log
from server.instrumentation.fail_points import fail_point

BATCH: Final = 1000
"""How many events one transaction folds in at most."""

_LOCK_CLASS: Final = 4446
_PAUSE_S: Final = 0.25
_LOOK_EVERY_S: Final = 2.0
_RETRY_AFTER_S: Final = 2.0

_log = logging.getLogger(__name__)


class Projection(Protocol):
    """A read model that is a fold over the log."""

    name: str

    async def apply(self, connection: AnyConnection, events: Sequence[RecordedEvent]) -> None:
        """Fold events, in the order of the log, into the read model, within the caller's transaction."""


class PoisonEventError(Exception):
    """An event can't be folded in. The read model stands still before it: nothing is ever skipped."""

    def __init__(self, name: str, after: int, cause: Exception) -> None:
        super().__init__(
            f"projection {name} stands still: an event after position {after} can't be folded in: {cause}"
        )


class ProjectionRunner:
    """Keeps one read model up to date while `run` is running."""

    def __init__(self, connect: Connect, projection: Projection) -> None:
        self._connect = connect
        self._session: Session | None = None
        self._projection = projection
        self._wanted = asyncio.Event()
        self.position = 0
        """The position up to which the read model was last seen to be, by this or another process."""
        self.is_stuck = False
        """Whether an event was met that can't be folded in."""

    def wake(self) -> None:
        """Say that the log has grown. A lone event is folded in at once, many are folded in together."""
        self._wanted.set()

    async def run(self) -> None:
        """Follow the log until cancelled. It stops before an event that can't be folded in, and says so."""
        try:
            while True:
                self._wanted.clear()
                await asyncio.sleep(await self._follow())
                try:
                    async with asyncio.timeout(_LOOK_EVERY_S):
                        await self._wanted.wait()
                except TimeoutError:
                    continue  # look anyway: the process that did the work may be gone
        finally:
            self._disconnect()

    async def _follow(self) -> float:
        """Fold in what there is; return how long to pause, in seconds."""
        try:
            while await self._step():
                pass
        except (*CONNECTION_LOST, asyncpg.PostgresError) as error:
            _log.warning("projection %s waits for Postgres: %r", self._projection.name, error)
            self._disconnect()
            return _RETRY_AFTER_S
        except PoisonEventError as error:
            if not self.is_stuck:
                _log.exception("%s", error)
            self.is_stuck = True
            return _RETRY_AFTER_S
        self.is_stuck = False
        return _PAUSE_S

    async def _step(self) -> bool:
        """Fold in the next batch; return whether there is more."""
        name = self._projection.name
        session = await self._connected()
        self.position = await checkpoint(session, name)
        async with session.transaction():
            if not await session.fetchval("SELECT pg_try_advisory_xact_lock($1, hashtext($2))", _LOCK_CLASS, name):
                return False  # another process leads
            count = await fold_in(session, self._projection, name)
        self.position += count
        return count == BATCH

    async def _connected(self) -> Session:
        if self._session is None or self._session.is_closed():
            self._session = await self._connect()
        return self._session

    def _disconnect(self) -> None:
        if self._session is not None:
            self._session.terminate()
            self._session = None


async def lead(connection: AnyConnection, name: str) -> None:
    """Wait to be the one who writes a read model, until the end of the transaction."""
    await connection.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", _LOCK_CLASS, name)


async def checkpoint(connection: AnyConnection, name: str) -> int:
    """Return the position of the last event that a read model holds."""
    position: int | None = await connection.fetchval(
        "SELECT position FROM fourfold.projections WHERE name = $1", name
    )
    return position or 0


async def fold_in(connection: AnyConnection, projection: Projection, name: str) -> int:
    """Fold the next batch into the read model whose checkpoint is `name`; return how many events there were.

    Raises:
        PoisonEventError: one of them can't be folded in; the caller's transaction must be rolled back.
    """
    position = await checkpoint(connection, name)
    events = await read_log(connection, position, BATCH)
    if not events:
        return 0
    try:
        await projection.apply(connection, [decode(stored) for stored in events])
        fail_point("projection.applied")
    except CONNECTION_LOST:
        raise
    except (UnknownEventTypeError, msgspec.ValidationError, asyncpg.PostgresError) as error:
        raise PoisonEventError(name, position, error) from error
    await connection.execute(
        """
        INSERT INTO fourfold.projections (name, position)
        VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET position = excluded.position
        """,
        name,
        events[-1].position,
    )
    return len(events)
