"""Names are shown from memory, for a moment: nobody keeps one that was changed or erased."""

import asyncio
from collections.abc import Collection
from typing import cast

import pytest

from server.application.names import FRESH_FOR_S, Names
from server.domain.vocabulary import PlayerId
from server.identity.errors import PlayersUnavailableError
from server.identity.players import Players
from tests.application.clock import Clock

ANN, BOB, EVE = PlayerId("ann"), PlayerId("bob"), PlayerId("eve")


class Register:
    """A table of players, which answers when the test says so."""

    def __init__(self) -> None:
        self.of: dict[PlayerId, str] = {ANN: "Ann", BOB: "Bob"}
        self.asked: list[set[PlayerId]] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.failures = 0

    async def names(self, players: Collection[PlayerId]) -> dict[PlayerId, str]:
        asked = set(players)
        self.asked.append(asked)
        await self.may_answer.wait()
        if self.failures:
            self.failures -= 1
            raise PlayersUnavailableError
        return {player: name for player, name in self.of.items() if player in asked}


@pytest.fixture
async def register() -> Register:
    return Register()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def names(register: Register, clock: Clock) -> Names:
    return Names(cast("Players", register), now=clock)


async def test_a_name_is_looked_up_once_a_moment(names: Names, register: Register, clock: Clock) -> None:
    assert names.known([ANN]) is None
    assert await names.of([ANN, EVE]) == {ANN: "Ann"}
    clock.now += FRESH_FOR_S * 0.99
    assert names.known([ANN, EVE]) == {ANN: "Ann"}
    assert await names.of([ANN, EVE]) == {ANN: "Ann"}
    assert register.asked == [{ANN, EVE}]


async def test_a_name_that_was_changed_or_erased_is_gone_after_a_moment(
    names: Names, register: Register, clock: Clock
) -> None:
    await names.of([ANN, BOB])
    register.of = {ANN: "Anna"}
    clock.now += FRESH_FOR_S
    assert names.known([ANN]) is None
    assert names.known([BOB]) is None
    assert await names.of([ANN, BOB]) == {ANN: "Anna"}
    assert names.known([ANN, BOB]) == {ANN: "Anna"}


async def test_a_name_is_as_old_as_the_read_that_brought_it(names: Names, register: Register, clock: Clock) -> None:
    """It may have been changed while the answer was on its way."""
    register.may_answer.clear()
    asked = asyncio.create_task(names.of([ANN]))
    await asyncio.sleep(0)
    clock.now += FRESH_FOR_S
    register.may_answer.set()
    assert await asked == {ANN: "Ann"}
    assert names.known([ANN]) is None


async def test_what_is_asked_for_during_a_read_is_looked_up_together(names: Names, register: Register) -> None:
    """A thousand sockets whose names are out of date at once cost two reads."""
    register.may_answer.clear()
    players = [PlayerId(str(number)) for number in range(1000)]
    asked = [asyncio.create_task(names.of([player, ANN])) for player in players]
    await asyncio.sleep(0)
    register.may_answer.set()
    assert [await answer for answer in asked] == [{ANN: "Ann"}] * 1000
    assert register.asked == [{players[0], ANN}, {*players[1:], ANN}]


async def test_a_failed_read_is_one_callers_and_not_that_of_all(names: Names, register: Register) -> None:
    register.failures = 1
    answers = await asyncio.gather(*(names.of([ANN]) for _ in range(5)), return_exceptions=True)
    assert [isinstance(answer, PlayersUnavailableError) for answer in answers].count(True) == 1
    assert [answer for answer in answers if not isinstance(answer, BaseException)] == [{ANN: "Ann"}] * 4


async def test_only_so_many_are_remembered(register: Register, clock: Clock) -> None:
    """However many are asked for, each caller gets its answer, and those used last stay."""
    names = Names(cast("Players", register), max_remembered=2, now=clock)
    assert await names.of([EVE, ANN, BOB]) == {ANN: "Ann", BOB: "Bob"}
    await names.of([ANN])
    await names.of([EVE])
    assert names.known([ANN, EVE]) == {ANN: "Ann"}
    assert names.known([BOB]) is None
