"""When the end of the log is lost, nothing is decided on what is gone, and nothing is written beside it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from server.database.errors import NotPrimaryError
from server.database.pool import Pool
from server.database.sessions import Connect, Session, Timeline, any_timeline, connect
from server.domain.vocabulary import GameId, Version
from server.eventstore.errors import ForkedHistoryError, StoreUnavailableError, WrongExpectedVersionError
from server.eventstore.feed import Feed
from server.eventstore.history import History
from server.eventstore.places import NO_EVENTS, StreamHead
from server.eventstore.store import EventStore
from server.eventstore.writer import Writer
from tests.store.conftest import append, move

GAME = GameId("g")


async def test_an_append_names_the_event_that_it_builds_on(store: EventStore) -> None:
    first, second = uuid4(), uuid4()
    await append(store, GAME, 0, command=first)
    await append(store, GAME, 1, command=second)
    assert (await store.append(GAME, StreamHead(Version(2), second), uuid4(), [move()])).version == 3


@pytest.mark.parametrize("version", [1, 2, 3, 4])
async def test_another_event_at_the_expected_version_is_a_forked_history(store: EventStore, version: int) -> None:
    """Also where the stream is longer or shorter than expected: the caller knows an event that is not there."""
    await append(store, GAME, 0, move(), move())
    await append(store, GAME, 2)
    with pytest.raises(ForkedHistoryError) as refusal:
        await store.append(GAME, StreamHead(Version(version), uuid4()), uuid4(), [move()])
    assert refusal.value.actual == 3
    assert len(await store.read_stream(GAME)) == 3


async def test_the_same_event_at_an_earlier_version_is_an_ordinary_conflict(store: EventStore) -> None:
    command = uuid4()
    await append(store, GAME, 0, command=command)
    await append(store, GAME, 1)
    with pytest.raises(WrongExpectedVersionError) as refusal:
        await store.append(GAME, StreamHead(Version(1), command), uuid4(), [move()])
    assert not isinstance(refusal.value, ForkedHistoryError)


async def test_a_duplicate_is_one_whatever_it_builds_on(store: EventStore) -> None:
    command = uuid4()
    await append(store, GAME, 0, command=command)
    assert (await store.append(GAME, StreamHead(Version(7), uuid4()), command, [move()])).duplicate


async def test_a_read_continues_only_what_the_log_holds(store: EventStore) -> None:
    first, second = uuid4(), uuid4()
    await append(store, GAME, 0, command=first)
    await append(store, GAME, 1, command=second)
    assert [recorded.version for recorded in await store.read_stream(GAME, StreamHead(Version(1), first))] == [2]
    assert await store.read_stream(GAME, StreamHead(Version(2), second)) == []
    for version, command in ((1, second), (2, uuid4()), (3, second)):
        with pytest.raises(ForkedHistoryError):
            await store.read_stream(GAME, StreamHead(Version(version), command))


STARTED = datetime(2026, 1, 1, tzinfo=UTC)
TIMELINES = {"old": Timeline(1, 1, STARTED), "new": Timeline(1, 2, STARTED)}
"""`new` was promoted, and lacks what `old` has; `old` is still up. Two databases play the two servers."""


class Cluster:
    """Two servers that take each other for dead."""

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


@pytest.fixture
def cluster(database_url: str, other_database_url: str) -> Cluster:
    return Cluster(database_url, other_database_url)


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


async def test_nothing_is_written_where_the_feed_does_not_listen(cluster: Cluster) -> None:
    """What the process knows comes from one server, so it decides for that one."""
    cluster.reached["writer"] = "new"
    async with process_on(cluster) as process:
        with pytest.raises(StoreUnavailableError):
            await process.store.append(GAME, NO_EVENTS, uuid4(), [move()], deadline=in_s(0.6))
    assert [await count(url) for url in cluster.urls.values()] == [0, 0]


async def test_what_was_decided_on_a_lost_history_is_not_written(cluster: Cluster) -> None:
    """It fits, by the numbers: the game is new on either server. But who knows what else it was decided on."""
    async with process_on(cluster) as process:
        await append(process.store, "lost", 0)
        cluster.reached["feed"] = "nowhere"
        cluster.sessions["feed"].terminate()
        await until(lambda: not process.history.subscribed.is_set())
        decided = asyncio.create_task(append(process.store, GAME, 0))
        await asyncio.sleep(0)
        cluster.fail_over()
        with pytest.raises(StoreUnavailableError):
            await decided
        assert process.resynchronized.is_set()
        assert await count(cluster.urls["new"]) == 0
        assert (await append(process.store, GAME, 0)).version == 1
    assert await count(cluster.urls["new"]) == 1


async def test_a_failover_that_lost_nothing_is_survived_by_what_waits(cluster: Cluster) -> None:
    async with process_on(cluster) as process:
        cluster.fail_over()
        assert (await append(process.store, GAME, 0)).version == 1
        assert not process.resynchronized.is_set()
    assert await count(cluster.urls["new"]) == 1


async def test_the_writer_that_finds_the_new_primary_brings_the_feed_there(cluster: Cluster) -> None:
    """The old one may go on accepting sessions, so the feed would never notice by itself."""
    async with process_on(cluster) as process:
        cluster.reached = dict.fromkeys(cluster.reached, "new")
        assert (await append(process.store, GAME, 0)).version == 1
    assert await count(cluster.urls["new"]) == 1


async def test_an_event_that_was_only_read_is_missed_too(cluster: Cluster) -> None:
    """Reads may be ahead of the feed. What they brought is known, so its loss is noticed."""
    async with process_on(cluster) as other, process_on(cluster, publishes=False) as process:
        await append(other.store, GAME, 0)
        assert len(await process.store.read_stream(GAME)) == 1
        assert process.published == []
        cluster.fail_over()
        async with asyncio.timeout(10):
            await process.resynchronized.wait()


async def test_the_feed_never_goes_back_to_a_primary_that_was_replaced(cluster: Cluster) -> None:
    async with process_on(cluster) as process:
        cluster.fail_over()
        await append(process.store, GAME, 0)
        cluster.reached["feed"] = "old"
        cluster.sessions["feed"].terminate()
        await until(lambda: not process.history.subscribed.is_set())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await process.history.subscribed.wait()
        cluster.reached["feed"] = "new"
        async with asyncio.timeout(10):
            await process.history.subscribed.wait()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - an event is waited for that is cleared, not set
            await asyncio.sleep(0)
