"""Group commit: what queued during the last commit becomes the next transaction.

Every transaction that notifies takes one lock of the whole cluster until it has committed, so one transaction for
each move would serialise the system at the speed of single commits. One writer in each process instead takes all
that waits and appends it at once. There is no timer: a lone append goes at once, and batches grow with the load.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import asyncpg

from server.database.pool import CONNECTION_LOST, Pool, ask
from server.domain.events import GameEvent
from server.domain.vocabulary import GameId, Version
from server.eventstore.codec import encode
from server.eventstore.errors import StoreBusyError, StoreUnavailableError, WrongExpectedVersionError
from server.instrumentation.fail_points import fail_point

MAX_BATCH: Final = 500
"""How many appends one transaction holds at most."""

MAX_WAITING: Final = 5000
"""How many appends may wait; more are refused at once instead of made to wait too long."""

_TIME_LIMIT_S: Final = 3.0
_RETRY_AFTER_S: Final = 0.05
_GIVE_UP_EVERY_S: Final = 0.1

_APPEND: Final = """
    SELECT outcome, version
    FROM fourfold.append_events(
      $1::text[], $2::integer[], $3::uuid[], $4::integer[], $5::text[], $6::smallint[], $7::jsonb[]
    )
"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Append:
    """Events to append to one stream, in one piece."""

    game: GameId
    expected_version: Version
    command_id: UUID
    events: tuple[GameEvent, ...]


@dataclass(frozen=True, slots=True)
class Appended:
    """An append that is in the log, by now or since before."""

    version: Version
    duplicate: bool


@dataclass(slots=True, eq=False)
class _Waiting:
    append: Append
    deadline: float
    outcome: asyncio.Future[Appended] = field(repr=False)


class Writer:
    """The one that writes for this process. `run` must be running for appends to be carried out."""

    def __init__(self, pool: Pool, *, max_waiting: int = MAX_WAITING, time_limit_s: float = _TIME_LIMIT_S) -> None:
        self._pool = pool
        self._max_waiting = max_waiting
        self._time_limit_s = time_limit_s
        self._waiting: deque[_Waiting] = deque()
        self._under_way: list[_Waiting] = []
        self._arrived = asyncio.Event()
        self._is_over = False
        self._loop = asyncio.get_running_loop()

    @property
    def waiting(self) -> int:
        """How many appends wait for the next transaction."""
        return len(self._waiting)

    async def append(self, append: Append) -> Appended:
        """Wait until `append` is in the log, or is refused. Errors: see `EventStore.append`.

        Cancelling the caller does not take the append back: it may still be carried out.
        """
        if self._is_over:
            raise StoreUnavailableError("the server is stopping")
        if len(self._waiting) >= self._max_waiting:
            raise StoreBusyError(f"{self._max_waiting} appends wait already")
        loop = self._loop
        waiting = _Waiting(append, loop.time() + self._time_limit_s, loop.create_future())
        self._waiting.append(waiting)
        self._arrived.set()
        return await waiting.outcome

    async def run(self) -> None:
        """Write until cancelled. Cancel only after the last append was answered."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._give_up_in_time())
                while True:
                    await self._arrived.wait()
                    self._arrived.clear()
                    while batch := self._next_batch():
                        self._under_way = batch
                        await self._commit(batch)
        finally:
            self._is_over = True
            for waiting in (*self._under_way, *self._waiting):
                _refuse(waiting, StoreUnavailableError("the server is stopping"))

    async def _give_up_in_time(self) -> None:
        """Answer who has waited too long, whatever Postgres does. One clock for all: one for each costs more."""
        while True:
            await asyncio.sleep(_GIVE_UP_EVERY_S)
            now = self._loop.time()
            for queue in (self._under_way, self._waiting):  # both in the order in which they came
                for waiting in queue:
                    if waiting.deadline > now:
                        break
                    _refuse(waiting, StoreUnavailableError("Postgres did not answer in time"))

    def _next_batch(self) -> list[_Waiting]:
        """Take what waits, but at most one append a stream: a second one builds on the first one's outcome."""
        batch: dict[GameId, _Waiting] = {}
        put_off: list[_Waiting] = []
        while self._waiting and len(batch) < MAX_BATCH:
            waiting = self._waiting.popleft()
            if waiting.append.game in batch:
                put_off.append(waiting)
            else:
                batch[waiting.append.game] = waiting
        self._waiting.extendleft(reversed(put_off))
        return list(batch.values())

    async def _commit(self, batch: list[_Waiting]) -> None:
        """Carry out a batch and answer each of its appends alone."""
        while batch := _in_time(batch):
            try:
                fail_point("append.sending")
                outcomes = await ask(self._pool, _APPEND, *_arguments([waiting.append for waiting in batch]))
                fail_point("append.committed")
            except CONNECTION_LOST as error:
                # Perhaps it was committed, perhaps not: asking again with the same command ids settles it.
                _log.warning("append of %d not answered, asking again: %r", len(batch), error)
                await asyncio.sleep(_RETRY_AFTER_S)
                continue
            except asyncpg.PostgresError as error:
                await self._isolate(batch, error)
                return
            for waiting, (outcome, version) in zip(batch, outcomes, strict=True):
                _answer(waiting, outcome, version)
            return

    async def _isolate(self, batch: list[_Waiting], error: asyncpg.PostgresError) -> None:
        """Something in the batch can't be stored: nothing of it was. Find out what, so that it fails alone."""
        if len(batch) == 1:
            _log.error("append to %s refused by the database: %r", batch[0].append.game, error)
            _refuse(batch[0], error)
            return
        middle = len(batch) // 2
        await self._commit(batch[:middle])
        await self._commit(batch[middle:])


def _arguments(appends: list[Append]) -> tuple[Sequence[object], ...]:
    """Return the appends as the columns that `append_events` takes: three of the appends, four of their events."""
    events = [(number, *encode(event)) for number, append in enumerate(appends, start=1) for event in append.events]
    return (
        [append.game for append in appends],
        [append.expected_version for append in appends],
        [append.command_id for append in appends],
        *zip(*events, strict=True),
    )


def _in_time(batch: list[_Waiting]) -> list[_Waiting]:
    """Return what may still be tried, and give up on the rest."""
    now = asyncio.get_running_loop().time()
    for waiting in batch:
        if waiting.deadline <= now:
            _refuse(waiting, StoreUnavailableError("Postgres did not answer in time"))
    return [waiting for waiting in batch if waiting.deadline > now]


def _answer(waiting: _Waiting, outcome: str, version: int) -> None:
    append = waiting.append
    if outcome == "conflict":
        _refuse(waiting, WrongExpectedVersionError(append.game, append.expected_version, Version(version)))
    elif not waiting.outcome.done():
        is_duplicate = outcome == "duplicate"
        now_at = version if is_duplicate else append.expected_version + len(append.events)
        waiting.outcome.set_result(Appended(Version(now_at), is_duplicate))


def _refuse(waiting: _Waiting, error: Exception) -> None:
    if not waiting.outcome.done():
        waiting.outcome.set_exception(error)
