"""With an asynchronous standby the newest moves can be lost; then everybody goes on from what is left."""

import asyncio
import signal
import subprocess
import sys
from contextlib import AsyncExitStack

from tests.failover.conftest import serving
from tests.failover.playing import (
    FIRST_MOVE,
    TIE,
    Game,
    connected,
    log_of,
    make_move,
    open_game,
    outcome_of,
    play,
    playing,
    watching,
    within,
)
from tests.postgres.cluster import Cluster
from tests.processes import ROOT, clean_environment

GAMES = 6
LOST_AT_LEAST = 2 * GAMES
LENGTH = FIRST_MOVE + len(TIE) + 1
LIMIT_S = 30.0

BRANCHES = 8
FIVE_IN_A = "AAAAA"
HONEST = {1012, 1013, "column_full", "wrong_expected_version"}
"""Come back, try later, and what the rules and the log say about a token in a full column."""


async def test_nobody_is_left_with_a_history_that_no_longer_exists(async_cluster: Cluster) -> None:
    """Players and watchers are sent back to the truth, and all games are played to their end."""
    async with serving(async_cluster.url, 2) as servers, playing(servers, GAMES) as games, within(LIMIT_S, games):
        await asyncio.gather(*(game.until_version(FIRST_MOVE + 8) for game in games))
        assert await async_cluster.lose_the_tail(LOST_AT_LEAST) >= LOST_AT_LEAST
        await asyncio.gather(*(game.until_version(LENGTH) for game in games))
        await assert_seen_as_logged(async_cluster, games)
        assert any(watcher.lost_histories for game in games for watcher in game.watchers)
    verify(async_cluster.url)


async def test_no_move_is_decided_on_a_history_that_no_longer_exists(async_cluster: Cluster) -> None:
    """A server that slept through the failover holds another event at the version that the log has reached again.

    Column A has room for one more token. In the lost history yellow dropped elsewhere, in the new one into A. So
    the sleeper, asked for a token in A at the very version that the log is at, may not append it.
    """
    async with AsyncExitStack() as stack:
        sleeper, other = await stack.enter_async_context(serving(async_cluster.url, 2))
        games = [await open_game([sleeper]) for _ in range(BRANCHES)]
        sockets = [await stack.enter_async_context(connected(game.players[0], sleeper)) for game in games]
        await asyncio.gather(*(play(game, FIVE_IN_A, sleeper) for game in games))
        await async_cluster.wait_for_standby()
        await async_cluster.cut_replication()
        await asyncio.gather(*(play(game, "B", sleeper, after=FIVE_IN_A) for game in games))
        sleeper.signal(signal.SIGSTOP)
        try:
            await async_cluster.promote()
            await asyncio.gather(*(play(game, "A", other, after=FIVE_IN_A) for game in games))
            moves = [make_move(game.id, FIRST_MOVE + len(FIVE_IN_A) + 1, "A") for game in games]
            asked = [asyncio.create_task(outcome_of(*each)) for each in zip(moves, sockets, strict=True)]
            await asyncio.sleep(0)  # each is sent before anybody can receive it
        finally:
            sleeper.signal(signal.SIGCONT)
        outcomes = await asyncio.gather(*asked)
    verify(async_cluster.url)
    assert {outcome if isinstance(outcome, int) else outcome.get("code") for outcome in outcomes} <= HONEST


async def test_who_was_away_during_the_failover_starts_again(async_cluster: Cluster) -> None:
    """By then the new history may be longer than the old one was, so the number of its events tells nothing."""
    async with serving(async_cluster.url, 1) as (server,):
        game = await open_game([server])
        watcher = game.spectators[0]
        await play(game, "DE", server)
        await async_cluster.wait_for_standby()
        await async_cluster.cut_replication()
        await play(game, "C", server, after="DE")
        async with watching(watcher):
            await watcher.until_version(FIRST_MOVE + 3)
        await async_cluster.promote()
        await play(game, "AB", server, after="DE")
        async with watching(watcher), within(LIMIT_S, [game]):
            await watcher.until_version(FIRST_MOVE + 4)
        operator = await async_cluster.connect()
        watcher.has_seen(await log_of(game.id, operator))
        await operator.close()
    assert watcher.lost_histories == 1


async def assert_seen_as_logged(cluster: Cluster, games: list[Game]) -> None:
    operator = await cluster.connect()
    for game in games:
        game.was_seen_as_in(await log_of(game.id, operator))
    await operator.close()


def verify(url: str) -> None:
    """Have the log examined, whether each game in it is one by the rules."""
    done = subprocess.run(
        [sys.executable, "-m", "server", "verify", "--database-url", url],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
