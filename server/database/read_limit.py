"""A bounded share of the database for reads that everybody may ask for, so that they can't starve the others."""

import asyncio
from types import TracebackType


class ReadsBusyError(Exception):
    """Too many reads are queued already; nothing was read. Ask again later."""


class ReadShare:
    """Lets `at_once` reads through together and has up to `max_queued` wait their turn: `async with share: …`.

    Those beyond that are refused at once, since a read that waits longer than its caller does is done for nobody.
    """

    def __init__(self, at_once: int, max_queued: int) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._max_queued = max_queued
        self._queued = 0

    async def __aenter__(self) -> None:
        """Wait for a turn.

        Raises:
            ReadsBusyError: `max_queued` wait already.
        """
        if self._turns.locked() and self._queued >= self._max_queued:
            raise ReadsBusyError(f"{self._max_queued} reads are queued already: ask again later")
        self._queued += 1
        try:
            await self._turns.acquire()
        finally:
            self._queued -= 1

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._turns.release()
