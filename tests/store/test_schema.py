"""What the database itself guarantees, whoever connects."""

import asyncio

import asyncpg
import pytest

from server.database import migrations
from server.database.migrations import MigrationError, migrate, status
from server.database.pool import Pool
from server.eventstore.store import EventStore
from tests.store.conftest import append

CHANGES = (
    "UPDATE fourfold.events SET type = 'x'",
    "DELETE FROM fourfold.events",
    "TRUNCATE fourfold.events",
    "DELETE FROM fourfold.events WHERE position = -1",
)


@pytest.mark.parametrize("change", CHANGES)
async def test_not_even_the_owner_changes_an_event(store: EventStore, database_url: str, change: str) -> None:
    await append(store, "g", 0)
    owner = await asyncpg.connect(database_url)
    with pytest.raises(asyncpg.RestrictViolationError):
        await owner.execute(change)
    assert await owner.fetchval("SELECT count(*) FROM fourfold.events") == 1
    await owner.close()


@pytest.mark.parametrize(
    "attempt",
    [
        *CHANGES,
        "INSERT INTO fourfold.events VALUES (1, 'g', 1, 'x', 1, '{}', gen_random_uuid(), 1, now())",
        "ALTER TABLE fourfold.events DISABLE TRIGGER ALL",
        "DROP TABLE fourfold.events",
        "INSERT INTO fourfold.migrations VALUES (99, 'x', 'x')",
        "SELECT fourfold.notify_of_events_after(0)",
    ],
)
async def test_the_application_can_only_read_and_append(pool: Pool, attempt: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(attempt)


async def test_processes_that_start_at_once_migrate_once(empty_database_url: str) -> None:
    every = [migration.number for migration in migrations.known_migrations()]
    applied = await asyncio.gather(*(migrate(empty_database_url) for _ in range(5)))
    assert sorted(applied, key=len) == [[], [], [], [], every]
    assert (await status(empty_database_url)).pending == ()


async def test_the_status_of_an_empty_database_is_all_pending(empty_database_url: str) -> None:
    found = await status(empty_database_url)
    assert found.applied == ()
    assert found.pending == tuple(migration.number for migration in migrations.known_migrations())


async def test_a_database_newer_than_the_code_is_refused(database_url: str) -> None:
    owner = await asyncpg.connect(database_url)
    await owner.execute("INSERT INTO fourfold.migrations VALUES (9000, '9000_the_future', 'x')")
    with pytest.raises(MigrationError, match="newer"):
        await migrate(database_url)
    with pytest.raises(MigrationError, match="newer"):
        await status(database_url)
    await owner.close()


async def test_a_migration_changed_afterwards_is_refused(database_url: str) -> None:
    owner = await asyncpg.connect(database_url)
    await owner.execute("UPDATE fourfold.migrations SET checksum = 'x' WHERE number = 1")
    with pytest.raises(MigrationError, match="changed"):
        await migrate(database_url)
    await owner.close()
