"""The background tasks of a process: it can't do without any of them, so it stops when one ends."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

_log = logging.getLogger(__name__)


def stop_this_process() -> None:
    """Ask this process to stop in an orderly way; its parent, or the system, starts it again."""
    signal.raise_signal(signal.SIGTERM)


class Background:
    """Runs the parts of a process, and calls `stop` when one of them ends too early.

    Without it the others would look healthy and be useless: a server that no longer follows the log, for example.
    It makes no difference how it ended: returned, failed, or cancelled by mistake.
    """

    def __init__(self, stop: Callable[[], None] = stop_this_process) -> None:
        self.has_failed = False
        """Whether a part ended too early."""
        self.is_stopping = False
        """Whether the process stops, for whatever reason."""
        self._stop = stop

    @asynccontextmanager
    async def running(self, parts: Mapping[str, Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
        """Run all `parts`, by their names, until the end of the block; then cancel them and wait until they end."""
        tasks = [asyncio.create_task(part, name=name) for name, part in parts.items()]
        for task in tasks:
            task.add_done_callback(self._ended)
        try:
            yield
        finally:
            self.expect_end()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def expect_end(self) -> None:
        """Expect all parts to end from now on, because the process stops."""
        self.is_stopping = True

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if self.is_stopping:
            if error is not None:
                _log.error("%s failed while the process stopped", task.get_name(), exc_info=error)
            return
        how = "was cancelled" if task.cancelled() else "returned" if error is None else "failed"
        _log.critical("%s %s, so this process stops", task.get_name(), how, exc_info=error)
        self.has_failed = True
        self.expect_end()
        self._stop()
