"""Publish every event of the log to this process, in the order of the commits, each exactly once.

Notifications are a hint and the log is the truth: they may be lost, doubled or come late, and the feed still
publishes the whole log. One session of its own LISTENs; what a notification carries is compared with what was
published last:

- it lies in the past: dropped;
- it follows: published;
- it leaves a gap, or only points: the log is read from there.

The last event of a game has no successor that would reveal its loss. So every second the feed looks whether the log
still holds the newest event that this process knows, and what lies beyond; which proves that the session lives.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import asyncpg

from server.database.errors import CONNECTION_LOST
from server.database.sessions import Connect, Connection, Session
from server.eventstore.codec import StoredEvent
from server.eventstore.history import History
from server.eventstore.notifications import CHANNEL, events_following
from server.eventstore.places import LogPosition
from server.eventstore.reading import is_in_log, notification_queue_usage, read_log, read_newest_position
from server.instrumentation.fail_points import fail_point

MAX_UNREAD: Final = 10_000
"""How many notifications may be queued; beyond that they are forgotten, and the log is read instead."""

SLICE: Final = 10
"""How many notifications, of up to 8,000 bytes, are followed before others get their turn on the event loop."""

_PAGE: Final = 200
_BACK_OFF_S: Final = (0.05, 1.0)
"""At most a second: everybody sees everything within two when Postgres is back, however long it was away."""

_QUEUE_IS_FILLING: Final = 0.1

_log = logging.getLogger(__name__)


class Feed:
    """Publishes what is appended to the log from when it subscribed, by this and by all other processes.

    `publish` receives events in order without a hole or a repeat, at least one at a time, and those of one append
    together; it must not block. `resynchronize` is called when the newest event that this process knows is no
    longer in the log (the database was restored to an earlier moment, or failed over to a standby that lacked it):
    everything built on what was published or read must be rebuilt.
    """

    def __init__(
        self,
        connect: Connect,
        publish: Callable[[Sequence[StoredEvent]], None],
        resynchronize: Callable[[], None],
        *,
        history: History,
        check_every_s: float = 1.0,
    ) -> None:
        self._connect = connect
        self._publish = publish
        self._resynchronize = resynchronize
        self._history = history
        self._check_every_s = check_every_s
        self._loop = asyncio.get_running_loop()
        self._last: LogPosition | None = None
        self._unread: deque[str] = deque(maxlen=MAX_UNREAD)
        self._arrived = asyncio.Event()
        self.notification_queue_usage = 0.0
        """How full the cluster's queue of notifications was at the last look; at 1 every append fails."""

    @property
    def subscribed(self) -> asyncio.Event:
        """Set while the session listens and everything up to its start was published."""
        return self._history.subscribed

    @property
    def position(self) -> int:
        """The position of the last event that was published (or that was there before the feed began)."""
        return self._last.position if self._last else 0

    async def run(self) -> None:
        """Listen until cancelled; reconnect after a loss, with a growing, jittered pause."""
        pause = _BACK_OFF_S[0]
        while True:
            try:
                session = await self._connect(accepts=self._history.is_current)
                try:
                    await self._subscribe(session)
                    pause = _BACK_OFF_S[0]
                    await self._listen(session)
                finally:
                    self.subscribed.clear()
                    session.terminate()  # at once: a polite close would wait for a peer that may be gone
            except (*CONNECTION_LOST, asyncpg.PostgresError) as error:
                _log.warning("the feed lost its connection, reconnecting: %r", error)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 — jitter, not a secret
            pause = min(pause * 2, _BACK_OFF_S[1])

    async def _subscribe(self, session: Session) -> None:
        """Subscribe first, then catch up: an event in between is published by one of the two, or dropped by one."""
        self._unread.clear()
        self._history.follow(session.timeline, session.terminate)
        session.add_termination_listener(lambda _session: self._arrived.set())
        await session.add_listener(CHANNEL, self._on_notification)
        if self._last is None:
            self._last = await read_newest_position(session)
            self._history.know(self._last)
        else:
            await self._check(session)
        self.subscribed.set()

    def _on_notification(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        # Called by the driver within its own reading, so it only enqueues. A full deque forgets its oldest, which
        # leaves a gap, and a gap is read from the log.
        self._unread.append(str(payload))
        self._arrived.set()

    async def _listen(self, session: Session) -> None:
        """Follow notifications a slice at a time, and look at the log when it is time, however many there are."""
        check_at = self._loop.time() + self._check_every_s
        while not session.is_closed():
            if not self._unread:
                self._arrived.clear()
                await self._wait_until(check_at)
            for _ in range(min(SLICE, len(self._unread))):
                fail_point("feed.notified")
                following, is_whole = events_following(self._unread.popleft(), self.position)
                self._publish_next(following)
                if not is_whole:
                    await self._catch_up(session)
            if self._loop.time() >= check_at:
                await self._check(session)
                check_at = self._loop.time() + self._check_every_s
            elif self._unread:
                await asyncio.sleep(0)
        raise asyncpg.InterfaceError("the connection of the feed was closed")

    async def _wait_until(self, moment: float) -> None:
        """Wait for a notification or the loss of the session, but not beyond a moment of the loop's clock."""
        try:
            async with asyncio.timeout_at(moment):
                await self._arrived.wait()
        except TimeoutError:
            pass

    async def _check(self, session: Session) -> None:
        """Make sure that the log still holds what this process knows of it, and publish what lies beyond."""
        self._watch_notification_queue(await notification_queue_usage(session))
        newest = self._history.newest
        if newest is None or await is_in_log(session, newest):
            await self._catch_up(session)
            return
        _log.error("the log no longer holds position %d as it was: resynchronizing", newest.position)
        self._last = await read_newest_position(session)
        self._history.begin_again_at(self._last)
        self._resynchronize()

    async def _catch_up(self, connection: Connection) -> None:
        """Publish what the log holds beyond what was published."""
        while events := await read_log(connection, self.position, _PAGE):
            is_last = len(events) < _PAGE
            self._publish_next(events if is_last else _whole_appends(events))
            if is_last:
                return

    def _publish_next(self, events: Sequence[StoredEvent]) -> None:
        if events:
            self._last = LogPosition(events[-1].position, events[-1].command_id)
            self._history.know(self._last)
            self._publish(events)

    def _watch_notification_queue(self, usage: float) -> None:
        if usage >= _QUEUE_IS_FILLING > self.notification_queue_usage:
            _log.warning(
                "the queue of notifications is %.0f %% full, and appends fail when it is full: end the session "
                "that listens without reading, or within a long transaction; pg_stat_activity shows which",
                100 * usage,
            )
        self.notification_queue_usage = usage


def _whole_appends(events: list[StoredEvent]) -> list[StoredEvent]:
    """Return a page without its last append, whose end may stand on the next page: it is published in one piece."""
    last = events[-1]
    begin = len(events) - 1
    while begin and (events[begin - 1].stream, events[begin - 1].command_id) == (last.stream, last.command_id):
        begin -= 1
    return events[:begin] or events
