"""A command that comes a second time is known again by what it made happen."""

from dataclasses import replace

import pytest

from server.domain.clocks import Clock, Timing
from server.domain.commands import (
    Abort,
    AcceptDraw,
    AcceptRematch,
    CallFlag,
    ClaimDraw,
    ClaimWin,
    Command,
    CreditTime,
    DeclineDraw,
    DeclineRematch,
    ExpireGame,
    JoinGame,
    MakeMove,
    OfferDraw,
    OfferRematch,
    OpenGame,
    OpenRematch,
    PlayerCommand,
    Resign,
)
from server.domain.decide import decide
from server.domain.events import DrawOffered, GameEvent, GameOpened, GameStarted, MoveMade, RematchOffered
from server.domain.game import fold
from server.domain.repeated import led_to
from server.domain.terms import Origin
from server.domain.vocabulary import Color, Column, CreditReason, GameId, Version
from tests.domain.given import ANN, BOB, EVE, OPENED, RESIGNED, STARTED, moves

A, D = Column.A, Column.D
OLD, NEW, OTHER = GameId("old"), GameId("new"), GameId("other")
CLOCK_RUNS: tuple[GameEvent, ...] = (
    GameOpened(ANN, Color.RED, public=True, clock=Clock(10, 2)),
    GameStarted(ANN, BOB),
    MoveMade(ANN, D, 0, 0),
    MoveMade(BOB, D, 0, 0),
)
FROM_THERE = GameOpened(ANN, Color.RANDOM, public=True, origin=Origin(OLD, Version(4)))
OVER: tuple[GameEvent, ...] = (*STARTED, RESIGNED)

AGAIN: list[tuple[tuple[GameEvent, ...], Command, Command]] = [
    ((), OpenGame(ANN, Color.RED, public=True), OpenGame(ANN, Color.RED, public=True)),
    ((FROM_THERE,), JoinGame(BOB, coin=True, opening=(A, D)), JoinGame(BOB, coin=False)),
    (STARTED, MakeMove(ANN, A), MakeMove(ANN, A)),
    (CLOCK_RUNS, MakeMove(ANN, A, Timing(3_000, 80)), MakeMove(ANN, A, Timing(9_000))),
    (CLOCK_RUNS, MakeMove(ANN, A, Timing(3_000, 80)), MakeMove(ANN, A)),
    (STARTED, Resign(BOB), Resign(BOB)),
    (STARTED, Abort(BOB), Abort(BOB)),
    (STARTED, OfferDraw(BOB), OfferDraw(BOB)),
    ((*STARTED, DrawOffered(ANN)), AcceptDraw(BOB), AcceptDraw(BOB)),
    ((*STARTED, DrawOffered(ANN)), DeclineDraw(BOB), DeclineDraw(BOB)),
    (STARTED, ClaimWin(BOB, opponent_gone=True), ClaimWin(BOB, opponent_gone=False)),
    (STARTED, ClaimDraw(BOB, opponent_gone=True), ClaimDraw(BOB, opponent_gone=False)),
    (OVER, OfferRematch(BOB, NEW), OfferRematch(BOB, OTHER)),
    ((*OVER, RematchOffered(ANN)), AcceptRematch(BOB, NEW), AcceptRematch(BOB, OTHER)),
    ((*OVER, RematchOffered(ANN)), OfferRematch(BOB, NEW), OfferRematch(BOB, OTHER)),
    ((*OVER, RematchOffered(ANN)), DeclineRematch(BOB), DeclineRematch(BOB)),
    ((), OpenRematch(OLD, ANN, BOB, ANN, public=True, clock=None), OpenRematch(OLD, ANN, BOB, ANN, True, None)),
    ((OPENED,), ExpireGame(), ExpireGame()),
    (CLOCK_RUNS, CallFlag(99_000), CallFlag(1)),
    (CLOCK_RUNS, CreditTime(5, 0, CreditReason.OUTAGE), CreditTime(5, 0, CreditReason.OUTAGE)),
]


@pytest.mark.parametrize(("before", "first", "again"), AGAIN, ids=str)
def test_the_same_command_is_known_again(before: tuple[GameEvent, ...], first: Command, again: Command) -> None:
    """Whatever the server measured, tossed or drew the second time: the player asks for the same."""
    game = fold(before)
    assert led_to(again, game, decide(first, game))


@pytest.mark.parametrize(("before", "first", "again"), AGAIN, ids=str)
def test_another_players_command_is_another(before: tuple[GameEvent, ...], first: Command, again: Command) -> None:
    """An id proves nobody: it belongs to the player who used it first.

    Only where the event names nobody, and would have been the same, the other player can't be told apart.
    """
    game = fold(before)
    happened = decide(first, game)
    if isinstance(again, PlayerCommand | OpenGame | JoinGame):
        others = {EVE} if isinstance(again, Abort | ClaimDraw) else {ANN, BOB, EVE} - {again.player}
        assert not any(led_to(replace(again, player=player), game, happened) for player in others)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (MakeMove(ANN, A), MakeMove(ANN, D)),
        (MakeMove(ANN, A), Resign(ANN)),
        (Resign(ANN), MakeMove(ANN, A)),
        (Resign(ANN), Resign(BOB)),
        (Resign(BOB), ClaimWin(ANN, opponent_gone=True)),
        (OfferDraw(ANN), MakeMove(ANN, A)),
        (ClaimWin(ANN, opponent_gone=True), ClaimDraw(ANN, opponent_gone=True)),
        (CreditTime(5, 0, CreditReason.OUTAGE), CreditTime(6, 0, CreditReason.OUTAGE)),
        (OfferDraw(ANN), OfferRematch(ANN, NEW)),
        (Resign(ANN), JoinGame(BOB, coin=True)),
        (Resign(ANN), OpenGame(ANN, Color.RED, public=True)),
        (Resign(ANN), ExpireGame()),
    ],
    ids=str,
)
def test_another_command_is_another(first: Command, second: Command) -> None:
    without_clock: tuple[GameEvent, ...] = (*STARTED, *moves("DD"))
    for before in (without_clock, CLOCK_RUNS):
        game = fold(before)
        asked = replace(first, timing=Timing(0)) if isinstance(first, MakeMove) else first
        happened = decide(asked, game)
        assert not happened or not led_to(second, game, happened)


def test_another_opening_is_another() -> None:
    opened = decide(OpenGame(ANN, Color.RED, public=True, clock=Clock(10, 2)), fold([]))
    assert not led_to(OpenGame(ANN, Color.RED, public=True), fold([]), opened)
    assert not led_to(OpenGame(ANN, Color.RED, public=True, clock=Clock(10, 3)), fold([]), opened)
    assert not led_to(OpenGame(ANN, Color.YELLOW, public=True, clock=Clock(10, 2)), fold([]), opened)
    assert led_to(OpenGame(ANN, Color.RED, public=True, clock=Clock(10, 2)), fold([]), opened)
