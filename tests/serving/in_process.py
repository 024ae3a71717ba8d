"""The application under our own server, in the process of the test, and a peer of bare bytes."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.request import Request, urlopen

from server.app import create_app
from server.serving.single import OrderlyServer, uvicorn_config
from server.settings.settings import read_settings
from tests.processes import SECRET

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
TEXT, CLOSE, PING = 0x81, 0x88, 0x89


@asynccontextmanager
async def serving(database_url: str) -> AsyncIterator[int]:
    """Serve until the end of the block; gives the port."""
    settings = read_settings({"database_url": database_url}, {"FOURFOLD_SECRET": SECRET})
    app = create_app(settings)
    ready = asyncio.Event()
    server = OrderlyServer(uvicorn_config(app, settings), app, ready.set)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        task = asyncio.create_task(server.serve([listener]))
        try:
            async with asyncio.timeout(20):
                await ready.wait()
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task


@asynccontextmanager
async def peer_of(
    port: int, *, token: str | None = None, receive_buffer: int | None = None
) -> AsyncIterator[socket.socket]:
    """A peer whose handshake is done, a guest without a token; it reads only what the test reads."""
    loop = asyncio.get_running_loop()
    with socket.socket() as peer:
        if receive_buffer is not None:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        peer.setblocking(False)
        await loop.sock_connect(peer, ("127.0.0.1", port))
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        await loop.sock_sendall(peer, HANDSHAKE + authorization.encode() + b"\r\n")
        assert (await loop.sock_recv(peer, 12)).endswith(b"101")
        yield peer


async def close_code_of(peer: socket.socket) -> int:
    """Read on until the server closes, and return the code of its close frame."""
    said = b""
    while more := await asyncio.get_running_loop().sock_recv(peer, 65_536):
        said += more
        if said[-4:-2] == bytes((CLOSE, 2)):
            break
    return int.from_bytes(said[-2:])


def frame(message: object, opcode: int = TEXT) -> bytes:
    """A masked frame of less than 126 bytes (RFC 6455 §5.2); the mask is zero."""
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    return bytes([opcode, 0x80 | len(payload)]) + bytes(4) + payload


async def post(port: int, path: str, body: object, token: str = "") -> dict[str, str]:
    """Ask over HTTP."""

    def ask() -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        request = Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), headers)
        with urlopen(request, timeout=10) as answer:
            answered: dict[str, str] = json.load(answer)
            return answered

    return await asyncio.to_thread(ask)


async def send_until_cut_off(peer: socket.socket, data: bytes) -> None:
    """Send without ever reading; a peer that is only closed, and not cut off, hangs here until the time is up."""
    async with asyncio.timeout(20):
        while True:
            await asyncio.get_running_loop().sock_sendall(peer, data)
