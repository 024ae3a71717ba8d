"""One slow or dead connection is not taken for all of them, and all dead ones are not found out one by one."""

import asyncio
from datetime import UTC, datetime

import pytest

from server.database.errors import NotPrimaryError
from server.database.pool import Pool
from server.database.sessions import Connection
from server.database.timeline import Timeline
from tests.faults.proxy import Mode
from tests.proxied import proxied

SIZE = 10
SESSIONS = """
    SELECT pid
    FROM pg_stat_activity
    WHERE application_name = 'fourfold reads' AND datname = current_database()
"""


def in_s(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


async def fill(pool: Pool) -> None:
    """Have the pool open all its sessions."""
    await asyncio.gather(*(pool.fetch("SELECT pg_sleep(0.2)") for _ in range(SIZE)))


async def processes(owner: Connection) -> set[int]:
    return {row["pid"] for row in await owner.fetch(SESSIONS)}


async def test_one_slow_statement_costs_one_session(database_url: str, owner: Connection) -> None:
    """The others are asked for a sign of life and go on; reopening all of them would hit a slow server most."""
    async with Pool(database_url, max_size=SIZE) as pool:
        await fill(pool)
        before = await processes(owner)
        with pytest.raises(TimeoutError):
            await pool.fetch("SELECT pg_sleep(2)", deadline=in_s(0.2))
        await fill(pool)
        async with asyncio.timeout(10):
            while len(before & await processes(owner)) != SIZE - 1:
                pass
    assert len(before) == SIZE


async def test_dead_sessions_are_found_out_together(database_url: str) -> None:
    """One is silent until the deadline, another gives no sign of life: then the rest of their age is not asked."""
    async with proxied(database_url) as behind, Pool(behind.url, max_size=SIZE) as pool:
        await fill(pool)
        behind.proxy.set(Mode.STALL, also_new=False)
        with pytest.raises(TimeoutError):
            await pool.fetch("SELECT 1", deadline=in_s(0.5))
        assert await pool.fetch("SELECT 1", deadline=in_s(1.5))
        assert len(await asyncio.gather(*(pool.fetch("SELECT 1", deadline=in_s(3)) for _ in range(SIZE)))) == SIZE


async def test_a_deadline_covers_the_wait_for_a_session(database_url: str) -> None:
    async with Pool(database_url, max_size=1) as pool:
        slow = asyncio.create_task(pool.fetch("SELECT pg_sleep(1)"))
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await pool.fetch("SELECT 1", deadline=in_s(0.1))
        assert not slow.done()
        await slow
        assert await pool.fetch("SELECT 1")


async def test_a_lost_session_is_replaced_unnoticed(database_url: str, owner: Connection) -> None:
    async with Pool(database_url, max_size=2) as pool:
        for _ in range(5):
            await owner.execute(f"SELECT pg_terminate_backend(pid) FROM ({SESSIONS})")
            assert await pool.fetch("SELECT 1")


async def test_only_sessions_on_the_timeline_to_work_with_are_used(database_url: str) -> None:
    """After a failover those that lead to the old primary are dropped, and a read waits for the new one."""
    replaced = Timeline(1, 1, datetime(2026, 1, 1, tzinfo=UTC))
    wanted: list[Timeline] = []
    async with Pool(database_url, accepts=lambda timeline: not wanted or timeline in wanted) as pool:
        assert await pool.fetch("SELECT 1")
        wanted.append(replaced)
        with pytest.raises((NotPrimaryError, TimeoutError)):
            await pool.fetch("SELECT 1", deadline=in_s(0.3))
        reading = asyncio.create_task(pool.fetch("SELECT 1"))
        await asyncio.sleep(0)
        wanted.clear()
        assert await reading


async def test_what_was_read_while_the_primary_was_replaced_is_not_believed(database_url: str) -> None:
    accepted = True
    async with Pool(database_url, accepts=lambda _timeline: accepted) as pool:
        await pool.fetch("SELECT 1")
        reading = asyncio.create_task(pool.fetch("SELECT pg_sleep(0.3)", deadline=in_s(0.5)))
        await asyncio.sleep(0.1)
        accepted = False
        with pytest.raises((NotPrimaryError, TimeoutError)):
            await reading


async def test_closing_does_not_wait_for_the_dead(database_url: str) -> None:
    async with proxied(database_url) as behind:
        async with Pool(behind.url, max_size=SIZE) as pool:
            await fill(pool)
            behind.proxy.set(Mode.STALL)
            closing = in_s(2.5)
        assert in_s(0) < closing
