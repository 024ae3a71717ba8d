"""Has sockets write what they owe: once for all that happened in a turn of the event loop.

So an acceptance and the event it is about leave in one write, and thousands of watchers do not keep others waiting:
they are told a portion at a time.
"""

import asyncio
from itertools import islice
from typing import Final, Protocol

AT_ONCE: Final = 200
"""How many sockets write before everything else has its turn again."""


class Debtor(Protocol):
    """Who owes its peer something."""

    def flush(self) -> None:
        """Write it. Must not block or raise."""


class Courier:
    """The one courier of a process."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._owing: dict[Debtor, None] = {}

    def owe(self, debtor: Debtor) -> None:
        """Have `debtor` flush soon: once, however often this is called until then."""
        if not self._owing:
            self._loop.call_soon(self._go)
        self._owing[debtor] = None

    def _go(self) -> None:
        try:
            for debtor in list(islice(self._owing, AT_ONCE)):
                del self._owing[debtor]
                debtor.flush()
        finally:
            if self._owing:
                self._loop.call_soon(self._go)
