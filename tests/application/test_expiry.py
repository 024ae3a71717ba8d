"""Games that nobody joins end by themselves, once, whichever processes live."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

from server.application.expiry import Expiry
from server.application.outcomes import Joined, RefusedError
from server.database.pool import Pool
from server.domain.events import GameFinished, GameStarted, MoveMade
from server.domain.vocabulary import Color, Column, EndReason, GameId, GameResult, Version
from server.projections.lobby import Lobby
from tests.application.conftest import ANN, BOB, Process, code_of
from tests.application.watching import Spy
from tests.projections.log import caught_up, following

EXPIRED = GameFinished(GameResult.ABORTED, EndReason.EXPIRED)


def expiry(process: Process, pool: Pool, patience: timedelta = timedelta(0), at_once: int = 100) -> Expiry:
    return Expiry(Lobby(pool).overdue, process.commands, patience=patience, at_once=at_once, next_round_after_s=0)


async def listed(pool: Pool, url: str) -> None:
    """Have the lobby list what is in the log."""
    async with following(url) as runners:
        await caught_up(pool, runners)


async def open_games(process: Process, count: int) -> list[GameId]:
    return [(await process.commands.open_game(ANN, Color.RED, public=False)).game for _ in range(count)]


async def events_of(process: Process, game: GameId) -> list[object]:
    return [recorded.event for recorded in await process.store.read_stream(game)]


async def test_a_game_that_nobody_joined_ends_and_its_watchers_learn_why(
    process: Process, pool: Pool, database_url: str
) -> None:
    (game,) = await open_games(process, 1)
    played = await process.started_game()
    await listed(pool, database_url)
    spy = Spy()
    live = await process.games.newest(game)
    live.subscribe(spy)
    await expiry(process, pool).expire_all()
    async with asyncio.timeout(10):
        await spy.changed.wait()
    assert live.history[-1].event == EXPIRED
    assert len(await events_of(process, played)) == 2


async def test_a_game_waits_as_long_as_it_may(process: Process, pool: Pool, database_url: str) -> None:
    (game,) = await open_games(process, 1)
    await listed(pool, database_url)
    await expiry(process, pool, timedelta(hours=1)).expire_all()
    assert len(await events_of(process, game)) == 1


async def test_of_many_processes_one_ends_a_game(
    process: Process, other_process: Process, pool: Pool, database_url: str
) -> None:
    """All of them find it, also after it is over: the lobby lags behind."""
    games = await open_games(process, 10)
    await listed(pool, database_url)
    ending = (expiry(one, pool).expire_all() for one in (process, other_process) * 3)
    await asyncio.gather(*ending)
    for game in games:
        assert (await events_of(process, game))[1:] == [EXPIRED]


async def test_a_game_expires_or_is_joined_and_never_both(
    process: Process, other_process: Process, pool: Pool, database_url: str
) -> None:
    """The player who comes at the last moment either plays or is told that the game is over."""
    games = await open_games(process, 30)
    await listed(pool, database_url)
    joining = [other_process.commands.join_game(BOB, game) for game in games]
    _, *joined = await asyncio.gather(expiry(process, pool).expire_all(), *joining, return_exceptions=True)
    for game, outcome in zip(games, joined, strict=True):
        (second,) = (await events_of(process, game))[1:]
        if isinstance(outcome, Joined):
            assert second == GameStarted(ANN, BOB)
        else:
            assert isinstance(outcome, RefusedError)
            assert code_of(outcome) == "game_finished"
            assert second == EXPIRED


async def test_games_that_became_overdue_while_nothing_ran_end_at_the_start(
    process: Process, pool: Pool, database_url: str
) -> None:
    games = await open_games(process, 7)
    await listed(pool, database_url)
    spies = [Spy() for _ in games]
    for game, spy in zip(games, spies, strict=True):
        (await process.games.newest(game)).subscribe(spy)
    async with running(expiry(process, pool, at_once=3)), asyncio.timeout(10):
        for spy in spies:
            await spy.changed.wait()


async def test_a_game_that_can_not_be_read_keeps_no_other_waiting(
    process: Process, pool: Pool, database_url: str
) -> None:
    """It stays at the head of the line for ever."""
    games = await open_games(process, 5)
    await listed(pool, database_url)
    for game in games[:4]:
        await process.store.append(game, Version(1), uuid4(), [MoveMade(ANN, Column.A)])
    await expiry(process, pool, at_once=2).expire_all()
    assert (await events_of(process, games[4]))[-1] == EXPIRED


@asynccontextmanager
async def running(expiry: Expiry) -> AsyncIterator[None]:
    task = asyncio.create_task(expiry.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
