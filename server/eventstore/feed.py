"""Hear of every event of the log, in the order of the commits, each exactly once.

Notifications are a hint and the log is the truth: they may be lost, doubled or come late, and the feed still tells
the whole log. One connection of its own LISTENs; what a notification carries is compared with what was told last:

- it lies in the past: dropped;
- it follows: told;
- it leaves a gap, or only points: the log is read from where the telling stopped.

The last event of a game has no successor that would reveal its loss. So while it is quiet the feed looks every
second whether the log still holds what was told last, and what lies beyond; which proves that the connection lives.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import asyncpg
import msgspec

from server.database.pool import CONNECTION_LOST, Connection
from server.eventstore.codec import StoredEvent
from server.eventstore.store import PAGE, Mark, is_in_log, read_head, read_log
from server.instrumentation.fail_points import fail_point

CHANNEL: Final = "fourfold_events"

MAX_UNREAD: Final = 10_000
"""How many notifications may wait to be read; beyond that they are forgotten, and the log is read instead."""

_BACK_OFF_S: Final = (0.05, 1.0)
"""At most a second: everybody sees everything within two when Postgres is back, however long it was away."""

FEED_CONNECT_TIMEOUT_S: Final = 1.0
"""An attempt that hangs must not keep the feed from the next one, which may succeed."""

_payload = msgspec.json.Decoder(list[StoredEvent | int])

_log = logging.getLogger(__name__)


class Feed:
    """Tells a process what is appended to the log from when it subscribed, by this and by all other processes.

    `tell` receives events in order without a hole or a repeat, at least one at a time; it must not block.
    `start_over` is called when what was told last is no longer in the log (the database was restored to an earlier
    moment, or failed over to a standby that lacked it): everything built on what was told must be built anew.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        tell: Callable[[Sequence[StoredEvent]], None],
        start_over: Callable[[], None],
        *,
        check_every_s: float = 1.0,
    ) -> None:
        self._connect = connect
        self._tell = tell
        self._start_over = start_over
        self._check_every_s = check_every_s
        self._last: Mark | None = None
        self._unread: deque[str] = deque(maxlen=MAX_UNREAD)
        self._arrived = asyncio.Event()
        self.subscribed = asyncio.Event()
        """Set while the connection listens and everything up to its start was told."""

    @property
    def position(self) -> int:
        """The position of the last event that was told (or that was there before the feed began)."""
        return self._last.position if self._last else 0

    async def run(self) -> None:
        """Listen until cancelled; reconnect after a loss, with a growing, jittered pause."""
        pause = _BACK_OFF_S[0]
        while True:
            try:
                connection = await self._connect()
                try:
                    await self._subscribe(connection)
                    pause = _BACK_OFF_S[0]
                    await self._listen(connection)
                finally:
                    self.subscribed.clear()
                    connection.terminate()  # at once: a polite close would wait for a peer that may be gone
            except (*CONNECTION_LOST, asyncpg.PostgresError) as error:
                _log.warning("the feed lost its connection, reconnecting: %r", error)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 — jitter, not a secret
            pause = min(pause * 2, _BACK_OFF_S[1])

    async def _subscribe(self, connection: Connection) -> None:
        """Subscribe first, then catch up: an event in between is told by one of the two, or by both and dropped."""
        self._unread.clear()
        connection.add_termination_listener(lambda _connection: self._arrived.set())
        await connection.add_listener(CHANNEL, self._on_notification)
        if self._last is None:
            self._last = await read_head(connection)
        else:
            await self._catch_up(connection)
        self.subscribed.set()

    def _on_notification(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        # Called by the driver within its own reading, so it only enqueues. A full deque forgets its oldest, which
        # leaves a gap, and a gap is read from the log.
        self._unread.append(str(payload))
        self._arrived.set()

    async def _listen(self, connection: Connection) -> None:
        while not connection.is_closed():
            try:
                async with asyncio.timeout(self._check_every_s):
                    await self._arrived.wait()
            except TimeoutError:
                await self._catch_up(connection)
            self._arrived.clear()
            while self._unread:
                fail_point("feed.notified")
                if not self._follow(self._unread.popleft()):
                    await self._catch_up(connection)
        raise asyncpg.InterfaceError("the connection of the feed was closed")

    def _follow(self, payload: str) -> bool:
        """Tell what follows in a notification; return whether the telling is without a gap."""
        try:
            events = _payload.decode(payload)
        except msgspec.DecodeError:
            _log.warning("a notification that is not ours on %s: %.80r", CHANNEL, payload)
            return False
        following: list[StoredEvent] = []
        position = self.position
        for event in events:
            if isinstance(event, int):  # a pointer
                if event > position:
                    self._told(following)
                    return False
            elif event.position == position + 1:
                following.append(event)
                position += 1
            elif event.position > position:
                self._told(following)
                return False
        self._told(following)
        return True

    async def _catch_up(self, connection: Connection) -> None:
        """Tell what the log holds beyond what was told."""
        if self._last is not None and not await is_in_log(connection, self._last):
            _log.error("the log no longer holds what was told up to position %d: starting over", self.position)
            self._last = await read_head(connection)
            self._start_over()
            return
        while events := await read_log(connection, self.position):
            is_last = len(events) < PAGE
            self._told(events if is_last else _whole_appends(events))
            if is_last:
                return

    def _told(self, events: Sequence[StoredEvent]) -> None:
        if events:
            self._last = Mark(events[-1].position, events[-1].command_id)
            self._tell(events)


def _whole_appends(events: list[StoredEvent]) -> list[StoredEvent]:
    """Return a page without its last append, whose end may stand on the next page: it is told in one piece."""
    last = events[-1]
    begin = len(events) - 1
    while begin and (events[begin - 1].stream, events[begin - 1].command_id) == (last.stream, last.command_id):
        begin -= 1
    return events[:begin] or events
