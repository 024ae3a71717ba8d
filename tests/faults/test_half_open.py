"""Connections to Postgres that went dead without a word: found by looking at chaos, so kept as a test."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit
from uuid import uuid4

import pytest

from server.domain.events import GameEvent, MoveMade
from server.domain.vocabulary import Column, GameId, PlayerId
from server.eventstore.errors import StoreUnavailableError
from server.eventstore.places import NO_EVENTS
from server.eventstore.store import EventStore
from tests.faults.proxy import Mode, Proxy, Target
from tests.stores import OpenStore, open_store

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
async def proxied(proxy: Proxy, database_url: str) -> AsyncIterator[OpenStore]:
    parts = urlsplit(database_url)
    netloc = f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{proxy.port}"
    async with open_store(urlunsplit(parts._replace(netloc=netloc, query="sslmode=disable"))) as opened:
        yield opened


async def test_dead_connections_do_not_fail_one_after_the_other(proxied: OpenStore, proxy: Proxy) -> None:
    """Each takes its time to be found dead, so when one is, the others of its age are not trusted either."""
    await asyncio.gather(*(proxied.reads.fetch("SELECT pg_sleep(0.2)") for _ in range(CONNECTIONS)))
    proxy.set(Mode.STALL, also_new=False)
    async with asyncio.timeout(RECOVERY_LIMIT_S):
        while not await _append(proxied.store):
            pass
        while not await _read(proxied.store):
            pass


async def _append(store: EventStore) -> bool:
    try:
        await store.append(GameId("g"), NO_EVENTS, uuid4(), MOVE)
    except StoreUnavailableError:
        return False
    return True


async def _read(store: EventStore) -> bool:
    try:
        return len(await store.read_stream(GameId("g"))) == 1
    except StoreUnavailableError:
        return False
