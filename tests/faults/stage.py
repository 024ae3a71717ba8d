"""Where faults are played out: a PostgreSQL, and server processes on it, each between two proxies."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from tests.faults.app_process import AppProcess
from tests.faults.postgres import Postgres, definition_of_notify

READY_LIMIT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that can break, and what brings it back."""

    postgres: Postgres
    apps: tuple[AppProcess, ...]
    notify: str
    """The statement that brings back the function that notifies."""
    pace: float = 1.0
    """What the time that a fault lasts is multiplied with: less is faster."""

    async def ready(self, timeout_s: float = READY_LIMIT_S) -> None:
        """Wait until all processes serve."""
        async with asyncio.timeout(timeout_s):
            for app in self.apps:
                await app.is_ready.wait()


@asynccontextmanager
async def open_stage(
    apps: int = 3, fail_points: Callable[[], str] = lambda: "", *, pace: float = 1.0
) -> AsyncIterator[Stage]:
    """Set the stage, and leave nothing of it behind. `fail_points` says for each start of a server what is on."""
    postgres = Postgres()
    try:
        await postgres.start()
        processes = tuple(AppProcess(number, postgres, fail_points) for number in range(apps))
        keepers = [asyncio.create_task(process.keep_up()) for process in processes]
        try:
            stage = Stage(postgres, processes, await definition_of_notify(postgres), pace)
            await stage.ready()
            yield stage
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
    finally:
        await postgres.close()
