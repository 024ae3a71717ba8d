"""A connection on a transport of the test: when it reads, what it writes before it closes, and that it rests."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

from server.application.command_path import CommandPath
from server.application.live_game import LiveGame
from server.application.live_games import LiveGames
from server.application.names import Names
from server.domain.vocabulary import GameId
from server.eventstore.errors import StoreUnavailableError
from server.transport.encoding import EncodedGames
from server.transport.websocket.connection import Connection, Services
from server.transport.websocket.flush_scheduler import FlushScheduler
from server.transport.websocket.message_transport import MessageProtocol
from server.transport.websocket.session import (
    COME_BACK,
    MAX_BAD_FRAMES,
    MAX_PENDING_REPLIES,
    POLICY,
    TOO_LARGE,
    TRY_LATER,
    Session,
)
from tests.transport.websocket.driver import make_move, unwatch, watch
from tests.transport.websocket.recorded import game


@dataclass
class FakeTransport:
    """A transport whose peer reads when the test says so."""

    is_writable: bool = True
    protocol: MessageProtocol | None = None
    written: list[bytes] = field(default_factory=list)
    is_reading: bool = True
    closed_with: int | None = None
    is_aborted: bool = False
    calls: int = 0
    """How often anything was asked of it."""

    def set_protocol(self, protocol: MessageProtocol) -> None:
        self.protocol = protocol

    def write_messages(self, messages: Iterable[bytes]) -> None:
        assert self.closed_with is None, "written after the close"
        self.calls += 1
        self.written += messages

    def pause_reading(self) -> None:
        self.calls += 1
        self.is_reading = False

    def resume_reading(self) -> None:
        self.calls += 1
        self.is_reading = True

    async def close(self, code: int) -> None:
        self.closed_with = code
        assert self.protocol is not None
        self.protocol.connection_lost()

    def abort(self) -> None:
        self.is_aborted = True

    def stall(self) -> None:
        """The peer reads no more."""
        self.is_writable = False
        assert self.protocol is not None
        self.protocol.pause_writing()

    def drain(self) -> None:
        """The peer reads again."""
        self.is_writable = True
        assert self.protocol is not None
        self.protocol.resume_writing()

    @property
    def codes(self) -> list[str | None]:
        return [json.loads(message).get("code") for message in self.written]


class Games:
    """Live games, some in memory; the reads of others end when the test says so."""

    def __init__(self, *in_memory: LiveGame) -> None:
        self.games = {live.id: live for live in in_memory}
        self.asked = 0
        self.may_end = asyncio.Event()

    def in_memory(self, game_id: GameId) -> LiveGame | None:
        return self.games.get(game_id)

    async def get(self, _game: GameId, *, at_least: int) -> LiveGame:
        self.asked += 1
        await self.may_end.wait()
        raise StoreUnavailableError


@asynccontextmanager
async def a_guest(transport: FakeTransport, games: Games) -> AsyncIterator[tuple[Connection, "asyncio.Task[None]"]]:
    services = Services(cast("LiveGames", games), cast("CommandPath", None), cast("Names", None), FlushScheduler())
    now = asyncio.get_running_loop().time
    session = Session(None, EncodedGames(), lambda players: dict.fromkeys(players, "Ann"), now)
    connection = Connection(transport, session, services)
    task = asyncio.create_task(connection.run())
    try:
        await turns(5)
        yield connection, task
    finally:
        connection.connection_lost()
        games.may_end.set()
        await asyncio.wait_for(task, 5)


async def turns(count: int) -> None:
    """Let the event loop turn so often."""
    for _ in range(count):
        await asyncio.sleep(0)


def frame(message: dict[str, object]) -> str:
    return json.dumps(message)


async def test_a_game_that_must_be_read_pauses_the_peer_and_the_connection_rests() -> None:
    """A connection that can't continue must not look again and again: that was a whole core for one peer."""
    transport, games = FakeTransport(), Games()
    async with a_guest(transport, games) as (connection, _):
        for _ in range(5):
            connection.message_received(frame(watch("g")))
        await turns(5)
        calls = transport.calls
        await turns(200)
        assert not transport.is_reading
        assert games.asked == 1, "in order, one after the other"
        assert transport.calls == calls


async def test_a_peer_that_reads_no_replies_is_not_read_until_it_does() -> None:
    transport, games = FakeTransport(), Games(game("g", 2))
    async with a_guest(transport, games) as (connection, _):
        transport.stall()
        for _ in range(MAX_PENDING_REPLIES + 10):
            connection.message_received(frame(make_move("g")))
        connection.message_received(frame(unwatch("g")))
        await turns(200)
        assert not transport.is_reading
        transport.drain()
        await turns(50)
        assert transport.is_reading


async def test_the_last_replies_come_before_the_close_however_slowly_they_are_read() -> None:
    """A peer must learn of every answer that is pending, then why it has to go: not only the code."""
    transport, games = FakeTransport(), Games()
    async with a_guest(transport, games) as (connection, task):
        transport.stall()
        for _ in range(5):
            connection.message_received("nonsense")
        connection.message_received("x" * 5000)
        await turns(20)
        assert transport.closed_with is None
        transport.drain()
        await asyncio.wait_for(task, 5)
        assert transport.codes == [None, *(["bad_message"] * 5), "too_large"]
        assert transport.closed_with == TOO_LARGE


async def test_closing_with_deferred_frames_and_a_peer_that_reads_nothing_rests() -> None:
    """The task of the connection used to spin without suspending, and with it the whole process."""
    transport, games = FakeTransport(), Games()
    async with a_guest(transport, games) as (connection, _):
        transport.stall()
        connection.message_received("nonsense")
        for _ in range(30):
            connection.message_received(frame(watch("g")))
        connection.close(POLICY)
        games.may_end.set()
        await turns(20)
        calls = transport.calls
        await turns(200)
        assert transport.calls == calls
        assert transport.closed_with is None
        transport.drain()
        await turns(20)
        assert transport.closed_with == POLICY


async def test_a_database_that_is_away_closes_with_try_later() -> None:
    transport, games = FakeTransport(), Games()
    games.may_end.set()
    async with a_guest(transport, games) as (connection, task):
        connection.message_received(frame(watch("g")))
        await asyncio.wait_for(task, 5)
        assert transport.closed_with == TRY_LATER


async def test_watching_ends_with_the_connection() -> None:
    """Else a game would stay in memory for a peer that is gone."""
    transport, live = FakeTransport(), game("g", 2)
    async with a_guest(transport, Games(live)) as (connection, task):
        connection.message_received(frame(watch("g")))
        await turns(5)
        assert live.is_watched
        connection.connection_lost()
        await asyncio.wait_for(task, 5)
        assert not live.is_watched


async def test_a_game_that_is_discarded_has_its_watchers_come_back() -> None:
    transport, live = FakeTransport(), game("g", 2)
    async with a_guest(transport, Games(live)) as (connection, task):
        connection.message_received(frame(watch("g")))
        await turns(5)
        live.discard()
        await asyncio.wait_for(task, 5)
        assert transport.closed_with == COME_BACK


async def test_a_peer_that_stays_stalled_or_lets_nothing_close_is_cut_off() -> None:
    loop = asyncio.get_running_loop()
    for closes in (False, True):
        transport = FakeTransport()
        async with a_guest(transport, Games()) as (connection, _):
            transport.stall()
            if closes:
                for _ in range(MAX_BAD_FRAMES):
                    connection.message_received("nonsense")
            connection.abort_if_stalled(loop.time() + 5)
            assert not transport.is_aborted
            connection.abort_if_stalled(loop.time() + (15 if closes else 31))
            assert transport.is_aborted
