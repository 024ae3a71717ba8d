"""One read for many callers: what all of them ask for at the same time is read once."""

import asyncio
from collections.abc import Awaitable, Callable


class SharedRead:
    """Runs `read` so that callers at the same time share one run, and each gets one that began after it called.

    So whatever was committed before a call is in what the call leads to. One of the callers runs it, hence no task
    is left behind; when that one fails or is cancelled, the next one runs it again: nobody shares a failure.
    `read` is given the deadline of the caller that runs it (a time of the event loop).
    """

    __slots__ = ("_begun", "_done", "_lock", "_read", "callers")

    def __init__(self, read: Callable[[float], Awaitable[None]]) -> None:
        self._read = read
        self._lock = asyncio.Lock()
        self._begun = 0
        self._done = 0
        self.callers = 0
        """How many wait for a read, the one who runs it included."""

    async def __call__(self, deadline: float) -> None:
        """Return after a read that began after this call.

        Raises:
            TimeoutError: there was none before `deadline`.
            Exception: what `read` raises.
        """
        wanted = self._begun + 1
        self.callers += 1
        try:
            async with asyncio.timeout_at(deadline), self._lock:
                if self._done < wanted:
                    self._begun += 1
                    this_read = self._begun
                    await self._read(deadline)
                    self._done = this_read
        finally:
            self.callers -= 1
