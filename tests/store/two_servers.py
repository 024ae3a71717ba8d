"""A process of the server between two servers of Postgres, after a failover that may have lost something."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg

from server.database.errors import NotPrimaryError
from server.database.pool import Pool
from server.database.sessions import Connect, Session, connect
from server.database.timeline import Timeline, any_timeline
from server.eventstore.feed import Feed
from server.eventstore.history import History
from server.eventstore.store import EventStore
from server.eventstore.writer import Writer

STARTED = datetime(2026, 1, 1, tzinfo=UTC)
TIMELINES = {"old": Timeline(1, 1, STARTED), "new": Timeline(1, 2, STARTED)}
"""`new` was promoted, and lacks what `old` has; `old` is still up. Two databases play the two servers."""


class Cluster:
    """Two servers, each of which may be reached."""

    def __init__(self, old_url: str, new_url: str) -> None:
        self.urls = {"old": old_url, "new": new_url}
        self.reached = {"feed": "old", "writer": "old"}
        """Which server each part of the process finds when it connects."""
        self.sessions: dict[str, Session] = {}

    def connect_of(self, part: str) -> Connect:
        async def open_session(
            *, accepts: Callable[[Timeline], bool] = any_timeline, command_time_limit_s: float | None = None
        ) -> Session:
            server = self.reached[part]
            if server == "nowhere":
                raise OSError("no host is reached")
            if not accepts(TIMELINES[server]):
                raise NotPrimaryError
            session = await connect(self.urls[server], command_time_limit_s=command_time_limit_s)
            session.timeline = TIMELINES[server]
            self.sessions[part] = session
            return session

        return open_session

    def fail_over(self) -> None:
        """The old primary is gone, and everybody reaches the new one."""
        self.reached = dict.fromkeys(self.reached, "new")
        for session in self.sessions.values():
            session.terminate()


@dataclass
class Process:
    """The parts of a process on a cluster, and what its feed had it do."""

    store: EventStore
    history: History
    published: list[int] = field(default_factory=list)
    resynchronized: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def process_on(cluster: Cluster, *, publishes: bool = True) -> AsyncIterator[Process]:
    history = History()
    writer = Writer(cluster.connect_of("writer"), history)
    async with Pool(cluster.urls["old"]) as reads:
        process = Process(EventStore(reads, writer, history), history)
        feed = Feed(
            cluster.connect_of("feed") if publishes else deaf(cluster.connect_of("feed")),
            lambda events: process.published.extend(event.position for event in events),
            process.resynchronized.set,
            history=history,
            check_every_s=0.05 if publishes else 3600,
        )
        work = [asyncio.create_task(part) for part in (feed.run(), writer.run())]
        try:
            await history.subscribed.wait()
            yield process
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)


def deaf(connect: Connect) -> Connect:
    """Sessions that no notification reaches."""

    async def open_session(**asked: Any) -> Session:
        session = await connect(**asked)
        session.add_listener = no_listener  # type: ignore[method-assign, assignment]
        return session

    return open_session


async def no_listener(*_: object) -> None:
    pass


def in_s(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


async def count(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM fourfold.events"))
    finally:
        await connection.close()


async def lose_the_feed(process: Process, cluster: Cluster) -> None:
    cluster.reached["feed"] = "nowhere"
    cluster.sessions["feed"].terminate()
    await until(lambda: not process.history.subscribed.is_set())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - an event is waited for that is cleared, not set
            await asyncio.sleep(0)
