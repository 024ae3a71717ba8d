"""The rules, through the public entry points: events given, a command, what happens then."""

import pytest

from server.domain.commands import Command, JoinGame, MakeMove, OpenGame, Resign
from server.domain.events import (
    GameFinished,
    GameOpened,
    GameStarted,
    MoveMade,
)
from server.domain.vocabulary import Color, Column, EndReason, GameResult, PlayerId
from tests.domain.given import ANN, BOB, EVE, OPENED, RESIGNED, STARTED, given, moves

FULL_COLUMN = moves("AAAAAA")
BEFORE_TIE = moves("ABABABBABABACDCDCDDCDCDCEFEFEFFEFEFEGGGGG")


def test_a_game_is_opened_once() -> None:
    given().when(OpenGame(ANN, Color.RANDOM, public=False)).then(GameOpened(ANN, Color.RANDOM, public=False))
    given(OPENED).when(OpenGame(ANN, Color.RED, public=True)).then_refused("game_already_opened")


@pytest.mark.parametrize(
    ("color", "coin", "first"),
    [
        (Color.RED, False, ANN),
        (Color.YELLOW, True, BOB),
        (Color.RANDOM, True, ANN),
        (Color.RANDOM, False, BOB),
    ],
)
def test_the_opener_gets_the_colour_asked_for_and_red_moves_first(
    color: Color, coin: bool, first: PlayerId
) -> None:
    second = BOB if first == ANN else ANN
    given(GameOpened(ANN, color, public=True)).when(JoinGame(BOB, coin)).then(GameStarted(first, second))


def test_joining_twice_is_the_same_join() -> None:
    """A second click, or a retried request, must not be an error."""
    given(*STARTED).when(JoinGame(BOB, coin=True)).then()
    given(*STARTED).when(JoinGame(ANN, coin=True)).then()


def test_a_seat_is_not_taken_from_anybody() -> None:
    given(*STARTED).when(JoinGame(EVE, coin=True)).then_refused("game_full")
    given(OPENED).when(JoinGame(ANN, coin=True)).then_refused("own_game")
    given().when(JoinGame(ANN, coin=True)).then_refused("unknown_game")


@pytest.mark.parametrize("command", [MakeMove(ANN, Column.A), Resign(ANN)])
def test_nothing_is_played_before_the_start(command: Command) -> None:
    given().when(command).then_refused("unknown_game")
    given(OPENED).when(command).then_refused("game_not_started")


def test_players_take_turns() -> None:
    given(*STARTED).when(MakeMove(ANN, Column.D)).then(MoveMade(ANN, Column.D))
    given(*STARTED).when(MakeMove(BOB, Column.D)).then_refused("not_your_turn")
    given(*STARTED, *moves("D")).when(MakeMove(BOB, Column.D)).then(MoveMade(BOB, Column.D))
    given(*STARTED, *moves("D")).when(MakeMove(ANN, Column.D)).then_refused("not_your_turn")


@pytest.mark.parametrize("command", [MakeMove(EVE, Column.A), Resign(EVE)])
def test_only_players_play(command: Command) -> None:
    given(*STARTED).when(command).then_refused("not_a_player")


def test_a_column_holds_six() -> None:
    given(*STARTED, *moves("AAAAA")).when(MakeMove(BOB, Column.A)).then(MoveMade(BOB, Column.A))
    given(*STARTED, *FULL_COLUMN).when(MakeMove(ANN, Column.A)).then_refused("column_full")


def test_a_fourth_token_in_a_row_ends_the_game() -> None:
    """The winning move and the end are one append: no spectator sees a won game go on."""
    given(*STARTED, *moves("ABABAB")).when(MakeMove(ANN, Column.A)).then(
        MoveMade(ANN, Column.A), GameFinished(GameResult.PLAYER_ONE_WON, EndReason.FOUR_IN_A_ROW)
    )


def test_a_full_board_without_a_line_is_a_tie() -> None:
    given(*STARTED, *BEFORE_TIE).when(MakeMove(BOB, Column.G)).then(
        MoveMade(BOB, Column.G), GameFinished(GameResult.TIED, EndReason.BOARD_FULL)
    )


def test_whoever_resigns_loses_also_out_of_turn() -> None:
    given(*STARTED).when(Resign(BOB)).then(GameFinished(GameResult.PLAYER_ONE_WON, EndReason.RESIGNATION))
    given(*STARTED).when(Resign(ANN)).then(GameFinished(GameResult.PLAYER_TWO_WON, EndReason.RESIGNATION))


@pytest.mark.parametrize("command", [MakeMove(ANN, Column.A), MakeMove(BOB, Column.A), Resign(ANN)])
def test_nothing_is_played_after_the_end(command: Command) -> None:
    given(*STARTED, RESIGNED).when(command).then_refused("game_finished")
