"""Schedules writes: each connection with pending output flushes once in a turn of the event loop.

So an acceptance and the event it is about leave in one write. Thousands of watchers do not delay others: they are
flushed a portion at a time, and in each turn those come first who play or have a reply pending.
"""

import asyncio
from itertools import islice
from typing import Final, Protocol

AT_ONCE: Final = 32
"""How many urgent connections, and how many others, flush before everything else has its turn."""


class Flushable(Protocol):
    """A connection that may have pending output."""

    def flush(self) -> None:
        """Write what is pending. Must not block or raise."""


class FlushScheduler:
    """The flush scheduler of a process."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._urgent: dict[Flushable, None] = {}
        self._others: dict[Flushable, None] = {}

    def schedule(self, connection: Flushable, *, is_urgent: bool) -> None:
        """Have `connection` flush soon: once, however often this is called until then."""
        if not self._urgent and not self._others:
            self._loop.call_soon(self._flush_some)
        if is_urgent:
            self._others.pop(connection, None)
            self._urgent[connection] = None
        elif connection not in self._urgent:
            self._others[connection] = None

    def _flush_some(self) -> None:
        try:
            for scheduled in (self._urgent, self._others):
                for connection in list(islice(scheduled, AT_ONCE)):
                    del scheduled[connection]
                    connection.flush()
        finally:
            if self._urgent or self._others:
                self._loop.call_soon(self._flush_some)
