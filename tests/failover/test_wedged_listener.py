"""A process that listens and stands still does not keep the others from appending."""

import asyncio
import contextlib
import signal

import asyncpg

from server.database.sessions import Connection
from tests.failover.conftest import serving
from tests.failover.playing import open_game, play
from tests.postgres.cluster import Cluster

SMALLEST_QUEUE = {"max_notify_queue_pages": "64"}
LIMIT_S = 30.0
NO_EVENTS = "SELECT pg_notify('fourfold_events', '[' || repeat(' ', 7900) || ']')"
MOST_NOTIFICATIONS = 20_000


async def test_appends_go_on_when_a_listener_fills_the_notification_queue() -> None:
    """PostgreSQL keeps what somebody has not read, refuses to notify when that is too much, and waits for ever."""
    async with Cluster("async", **SMALLEST_QUEUE) as cluster, serving(cluster.url, 2) as (wedged, server):
        game = await open_game([server])
        await play(game, "DE", server)
        operator = await cluster.connect()
        wedged.signal(signal.SIGSTOP)
        try:
            await fill_the_queue(operator)
            async with asyncio.timeout(LIMIT_S):
                await play(game, "CA", server, after="DE")
        finally:
            wedged.signal(signal.SIGCONT)
            await operator.close()


async def fill_the_queue(operator: Connection) -> None:
    """Send notifications of no events until PostgreSQL refuses, and see that it does so because of the queue."""
    with contextlib.suppress(asyncpg.ProgramLimitExceededError):
        for _ in range(MOST_NOTIFICATIONS):
            await operator.execute(NO_EVENTS)
        raise AssertionError("the queue took them all")
