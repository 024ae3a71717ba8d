"""Group commit: what queued during the last commit becomes the next transaction.

Every transaction that notifies takes one lock of the whole cluster until it has committed, so one transaction for
each move would serialise the system at the speed of single commits. One writer in each process instead takes all
that is queued and appends it at once. There is no timer: a lone append goes at once, and batches grow with load.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable
from typing import Final

import asyncpg

from server.database.errors import CONNECTION_LOST, REFUSED_FOR_GOOD, is_notification_queue_full
from server.database.sessions import Connect
from server.domain.vocabulary import GameId
from server.eventstore.batch import Append, Appended, Pending
from server.eventstore.errors import AppendRefusedError, StoreBusyError, StoreUnavailableError
from server.eventstore.history import History
from server.eventstore.write_session import WriteSession
from server.instrumentation.fail_points import fail_point

MAX_BATCH: Final = 500
"""How many appends one transaction holds at most."""

MAX_PENDING: Final = 5000
"""How many appends may be queued; more are refused at once instead of made to wait too long."""

TIME_LIMIT_S: Final = 3.0
"""How long an append may take whose caller names no deadline."""

_BACK_OFF_S: Final = (0.05, 0.5)
_GIVE_UP_EVERY_S: Final = 0.1

_log = logging.getLogger(__name__)


class Writer:
    """Writes for this process, on the timeline that its feed is subscribed to. `run` must be running."""

    def __init__(self, connect: Connect, history: History, *, max_pending: int = MAX_PENDING) -> None:
        self._history = history
        self._session = WriteSession(connect, history)
        self._max_pending = max_pending
        self._max_batch = MAX_BATCH
        self._pause_s = _BACK_OFF_S[0]
        self._queue: deque[Pending] = deque()
        self._in_flight: list[Pending] = []
        self._arrived = asyncio.Event()
        self._is_over = False
        self._loop = asyncio.get_running_loop()

    @property
    def pending(self) -> int:
        """How many appends are queued for the next transaction."""
        return len(self._queue)

    async def append(self, append: Append, deadline: float | None = None) -> Appended:
        """Wait until `append` is in the log, or is refused. Errors are those of `EventStore.append`."""
        if self._is_over:
            raise StoreUnavailableError("the server is stopping")
        if len(self._queue) >= self._max_pending:
            raise StoreBusyError(f"{self._max_pending} appends are queued already: ask again later")
        by = self._loop.time() + TIME_LIMIT_S if deadline is None else deadline
        pending = Pending(append, by, self._history.epoch, self._loop.create_future())
        self._queue.append(pending)
        self._arrived.set()
        return await pending.answer

    async def run(self) -> None:
        """Write until cancelled. Cancel only after the last append was answered."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._give_up_in_time())
                while True:
                    await self._arrived.wait()
                    self._arrived.clear()
                    while self._queue:
                        await self._write_next()
        finally:
            self._is_over = True
            self._session.close()
            _refuse((*self._in_flight, *self._queue), StoreUnavailableError("the server is stopping"))

    async def _give_up_in_time(self) -> None:
        """Answer who would wait too long, whatever Postgres does. One clock for all: one for each costs more."""
        while True:
            await asyncio.sleep(_GIVE_UP_EVERY_S)
            too_late = self._loop.time() + _GIVE_UP_EVERY_S  # the next look would be
            late = [pending for pending in (*self._in_flight, *self._queue) if pending.deadline <= too_late]
            if late:
                _refuse(late, StoreUnavailableError("Postgres did not answer in time"))
                self._queue = deque(pending for pending in self._queue if not pending.answer.done())

    async def _write_next(self) -> None:
        """Carry out the next batch; what failed and may succeed later is queued again, in its order."""
        try:
            await self._session.open()
            self._in_flight = self._next_batch()
            if self._in_flight:
                await self._write(self._in_flight)
        except (*CONNECTION_LOST, asyncpg.PostgresError) as error:
            await self._recover(self._in_flight, error)

    def _next_batch(self) -> list[Pending]:
        """Take what is queued, but at most one append a stream: a second one builds on the first one's outcome."""
        batch: dict[GameId, Pending] = {}
        deferred: list[Pending] = []
        while self._queue and len(batch) < self._max_batch:
            pending = self._queue.popleft()
            if pending.epoch != self._history.epoch:
                pending.refuse(StoreUnavailableError("decided on a history that is no longer the log's"))
            elif pending.append.game in batch:
                deferred.append(pending)
            elif not pending.answer.done():
                batch[pending.append.game] = pending
        self._queue.extendleft(reversed(deferred))
        return list(batch.values())

    async def _write(self, batch: list[Pending]) -> None:
        """Carry out a batch and answer each of its appends alone."""
        fail_point("append.sending")
        answers = await self._session.append([pending.append for pending in batch])
        fail_point("append.committed")
        for pending, (outcome, version, _) in zip(batch, answers, strict=True):
            pending.resolve(outcome, version)
        self._in_flight = []
        self._max_batch = min(2 * self._max_batch, MAX_BATCH)
        self._pause_s = _BACK_OFF_S[0]

    async def _recover(self, batch: list[Pending], error: Exception) -> None:
        """Decide what becomes of a batch that failed."""
        if isinstance(error, REFUSED_FOR_GOOD) and not is_notification_queue_full(error):
            self._isolate(batch, error)
        elif isinstance(error, asyncpg.QueryCanceledError):
            _log.warning("an append of %d took too long, trying half as many: %r", len(batch), error)
            self._retry(batch, at_most=len(batch) // 2)
        else:
            # Perhaps it was committed, perhaps not: asking again with the same command ids settles it.
            _log.warning("an append of %d was not answered, asking again: %r", len(batch), error)
            self._retry(batch)
            await asyncio.sleep(self._pause_s)
            self._pause_s = min(2 * self._pause_s, _BACK_OFF_S[1])

    def _retry(self, batch: list[Pending], *, at_most: int = MAX_BATCH) -> None:
        self._queue.extendleft(reversed(batch))
        self._in_flight = []
        self._max_batch = max(1, at_most)

    def _isolate(self, batch: list[Pending], error: asyncpg.PostgresError) -> None:
        """Something in the batch can't be stored: nothing of it was. Find out what, so that it fails alone."""
        if len(batch) > 1:
            self._retry(batch, at_most=len(batch) // 2)
            return
        _log.error("the append to %s is refused by the database: %r", batch[0].append.game, error)
        _refuse(batch, AppendRefusedError(f"the database does not take these events: {error}"))


def _refuse(batch: Iterable[Pending], error: Exception) -> None:
    for pending in batch:
        pending.refuse(error)
