"""What is in memory may be a history that the log no longer holds: a failover lost its end, and others went on."""

import asyncio
from uuid import uuid4

import pytest

from server.database.sessions import Connection
from server.domain.commands import MakeMove, PlayerCommand, Resign
from server.domain.events import MoveMade
from server.domain.vocabulary import Column, GameId, Version
from server.eventstore.errors import StoreUnavailableError
from server.eventstore.places import StreamHead
from tests.application.conftest import ANN, BOB, Process
from tests.application.watching import Spy


@pytest.fixture
async def forked(process: Process, deaf_process: Process, owner: Connection) -> GameId:
    """A game whose third event is a move in D for the deaf process, and one in A for the log."""
    game = await process.started_game()
    await process.move(game, ANN, "D", 2)
    await deaf_process.games.newest(game)
    await lose(owner, game, 2)
    await process.store.append(game, StreamHead(Version(2), None), uuid4(), [MoveMade(ANN, Column.A)])
    return game


async def lose(owner: Connection, game: GameId, after: int) -> None:
    """Take events out of the log, as a failover to a standby that lacks them does."""
    await owner.execute("ALTER TABLE fourfold.events DISABLE TRIGGER ALL")
    await owner.execute("DELETE FROM fourfold.events WHERE stream = $1 AND version > $2", game, after)


@pytest.mark.parametrize("command", [MakeMove(BOB, Column.D), MakeMove(ANN, Column.D), Resign(BOB)], ids=str)
async def test_nothing_is_decided_on_a_history_that_is_gone(
    deaf_process: Process, forked: GameId, command: PlayerCommand
) -> None:
    """The number fits, and the board that the player saw does not: neither carried out nor refused by the rules."""
    spy = Spy()
    (await deaf_process.games.get(forked)).subscribe(spy)
    with pytest.raises(StoreUnavailableError):
        await deaf_process.commands.act(command, forked, Version(3), uuid4())
    assert spy.resynchronized.is_set(), "who watches must ask again"
    assert len(await deaf_process.store.read_stream(forked)) == 3
    assert (await deaf_process.games.get(forked)).history[2].event == MoveMade(ANN, Column.A)


async def test_a_command_of_a_history_that_is_gone_is_no_duplicate(
    process: Process, deaf_process: Process, owner: Connection
) -> None:
    """It was acknowledged, and the failover lost it: to acknowledge it again would be a lie."""
    game = await process.started_game()
    command_id = uuid4()
    await process.move(game, ANN, "D", 2, command_id)
    await deaf_process.games.newest(game)
    await lose(owner, game, 2)
    with pytest.raises(StoreUnavailableError):
        await deaf_process.move(game, ANN, "D", 2, command_id)
    again = await deaf_process.move(game, ANN, "D", 2, command_id)
    assert (again.version, again.duplicate) == (3, False), "asked again, it is carried out"


@pytest.mark.parametrize("others_went_on", [True, False])
async def test_a_reader_is_shown_the_history_that_the_log_holds(
    process: Process, deaf_process: Process, owner: Connection, forked: GameId, others_went_on: bool
) -> None:
    spy = Spy()
    before = await deaf_process.games.get(forked)
    before.subscribe(spy)
    if not others_went_on:
        await lose(owner, forked, 2)
    lives = await asyncio.gather(*(deaf_process.games.newest(forked) for _ in range(5)))
    assert spy.resynchronized.is_set()
    assert len({id(live) for live in lives}) == 1
    assert lives[0] is not before
    assert [recorded.event for recorded in lives[0].history[2:]] == [MoveMade(ANN, Column.A)][:others_went_on]


async def test_a_seat_is_taken_in_the_history_that_the_log_holds(
    process: Process, deaf_process: Process, owner: Connection
) -> None:
    """Whoever joins asks for no version, but the opener's game must still be there."""
    game = await process.started_game()
    await deaf_process.games.newest(game)
    await lose(owner, game, 1)
    with pytest.raises(StoreUnavailableError):
        await deaf_process.commands.join_game(BOB, game)
    assert (await deaf_process.commands.join_game(BOB, game)).version == 2
