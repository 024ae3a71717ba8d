"""How far a long command has come, on one line of a terminal; nothing at all where nobody watches."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

_EVERY_S = 0.2
_CLEAR = "\r\x1b[K"


class Progress:
    """Counts events. Within its block the line is drawn a few times a second; at the end it is gone."""

    def __init__(self, verb: str, total: int, screen: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._verb = verb
        self._total = total
        self._screen = screen if screen.isatty() else None
        self._clock = clock
        self._began = self._drawn = clock()
        self._done = 0

    def add(self, events: int) -> None:
        """Count what was done since the last time."""
        self._done += events
        now = self._clock()
        if self._screen is not None and now - self._drawn >= _EVERY_S:
            self._drawn = now
            percent = f" ({100 * self._done // self._total} %)" if self._total else ""
            self._screen.write(f"{_CLEAR}{self.rate()}{percent}")
            self._screen.flush()

    def rate(self) -> str:
        """Say how many events were done, in how long, and how fast that was."""
        seconds = max(self._clock() - self._began, 1e-6)
        return f"{self._done:,} events {self._verb} in {seconds:,.1f} s, {self._done / seconds:,.0f} events/s"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._screen is not None:
            self._screen.write(_CLEAR)
            self._screen.flush()
