"""The cluster that failovers are tested on does what it says, and leaves nothing behind."""

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Literal

import asyncpg
import pytest

from server.database.pool import Connection
from tests.postgres.cluster import Cluster
from tests.processes import ROOT, clean_environment, descendants, wait_until, wait_until_gone

HOLD = """
import asyncio, sys
from tests.postgres.cluster import Cluster

async def hold():
    async with Cluster() as cluster:
        if "frozen" in sys.argv:
            cluster.freeze_primary()
        print("started", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        if "failing" in sys.argv:
            raise ValueError("on purpose")

asyncio.run(hold())
"""


async def test_what_a_synchronous_primary_committed_survives_it(sync_cluster: Cluster) -> None:
    """The promise that everything else stands on."""
    await execute(sync_cluster, "CREATE TABLE kept AS SELECT 42 AS answer")
    await sync_cluster.kill_primary()
    await sync_cluster.promote()
    assert await ask(sync_cluster, "SELECT answer FROM kept") == 42
    await execute(sync_cluster, "CREATE TABLE also_kept AS SELECT 43 AS answer")


async def test_it_fails_over_and_back_again(sync_cluster: Cluster) -> None:
    """Under one address, also from a primary that does not answer."""
    for turn in range(2):
        await execute(sync_cluster, f"CREATE TABLE kept_{turn} ()")
        sync_cluster.freeze_primary()
        await sync_cluster.promote()
        await sync_cluster.rebuild_standby()
    assert await ask(sync_cluster, "SELECT count(*) FROM pg_class WHERE relname LIKE 'kept%'") == 2


@pytest.mark.parametrize("how", ["cancel", "terminate"])
async def test_a_synchronous_commit_waits_for_the_standby_until_the_wait_is_cut(
    sync_cluster: Cluster, how: Literal["cancel", "terminate"]
) -> None:
    """Cut, it is committed on the primary, and nowhere else."""
    await sync_cluster.cut_replication()
    commit = asyncio.create_task(execute(sync_cluster, "CREATE TABLE alone ()"))
    await sync_cluster.end_replication_waits(how)
    if how == "terminate":
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
            await commit
    else:
        await commit
    assert await ask(sync_cluster, "SELECT to_regclass('alone') IS NOT NULL")
    await sync_cluster.promote()
    assert await ask(sync_cluster, "SELECT to_regclass('alone') IS NULL")


async def test_an_asynchronous_standby_can_lack_the_newest_events(async_cluster: Cluster) -> None:
    """They were committed, and acknowledged, and are gone."""
    failover = asyncio.create_task(async_cluster.lose_the_tail(2))
    appended = 0
    with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        while not failover.done():
            await append(async_cluster, appended + 1)
            appended += 1
    lost = await failover
    kept = await ask(async_cluster, "SELECT coalesce(max(position), 0) FROM fourfold.events")
    assert lost >= 2
    assert appended - kept >= lost


@pytest.mark.parametrize("how", ["", "failing", "killed", "frozen", "frozen killed"])
def test_it_leaves_nothing_behind(tmp_path: Path, how: str) -> None:
    """No process, file or shared memory, also after a failure or a `kill -9`, in a directory closed to others."""
    tmp_path.chmod(0o700)
    with holding(tmp_path, *how.split()) as holder:
        below = descendants(holder.pid)
        segments = [line.split()[1] for file in tmp_path.glob("*/*/postmaster.pid") for line in lines_of(file)[6:7]]
        assert len(segments) == 2
        assert set(segments) <= shared_memory()
        if "killed" in how:
            holder.send_signal(signal.SIGKILL)
    wait_until_gone(below)
    wait_until(lambda: not list(tmp_path.iterdir()), 30, "files are left")
    assert not shared_memory().intersection(segments)


@contextmanager
def holding(tmp_path: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that holds a cluster until the end of the block, if it is not killed."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        env=clean_environment() | {"TMPDIR": str(tmp_path)},
    )
    try:
        assert holder.stdout
        assert holder.stdout.readline() == "started\n"
        yield holder
    finally:
        holder.communicate()


def shared_memory() -> set[str]:
    """The ids of all segments of shared memory on this machine."""
    return {line.split()[1] for line in lines_of(Path("/proc/sysvipc/shm"))[1:]}


def lines_of(path: Path) -> list[str]:
    return path.read_text().splitlines()


async def append(cluster: Cluster, position: int) -> None:
    """Put an event into the log, each into a game of its own."""
    await execute(
        cluster,
        f"""
        INSERT INTO fourfold.events
        VALUES ({position}, 'game{position}', 1, 'Test', 1, '{{}}', gen_random_uuid(), 1, clock_timestamp())
        """,
    )


async def execute(cluster: Cluster, statement: str) -> None:
    async with connected(cluster) as operator:
        await operator.execute(statement)


async def ask(cluster: Cluster, question: str) -> Any:
    async with connected(cluster) as operator:
        return await operator.fetchval(question)


@asynccontextmanager
async def connected(cluster: Cluster) -> AsyncIterator[Connection]:
    operator = await cluster.connect()
    try:
        yield operator
    finally:
        await operator.close()
