"""The proxy breaks connections in the ways that its modes promise, and in no other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from tests.faults.proxy import DELAY_S, Mode, Proxy

TEXT = bytes(range(256)) * 40
SILENCE_S = 0.2


@dataclass
class Talk:
    """A connection through the proxy to somebody who says everything back."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, text: bytes) -> bytes:
        self.writer.write(text)
        async with asyncio.timeout(10):
            return await self.reader.readexactly(len(text))

    async def is_silent(self) -> bool:
        try:
            async with asyncio.timeout(SILENCE_S):
                return not await self.reader.read(1)
        except TimeoutError:
            return True


Begin = Callable[[], Awaitable[Talk]]


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    async with await asyncio.start_server(_echo, "127.0.0.1", 0) as echo:
        address = echo.sockets[0].getsockname()
        async with Proxy(lambda: (address[0], address[1])) as proxy:
            yield proxy


@asynccontextmanager
async def talking(proxy: Proxy) -> AsyncIterator[Talk]:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    yield Talk(reader, writer)
    writer.transport.abort()


@pytest.mark.parametrize("mode", [Mode.PASS, Mode.DELAY, Mode.DRIBBLE])
async def test_everything_arrives_in_order(proxy: Proxy, mode: Mode) -> None:
    proxy.set(mode)
    async with talking(proxy) as talk:
        assert await talk.say(TEXT) == TEXT


async def test_a_delayed_connection_takes_its_time(proxy: Proxy) -> None:
    clock = asyncio.get_running_loop().time
    async with talking(proxy) as talk:
        proxy.set(Mode.DELAY)
        began = clock()
        assert await talk.say(b"x") == b"x"
        assert clock() - began >= 2 * DELAY_S * 0.9


async def test_a_stalled_connection_says_nothing_and_loses_nothing(proxy: Proxy) -> None:
    async with talking(proxy) as talk:
        await talk.say(b"before")
        proxy.set(Mode.STALL)
        talk.writer.write(b"meanwhile")
        assert await talk.is_silent()
        proxy.set(Mode.PASS)
        assert await talk.reader.readexactly(9) == b"meanwhile"


async def test_half_open_connections_stay_so_and_new_ones_work(proxy: Proxy) -> None:
    async with talking(proxy) as old:
        await old.say(b"before")
        proxy.set(Mode.STALL, also_new=False)
        old.writer.write(b"in vain")
        async with talking(proxy) as new:
            assert await new.say(b"hello") == b"hello"
        assert await old.is_silent()


async def test_a_cut_ends_connections_and_a_later_one_works(proxy: Proxy) -> None:
    async with talking(proxy) as talk:
        await talk.say(b"before")
        proxy.cut()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await talk.say(b"in vain")
    async with talking(proxy) as talk:
        assert await talk.say(b"hello") == b"hello"


async def test_while_it_cuts_nobody_gets_through(proxy: Proxy) -> None:
    proxy.set(Mode.CUT)
    async with talking(proxy) as talk:
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await talk.say(b"in vain")


async def test_an_end_is_passed_on(proxy: Proxy) -> None:
    async with talking(proxy) as talk:
        await talk.say(b"before")
        talk.writer.write_eof()
        async with asyncio.timeout(10):
            assert await talk.reader.read() == b""


async def test_a_connection_that_both_sides_have_ended_is_closed(proxy: Proxy) -> None:
    """It has two descriptors: a proxy that keeps them has none left after some hundred connections."""
    async with talking(proxy) as talk:
        await talk.say(b"before")
        talk.writer.write_eof()
        await talk.reader.read()
        async with asyncio.timeout(10):
            while proxy.links:  # noqa: ASYNC110 - only a test wants to know
                await asyncio.sleep(0)
