"""A client of the load generator, against a server whose every byte is chosen: it must not see breaches itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from tests.checking.journal import Command, Event
from tests.checking.messages import Accepted, Rejected
from tests.load.client import CONNECTION_FAILED, Client, View
from tests.load.figures import Figures

WELCOME = {"type": "welcome", "protocol": 1, "player": None}
TIME_LIMIT_S = 10.0

Json = dict[str, Any]


@dataclass(eq=False)
class Game:
    """A game at version 2 which Ann moves in as soon as she sees that it has gone on."""

    ann: Client
    id: str = "g"
    commands: list[Command] = field(default_factory=list)

    def saw(self, view: View, events: list[Event]) -> None:
        for event in events:
            view.version = event.version
            if event.version > 2:
                self.commands.append(Command(uuid4(), self.id, "ann", event.version, "D"))
                self.ann.send(self.commands[-1], self)

    def answered(self, client: Client, command: Command, answer: Accepted | Rejected) -> None:
        raise AssertionError("nothing is answered here")

    def complain(self, promise: str, what: str, trace: list[str]) -> None:
        raise AssertionError(what)


@dataclass(eq=False)
class Owner:
    figures: Figures = field(default_factory=Figures)
    has_lost: asyncio.Event = field(default_factory=asyncio.Event)
    has_complained: asyncio.Event = field(default_factory=asyncio.Event)
    complaints: list[str] = field(default_factory=list)

    def lost(self, client: Client) -> None:
        self.has_lost.set()

    def complain(self, promise: str, game: str, what: str) -> None:
        self.complaints.append(promise)
        self.has_complained.set()


@dataclass(eq=False)
class Peer:
    """The server's side of one websocket."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    protocol: ServerProtocol = field(default_factory=ServerProtocol)
    _received: list[Json] = field(default_factory=list)

    async def welcome(self) -> None:
        """Shake hands, and send the welcome in the same segment, as a fast server does."""
        while not (requests := self.protocol.events_received()):
            self.protocol.receive_data(await self.reader.readuntil(b"\r\n\r\n"))
        [request] = requests
        assert isinstance(request, Request)
        self.protocol.send_response(self.protocol.accept(request))
        self.send(WELCOME)

    def send(self, message: Json | msgspec.Raw) -> None:
        self.protocol.send_text(msgspec.json.encode(message))
        self.writer.write(b"".join(self.protocol.data_to_send()))

    async def receive(self) -> Json:
        """Return the next message."""
        while not self._received:
            self.protocol.receive_data(await self.reader.read(65536))
            for event in self.protocol.events_received():
                if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                    self._received.append(msgspec.json.decode(event.data))
        return self._received.pop(0)


@asynccontextmanager
async def serving(serve: Callable[[Peer], Awaitable[None]]) -> AsyncIterator[str]:
    """A server that does the same with each connection; gives its address."""
    peers: list[Peer] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.append(Peer(reader, writer))
        await serve(peers[-1])

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server, asyncio.timeout(TIME_LIMIT_S):
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws"
        for peer in peers:
            peer.writer.transport.abort()


async def test_a_welcome_that_comes_with_the_handshake_is_not_missed() -> None:
    """Else nothing would be watched after a server came back, and the server be blamed for telling nothing."""
    asked: asyncio.Future[Json] = asyncio.get_running_loop().create_future()

    async def serve(peer: Peer) -> None:
        await peer.welcome()
        asked.set_result(await peer.receive())

    async with serving(serve) as url:
        client = Client("ann", url, Owner())
        client.watch(Game(client), after=2)
        await client.connect()
        assert await asked == {"type": "watch", "game": "g", "after": 2}
        client.drop()


async def test_a_connection_that_is_lost_before_the_handshake_is_over_has_failed() -> None:
    """A server was killed at that moment: who took it for a connection would never connect again."""

    async def serve(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        peer.writer.close()

    async with serving(serve) as url:
        with pytest.raises(CONNECTION_FAILED):
            await Client("ann", url, Owner()).connect()


@pytest.mark.parametrize("nonsense", ['{"type":', '{"type":"greeting"}', '{"type":"events","game":"g"}'])
async def test_what_is_no_message_is_complained_of_and_the_connection_goes_on(nonsense: str) -> None:
    """To come again quietly would hide it: after that all events are there."""

    async def serve(peer: Peer) -> None:
        await peer.welcome()
        peer.send(msgspec.Raw(nonsense.encode()))

    async with serving(serve) as url:
        owner = Owner()
        client = Client("ann", url, owner)
        await client.connect()
        await owner.has_complained.wait()
        assert owner.complaints == ["a message that the protocol knows"]
        assert client.is_welcome
        client.drop()


async def test_a_command_that_comes_up_while_catching_up_is_sent_once() -> None:
    """Sent twice it would be answered twice, and the second answer looks like one to a question nobody asked."""
    async with playing() as (game, peers):
        await tell(await peers.get(), 1, 2)
        await lose(game)
        await tell(peer := await peers.get(), 3)
        sent = await peer.receive()
        game.ann.unwatch("g")
        assert (sent["type"], sent["id"]) == ("make_move", str(game.commands[0].id))
        assert (await peer.receive())["type"] == "unwatch"
        assert game.commands[0].doubts == 0


async def test_a_command_whose_answer_was_lost_is_sent_again_and_is_in_doubt() -> None:
    """Under its id, so that it is carried out once; only then may the answer be that it was a duplicate."""
    async with playing() as (game, peers):
        await tell(peer := await peers.get(), 1, 2, 3)
        once = await peer.receive()
        await lose(game)
        await tell(peer := await peers.get())
        assert await peer.receive() == once
        assert [command.doubts for command in game.commands] == [1]


@asynccontextmanager
async def playing() -> AsyncIterator[tuple[Game, asyncio.Queue[Peer]]]:
    """A game that a connected client watches, and the server's side of each of its connections."""
    peers: asyncio.Queue[Peer] = asyncio.Queue()

    async def serve(peer: Peer) -> None:
        await peer.welcome()
        peers.put_nowait(peer)

    async with serving(serve) as url:
        client = Client("ann", url, Owner(), player="ann")
        await client.connect()
        client.watch(game := Game(client))
        yield game, peers
        client.drop()


async def lose(game: Game) -> None:
    """Lose the connection, and connect again."""
    owner = game.ann.owner
    assert isinstance(owner, Owner)
    game.ann.drop()
    await owner.has_lost.wait()
    await game.ann.connect()


async def tell(peer: Peer, *versions: int) -> None:
    """Answer a `watch` with events of these versions."""
    assert (await peer.receive())["type"] == "watch"
    events = [{"version": version, "type": "MoveMade", "data": {}, "at": ""} for version in versions]
    peer.send({"type": "events", "game": "g", "events": events, "players": {}})
