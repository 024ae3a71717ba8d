"""Follow the log with a read model, whichever process does the work.

One process at a time leads, for one transaction at a time. The others look whether it has come as far as the log,
so that every process knows how far the read model is.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg

from server.database.pool import CONNECTION_LOST, Connection
from server.projections.folding import BATCH, PoisonEventError, Projection, checkpoint, fold_in, try_to_lead

_PAUSE_S: Final = 0.25
"""How long events are gathered before the next transaction; a lone event after a quiet time does not wait."""

_LOOK_EVERY_S: Final = 2.0
_RETRY_AFTER_S: Final = 2.0

_log = logging.getLogger(__name__)


class ProjectionRunner:
    """Keeps one read model up to date while `run` is running, on a connection of its own.

    `changed` is called whenever the read model is seen to hold more than before, by the work of any process.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        projection: Projection,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._connect = connect
        self._projection = projection
        self._changed = changed
        self._woken = asyncio.Event()
        self._head = 0
        self.position = 0
        """The position up to which the read model was last seen to be, by this or another process."""
        self.is_stuck = False
        """Whether an event was met that can't be folded in."""

    def wake(self, head: int) -> None:
        """Say that the log has grown up to a position."""
        self._head = head
        self._woken.set()

    async def run(self) -> None:
        """Follow the log until cancelled. It stops before an event that can't be folded in, and says so."""
        while True:
            try:
                connection = await self._connect()
                try:
                    await self._follow(connection)
                finally:
                    connection.terminate()  # at once: a polite close would wait for a peer that may be gone
            except (*CONNECTION_LOST, asyncpg.PostgresError) as error:
                _log.warning("projection %s waits for Postgres: %r", self._projection.name, error)
            await asyncio.sleep(_RETRY_AFTER_S)

    async def _follow(self, connection: Connection) -> None:
        while True:
            self._woken.clear()
            try:
                is_behind = await self._catch_up(connection)
                self.is_stuck = False
            except PoisonEventError as error:
                if not self.is_stuck:
                    _log.exception("%s", error)
                self.is_stuck = True
                await asyncio.sleep(_RETRY_AFTER_S)
                continue
            await asyncio.sleep(_PAUSE_S)
            if not is_behind:
                await self._wait_for_more()

    async def _wait_for_more(self) -> None:
        """Wait until the log grows, or for a while: another process may have grown it, and be gone."""
        try:
            async with asyncio.timeout(_LOOK_EVERY_S):
                await self._woken.wait()
        except TimeoutError:
            pass

    async def _catch_up(self, connection: Connection) -> bool:
        """Fold in what there is; return whether another process does it at this moment, and has not come as far."""
        while True:
            async with connection.transaction():
                leads = await try_to_lead(connection, self._projection.name)
                count = await fold_in(connection, self._projection, self._projection.name) if leads else 0
                position = await checkpoint(connection, self._projection.name)
            self._seen(position)
            if not leads:
                return position < self._head
            if count < BATCH:
                return False

    def _seen(self, position: int) -> None:
        if position != self.position:
            self.position = position
            self._changed()
