"""Reads that anybody may ask for have a share of the database, and no more."""

import asyncio

import pytest

from server.database.read_limit import ReadsBusyError, ReadShare


async def read(share: ReadShare, finish: asyncio.Event) -> None:
    async with share:
        await finish.wait()


async def test_those_beyond_the_share_and_its_queue_are_refused_at_once() -> None:
    share, finish = ReadShare(at_once=2, max_queued=3), asyncio.Event()
    reads = [asyncio.create_task(read(share, finish)) for _ in range(5)]
    await asyncio.sleep(0)
    with pytest.raises(ReadsBusyError):
        await read(share, finish)
    finish.set()
    await asyncio.gather(*reads)
    await read(share, finish)


async def test_no_more_than_the_share_are_carried_out_together() -> None:
    share, together, most = ReadShare(at_once=3, max_queued=100), 0, 0

    async def watched() -> None:
        nonlocal together, most
        async with share:
            together += 1
            most = max(most, together)
            await asyncio.sleep(0)
            together -= 1

    await asyncio.gather(*(watched() for _ in range(50)))
    assert most == 3


async def test_whoever_leaves_the_queue_leaves_its_place() -> None:
    share, finish = ReadShare(at_once=1, max_queued=1), asyncio.Event()
    first, queued = asyncio.create_task(read(share, finish)), asyncio.create_task(read(share, finish))
    await asyncio.sleep(0)
    queued.cancel()
    await asyncio.gather(queued, return_exceptions=True)
    second = asyncio.create_task(read(share, finish))
    await asyncio.sleep(0)
    finish.set()
    await asyncio.gather(first, second)


async def test_a_read_that_fails_gives_its_turn_back() -> None:
    share = ReadShare(at_once=1, max_queued=0)
    for _ in range(3):
        with pytest.raises(OSError, match="away"):
            async with share:
                raise OSError("away")
