"""Guests with bad intentions: what each of them tried once stopped a process, or everybody's moves."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import psutil
import pytest
from websockets.frames import Frame

from server.serving.uvicorn_adapter import websocket
from server.transport.websocket import connection
from tests.serving.in_process import CLOSE, PING, TEXT, frame, peer_of, post, serving

MIB = 2**20
CONTINUATION, PONG = 0x80, 0x8A
UNFINISHED_TEXT, UNFINISHED_CONTINUATION = 0x01, 0x00

FLOODS = {
    "pongs": frame(b"", PONG),
    "pings": frame(b"", PING),
    "fragments": frame(b"", UNFINISHED_CONTINUATION),
    "bytes": frame(b" ", UNFINISHED_CONTINUATION),
}


@pytest.fixture
async def port(database_url: str) -> AsyncIterator[int]:
    async with serving(database_url) as port:
        yield port


async def flood(peer: socket.socket, data: bytes, most: int) -> bytes:
    """Send for as long as the server listens, and return what it says meanwhile."""
    loop = asyncio.get_running_loop()
    sent, said = 0, b""
    while sent < most:
        try:
            await asyncio.wait_for(loop.sock_sendall(peer, data), 5)
            sent += len(data)
        except (TimeoutError, ConnectionError):
            break
    try:
        while more := await asyncio.wait_for(loop.sock_recv(peer, 65_536), 5):
            said += more
    except (TimeoutError, ConnectionError):
        pass
    return said


def close_code(said: bytes) -> int | None:
    """The code in a close frame at the end of what a server sent."""
    at = said.rfind(bytes((CLOSE, 2)))
    return int.from_bytes(said[at + 2 : at + 4]) if at >= 0 else None


@pytest.mark.parametrize("kind", FLOODS)
async def test_a_flood_of_frames_without_a_message_ends_with_a_reason(port: int, kind: str) -> None:
    """One guest delayed everybody's moves by seconds, and empty fragments took memory without end."""
    before = psutil.Process().memory_info().rss
    async with peer_of(port) as peer:
        await asyncio.get_running_loop().sock_sendall(peer, frame(b"{", UNFINISHED_TEXT))
        said = await flood(peer, FLOODS[kind] * 2000, 4 * MIB)
    assert close_code(said) == (1009 if kind in ("fragments", "bytes") else 1008)
    assert psutil.Process().memory_info().rss - before < 8 * MIB


async def test_a_flood_is_parsed_in_slices_with_others_turns_between(port: int) -> None:
    """256 KiB arrive in one read; others are served after the first kilobyte of it, not after the last."""
    handled: list[int] = []
    original = websocket.WebSocketAdapter.handle_pong
    turn = 0

    def counting(self: websocket.WebSocketAdapter, event: Frame) -> None:
        handled.append(turn)
        original(self, event)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(websocket.WebSocketAdapter, "handle_pong", counting)
        async with peer_of(port) as peer:
            await asyncio.get_running_loop().sock_sendall(peer, FLOODS["pongs"] * 1500)
            async with asyncio.timeout(20):
                while len(handled) < 1500:
                    turn += 1
                    await asyncio.sleep(0)
    most = max(handled.count(number) for number in set(handled))
    assert most <= 2 * websocket.SLICE_BYTES / len(FLOODS["pongs"])


async def test_honest_frames_are_no_flood(port: int) -> None:
    """A client that pings every 20 s, a message in a few fragments, a long catch-up: all of that is usual."""
    async with peer_of(port) as peer:
        loop = asyncio.get_running_loop()
        text = json.dumps({"type": "watch", "game": "nowhere", "after": 0}).encode()
        for _ in range(20):
            await loop.sock_sendall(peer, frame(b"", PING))
            pieces = [frame(text[:9], UNFINISHED_TEXT), frame(text[9:20], UNFINISHED_CONTINUATION)]
            await loop.sock_sendall(peer, b"".join(pieces) + frame(text[20:], CONTINUATION))
        said = b""
        async with asyncio.timeout(10):
            while said.count(b'"unknown_game"') < 20:
                said += await loop.sock_recv(peer, 65_536)


async def test_guests_that_close_with_deferred_frames_and_read_nothing_stop_nobody(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of them made the process spin for ever in one callback: no answer to anybody, no SIGTERM, a whole core.

    The bucket is spent with watches; then one segment brings watches of unknown games (which are deferred), enough
    frames beyond the rate for the socket to become unwritable with replies left, and a frame that is too large. How
    many frames that takes depends on the buffers of the system, so there is a guest for each number.
    """
    monkeypatch.setattr(connection, "CLOSE_LIMIT_S", 0.5)
    monkeypatch.setattr(websocket, "CLOSE_LIMIT_S", 0.5)
    loop = asyncio.get_running_loop()
    ann = await post(port, "/api/players", {"name": "Ann"})
    game = await post(port, "/api/games", {}, ann["token"])
    known, unknown = (frame({"type": "watch", "game": name, "after": 0}) for name in (game["id"], "nowhere"))
    large = bytes((TEXT, 0x80 | 126)) + (5000).to_bytes(2) + bytes(4) + b"x" * 5000
    async with AsyncExitStack() as guests, asyncio.timeout(60):
        peers = [await guests.enter_async_context(peer_of(port, receive_buffer=4096)) for _ in range(30)]
        for count, peer in enumerate(peers):
            with suppress(ConnectionError, TimeoutError):
                await asyncio.wait_for(loop.sock_sendall(peer, known * 1005), 2)
                await asyncio.wait_for(loop.sock_sendall(peer, unknown * 8 + known * (620 + 20 * count) + large), 2)
            assert (await post(port, "/api/players", {"name": "Bob"}))["name"] == "Bob"
        for peer in peers:
            while await is_open(peer):  # noqa: ASYNC110 - the peer must not read, so nothing tells it
                await asyncio.sleep(0.05)
    assert (await post(port, "/api/players", {"name": "Eve"}))["name"] == "Eve"


async def is_open(peer: socket.socket) -> bool:
    """Whether the server still keeps this connection; nothing is read from it."""
    try:
        await asyncio.get_running_loop().sock_sendall(peer, FLOODS["pongs"])
    except ConnectionError:
        return False
    return True


@asynccontextmanager
async def refused(port: int, handshake: bytes) -> AsyncIterator[bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(handshake)
        yield await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


@pytest.mark.parametrize("version", [b"7", b"99", b"x"])
async def test_a_refused_handshake_is_answered_and_leaves_no_traceback(
    port: int, caplog: pytest.LogCaptureFixture, version: bytes
) -> None:
    handshake = (
        b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: " + version + b"\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    errors: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: errors.append(context))
    try:
        with caplog.at_level(logging.WARNING):
            async with refused(port, handshake) as said:
                assert said.startswith(b"HTTP/1.1 4")
            await asyncio.sleep(0.1)
    finally:
        asyncio.get_running_loop().set_exception_handler(None)
    assert errors == []
    assert caplog.records == []
