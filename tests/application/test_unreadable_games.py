"""A game that can't be understood is unreadable for everybody, for as long as the log holds what it holds."""

import asyncio
from uuid import uuid4

import pytest

from server.application.live_game import UnreadableGameError
from server.application.live_games import LiveGames
from server.database.pool import Connection
from server.domain.events import MoveMade
from server.domain.vocabulary import Column, GameId, PlayerId, Version
from tests.application.conftest import ANN, BOB, EVE, Process
from tests.application.watching import Spy
from tests.foreign_events import append_foreign


async def append_move(process: Process, game: GameId, expected: int, player: PlayerId) -> None:
    """Append a move past the rules."""
    await process.store.append(game, Version(expected), uuid4(), [MoveMade(player, Column.A)])


@pytest.fixture
async def broken(process: Process) -> GameId:
    """A game in which somebody without a seat moved at version 3; what precedes that is sound."""
    game = await process.started_game()
    await append_move(process, game, 2, EVE)
    return game


@pytest.mark.parametrize("missing_for_s", [0.0, 60.0])
async def test_every_caller_learns_that_it_can_not_be_read(
    process: Process, broken: GameId, missing_for_s: float
) -> None:
    """The fold got as far as version 2, and that was shown to the second caller: remembered or read again."""
    games = LiveGames(process.store, missing_for_s=missing_for_s)
    for _ in range(3):
        with pytest.raises(UnreadableGameError):
            await games.get(broken)
        assert games.in_memory(broken) is None
    answers = await asyncio.gather(*(games.newest(broken) for _ in range(20)), return_exceptions=True)
    assert {type(answer) for answer in answers} == {UnreadableGameError}


async def test_many_who_ask_for_it_cost_one_read(process: Process, broken: GameId) -> None:
    """All its watchers come back at once when it breaks."""
    games = LiveGames(process.store)
    before = process.store.game_reads
    answers = await asyncio.gather(*(games.newest(broken) for _ in range(1000)), return_exceptions=True)
    assert {type(answer) for answer in answers} == {UnreadableGameError}
    assert process.store.game_reads - before == 1


@pytest.mark.parametrize("foreign", [False, True])
async def test_a_game_in_memory_that_breaks_is_shown_to_nobody_any_more(
    process: Process, owner: Connection, foreign: bool
) -> None:
    """An impossible event or an unknown one, as a newer version would write: nobody goes on before it."""
    game = await process.started_game()
    spy = Spy()
    (await process.games.newest(game)).subscribe(spy)
    if foreign:
        await append_foreign(owner, game, 2, "BoardFlipped")
    else:
        await append_move(process, game, 2, BOB)
    async with asyncio.timeout(10):
        await spy.resynchronized.wait()
    assert process.games.in_memory(game) is None
    for _ in range(3):
        with pytest.raises(UnreadableGameError):
            await process.games.get(game)


async def test_a_command_that_meets_a_broken_game_is_not_decided_before_the_break(
    process: Process, deaf_process: Process
) -> None:
    game = await process.started_game()
    await deaf_process.games.get(game)
    await append_move(process, game, 2, BOB)
    for expected in (2, 3):
        with pytest.raises(UnreadableGameError):
            await deaf_process.move(game, ANN, "D", expected)
    assert deaf_process.games.in_memory(game) is None


async def test_a_repaired_game_can_be_read_again(process: Process, broken: GameId, owner: Connection) -> None:
    games = LiveGames(process.store, missing_for_s=0.0)
    with pytest.raises(UnreadableGameError):
        await games.get(broken)
    await owner.execute("ALTER TABLE fourfold.events DISABLE TRIGGER ALL")
    await owner.execute("DELETE FROM fourfold.events WHERE stream = $1 AND version = 3", broken)
    assert (await games.get(broken)).version == 2


async def test_a_hole_in_a_game_is_an_error_and_not_a_loop(process: Process, owner: Connection) -> None:
    """A damaged log must not keep a server busy with one game for ever."""
    game = await process.started_game()
    await owner.execute("ALTER TABLE fourfold.events DISABLE TRIGGER ALL")
    await owner.execute("DELETE FROM fourfold.events WHERE stream = $1 AND version = 1", game)
    games = LiveGames(process.store)
    with pytest.raises(UnreadableGameError, match="version 1 is missing"):
        await games.get(game)
    assert games.count == 0
