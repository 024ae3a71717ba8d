"""Nothing is decided on what may be out of date unnoticed, or on a history that is gone from the log."""

import asyncio
from uuid import uuid4

import pytest

from server.application.command_path import CommandPath
from server.application.outcomes import Accepted
from server.database.pool import Connection
from server.domain.commands import MakeMove, Resign
from server.domain.vocabulary import Color, Column, GameId, Version
from server.eventstore.errors import StoreUnavailableError
from tests.application.conftest import ANN, BOB, Process
from tests.application.watching import Spy


@pytest.fixture
async def subscribed() -> asyncio.Event:
    """Whether the feed is subscribed, as the test says."""
    return asyncio.Event()


def commands_of(process: Process, subscribed: asyncio.Event, time_limit_s: float = 3.0) -> CommandPath:
    return CommandPath(process.store, process.games, subscribed, time_limit_s=time_limit_s)


async def test_without_the_feed_nothing_is_decided_until_the_deadline(
    process: Process, subscribed: asyncio.Event
) -> None:
    """Also not what is a duplicate, or new: an old primary would answer all of them."""
    game = await process.started_game()
    unjoined = await process.commands.open_game(ANN, Color.RED, public=True)
    command_id = uuid4()
    await process.move(game, ANN, "D", 2, command_id)
    before = len(await process.store.read_stream(game))
    commands = commands_of(process, subscribed, time_limit_s=0.2)
    for answer in (
        commands.act(MakeMove(BOB, Column.D), game, Version(3), uuid4()),
        commands.act(MakeMove(ANN, Column.D), game, Version(2), command_id),
        commands.open_game(ANN, Color.RED, public=True),
        commands.join_game(BOB, unjoined.game),
    ):
        with pytest.raises(StoreUnavailableError):
            await answer
    assert len(await process.store.read_stream(game)) == before
    assert len(await process.store.read_stream(unjoined.game)) == 1


async def test_a_command_waits_for_the_feed(process: Process, subscribed: asyncio.Event) -> None:
    """A reconnection takes a moment, and is no reason to fail."""
    game = await process.started_game()
    command = commands_of(process, subscribed).submit(MakeMove(ANN, Column.D), game, Version(2), uuid4())
    await asyncio.sleep(0)
    assert not command.done()
    subscribed.set()
    assert await command == Accepted(game, Version(3), duplicate=False)


async def test_what_waited_while_the_log_went_back_is_not_decided(
    process: Process, subscribed: asyncio.Event
) -> None:
    """The player saw a game of which nothing may be left; its number says nothing about what is there now."""
    game = await process.started_game()
    command = commands_of(process, subscribed).submit(MakeMove(ANN, Column.D), game, Version(2), uuid4())
    await asyncio.sleep(0)
    process.games.resynchronize()
    subscribed.set()
    with pytest.raises(StoreUnavailableError):
        await command
    assert len(await process.store.read_stream(game)) == 2


async def test_what_was_being_read_while_the_log_went_back_is_not_decided(
    process: Process, deaf_process: Process
) -> None:
    game = await process.started_game()
    command = deaf_process.commands.submit(Resign(ANN), game, Version(2), uuid4())
    await asyncio.sleep(0)
    assert deaf_process.games.count == 1, "it is being read"
    deaf_process.games.resynchronize()
    with pytest.raises(StoreUnavailableError):
        await command
    assert len(await process.store.read_stream(game)) == 2


async def test_a_game_that_the_log_does_not_hold_is_discarded(
    process: Process, deaf_process: Process, owner: Connection
) -> None:
    """The command that finds out is not carried out, and those who watch the game ask for it again."""
    game = await process.started_game()
    await process.move(game, ANN, "D", 2)
    spy = Spy()
    (await deaf_process.games.get(game)).subscribe(spy)
    await forget_after(owner, game, 2)
    with pytest.raises(StoreUnavailableError):
        await deaf_process.move(game, BOB, "D", 3)
    assert spy.resynchronized.is_set()
    assert (await deaf_process.games.get(game)).version == 2


async def forget_after(owner: Connection, game: GameId, version: int) -> None:
    """Take events out of the log, as a failover to a standby that lacks them does."""
    await owner.execute("ALTER TABLE fourfold.events DISABLE TRIGGER ALL")
    await owner.execute("DELETE FROM fourfold.events WHERE stream = $1 AND version > $2", game, version)
