"""What is acknowledged was flushed to the disk first, as far as PostgreSQL can tell.

A disk that says so and does not do it would pass: what a power cut leaves of it can't be shown here.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from server.database.migrations import migrate
from server.domain.events import MoveMade
from server.domain.vocabulary import Column, GameId, PlayerId
from server.embedded import DataDir, EmbeddedPostgres
from server.eventstore.places import NO_EVENTS
from tests.stores import open_store

APPENDS = 20
LIMIT_S = 20.0

FLUSHES = {
    True: "SELECT sum(fsyncs)::bigint FROM pg_stat_io WHERE object = 'wal'",
    False: "SELECT wal_sync FROM pg_stat_wal",
}
"""Whether PostgreSQL is 18 or later, and how it then says how often it flushed its log."""

IS_ALONE = """
    SELECT NOT EXISTS (
      SELECT FROM pg_stat_activity
      WHERE application_name LIKE 'fourfold%'
    )
"""
"""A session adds to the figures when it ends."""


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    DataDir(tmp_path / "data").remove_socket_dir()


async def test_each_acknowledged_append_was_flushed_to_the_disk(data_dir: Path) -> None:
    """One after the other, so that no two of them share a flush."""
    with EmbeddedPostgres(data_dir) as url:
        assert await flushes_of_appends(url) >= APPENDS


async def test_the_count_of_flushes_tells_when_there_are_none(data_dir: Path) -> None:
    """Without `fsync` all that is above passes but for this figure."""
    with EmbeddedPostgres(data_dir, durable=False) as url:
        assert await flushes_of_appends(url) == 0


async def flushes_of_appends(url: str) -> int:
    """Append, and return how often PostgreSQL flushed its log meanwhile."""
    await migrate(url)
    owner = await asyncpg.connect(url)
    try:
        before = await flushes(owner)
        async with open_store(url) as opened:
            for _ in range(APPENDS):
                moved = MoveMade(PlayerId("ann"), Column.D)
                await opened.store.append(GameId(uuid4().hex), NO_EVENTS, uuid4(), [moved])
        return await flushes(owner) - before
    finally:
        await owner.close()


async def flushes(owner: "asyncpg.Connection[asyncpg.Record]") -> int:
    async with asyncio.timeout(LIMIT_S):
        while not await owner.fetchval(IS_ALONE):
            pass
    return int(await owner.fetchval(FLUSHES[owner.get_server_version().major >= 18]))
