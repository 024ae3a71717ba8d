"""What was read is kept until it may have changed, or is too old."""

import asyncio

import pytest

from server.projections.cached_read import MAX_AGE_S, CachedRead
from tests.application.clock import Clock


class Source:
    """Something that is read, with a number that grows with each read."""

    def __init__(self) -> None:
        self.reads = 0
        self.fails = False

    async def read(self, _deadline: float) -> int:
        self.reads += 1
        number = self.reads
        await asyncio.sleep(0)
        if self.fails:
            raise ConnectionError
        return number


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
async def cached(source: Source, clock: Clock) -> CachedRead[int]:
    return CachedRead(source.read, clock)


def soon() -> float:
    return asyncio.get_running_loop().time() + 10


async def test_it_is_read_once_until_it_changes(cached: CachedRead[int]) -> None:
    assert [await cached.get(soon()) for _ in range(3)] == [1, 1, 1]
    cached.invalidate()
    assert [await cached.get(soon()) for _ in range(3)] == [2, 2, 2]


async def test_it_is_read_again_when_it_is_too_old(cached: CachedRead[int], clock: Clock) -> None:
    """Nobody may have said that it changed."""
    assert await cached.get(soon()) == 1
    clock.now += MAX_AGE_S
    assert await cached.get(soon()) == 1
    clock.now += 0.001
    assert await cached.get(soon()) == 2


async def test_callers_during_a_read_wait_for_one_that_began_after_the_change(
    cached: CachedRead[int], source: Source
) -> None:
    before = [asyncio.create_task(cached.get(soon())) for _ in range(50)]
    await asyncio.sleep(0)
    cached.invalidate()
    after = [asyncio.create_task(cached.get(soon())) for _ in range(50)]
    assert await asyncio.gather(*before) == [1] * 50
    assert await asyncio.gather(*after) == [2] * 50
    assert source.reads == 2


async def test_a_failed_read_is_not_kept(cached: CachedRead[int], source: Source) -> None:
    source.fails = True
    with pytest.raises(ConnectionError):
        await cached.get(soon())
    source.fails = False
    assert await cached.get(soon()) == 2
