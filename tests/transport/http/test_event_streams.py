"""Live streams of events: how many one network holds, and what becomes of a client that does not read its own."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.types import Message, Receive, Scope, Send

from server import app as composition
from server.application.live_games import LiveGames
from server.settings.settings import read_settings
from server.transport.http.event_streams import ABORT_EXTENSION, EventStreams
from tests.processes import SECRET
from tests.transport.http.application import asking, scope_of

STRANGER = "203.0.113.9"


@dataclass
class Stage:
    """An application whose streams have limits that a test can reach, and a game in it."""

    app: Starlette
    streams: EventStreams
    game: str

    @property
    def path(self) -> str:
        return f"/api/games/{self.game}/events"


@asynccontextmanager
async def staged(database_url: str, monkeypatch: pytest.MonkeyPatch, **limits: Any) -> AsyncIterator[Stage]:
    made: list[EventStreams] = []

    def make(games: LiveGames) -> EventStreams:
        made.append(EventStreams(games, **limits))
        return made[0]

    monkeypatch.setattr(composition, "EventStreams", make)
    app = composition.create_app(read_settings({"database_url": database_url}, {"FOURFOLD_SECRET": SECRET}))
    async with app.router.lifespan_context(app), asking(app) as http:
        token = (await http.post("/api/players")).json()["token"]
        opened = await http.post("/api/games", headers={"Authorization": f"Bearer {token}"})
        yield Stage(app, made[0], opened.json()["id"])


@dataclass
class Client:
    """A client of one stream; it reads while `reads` is set."""

    stage: Stage
    address: str = STRANGER
    method: str = "GET"
    can_be_cut: bool = True
    reads: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    got: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    was_cut: bool = False

    @asynccontextmanager
    async def connected(self) -> AsyncIterator["asyncio.Task[None]"]:
        """Ask for the stream; gives the task that serves it."""
        scope = scope_of(self.method, self.stage.path, self.address, accept="text/event-stream")
        scope["extensions"] = {ABORT_EXTENSION: self._cut} if self.can_be_cut else {}
        task = asyncio.create_task(self.stage.app(scope, self._receive, self._send))
        try:
            yield task
        finally:
            self.gone.set()
            self.reads.set()
            await asyncio.wait_for(task, 10)

    async def status(self) -> int:
        """Read up to the head of the response."""
        self.reads.set()
        return int((await asyncio.wait_for(self.got.get(), 10))["status"])

    def _cut(self) -> None:
        self.was_cut = True
        self.gone.set()

    async def _receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        await self.reads.wait()
        self.got.put_nowait(message)


async def test_a_client_that_does_not_read_is_cut_off(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing would wait for it to read what is on its way: its stream would stay for as long as it likes."""
    async with staged(database_url, monkeypatch, unread_limit_s=0.05) as stage:
        client = Client(stage)
        async with client.connected() as task:
            await asyncio.wait_for(asyncio.shield(task), 10)
            assert client.was_cut
            assert stage.streams.count == 0


async def test_a_client_that_stops_reading_later_is_cut_off_too(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(database_url, monkeypatch, unread_limit_s=0.05, heartbeat_s=0.001) as stage:
        client = Client(stage)
        async with client.connected() as task:
            assert await client.status() == 200
            client.reads.clear()
            await asyncio.wait_for(asyncio.shield(task), 10)
            assert client.was_cut


async def test_a_server_that_can_not_cut_gets_its_stream_back_all_the_same(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(database_url, monkeypatch, unread_limit_s=0.05) as stage:
        client = Client(stage, can_be_cut=False)
        async with client.connected() as task:
            await asyncio.wait_for(asyncio.shield(task), 10)
            assert stage.streams.count == 0


async def test_a_client_that_reads_is_left_alone(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Being quiet is not being stuck: nothing has happened in the game for longer than the limit."""
    async with staged(database_url, monkeypatch, unread_limit_s=0.05, heartbeat_s=0.1) as stage:
        client = Client(stage)
        async with client.connected() as task:
            assert await client.status() == 200
            beats = 0
            while beats < 3:
                message = await asyncio.wait_for(client.got.get(), 10)
                beats += b"still here" in message["body"]
            assert not task.done()
            assert not client.was_cut


async def test_one_network_can_not_take_every_stream(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        staged(database_url, monkeypatch, max_of_one_network=2) as stage,
        contextlib.AsyncExitStack() as stack,
    ):
        clients = [Client(stage) for _ in range(3)]
        for client in clients:
            await stack.enter_async_context(client.connected())
        assert [await client.status() for client in clients] == [200, 200, 429]
        for address in ("203.0.113.8", "127.0.0.1", "127.0.0.1", "127.0.0.1"):
            other = Client(stage, address)
            await stack.enter_async_context(other.connected())
            assert await other.status() == 200


async def test_a_client_that_leaves_makes_room_for_another(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(database_url, monkeypatch, max_of_one_network=1, max_streams=1) as stage:
        for _ in range(3):
            client = Client(stage)
            async with client.connected():
                assert await client.status() == 200
                assert stage.streams.count == 1
            assert stage.streams.count == 0


async def test_a_process_serves_so_many_streams_and_no_more(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(database_url, monkeypatch, max_streams=1) as stage:
        first, second = Client(stage, "203.0.113.1"), Client(stage, "203.0.113.2")
        async with first.connected(), second.connected():
            assert [await first.status(), await second.status()] == [200, 503]


async def test_asking_only_for_the_head_of_a_stream_takes_none(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(database_url, monkeypatch) as stage:
        client = Client(stage, method="HEAD")
        async with client.connected() as task:
            assert await client.status() == 200
            await asyncio.wait_for(asyncio.shield(task), 10)


async def test_streams_end_when_the_server_does(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A response that never ends would hold up every restart."""
    async with staged(database_url, monkeypatch) as stage:
        client, late = Client(stage), Client(stage)
        async with client.connected() as task:
            assert await client.status() == 200
            stage.app.state.begin_shutdown()
            await asyncio.wait_for(asyncio.shield(task), 10)
        async with late.connected() as task:
            assert await late.status() == 200
            await asyncio.wait_for(asyncio.shield(task), 10)


async def test_a_peer_that_never_reads_is_cut_off_on_the_network_too(
    database_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With real buffers between: it is cut once they are full, and nobody can fill the log that way."""
    async with (
        staged(database_url, monkeypatch, unread_limit_s=0.2, heartbeat_s=0.0001) as stage,
        _listening(stage.app) as port,
        _reading_nothing(port, stage.path) as peer,
        asyncio.timeout(20),
    ):
        while stage.streams.count == 0:  # noqa: ASYNC110 - nothing tells when a request has arrived
            await asyncio.sleep(0.01)
        while stage.streams.count:  # noqa: ASYNC110 - nothing tells when a request has ended
            await asyncio.sleep(0.01)
        await _read_to_the_end(peer)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@asynccontextmanager
async def _listening(app: Starlette) -> AsyncIterator[int]:
    """Serve an application that is running already; gives the port. Small buffers are full soon."""

    async def with_abort(scope: Scope, receive: Receive, send: Send) -> None:
        transport = send.__self__.transport  # type: ignore[attr-defined]
        transport.set_write_buffer_limits(high=1024)
        await app(dict(scope) | {"extensions": {ABORT_EXTENSION: transport.abort}}, receive, send)

    server = uvicorn.Server(uvicorn.Config(with_abort, http="httptools", lifespan="off", log_config=None))
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        task = asyncio.create_task(server.serve([listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await asyncio.wait_for(task, 10)


@asynccontextmanager
async def _reading_nothing(port: int, path: str) -> AsyncIterator[socket.socket]:
    loop = asyncio.get_running_loop()
    with socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.setblocking(False)
        await loop.sock_connect(peer, ("127.0.0.1", port))
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"
        await loop.sock_sendall(peer, head.encode())
        yield peer


async def _read_to_the_end(peer: socket.socket) -> None:
    """Read what was on its way, until there is no connection any more."""
    with contextlib.suppress(ConnectionError):
        while await asyncio.get_running_loop().sock_recv(peer, 65_536):
            pass
