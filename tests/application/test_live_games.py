"""Live games follow the log, serve everybody from memory, and leave memory when nobody needs them."""

import asyncio
from dataclasses import dataclass, field

import asyncpg
import pytest

from server.application.live_game import UnreadableGameError
from server.application.live_games import LiveGames
from server.database.sessions import Connection
from server.domain.vocabulary import GameId, Version
from server.eventstore.reading import read_log
from server.transport.websocket.messages import encode_event
from tests.application.conftest import ANN, BOB, Process
from tests.foreign_events import append_foreign


@dataclass(eq=False)
class Spy:
    """A watcher that notes how often it was woken."""

    woken: asyncio.Event = field(default_factory=asyncio.Event)
    told_to_start_over: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self, game: GameId) -> None:
        self.woken.set()

    def start_over(self) -> None:
        self.told_to_start_over.set()


async def test_a_watcher_is_woken_by_a_move_on_another_process(process: Process, other_process: Process) -> None:
    game = await process.started_game()
    spy = Spy()
    live = await other_process.games.watch(game, Version(0), spy)
    await process.move(game, ANN, "D", 2)
    async with asyncio.timeout(10):
        await spy.woken.wait()
    assert live.version == 3


async def test_a_gap_is_read_from_the_log(process: Process, deaf_process: Process, owner: Connection) -> None:
    """An event from the future is not folded in: what is before it is read first."""
    game = await process.started_game()
    spy = Spy()
    live = await deaf_process.games.watch(game, Version(0), spy)
    for version, player in enumerate([ANN, BOB, ANN], start=2):
        await process.move(game, player, "D", version)
    last = (await read_log(owner, 0))[-1]
    deaf_process.games.hear([last])
    async with asyncio.timeout(10):
        await spy.woken.wait()
    assert [recorded.version for recorded in live.history] == [1, 2, 3, 4, 5]


async def test_a_thousand_who_ask_at_once_share_a_read(process: Process, deaf_process: Process) -> None:
    game = await process.started_game()
    live = await deaf_process.games.get(game)
    before = live._reads_begun  # noqa: SLF001
    await asyncio.gather(*(live.catch_up() for _ in range(1000)))
    assert live._reads_begun - before <= 2  # noqa: SLF001


async def test_games_that_nobody_watches_leave_memory(process: Process) -> None:
    games = LiveGames(process.store, encode_event, max_idle=3)
    ids = [await process.started_game() for _ in range(6)]
    await games.watch(ids[0], Version(0), Spy())
    for game in ids[1:]:
        await games.get(game)
    assert games.count <= 5
    assert (await games.get(ids[0])).watchers, "a watched game stays"


async def test_asking_for_games_that_do_not_exist_fills_no_memory(process: Process) -> None:
    for number in range(20):
        assert (await process.games.get(GameId(f"nothing-{number}"))).version == 0
    assert process.games.count == 0


async def test_a_history_that_can_not_be_understood_is_not_shown(process: Process, database_url: str) -> None:
    """An event that this code does not know, as a newer version would write: nobody sees a wrong board."""
    game = await process.started_game()
    spy = Spy()
    await process.games.watch(game, Version(0), spy)
    owner = await asyncpg.connect(database_url)
    await append_foreign(owner, game, 2, "BoardFlipped")
    await owner.close()
    async with asyncio.timeout(10):
        await spy.told_to_start_over.wait()
    with pytest.raises(UnreadableGameError, match="BoardFlipped"):
        await process.games.get(game)


async def test_a_game_that_is_being_read_stays_in_memory(process: Process) -> None:
    """More cold games at once than memory holds idle: each is watched for real, and hears what comes."""
    games = LiveGames(process.store, encode_event, max_idle=2)
    ids = [await process.started_game() for _ in range(12)]
    lives = await asyncio.gather(*(games.watch(game, Version(0), Spy()) for game in ids))
    for game, live in zip(ids, lives, strict=True):
        assert live.version == 2
        assert await games.get(game) is live


async def test_a_hole_in_a_game_is_an_error_and_not_a_loop(process: Process, owner: Connection) -> None:
    """A damaged log must not keep a server busy with one game for ever."""
    game = await process.started_game()
    await owner.execute("ALTER TABLE fourfold.events DISABLE TRIGGER ALL")
    await owner.execute("DELETE FROM fourfold.events WHERE stream = $1 AND version = 1", game)
    games = LiveGames(process.store, encode_event)
    with pytest.raises(UnreadableGameError, match="version 1 is missing"):
        await games.get(game)
    assert games.count == 0
