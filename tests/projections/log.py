"""Events that happen in a log of the test, and read models that follow it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from uuid import uuid4

from server.database.pool import Pool, connect
from server.domain.events import GameEvent, GameFinished, GameOpened, GameStarted
from server.domain.vocabulary import Color, EndReason, GameId, GameResult, PlayerId, Version
from server.eventstore.store import EventStore
from server.projections.lobby_projection import LobbyProjection
from server.projections.runner import ProjectionRunner

ANN, BOB = PlayerId("ann"), PlayerId("bob")

OPENED = GameOpened(ANN, Color.RED, public=True)
STARTED = GameStarted(ANN, BOB)
RESIGNED = GameFinished(GameResult.PLAYER_TWO_WON, EndReason.RESIGNATION)
EXPIRED = GameFinished(GameResult.ABORTED, EndReason.EXPIRED)


@asynccontextmanager
async def following(
    url: str, count: int = 1, changed: Callable[[], None] = lambda: None
) -> AsyncIterator[list[ProjectionRunner]]:
    """Have the lobby follow the log, in so many processes, until the end of the block."""
    runners = [ProjectionRunner(partial(connect, url), LobbyProjection(), changed) for _ in range(count)]
    tasks = [asyncio.create_task(runner.run()) for runner in runners]
    try:
        yield runners
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def happen(store: EventStore, game: str, *events: GameEvent) -> None:
    """Append events to a game, each by a command of its own."""
    for version, event in enumerate(events):
        await store.append(GameId(game), Version(version), uuid4(), [event])


async def caught_up(pool: Pool, runners: list[ProjectionRunner]) -> None:
    """Wait until all of them have seen the lobby hold the whole log."""
    head = await pool.fetchval("SELECT max(position) FROM fourfold.events")
    async with asyncio.timeout(20):
        while any(runner.position != head for runner in runners):
            for runner in runners:
                runner.wake(head)
            await asyncio.sleep(0.01)
