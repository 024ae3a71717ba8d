"""A command has one deadline for everything that is done for it, and so has a read."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from server.application.command_path import TIME_LIMIT_S, CommandPath
from server.application.live_games import READ_TIME_LIMIT_S, LiveGames
from server.database.sessions import Connection
from server.domain.commands import MakeMove
from server.domain.events import GameEvent, GameOpened, GameStarted
from server.domain.vocabulary import Color, Column, GameId, Version
from server.eventstore.batch import Appended
from server.eventstore.codec import RecordedEvent
from server.eventstore.errors import StoreUnavailableError, WrongExpectedVersionError
from server.eventstore.places import NO_EVENTS, StreamHead
from server.eventstore.store import EventStore
from tests.application.conftest import ANN, BOB, Process

GAME = GameId("game")
LIMIT_S = 0.6


class HangingStore:
    """A log whose second read never ends, and which notes by when each call was to be answered."""

    def __init__(self, answer: Appended | WrongExpectedVersionError) -> None:
        self._answer = answer
        self._reads = 0
        self.deadlines: list[float | None] = []

    async def append(
        self, game: GameId, head: StreamHead, command: UUID, events: Sequence[GameEvent], *, deadline: float | None
    ) -> Appended:
        self.deadlines.append(deadline)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    async def read_stream(
        self, game: GameId, after: StreamHead = NO_EVENTS, *, deadline: float | None
    ) -> list[RecordedEvent]:
        self.deadlines.append(deadline)
        self._reads += 1
        if self._reads > 1:
            await asyncio.Event().wait()
        events: list[GameEvent] = [GameOpened(ANN, Color.RED, public=True), GameStarted(ANN, BOB)]
        return [
            RecordedEvent(version, game, Version(version), event, UUID(int=version), 0)
            for version, event in enumerate(events, start=1)
        ][after.version :]


@pytest.mark.parametrize(
    "answer",
    [Appended(Version(3), duplicate=True), WrongExpectedVersionError(GAME, Version(2), Version(3))],
    ids=str,
)
async def test_a_command_takes_no_longer_than_its_limit_in_all(answer: Any) -> None:
    """Read, append, read again, append again: each had a limit of its own, and the sum was beyond the browser's."""
    store = HangingStore(answer)
    games = LiveGames(cast("EventStore", store))
    subscribed = asyncio.Event()
    commands = CommandPath(cast("EventStore", store), games, subscribed, time_limit_s=LIMIT_S)
    loop = asyncio.get_running_loop()
    begin = loop.time()
    command = commands.submit(MakeMove(ANN, Column.D), GAME, Version(2), uuid4())
    await asyncio.sleep(0)
    subscribed.set()
    with pytest.raises(StoreUnavailableError):
        await command
    assert loop.time() - begin < LIMIT_S + 1
    assert len(store.deadlines) == 3
    assert len(set(store.deadlines)) == 1, "each call is to end at the same moment"
    assert store.deadlines[0] == pytest.approx(begin + LIMIT_S, abs=LIMIT_S / 2)


async def test_a_command_and_a_read_that_postgres_does_not_answer_end_in_time(
    process: Process, deaf_process: Process, owner: Connection
) -> None:
    game = await process.started_game()
    hasty = CommandPath(deaf_process.store, deaf_process.games, deaf_process.feed.subscribed, time_limit_s=LIMIT_S)
    loop = asyncio.get_running_loop()
    async with owner.transaction():
        await owner.execute("LOCK TABLE fourfold.events IN ACCESS EXCLUSIVE MODE")
        begin = loop.time()
        for answer in (
            hasty.act(MakeMove(ANN, Column.D), game, Version(2), uuid4()),
            hasty.join_game(BOB, game),
            hasty.open_game(ANN, Color.RED, public=True),
            deaf_process.games.get(game, deadline=begin + 4 * LIMIT_S),
        ):
            with pytest.raises(StoreUnavailableError):
                await answer
        assert loop.time() - begin < 4 * LIMIT_S + 1


def test_the_limits_nest() -> None:
    """A browser waits for 5 s; a command must be answered before, and a read within a command's time."""
    assert READ_TIME_LIMIT_S < TIME_LIMIT_S < 5
