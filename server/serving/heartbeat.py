"""How a parent knows that the event loop of its worker turns: the loop writes into a pipe once a second.

A thread would go on writing while the loop stands still, and the process would live on without serving anybody.
"""

import asyncio
import os
from typing import Final

BEAT_EVERY_S: Final = 1.0

LOOK_EVERY_S: Final = 1.0
"""How long a parent may go without looking; a longer pause means that the parent itself was stopped."""

STANDSTILL_S: Final = 10.0
"""How long an event loop may stand still before its process is given up."""

_BEAT: Final = b"."
_READY: Final = b"!"
_MOST_BYTES: Final = 65_536


class Heartbeat:
    """The worker's end: what it writes into a pipe that never blocks."""

    def __init__(self, pipe: int) -> None:
        os.set_blocking(pipe, False)
        self._pipe = pipe

    def ready(self) -> None:
        """Tell the parent that this worker serves."""
        os.write(self._pipe, _READY)

    async def run(self) -> None:
        """Beat until the parent has gone."""
        while True:
            try:
                os.write(self._pipe, _BEAT)
            except BlockingIOError:
                pass  # the parent is stopped; when it goes on, it finds enough of them
            except BrokenPipeError:
                return
            await asyncio.sleep(BEAT_EVERY_S)


class Pulse:
    """The parent's end: whether the worker is ready, and for how long it has been silent.

    Only time in which the parent was running counts. After a pause of both (a suspended laptop, a stopped
    container) a worker has as much time as ever to write again.
    """

    def __init__(self, pipe: int, now_s: float) -> None:
        os.set_blocking(pipe, False)
        self.pipe = pipe
        self.is_ready = False
        self.silent_s = 0.0
        self._looked_at_s = now_s

    def look(self, now_s: float) -> None:
        """Read what came since the last look. While this process runs, it looks at least every `LOOK_EVERY_S`."""
        received = self._read()
        self.is_ready = self.is_ready or _READY in received
        passed_s = min(now_s - self._looked_at_s, LOOK_EVERY_S)
        self.silent_s = 0.0 if received else self.silent_s + passed_s
        self._looked_at_s = now_s

    def close(self) -> None:
        """Close the pipe."""
        os.close(self.pipe)

    def _read(self) -> bytes:
        try:
            return os.read(self.pipe, _MOST_BYTES)
        except BlockingIOError:
            return b""
