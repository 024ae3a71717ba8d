"""What `fourfold replay` prints of a game: every event in a sentence, and a board after each that moved a token."""

from uuid import UUID

import pytest

from server.cli.replay import lines
from server.domain.clocks import Clock
from server.domain.events import (
    DrawDeclined,
    DrawOffered,
    GameEvent,
    GameFinished,
    GameOpened,
    GameStarted,
    MoveMade,
    RematchAccepted,
    RematchDeclined,
    RematchOffered,
    TimeCredited,
)
from server.domain.terms import Origin
from server.domain.vocabulary import (
    Color,
    Column,
    CreditReason,
    EndReason,
    GameId,
    GameResult,
    PlayerId,
    Version,
)
from server.eventstore.codec import EVENT_TYPES, RecordedEvent, name_of

ANN, BOB = PlayerId("a1"), PlayerId("b2")
NAMES = {ANN: "Ann", BOB: "Bob"}

GAME: list[tuple[GameEvent, str]] = [
    (
        GameOpened(ANN, Color.RED, True, Clock(180, 2), GameId("g0"), Origin(GameId("g9"), Version(4))),
        "Ann waits for an opponent and plays red, 180 s + 2 s a move, the rematch of g0, on from version 4 of g9",
    ),
    (GameStarted(ANN, BOB, 1), "Ann is RED and begins, Bob is YELLOW; moves taken over: 1"),
    (MoveMade(ANN, Column.D), "Ann (RED) drops into D"),
    (MoveMade(BOB, Column.D, 0, 0), "Bob (YELLOW) drops into D after 0.0 s"),
    (MoveMade(ANN, Column.C, 0, 0), "Ann (RED) drops into C after 0.0 s"),
    (DrawOffered(ANN), "Ann offers a draw"),
    (DrawDeclined(BOB), "Bob declines the draw"),
    (TimeCredited(0, 61_000, CreditReason.OUTAGE), "0.0 s back for RED, 61.0 s for YELLOW: OUTAGE"),
    (MoveMade(BOB, Column.C, 4_250, 80), "Bob (YELLOW) drops into C after 4.2 s"),
    (GameFinished(GameResult.PLAYER_TWO_WON, EndReason.TIMEOUT), "PLAYER_TWO_WON by TIMEOUT"),
    (RematchOffered(ANN), "Ann offers a rematch"),
    (RematchDeclined(BOB), "Bob declines the rematch"),
    (RematchOffered(BOB), "Bob offers a rematch"),
    (RematchAccepted(GameId("g2")), "both play again: g2"),
]


@pytest.fixture
def printed() -> list[str]:
    recorded = [
        RecordedEvent(n, GameId("g1"), Version(n), event, UUID(int=n), n * 1_000_000)
        for n, (event, _) in enumerate(GAME, start=1)
    ]
    return list(lines(recorded, NAMES))


def test_this_game_has_every_event_there_is() -> None:
    assert {name_of(event) for event, _ in GAME} == set(EVENT_TYPES)


def test_each_event_is_told_in_a_sentence(printed: list[str]) -> None:
    told = [line.rpartition(":0")[2].split("  ", 1)[-1] for line in printed if line[:3].strip().isdigit()]
    assert told == [sentence for _, sentence in GAME]


def test_the_board_follows_the_start_and_each_move_only(printed: list[str]) -> None:
    """What is said between the players moves nothing."""
    boards = [number for number, line in enumerate(printed) if line.strip() == "A B C D E F G"]
    assert len(boards) == 5
    assert printed[boards[-1] - 1] == "     1  . . R R . . ."
    assert printed[boards[-1] - 2] == "     2  . . Y Y . . ."
