"""The courier has everybody flush once a turn, a portion at a time, and forgets nobody when one fails."""

import asyncio
from dataclasses import dataclass, field

from server.transport.courier import AT_ONCE, Courier


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
        courier.owe(debtor)
    assert debtor.flushed_in == []
    await asyncio.sleep(0)
    assert len(debtor.flushed_in) == 1


async def test_others_have_their_turn_between_portions() -> None:
    """Telling thousands of watchers must not keep a player waiting."""
    courier = Courier()
    debtors = [Debtor() for _ in range(3 * AT_ONCE)]
    for debtor in debtors:
        courier.owe(debtor)
    turns = 0
    while any(not debtor.flushed_in for debtor in debtors):
        await asyncio.sleep(0)
        turns += 1
    assert turns >= 3


async def test_nobody_is_forgotten_when_one_fails() -> None:
    courier = Courier()
    debtors = [Debtor(fails=number == 1) for number in range(4)]
    loop = asyncio.get_running_loop()
    errors: list[object] = []
    loop.set_exception_handler(lambda _loop, context: errors.append(context["exception"]))
    try:
        for debtor in debtors:
            courier.owe(debtor)
        for _ in range(4):
            await asyncio.sleep(0)
    finally:
        loop.set_exception_handler(None)
    assert [len(debtor.flushed_in) for debtor in debtors] == [1, 1, 1, 1]
    assert isinstance(errors[0], ZeroDivisionError)
