"""Given events, when a command, then what happens: how the rules are tested, through the public entry points."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pytest

from server.domain.commands import Command
from server.domain.decide import decide
from server.domain.errors import ConnectFourError
from server.domain.events import GameEvent, GameFinished, GameOpened, GameStarted, MoveMade
from server.domain.game import fold
from server.domain.vocabulary import Color, Column, EndReason, GameResult, PlayerId

ANN, BOB, EVE = PlayerId("ann"), PlayerId("bob"), PlayerId("eve")

OPENED: Final = GameOpened(ANN, Color.RED, public=True)
STARTED: Final = (OPENED, GameStarted(ANN, BOB))
RESIGNED: Final = GameFinished(GameResult.PLAYER_ONE_WON, EndReason.RESIGNATION)
EXPIRED: Final = GameFinished(GameResult.ABORTED, EndReason.EXPIRED)


@dataclass
class When:
    events: Sequence[GameEvent]
    command: Command

    def then(self, *expected: GameEvent) -> None:
        assert decide(self.command, fold(self.events)) == expected

    def then_refused(self, code: str) -> None:
        with pytest.raises(ConnectFourError) as refusal:
            decide(self.command, fold(self.events))
        assert refusal.value.code == code
        assert str(refusal.value)


@dataclass
class Given:
    events: tuple[GameEvent, ...]

    def when(self, command: Command) -> When:
        return When(self.events, command)


def given(*events: GameEvent) -> Given:
    return Given(events)


def moves(letters: str) -> tuple[MoveMade, ...]:
    return tuple(MoveMade(BOB if number % 2 else ANN, Column(letter)) for number, letter in enumerate(letters))
