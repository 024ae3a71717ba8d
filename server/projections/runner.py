"""Fold the log into a read model, exactly once, whichever process does it.

The checkpoint moves in the same transaction as the read model, and a lock lets one process at a time do it; so a
crash repeats nothing and loses nothing.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final, Protocol

import asyncpg
import msgspec

from server.database.pool import CONNECTION_LOST, AnyConnection, Pool
from server.eventstore.codec import RecordedEvent, decode
from server.eventstore.errors import UnknownEventTypeError
from server.eventstore.store import read_log

BATCH: Final = 500
"""How many events one transaction folds in at most."""

_LOCK_CLASS: Final = 4446
_PAUSE_S: Final = 0.1
_LOOK_EVERY_S: Final = 2.0
_RETRY_AFTER_S: Final = 2.0

_log = logging.getLogger(__name__)


class Projection(Protocol):
    """A read model that is a fold over the log."""

    name: str

    async def apply(self, connection: AnyConnection, events: Sequence[RecordedEvent]) -> None:
        """Fold events, in the order of the log, into the read model, within the caller's transaction."""


class ProjectionRunner:
    """Keeps one read model up to date while `run` is running."""

    def __init__(self, pool: Pool, projection: Projection) -> None:
        self._pool = pool
        self._projection = projection
        self._wanted = asyncio.Event()

    def wake(self) -> None:
        """Say that the log has grown. A lone event is folded in at once, many are folded in together."""
        self._wanted.set()

    async def run(self) -> None:
        """Follow the log until cancelled. It stops before an event that can't be folded in, and says so."""
        while True:
            self._wanted.clear()
            pause = _PAUSE_S
            try:
                while await self._step():
                    pass
            except CONNECTION_LOST as error:
                _log.warning("projection %s waits for Postgres: %r", self._projection.name, error)
                pause = _RETRY_AFTER_S
            except (UnknownEventTypeError, msgspec.ValidationError, asyncpg.PostgresError):
                _log.exception("projection %s stands still: an event can't be folded in", self._projection.name)
                pause = _RETRY_AFTER_S
            await asyncio.sleep(pause)
            try:
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await self._wanted.wait()
            except TimeoutError:
                continue  # look anyway: the process that did the work may be gone

    async def _step(self) -> bool:
        """Fold in the next batch; return whether there is more."""
        name = self._projection.name
        async with self._pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval(
                "SELECT pg_try_advisory_xact_lock($1, hashtext($2))", _LOCK_CLASS, name
            ):
                return False  # another process is at it
            position = await connection.fetchval("SELECT position FROM projections WHERE name = $1", name)
            events = await read_log(connection, position or 0, BATCH)
            if events:
                await self._projection.apply(connection, [decode(stored) for stored in events])
                await connection.execute(
                    """
                    INSERT INTO projections (name, position)
                    VALUES ($1, $2)
                    ON CONFLICT (name) DO UPDATE SET position = excluded.position
                    """,
                    name,
                    events[-1].position,
                )
            return len(events) == BATCH
