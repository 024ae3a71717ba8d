"""An event store on a fresh database, and what its tests append to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import asyncpg
import pytest

from server.database.pool import Connection, Pool
from server.domain.events import GameEvent, MoveMade
from server.domain.vocabulary import Column, GameId, PlayerId, Version
from server.eventstore.store import EventStore
from server.eventstore.writer import Appended, Writer

ANN = PlayerId("ann")


def move(column: Column = Column.D) -> GameEvent:
    return MoveMade(ANN, column)


@asynccontextmanager
async def running(writer: Writer) -> AsyncIterator[Writer]:
    task = asyncio.create_task(writer.run())
    try:
        yield writer
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def store(pool: Pool) -> AsyncIterator[EventStore]:
    async with running(Writer(pool)) as writer:
        yield EventStore(pool, writer)


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[Connection]:
    """A connection with the rights of the database's owner."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def end_other_connections(owner: Connection) -> None:
    """Have the server end all other connections to this database, as a crash of their backends would."""
    await owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


async def append(
    store: EventStore,
    game: str,
    expected: int,
    *events: GameEvent,
    command: UUID | None = None,
) -> Appended:
    return await store.append(GameId(game), Version(expected), command or uuid4(), events or (move(),))
