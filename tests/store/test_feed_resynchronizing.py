"""A log that is no longer the one that was published is noticed, and everybody is resynchronized."""

import asyncio

from server.database.sessions import Connection
from server.domain.events import GameEvent, MoveMade
from server.domain.vocabulary import Column, PlayerId
from server.eventstore.store import EventStore
from tests.foreign_events import append_foreign
from tests.store.conftest import append
from tests.store.feeding import Listener, feeding, lose

MOVE: GameEvent = MoveMade(PlayerId("ann"), Column.D)


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
