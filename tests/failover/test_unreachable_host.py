"""A host that does not answer at all does not keep a server from the one that does."""

import asyncio
from typing import get_args

import pytest

from tests.failover.black_hole import Silence, black_hole
from tests.failover.conftest import serving
from tests.failover.playing import FIRST_MOVE, playing, within
from tests.postgres.cluster import Cluster

LIMIT_S = 20.0
READY_LIMIT_S = 15.0

END_ALL_CONNECTIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'fourfold%'"
)


@pytest.mark.parametrize("silence", get_args(Silence))
async def test_a_server_starts_and_reconnects_past_a_first_host_that_is_gone(
    async_cluster: Cluster, silence: Silence
) -> None:
    """Migrations, the pool, the writer and the feed each reach the second host of the address."""
    with black_hole(silence) as gone:
        url = async_cluster.url_through([gone, async_cluster.primary.port])
        async with asyncio.timeout(READY_LIMIT_S), serving(url, 1) as servers:
            pass
        async with serving(url, 1) as servers, playing(servers, 2) as games, within(LIMIT_S, games):
            await asyncio.gather(*(game.until_version(FIRST_MOVE + 4) for game in games))
            operator = await async_cluster.connect()
            await operator.execute(END_ALL_CONNECTIONS)
            await operator.close()
            before = max(game.spectators[0].version for game in games)
            await asyncio.gather(*(game.until_version(before + 8) for game in games))
