"""A feed with much to publish leaves others their turn on the event loop."""

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from server.eventstore.feed import SLICE
from server.eventstore.store import EventStore
from tests.store.conftest import append
from tests.store.feeding import Listener, feeding


async def test_others_have_their_turn_while_many_notifications_are_queued(
    store: EventStore, database_url: str
) -> None:
    """A process that falls behind must not freeze its sockets for as long as it takes to catch up."""
    held: list[Callable[[], None]] = []
    published_in: Counter[int] = Counter()
    turns = Turns()

    def hold(callback: Callable[..., None], notification: tuple[Any, ...]) -> None:
        held.append(partial(callback, *notification))

    listener = Listener(on_publish=lambda: published_in.update([turns.count]))
    async with feeding(database_url, listener, hold, check_every_s=60):
        for version in range(10 * SLICE):
            await append(store, "g", version)
        while len(held) < 10 * SLICE:  # noqa: ASYNC110 - the driver fills it
            await asyncio.sleep(0.01)
        with turns:
            for deliver in held:
                deliver()
            await listener.until(lambda: len(listener.received) == 10 * SLICE)
    assert max(published_in.values()) <= SLICE


class Turns:
    """Counts the turns of the event loop."""

    def __init__(self) -> None:
        self.count = 0
        self._is_counting = False

    def __enter__(self) -> None:
        self._is_counting = True
        self._next()

    def __exit__(self, *_: object) -> None:
        self._is_counting = False

    def _next(self) -> None:
        self.count += 1
        if self._is_counting:
            asyncio.get_running_loop().call_soon(self._next)
