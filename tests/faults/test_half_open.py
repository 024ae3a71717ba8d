"""Connections to Postgres that went dead without a word: found by looking at chaos, so kept as a test."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit
from uuid import uuid4

import pytest

from server.database.pool import Pool, open_pool
from server.domain.events import GameEvent, MoveMade
from server.domain.vocabulary import Column, GameId, PlayerId, Version
from server.eventstore.errors import StoreUnavailableError
from server.eventstore.store import EventStore
from server.eventstore.writer import Writer
from tests.faults.proxy import Mode, Proxy, Target

CONNECTIONS = 10
RECOVERY_LIMIT_S = 8.0
MOVE: tuple[GameEvent, ...] = (MoveMade(PlayerId("ann"), Column.D),)


@pytest.fixture
async def proxy(database_url: str) -> AsyncIterator[Proxy]:
    def target() -> Target:
        parts = urlsplit(database_url)
        if directory := parse_qs(parts.query).get("host"):
            return Path(directory[0]) / ".s.PGSQL.5432"
        return (parts.hostname or "127.0.0.1", parts.port or 5432)

    async with Proxy(target) as proxy:
        yield proxy


@pytest.fixture
async def proxied_pool(proxy: Proxy, database_url: str) -> AsyncIterator[Pool]:
    parts = urlsplit(database_url)
    netloc = f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{proxy.port}"
    pool = await open_pool(urlunsplit(parts._replace(netloc=netloc, query="sslmode=disable")), max_size=CONNECTIONS)
    yield pool
    pool.terminate()


async def test_dead_connections_do_not_fail_one_after_the_other(proxied_pool: Pool, proxy: Proxy) -> None:
    """Each takes its time to be found dead, so when one is, the others of its age are not trusted either."""
    writer = Writer(proxied_pool)
    writing = asyncio.create_task(writer.run())
    store = EventStore(proxied_pool, writer)
    await asyncio.gather(*(proxied_pool.fetch("SELECT pg_sleep(0.2)") for _ in range(CONNECTIONS)))
    assert proxied_pool.get_size() == CONNECTIONS
    proxy.set(Mode.STALL, also_new=False)
    async with asyncio.timeout(RECOVERY_LIMIT_S):
        while not await _append(store):
            pass
        assert len(await store.read_stream(GameId("g"))) == 1
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)


async def _append(store: EventStore) -> bool:
    try:
        await store.append(GameId("g"), Version(0), uuid4(), MOVE)
    except StoreUnavailableError:
        return False
    return True
