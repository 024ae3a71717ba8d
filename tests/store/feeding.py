"""A feed at work, and what it publishes to; its notifications may be tampered with on the way."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from server.database.sessions import Connection, Session, connect
from server.eventstore.codec import StoredEvent
from server.eventstore.feed import Feed
from server.eventstore.history import History

Deliver = Callable[[Callable[..., None], tuple[Any, ...]], None]


@dataclass
class Listener:
    """What the feed publishes to; `received` are the positions, in their order."""

    received: list[int] = field(default_factory=list)
    resynchronized: int = 0
    on_publish: Callable[[], None] = lambda: None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def publish(self, events: Sequence[StoredEvent]) -> None:
        self.received += [event.position for event in events]
        self.on_publish()
        self._changed.set()

    def resynchronize(self) -> None:
        self.resynchronized += 1
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self._changed.clear()
                await self._changed.wait()


class Mischief:
    """A connection whose notifications are passed on as `deliver` sees fit."""

    def __init__(self, connection: Connection, deliver: Deliver) -> None:
        self._connection = connection
        self._deliver = deliver

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def add_listener(self, channel: str, callback: Callable[..., None]) -> None:
        await self._connection.add_listener(channel, lambda *notification: self._deliver(callback, notification))


@asynccontextmanager
async def feeding(
    url: str, listener: Listener, deliver: Deliver | None = None, check_every_s: float = 0.1
) -> AsyncIterator[Feed]:
    async def open_session(**asked: Any) -> Session:
        session = await connect(url, **asked)
        return cast("Session", Mischief(session, deliver)) if deliver else session

    feed = Feed(
        open_session, listener.publish, listener.resynchronize, history=History(), check_every_s=check_every_s
    )
    task = asyncio.create_task(feed.run())
    try:
        async with asyncio.timeout(10):
            await feed.subscribed.wait()
        yield feed
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def lose(_callback: Callable[..., None], _notification: tuple[Any, ...]) -> None:
    pass
