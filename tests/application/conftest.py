"""Live games and the command path on a fresh database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from uuid import UUID, uuid4

import pytest

from server.application.command_path import CommandPath
from server.application.live_games import LiveGames
from server.application.outcomes import Accepted, RefusedError
from server.database.pool import Pool, connect
from server.domain.commands import MakeMove, Resign
from server.domain.vocabulary import Color, Column, GameId, PlayerId, Version
from server.eventstore.feed import Feed
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
    writer = Writer(pool)
    store = EventStore(pool, writer)
    games = LiveGames(store)
    feed = Feed(partial(connect, url), games.handle_events, games.resynchronize, check_every_s=0.2)
    parts = [writer.run(), games.run(), *([feed.run()] if listening else [])]
    subscribed = feed.subscribed if listening else _always()
    commands = CommandPath(store, games, subscribed)
    process = Process(store, games, commands, feed, [asyncio.create_task(part) for part in parts])
    if listening:
        async with asyncio.timeout(10):
            await feed.subscribed.wait()
    return process


def _always() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


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
