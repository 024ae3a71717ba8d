"""Callers at the same time share a read, and each gets one that began after it called."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.database.shared_read import SharedRead


def soon(seconds: float = 10.0) -> float:
    return asyncio.get_running_loop().time() + seconds


class Log:
    """A log that is read slowly; what a reader holds is what was committed when the read began."""

    def __init__(self, failures: set[int] | None = None, turns: int = 3) -> None:
        self.committed = 0
        self.reads = 0
        self.held = 0
        self._failures = failures or set()
        self._turns = turns

    async def read(self, _deadline: float) -> None:
        self.reads += 1
        number, found = self.reads, self.committed
        for _ in range(self._turns):
            await asyncio.sleep(0)
        if number in self._failures:
            raise ConnectionError
        self.held = max(self.held, found)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30), st.sets(st.integers(1, 8)))
async def test_whatever_was_committed_before_a_call_is_in_what_it_leads_to(
    pauses: list[int], failures: set[int]
) -> None:
    """At any times of commits and calls, with reads that fail in between."""
    log = Log(failures)
    shared = SharedRead(log.read)

    async def call() -> bool:
        wanted = log.committed
        try:
            await shared(soon())
        except ConnectionError:
            return False
        assert log.held >= wanted
        return True

    calls = []
    for pause in pauses:
        log.committed += 1
        calls.append(asyncio.create_task(call()))
        for _ in range(pause):
            await asyncio.sleep(0)
    answers = await asyncio.gather(*calls)
    assert answers.count(False) <= len(failures), "a failure is that of one caller"
    assert shared.callers == 0


async def test_any_number_of_callers_at_once_share_a_read() -> None:
    log = Log()
    shared = SharedRead(log.read)
    await asyncio.gather(*(shared(soon()) for _ in range(1000)))
    assert log.reads <= 2


async def test_a_caller_that_gives_up_keeps_nobody_from_reading() -> None:
    log = Log(turns=50)
    shared = SharedRead(log.read)
    first, second = (asyncio.create_task(shared(soon())) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert first.cancelled()
    assert log.reads == 2


async def test_a_caller_waits_until_its_deadline() -> None:
    hanging = SharedRead(lambda _deadline: asyncio.sleep(10))
    slow = asyncio.create_task(hanging(soon()))
    for late in (-1.0, 0.05):
        with pytest.raises(TimeoutError):
            await hanging(soon(late))
    slow.cancel()
    await asyncio.gather(slow, return_exceptions=True)
