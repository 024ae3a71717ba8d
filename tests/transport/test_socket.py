"""A socket on a wire of the test: what is put off, what is said last, and when it has nothing to do."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

from server.application.command_path import CommandPath
from server.application.live_games import LiveGames
from server.application.names import Names
from server.eventstore.errors import StoreUnavailableError
from server.transport.websocket.connection import TOO_LARGE, Socket
from server.transport.websocket.flush_scheduler import Courier
from server.transport.websocket.messages import ErrorMessage
from server.transport.websocket.outbox import MAX_REPLIES_WAITING, Outbox
from server.transport.websocket.wire import Peer


@dataclass
class FakeWire:
    """A wire whose peer reads when the test says so."""

    is_writable: bool = True
    peer: Peer | None = None
    written: list[bytes] = field(default_factory=list)
    is_held: bool = False
    closed_with: int | None = None
    room: int | None = None
    """How many writes there is room for; None for any number."""

    def attach(self, peer: Peer) -> None:
        self.peer = peer

    def write(self, frames: bytes) -> None:
        assert self.closed_with is None, "written after the close"
        self.written.append(frames)
        if self.room is not None:
            self.room -= 1
            self.is_writable = self.room > 0

    def hold(self) -> None:
        self.is_held = True

    def go_on(self) -> None:
        self.is_held = False

    async def close(self, code: int) -> None:
        while not self.is_writable:  # noqa: ASYNC110 - a fake
            await asyncio.sleep(0)
        self.closed_with = code
        assert self.peer is not None
        self.peer.lost()

    def abort(self) -> None:
        raise AssertionError("nobody is stuck here")

    def make_room(self, writes: int) -> None:
        """Let the peer read."""
        self.room, self.is_writable = writes, True
        assert self.peer is not None
        self.peer.writable()


class NoGames:
    """Games of which every read fails or hangs."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_fail = asyncio.Event()

    def in_memory(self, _game: str) -> None:
        return None

    async def get(self, _game: str) -> None:
        self.asked += 1
        await self.may_fail.wait()
        raise StoreUnavailableError


@asynccontextmanager
async def a_guest(wire: FakeWire, games: NoGames) -> AsyncIterator[tuple[Socket, "asyncio.Task[None]"]]:
    outbox = Outbox(cast("Names", None))
    socket = Socket(
        wire,
        None,
        outbox,
        games=cast("LiveGames", games),
        commands=cast("CommandPath", None),
        courier=Courier(),
    )
    task = asyncio.create_task(socket.serve())
    try:
        await turns(3)
        yield socket, task
    finally:
        socket.lost()
        games.may_fail.set()
        await asyncio.wait([task], timeout=5)


async def turns(count: int) -> None:
    """Let the event loop turn so often."""
    for _ in range(count):
        await asyncio.sleep(0)


def move(game: str = "g") -> str:
    return json.dumps(
        {
            "type": "make_move",
            "id": "6f1c3f0e-9a7f-4c53-9dc9-0f6a3f1f7a11",
            "game": game,
            "expected_version": 2,
            "column": "D",
        }
    )


async def test_what_has_to_be_read_holds_the_peer_and_wakes_nobody_meanwhile() -> None:
    """A socket that can't go on must not look again and again: that was a whole core for one peer."""
    wire, games = FakeWire(), NoGames()
    async with a_guest(wire, games) as (socket, _):
        flushes = FlushCount(wire)
        for _ in range(5):
            socket.take(move())
        await turns(200)
        assert wire.is_held
        assert games.asked == 1  # in their order, one after the other
        assert flushes() < 10


class FlushCount:
    """How often a socket asked whether there is room: it does so in each flush."""

    def __init__(self, wire: FakeWire) -> None:
        self.asked = 0
        counter = self

        class Counting(type(wire)):  # type: ignore[misc]
            def __getattribute__(self, name: str) -> object:
                if name == "is_writable":
                    counter.asked += 1
                return object.__getattribute__(self, name)

        wire.__class__ = Counting

    def __call__(self) -> int:
        return self.asked


async def test_a_peer_that_reads_no_replies_is_read_no_more_until_it_does() -> None:
    """And its socket does nothing meanwhile."""
    wire, games = FakeWire(), NoGames()
    async with a_guest(wire, games) as (socket, _):
        wire.is_writable = False
        socket.full()
        for _ in range(MAX_REPLIES_WAITING + 1):
            socket.reply(ErrorMessage("bad_message", "unread"))
        flushes = FlushCount(wire)
        socket.take(json.dumps({"type": "unwatch", "game": "g"}))
        await turns(200)
        assert wire.is_held
        assert flushes() < 10
        wire.make_room(1000)
        await turns(10)
        assert not wire.is_held


async def test_the_last_words_come_before_the_close_however_slowly_they_are_read() -> None:
    """A peer must learn of every answer that was owed, then why it has to go: not only the code."""
    wire, games = FakeWire(), NoGames()
    async with a_guest(wire, games) as (socket, task):
        wire.written.clear()
        wire.is_writable = False
        socket.full()
        for _ in range(5):
            socket.take("nonsense")
        socket.take("x" * 5000)
        await turns(10)
        assert wire.closed_with != TOO_LARGE
        for _ in range(20):
            if wire.closed_with is None:
                wire.make_room(1)
                await turns(10)
        assert wire.closed_with == TOO_LARGE
        said = b"".join(wire.written)
        assert said.count(b'"bad_message"') == 5
        assert said.count(b'"too_large"') == 1
        await asyncio.wait_for(task, 5)
