"""Tasks that outlive their callers."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class OwnedTasks:
    """Runs work that goes on when its caller is gone, and knows when all of it has ended."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._in_progress: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run `work` in a task that is kept until it ends; the caller must not cancel it."""
        task = self._loop.create_task(work)
        self._in_progress.add(task)
        task.add_done_callback(self._ended)
        return task

    async def finish(self) -> None:
        """Wait until nothing is in progress."""
        while self._in_progress:
            await asyncio.wait(self._in_progress)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._in_progress.discard(task)
        if not task.cancelled():
            task.exception()  # retrieved: its caller may be gone
