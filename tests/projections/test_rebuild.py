"""The lobby can be built again from the log while it is in use, and is the same table afterwards."""

import asyncio
from typing import Any, Final

import asyncpg
import pytest

from server.database.pool import Connection, Pool
from server.domain.events import GameEvent
from server.eventstore.store import EventStore
from server.projections.folding import PoisonEventError
from server.projections.lobby import Lobby
from server.projections.rebuild import rebuild_lobby
from tests.foreign_events import append_foreign
from tests.projections.log import OPENED, RESIGNED, STARTED, caught_up, following, happen


async def test_a_rebuild_gives_the_same_lobby(
    store: EventStore, pool: Pool, owner: Connection, database_url: str
) -> None:
    rest: list[GameEvent] = [STARTED, RESIGNED]
    for number in range(20):
        await happen(store, f"game-{number}", OPENED, *rest[: number % 3])
    async with following(database_url) as runners:
        await caught_up(pool, runners)
        followed = await rows(owner)
        position = await rebuild_lobby(database_url)
        assert await rows(owner) == followed
        assert position == await pool.fetchval("SELECT max(position) FROM fourfold.events")
        await happen(store, "later", OPENED)
        await caught_up(pool, runners)
    assert len(await rows(owner)) == len(followed) + 1


async def test_a_rebuild_repairs_rows_that_are_wrong_missing_or_invented(
    store: EventStore, pool: Pool, owner: Connection, database_url: str
) -> None:
    for number in range(5):
        await happen(store, f"game-{number}", OPENED, STARTED)
    async with following(database_url) as runners:
        await caught_up(pool, runners)
    right = await rows(owner)
    await owner.execute("""
        UPDATE fourfold.lobby SET status = 'finished', result = 'TIED' WHERE game = 'game-1';
        UPDATE fourfold.lobby SET player_two = NULL WHERE game = 'game-2';
        UPDATE fourfold.lobby SET game = 'invented' WHERE game = 'game-3';
    """)
    assert await rows(owner) != right
    await rebuild_lobby(database_url)
    assert await rows(owner) == right


async def test_a_rebuild_changes_nothing_that_a_later_migration_may_name(
    store: EventStore, owner: Connection, database_url: str
) -> None:
    """Keys, indexes, constraints, columns, rights: a copy of the table had names that nobody gave it."""
    await happen(store, "game", OPENED)
    before = await catalog(owner)
    assert "a game is listed once" in str(before)
    assert "public games by status, newest first" in str(before)
    assert "fourfold_app" in str(before)
    for _ in range(2):
        await rebuild_lobby(database_url)
        assert await catalog(owner) == before


async def test_servers_go_on_during_a_rebuild(
    store: EventStore, pool: Pool, database_url: str, owner: Connection
) -> None:
    async with following(database_url, 2) as runners:
        rebuilding = asyncio.create_task(_rebuild_often(database_url))
        lobby = Lobby(pool)
        for number in range(60):
            await happen(store, f"game-{number}", OPENED, STARTED)
            for runner in runners:
                runner.wake(2 * number + 2)
            lobby.changed()
            await lobby.page(limit=10)
        await rebuilding
        await caught_up(pool, runners)
    assert {row["status"] for row in await rows(owner)} == {"live"}
    assert len(await rows(owner)) == 60


async def test_a_rebuild_that_meets_poison_leaves_the_lobby_as_it_was(
    store: EventStore, pool: Pool, owner: Connection, database_url: str
) -> None:
    await happen(store, "before", OPENED)
    async with following(database_url) as runners:
        await caught_up(pool, runners)
    before = await rows(owner)
    await append_foreign(owner, "x", 0, "BoardFlipped")
    with pytest.raises(PoisonEventError):
        await rebuild_lobby(database_url)
    assert await rows(owner) == before


async def _rebuild_often(url: str) -> None:
    for _ in range(5):
        await rebuild_lobby(url)


async def rows(owner: Connection) -> list[asyncpg.Record]:
    return await owner.fetch("SELECT * FROM fourfold.lobby ORDER BY game")


async def catalog(owner: Connection) -> list[Any]:
    """Everything that the database knows of the schema's tables, by name."""
    return [await owner.fetch(query) for query in _CATALOG]


_CATALOG: Final = (
    """
    SELECT relname, relkind, relpersistence, relacl::text
    FROM pg_class
    WHERE relnamespace = 'fourfold'::regnamespace
    ORDER BY relname
    """,
    """
    SELECT conname, conrelid::regclass::text AS of, pg_get_constraintdef(oid)
    FROM pg_constraint
    WHERE connamespace = 'fourfold'::regnamespace
    ORDER BY conname, of
    """,
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'fourfold' ORDER BY indexname",
    """
    SELECT table_name, column_name, ordinal_position, data_type, is_nullable, column_default, collation_name
    FROM information_schema.columns
    WHERE table_schema = 'fourfold'
    ORDER BY table_name, ordinal_position
    """,
)
