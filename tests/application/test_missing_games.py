"""Games that do not exist are read once a moment, however often somebody asks for them."""

from uuid import uuid4

import pytest

from server.application.live_game import UnreadableGameError
from server.application.live_games import LiveGames
from server.application.missing_games import REMEMBERED_FOR_S, MissingGames
from server.database.pool import Connection
from server.domain.events import GameOpened
from server.domain.vocabulary import Color, GameId, Version
from server.eventstore.store import read_log
from tests.application.clock import Clock
from tests.application.conftest import ANN, Process

NOTHING = GameId("nothing")


async def test_a_game_that_does_not_exist_is_read_once(process: Process) -> None:
    games = LiveGames(process.store)
    before = process.store.game_reads
    for _ in range(20):
        assert (await games.get(NOTHING)).version == 0
        assert (await games.newest(NOTHING)).version == 0
    assert process.store.game_reads - before == 1
    assert games.count == 0, "it takes no place from a game that is played"


async def test_it_is_forgotten_when_the_feed_brings_the_game(process: Process, owner: Connection) -> None:
    """However long it would be remembered otherwise."""
    games = LiveGames(process.store, missing_for_s=3600.0)
    assert (await games.get(NOTHING)).version == 0
    await process.store.append(NOTHING, Version(0), uuid4(), [GameOpened(ANN, Color.RED, public=True)])
    games.handle_events(await read_log(owner, 0))
    assert (await games.get(NOTHING)).version == 1


def test_it_is_forgotten_after_a_moment() -> None:
    clock = Clock()
    missing = MissingGames(clock)
    missing.add(NOTHING)
    clock.now += REMEMBERED_FOR_S * 0.99
    assert missing.is_unknown(NOTHING)
    clock.now += REMEMBERED_FOR_S * 0.02
    assert not missing.is_unknown(NOTHING)


def test_those_remembered_last_stay() -> None:
    """Whoever asks for ever new ids fills no memory."""
    missing = MissingGames(Clock(), max_remembered=3)
    games = [GameId(str(number)) for number in range(5)]
    for game in games:
        missing.add(game)
    assert [game for game in games if missing.is_unknown(game)] == games[2:]


def test_it_is_remembered_why_a_game_can_not_be_read() -> None:
    missing = MissingGames(Clock())
    missing.add(NOTHING, UnreadableGameError("broken"))
    with pytest.raises(UnreadableGameError, match="broken"):
        missing.is_unknown(NOTHING)
