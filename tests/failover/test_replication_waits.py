"""A move that no standby has yet may be lost with the primary, so nobody is told that it is accepted."""

import asyncio
from typing import get_args

import pytest

from tests.failover.conftest import serving
from tests.failover.playing import (
    FIRST_MOVE,
    UNAVAILABLE,
    Json,
    Player,
    connected,
    log_of,
    make_move,
    move_by_http,
    open_game,
    outcome_of,
)
from tests.postgres.cluster import Cluster, CutWait
from tests.processes import ServerProcess

TRY_LATER = 1013


@pytest.mark.parametrize("how", get_args(CutWait))
async def test_a_move_is_accepted_only_once_a_standby_has_it(sync_cluster: Cluster, how: CutWait) -> None:
    """Its commit on the primary is known, to the server's memory too, when it is asked for again."""
    async with serving(sync_cluster.url, 1) as (server,):
        game = await open_game([server])
        red = game.players[0]
        move = make_move(game.id, FIRST_MOVE, "D")
        await sync_cluster.cut_replication()

        asked = asyncio.create_task(ask(move, red, server))
        await sync_cluster.cut_wait(how, "append_events")

        assert await asked == TRY_LATER
        again, by_http = await asyncio.gather(ask(move, red, server), move_by_http(move, red, server))
        assert (again, by_http.status_code) == (TRY_LATER, UNAVAILABLE)

        await sync_cluster.restore_replication()
        answer = await ask(move, red, server)
        await sync_cluster.promote()

    assert isinstance(answer, dict)
    assert (answer["type"], answer["version"], answer["duplicate"]) == ("accepted", FIRST_MOVE + 1, True)
    operator = await sync_cluster.connect()
    assert [event["command_id"] for event in await log_of(game.id, operator)][FIRST_MOVE:] == [move["id"]]
    await operator.close()


async def ask(move: Json, player: Player, server: ServerProcess) -> Json | int:
    """Ask for a move over a connection of its own."""
    async with connected(player, server) as socket:
        return await outcome_of(move, socket)
