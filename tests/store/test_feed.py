"""The feed publishes the whole log, in order, once, whatever happens to notifications and connections."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.database.pool import Pool
from server.database.sessions import Connection
from server.domain.events import GameEvent, MoveMade
from server.domain.vocabulary import Column, PlayerId
from server.eventstore.notifications import CHANNEL
from server.eventstore.store import EventStore
from tests.store.conftest import append, end_other_connections
from tests.store.feeding import Listener, feeding, lose


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
