"""The scheduler has everybody flush once a turn, a portion at a time, and forgets nobody when one fails."""

import asyncio
from dataclasses import dataclass, field

from server.transport.websocket.flush_scheduler import AT_ONCE, FlushScheduler


@dataclass(eq=False)
class Pending:
    flushed_in: list[int] = field(default_factory=list)
    fails: bool = False
    turn: int = 0

    def flush(self) -> None:
        self.flushed_in.append(self.turn)
        if self.fails:
            raise ZeroDivisionError


async def test_many_debts_are_one_flush() -> None:
    scheduler, connection = FlushScheduler(), Pending()
    for _ in range(5):
        scheduler.schedule(connection, is_urgent=False)
    assert connection.flushed_in == []
    await asyncio.sleep(0)
    assert len(connection.flushed_in) == 1


async def test_others_have_their_turn_between_portions() -> None:
    """Telling thousands of watchers must not keep a player waiting."""
    scheduler = FlushScheduler()
    connections = [Pending() for _ in range(3 * AT_ONCE)]
    for connection in connections:
        scheduler.schedule(connection, is_urgent=False)
    turns = 0
    while any(not connection.flushed_in for connection in connections):
        await asyncio.sleep(0)
        turns += 1
    assert turns >= 3


async def test_who_plays_does_not_wait_for_those_who_watch() -> None:
    scheduler, player, other = FlushScheduler(), Pending(), Pending()
    watchers = [Pending() for _ in range(3 * AT_ONCE)]
    for watcher in (*watchers, player):
        scheduler.schedule(watcher, is_urgent=False)
    scheduler.schedule(player, is_urgent=True)  # it waits for an answer now
    scheduler.schedule(other, is_urgent=True)
    scheduler.schedule(other, is_urgent=False)
    await asyncio.sleep(0)
    assert len(player.flushed_in) == len(other.flushed_in) == 1
    assert sum(len(watcher.flushed_in) for watcher in watchers) == AT_ONCE
    for _ in range(4):
        await asyncio.sleep(0)
    assert {len(connection.flushed_in) for connection in (*watchers, player, other)} == {1}


async def test_those_who_watch_have_their_turn_too() -> None:
    scheduler, watcher = FlushScheduler(), Pending()
    scheduler.schedule(watcher, is_urgent=False)
    for _ in range(3 * AT_ONCE):
        scheduler.schedule(Pending(), is_urgent=True)
    await asyncio.sleep(0)
    assert len(watcher.flushed_in) == 1


async def test_nobody_is_forgotten_when_one_fails() -> None:
    scheduler = FlushScheduler()
    connections = [Pending(fails=number == 1) for number in range(4)]
    loop = asyncio.get_running_loop()
    errors: list[object] = []
    loop.set_exception_handler(lambda _loop, context: errors.append(context["exception"]))
    try:
        for connection in connections:
            scheduler.schedule(connection, is_urgent=False)
        for _ in range(4):
            await asyncio.sleep(0)
    finally:
        loop.set_exception_handler(None)
    assert [len(connection.flushed_in) for connection in connections] == [1, 1, 1, 1]
    assert isinstance(errors[0], ZeroDivisionError)
