"""Has sockets write what they owe: once for all that happened in a turn of the event loop.

So an acceptance and the event it is about leave in one write. Thousands of watchers do not keep others waiting:
they are told a portion at a time, and in each turn those come first who play, or wait for an answer.
"""

import asyncio
from itertools import islice
from typing import Final, Protocol

AT_ONCE: Final = 32
"""How many watchers, and how many others, write before everything else has its turn again."""


class Debtor(Protocol):
    """Who owes its peer something."""

    def flush(self) -> None:
        """Write it. Must not block or raise."""


class Courier:
    """The one courier of a process."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._urgent: dict[Debtor, None] = {}
        self._others: dict[Debtor, None] = {}

    def owe(self, debtor: Debtor, *, is_urgent: bool) -> None:
        """Have `debtor` flush soon: once, however often this is called until then."""
        if not self._urgent and not self._others:
            self._loop.call_soon(self._go)
        if is_urgent:
            self._others.pop(debtor, None)
            self._urgent[debtor] = None
        elif debtor not in self._urgent:
            self._others[debtor] = None

    def _go(self) -> None:
        try:
            for owing in (self._urgent, self._others):
                for debtor in list(islice(owing, AT_ONCE)):
                    del owing[debtor]
                    debtor.flush()
        finally:
            if self._urgent or self._others:
                self._loop.call_soon(self._go)
