"""A command that crossed a harmless event is carried out all the same; what is harmless depends on both."""

import pytest

from server.domain.commands import (
    AcceptDraw,
    CallFlag,
    ClaimDraw,
    ClaimWin,
    Command,
    ExpireGame,
    MakeMove,
    OfferDraw,
    OfferRematch,
    Resign,
)
from server.domain.crossing import leaves_the_position, may_cross
from server.domain.events import (
    DrawDeclined,
    DrawOffered,
    GameEvent,
    MoveMade,
    RematchAccepted,
    RematchDeclined,
    RematchOffered,
    TimeCredited,
)
from server.domain.vocabulary import Column, CreditReason, GameId
from server.eventstore.codec import EVENT_TYPES, name_of
from tests.domain.given import ANN, BOB, OPENED, RESIGNED, STARTED

EVENTS: dict[GameEvent, bool] = {
    OPENED: False,
    STARTED[1]: False,
    MoveMade(ANN, Column.A): False,
    RESIGNED: False,
    DrawOffered(ANN): True,
    DrawDeclined(ANN): True,
    RematchOffered(ANN): True,
    RematchDeclined(ANN): True,
    RematchAccepted(GameId("g2")): True,
    TimeCredited(5, 0, CreditReason.OUTAGE): True,
}


def test_every_event_there_is_was_thought_of() -> None:
    assert {name_of(event) for event in EVENTS} == set(EVENT_TYPES)


@pytest.mark.parametrize("event", EVENTS, ids=name_of)
@pytest.mark.parametrize(
    "command",
    [
        MakeMove(BOB, Column.A),
        Resign(BOB),
        OfferDraw(BOB),
        AcceptDraw(BOB),
        OfferRematch(BOB, GameId("g2")),
        CallFlag(1),
    ],
    ids=lambda command: type(command).__name__,
)
def test_a_command_may_cross_what_leaves_board_and_turn(event: GameEvent, command: Command) -> None:
    assert leaves_the_position(event) is EVENTS[event]
    assert may_cross(command, event) is EVENTS[event]


@pytest.mark.parametrize("event", EVENTS, ids=name_of)
@pytest.mark.parametrize("command", [ExpireGame(), ClaimWin(BOB, True), ClaimDraw(BOB, True)])
def test_what_rests_on_nobody_being_there_crosses_nothing(event: GameEvent, command: Command) -> None:
    """Somebody who offers a draw has not left, and a game in which that happens is not quiet."""
    assert not may_cross(command, event)
