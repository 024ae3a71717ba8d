"""The lobby goes on without a leader that was lost in the middle of its transaction."""

import asyncio
import signal
from collections.abc import Sequence

import psutil
import pytest

from server.database.sessions import Connection
from tests.failover.conftest import serving
from tests.failover.playing import http_client, open_game
from tests.postgres.cluster import Cluster
from tests.processes import ServerProcess

LIMIT_S = 15.0
LOOK_EVERY_S = 0.02

HOLD_UP_THE_LEADER = "LOCK TABLE fourfold.projections IN EXCLUSIVE MODE"
HELD_UP = """
    SELECT pid, client_port
    FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND query LIKE '%INTO fourfold.projections%'
"""
WAITS_FOR_ITS_CLIENT = """
    SELECT EXISTS (
      SELECT FROM pg_stat_activity
      WHERE pid = $1 AND xact_start IS NOT NULL AND wait_event = 'ClientRead'
    )
"""


@pytest.mark.parametrize("games_before", [0, 3])
async def test_a_leader_that_vanishes_in_mid_transaction_does_not_keep_the_lobby(
    async_cluster: Cluster, games_before: int
) -> None:
    """Its session holds the lock of leadership, and no packet of it will ever say that it is gone.

    The first time a session meets a statement it asks how it is to be carried out, and PostgreSQL waits for more
    without counting that as idle; later it is idle in a transaction.
    """
    async with serving(async_cluster.url, 2) as servers:
        operator = await async_cluster.connect()
        for _ in range(games_before):
            await shown_in_lobby((await open_game(servers)).id, servers[0])
        leader, backend = await leader_in_mid_transaction(servers, async_cluster, operator)
        try:
            await until(operator, WAITS_FOR_ITS_CLIENT, backend)
            (other,) = [server for server in servers if server is not leader]
            game = await open_game([other])
            async with asyncio.timeout(LIMIT_S):
                await shown_in_lobby(game.id, other)
        finally:
            leader.signal(signal.SIGCONT)
            await operator.close()


async def leader_in_mid_transaction(
    servers: Sequence[ServerProcess], cluster: Cluster, operator: Connection
) -> tuple[ServerProcess, int]:
    """Stop whichever process leads when it has written and not yet committed; return it, and its backend."""
    holder = await cluster.connect()
    try:
        async with holder.transaction():
            await holder.execute(HOLD_UP_THE_LEADER)
            await open_game(servers[:1])
            await until(operator, f"SELECT EXISTS ({HELD_UP})")
            backend, port = await operator.fetchrow(HELD_UP) or (0, 0)
            leader = next(server for server in servers if port in ports_of(server))
            leader.signal(signal.SIGSTOP)
        return leader, backend
    finally:
        await holder.close()


async def until(operator: Connection, question: str, *arguments: object) -> None:
    """Wait until the answer is yes."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            if await operator.fetchval(question, *arguments):
                return
            await asyncio.sleep(LOOK_EVERY_S)


def ports_of(server: ServerProcess) -> set[int]:
    """The local ports of a process's connections."""
    return {connection.laddr.port for connection in psutil.Process(server.pid).net_connections("tcp4")}


async def shown_in_lobby(game: str, server: ServerProcess) -> None:
    """Wait until a live game is shown."""
    async with http_client(server) as http:
        while True:
            answer = await http.get("/api/games", params={"status": "live"})
            if answer.is_success and any(shown["id"] == game for shown in answer.json()["games"]):
                return
            await asyncio.sleep(LOOK_EVERY_S)
