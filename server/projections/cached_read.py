"""What was read, kept until it may have changed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

T = TypeVar("T")

MAX_AGE_S: Final = 1.0


class CachedRead(Generic[T]):
    """Answers any number of callers from one read, and reads again only after `invalidate`, or when it is too old.

    There is one read at a time: callers that find the value out of date wait for the one in progress, if that began
    after the change, and otherwise for the next. So the number of reads follows the changes and not the callers.
    One of the callers runs the read; when it fails or is cancelled, the next one runs it again.

    `read` is given the caller's deadline, a time of the clock `now` in seconds, which is the event loop's.
    """

    def __init__(
        self, read: Callable[[float], Awaitable[T]], now: Callable[[], float], *, max_age_s: float = MAX_AGE_S
    ) -> None:
        self._read = read
        self._now = now
        self._max_age_s = max_age_s
        self._lock = asyncio.Lock()
        self._changes = 0
        self._latest: tuple[T, int, float] | None = None

    def invalidate(self) -> None:
        """Say that what was read, and what is being read, may be out of date."""
        self._changes += 1

    async def get(self, deadline: float) -> T:
        """Return the value as it was at the last `invalidate` before this call, or later.

        Raises:
            TimeoutError: it was not read before the deadline.
            Exception: what `read` raises.
        """
        wanted = self._changes
        if (latest := self._latest_of(wanted)) is not None:
            return latest[0]
        async with asyncio.timeout_at(deadline), self._lock:
            if (latest := self._latest_of(wanted)) is None:
                changes, began_at = self._changes, self._now()
                latest = self._latest = (await self._read(deadline), changes, began_at)
            return latest[0]

    def _latest_of(self, changes: int) -> tuple[T, int, float] | None:
        """Return what was read last if it began after so many changes, and not too long ago."""
        if self._latest is None:
            return None
        _, read_after, began_at = self._latest
        is_fresh = read_after >= changes and self._now() - began_at <= self._max_age_s
        return self._latest if is_fresh else None
