"""The courier has everybody flush once a turn, a portion at a time, and forgets nobody when one fails."""

import asyncio
from dataclasses import dataclass, field

from server.transport.websocket.flush_scheduler import AT_ONCE, Courier


@dataclass(eq=False)
class Debtor:
    flushed_in: list[int] = field(default_factory=list)
    fails: bool = False
    turn: int = 0

    def flush(self) -> None:
        self.flushed_in.append(self.turn)
        if self.fails:
            raise ZeroDivisionError


async def test_many_debts_are_one_flush() -> None:
    courier, debtor = Courier(), Debtor()
    for _ in range(5):
        courier.owe(debtor, is_urgent=False)
    assert debtor.flushed_in == []
    await asyncio.sleep(0)
    assert len(debtor.flushed_in) == 1


async def test_others_have_their_turn_between_portions() -> None:
    """Telling thousands of watchers must not keep a player waiting."""
    courier = Courier()
    debtors = [Debtor() for _ in range(3 * AT_ONCE)]
    for debtor in debtors:
        courier.owe(debtor, is_urgent=False)
    turns = 0
    while any(not debtor.flushed_in for debtor in debtors):
        await asyncio.sleep(0)
        turns += 1
    assert turns >= 3


async def test_who_plays_does_not_wait_for_those_who_watch() -> None:
    courier, player, other = Courier(), Debtor(), Debtor()
    watchers = [Debtor() for _ in range(3 * AT_ONCE)]
    for watcher in (*watchers, player):
        courier.owe(watcher, is_urgent=False)
    courier.owe(player, is_urgent=True)  # it waits for an answer now
    courier.owe(other, is_urgent=True)
    courier.owe(other, is_urgent=False)
    await asyncio.sleep(0)
    assert len(player.flushed_in) == len(other.flushed_in) == 1
    assert sum(len(watcher.flushed_in) for watcher in watchers) == AT_ONCE
    for _ in range(4):
        await asyncio.sleep(0)
    assert {len(debtor.flushed_in) for debtor in (*watchers, player, other)} == {1}


async def test_those_who_watch_have_their_turn_too() -> None:
    courier, watcher = Courier(), Debtor()
    courier.owe(watcher, is_urgent=False)
    for _ in range(3 * AT_ONCE):
        courier.owe(Debtor(), is_urgent=True)
    await asyncio.sleep(0)
    assert len(watcher.flushed_in) == 1


async def test_nobody_is_forgotten_when_one_fails() -> None:
    courier = Courier()
    debtors = [Debtor(fails=number == 1) for number in range(4)]
    loop = asyncio.get_running_loop()
    errors: list[object] = []
    loop.set_exception_handler(lambda _loop, context: errors.append(context["exception"]))
    try:
        for debtor in debtors:
            courier.owe(debtor, is_urgent=False)
        for _ in range(4):
            await asyncio.sleep(0)
    finally:
        loop.set_exception_handler(None)
    assert [len(debtor.flushed_in) for debtor in debtors] == [1, 1, 1, 1]
    assert isinstance(errors[0], ZeroDivisionError)
