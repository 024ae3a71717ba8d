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
LIMIT_S = 0.4


class SlowStore:
    """A log that takes half of the time limit for each answer, and notes by when it was to answer."""

    def __init__(self, answer: Appended | WrongExpectedVersionError) -> None:
        self._answer = answer
        self.deadlines: list[float | None] = []

    async def append(
        self, game: GameId, head: StreamHead, command: UUID, events: Sequence[GameEvent], *, deadline: float | None
    ) -> Appended:
        self.deadlines.append(deadline)
        await asyncio.sleep(LIMIT_S / 2)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    async def read_stream(
        self, game: GameId, after: StreamHead = NO_EVENTS, *, deadline: float | None
    ) -> list[RecordedEvent]:
        self.deadlines.append(deadline)
        await asyncio.sleep(LIMIT_S / 2)
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
    store = SlowStore(answer)
    games = LiveGames(cast("EventStore", store))
    subscribed = asyncio.Event()
    commands = CommandPath(cast("EventStore", store), games, subscribed, time_limit_s=LIMIT_S)
    loop = asyncio.get_running_loop()
    begin = loop.time()
    loop.call_later(LIMIT_S / 4, subscribed.set)
    with pytest.raises(StoreUnavailableError):
        await commands.act(MakeMove(ANN, Column.D), GAME, Version(2), uuid4())
    assert loop.time() - begin < LIMIT_S * 1.5
    assert len(store.deadlines) >= 2
    for deadline in store.deadlines:
        assert deadline == pytest.approx(begin + LIMIT_S, abs=0.05)


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
        assert loop.time() - begin < 4 * LIMIT_S + 0.5


def test_the_limits_nest() -> None:
    """A browser waits for 5 s; a command must be answered before, and a read within a command's time."""
    assert READ_TIME_LIMIT_S < TIME_LIMIT_S < 5
