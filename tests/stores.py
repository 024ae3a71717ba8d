"""An event store as one server process has it: reads, a writer and a feed on one database, at work."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from server.database.pool import Pool
from server.database.sessions import connect
from server.eventstore.codec import StoredEvent
from server.eventstore.feed import Feed
from server.eventstore.history import History
from server.eventstore.store import EventStore
from server.eventstore.writer import MAX_PENDING, Writer


@dataclass(frozen=True)
class OpenStore:
    """An event store and the parts that it is made of."""

    store: EventStore
    history: History
    feed: Feed
    writer: Writer
    reads: Pool


@asynccontextmanager
async def open_store(
    url: str,
    publish: Callable[[Sequence[StoredEvent]], None] = lambda _events: None,
    resynchronize: Callable[[], None] = lambda: None,
    *,
    check_every_s: float = 0.2,
    max_pending: int = MAX_PENDING,
) -> AsyncIterator[OpenStore]:
    """Have a store at work until the end of the block; its feed is subscribed when the block begins."""
    history = History()
    own_session = partial(connect, url, host_time_limit_s=1.0)
    feed = Feed(own_session, publish, resynchronize, history=history, check_every_s=check_every_s)
    writer = Writer(own_session, history, max_pending=max_pending)
    async with Pool(url, accepts=history.follows) as reads:
        work = [asyncio.create_task(feed.run()), asyncio.create_task(writer.run())]
        try:
            async with asyncio.timeout(10):
                await history.subscribed.wait()
            yield OpenStore(EventStore(reads, writer, history), history, feed, writer, reads)
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
