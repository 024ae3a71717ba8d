"""Peers that stay connected but don't read: they are cut off, and take nothing with them."""

import asyncio
import socket

import pytest

from server.serving.uvicorn_adapter import websocket as websockets
from server.transport.websocket import connection
from tests.serving.in_process import CLOSE, PING, frame, peer_of, post, send_until_cut_off, serving

SMALL = 4096


async def test_a_peer_that_never_reads_is_cut_off(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing politely would wait for it to read; its connection would stay, uncounted, for as long as it likes."""
    monkeypatch.setattr(connection, "UNREAD_LIMIT_S", 0.3)
    monkeypatch.setattr(websockets, "CLOSE_LIMIT_S", 0.3)
    async with serving(database_url) as port:
        ann = await post(port, "/api/players", {"name": "Ann"})
        game = await post(port, "/api/games", {}, ann["token"])
        async with peer_of(port, receive_buffer=SMALL) as peer:
            ask = frame({"type": "watch", "game": game["id"], "after": 0})
            with pytest.raises(ConnectionError):
                await send_until_cut_off(peer, ask)


async def test_pings_of_a_peer_that_never_reads_are_not_answered_for_ever(database_url: str) -> None:
    """Each answer would be kept for it: a flood of pings must not become a flood of memory."""
    async with serving(database_url) as port, peer_of(port, receive_buffer=SMALL) as peer:
        pings = frame(bytes(100), PING) * 1000
        sent = await sent_until_nobody_reads(peer, pings)
        assert sent < 64 * 2**20


async def sent_until_nobody_reads(peer: socket.socket, data: bytes) -> int:
    """Return how many bytes went out until nothing was taken for a second; not more than 128 MiB."""
    loop, sent = asyncio.get_running_loop(), 0
    while sent < 128 * 2**20:
        try:
            async with asyncio.timeout(1.0):
                await loop.sock_sendall(peer, data)
        except (TimeoutError, ConnectionError):  # it is read no more, or was cut off
            break
        sent += len(data)
    return sent


async def test_a_goodbye_of_a_peer_that_reads_no_answer_ends_its_connection(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies below the high-water mark would otherwise be waited for as long as the peer likes."""
    monkeypatch.setattr(websockets, "CLOSE_LIMIT_S", 0.2)
    async with serving(database_url) as port:
        ann = await post(port, "/api/players", {"name": "Ann"})
        game = await post(port, "/api/games", {}, ann["token"])
        async with peer_of(port, receive_buffer=SMALL) as peer:
            loop = asyncio.get_running_loop()
            watch = frame({"type": "watch", "game": game["id"], "after": 0})
            await loop.sock_sendall(peer, watch * 200 + frame(b"\x03\xe8", CLOSE))
            with pytest.raises(ConnectionError):
                await send_until_cut_off(peer, frame(b"", PING))
