"""With a synchronous standby a failover loses nothing that was acknowledged."""

import asyncio

import pytest

from tests.failover.conftest import serving
from tests.failover.playing import FIRST_MOVE, TIE, log_of, playing, within
from tests.postgres.cluster import Cluster

GAMES = 6
LENGTH = FIRST_MOVE + len(TIE) + 1
"""The version of a whole game: opened, started, all moves, finished."""

LIMIT_S = 30.0


@pytest.mark.parametrize("end", ["killed", "frozen"])
async def test_nothing_acknowledged_is_lost_and_everybody_goes_on(
    sync_cluster: Cluster, end: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Players move while the primary goes, silently if it is frozen, and all games are played to their end."""
    clock = asyncio.get_running_loop().time
    async with serving(sync_cluster.url, 2) as servers, playing(servers, GAMES) as games, within(LIMIT_S, games):
        await asyncio.gather(*(game.until_version(FIRST_MOVE + 8) for game in games))
        gone_at = clock()
        if end == "killed":
            await sync_cluster.kill_primary()
        else:
            sync_cluster.freeze_primary()
        await sync_cluster.promote()
        promoted_at = clock()
        await asyncio.gather(*(game.until_version(LENGTH) for game in games))
        operator = await sync_cluster.connect()
        for game in games:
            log = await log_of(game.id, operator)
            game.was_seen_as_in(log)
            game.was_kept_in(log)
        await operator.close()
        first = min(move.at for game in games for move in game.accepted if move.at > promoted_at)
    with capsys.disabled():
        took = f"{first - promoted_at:.2f} s after the promotion, {first - gone_at:.2f} s in all"
        print(f"\nprimary {end}: first move {took}")  # noqa: T201 - a figure to be known
