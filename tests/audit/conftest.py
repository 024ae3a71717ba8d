"""A log with games in it, the audit commands called on it, and somebody who tampers with it."""

import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from server.cli.audit.chain import Head
from server.cli.audit.exporting import export_log
from server.cli.audit.importing import import_log
from server.cli.audit.verification import verify_log
from server.domain.commands import Command, JoinGame, MakeMove, OpenGame, Resign
from server.domain.decide import decide
from server.domain.game import UNOPENED, Finished, Game, InProgress, fold
from server.domain.vocabulary import Color, Column, GameId, PlayerId, Version
from server.eventstore.places import StreamHead
from server.eventstore.store import EventStore
from tests.conftest import address_of, drop_database
from tests.stores import open_store

ANN, BOB = PlayerId("ann"), PlayerId("bob")

Export = Callable[..., Awaitable[bytes]]

_numbers = itertools.count(1)


@asynccontextmanager
async def fresh_database(postgres: str, template: str) -> AsyncIterator[str]:
    """Give the address of one more database with the newest schema."""
    name = f"fourfold_audit_{os.getpid()}_{next(_numbers)}"
    maker = await asyncpg.connect(postgres)
    await maker.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield address_of(postgres, name)
    finally:
        await maker.close()
        await drop_database(postgres, name)


@pytest.fixture
async def target_url(postgres: str, template: str) -> AsyncIterator[str]:
    """The address of a second fresh database."""
    async with fresh_database(postgres, template) as url:
        yield url


@pytest.fixture
def export(tmp_path: Path) -> Export:
    """Return what an export of a database writes: the whole log, or one game."""

    async def export(url: str, game: str | None = None) -> bytes:
        file = tmp_path / "exported.jsonl"
        await export_log(url, game, file, StringIO())
        return file.read_bytes()

    return export


async def import_lines(url: str, lines: bytes) -> str:
    """Import a file, and return what was printed."""
    out = StringIO()
    await import_log(url, BytesIO(lines), out, StringIO())
    return out.getvalue()


@dataclass
class Verified:
    is_sound: bool
    lines: list[str]

    @property
    def head(self) -> Head:
        assert self.is_sound, self.lines
        return Head.parse(self.lines[-1])


async def verify(url: str, *noted: Head) -> Verified:
    """Verify the log of a database."""
    out = StringIO()
    is_sound = await verify_log(url, noted, out, StringIO())
    return Verified(is_sound, out.getvalue().splitlines())


class Play:
    """One game played through the store: each command is decided, and what happens is appended."""

    def __init__(self, store: EventStore, name: str) -> None:
        self.store = store
        self.name = GameId(name)
        self.game: Game = UNOPENED
        self.version = Version(0)

    async def do(self, command: Command) -> None:
        events = decide(command, self.game)
        appended = await self.store.append(self.name, StreamHead(self.version, None), uuid4(), events)
        self.game, self.version = fold(events, self.game), appended.version

    async def begin(self) -> None:
        await self.do(OpenGame(ANN, Color.RED, public=True))
        await self.do(JoinGame(BOB, coin=True))

    async def move(self, letter: str) -> None:
        """Make a move, unless the game is over or the column full."""
        game = self.game
        if isinstance(game, InProgress) and game.board.has_room_in_column(Column(letter)):
            await self.do(MakeMove(game.next_player, Column(letter)))

    async def resign(self, player: PlayerId) -> None:
        if not isinstance(self.game, Finished):
            await self.do(Resign(player))


async def play_three_games(store: EventStore) -> None:
    """Append three games: "won" at positions 1 to 10, "resigned" to 16, "open" at 17."""
    won, resigned, opened = (Play(store, name) for name in ("won", "resigned", "open"))
    await won.begin()
    for letter in "ABABABA":
        await won.move(letter)
    await resigned.begin()
    for letter in "DDC":
        await resigned.move(letter)
    await resigned.resign(BOB)
    await opened.do(OpenGame(BOB, Color.RANDOM, public=False))


@pytest.fixture(scope="session")
async def three_games(postgres: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The three games as a file."""
    file = tmp_path_factory.mktemp("audit") / "three_games.jsonl"
    async with fresh_database(postgres, template) as url:
        async with open_store(url) as opened:
            await play_three_games(opened.store)
        await export_log(url, None, file, StringIO())
    return file.read_bytes()


@pytest.fixture
async def played(database_url: str, three_games: bytes) -> str:
    """The address of the fresh database, with the three games in it."""
    await import_lines(database_url, three_games)
    return database_url
