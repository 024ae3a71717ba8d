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
from starlette.applications import Starlette
from starlette.types import Message

from server import system as composition
from server.app import create_app
from server.application.live_games import LiveGames
from server.serving.uvicorn_adapter import http as uvicorn_http
from server.serving.uvicorn_adapter.http import HttpAdapter
from server.settings.settings import read_settings
from server.transport.encoding import EncodedGames
from server.transport.http.event_streams import EventStreams
from tests.processes import SECRET
from tests.serving.in_process import post, serving
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
    made = _with_limits(monkeypatch, **limits)
    app = create_app(read_settings({"database_url": database_url}, {"FOURFOLD_SECRET": SECRET}))
    async with app.router.lifespan_context(app), asking(app) as http:
        token = (await http.post("/api/players")).json()["token"]
        opened = await http.post("/api/games", headers={"Authorization": f"Bearer {token}"})
        yield Stage(app, made[0], opened.json()["id"])


@dataclass
class Client:
    """A client of one stream."""

    stage: Stage
    address: str = STRANGER
    method: str = "GET"
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    got: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator["asyncio.Task[None]"]:
        """Ask for the stream; gives the task that serves it."""
        scope = scope_of(self.method, self.stage.path, self.address, accept="text/event-stream")
        task = asyncio.create_task(self.stage.app(scope, self._receive, self._send))
        try:
            yield task
        finally:
            self.gone.set()
            await asyncio.wait_for(task, 10)

    async def status(self) -> int:
        """Read up to the head of the response."""
        return int((await asyncio.wait_for(self.got.get(), 10))["status"])

    async def _receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self.got.put_nowait(message)


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


async def test_a_client_that_never_reads_is_cut_off_and_its_stream_is_free_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Closing would wait for it to read what is on its way. And nobody can fill the log like this."""
    monkeypatch.setattr(uvicorn_http, "UNREAD_LIMIT_S", 0.2)
    streams = _with_limits(monkeypatch, heartbeat_s=0.0001)
    _keep_little_for_clients(monkeypatch)
    async with (
        serving(database_url) as port,
        asyncio.timeout(20),
        _reading_nothing(port, await _path_of_a_game(port)) as peer,
    ):
        while streams[0].count == 0:  # noqa: ASYNC110 - nothing tells when a request has arrived
            await asyncio.sleep(0.01)
        while streams[0].count:  # noqa: ASYNC110 - nothing tells when a request has ended
            await asyncio.sleep(0.01)
        await _read_to_the_end(peer)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def _with_limits(monkeypatch: pytest.MonkeyPatch, **limits: Any) -> list[EventStreams]:
    """Give the streams of the application to be made other limits; returns where they will be."""
    made: list[EventStreams] = []

    def make(games: LiveGames, encoded: EncodedGames) -> EventStreams:
        made.append(EventStreams(games, encoded, **limits))
        return made[0]

    monkeypatch.setattr(composition, "EventStreams", make)
    return made


def _keep_little_for_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the server and the system keep so little for a client that a few hundred heartbeats fill it."""
    connection_made = HttpAdapter.connection_made

    def with_small_buffers(self: HttpAdapter, transport: asyncio.Transport) -> None:
        connection_made(self, transport)
        transport.set_write_buffer_limits(high=1024)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)

    monkeypatch.setattr(HttpAdapter, "connection_made", with_small_buffers)


async def _path_of_a_game(port: int) -> str:
    token = (await post(port, "/api/players", {}))["token"]
    return f"/api/games/{(await post(port, '/api/games', {}, token))['id']}/events"


@asynccontextmanager
async def _reading_nothing(port: int, path: str) -> AsyncIterator[socket.socket]:
    """A client that has asked for a stream."""
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
