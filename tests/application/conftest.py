"""Live games and the command path on a fresh database."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID, uuid4

import pytest

from server.application.command_path import CommandPath
from server.application.live_games import LiveGames
from server.application.outcomes import Accepted, RefusedError
from server.database.pool import Pool
from server.database.sessions import connect
from server.domain.commands import MakeMove, Resign
from server.domain.vocabulary import Color, Column, GameId, PlayerId, Version
from server.eventstore.codec import StoredEvent
from server.eventstore.feed import Feed
from server.eventstore.history import History
from server.eventstore.store import EventStore
from server.eventstore.writer import Writer
from server.transport.problems import code_and_message

ANN, BOB, EVE = PlayerId("ann"), PlayerId("bob"), PlayerId("eve")


@dataclass
class Process:
    """What one server process holds of the way down and the way up; two of them share a database."""

    store: EventStore
    games: LiveGames
    commands: CommandPath
    feed: Feed
    _work: list[asyncio.Task[None]]

    async def started_game(self) -> GameId:
        """Ann opens with RED, Bob joins; the version is 2."""
        opened = await self.commands.open_game(ANN, Color.RED, public=True)
        await self.commands.join_game(BOB, opened.game)
        return opened.game

    async def move(
        self, game: GameId, player: PlayerId, column: str, expected: int, command_id: UUID | None = None
    ) -> Accepted:
        command = MakeMove(player, Column(column))
        return await self.commands.act(command, game, Version(expected), command_id or uuid4())

    async def resign(
        self, game: GameId, player: PlayerId, expected: int, command_id: UUID | None = None
    ) -> Accepted:
        return await self.commands.act(Resign(player), game, Version(expected), command_id or uuid4())

    async def stop(self) -> None:
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)


def code_of(refusal: pytest.ExceptionInfo[RefusedError] | RefusedError) -> str:
    """The code that a client is told."""
    refused = refusal if isinstance(refusal, RefusedError) else refusal.value
    return code_and_message(refused.reason)[0]


async def start(url: str, pool: Pool, *, listening: bool = True) -> Process:
    history = History()
    own_session = partial(connect, url)
    writer = Writer(own_session, history)
    store = EventStore(pool, writer, history)
    games = LiveGames(store)
    publish, check_every_s = (games.handle_events, 0.2) if listening else (_ignore, 3600.0)
    feed = Feed(own_session, publish, games.resynchronize, history=history, check_every_s=check_every_s)
    parts = [writer.run(), games.run(), feed.run()]
    commands = CommandPath(store, games, history.subscribed)
    process = Process(store, games, commands, feed, [asyncio.create_task(part) for part in parts])
    async with asyncio.timeout(10):
        await history.subscribed.wait()
    return process


def _ignore(_events: Sequence[StoredEvent]) -> None:
    pass


@pytest.fixture
async def process(database_url: str, pool: Pool) -> AsyncIterator[Process]:
    process = await start(database_url, pool)
    yield process
    await process.stop()


@pytest.fixture
async def other_process(database_url: str, pool: Pool) -> AsyncIterator[Process]:
    process = await start(database_url, pool)
    yield process
    await process.stop()


@pytest.fixture
async def deaf_process(database_url: str, pool: Pool) -> AsyncIterator[Process]:
    """A process that receives no event and does not know: all it has it reads."""
    process = await start(database_url, pool, listening=False)
    yield process
    await process.stop()
