"""A peer that stays connected but never reads is cut off, and takes nothing with it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.request import Request, urlopen

import pytest

from server.app import create_app
from server.config import read_settings
from server.serving.single import OrderlyServer, uvicorn_config
from server.transport import sockets
from tests.processes import SECRET

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@asynccontextmanager
async def serving(database_url: str) -> AsyncIterator[int]:
    """The application under our own server, in this process; gives its port."""
    settings = read_settings({"database_url": database_url}, {"FOURFOLD_SECRET": SECRET})
    app = create_app(settings)
    ready = asyncio.Event()
    server = OrderlyServer(uvicorn_config(app, "127.0.0.1"), app, ready.set)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        task = asyncio.create_task(server.serve([listener]))
        try:
            async with asyncio.timeout(20):
                await ready.wait()
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task


def frame(message: object) -> bytes:
    """A masked text frame of less than 126 bytes (RFC 6455 §5.2); the mask is zero."""
    text = json.dumps(message).encode()
    return bytes([0x81, 0x80 | len(text)]) + bytes(4) + text


def post(port: int, path: str, body: object, token: str = "") -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), headers)
    with urlopen(request, timeout=10) as answer:
        answered: dict[str, str] = json.load(answer)
        return answered


async def send_until_cut_off(peer: socket.socket, data: bytes) -> None:
    """Send without ever reading; a peer that is only closed, and not cut off, hangs here until the time is up."""
    async with asyncio.timeout(20):
        while True:
            await asyncio.get_running_loop().sock_sendall(peer, data)


async def test_a_peer_that_never_reads_is_cut_off(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing politely would wait for it to read; its connection would stay, uncounted, for as long as it likes."""
    monkeypatch.setattr(sockets, "UNREAD_LIMIT_S", 0.3)
    async with serving(database_url) as port:
        ann = await asyncio.to_thread(post, port, "/api/players", {"name": "Ann"})
        game = await asyncio.to_thread(post, port, "/api/games", {}, ann["token"])
        loop = asyncio.get_running_loop()
        with socket.socket() as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.setblocking(False)
            await loop.sock_connect(peer, ("127.0.0.1", port))
            await loop.sock_sendall(peer, HANDSHAKE)
            assert (await loop.sock_recv(peer, 12)).endswith(b"101")
            ask = frame({"type": "watch", "game": game["id"], "after": 0})
            with pytest.raises(ConnectionError):
                await send_until_cut_off(peer, ask)
