"""Requests without end, too slow, too many or no requests at all: each is answered and ended, and costs little."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import pytest

from server.serving.uvicorn_adapter import connection_limit, http
from server.serving.uvicorn_adapter.connection_limit import ConnectionLimit
from tests.serving.in_process import serving

KEY = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
UPGRADE = b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + KEY
CHUNKED = b"POST /api/players HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
TRAILERS = CHUNKED + b"0\r\n"
MIB = 2**20


@pytest.fixture
async def port(database_url: str) -> AsyncIterator[int]:
    async with serving(database_url) as port:
        yield port


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def answer_to(port: int, *pieces: bytes) -> bytes:
    """Everything the server says until it closes; the pieces are sent one by one, as long as it listens."""
    async with asyncio.timeout(30), connected(port) as (reader, writer):
        said = asyncio.create_task(reader.read())
        for piece in pieces:
            if said.done():
                break
            writer.write(piece)
            try:
                await writer.drain()
            except ConnectionError:
                break
        try:
            return await said
        except ConnectionError:
            return b"(reset)"


def rss() -> int:
    return int(psutil.Process().memory_info().rss)


@pytest.mark.parametrize(
    "begin",
    [b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b"GET /", UPGRADE + b"X: ", b"\r\n"],
    ids=["header", "target", "upgrade", "nothing"],
)
async def test_a_head_without_end_is_answered_and_grows_no_memory(port: int, begin: bytes) -> None:
    """It was read for ever: 110 MiB of header made 1.6 GiB of memory."""
    before = rss()
    filler = (b"\r\n" if begin == b"\r\n" else b"x") * 65_536
    said = await answer_to(port, begin, *([filler] * 500))
    assert said.startswith(b"HTTP/1.1 431 ") or said == b"(reset)", said[:80]
    assert rss() - before < 8 * MIB


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 120 + b"\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 24_000 + b"\r\n\r\n", b"431"),
        (UPGRADE + b"X: y\r\n" * 130 + b"\r\n", b"431"),
        (UPGRADE + b"X: " + b"y" * 24_000 + b"\r\n\r\n", b"431"),
        (UPGRADE + b"X: " + b"y" * 9_000 + b"\r\n\r\n", b"400"),
        (UPGRADE + b"Content-Length: 3\r\n\r\nabc", b"400"),
        (UPGRADE + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", b"400"),
        (b"NONSENSE\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00", b"400"),
        (CHUNKED + b"1;" + b"x" * 70_000, b"413"),
    ],
)
async def test_what_can_not_be_served_is_answered_and_closed(port: int, request_: bytes, status: bytes) -> None:
    """Some of these had no answer at all, and their connections stayed for as long as the client liked."""
    said = await answer_to(port, request_)
    assert said.startswith(b"HTTP/1.1 " + status), said[:80]


@pytest.mark.parametrize("rest", [b"X: y\r\n", b"1\r\nx\r\n"], ids=["trailers", "chunks"])
async def test_a_body_without_end_is_ended(port: int, rest: bytes) -> None:
    before = rss()
    begin = TRAILERS if rest.startswith(b"X") else CHUNKED
    await answer_to(port, begin, *([rest * 10_000] * 200))
    assert rss() - before < 8 * MIB


@pytest.mark.parametrize(
    "begin",
    [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n", CHUNKED + b"1\r\n"],
    ids=["silent", "line", "head", "body"],
)
async def test_a_request_that_takes_too_long_is_answered_and_closed(
    port: int, monkeypatch: pytest.MonkeyPatch, begin: bytes
) -> None:
    monkeypatch.setattr(http, "REQUEST_LIMIT_S", 0.3)
    assert (await answer_to(port, begin)).startswith(b"HTTP/1.1 408 ")


async def test_dripping_between_two_requests_keeps_no_connection_open(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Empty lines before a request are allowed, and are no request."""
    monkeypatch.setattr(http, "REQUEST_LIMIT_S", 0.3)
    async with asyncio.timeout(20), connected(port) as (reader, writer):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"}")
        writer.write(b"\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")


async def test_a_live_stream_outlives_the_time_for_a_request(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadline is for what the client sends, not for what it is sent."""
    monkeypatch.setattr(http, "REQUEST_LIMIT_S", 0.2)
    async with asyncio.timeout(20), connected(port) as (reader, writer):
        for _ in range(3):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            await reader.readuntil(b'"ok"}')
            await asyncio.sleep(0.3)


async def test_pipelined_requests_are_all_answered(port: int) -> None:
    async with asyncio.timeout(30), connected(port) as (reader, writer):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 2000)
        for _ in range(2000):
            await reader.readuntil(b'"ok"}')


async def test_a_client_that_reads_no_response_is_cut_off(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "UNREAD_LIMIT_S", 0.3)
    async with asyncio.timeout(30), connected(port) as (_, writer):
        with pytest.raises(ConnectionError):
            await ask_for_ever(writer)


async def ask_for_ever(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
        await writer.drain()


async def test_refused_connections_are_told_why(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ConnectionLimit, "admit", lambda _self, _host: False)
    assert (await answer_to(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")).startswith(b"HTTP/1.1 503 ")


def test_connections_are_counted_in_all_and_by_network() -> None:
    limit = ConnectionLimit(most=5, most_of_one_network=2)
    assert [limit.admit("192.0.2.1") for _ in range(3)] == [True, True, False]
    assert [limit.admit(host) for host in ("2001:db8::1", "2001:db8::2", "2001:db8::3")] == [True, True, False]
    assert [limit.admit("127.0.0.1") for _ in range(2)] == [True, False], "this machine counts in all"
    limit.release("192.0.2.1")
    assert limit.admit("192.0.2.1")


def test_trusted_proxies_carry_other_peoples_connections() -> None:
    limit = connection_limit(100, "192.0.2.0/24, 10.0.0.1")
    assert all(limit.admit("192.0.2.7") for _ in range(1000))


async def test_nothing_a_stranger_sends_is_worth_a_line_in_the_log(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    """3.2 KB of traceback for 58 bytes sent is a way to fill a disk."""
    with caplog.at_level(logging.WARNING):
        for request in (
            b"NONSENSE\r\n\r\n",
            UPGRADE.replace(b"13", b"99") + b"\r\n",
            UPGRADE.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"short") + b"\r\n",
            UPGRADE.replace(b"/ws", b"/nowhere") + b"\r\n",
            UPGRADE + b"X: " + b"y" * 9_000 + b"\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
            b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
        ):
            async with connected(port) as (reader, writer):
                writer.write(request)
                await asyncio.wait_for(reader.read(100), 10)
        async with connected(port) as (_, writer):
            writer.write(b"POST /api/players HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
            await writer.drain()
        assert await answer_to(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert [record.getMessage() for record in caplog.records] == []
