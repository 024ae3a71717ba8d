"""What is acknowledged again from memory is confirmed first: it may be committed and not replicated."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from server.application.command_path import CommandPath
from server.database.sessions import Connection
from server.domain.commands import MakeMove
from server.domain.vocabulary import Column, Version
from server.eventstore.errors import StoreUnavailableError
from tests.application.conftest import ANN, BOB, Process


@asynccontextmanager
async def nothing_can_be_confirmed(owner: Connection) -> AsyncIterator[None]:
    """Hold the lock that every append takes, until the end of the block."""
    async with owner.transaction():
        await owner.execute("SELECT pg_advisory_xact_lock(4444)")
        yield


async def unanswered(answer: Awaitable[object]) -> None:
    with pytest.raises(StoreUnavailableError):
        await answer


async def test_a_command_that_can_not_be_confirmed_is_not_acknowledged_again(
    process: Process, owner: Connection
) -> None:
    """Everything it takes to answer is in memory, and still the answer waits for the log."""
    game = await process.started_game()
    command_id = uuid4()
    move = MakeMove(ANN, Column.D)
    await process.commands.act(move, game, Version(2), command_id)
    await process.games.newest(game)
    hasty = CommandPath(process.store, process.games, process.feed.subscribed, time_limit_s=0.5)
    async with nothing_can_be_confirmed(owner):
        await asyncio.gather(
            unanswered(hasty.act(move, game, Version(2), command_id)), unanswered(hasty.join_game(BOB, game))
        )
    again = await hasty.act(move, game, Version(2), command_id)
    assert (again.version, again.duplicate) == (3, True)
    assert (await hasty.join_game(BOB, game)).player_two == BOB


async def test_an_id_that_is_taken_is_refused_without_waiting(process: Process, owner: Connection) -> None:
    """A refusal acknowledges nothing."""
    game = await process.started_game()
    joined = (await process.games.newest(game)).history[-1].command_id
    async with nothing_can_be_confirmed(owner):
        with pytest.raises(Exception, match="Another command"):
            await process.commands.act(MakeMove(ANN, Column.D), game, Version(2), joined)
