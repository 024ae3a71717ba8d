"""The feed publishes the whole log, in order, once, whatever happens to notifications and connections."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.database.pool import Pool
from server.database.sessions import Connection, Session, connect
from server.domain.events import GameEvent, MoveMade
from server.domain.vocabulary import Column, PlayerId
from server.eventstore.codec import StoredEvent
from server.eventstore.feed import CHANNEL, SLICE, Feed
from server.eventstore.history import History
from server.eventstore.store import EventStore
from tests.foreign_events import append_foreign
from tests.store.conftest import append, end_other_connections

MOVE: GameEvent = MoveMade(PlayerId("ann"), Column.D)

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


async def test_events_are_published_as_they_are_appended(store: EventStore, database_url: str) -> None:
    listener = Listener()
    async with feeding(database_url, listener, check_every_s=60):
        for version in range(5):
            await append(store, "g", version)
        await listener.until(lambda: len(listener.received) == 5)
    assert listener.received == [1, 2, 3, 4, 5]


async def test_the_feed_begins_where_the_log_is(store: EventStore, database_url: str) -> None:
    await append(store, "g", 0)
    listener = Listener()
    async with feeding(database_url, listener):
        await append(store, "g", 1)
        await listener.until(lambda: bool(listener.received))
    assert listener.received == [2]


async def test_a_large_batch_travels_in_several_notifications(store: EventStore, database_url: str) -> None:
    """A notification holds less than 8,000 bytes, and the check of the position is too far away to help."""
    listener = Listener()
    async with feeding(database_url, listener, check_every_s=60):
        await asyncio.gather(*(append(store, f"game-{number}", 0) for number in range(400)))
        await listener.until(lambda: len(listener.received) == 400)
    assert listener.received == list(range(1, 401))


async def test_an_event_too_long_to_travel_is_read_from_the_log(store: EventStore, database_url: str) -> None:
    long: GameEvent = MoveMade(PlayerId("p" * 9000), Column.A)
    listener = Listener()
    async with feeding(database_url, listener, check_every_s=60):
        await append(store, "g", 0, long)
        await listener.until(lambda: listener.received == [1])
        await append(store, "g", 1)
        await listener.until(lambda: listener.received == [1, 2])


async def test_a_lost_last_notification_is_noticed(store: EventStore, database_url: str) -> None:
    """Nothing follows the last event of a game, so only asking for the position reveals its loss."""
    listener = Listener()
    async with feeding(database_url, listener, lose):
        await append(store, "g", 0)
        await listener.until(lambda: listener.received == [1])


async def test_events_appended_while_the_session_was_dead_are_published(
    store: EventStore, database_url: str, owner: Connection
) -> None:
    listener = Listener()
    async with feeding(database_url, listener, check_every_s=60):
        for version in range(10):
            await end_other_connections(owner)
            await append(store, "g", version)
        await listener.until(lambda: len(listener.received) == 10)
    assert listener.received == list(range(1, 11))


async def test_a_notification_that_is_not_ours_changes_nothing(
    store: EventStore, database_url: str, owner: Connection
) -> None:
    listener = Listener()
    async with feeding(database_url, listener, check_every_s=60):
        for payload in ("", "{}", "nonsense", '["x"]', "[[1]]", "[999]", '[{"a":1}]'):
            await owner.execute("SELECT pg_notify($1, $2)", CHANNEL, payload)
        await append(store, "g", 0)
        await listener.until(lambda: listener.received == [1])


async def test_a_log_shorter_than_what_was_published_resynchronizes_everybody(
    database_url: str, store: EventStore, owner: Connection
) -> None:
    """After a restore to an earlier moment silence would be the worst answer."""
    listener = Listener()
    async with feeding(database_url, listener):
        await append(store, "g", 0)
        await append(store, "g", 1)
        await listener.until(lambda: len(listener.received) == 2)
        async with owner.transaction():
            await owner.execute("ALTER TABLE fourfold.events DISABLE TRIGGER ALL")
            await owner.execute("DELETE FROM fourfold.events WHERE position = 2")
            await owner.execute("ALTER TABLE fourfold.events ENABLE TRIGGER ALL")
        await listener.until(lambda: listener.resynchronized == 1)
        await append(store, "g", 1)
        await listener.until(lambda: listener.received == [1, 2, 2])


async def test_a_log_restored_and_grown_again_resynchronizes_everybody(
    database_url: str, store: EventStore, owner: Connection
) -> None:
    """The position alone would not show it: the log is as long as before, but it is another one."""
    listener = Listener()
    async with feeding(database_url, listener, lose):
        await append(store, "g", 0)
        await append(store, "g", 1)
        await listener.until(lambda: len(listener.received) == 2)
        async with owner.transaction():
            await owner.execute("ALTER TABLE fourfold.events DISABLE TRIGGER ALL")
            await owner.execute("DELETE FROM fourfold.events WHERE position = 2")
            await append_foreign(owner, "h", 0, "MoveMade")
            await owner.execute("ALTER TABLE fourfold.events ENABLE TRIGGER ALL")
        await listener.until(lambda: listener.resynchronized == 1)


async def test_a_log_that_went_back_is_noticed_while_traffic_flows(
    database_url: str, store: EventStore, owner: Connection
) -> None:
    """Its new events look like old ones, until it is as long as before; waiting for a quiet second would not do."""
    listener = Listener()
    async with feeding(database_url, listener):
        await asyncio.gather(*(append(store, f"lost-{number}", 0, *[MOVE] * 20) for number in range(50)))
        await listener.until(lambda: len(listener.received) == 1000)
        await forget_all(owner)
        version = 0
        async with asyncio.timeout(20):
            while not listener.resynchronized:
                version = (await append(store, "g", version)).version
        assert version < 1000


async def forget_all(owner: Connection) -> None:
    """Restore the log to its beginning, as a backup would."""
    async with owner.transaction():
        await owner.execute("ALTER TABLE fourfold.events DISABLE TRIGGER ALL")
        await owner.execute("DELETE FROM fourfold.events")
        await owner.execute("ALTER TABLE fourfold.events ENABLE TRIGGER ALL")


async def test_others_have_their_turn_while_many_notifications_are_queued(
    store: EventStore, database_url: str
) -> None:
    """A process that falls behind must not freeze its sockets for as long as it takes to catch up."""
    held: list[Callable[[], None]] = []
    published_in: Counter[int] = Counter()
    turns = Turns()

    def hold(callback: Callable[..., None], notification: tuple[Any, ...]) -> None:
        held.append(partial(callback, *notification))

    listener = Listener(on_publish=lambda: published_in.update([turns.count]))
    async with feeding(database_url, listener, hold, check_every_s=60):
        for version in range(10 * SLICE):
            await append(store, "g", version)
        while len(held) < 10 * SLICE:  # noqa: ASYNC110 - the driver fills it
            await asyncio.sleep(0.01)
        with turns:
            for deliver in held:
                deliver()
            await listener.until(lambda: len(listener.received) == 10 * SLICE)
    assert max(published_in.values()) <= SLICE


class Turns:
    """Counts the turns of the event loop."""

    def __init__(self) -> None:
        self.count = 0
        self._is_counting = False

    def __enter__(self) -> None:
        self._is_counting = True
        self._next()

    def __exit__(self, *_: object) -> None:
        self._is_counting = False

    def _next(self) -> None:
        self.count += 1
        if self._is_counting:
            asyncio.get_running_loop().call_soon(self._next)


@pytest.fixture
def some_events(store: EventStore) -> Callable[[int], Awaitable[None]]:
    async def append_some(count: int) -> None:
        head = len(await store.read_stream("g"))  # type: ignore[arg-type]
        for version in range(head, head + count):
            await append(store, "g", version)

    return append_some


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
async def test_lost_doubled_late_and_reordered_notifications_do_no_harm(
    database_url: str, some_events: Callable[[int], Awaitable[None]], seed: int
) -> None:
    """Notifications are a hint, the log is the truth: what is published stays the log, in order, once."""
    chance = random.Random(seed)
    held: list[tuple[Callable[..., None], tuple[Any, ...]]] = []

    def deliver(callback: Callable[..., None], notification: tuple[Any, ...]) -> None:
        held.extend([(callback, notification)] * chance.choice([0, 1, 1, 2]))
        chance.shuffle(held)
        while held and chance.random() < 0.6:
            ready, what = held.pop()
            ready(*what)

    connection = await asyncpg.connect(database_url)
    first = await connection.fetchval("SELECT coalesce(max(position), 0) FROM fourfold.events") + 1
    await connection.close()
    listener = Listener()
    async with feeding(database_url, listener, deliver):
        await some_events(12)
        await listener.until(lambda: len(listener.received) >= 12)
    assert listener.received == list(range(first, first + 12))


async def test_many_feeds_publish_the_same(store: EventStore, database_url: str, pool: Pool) -> None:
    listeners = [Listener() for _ in range(3)]
    async with (
        feeding(database_url, listeners[0]),
        feeding(database_url, listeners[1], lose),
        feeding(database_url, listeners[2]),
    ):
        await asyncio.gather(*(append(store, f"g{number}", 0) for number in range(30)))
        for listener in listeners:
            await listener.until(lambda listener=listener: len(listener.received) == 30)  # type: ignore[misc]
    assert [listener.received for listener in listeners] == [list(range(1, 31))] * 3
